#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "actors/messages/interfaces.hpp"
#include "bridges/net/order_tracker.hpp"

namespace arbees {

/// Who is told of one venue's orders and account. For one thread.
class OrderSinks {
public:
  /// What becomes of the order is told to `sink`.
  void remember(const std::string& client_order_id, const OrderSink& sink) {
    by_order_.insert_or_assign(client_order_id, sink);
  }
  void forget(const std::string& client_order_id) { by_order_.erase(client_order_id); }
  [[nodiscard]] bool knows(const std::string& client_order_id) const {
    return by_order_.contains(client_order_id);
  }

  /// `sink` hears of everything that concerns no single order. @returns false if it did already
  bool subscribe(const OrderSink& sink) {
    if (std::ranges::find(subscribers_, sink) != subscribers_.end()) {
      return false;
    }
    subscribers_.push_back(sink);
    return true;
  }

  template <class T>
  void tell(const std::string& client_order_id, const T& event) const {
    if (const auto found = by_order_.find(client_order_id); found != by_order_.end()) {
      caf::anon_send(found->second, event);
    }
  }
  void tell(const OrderNews& news) const {
    for (const auto& fill : news.fills) {
      tell(fill.client_order_id, fill);
    }
    for (const auto& report : news.reports) {
      tell(report.client_order_id, report);
    }
  }
  template <class T>
  void tell_all(const T& event) const {
    for (const auto& sink : subscribers_) {
      caf::anon_send(sink, event);
    }
  }

private:
  std::map<std::string, OrderSink> by_order_; ///< by client order id
  std::vector<OrderSink> subscribers_;
};

} // namespace arbees
