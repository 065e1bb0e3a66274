#pragma once

#include "actors/messages/order.hpp"

// One filled-in message of each kind, for round trips.

// Another room has samples of the same names; in one program they must not become one variable.
namespace arbees::test::inline bus {

inline GameInfo sample_game() {
  return {.id = game_id("nba:401990102"),
          .key = "nba:401990102",
          .league = League::nba,
          .away = {"LAC", "LA \"Clippers\""},
          .home = {"LAL", "Los Angeles Lakers"},
          .start = from_ms(1'795'226'400'000),
          .start_is_exact = true,
          .neutral_site = false};
}

inline const MarketId kalshi_market = market_id(Venue::kalshi, "KXNBAGAME-26NOV21LACLAL-LAL");
inline const MarketId poly_market = market_id(Venue::polymarket, "0xabc123");

inline MarketSpec sample_kalshi_spec() {
  MarketSpec spec{.id = kalshi_market,
                  .ref = {.venue = Venue::kalshi,
                          .native_id = "KXNBAGAME-26NOV21LACLAL-LAL",
                          .outcomes = {"LA Lakers", "not LA Lakers"}}};
  spec.price_bands = {{Price{0}, Price{1000}, Price{10}}, {Price{1000}, Price{10'000}, Price{100}}};
  spec.quantity_step = Quantity{10'000};
  spec.min_quantity = Quantity{1'000'000};
  spec.fees = FeeSchedule{.taker_ppm = 70'000,
                          .maker_ppm = 17'500,
                          .balance_step = Money{100},
                          .source = "kalshi.md 4.2",
                          .effective_from = from_us(1'700'000'000'000'000)};
  spec.exchange_index = 3;
  spec.accepts_orders = true;
  return spec;
}

inline MarketSpec sample_poly_spec() {
  MarketSpec spec{.id = poly_market,
                  .ref = {.venue = Venue::polymarket,
                          .native_id = "0xabc123",
                          .tokens = {"7101", "7102"},
                          .outcomes = {"Lakers", "Clippers"}}};
  spec.price_bands = {{Price{0}, Price{10'000}, Price{100}}};
  spec.quantity_step = Quantity{10'000};
  spec.min_quantity = Quantity{5'000'000};
  spec.min_notional = Money{1'000'000};
  spec.taker_delay = std::chrono::seconds{1};
  spec.negative_risk = true;
  return spec;
}

inline MatchedGame sample_match() {
  MatchedGame match{.game = sample_game(), .score = 97, .tradable = true, .at = from_us(77)};
  match.markets = {sample_kalshi_spec(), sample_poly_spec()};
  match.reasons = {"exact teams", "start within 5 min"};
  Contract contract{.id = ContractId{0xc0ffee},
                    .game = match.game.id,
                    .kind = MarketKind::spread,
                    .subject = "LAL",
                    .line_tenths = -35,
                    .settlement_flags = 3};
  contract.expressions = {{kalshi_market, Side::yes}, {poly_market, Side::yes}};
  match.contracts = {contract};
  return match;
}

inline BookUpdate sample_book() {
  BookUpdate update{.market = kalshi_market,
                    .venue = Venue::kalshi,
                    .status = BookStatus::ok,
                    .reason = StaleReason::none,
                    .epoch = 2,
                    .version = 41,
                    .exchange_time = from_ms(1'795'226'400'123),
                    .received_at = from_us(1'795'226'400'130'456)};
  update.bids.push_back({Price{4200}, Quantity{12'500'000}});
  update.bids.push_back({Price{4100}, Quantity{1'000'000'000}});
  update.asks.push_back({Price{4400}, Quantity{3'010'001}});
  return update;
}

inline Signal sample_signal() {
  Signal signal{.id = SignalId{0xabcdef0123456789},
                .game = game_id("nba:401990102"),
                .contract = ContractId{0xc0ffee},
                .quantity = Quantity{10'000'000},
                .edge = Money{312'700},
                .edge_per_contract = Money{31'270},
                .triggered_by = from_us(1'795'226'400'130'456),
                .expires_at = from_us(1'795'226'401'130'456),
                .assignment_epoch = 5,
                .in_play = true};
  signal.legs[0] = {.market = kalshi_market,
                    .venue = Venue::kalshi,
                    .side = Side::yes,
                    .limit = Price{4400},
                    .quantity = Quantity{10'000'000},
                    .cost = Money{4'400'000},
                    .fee = Money{172'480},
                    .book_epoch = 2,
                    .book_version = 41,
                    .exchange_time = from_us(1'795'226'400'123'000),
                    .received_at = from_us(1'795'226'400'130'456)};
  signal.legs[1] = {.market = poly_market,
                    .venue = Venue::polymarket,
                    .side = Side::no,
                    .limit = Price{5100},
                    .quantity = Quantity{10'000'000},
                    .cost = Money{5'100'000},
                    .fee = Money{14'820},
                    .book_version = 7,
                    .exchange_time = from_us(1'795'226'400'100'000),
                    .received_at = from_us(1'795'226'400'110'000)};
  return signal;
}

inline ExecutionRequest sample_request() {
  return {.pair = PairId{0x1122334455667788},
          .signal = sample_signal(),
          .quantity = Quantity{8'000'000},
          .limits = {Price{4400}, Price{5100}},
          .approved_at = from_us(1'795'226'400'130'600)};
}

inline OrderReport sample_report() {
  return {.pair = PairId{0x1122334455667788},
          .leg = 1,
          .client_order_id = "a1122334455667788-1o0",
          .venue_order_id = "0xfeed",
          .market = poly_market,
          .venue = Venue::polymarket,
          .side = Side::no,
          .action = Action::buy,
          .status = OrderStatus::partial,
          .filled = Quantity{3'000'000},
          .notional = Money{1'000'000},
          .fee = Money{1'234},
          .reason = "no more depth",
          .sent_at = from_us(1'000'000),
          .reported_at = from_us(2'500'000)};
}

inline PairClosed sample_pair() {
  return {.pair = PairId{0x1122334455667788},
          .signal = SignalId{0xabcdef0123456789},
          .game = game_id("nba:401990102"),
          .outcome = PairOutcome::balanced_partial,
          .requested = Quantity{8'000'000},
          .matched = Quantity{3'000'000},
          .held = {Quantity{3'000'000}, Quantity{3'000'000}},
          .cost = Money{2'850'000},
          .fees = Money{60'001},
          .locked_profit = Money{89'999},
          .triggered_by = from_us(1'000'000),
          .opened_at = from_us(1'000'250),
          .closed_at = from_us(2'600'000),
          .reason = "leg 1 partial"};
}

/// The text by which two messages are compared: CAF's own, of every field that inspect() names.
template <class T>
std::string shown(const T& message) {
  return caf::deep_to_string(message);
}

} // namespace arbees::test::inline bus
