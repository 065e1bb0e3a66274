#pragma once

#include "actors/market/fees.hpp"
#include "actors/signal_processor/filters.hpp"
#include "tests/actors/sample_game.hpp"

namespace arbees::test {

/// 100 contracts of YES on Kalshi at 44 c and of NO on Polymarket at 50 c, found at noon.
inline Signal sample_signal(Quantity quantity = contracts(100)) {
  Signal signal{.id = SignalId{42},
                .game = GameId{77},
                .contract = ContractId{5},
                .quantity = quantity,
                .triggered_by = noon,
                .expires_at = noon + 500ms,
                .assignment_epoch = 3,
                .in_play = true};
  const auto leg = [&](MarketId market, Venue venue, Side side, Price limit,
                       const FeeSchedule& fees) {
    return SignalLeg{.market = market,
                     .venue = venue,
                     .side = side,
                     .limit = limit,
                     .quantity = quantity,
                     .cost = notional(limit, quantity, Rounding::up),
                     .fee = taker_fee_bound(fees, limit, quantity),
                     .exchange_time = noon - 10ms,
                     .received_at = noon};
  };
  signal.legs = {leg(kalshi_market, Venue::kalshi, Side::yes, cents(44), *kalshi_spec().fees),
                 leg(poly_market, Venue::polymarket, Side::no, cents(50), *poly_spec().fees)};
  signal.edge = payout(quantity) - signal.legs[0].cost - signal.legs[0].fee - signal.legs[1].cost
                - signal.legs[1].fee;
  signal.edge_per_contract = Money{
    divide(Int128{signal.edge.value()} * quantity_per_contract, quantity.value(), Rounding::down)};
  return signal;
}

/// Rules like those of config/settlement_rules.csv for the sample game's league: Kalshi waits two
/// days and then pays a fair price, Polymarket waits, and pays half a dollar if there is no game.
inline std::shared_ptr<const SettlementTable> sample_rules() {
  SettlementTable table;
  const auto of = [](Payment payment) { return static_cast<Payments>(payment); };
  for (const auto kind : {MarketKind::winner, MarketKind::spread, MarketKind::total}) {
    table.add(Venue::kalshi, League::nba, kind,
              {.window_hours = 48,
               .postponed = of(Payment::anything),
               .cancelled = of(Payment::anything),
               .abandoned = of(Payment::anything),
               .void_ = of(Payment::anything),
               .lockup_hours = 5,
               .source = "test",
               .as_of = "2026-11-21"});
    table.add(Venue::polymarket, League::nba, kind,
              {.cancelled = of(Payment::half),
               .abandoned = of(Payment::half),
               .void_ = of(Payment::half),
               .lockup_hours = 7,
               .source = "test",
               .as_of = "2026-11-21"});
  }
  return std::make_shared<const SettlementTable>(std::move(table));
}

/// `config` with the sample rules, if it has none of its own.
inline RiskConfig with_rules(RiskConfig config = {}) {
  static const auto rules = sample_rules();
  if (!config.settlement_rules) {
    config.settlement_rules = rules;
  }
  return config;
}

/// Both feeds up, the sample game matched, $10,000 at each venue, noon.
inline RiskState
ready_state(const RiskConfig& config = {}, const MatchedGame& match = matched_game()) {
  RiskState state{with_rules(config)};
  state.advance(noon);
  state.add(match);
  state.add(FeedStatus{.venue = Venue::kalshi, .connected = true});
  state.add(FeedStatus{.venue = Venue::polymarket, .connected = true});
  return state;
}

} // namespace arbees::test
