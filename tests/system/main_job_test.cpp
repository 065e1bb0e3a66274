#include <signal.h>

#include <catch2/catch.hpp>

#include "tests/system/stage.hpp"

using namespace arbees::test;
using std::chrono::seconds;

namespace {

std::int64_t sum(const boost::json::object& values) {
  std::int64_t total = 0;
  for (const auto& [name, value] : values) {
    total += value.to_number<std::int64_t>();
  }
  return total;
}

} // namespace

TEST_CASE("arbees matches, signals, trades and records against both venues") {
  Stage stage;
  stage.start_simulator({"--games", "24", "--seed", "11"});
  Process arbees{stage.arbees({"--seconds", "20"}), stage.folder() / "arbees.log"};
  const auto code = arbees.wait(seconds{60});
  INFO(arbees.output());
  REQUIRE(code == 0);
  const auto summary = stage.summary();
  CHECK(summary.at("games_matched").to_number<int>() >= 20);
  CHECK(summary.at("leagues").to_number<int>() >= 3);
  REQUIRE(summary.at("false_matches").is_number());
  CHECK(summary.at("false_matches").to_number<int>() == 0);
  CHECK(summary.at("games_rejected").to_number<int>() > 0);
  CHECK(summary.at("signals").to_number<int>() > 0);
  CHECK(sum(summary.at("pairs").as_object()) > 0);
  CHECK(summary.at("pairs").as_object().contains("complete"));
  CHECK(summary.at("pairs_open").to_number<int>() == 0);
  CHECK(summary.at("gaps").to_number<int>() == 0);
  CHECK(summary.at("tick_to_intent_us").at("p50").to_number<int>() > 0);
  for (const auto* const family : {"prices", "games", "markets", "signals", "execution", "trades"}) {
    CAPTURE(family);
    CHECK(summary.at("messages").as_object().contains(family));
  }

  SECTION("the ledger can be read by other programs") {
    Process sqlite{{"/usr/bin/sqlite3", "-readonly", (stage.folder() / "ledger.sqlite").string(),
                    "select count(*) from paper_trades where order_id is not null and status is not "
                    "null and filled_qty >= 0 and latency_ms >= 0 and created_at is not null"},
                   stage.folder() / "sqlite.out"};
    REQUIRE(sqlite.wait(seconds{10}) == 0);
    INFO(sqlite.output());
    CHECK(std::stoi(sqlite.output()) >= 2);
  }
}

