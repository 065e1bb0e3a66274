#pragma once

#include "actors/messages/signal.hpp"

namespace arbees {

enum class Action : std::uint8_t { buy, sell };
enum class TimeInForce : std::uint8_t { immediate_or_cancel, fill_or_kill, good_till_cancelled };

/// What an order is for: part of its deterministic client order id.
enum class OrderPurpose : std::uint8_t { open, complete, unwind, exit };

std::string_view to_string(Side side);
std::string_view to_string(Action action);
std::string_view to_string(OrderPurpose purpose);

/// An order as the ledger records it before a byte goes to the venue.
struct OrderIntent {
  PairId pair;
  std::uint8_t leg = 0; ///< 0 or 1, of the signal
  OrderPurpose purpose = OrderPurpose::open;
  std::uint8_t attempt = 0;
  std::string client_order_id; ///< see client_order_id()
  MarketId market;
  MarketRef ref; ///< for the record, and for the venue's own order fields
  std::int32_t exchange_index = 0;
  Side side = Side::yes;
  Action action = Action::buy;
  Price limit; ///< of `side`
  Quantity quantity;
  TimeInForce time_in_force = TimeInForce::immediate_or_cancel;
  Timestamp created_at;   ///< part of Polymarket's order hash, by which the order is found again
  bool post_only = false; ///< refused by the venue instead of taking anything
  std::optional<Timestamp> expires_at{}; ///< of a resting order, by the venue's own clock
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, OrderIntent& x) {
  return f(caf::meta::type_name("OrderIntent"), x.pair, x.leg, x.purpose, x.attempt,
           x.client_order_id, x.market, x.ref, x.exchange_index, x.side, x.action, x.limit,
           x.quantity, x.time_in_force, x.created_at, x.post_only, x.expires_at);
}

/// "a" + pair + leg + purpose + attempt, [a-z0-9-] only: the same intent has the same id after a
/// crash, so that a venue refuses the second copy (venues/kalshi.md 5.3).
std::string
client_order_id(PairId pair, std::uint8_t leg, OrderPurpose purpose, std::uint8_t attempt);

/// Asks a venue what became of an order of which no report came. Answered with an OrderReport: the
/// order is looked up by its client order id and never sent again (architecture section 6.6).
struct QueryOrder {
  OrderIntent order;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, QueryOrder& x) {
  return f(caf::meta::type_name("QueryOrder"), x.order);
}

/// Asks a venue to take what is left of an order out of its book. What became of it is told by an
/// OrderReport, as of any order.
struct CancelOrder {
  OrderIntent order;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, CancelOrder& x) {
  return f(caf::meta::type_name("CancelOrder"), x.order);
}

/// Asks a venue to take all orders of the account out of its books, at once and before anything
/// else. What became of each is told by OrderReports.
struct CancelAllOrders {
  std::string reason; ///< for the log
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, CancelAllOrders& x) {
  return f(caf::meta::type_name("CancelAllOrders"), x.reason);
}

/// Asks the ledger to make `orders` durable. Answered with IntentCommitted once they are.
struct CommitIntent {
  ExecutionRequest request;
  std::uint32_t batch = 1; ///< of the pair: the first opens it
  std::vector<OrderIntent> orders;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, CommitIntent& x) {
  return f(caf::meta::type_name("CommitIntent"), x.request, x.batch, x.orders);
}

struct IntentCommitted {
  PairId pair;
  Timestamp received_at; ///< when the ledger got it: the end of tick-to-intent
  Timestamp committed_at;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, IntentCommitted& x) {
  return f(caf::meta::type_name("IntentCommitted"), x.pair, x.received_at, x.committed_at);
}

enum class OrderStatus : std::uint8_t {
  accepted, ///< at the venue, outcome open (Polymarket `delayed`, or resting)
  filled,
  partial,  ///< filled in part, the rest is gone
  unfilled, ///< nothing filled, nothing left
  rejected,
  unknown, ///< neither filled nor failed until the venue says so
};

std::string_view to_string(OrderStatus status);

constexpr bool terminal(OrderStatus status) {
  return status != OrderStatus::accepted && status != OrderStatus::unknown;
}

/// What became of an order, cumulative: a later report replaces an earlier one.
struct OrderReport {
  PairId pair;
  std::uint8_t leg = 0;
  std::string client_order_id;
  std::string venue_order_id; ///< empty until the venue named it
  MarketId market;
  Venue venue = Venue::kalshi;
  Side side = Side::yes;
  Action action = Action::buy;
  OrderStatus status = OrderStatus::unknown;
  Quantity filled;
  Money notional; ///< paid for buys, received for sells, without fees; never negative
  Money fee;
  std::string reason; ///< why not filled in full
  Timestamp sent_at;
  Timestamp reported_at;
  Quantity voided{}; ///< executed and reversed again, not part of `filled`; it only grows: a report
                     ///< that knows of more is the later one, although it has less filled
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, OrderReport& x) {
  return f(caf::meta::type_name("OrderReport"), x.pair, x.leg, x.client_order_id, x.venue_order_id,
           x.market, x.venue, x.side, x.action, x.status, x.filled, x.notional, x.fee, x.reason,
           x.sent_at, x.reported_at, x.voided);
}

/// How sure an execution is. A venue that settles on a chain may take one back.
enum class FillState : std::uint8_t {
  provisional, ///< matched, not settled: may still be voided
  confirmed,
  voided, ///< did not happen after all: take back what the same fill id has booked
};

std::string_view to_string(FillState state);

/// One execution at one price. Told when it is first heard of, and once more with the same fill id
/// when its state changes: a provisional one becomes confirmed or voided, which is final.
struct Fill {
  std::string fill_id; ///< the venue's, unique per market
  std::string client_order_id;
  PairId pair;
  MarketId market;
  Side side = Side::yes;
  Action action = Action::buy;
  Price price; ///< of `side`
  Quantity quantity;
  Money fee;
  Timestamp at;
  FillState state = FillState::confirmed;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, Fill& x) {
  return f(caf::meta::type_name("Fill"), x.fill_id, x.client_order_id, x.pair, x.market, x.side,
           x.action, x.price, x.quantity, x.fee, x.at, x.state);
}

/// How a pair ended (architecture section 6.5).
enum class PairOutcome : std::uint8_t {
  complete,         ///< both legs in full
  balanced_partial, ///< both legs, equal, smaller than asked
  unwound,          ///< what was over was sold again
  exposed,          ///< one leg is held without its hedge, inside its own budget
  void_,            ///< nothing filled
};

std::string_view to_string(PairOutcome outcome);

struct PairClosed {
  PairId pair;
  SignalId signal;
  GameId game;
  PairOutcome outcome = PairOutcome::void_;
  Quantity requested;
  Quantity matched;             ///< contracts that both legs hold
  std::array<Quantity, 2> held; ///< by leg, at the end
  Money cost;                   ///< net dollars paid for all legs, without fees
  Money fees;
  Money locked_profit; ///< payout of the matched contracts - cost - fees; exposed contracts count 0
  Timestamp triggered_by;
  Timestamp opened_at;
  Timestamp closed_at;
  std::string reason; ///< why the pair is not complete; empty if it is
  /// 0, and one more each time the pair had to be taken up again because a fill was voided or came
  /// late. A later one replaces the earlier ones.
  std::uint32_t revision = 0;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, PairClosed& x) {
  return f(caf::meta::type_name("PairClosed"), x.pair, x.signal, x.game, x.outcome, x.requested,
           x.matched, x.held[0], x.held[1], x.cost, x.fees, x.locked_profit, x.triggered_by,
           x.opened_at, x.closed_at, x.reason, x.revision);
}

/// What one engine of a sharded venue can spend: money on another one does not help its markets.
struct ShardBalance {
  std::int32_t exchange_index = 0;
  Money available;

  bool operator==(const ShardBalance&) const = default;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, ShardBalance& x) {
  return f(caf::meta::type_name("ShardBalance"), x.exchange_index, x.available);
}

/// Free money of the account at one venue.
struct BalanceUpdate {
  Venue venue = Venue::kalshi;
  Money available; ///< over all shards
  Timestamp at;
  /// By exchange_index. Empty: the venue has no shards, or did not tell them apart. Else a shard
  /// that is not named has nothing.
  std::vector<ShardBalance> shards{};
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, BalanceUpdate& x) {
  return f(caf::meta::type_name("BalanceUpdate"), x.venue, x.available, x.at, x.shards);
}

} // namespace arbees
