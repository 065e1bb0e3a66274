#pragma once

#include "actors/messages/book.hpp"
#include "actors/messages/game.hpp"
#include "actors/messages/signal.hpp"

namespace arbees::test {

using namespace std::chrono_literals;

inline constexpr Timestamp noon{std::chrono::hours{500'000}};
inline constexpr MarketId kalshi_market{1};
inline constexpr MarketId kalshi_rival{2};
inline constexpr MarketId poly_market{3};

constexpr Quantity contracts(std::int64_t whole) {
  return Quantity{whole * quantity_per_contract};
}
constexpr Money dollars(std::int64_t whole) {
  return Money{whole * money_per_dollar};
}
constexpr Price cents(std::int32_t whole) {
  return Price{whole * 100};
}

inline MarketSpec kalshi_spec(MarketId id = kalshi_market) {
  return {.id = id,
          .ref = {.venue = Venue::kalshi, .native_id = "KXNBAGAME-26NOV22LALBOS-LAL"},
          .price_bands = {{Price{0}, price_one, Price{100}}},
          .quantity_step = Quantity{10'000},
          .min_quantity = Quantity{10'000},
          .fees = FeeSchedule{.rounding = Venue::kalshi,
                              .taker_ppm = 70'000,
                              .maker_ppm = 17'500,
                              .balance_step = Money{100}},
          .accepts_orders = true};
}

inline MarketSpec poly_spec(MarketId id = poly_market) {
  return {.id = id,
          .ref = {.venue = Venue::polymarket, .native_id = "0xcond", .tokens = {"11", "12"}},
          .price_bands = {{Price{100}, Price{9900}, Price{100}}},
          .quantity_step = Quantity{10'000},
          .min_quantity = contracts(5),
          .min_notional = dollars(1),
          .fees = FeeSchedule{.rounding = Venue::polymarket, .taker_ppm = 50'000},
          .accepts_orders = true};
}

/// "LAL beat BOS": YES of one Kalshi market, NO of its rival's, YES of the Polymarket one.
inline MatchedGame matched_game() {
  MatchedGame match;
  match.game.id = GameId{77};
  match.game.key = "nba:1";
  match.game.start = noon - 1h;
  match.markets = {kalshi_spec(), kalshi_spec(kalshi_rival), poly_spec()};
  match.contracts = {Contract{.id = ContractId{5},
                              .game = GameId{77},
                              .subject = "LAL",
                              .expressions = {{kalshi_market, Side::yes},
                                              {kalshi_rival, Side::no},
                                              {poly_market, Side::yes}}}};
  match.tradable = true;
  match.score = 100;
  return match;
}

inline GameAssignment assignment(std::uint64_t epoch = 1, Timestamp until = noon + 1h) {
  return {.match = matched_game(), .epoch = epoch, .lease_until = until};
}

inline GameUpdate game_update(Phase phase, Timestamp at = noon) {
  return {.game = matched_game().game,
          .state = {.id = GameId{77}, .phase = phase, .fetched_at = at}};
}

/// A whole book of the Kalshi or the Polymarket market in YES prices.
inline BookUpdate book(MarketId market, std::vector<Level> bids, std::vector<Level> asks,
                       Timestamp at = noon, std::uint64_t version = 1) {
  BookUpdate update{.market = market,
                    .venue = market == poly_market ? Venue::polymarket : Venue::kalshi,
                    .status = BookStatus::ok,
                    .reason = StaleReason::none,
                    .version = version,
                    .exchange_time = at - 10ms,
                    .received_at = at};
  for (const auto& level : bids) {
    update.bids.push_back(level);
  }
  for (const auto& level : asks) {
    update.asks.push_back(level);
  }
  return update;
}

} // namespace arbees::test
