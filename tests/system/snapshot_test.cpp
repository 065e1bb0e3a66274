#include <fmt/format.h>
#include <signal.h>

#include <catch2/catch.hpp>
#include <functional>
#include <sstream>

#include "tests/system/stage.hpp"

using namespace arbees::test;
using std::chrono::seconds;

namespace {

constexpr std::array publishers{"kalshi_monitor",   "polymarket_monitor",
                                "orchestrator",     "game_shard",
                                "signal_processor", "executor",
                                "position_tracker", "node"};

std::string endpoint(const Stage& stage, const char* publisher) {
  return fmt::format("tcp://127.0.0.1:{}", stage.port(publisher));
}

/// The lines of `text` that are messages, parsed.
std::vector<boost::json::object> messages_in(const std::string& text) {
  std::vector<boost::json::object> messages;
  std::istringstream lines{text};
  for (std::string line; std::getline(lines, line);) {
    boost::system::error_code failed;
    const auto value = boost::json::parse(line, failed);
    if (!failed && value.is_object() && value.as_object().contains("topic")) {
      messages.push_back(value.as_object());
    }
  }
  return messages;
}

bool is_snapshot(const boost::json::object& message) {
  return message.contains("snapshot");
}

std::size_t
count_topics(const std::vector<boost::json::object>& messages, std::string_view prefix) {
  return static_cast<std::size_t>(std::ranges::count_if(messages, [&](const auto& message) {
    return is_snapshot(message)
           && std::string_view{message.at("topic").as_string()}.starts_with(prefix);
  }));
}

} // namespace

TEST_CASE("Whoever comes late to a running arbees sees how things stand, then what happens") {
  Stage stage;
  stage.start_simulator({"--games", "12", "--seed", "11"});
  Process arbees{stage.arbees({"--set", "observer.console=off"}), stage.folder() / "arbees.log"};
  const auto recorded = stage.folder() / "bus.jsonl";
  const auto under_way = [&] {
    const auto text = read_file(recorded);
    return text.find(R"("topic":"trades.completed.)") != std::string::npos
           && text.find(R"("topic":"telemetry.health.)") != std::string::npos;
  };
  REQUIRE(eventually([&] { return under_way() || !arbees.running(); }, seconds{60}));
  REQUIRE(arbees.running());

  SECTION("on a terminal") {
    std::vector<std::string> command{"arbees-tail",
                                     "--format",
                                     "json",
                                     "--seconds",
                                     "3",
                                     "--snapshot",
                                     endpoint(stage, "snapshots")};
    for (const auto* const publisher : publishers) {
      command.insert(command.end(), {"--endpoint", endpoint(stage, publisher)});
    }
    Process tail{command, stage.folder() / "tail.log"};
    REQUIRE(tail.wait(seconds{60}) == 0);
    const auto text = tail.output();
    const auto messages = messages_in(text);
    INFO(text.substr(text.rfind("arbees-tail:")));
    CHECK(count_topics(messages, "prices.kalshi.") >= 12);
    CHECK(count_topics(messages, "prices.poly.") >= 10);
    CHECK(count_topics(messages, "orderbook.") >= 24);
    CHECK(count_topics(messages, "games.") >= 12);
    CHECK(count_topics(messages, "markets.matched.") >= 10);
    CHECK(count_topics(messages, "telemetry.health.") == 1);
    CHECK(count_topics(messages, "telemetry.trading") <= 1);
    CHECK(count_topics(messages, "trades.") == 0);
    // The snapshot stands before what happens.
    const auto first_live = std::ranges::find_if_not(messages, is_snapshot);
    CHECK(std::none_of(first_live, messages.end(), is_snapshot));
    CHECK(first_live != messages.end());
    CHECK(text.find(" gaps=0 ") != std::string::npos);
    CHECK(text.find(R"("event":"gap")") == std::string::npos);
  }

  SECTION("as an observer in a process of its own") {
    const auto file = stage.folder() / "late.jsonl";
    std::string endpoints;
    for (const auto* const publisher : publishers) {
      endpoints += (endpoints.empty() ? "" : ",") + endpoint(stage, publisher);
    }
    auto command = stage.arbees(
      {"--role", "observer", "--seconds", "4", "--set", "observer.console=off", "--set",
       "zmq.subscribe=" + endpoints, "--set", "zmq.snapshots=" + endpoint(stage, "snapshots"),
       "--set", "observer.jsonl_file=" + file.string(), "--set",
       "log.file=" + (stage.folder() / "late.log").string(), "--set", "node=late"});
    Process late{command, stage.folder() / "late.out"};
    INFO(late.output());
    REQUIRE(late.wait(seconds{60}) == 0);
    const auto messages = messages_in(read_file(file));
    CHECK(count_topics(messages, "prices.") >= 22);
    CHECK(count_topics(messages, "markets.matched.") >= 10);
    CHECK(std::ranges::count_if(messages, std::not_fn(is_snapshot)) > 0);
    CHECK(stage.summary().at("gaps").to_number<int>() == 0);
  }

  arbees.signal(SIGTERM);
  CHECK(arbees.wait(seconds{30}) == 0);
}
