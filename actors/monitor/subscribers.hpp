#pragma once

#include <unordered_map>
#include <vector>

#include "actors/messages/interfaces.hpp"

namespace arbees {

/// Who hears of a monitor's books.
class Subscribers {
public:
  void add(const BookInterest& interest, const BookSink& sink);
  void add(const FeedSink& sink);
  void add(const FeedStatusSink& sink);
  void remove(const BookSink& sink);
  /// Forgets a sink that went down.
  void remove(const caf::actor_addr& address);

  /// Calls `send(actor)` for each that wants the books of `market`.
  template <class Send>
  void for_each(MarketId market, Send send) const {
    // Who asked for this market decides on it: the hot path goes first.
    if (const auto place = by_market_.find(market); place != by_market_.end()) {
      for (const auto& sink : place->second) {
        send(sink);
      }
    }
    for (const auto& sink : everything_) {
      send(sink);
    }
  }

  /// Calls `send(actor)` for each that wants to hear of the connection.
  template <class Send>
  void for_each_feed_sink(Send send) const {
    for (const auto& sink : feed_sinks_) {
      send(sink);
    }
  }

  [[nodiscard]] std::size_t size() const;

private:
  using Sinks = std::vector<caf::actor>;

  Sinks everything_; ///< all markets' books
  Sinks feed_sinks_; ///< those that hear of the connection
  std::unordered_map<MarketId, Sinks> by_market_;
};

} // namespace arbees
