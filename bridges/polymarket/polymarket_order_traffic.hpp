#pragma once

#include <atomic>
#include <functional>
#include <memory>

#include "bridges/net/order_sinks.hpp"
#include "bridges/polymarket/polymarket_order_desk.hpp"
#include "bridges/polymarket/polymarket_user_codec.hpp"
#include "bridges/polymarket/polymarket_worker.hpp"

namespace arbees {

/// All are called on the worker's thread.
struct PolymarketTrafficEvents {
  std::function<void(const std::string& condition)> on_send; ///< an order goes out
  std::function<void()> on_executed;
  std::function<void()> on_bad_line; ///< connection or clock may be at fault: to be made ready anew
  std::function<void()> after_event; ///< whatever happened, also checks that have become due
};

/// Orders between whoever wants them, the desk that decides, and the venue: sends, cancels and
/// looks them up, and tells what became of them. To be held by a shared pointer.
class PolymarketOrderTraffic : public std::enable_shared_from_this<PolymarketOrderTraffic> {
public:
  /// @param desk, sinks must outlive the traffic's work
  PolymarketOrderTraffic(const Clock& clock, std::shared_ptr<Worker> worker,
                         std::shared_ptr<PolymarketOrderClient> client, PolymarketOrderDesk& desk,
                         const OrderSinks& sinks, PolymarketTrafficEvents events);

  // From any thread.

  /// The kill switch: nothing waits in front of it, and what was handed in before and is not sent
  /// yet will not be.
  void cancel_all(const std::string& reason);
  /// How often everything was cancelled.
  [[nodiscard]] std::uint64_t stops() const { return stops_; }

  // On the worker's thread.

  /// @param stops how often everything had been cancelled when the order was handed in
  void place(const OrderIntent& order, std::uint64_t stops);
  void query(const OrderIntent& order);
  void cancel(const OrderIntent& order);
  /// What the user channel says.
  void apply(const PolymarketUserFrame& frame);
  /// Reads the terms of the markets with open orders.
  void refresh_terms();
  /// Looks up the orders for which it is time, and comes back for the next.
  void check_due(Timestamp now);

  [[nodiscard]] std::map<std::string, std::int64_t> counters() const;

private:
  /// Runs `action` on the worker's thread, from any thread, unless the traffic has gone.
  template <class Action>
  static void post(const std::weak_ptr<PolymarketOrderTraffic>& weak, Action action);
  /// Runs `action` after `wait`, unless the traffic has gone.
  template <class Action>
  void later(Duration wait, Action action);

  void carry_out(const OrderIntent& order, PolymarketDeskOutput output, std::uint64_t stops);
  void send(PolymarketSend order);
  void on_answer(const std::string& id, const PolymarketOrderClient::Posted& posted);
  void send_cancel(const std::string& order_id);
  void send_cancel_all(int attempt);
  void tell(const OrderNews& news);
  void report_unknown(const OrderIntent& order, std::string why);
  /// `done` gets the traffic and whether the terms are known now.
  template <class Done>
  void read_terms(const std::string& condition, Done done);
  void check(const PolymarketCheck& check);
  void on_checked(const PolymarketCheck& check,
                  const caf::expected<std::optional<PolymarketOpenOrder>>& found,
                  const caf::expected<std::vector<PolymarketTrade>>& trades);

  const Clock& clock_;
  std::shared_ptr<Worker> worker_;
  std::shared_ptr<PolymarketOrderClient> client_;
  PolymarketOrderDesk& desk_;
  const OrderSinks& sinks_;
  PolymarketTrafficEvents events_;
  boost::asio::steady_timer due_timer_;
  std::atomic<std::uint64_t> stops_ = 0;
  std::int64_t cancel_alls_failed_ = 0;
  std::map<std::string, std::int64_t> rejected_; ///< frames, by reason
  std::int64_t rejected_total_ = 0;
};

} // namespace arbees
