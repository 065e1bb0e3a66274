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
  for (const auto* const family :
       {"prices", "games", "markets", "signals", "execution", "trades"}) {
    CAPTURE(family);
    CHECK(summary.at("messages").as_object().contains(family));
  }

  SECTION("the ledger can be read by other programs") {
    CHECK(stage
            .ledger("select order_id from paper_trades where order_id is not null and status is "
                    "not null and filled_qty >= 0 and latency_ms >= 0 and created_at is not null")
            .size()
          >= 2);
  }
}

namespace {

/// How often `text` stands in the log.
std::size_t count_in_log(const Stage& stage, const std::string& text) {
  const auto log = read_file(stage.folder() / "log");
  std::size_t count = 0;
  for (auto at = log.find(text); at != std::string::npos; at = log.find(text, at + 1)) {
    ++count;
  }
  return count;
}

std::int64_t pairs_in_ledger(const Stage& stage) {
  return stage.ledger("select count(*) as pairs from pairs")
    .front()
    .at("pairs")
    .to_number<std::int64_t>();
}

} // namespace

TEST_CASE("Venues that fall over stop new pairs, and all goes on when they return") {
  Stage stage;
  stage.start_simulator({"--games", "24", "--seed", "11"});
  Process arbees{stage.arbees({}), stage.folder() / "arbees.log"};
  const auto logged = [&](const std::string& text, std::size_t times) {
    return eventually([&] { return count_in_log(stage, text) >= times; }, seconds{40});
  };
  REQUIRE(logged("executor.pair_closed", 2));

  stage.kill_simulator();
  CHECK(logged("kalshi_monitor.feed_down", 1));
  CHECK(logged("polymarket_monitor.feed_down", 1));
  // Nothing is signalled on stale books; what was on its way ends within the time boxes.
  const auto before = pairs_in_ledger(stage);
  REQUIRE_FALSE(eventually([&] { return pairs_in_ledger(stage) > before; }, seconds{4}));

  stage.start_simulator({"--games", "24", "--seed", "11"});
  CHECK(logged("kalshi_monitor.feed_up", 2));
  CHECK(logged("polymarket_monitor.feed_up", 2));
  CHECK(eventually([&] { return pairs_in_ledger(stage) > before; }, seconds{60}));

  arbees.signal(SIGTERM);
  const auto code = arbees.wait(seconds{60});
  INFO(arbees.output());
  INFO(read_file(stage.folder() / "log"));
  REQUIRE(code == 0);
  const auto summary = stage.summary();
  CHECK(summary.at("gaps").to_number<int>() == 0);
  CHECK(summary.at("pairs_open").to_number<int>() == 0);
  CHECK(summary.at("false_matches").to_number<int>() == 0);
}
