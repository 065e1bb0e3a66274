#pragma once

#include "actors/messages/order.hpp"

// One arbitrage, LAL against LAC, as the rest of arbees would report it.

namespace arbees::test {

inline const MarketRef kalshi_ref{
  .venue = Venue::kalshi, .native_id = "KXT-LAL", .tokens = {}, .outcomes = {"LAL", "not LAL"}};
inline const MarketRef polymarket_ref{.venue = Venue::polymarket,
                                      .native_id = "0xc0ffee",
                                      .tokens = {"11", "22"},
                                      .outcomes = {"Lakers", "Clippers"}};

inline MarketId id_of(const MarketRef& ref) {
  return market_id(ref.venue, ref.native_id);
}

inline Signal make_signal(std::uint64_t number) {
  using namespace std::chrono_literals;
  Signal signal{.id = SignalId{number},
                .game = game_id("nba:1"),
                .contract = ContractId{0xfedcba9876543210},
                .quantity = Quantity{10'000'000},
                .edge = Money{300'000},
                .edge_per_contract = Money{30'000},
                .triggered_by = Timestamp{100s},
                .expires_at = Timestamp{101s},
                .assignment_epoch = 3,
                .in_play = true};
  signal.legs[0] = {.market = id_of(kalshi_ref),
                    .venue = Venue::kalshi,
                    .side = Side::yes,
                    .limit = Price{4200},
                    .quantity = Quantity{10'000'000},
                    .cost = Money{4'200'000},
                    .fee = Money{170'520},
                    .book_epoch = 1,
                    .book_version = 17,
                    .exchange_time = Timestamp{99s},
                    .received_at = Timestamp{100s}};
  signal.legs[1] = {.market = id_of(polymarket_ref),
                    .venue = Venue::polymarket,
                    .side = Side::no,
                    .limit = Price{5300},
                    .quantity = Quantity{10'000'000},
                    .cost = Money{5'300'000},
                    .fee = Money{0},
                    .book_epoch = 2,
                    .book_version = 18,
                    .exchange_time = Timestamp{98s},
                    .received_at = Timestamp{99s}};
  return signal;
}

inline ExecutionRequest make_request(std::uint64_t number) {
  return {.pair = PairId{number},
          .signal = make_signal(number),
          .quantity = Quantity{10'000'000},
          .limits = {Price{4200}, Price{5300}},
          .approved_at = Timestamp{std::chrono::seconds{100}}};
}

inline OrderIntent
make_order(std::uint64_t number, std::uint8_t leg, OrderPurpose purpose = OrderPurpose::open) {
  const auto& ref = leg == 0 ? kalshi_ref : polymarket_ref;
  return {.pair = PairId{number},
          .leg = leg,
          .purpose = purpose,
          .client_order_id = client_order_id(PairId{number}, leg, purpose, 0),
          .market = id_of(ref),
          .ref = ref,
          .exchange_index = leg == 0 ? 2 : 0,
          .side = leg == 0 ? Side::yes : Side::no,
          .limit = Price{leg == 0 ? 4200 : 5300},
          .quantity = Quantity{10'000'000},
          .created_at = Timestamp{std::chrono::nanoseconds{100'500'000'001}}};
}

inline CommitIntent make_intent(std::uint64_t number) {
  return {.request = make_request(number),
          .orders = {make_order(number, 0), make_order(number, 1)}};
}

inline OrderReport
make_report(const OrderIntent& order, OrderStatus status, Quantity filled, Timestamp reported_at) {
  return {.pair = order.pair,
          .leg = order.leg,
          .client_order_id = order.client_order_id,
          .venue_order_id = "v-" + order.client_order_id,
          .market = order.market,
          .venue = order.ref.venue,
          .side = order.side,
          .action = order.action,
          .status = status,
          .filled = filled,
          .notional = notional(order.limit, filled, Rounding::up),
          .fee = Money{170'520},
          .reason = status == OrderStatus::filled ? "" : "no more depth",
          .sent_at = Timestamp{std::chrono::seconds{101}},
          .reported_at = reported_at};
}

inline Fill make_fill(const OrderIntent& order, std::string fill_id, Quantity quantity) {
  return {.fill_id = std::move(fill_id),
          .client_order_id = order.client_order_id,
          .pair = order.pair,
          .market = order.market,
          .side = order.side,
          .action = order.action,
          .price = order.limit,
          .quantity = quantity,
          .fee = Money{170'520},
          .at = Timestamp{std::chrono::seconds{102}}};
}

inline PairClosed make_closed(std::uint64_t number, PairOutcome outcome) {
  using namespace std::chrono_literals;
  return {.pair = PairId{number},
          .signal = SignalId{number},
          .game = game_id("nba:1"),
          .outcome = outcome,
          .requested = Quantity{10'000'000},
          .matched = Quantity{10'000'000},
          .held = {Quantity{10'000'000}, Quantity{10'000'000}},
          .cost = Money{9'500'000},
          .fees = Money{170'520},
          .locked_profit = Money{329'480},
          .triggered_by = Timestamp{100s},
          .opened_at = Timestamp{101s},
          .closed_at = Timestamp{103s}};
}

} // namespace arbees::test
