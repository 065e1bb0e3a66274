#pragma once

#include <catch2/catch.hpp>
#include <initializer_list>

#include "actors/executor/pair_machine.hpp"

// A game with one market per venue, priced so that YES on Kalshi and NO on Polymarket cost less
// than a dollar together.

namespace arbees::test {

using namespace std::chrono_literals;

constexpr Quantity contracts(double n) {
  return Quantity{static_cast<std::int64_t>(n * quantity_per_contract + 0.5)};
}

constexpr Money dollars(double n) {
  return Money{static_cast<std::int64_t>(n * money_per_dollar + (n < 0 ? -0.5 : 0.5))};
}

constexpr Price cents(double n) {
  return Price{static_cast<std::int32_t>(n * 100 + 0.5)};
}

inline constexpr MarketId kalshi_id{11};
inline constexpr MarketId poly_id{22};
inline constexpr Timestamp start{1'000s};

inline MarketSpec kalshi_market() {
  return {.id = kalshi_id,
          .ref = {.venue = Venue::kalshi, .native_id = "KXNBAGAME-26NOV22LALBOS-BOS"},
          .price_bands = {{Price{0}, Price{10'000}, Price{100}}},
          .quantity_step = contracts(0.01),
          .min_quantity = contracts(0.01),
          .fees = FeeSchedule{.rounding = Venue::kalshi,
                              .taker_ppm = 70'000,
                              .exponent = 1,
                              .balance_step = Money{100}},
          .accepts_orders = true};
}

inline MarketSpec poly_market(Duration delay = 0s) {
  return {.id = poly_id,
          .ref = {.venue = Venue::polymarket, .native_id = "0xc0", .tokens = {"1", "2"}},
          .price_bands = {{Price{100}, Price{9'900}, Price{100}}},
          .quantity_step = contracts(0.01),
          .min_quantity = contracts(5),
          .min_notional = dollars(1),
          .fees = FeeSchedule{.rounding = Venue::polymarket, .taker_ppm = 50'000, .exponent = 1},
          .taker_delay = delay,
          .accepts_orders = true};
}

inline BookUpdate book_of(MarketId market, Venue venue, std::initializer_list<Level> bids,
                          std::initializer_list<Level> asks, Timestamp at = start) {
  BookUpdate book{.market = market,
                  .venue = venue,
                  .status = BookStatus::ok,
                  .reason = StaleReason::none,
                  .epoch = 1,
                  .version = 1,
                  .exchange_time = at,
                  .received_at = at};
  for (const auto& level : bids) {
    book.bids.push_back(level);
  }
  for (const auto& level : asks) {
    book.asks.push_back(level);
  }
  return book;
}

inline BookUpdate kalshi_book(std::initializer_list<Level> bids, std::initializer_list<Level> asks,
                              Timestamp at = start) {
  return book_of(kalshi_id, Venue::kalshi, bids, asks, at);
}

/// In YES prices: NO at 45 cents is a YES bid at 55.
inline BookUpdate poly_book(std::initializer_list<Level> bids, std::initializer_list<Level> asks,
                            Timestamp at = start) {
  return book_of(poly_id, Venue::polymarket, bids, asks, at);
}

/// YES on Kalshi at 45, 200 shown; NO on Polymarket at 45, 200 shown.
inline std::array<BookUpdate, 2> calm_books() {
  return {kalshi_book({{cents(43), contracts(200)}}, {{cents(45), contracts(200)}}),
          poly_book({{cents(55), contracts(200)}}, {{cents(57), contracts(200)}})};
}

inline ExecutionRequest request_for(Quantity quantity, PairId pair = PairId{0xabc}) {
  Signal signal{.id = SignalId{1}, .game = GameId{2}, .contract = ContractId{3}};
  signal.legs[0] = {.market = kalshi_id,
                    .venue = Venue::kalshi,
                    .side = Side::yes,
                    .limit = cents(45),
                    .quantity = quantity};
  signal.legs[1] = {.market = poly_id,
                    .venue = Venue::polymarket,
                    .side = Side::no,
                    .limit = cents(45),
                    .quantity = quantity};
  signal.quantity = quantity;
  signal.triggered_by = start;
  signal.expires_at = start + 1s;
  return {.pair = pair,
          .signal = signal,
          .quantity = quantity,
          .limits = {cents(45), cents(45)},
          .approved_at = start};
}

/// The same, but NO is to rest on Polymarket at 44, a cent below what is offered.
inline ExecutionRequest resting_request(Quantity quantity, PairId pair = PairId{0xabc}) {
  auto request = request_for(quantity, pair);
  request.signal.legs[1].post_only = true;
  request.signal.legs[1].limit = cents(44);
  request.limits[1] = cents(44);
  return request;
}

template <class T>
std::vector<T> only(const PairCommands& commands) {
  std::vector<T> found;
  for (const auto& command : commands) {
    if (const auto* wanted = std::get_if<T>(&command)) {
      found.push_back(*wanted);
    }
  }
  return found;
}

} // namespace arbees::test
