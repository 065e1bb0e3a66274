#pragma once

#include "actors/messages/account.hpp"

// What is held, and how it is sold before it settles. A position is a pair: its id is the pair's.

namespace arbees {

enum class PositionState : std::uint8_t {
  open,    ///< contracts are held
  exiting, ///< an exit of it is under way
  settled, ///< the venues have paid for all that was held; a decision may still be reversed
  closed,  ///< everything was sold again, or never was there
};

std::string_view to_string(PositionState state);

/// One leg of a position.
struct PositionLeg {
  MarketId market;
  Venue venue = Venue::kalshi;
  Side side = Side::yes;
  Quantity quantity; ///< held and not paid for
  Money cost;        ///< what that cost at the average, without fees
  Money realised;    ///< gained by sales and payments, without fees
  Money fees;        ///< of all that was bought, sold and paid
  /// What selling `quantity` into the book of the held side would bring, taker fee deducted; what
  /// the book does not take counts nothing. None if the book must not be trusted.
  std::optional<Money> mark;
  Quantity sellable;   ///< how much of it the book takes
  Timestamp marked_at; ///< when that book was received
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, PositionLeg& x) {
  return f(caf::meta::type_name("PositionLeg"), x.market, x.venue, x.side, x.quantity, x.cost,
           x.realised, x.fees, x.mark, x.sellable, x.marked_at);
}

/// A position as it stands: a later one replaces an earlier one.
struct PositionUpdate {
  PairId id;
  GameId game;
  ContractId contract;
  PositionState state = PositionState::open;
  std::array<PositionLeg, 2> legs;
  Quantity matched;                ///< contracts that both legs hold: one of them pays a dollar
  Money realised;                  ///< of both legs, without fees
  Money fees;                      ///< of both legs
  std::optional<Money> unrealised; ///< marks less costs; none if a leg that is held has no mark
  /// Estimated hours until all of it is free money again; none if the rules are not known, or
  /// nothing is held.
  std::optional<std::int32_t> lockup_hours;
  std::string reason; ///< why it stands like that, for people
  Timestamp opened_at;
  Timestamp at;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, PositionUpdate& x) {
  return f(caf::meta::type_name("PositionUpdate"), x.id, x.game, x.contract, x.state, x.legs[0],
           x.legs[1], x.matched, x.realised, x.fees, x.unrealised, x.lockup_hours, x.reason,
           x.opened_at, x.at);
}

/// All positions that hold something, on a timer.
struct PositionsSnapshot {
  std::vector<PositionUpdate> positions;
  std::int64_t settled = 0; ///< since the start
  std::int64_t closed = 0;  ///< the same
  Money realised;           ///< of all positions that are known, without fees
  Money fees;
  Timestamp at;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, PositionsSnapshot& x) {
  return f(caf::meta::type_name("PositionsSnapshot"), x.positions, x.settled, x.closed, x.realised,
           x.fees, x.at);
}

enum class ExitReason : std::uint8_t {
  take_profit,
  stop_loss,
  early_exit, ///< both legs bring more now than the dollar is worth that waits for its settlement
  flatten,    ///< a person said so
};

std::string_view to_string(ExitReason reason);

/// One sale of an exit: `quantity` contracts of `side`, no cheaper than `limit` each.
struct ExitLeg {
  MarketId market;
  Venue venue = Venue::kalshi;
  Side side = Side::yes;
  Price limit;       ///< of that side, on the market's grid
  Quantity quantity; ///< zero: this leg is not sold
  Money proceeds;    ///< that the book shows for it, without fees
  Money fee;         ///< the venue's taker fee for that, rounded against us
  std::uint64_t book_version = 0;
  Timestamp received_at; ///< of the book that was read
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, ExitLeg& x) {
  return f(caf::meta::type_name("ExitLeg"), x.market, x.venue, x.side, x.limit, x.quantity,
           x.proceeds, x.fee, x.book_version, x.received_at);
}

/// A position, or a part of it, should be sold.
struct ExitSignal {
  SignalId id;
  PairId position;
  GameId game;
  ExitReason reason = ExitReason::early_exit;
  std::array<ExitLeg, 2> legs; ///< as the position's
  std::string detail;          ///< the numbers of the rule, for people
  Timestamp triggered_by;
  Timestamp expires_at;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, ExitSignal& x) {
  return f(caf::meta::type_name("ExitSignal"), x.id, x.position, x.game, x.reason, x.legs[0],
           x.legs[1], x.detail, x.triggered_by, x.expires_at);
}

/// The filter that stopped an exit, with what it measured and what it allows.
struct ExitRejected {
  ExitSignal exit;
  std::string filter; ///< stable name, for counting
  std::string measured;
  std::string limit;
  Timestamp at;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, ExitRejected& x) {
  return f(caf::meta::type_name("ExitRejected"), x.exit, x.filter, x.measured, x.limit, x.at);
}

/// An exit that passed every filter. Answered by an ExitEnded, whatever becomes of it.
struct ExitRequest {
  ExitSignal exit;
  Timestamp approved_at; ///< the time that the filters judged by
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, ExitRequest& x) {
  return f(caf::meta::type_name("ExitRequest"), x.exit, x.approved_at);
}

/// What an exit came to. The pair's own end is told anew before it if anything was ordered.
struct ExitEnded {
  SignalId exit;
  PairId position;
  ExitReason reason = ExitReason::early_exit;
  std::array<Quantity, 2> sold; ///< by leg, by the exit and what balanced the legs after it
  Money proceeds;               ///< of that, without fees
  Money fees;
  std::string refused; ///< why nothing was even tried; empty if it was
  Timestamp at;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, ExitEnded& x) {
  return f(caf::meta::type_name("ExitEnded"), x.exit, x.position, x.reason, x.sold[0], x.sold[1],
           x.proceeds, x.fees, x.refused, x.at);
}

} // namespace arbees
