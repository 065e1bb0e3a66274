#include <catch2/catch.hpp>

#include "actors/orchestrator/game_book.hpp"
#include "bridges/espn/scoreboard_codec.hpp"
#include "bridges/kalshi/kalshi_catalogue_codec.hpp"
#include "bridges/polymarket/gamma_catalogue_codec.hpp"
#include "tests/actors/orchestrator/listings.hpp"

// The constructed samples of the fact sheets, from bytes to contracts.

namespace arbees::test {

namespace {

const std::map<std::string, KalshiSeriesFees> fees = {
  {"KXNBAGAME", {"quadratic_with_maker_fees", 1'000'000}},
  {"KXNFLGAME", {"quadratic_with_maker_fees", 1'000'000}},
  {"KXNFLSPREAD", {"quadratic_with_maker_fees", 1'000'000}},
  {"KXNFLTOTAL", {"quadratic_with_maker_fees", 1'000'000}},
};

std::string sample(const std::string& name) {
  auto text = read_text(std::string{ARBEES_TEST_DATA} + "/games/" + name);
  REQUIRE_FALSE(text.empty());
  return text;
}

struct Stage {
  GameBook book{shipped_tables(), GameBookConfig{}};
  League league;
  Timestamp at;
  std::string espn, kalshi, gamma;

  std::vector<GameEvent> events;

  void play(bool with_polymarket_fees) {
    const auto keep = [&](std::vector<GameEvent> more) {
      std::move(more.begin(), more.end(), std::back_inserter(events));
    };
    keep(book.apply(decode_scoreboard(league, EspnClock::left, sample(espn), at)->scoreboard));
    keep(book.apply(VenueCatalogue{
      Venue::kalshi, league, decode_kalshi_events(sample(kalshi), fees, at)->events, at, true}));
    auto page = *decode_gamma_events(sample(gamma), at);
    for (auto& event : page.events) {
      for (auto& market : event.markets) {
        if (with_polymarket_fees) {
          market.spec.fees = FeeSchedule{.rounding = Venue::polymarket, .taker_ppm = 50'000};
        }
      }
    }
    keep(book.apply(VenueCatalogue{Venue::polymarket, league, page.events, at, true}));
  }

  [[nodiscard]] std::vector<MatchedGame> matches() const {
    std::vector<MatchedGame> result;
    for (const auto& event : events) {
      if (const auto* match = std::get_if<MatchedGame>(&event)) {
        result.push_back(*match);
      }
    }
    return result;
  }
};

Stage nba() {
  return Stage{.league = League::nba,
               .at = utc("2026-11-21T02:15Z"),
               .espn = "espn/nba-scoreboard-20261120.json",
               .kalshi = "kalshi/events-nba-20261120.json",
               .gamma = "polymarket/gamma-nba-lal-lac-2026-11-20.json"};
}

Stage nfl() {
  return Stage{.league = League::nfl,
               .at = utc("2026-11-16T03:58Z"),
               .espn = "espn/nfl-scoreboard-week10-2026.json",
               .kalshi = "kalshi/events-nfl-20261115.json",
               .gamma = "polymarket/gamma-nfl-la-jax-2026-11-16.json"};
}

const Contract* find(const MatchedGame& match, MarketKind kind) {
  for (const auto& contract : match.contracts) {
    if (contract.kind == kind) {
      return &contract;
    }
  }
  return nullptr;
}

Side pays(const MatchedGame& match, const Contract& contract, const std::string& native_id) {
  for (const auto& market : match.markets) {
    for (const auto& expression : contract.expressions) {
      if (expression.market == market.id && market.ref.native_id == native_id) {
        return expression.pays;
      }
    }
  }
  FAIL("no expression on " << native_id);
  return Side::yes;
}

bool has(const Contract& contract, SettlementFlag flag) {
  return (contract.settlement_flags & static_cast<std::uint8_t>(flag)) != 0;
}

} // namespace

SCENARIO("the Los Angeles derby of the samples is one contract on three markets") {
  auto stage = nba();
  stage.play(true);
  const auto matches = stage.matches();
  REQUIRE(matches.size() == 1);
  const auto& match = matches[0];
  CHECK(match.game.away.id == "LAL");
  CHECK(match.game.home.id == "LAC");
  CHECK(match.score >= score_to_trade);
  CHECK(match.tradable);
  REQUIRE(match.contracts.size() == 1);
  const auto& contract = match.contracts[0];
  CHECK(contract.subject == "LAC");
  REQUIRE(contract.expressions.size() == 3);
  CHECK(pays(match, contract, "KXNBAGAME-26NOV20LALLAC-LAC") == Side::yes);
  CHECK(pays(match, contract, "KXNBAGAME-26NOV20LALLAC-LAL") == Side::no);
  // The venue lists the Lakers first, so that the Clippers are its second outcome.
  CHECK(pays(match, contract, "0x094912b9bc658e5e42031033cd01e673587a6b5beb6940a099951dac04fdea94")
        == Side::no);
  CHECK(has(contract, SettlementFlag::void_price));
  CHECK_FALSE(has(contract, SettlementFlag::tie_possible));
}

SCENARIO("without known fees a proven match is shown and not traded") {
  auto stage = nba();
  stage.play(false);
  const auto matches = stage.matches();
  REQUIRE(matches.size() == 1);
  CHECK_FALSE(matches[0].tradable);
  CHECK(matches[0].reasons.back() == "no_contract_with_fees_and_open_on_both_venues");
}

SCENARIO("winner, spread and total of the night game are matched, halves and team totals are not") {
  auto stage = nfl();
  stage.play(true);
  const auto matches = stage.matches();
  REQUIRE(matches.size() == 1);
  const auto& match = matches[0];
  CHECK(match.game.home.id == "JAX");
  REQUIRE(match.contracts.size() == 3);
  const auto* winner = find(match, MarketKind::winner);
  const auto* spread = find(match, MarketKind::spread);
  const auto* total = find(match, MarketKind::total);
  REQUIRE((winner && spread && total));
  CHECK(winner->subject == "JAX");
  CHECK(has(*winner, SettlementFlag::tie_possible));
  CHECK(spread->subject == "LAR");
  CHECK(spread->line_tenths == 25);
  CHECK(spread->expressions.size() == 2);
  CHECK(pays(match, *spread, "KXNFLSPREAD-26NOV15LARJAC-LAR3") == Side::yes);
  CHECK_FALSE(has(*spread, SettlementFlag::tie_possible));
  CHECK(total->subject == "over");
  CHECK(total->line_tenths == 475);
  CHECK(match.markets.size() == 7);
}

SCENARIO("what was said once is not said again") {
  auto stage = nfl();
  stage.play(true);
  stage.events.clear();
  stage.play(true);
  for (const auto& event : stage.events) {
    CHECK(std::holds_alternative<GameUpdate>(event));
  }
}

} // namespace arbees::test
