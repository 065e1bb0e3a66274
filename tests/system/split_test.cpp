#include <signal.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/json.hpp>
#include <catch2/catch.hpp>
#include <set>

#include "tests/bridges/redis/redis_server.hpp"
#include "tests/system/split_stage.hpp"

// arbees as several processes: what is a mailbox inside one is the bus or CAF's network between
// them.

using namespace arbees::test;
using std::chrono::seconds;

namespace {

bool nobody_listens(int port) {
  namespace asio = boost::asio;
  asio::io_context context;
  asio::ip::tcp::socket socket{context};
  boost::system::error_code refused;
  socket.connect({asio::ip::address_v4::loopback(), static_cast<std::uint16_t>(port)}, refused);
  return refused == asio::error::connection_refused;
}

std::vector<Part> one_per_role() {
  return {{"risk", {"signal-processor"}},   {"positions", {"position-tracker"}},
          {"money", {"executor"}},          {"kalshi", {"kalshi-monitor"}},
          {"poly", {"polymarket-monitor"}}, {"shard", {"game-shard"}},
          {"games", {"orchestrator"}},      {"watch", {"observer"}}};
}

} // namespace

TEST_CASE("One process per role trades as one process does") {
  SplitStage split{one_per_role()};
  split.start_all();
  const auto traded = split.logs("money", "outcome=complete", 3);
  INFO(split.story());
  REQUIRE(traded);
  // What is held is known where positions are kept.
  CHECK(eventually([&] { return !split.bus("positions.").empty(); }, seconds{30}));
  CHECK(split.count("risk", "decoder.gap") == 0);
  CHECK(split.count("risk", "executor_link.given_up") == 0);

  // Risk that starts anew knows what was traded, and goes on.
  split.kill("risk");
  split.start("risk");
  CHECK(split.logs("risk", "executor_link.ready", 2));
  CHECK(split.trades_on());

  // While the executor is away nothing is approved; all goes on when it is back.
  split.kill("money");
  CHECK(split.logs("risk", "executor_link.down"));
  split.start("money");
  CHECK(split.logs("risk", "executor_link.ready", 3));
  CHECK(split.trades_on());

  split.stop();
  CHECK(split.doubles() == 0);
  const auto money = split.summary("money");
  CHECK(money.at("pairs_open").to_number<int>() == 0);
  CHECK(money.at("false_matches").to_number<int>() == 0);
}

TEST_CASE("One process per role trades over Redis alone, which may come late and go away") {
  RedisServer redis{RedisServer::Later{}};
  SplitStage split{one_per_role(),
                   SplitMode::paper,
                   {"zmq.transport_mode=redis_only", "redis.url=" + redis.url()}};
  split.start_all();
  CHECK(split.logs("kalshi", "redis_rail.away"));
  CHECK(split.logs("shard", "redis_listener.deaf"));
  redis.start();
  const auto traded = split.logs("money", "outcome=complete", 3);
  INFO(split.story());
  REQUIRE(traded);
  CHECK(eventually([&] { return !split.bus("positions.").empty(); }, seconds{30}));
  for (const auto* const publisher : {"kalshi_monitor", "executor", "snapshots"}) {
    CAPTURE(publisher);
    CHECK(nobody_listens(split.stage.port(publisher)));
  }

  redis.kill();
  CHECK(split.logs("kalshi", "redis_rail.away", 2));
  redis.start();
  CHECK(split.logs("money", "redis_listener.listening", 2));
  CHECK(split.trades_on());

  split.stop();
  CHECK(split.doubles() == 0);
  CHECK(split.summary("money").at("pairs_open").to_number<int>() == 0);
  CHECK(split.summary("money").at("false_matches").to_number<int>() == 0);
}

TEST_CASE("Over both rails trading goes on when Redis dies, and nothing is done twice") {
  RedisServer redis;
  SplitStage split{{{"money", {"signal-processor", "executor", "position-tracker"}},
                    {"feeds", {"kalshi-monitor", "polymarket-monitor", "game-shard"}},
                    {"games", {"orchestrator"}},
                    {"watch", {"observer"}}},
                   SplitMode::paper,
                   {"zmq.transport_mode=both", "redis.url=" + redis.url()}};
  split.start_all();
  const auto traded = split.logs("money", "outcome=complete", 1);
  INFO(split.story());
  REQUIRE(traded);
  redis.kill();
  CHECK(split.logs("money", "redis_rail.away"));
  CHECK(split.logs("watch", "subscriber.rail_silent rail=redis"));
  CHECK(split.trades_on());
  split.stop();
  CHECK(split.doubles() == 0);
  CHECK(split.summary("watch").at("gaps").to_number<int>() == 0);
  // The observer hears the bus once.
  std::set<std::string> numbers;
  const auto signals = split.bus("signals.trade.");
  for (const auto& message : signals) {
    numbers.insert(boost::json::serialize(
      boost::json::array{message.at("source"), message.at("run"), message.at("seq")}));
  }
  CHECK_FALSE(signals.empty());
  CHECK(numbers.size() == signals.size());
}

namespace {

/// For every game: which shard's signals, in which order, under which lease.
using Leases = std::map<std::string, std::vector<std::pair<std::int64_t, std::string>>>;

Leases leases_of(const SplitStage& split) {
  Leases leases;
  for (const auto& message : split.bus("signals.trade.")) {
    const auto& payload = message.at("payload").as_object();
    leases[std::string{payload.at("game_id").as_string()}].emplace_back(
      payload.at("assignment_epoch").to_number<std::int64_t>(),
      std::string{message.at("source").as_string()});
  }
  return leases;
}

/// True if each lease has one owner only, and nobody goes on under one that was followed by a
/// later.
bool one_owner_at_a_time(const Leases& leases) {
  for (const auto& [game, signals] : leases) {
    std::map<std::int64_t, std::string> owners;
    std::int64_t last = 0;
    for (const auto& [epoch, source] : signals) {
      if (owners.try_emplace(epoch, source).first->second != source || epoch < last) {
        return false;
      }
      last = epoch;
    }
  }
  return true;
}

std::set<std::string> sources_of(const Leases& leases) {
  std::set<std::string> sources;
  for (const auto& [game, signals] : leases) {
    for (const auto& [epoch, source] : signals) {
      sources.insert(source);
    }
  }
  return sources;
}

std::vector<Part> with_two_shards() {
  return {{"feeds", {"kalshi-monitor", "polymarket-monitor"}},
          {"shard-1", {"game-shard"}},
          {"shard-2", {"game-shard"}},
          {"games", {"orchestrator"}},
          {"money", {"signal-processor", "executor", "position-tracker"}},
          {"watch", {"observer"}}};
}

} // namespace

TEST_CASE("When a shard host dies its games move, and when the orchestrator does they stay") {
  SplitStage split{with_two_shards()};
  split.start_all();
  REQUIRE(split.logs("shard-1", "shard_host.start"));
  REQUIRE(split.logs("shard-2", "shard_host.start"));
  const auto traded = split.logs("money", "outcome=complete", 2);
  INFO(split.story());
  REQUIRE(traded);

  const auto games = split.count("shard-1", "shard_host.start");
  const auto before = split.count("shard-2", "shard_host.start");
  split.kill("shard-1");
  CHECK(split.logs("games", "orchestrator.host_down"));
  CHECK(split.logs("shard-2", "shard_host.start", before + games));
  CHECK(split.trades_on());
  CHECK(split.doubles() == 0);
  const auto leases = leases_of(split);
  CHECK(one_owner_at_a_time(leases));
  CHECK(sources_of(leases).contains("game_shard:shard-2"));

  // One that joins again is taken in.
  split.start("shard-1");
  CHECK(split.logs("games", "orchestrator.host number=3"));

  // While the orchestrator is away shards go on, and it finds them again.
  split.kill("games");
  CHECK(split.logs("shard-2", "cluster.peer_lost name=orchestrator"));
  split.start("games");
  CHECK(split.logs("games", "node=shard-1", 4));
  CHECK(split.logs("games", "node=shard-2", 2));
  CHECK(split.trades_on());
  CHECK(one_owner_at_a_time(leases_of(split)));
  CHECK(split.doubles() == 0);
}

TEST_CASE("Of two orchestrators one assigns games, and the other when that one is gone") {
  SplitStage split{{{"feeds", {"kalshi-monitor", "polymarket-monitor"}},
                    {"shard-1", {"game-shard"}},
                    {"games-1", {"orchestrator"}},
                    {"games-2", {"orchestrator"}},
                    {"money", {"signal-processor", "executor", "position-tracker"}},
                    {"watch", {"observer"}}}};
  const std::vector<std::string> locked{"--set", "control.lock=ledger"};
  for (const auto* const name : {"feeds", "shard-1", "money", "watch", "games-1"}) {
    split.start(name, locked);
  }
  REQUIRE(split.logs("games-1", "orchestrator.leads"));
  split.start("games-2", locked);
  REQUIRE(split.logs("games-2", "leadership.none"));
  const auto traded = split.logs("money", "outcome=complete", 2);
  INFO(split.story());
  REQUIRE(traded);
  CHECK(split.count("games-2", "orchestrator.leads") == 0);

  split.kill("games-1");
  CHECK(split.logs("games-2", "orchestrator.leads"));
  CHECK(split.logs("games-2", "node=shard-1"));
  CHECK(split.trades_on());
  split.start("games-1", locked);
  CHECK(split.logs("games-1", "leadership.none"));
  CHECK(split.trades_on());
  CHECK(split.count("games-1", "orchestrator.leads") == 1); // of its first life
  CHECK(one_owner_at_a_time(leases_of(split)));
  CHECK(split.doubles() == 0);
}

TEST_CASE("A second executor stands by, and takes over when the first is gone") {
  SplitStage split{{{"feeds", {"kalshi-monitor", "polymarket-monitor"}},
                    {"games", {"orchestrator"}},
                    {"risk", {"signal-processor", "game-shard", "position-tracker"}},
                    {"money", {"executor"}},
                    {"standby", {"executor"}}}};
  for (const auto* const name : {"feeds", "games", "risk", "money"}) {
    split.start(name);
  }
  REQUIRE(split.logs("money", "node.started"));
  split.start("standby", {"--standby"});
  REQUIRE(split.logs("standby", "node.standby"));
  const auto traded = split.logs("money", "executor.pair_closed", 2);
  INFO(split.story());
  REQUIRE(traded);
  CHECK(split.count("standby", "node.started") == 0);

  split.kill("money");
  REQUIRE(split.logs("standby", "node.started"));
  CHECK(split.trades_on());
  CHECK(split.doubles() == 0);
  split.process("standby").signal(SIGTERM);
  CHECK(split.process("standby").wait(seconds{60}) == 0);
}
