#pragma once

#include <algorithm>

#include "actors/messages/order.hpp"

// What the venues and the ledger say of our account, apart from single orders.

namespace arbees {

/// What a venue takes from us now, as its gateway knows.
enum class VenueState : std::uint8_t {
  open,
  post_only,   ///< resting orders only: what a pair needs cannot be taken
  cancel_only, ///< paused: cancels still work
  down,        ///< nothing works, or nothing answers
  refused,     ///< the venue refuses this account, key or place until a person has acted
};

std::string_view to_string(VenueState state);

/// A venue's state, told whenever it changes. A venue that never told is `down`.
struct VenueStatus {
  Venue venue = Venue::kalshi;
  std::optional<std::int32_t> exchange_index; ///< one shard only; none: all of the venue
  VenueState state = VenueState::down;
  std::string reason; ///< stable name and detail, for people; empty if open
  Timestamp at;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, VenueStatus& x) {
  return f(caf::meta::type_name("VenueStatus"), x.venue, x.exchange_index, x.state, x.reason, x.at);
}

/// The venue paid for contracts of a decided market, or took a payment back. Cumulative for market
/// and side: a later one replaces an earlier one, so that a reversed decision is a new amount.
struct Settlement {
  Venue venue = Venue::kalshi;
  MarketId market;
  std::string native_id; ///< ticker or condition
  Side side = Side::yes;
  Quantity quantity; ///< contracts that were paid for
  Money payout;      ///< credited for them in total, may be zero
  Money fee;         ///< charged for the settlement, rarely
  Timestamp at;      ///< the venue's stamp
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, Settlement& x) {
  return f(caf::meta::type_name("Settlement"), x.venue, x.market, x.native_id, x.side, x.quantity,
           x.payout, x.fee, x.at);
}

/// Contracts held of one side of a market.
struct Holding {
  MarketId market;
  std::string native_id;
  Side side = Side::yes;
  Quantity quantity;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, Holding& x) {
  return f(caf::meta::type_name("Holding"), x.market, x.native_id, x.side, x.quantity);
}

/// An order that may still be executed.
struct WorkingOrder {
  std::string client_order_id; ///< empty if the venue does not tell it
  std::string venue_order_id;  ///< empty if the ledger does not know it
  std::string native_id;
  Quantity filled;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, WorkingOrder& x) {
  return f(caf::meta::type_name("WorkingOrder"), x.client_order_id, x.venue_order_id, x.native_id,
           x.filled);
}

/// Asks for the account as a venue shows it, or as the ledger has it.
struct ReadAccount {
  Venue venue = Venue::kalshi;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, ReadAccount& x) {
  return f(caf::meta::type_name("ReadAccount"), x.venue);
}

/// The account at one venue, from the venue itself or from the ledger. Holdings without those of
/// decided markets that were paid; none is zero; a venue that nets both sides tells one of them.
struct AccountView {
  Venue venue = Venue::kalshi;
  std::vector<Holding> holdings;
  std::vector<WorkingOrder> working;
  /// Free money. From the ledger: what must be there by the first balance that it ever heard and
  /// all that moved since; none before it has heard one.
  std::optional<Money> available;
  Timestamp asked_at; ///< what happened before is in it
  Timestamp at;       ///< what happened after is not in it
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, AccountView& x) {
  return f(caf::meta::type_name("AccountView"), x.venue, x.holdings, x.working, x.available,
           x.asked_at, x.at);
}

/// One thing in which ledger and venue differ.
struct Drift {
  std::string what;    ///< "holding", "working_order", "money" that lacks, "surplus" of money
  std::string subject; ///< market and side, order id, "available"
  std::string ledger;
  std::string venue;

  bool operator==(const Drift&) const = default;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, Drift& x) {
  return f(caf::meta::type_name("Drift"), x.what, x.subject, x.ledger, x.venue);
}

/// False for more money than the ledger knows of, a deposit: it is told, and endangers nothing.
inline bool stops_trading(const Drift& drift) {
  return drift.what != "surplus";
}

/// The ledger was compared with a venue; what differs, differs twice in a row.
struct Reconciliation {
  Venue venue = Venue::kalshi;
  std::vector<Drift> drifts; ///< empty: they agree
  std::string failed;        ///< why there was nothing to compare; empty if there was
  Timestamp at;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, Reconciliation& x) {
  return f(caf::meta::type_name("Reconciliation"), x.venue, x.drifts, x.failed, x.at);
}

/// True if both were found to agree in all that trading stands on. @pre it did not fail
inline bool agrees(const Reconciliation& x) {
  return std::none_of(x.drifts.begin(), x.drifts.end(), stops_trading);
}

/// A person says that money came or went past arbees: a deposit, a withdrawal. From then on it is
/// part of what the ledger expects at the venue.
struct MoneyAccepted {
  Venue venue = Venue::kalshi;
  Money amount; ///< negative if it went
  std::string by;
  std::string reason; ///< for people
  Timestamp at;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, MoneyAccepted& x) {
  return f(caf::meta::type_name("MoneyAccepted"), x.venue, x.amount, x.by, x.reason, x.at);
}

/// An order as the ledger has it.
struct OrderRecord {
  OrderIntent intent;
  Timestamp intent_at;
  std::optional<OrderReport> report; ///< the latest; none: the order may or may not have been sent
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, OrderRecord& x) {
  return f(caf::meta::type_name("OrderRecord"), x.intent, x.intent_at, x.report);
}

/// A pair that has not ended, as the ledger has it: where an executor goes on after a restart.
struct OpenPair {
  ExecutionRequest request;
  Timestamp intent_at;
  std::uint32_t batches = 0;       ///< committed so far
  std::uint32_t closed_before = 0; ///< how often it had ended before it was taken up again
  std::vector<OrderRecord> orders; ///< in the order in which they were committed
  std::vector<Fill> fills;         ///< in the order of arrival, with the state that each has now
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, OpenPair& x) {
  return f(caf::meta::type_name("OpenPair"), x.request, x.intent_at, x.batches, x.closed_before,
           x.orders, x.fills);
}

/// A pair of an earlier run that still matters: told before anything else happens.
struct PairRestored {
  OpenPair pair;
  std::optional<PairClosed> closed; ///< how it ended last; none: it is open
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, PairRestored& x) {
  return f(caf::meta::type_name("PairRestored"), x.pair, x.closed);
}

} // namespace arbees
