#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "bridges/net/order_answer.hpp"

namespace arbees {

/// What a private stream or a look-up says of one order. At least one of the two ids is there.
/// Totals are cumulative and gross: executions that were voided later are still part of them.
struct OrderEvent {
  std::string client_order_id; ///< empty if the venue does not tell it
  std::string venue_order_id;  ///< empty if the venue does not tell it
  bool ended = false;          ///< nothing rests and nothing more will be executed
  Quantity filled{};
  std::optional<Money> notional{}; ///< of `filled`, as OrderReport::notional, if it is told
  std::optional<Money> fee{};      ///< of `filled`
  std::string reason{};            ///< why it ended before it was full
};

/// What a private stream or a look-up says of one execution. At least one of the order's ids is
/// there.
struct FillEvent {
  std::string fill_id; ///< the venue's, unique within the order
  std::string client_order_id{};
  std::string venue_order_id{};
  Side price_of = Side::yes; ///< the side that `price` is of, whatever the order's side is
  Price price{};
  Quantity quantity{};
  Money fee{};
  FillState state = FillState::confirmed;
  Timestamp at{};
};

struct OrderTrackerConfig {
  Duration retention = std::chrono::minutes{15};      ///< of orders that are done
  Duration early_retention = std::chrono::minutes{2}; ///< of events whose order is not known
  std::size_t max_orders = 4096;
  std::size_t max_early_events = 1024; ///< beyond it the oldest goes
  std::size_t max_fills_per_order = 4096;
};

/// What is new, to be passed on in this order: the fills, then the reports.
struct OrderNews {
  std::vector<Fill> fills;
  std::vector<OrderReport> reports;
};

/// Adds what is newer to `news`.
void append(OrderNews& news, OrderNews newer);

/// Whether what is not executed at once stays in the book.
bool may_rest(const OrderIntent& order);

enum class TrackResult : std::uint8_t {
  added,
  known, ///< an order of this client order id is tracked already: do not send it
  full,  ///< too many orders are tracked: do not send it
};

/// All that is known of our orders at one venue.
///
/// Three sources tell it: the answer to a create, the private stream, look-ups. They come in any
/// order and repeat themselves; each execution is counted once, by its fill id, and each order has
/// one cumulative report, which is given out whenever it has changed.
///
/// - An order is tracked before it is sent. Events of orders that are not tracked, or whose venue
///   id is not known yet, wait for a while: the stream may be faster than the answer.
/// - What is filled is the larger of what the venue states in total and what its executions sum up
///   to. A report ends (terminal status) only once the price and fee of all of it is known too;
///   until then it is `accepted`, and `unresolved` names the order.
/// - Exact executions replace the averages of an answer as soon as they are complete, so that a
///   terminal report may be followed by another one whose money differs in the last digits.
/// - An execution is told as a Fill when it is first heard of, and once more when it becomes final.
///   The first final word on it counts. A voided one leaves the totals and adds to
///   OrderReport::voided; one that is void when first heard of is no Fill. An order with
///   provisional fills is kept.
///
/// Pure: time is handed in, nothing is sent or logged. Not for use by two threads at once.
class OrderTracker {
public:
  explicit OrderTracker(OrderTrackerConfig config = {});

  /// The order is about to be sent, or is asked for after a restart.
  /// @param venue_order_id if it is known before the answer, as Polymarket's hash is
  TrackResult track(const OrderIntent& order, Timestamp now, std::string venue_order_id = {});
  /// What had waited for an order that was just tracked with its venue id, or after a restart.
  OrderNews waiting_for(const std::string& client_order_id, Timestamp now);

  /// The answer to the create. `unknown` and `duplicate` decide nothing: they make it unresolved.
  /// A refusal is not believed if the venue has already told of the order.
  OrderNews answered(const std::string& client_order_id, const OrderAnswer& answer, Timestamp now);
  OrderNews apply(const OrderEvent& event, Timestamp now);
  OrderNews apply(const FillEvent& event, Timestamp now);
  /// A look-up proved that the venue has no such order, and that it will not appear any more. Not
  /// believed if the venue has told of it before.
  OrderNews not_found(const std::string& client_order_id, Timestamp now);

  /// What is known of a tracked order, whether new or not.
  [[nodiscard]] std::optional<OrderReport>
  report(const std::string& client_order_id, Timestamp now) const;
  /// Null if it is not tracked. Valid until the next call that is not const.
  [[nodiscard]] const OrderIntent* intent(const std::string& client_order_id) const;
  /// The venue's id of a tracked order; empty if it is not known.
  [[nodiscard]] std::string venue_order_id(const std::string& client_order_id) const;
  [[nodiscard]] std::optional<Timestamp> sent_at(const std::string& client_order_id) const;

  /// Client order ids whose outcome only a look-up can tell: the answer did not say, or the price
  /// of what is filled is missing. In the order of the ids.
  [[nodiscard]] std::vector<std::string> unresolved() const;
  /// Client order ids of orders that have ended, and of which the venue counts more than was told
  /// execution by execution: the rest is on its way, or lost with a frame of the stream.
  [[nodiscard]] std::vector<std::string> untold() const;
  /// True if the order has ended and every execution of it was told.
  [[nodiscard]] bool is_complete(const std::string& client_order_id) const;
  /// Client order ids that may still be executed, or of which nothing was heard yet.
  [[nodiscard]] std::vector<std::string> open() const;

  /// Drops what ended, is settled and has not changed for a while.
  /// @returns the client order ids that are tracked no longer
  std::vector<std::string> forget_old(Timestamp now);

  [[nodiscard]] std::size_t size() const { return orders_.size(); }
  [[nodiscard]] std::size_t early_events() const { return early_.size(); }
  /// Counters by stable name.
  [[nodiscard]] const std::map<std::string, std::int64_t>& counters() const { return counters_; }

private:
  struct KnownFill {
    Price price; ///< of the order's side
    Quantity quantity;
    Money notional;
    Money fee;
    Timestamp at;
    FillState state = FillState::confirmed;
    bool told = false;
  };
  struct Totals {
    Quantity filled;
    Money notional;
    Money fee;
  };
  struct Order {
    OrderIntent intent;
    std::string venue_order_id;
    Timestamp sent_at;
    Timestamp changed_at;
    bool at_venue = false; ///< the venue has told of it
    bool doubtful = false; ///< it was answered, but not whether it was taken
    bool ended = false;
    bool refused = false;
    Quantity stated;                    ///< gross, the largest that was told
    std::optional<Totals> stated_money; ///< gross, of the largest total that came with money
    std::map<std::string, KnownFill> fills;
    std::string reason;
    std::optional<OrderReport> told;
  };
  using EarlyEvent = std::variant<OrderEvent, FillEvent>;

  static Totals live(const Order& order);
  static Totals voided(const Order& order);
  static Quantity gross(const Order& order);
  static Totals priced(const Order& order);
  static Quantity net(const Order& order);
  static bool settled(const Order& order);
  static bool has_untold(const Order& order);
  static OrderStatus status(const Order& order);
  [[nodiscard]] static OrderReport make_report(const Order& order, Timestamp now);

  template <class Event>
  OrderNews receive(const Event& event, Timestamp now);
  template <class Event>
  Order* find(const Event& event);
  void learn_venue_id(Order& order, const std::string& venue_order_id);
  void take(Order& order, const OrderEvent& event, OrderNews& news);
  void take(Order& order, const FillEvent& event, OrderNews& news);
  void state_totals(Order& order, Quantity filled, std::optional<Money> notional,
                    std::optional<Money> fee);
  void replay(Order& order, OrderNews& news);
  void finish(Order& order, Timestamp now, OrderNews& news);
  void keep_for_later(EarlyEvent event, Timestamp now);

  OrderTrackerConfig config_;
  std::map<std::string, Order> orders_;            ///< by client order id
  std::map<std::string, std::string> by_venue_id_; ///< to client order ids
  std::deque<std::pair<Timestamp, EarlyEvent>> early_;
  std::map<std::string, std::int64_t> counters_;
};

} // namespace arbees
