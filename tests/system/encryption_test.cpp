#include <fmt/format.h>
#include <signal.h>

#include <catch2/catch.hpp>

#include "tests/system/encryption.hpp"
#include "tests/system/stage.hpp"

using namespace arbees::test;
using std::chrono::seconds;

namespace {

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

std::vector<std::string> operator+(std::vector<std::string> a, const std::vector<std::string>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
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
                fmt::format("tcp://127.0.0.1:{}", stage.port("kalshi_monitor")), "--count", "3"},
               stage.folder() / "tail.log"};
  CHECK(tail.wait(seconds{60}) == 0);
  Process stranger{{"arbees-tail", "--endpoint",
                    fmt::format("tcp://127.0.0.1:{}", stage.port("node")), "--seconds", "1"},
                   stage.folder() / "stranger.log"};
  CHECK(stranger.wait(seconds{60}) == 0);
  CHECK(stranger.output().find("arbees-tail: messages=0 ") != std::string::npos);
  CHECK(eventually(
    [&] {
      const auto text = read_file(recorded);
      return text.find(R"("door_allowed":)") != std::string::npos
             && text.find(R"("door_denied:)") != std::string::npos;
    },
    seconds{60}));

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

TEST_CASE("Two processes trade over encrypted connections, a third with other keys gets no game") {
  Stage stage;
  stage.start_simulator({"--games", "12", "--seed", "11"});
  const auto keys = stage.folder() / "keys";
  make_keys(keys, "host");
  const auto ports = free_ports(8);
  const auto ours = tls_settings(stage.folder().path(), "ours");
  const auto theirs = tls_settings(stage.folder().path(), "theirs");
  std::string endpoints = fmt::format("tcp://127.0.0.1:{}", ports[2]);
  for (const auto* const publisher : {"kalshi_monitor", "polymarket_monitor", "orchestrator",
                                      "game_shard", "signal_processor", "executor", "node"}) {
    endpoints += fmt::format(",tcp://127.0.0.1:{}", stage.port(publisher));
  }
  const auto part = [&](const std::string& node, const std::vector<std::string>& roles) {
    auto command = stage.arbees({"--set", "node=" + node, "--set",
                                 "log.file=" + (stage.folder() / (node + ".log")).string(), "--set",
                                 "zmq.subscribe=" + endpoints, "--set", "observer.console=off",
                                 "--set", "curve.key_file=" + (keys / "host.key").string(), "--set",
                                 fmt::format("control.orchestrator=127.0.0.1:{}", ports[0]),
                                 "--set", fmt::format("control.executor=127.0.0.1:{}", ports[1])});
    for (const auto& role : roles) {
      command.insert(command.end(), {"--role", role});
    }
    return command;
  };
  const auto shard = [&](const std::string& node, std::size_t first_port) {
    return part(node, {"game-shard"})
           + std::vector<std::string>{"--set", fmt::format("zmq.port.node={}", ports[first_port]),
                                      "--set",
                                      fmt::format("zmq.snapshot_port={}", ports[first_port + 1])};
  };
  const auto log = [&](const std::string& node) {
    return read_file(stage.folder() / (node + ".log"));
  };
  Process hub{part("hub", {"kalshi-monitor", "polymarket-monitor", "orchestrator",
                           "signal-processor", "executor", "position-tracker"})
                + ours,
              stage.folder() / "hub.out"};
  Process thief{shard("thief", 4) + theirs
                  + std::vector<std::string>{"--set",
                                             fmt::format("zmq.port.game_shard={}", ports[6])},
                stage.folder() / "thief.out"};
  CHECK(eventually([&] { return log("thief").find("cluster.no_peer") != std::string::npos; },
                   seconds{60}));
  Process host{shard("shards", 2) + ours, stage.folder() / "shards.out"};
  const auto traded = eventually(
    [&] { return log("hub").find("outcome=complete") != std::string::npos || !hub.running(); },
    seconds{60});
  INFO(log("hub") << log("shards") << log("thief") << hub.output() << host.output());
  CHECK(traded);
  CHECK(log("hub").find("node=shards") != std::string::npos);
  CHECK(log("hub").find("node=thief") == std::string::npos);
  CHECK(log("thief").find("cluster.peer ") == std::string::npos);
  for (auto* const process : {&thief, &hub, &host}) {
    process->signal(SIGTERM);
    CHECK(process->wait(seconds{60}) == 0);
  }
}

TEST_CASE("The example of three hosts fits together") {
  const TemporaryFolder folder;
  const std::string hosts = ARBEES_SOURCE "/config/hosts/";
  Process check{{"arbees", "check", hosts + "feeds.toml", hosts + "shards.toml",
                 hosts + "money.toml"},
                folder / "check.log"};
  CHECK(check.wait(seconds{20}) == 0);
  INFO(check.output());
  CHECK(check.output().find("they fit together") != std::string::npos);
}
