#include <fmt/format.h>
#include <signal.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/json.hpp>
#include <catch2/catch.hpp>
#include <fstream>
#include <set>

#include "tests/bridges/redis/redis_server.hpp"
#include "tests/system/stage.hpp"

// arbees as several processes: what is a mailbox inside one is the bus or CAF's network between
// them.

using namespace arbees::test;
using std::chrono::seconds;

namespace {

using Names = std::vector<std::string>;

struct Part {
  std::string name;
  Names roles;
};

/// A simulator, and arbees split into parts that find each other on ports of the test's own.
class SplitStage {
public:
  /// @param settings of all parts, KEY=VALUE
  explicit SplitStage(std::vector<Part> parts, Names settings = {})
    : parts_{std::move(parts)}, settings_{std::move(settings)} {
    const auto ports = free_ports(3 * parts_.size() + 2);
    control_ = {ports[0], ports[1]};
    for (std::size_t i = 0; i < parts_.size(); ++i) {
      node_ports_[parts_[i].name] = ports[2 + 3 * i];
      shard_ports_[parts_[i].name] = ports[3 + 3 * i];
      snapshot_ports_[parts_[i].name] = ports[4 + 3 * i];
    }
    stage.start_simulator({"--games", "24", "--seed", "11"});
  }

  /// Starts a part, or starts it again.
  void start(const std::string& name, const Names& options = {}) {
    auto arguments = command(part(name));
    arguments.insert(arguments.end(), options.begin(), options.end());
    processes_[name] = std::make_unique<Process>(arguments, file(name, "out"));
  }

  void start_all() {
    for (const auto& one : parts_) {
      start(one.name);
    }
  }

  Process& process(const std::string& name) { return *processes_.at(name); }

  void kill(const std::string& name) {
    process(name).signal(SIGKILL);
    REQUIRE(process(name).wait(seconds{5}));
  }

  [[nodiscard]] std::size_t count(const std::string& name, const std::string& text) const {
    const auto log = read_file(file(name, "log"));
    std::size_t found = 0;
    for (auto at = log.find(text); at != std::string::npos; at = log.find(text, at + 1)) {
      ++found;
    }
    return found;
  }

  bool logs(const std::string& name, const std::string& text, std::size_t times = 1) const {
    return eventually([&] { return count(name, text) >= times; }, seconds{60});
  }

  [[nodiscard]] std::int64_t pairs() const {
    return stage.ledger("select count(*) as n from pairs")
      .front()
      .at("n")
      .to_number<std::int64_t>();
  }

  /// True once the ledger has `more` pairs than now.
  bool trades_on(std::int64_t more = 2) const {
    const auto before = pairs();
    return eventually([&] { return pairs() >= before + more; }, seconds{60});
  }

  /// Ends all in their order; each must end by itself. Who approves pairs goes first, and the
  /// executor before the feeds: open pairs end on live books.
  void stop() {
    for (const auto& one : parts_) {
      auto& running = process(one.name);
      running.signal(SIGTERM);
      const auto code = running.wait(seconds{60});
      INFO(one.name << "\n" << running.output() << "\n" << read_file(file(one.name, "log")));
      REQUIRE(code == 0);
    }
  }

  [[nodiscard]] boost::json::object summary(const std::string& name) const {
    return boost::json::parse(read_file(file(name, "json"))).as_object();
  }

  /// What the observer saw on the bus.
  [[nodiscard]] std::vector<boost::json::object> bus(const std::string& topic_prefix) const {
    std::vector<boost::json::object> messages;
    std::ifstream lines{stage.folder() / "bus.jsonl"};
    for (std::string line; std::getline(lines, line);) {
      boost::system::error_code torn;
      const auto value = boost::json::parse(line, torn);
      const auto* const topic =
        !torn && value.is_object() ? value.as_object().if_contains("topic") : nullptr;
      if (topic != nullptr && topic->is_string() && topic->as_string().starts_with(topic_prefix)) {
        messages.push_back(value.as_object());
      }
    }
    return messages;
  }

  /// Everything that every part has logged, for a test that fails.
  [[nodiscard]] std::string story() const {
    std::string text;
    for (const auto& one : parts_) {
      text += fmt::format("---- {}\n{}", one.name, read_file(file(one.name, "log")));
    }
    return text;
  }

  Stage stage;

private:
  [[nodiscard]] std::filesystem::path
  file(const std::string& name, const std::string& extension) const {
    return stage.folder() / (name + "." + extension);
  }

  [[nodiscard]] const Part& part(const std::string& name) const {
    const auto found =
      std::find_if(parts_.begin(), parts_.end(), [&](const Part& one) { return one.name == name; });
    REQUIRE(found != parts_.end());
    return *found;
  }

  [[nodiscard]] std::vector<std::string> command(const Part& one) const {
    Names endpoints;
    for (const auto* const publisher : {"kalshi_monitor", "polymarket_monitor", "orchestrator",
                                        "signal_processor", "executor", "position_tracker"}) {
      endpoints.push_back(fmt::format("tcp://127.0.0.1:{}", stage.port(publisher)));
    }
    for (const auto& other : parts_) {
      endpoints.push_back(fmt::format("tcp://127.0.0.1:{}", node_ports_.at(other.name)));
      endpoints.push_back(fmt::format("tcp://127.0.0.1:{}", shard_ports_.at(other.name)));
    }
    auto arguments = stage.arbees({});
    *(std::find(arguments.begin(), arguments.end(), "--summary") + 1) =
      file(one.name, "json").string();
    for (const auto& setting : {"node=" + one.name, "log.file=" + file(one.name, "log").string(),
                                fmt::format("zmq.port.node={}", node_ports_.at(one.name)),
                                fmt::format("zmq.port.game_shard={}", shard_ports_.at(one.name)),
                                fmt::format("zmq.snapshot_port={}", snapshot_ports_.at(one.name)),
                                fmt::format("zmq.subscribe={}", fmt::join(endpoints, ",")),
                                fmt::format("control.orchestrator=127.0.0.1:{}", control_[0]),
                                fmt::format("control.executor=127.0.0.1:{}", control_[1]),
                                std::string{"control.lease_ms=2000"}}) {
      arguments.insert(arguments.end(), {"--set", setting});
    }
    for (const auto& setting : settings_) {
      arguments.insert(arguments.end(), {"--set", setting});
    }
    for (const auto& role : one.roles) {
      arguments.insert(arguments.end(), {"--role", role});
    }
    return arguments;
  }

  std::vector<Part> parts_;
  Names settings_;
  std::array<int, 2> control_{};
  std::map<std::string, int> node_ports_;
  std::map<std::string, int> shard_ports_;
  std::map<std::string, int> snapshot_ports_;
  std::map<std::string, std::unique_ptr<Process>> processes_;
};

/// What must never be in a ledger: a signal that became two pairs, or a pair under a lease that was
/// followed by a later one before it.
std::size_t doubles(const SplitStage& split) {
  return split.stage
    .ledger(
      "select a.pair_id from pairs a join pairs b on a.pair_id <> b.pair_id "
      "where (a.signal_id = b.signal_id) or (a.game_id = b.game_id "
      "and a.triggered_by_ns < b.triggered_by_ns "
      "and a.assignment_epoch > b.assignment_epoch)")
    .size();
}

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
  CHECK(doubles(split) == 0);
  const auto money = split.summary("money");
  CHECK(money.at("pairs_open").to_number<int>() == 0);
  CHECK(money.at("false_matches").to_number<int>() == 0);
}

TEST_CASE("One process per role trades over Redis alone, which may come late and go away") {
  arbees::test::RedisServer redis{arbees::test::RedisServer::Later{}};
  SplitStage split{one_per_role(), {"zmq.transport_mode=redis_only", "redis.url=" + redis.url()}};
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
  CHECK(doubles(split) == 0);
  CHECK(split.summary("money").at("pairs_open").to_number<int>() == 0);
  CHECK(split.summary("money").at("false_matches").to_number<int>() == 0);
}

TEST_CASE("Over both rails trading goes on when Redis dies, and nothing is done twice") {
  arbees::test::RedisServer redis;
  SplitStage split{{{"money", {"signal-processor", "executor", "position-tracker"}},
                    {"feeds", {"kalshi-monitor", "polymarket-monitor", "game-shard"}},
                    {"games", {"orchestrator"}},
                    {"watch", {"observer"}}},
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
  CHECK(doubles(split) == 0);
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
  CHECK(doubles(split) == 0);
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
  CHECK(doubles(split) == 0);
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
  CHECK(doubles(split) == 0);
  split.process("standby").signal(SIGTERM);
  CHECK(split.process("standby").wait(seconds{60}) == 0);
}
