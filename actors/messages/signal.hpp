#pragma once

#include <array>

#include "actors/messages/book.hpp"
#include "actors/messages/game.hpp"

namespace arbees {

enum class SignalType : std::uint8_t { arbitrage, directional };

std::string_view to_string(SignalType type);

/// One purchase of a signal: `quantity` contracts of `side`, no dearer than `limit` each.
struct SignalLeg {
  MarketId market;
  Venue venue = Venue::kalshi;
  Side side = Side::yes;
  Price limit; ///< of that side: the worst level that the sweep needs
  Quantity quantity;
  Money cost; ///< of the whole sweep, without fees
  Money fee;  ///< the venue's taker fee for exactly these levels, rounded against us
  std::uint32_t book_epoch = 0;
  std::uint64_t book_version = 0;
  Timestamp exchange_time; ///< of the book that was read
  Timestamp received_at;   ///< of the book that was read
  bool post_only = false;  ///< to rest at `limit` as a maker, before the other leg is taken
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, SignalLeg& x) {
  return f(caf::meta::type_name("SignalLeg"), x.market, x.venue, x.side, x.limit, x.quantity,
           x.cost, x.fee, x.book_epoch, x.book_version, x.exchange_time, x.received_at,
           x.post_only);
}

/// An opportunity, priced on whole ladders after fees. For arbitrage both legs have the same
/// quantity and one of them must pay a dollar per contract.
struct Signal {
  SignalId id;
  SignalType type = SignalType::arbitrage;
  GameId game;
  ContractId contract;
  std::array<SignalLeg, 2> legs; ///< Kalshi first
  Quantity quantity;
  Money edge;              ///< payout - costs - fees, for the whole quantity
  Money edge_per_contract; ///< rounded down
  Timestamp triggered_by;  ///< received_at of the update that made it
  Timestamp expires_at;
  std::uint64_t assignment_epoch = 0;
  bool in_play = false;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, Signal& x) {
  return f(caf::meta::type_name("Signal"), x.id, x.type, x.game, x.contract, x.legs[0], x.legs[1],
           x.quantity, x.edge, x.edge_per_contract, x.triggered_by, x.expires_at,
           x.assignment_epoch, x.in_play);
}

/// The filter that stopped a signal, with what it measured and what it allows.
struct SignalRejected {
  Signal signal;
  std::string filter; ///< stable name, for counting
  std::string measured;
  std::string limit;
  Timestamp at;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, SignalRejected& x) {
  return f(caf::meta::type_name("SignalRejected"), x.signal, x.filter, x.measured, x.limit, x.at);
}

/// A signal that passed every filter, with the quantity that they left.
struct ExecutionRequest {
  PairId pair;
  Signal signal;
  Quantity quantity;           ///< contracts per leg, on both venues' grids
  std::array<Price, 2> limits; ///< by leg, of the leg's side, on the grid
  Timestamp approved_at;       ///< the time that the filters judged by
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, ExecutionRequest& x) {
  return f(caf::meta::type_name("ExecutionRequest"), x.pair, x.signal, x.quantity, x.limits[0],
           x.limits[1], x.approved_at);
}

} // namespace arbees
