#include <catch2/catch.hpp>

#include "actors/orchestrator/csv.hpp"
#include "actors/orchestrator/team_names.hpp"
#include "tests/actors/orchestrator/listings.hpp"

namespace arbees::test {

TEST_CASE("names are compared without accents, case and punctuation") {
  CHECK(normalise_name("San José State") == normalise_name("San Jose St."));
  CHECK(normalise_name("St. John's") == "saint johns");
  CHECK(normalise_name("Texas A&M") == normalise_name("Texas A & M"));
  CHECK(normalise_name("CF Montréal") == "cf montreal");
  CHECK(normalise_name("Miami (OH)") != normalise_name("Miami"));
  CHECK(normalise_name("  ") == "");
  CHECK(slug_of("Florida St.") == "florida-state");
}

TEST_CASE("titles split into exactly two names") {
  using Pair = std::pair<std::string, std::string>;
  CHECK(split_title("Lakers vs. Clippers") == Pair{"Lakers", "Clippers"});
  CHECK(split_title("Los Angeles R vs Jacksonville: Spread")
        == Pair{"Los Angeles R", "Jacksonville"});
  CHECK(split_title("Boston at New York Winner?") == Pair{"Boston", "New York"});
  CHECK_FALSE(split_title("A vs B vs C"));
  CHECK_FALSE(split_title("NBA champion"));
}

TEST_CASE("every pair of ticker codes has one cut") {
  const auto tables = shipped_tables();
  for (const auto* name : {"nba", "nfl", "nhl", "mlb"}) {
    const auto& teams = tables.at(*parse_league(name)).teams;
    const auto file = config_file(std::string{"teams/"} + name + ".csv");
    const auto lines = split_lines(file);
    for (std::size_t i = 1; i < lines.size(); ++i) {
      for (std::size_t j = 1; j < lines.size(); ++j) {
        const auto a = std::string{split_fields(lines[i], ',')[1]};
        const auto b = std::string{split_fields(lines[j], ',')[1]};
        CAPTURE(name, a, b);
        REQUIRE(teams.split(Source::kalshi, a + b) == std::pair{a, b});
      }
    }
  }
}

TEST_CASE("what could be two teams is none") {
  const auto tables = shipped_tables();
  const auto& nba = tables.at(League::nba).teams;
  CHECK_FALSE(nba.by_name("Los Angeles"));
  CHECK_FALSE(nba.by_name("LA"));
  CHECK_FALSE(nba.by_code(Source::kalshi, "LA"));
  CHECK_FALSE(nba.by_name("Lake"));
  CHECK(nba.by_name("Los Angeles C")->id == "LAC");
  CHECK(nba.by_name("Boston")->id == "BOS");
  CHECK_FALSE(nba.resolve(Source::kalshi, "LAL", "Los Angeles C"));
  CHECK(nba.resolve(Source::kalshi, "NYK", "New York")->id == "NY");
  CHECK_FALSE(tables.at(League::mlb).teams.by_name("Chicago"));
  CHECK_FALSE(tables.at(League::nfl).teams.by_name("New York"));
  CHECK(tables.at(League::nfl).teams.by_code(Source::polymarket, "la")->id == "LAR");
  CHECK(tables.at(League::nhl).teams.by_code(Source::polymarket, "las")->id == "VGK");
  CHECK(tables.at(League::wnba).teams.by_code(Source::polymarket, "las")->id == "LV");
}

TEST_CASE("the scoreboard teaches schools, and two schools of one name are none") {
  auto tables = shipped_tables();
  auto& teams = tables.at(League::ncaaf).teams;
  CHECK_FALSE(teams.by_name("Michigan"));
  teams.learn({"MICH", "Michigan Wolverines", "Michigan", "Michigan"});
  teams.learn({"MSU", "Michigan State Spartans", "Michigan St", "Michigan State"});
  CHECK(teams.by_name("Michigan St.")->id == "michigan-state");
  CHECK(teams.by_name("Michigan")->id == "michigan");
  CHECK_FALSE(teams.by_name("Spartans"));
  CHECK(teams.by_name("Miami (OH)")->id != teams.by_name("Miami")->id);
  auto& nba = tables.at(League::nba).teams;
  nba.learn({"WEST", "West All-Stars", "West", "West"});
  CHECK_FALSE(nba.by_name("West All-Stars"));
}

TEST_CASE("a table with a code for two teams is refused") {
  const std::string head = "espn,kalshi,polymarket,name,city,nickname,kalshi_label,aliases\n";
  CHECK_FALSE(TeamTable::parse(head + "A,X,a,Alpha,,,,\nB,X,b,Beta,,,,\n", TeamIdRule::code));
  CHECK_FALSE(TeamTable::parse(head + "A,X,a,Alpha\n", TeamIdRule::code));
  CHECK_FALSE(TeamTable::parse("espn,kalshi\n", TeamIdRule::code));
  CHECK(TeamTable::parse(head + "A,X,a,Alpha,,,,k:Z\nB,Y,b,Beta,,,,\n", TeamIdRule::code));
}

} // namespace arbees::test
