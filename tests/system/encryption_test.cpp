#include <fmt/format.h>
#include <signal.h>

#include <catch2/catch.hpp>

#include "tests/system/stage.hpp"

using namespace arbees::test;
using std::chrono::seconds;

namespace {

/// Runs `arbees keygen`; what it said.
std::string make_keys(const std::filesystem::path& folder, const std::string& name) {
  Process keygen{{"arbees", "keygen", "--dir", folder.string(), name},
                 folder.string() + "." + name + ".log"};
  INFO(keygen.output());
  REQUIRE(keygen.wait(seconds{20}) == 0);
  return keygen.output();
}

std::string line_of(const std::filesystem::path& file) {
  auto text = read_file(file);
  text.resize(text.find_last_not_of('\n') + 1);
  return text;
}

/// The Python example on the prices of an arbees, until it has shown three live ones.
Process prices(const Stage& stage, const std::string& log, std::vector<std::string> environment) {
  std::vector<std::string> command{
    "/usr/bin/env", fmt::format("ARBEES_PORTS={},{};{}", stage.port("kalshi_monitor"),
                                stage.port("polymarket_monitor"), stage.port("snapshots"))};
  command.insert(command.end(), environment.begin(), environment.end());
  command.insert(command.end(),
                 {"/usr/bin/python3", ARBEES_SOURCE "/tools/examples/prices.py", "prices.", "3"});
  return Process{command, stage.folder() / log};
}

} // namespace

TEST_CASE("With keys a program of one's own reads an encrypted bus, without them it gets nothing") {
  Stage stage;
  stage.start_simulator({"--games", "12", "--seed", "11"});
  const auto host = stage.folder() / "host";
  const auto mine = stage.folder() / "mine";
  const auto said = make_keys(host, "host") + make_keys(mine, "reader");
  CHECK(said.find(line_of(host / "host.key")) == std::string::npos);
  CHECK(said.find((mine / "reader.pub").string()) != std::string::npos);
  std::filesystem::copy_file(mine / "reader.pub", host / "reader.pub");
  std::filesystem::copy_file(host / "host.pub", mine / "127.0.0.1.pub");

  Process arbees{stage.arbees({"--set", "observer.console=off", "--set",
                               "curve.key_file=" + (host / "host.key").string()}),
                 stage.folder() / "arbees.log"};
  // Its own observer reads with the host's key.
  const auto recorded = stage.folder() / "bus.jsonl";
  const auto under_way = [&] {
    return read_file(recorded).find(R"("topic":"trades.completed.)") != std::string::npos;
  };
  REQUIRE(eventually([&] { return under_way() || !arbees.running(); }, seconds{60}));
  REQUIRE(arbees.running());

  const std::vector<std::string> keys{"ARBEES_KEY=" + (mine / "reader.key").string(),
                                      "ARBEES_SERVER_KEY=" + (host / "host.pub").string()};
  auto without = prices(stage, "without.log", {});
  auto with = prices(stage, "with.log", keys);
  CHECK(with.wait(seconds{60}) == 0);
  CAPTURE(with.output());
  CHECK(with.output().find("snapshot prices.") != std::string::npos);
  CHECK(with.output().find("live prices.") != std::string::npos);
  CHECK(without.wait(seconds{60}) == 1);
  CHECK(without.output() == "no answer: is arbees running?\n");

  Process tail{{"arbees-tail", "--key", (mine / "reader.key").string(), "--endpoint",
                fmt::format("tcp://127.0.0.1:{}", stage.port("node")), "--topic",
                "telemetry.metrics", "--format", "json", "--count", "20"},
               stage.folder() / "tail.log"};
  CHECK(tail.wait(seconds{60}) == 0);
  CHECK(tail.output().find(R"("door_allowed":)") != std::string::npos);
  CHECK(tail.output().find(R"("door_denied:)") != std::string::npos);
  Process stranger{{"arbees-tail", "--endpoint",
                    fmt::format("tcp://127.0.0.1:{}", stage.port("node")), "--seconds", "1"},
                   stage.folder() / "stranger.log"};
  CHECK(stranger.wait(seconds{60}) == 0);
  CHECK(stranger.output().find("arbees-tail: messages=0 ") != std::string::npos);

  arbees.signal(SIGTERM);
  REQUIRE(arbees.wait(seconds{30}) == 0);
  CHECK(stage.summary().at("gaps").to_number<int>() == 0);
  for (const auto& entry : std::filesystem::directory_iterator{stage.folder().path()}) {
    if (entry.is_regular_file()) {
      CAPTURE(entry.path());
      CHECK(read_file(entry.path()).find(line_of(host / "host.key")) == std::string::npos);
    }
  }
}
