#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "actors/messages/ids.hpp"
#include "actors/messages/inspect.hpp"
#include "actors/messages/money.hpp"
#include "actors/messages/time.hpp"

namespace arbees {

/// What is bought of a binary market. One book, in YES prices, serves both: NO at q is YES at 1-q.
enum class Side : std::uint8_t { yes, no };

constexpr Side opposite(Side side) {
  return side == Side::yes ? Side::no : Side::yes;
}

/// The venue's own names of one binary market.
/// Kalshi: the market ticker. Polymarket: the condition, where YES is the first listed outcome
/// token and NO the second; the venue mirrors their books.
struct MarketRef {
  Venue venue = Venue::kalshi;
  std::string native_id;
  std::array<std::string, 2> tokens;   ///< Polymarket token ids, by Side; empty on Kalshi
  std::array<std::string, 2> outcomes; ///< what a person calls the sides
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, MarketRef& x) {
  return f(caf::meta::type_name("MarketRef"), x.venue, x.native_id, x.tokens[0], x.tokens[1],
           x.outcomes[0], x.outcomes[1]);
}

/// Prices from `start` to `end`, both included, are multiples of `step`.
struct PriceBand {
  Price start;
  Price end;
  Price step;

  bool operator==(const PriceBand&) const = default;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, PriceBand& x) {
  return f(caf::meta::type_name("PriceBand"), x.start, x.end, x.step);
}

/// How a venue charges takers and makers: coefficient * quantity * (p * (1 - p))^exponent,
/// then the venue's own rounding (actors/market/fees.hpp).
struct FeeSchedule {
  Venue rounding = Venue::kalshi; ///< whose rounding rules apply
  std::int64_t taker_ppm = 0; ///< coefficient in 1e-6: Kalshi 0.07 * multiplier, Polymarket `rate`
  std::int64_t maker_ppm = 0;
  std::int32_t exponent = 1;
  Money balance_step; ///< Kalshi: the account's grid, $0.0001 for direct members
  std::string source; ///< where the numbers came from, for the record
  Timestamp effective_from;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, FeeSchedule& x) {
  return f(caf::meta::type_name("FeeSchedule"), x.rounding, x.taker_ppm, x.maker_ppm, x.exponent,
           x.balance_step, x.source, x.effective_from);
}

/// All that the rest of arbees needs to know of one market: the venue's data, not constants.
struct MarketSpec {
  MarketId id;
  MarketRef ref;
  std::vector<PriceBand> price_bands;
  Quantity quantity_step;
  Quantity min_quantity;
  Money min_notional;              ///< of a marketable buy
  std::optional<FeeSchedule> fees; ///< without one the market is not tradable
  Duration taker_delay{};          ///< a crossing order waits this long before it matches
  std::int32_t exchange_index = 0; ///< Kalshi shard
  bool negative_risk = false;      ///< Polymarket: which exchange contract
  bool accepts_orders = false;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, MarketSpec& x) {
  return f(caf::meta::type_name("MarketSpec"), x.id, x.ref, x.price_bands, x.quantity_step,
           x.min_quantity, x.min_notional, x.fees, x.taker_delay, x.exchange_index, x.negative_risk,
           x.accepts_orders);
}

enum class MarketKind : std::uint8_t { winner, spread, total };

std::string_view to_string(MarketKind kind);

/// `market` expresses a contract: its side `pays` pays a dollar when the contract is true.
struct Expression {
  MarketId market;
  Side pays = Side::yes;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, Expression& x) {
  return f(caf::meta::type_name("Expression"), x.market, x.pays);
}

/// Branches on which the venues' rules may pay differently (venues/games.md section 4).
enum class SettlementFlag : std::uint8_t {
  tie_possible = 1,
  postpone_asymmetry = 2,
  regulation_only = 4,
  void_price = 8,
};

/// A proposition about one game, "LAL beat LAC, full game, overtime included", with every market
/// that expresses it. Buying one expression's `pays` side on one venue and the other side of an
/// expression on the other venue pays exactly a dollar, but for the flagged branches.
struct Contract {
  ContractId id;
  GameId game;
  MarketKind kind = MarketKind::winner;
  std::string subject;                     ///< canonical team id, "draw", or "over"
  std::optional<std::int32_t> line_tenths; ///< spread or total, in tenths of a point
  std::vector<Expression> expressions;
  std::uint8_t settlement_flags = 0; ///< of SettlementFlag
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, Contract& x) {
  return f(caf::meta::type_name("Contract"), x.id, x.game, x.kind, x.subject, x.line_tenths,
           x.expressions, x.settlement_flags);
}

} // namespace arbees
