#include <catch2/catch.hpp>

#include "tests/actors/orchestrator/listings.hpp"

// The false positives of venues/games.md section 4 that are not among the labelled pairs.

namespace arbees::test {

namespace {

const LeagueTable& table(League league) {
  static const auto tables = shipped_tables();
  return tables.at(league);
}

std::string gate_of(const Interpretation& interpretation) {
  const auto* refusal = std::get_if<Refusal>(&interpretation);
  return refusal ? refusal->gate : "";
}

std::string kalshi_gate(League league, VenueEvent event) {
  return gate_of(interpret_kalshi(table(league), {&event}));
}

std::string polymarket_gate(League league, const VenueEvent& event) {
  return gate_of(interpret_polymarket(table(league), event));
}

VenueEvent rams() {
  return polymarket_event("nfl-la-jax-2026-11-16", "2026-11-16T01:20Z", "Rams", "Jaguars");
}

} // namespace

TEST_CASE("halves, first innings and series winners are not games") {
  const auto legs =
    std::vector<std::pair<std::string, std::string>>{{"BOS", "Boston"}, {"NYK", "New York"}};
  CHECK(kalshi_gate(League::nba, kalshi_event("KXNBA1H-26NOV20BOSNYK", legs)) == "kind");
  CHECK(kalshi_gate(League::nba, kalshi_event("KXNBA1HSPREAD-26NOV20BOSNYK", legs)) == "kind");
  CHECK(
    kalshi_gate(League::mlb, kalshi_event("KXMLBF5-26SEP191305NYYBAL", {{"NYY", ""}, {"BAL", ""}}))
    == "kind");
  CHECK(kalshi_gate(League::mlb, kalshi_event("KXMLBSERIES-26NYYBAL", {{"NYY", ""}, {"BAL", ""}}))
        == "not_a_game");
  CHECK(kalshi_gate(League::wnba, kalshi_event("KXNBAGAME-26AUG15INDNYK", legs)) == "league");
}

TEST_CASE("women's, youth and summer sides are other competitions") {
  for (const auto* title : {"Boston vs New York Summer League", "Boston U21 vs New York U21",
                            "Boston Women vs New York Women", "Boston vs New York (Preseason)"}) {
    auto event = kalshi_event("KXNBAGAME-26NOV20BOSNYK", {{"BOS", "Boston"}, {"NYK", "New York"}});
    event.title = title;
    CHECK(kalshi_gate(League::nba, event) == "league");
  }
}

TEST_CASE("both legs of a Kalshi game must be there and make up its ticker") {
  CHECK(kalshi_gate(League::nba, kalshi_event("KXNBAGAME-26NOV20BOSNYK", {{"BOS", "Boston"}}))
        == "self");
  CHECK(
    kalshi_gate(League::nba, kalshi_event("KXNBAGAME-26NOV20BOSNYK", {{"BOS", ""}, {"BKN", ""}}))
    == "self");
  CHECK(kalshi_gate(League::nba, kalshi_event("KXNBAGAME-26NOV20BOSNYK",
                                              {{"BOS", "Boston"}, {"NYK", "Brooklyn"}}))
        == "teams");
  auto renamed = kalshi_event("KXNBAGAME-26NOV20BOSNYK", {{"BOS", "Boston"}, {"NYK", "New York"}});
  renamed.title = "Boston vs Brooklyn";
  CHECK(kalshi_gate(League::nba, renamed) == "text");
}

TEST_CASE("a milestone that contradicts the ticker refuses the game") {
  auto event = kalshi_event("KXMLBGAME-26SEP191305NYYBAL", {{"NYY", ""}, {"BAL", ""}});
  event.start = utc("2026-09-19T18:20Z");
  CHECK(kalshi_gate(League::mlb, event).empty());
  event.start = utc("2026-09-19T18:21Z");
  CHECK(kalshi_gate(League::mlb, event) == "self");
  auto swapped = kalshi_event("KXNBAGAME-26NOV20BOSNYK", {{"BOS", "Boston"}, {"NYK", "New York"}});
  swapped.home_team_key = "b";
  swapped.away_team_key = "n";
  swapped.markets[0].team_key = "b";
  swapped.markets[1].team_key = "n";
  CHECK(kalshi_gate(League::nba, swapped) == "orientation");
}

TEST_CASE("a Kalshi line must be the one of its suffix") {
  auto winner = kalshi_event("KXNFLGAME-26NOV15LARJAC", {{"LAR", ""}, {"JAC", ""}});
  auto spread = kalshi_event("KXNFLSPREAD-26NOV15LARJAC", {{"LAR3", ""}, {"LAR7", ""}, {"X3", ""}});
  for (auto& market : spread.markets) {
    market.type = "greater";
    market.line_tenths = 25;
  }
  const auto result = interpret_kalshi(table(League::nfl), {&spread, &winner});
  const auto& listing = std::get<Listing>(result);
  CHECK(listing.propositions.size() == 3);
  CHECK(listing.dropped
        == std::vector<std::string>{"KXNFLSPREAD-26NOV15LARJAC-LAR7 line",
                                    "KXNFLSPREAD-26NOV15LARJAC-X3 side"});
}

TEST_CASE("child events and props of Polymarket are not games") {
  auto child = rams();
  child.derived = true;
  CHECK(polymarket_gate(League::nfl, child) == "not_a_game");
  auto half = rams();
  half.id += "-second-half-result";
  CHECK(polymarket_gate(League::nfl, half) == "not_a_game");
  auto props = rams();
  props.markets[0].listing += "-1h-moneyline";
  CHECK(polymarket_gate(League::nfl, props) == "not_a_game");
  CHECK(polymarket_gate(League::mlb, rams()) == "league");
}

TEST_CASE("outcomes that name other teams than the slug refuse the event") {
  auto event = rams();
  event.markets[0].spec.ref.outcomes = {"Chargers", "Jaguars"};
  CHECK(polymarket_gate(League::nfl, event) == "side");
  auto listed = rams();
  listed.teams = {VenueTeam{"lac", "Chargers", TeamRole::away}};
  CHECK(polymarket_gate(League::nfl, listed) == "teams");
  auto reversed = rams();
  reversed.teams = {VenueTeam{"jax", "Jaguars", TeamRole::away}};
  CHECK(polymarket_gate(League::nfl, reversed) == "teams");
}

TEST_CASE("Polymarket sides are bound by name, whatever their order") {
  auto event = rams();
  event.markets[0].spec.ref.outcomes = {"Jaguars", "Rams"};
  const auto result = interpret_polymarket(table(League::nfl), event);
  CHECK(std::get<Listing>(result).propositions[0].pays == Side::yes);
  const auto ordered = interpret_polymarket(table(League::nfl), rams());
  CHECK(std::get<Listing>(ordered).propositions[0].pays == Side::no);
}

TEST_CASE("a spread is bound by its question, and a line that pushes is left out") {
  const auto bind = [](const std::string& question, std::int32_t line, const std::string& suffix) {
    auto event = rams();
    auto market = make_market(Venue::polymarket, event.id + suffix, "spreads", "Rams", "Jaguars");
    market.title = question;
    market.line_tenths = line;
    event.markets.push_back(market);
    return std::get<Listing>(interpret_polymarket(table(League::nfl), event));
  };
  const auto underdog = bind("Spread: Rams (+2.5)", 25, "-spread-home-2pt5");
  REQUIRE(underdog.propositions.size() == 2);
  CHECK(underdog.propositions[1].subject == "JAX");
  CHECK(underdog.propositions[1].pays == Side::no);
  CHECK(bind("Spread: Rams (-2.5)", -25, "-spread-home-2pt5").propositions.size() == 1);
  CHECK(bind("Spread: Rams (-3)", -30, "-spread-away-3pt0").propositions.size() == 1);
  CHECK(bind("Spread: Chargers (-2.5)", -25, "-spread-away-2pt5").propositions.size() == 1);
  CHECK(bind("Rams to win the turnover battle", -25, "-spread-away-2pt5").propositions.size() == 1);
}

TEST_CASE("rubbish tickers and slugs are no games") {
  for (const auto* text :
       {"", "-", "KXNBAGAME", "KXNBAGAME-", "KXNBAGAME-26NOV20", "KXNBAGAME-26FEB30BOSNYK",
        "KXNBAGAME-26XXX20BOSNYK", "KXNBAGAME-26NOV202561BOSNYK", "KXNBAGAME-26NOV20BOS-NYK",
        "KXNBAGAME-26NOV20bosnyk", "KXNBAGAME-26NOV20123",
        "KXNBAGAME-\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_kalshi_ticker(text));
  }
  CHECK(parse_kalshi_ticker("KXMLBGAME-25SEP19NYYBALG2")->teams == "NYYBAL");
  for (const auto* text :
       {"", "nba", "nba-bos-nyk-2026-13-20", "nba-bos-nyk-2026-11-20-1h", "nba--nyk-2026-11-20",
        "nba-bos-nyk-20261120", "nba-bos-nyk-2026-02-30"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_polymarket_slug(text));
  }
}

TEST_CASE("the clock time of rules is Eastern") {
  const std::string rules = "the A vs B game originally scheduled for Sep 3, 2026 at ";
  CHECK(clock_time_in_rules(rules + "9:40 PM EDT, then") == std::chrono::minutes{21 * 60 + 40});
  CHECK(clock_time_in_rules(rules + "12:05 PM EST.") == std::chrono::minutes{12 * 60 + 5});
  CHECK_FALSE(clock_time_in_rules(rules + "9:40 PM PDT"));
  CHECK_FALSE(clock_time_in_rules(rules + "29:40 PM EDT"));
  CHECK_FALSE(clock_time_in_rules("scheduled for today at 9:40 PM EDT"));
}

} // namespace arbees::test
