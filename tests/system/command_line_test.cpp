#include <fmt/format.h>
#include <sys/socket.h>
#include <zmq.hpp>

#include <catch2/catch.hpp>
#include <fstream>

#include "tests/system/stage.hpp"

using namespace arbees::test;
using std::chrono::seconds;

namespace {

struct Result {
  int code = -1;
  std::string output;
};

Result run(const std::vector<std::string>& arguments) {
  const TemporaryFolder folder;
  Process process{arguments, folder / "output"};
  const auto code = process.wait(seconds{30});
  return {code.value_or(-1), process.output()};
}

std::size_t lines(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

} // namespace

TEST_CASE("arbees tells its version") {
  const auto plain = run({"arbees", "version"});
  CHECK(plain.code == 0);
  CHECK_THAT(plain.output, Catch::StartsWith("arbees 0."));
  const auto json = run({"arbees", "version", "--json"});
  CHECK(boost::json::parse(json.output).as_object().contains("version"));
}

TEST_CASE("A command line that makes no sense ends with code 2") {
  CHECK(run({"arbees"}).code == 2);
  CHECK(run({"arbees", "fly"}).code == 2);
  CHECK(run({"arbees", "run", "--seconds", "soon"}).code == 2);
  const auto role = run({"arbees", "check", "--role", "goalkeeper"});
  CHECK(role.code == 2);
  CHECK_THAT(role.output, Catch::Contains("goalkeeper") && Catch::Contains("kalshi-monitor"));
  CHECK(run({"arbees", "--help"}).code == 0);
}

TEST_CASE("A bad configuration ends with code 4 and one line that names file, line and key") {
  const TemporaryFolder folder;
  const auto file = folder / "bad.toml";
  std::ofstream{file} << "mode = \"paper\"\n[risk]\nmin_egde_cents = 1\n";
  const auto result = run({"arbees", "check", "--config", file.string()});
  CHECK(result.code == 4);
  CHECK(lines(result.output) == 1);
  CHECK_THAT(result.output, Catch::Contains("bad.toml:3") && Catch::Contains("min_egde_cents"));
  CHECK(run({"arbees", "run", "--config", "/nowhere.toml"}).code == 4);
  CHECK(run({"arbees", "check", "--set", "mode=shadow"}).code == 4);
}

TEST_CASE("arbees check shows every value with its origin, and the topology") {
  const auto result = run({"arbees", "check", "--set", "mode=paper"});
  INFO(result.output);
  CHECK(result.code == 0);
  CHECK_THAT(result.output, Catch::Contains("mode") && Catch::Contains("--set")
                              && Catch::Contains("default") && Catch::Contains("5555")
                              && Catch::Contains("game-shard"));
  const auto json = run({"arbees", "check", "--json"});
  CHECK(boost::json::parse(json.output).as_object().contains("settings"));
}

TEST_CASE("A role whose neighbours are elsewhere needs the bus") {
  const auto result =
    run({"arbees", "check", "--role", "game-shard", "--set", "zmq.enabled=false"});
  CHECK(result.code == 4);
  CHECK_THAT(result.output, Catch::Contains("game-shard") && Catch::Contains("kalshi-monitor"));
  CHECK(run({"arbees", "check", "--role", "game-shard"}).code == 0);
  CHECK(run({"arbees", "check", "--role", "observer", "--set", "zmq.enabled=false"}).code == 0);
}

namespace {

/// A part of arbees as a file of its own.
std::string
part_file(const TemporaryFolder& folder, const std::string& name, const std::string& text) {
  const auto file = folder / (name + ".toml");
  std::ofstream{file} << text;
  return file.string();
}

} // namespace

TEST_CASE("arbees check shows how several processes fit together, and what does not") {
  const TemporaryFolder folder;
  const auto feeds =
    part_file(folder, "feeds", R"(roles = ["kalshi-monitor", "polymarket-monitor"])");
  const auto shard = part_file(folder, "shard", R"(roles = ["game-shard"])");
  const auto games = part_file(folder, "games", R"(roles = ["orchestrator"])");
  const auto money =
    part_file(folder, "money", R"(roles = ["signal-processor", "executor", "position-tracker"])");

  SECTION("four parts make a whole") {
    const auto result = run({"arbees", "check", feeds, shard, games, money});
    INFO(result.output);
    CHECK(result.code == 0);
    CHECK_THAT(result.output, Catch::Contains("they fit together")
                                && Catch::Contains("ZMQ     shard/game-shard -> "
                                                   "money/signal-processor: Signal")
                                && Catch::Contains("CAF     games/orchestrator -> shard/game-shard")
                                && Catch::Contains("mailbox money/executor -> "
                                                   "money/position-tracker"));
  }
  SECTION("without shards signals come from nowhere, and games go nowhere") {
    const auto result = run({"arbees", "check", feeds, games, money});
    CHECK(result.code == 4);
    CHECK_THAT(result.output,
               Catch::Contains("signal-processor needs Signal from game-shard, which no process")
                 && Catch::Contains("orchestrator says GameAssignment")
                 && Catch::Contains("to game-shard, which no process has"));
  }
  SECTION("a second shard host with the ports of the first") {
    const auto second = part_file(folder, "second", R"(roles = ["game-shard"])");
    const auto result = run({"arbees", "check", feeds, shard, second, games, money});
    CHECK(result.code == 4);
    CHECK_THAT(result.output, Catch::Contains("two on one port, tcp://127.0.0.1:5558: shard")
                                && Catch::Contains("both called \"game-shard\""));
  }
  SECTION("a second shard host on ports that nobody listens to") {
    const auto second =
      part_file(folder, "second",
                "node = \"second\"\nroles = [\"game-shard\"]\n[zmq.port]\ngame_shard = "
                "5658\nnode = 5675\n");
    const auto result = run({"arbees", "check", feeds, shard, second, games, money});
    CHECK(result.code == 4);
    CHECK_THAT(result.output, Catch::Contains("second publishes Signal at tcp://127.0.0.1:5658, "
                                              "where money does not listen"));
  }
  SECTION("two that own the money") {
    const auto other = part_file(folder, "other", R"(roles = ["executor"])");
    const auto result = run({"arbees", "check", "--json", feeds, shard, games, money, other});
    CHECK(result.code == 4);
    CHECK_THAT(result.output, Catch::Contains("executor is in 2 processes, money and other"));
    CHECK(boost::json::parse(result.output).as_object().at("problems").as_array().size() >= 1);
  }
}

TEST_CASE("A missing or careless credential ends with code 4 and one line that names the file") {
  const Stage stage;
  const auto missing =
    run(stage.arbees({"--seconds", "1", "--set", "kalshi.key_file=/nowhere/kalshi.pem"}));
  INFO(missing.output);
  CHECK(missing.code == 4);
  CHECK_THAT(missing.output, Catch::Contains("/nowhere/kalshi.pem"));
  CHECK(lines(missing.output) == 1);
  const auto key = stage.folder() / "open.pem";
  std::filesystem::copy_file(stage.folder() / "kalshi.pem", key);
  std::filesystem::permissions(key, std::filesystem::perms::owner_read
                                      | std::filesystem::perms::others_read);
  const auto open =
    run(stage.arbees({"--seconds", "1", "--set", "kalshi.key_file=" + key.string()}));
  CHECK(open.code == 4);
  CHECK_THAT(open.output, Catch::Contains("open.pem") && Catch::Contains("chmod 600"));
}

TEST_CASE("A busy port ends with code 1 and one line that names port and publisher") {
  const Stage stage;
  zmq::context_t context;
  zmq::socket_t squatter{context, zmq::socket_type::pub};
  squatter.bind(fmt::format("tcp://127.0.0.1:{}", stage.port("executor")));
  const auto result = run(stage.arbees({"--seconds", "1"}));
  INFO(result.output);
  CHECK(result.code == 1);
  CHECK_THAT(result.output, Catch::Contains(std::to_string(stage.port("executor")))
                              && Catch::Contains("executor"));
  CHECK(lines(result.output) == 1);
}

TEST_CASE("A ledger that is no ledger ends with code 1 and one line that names it") {
  const Stage stage;
  std::ofstream{stage.folder() / "ledger.sqlite"} << "this is no database, whatever its name says";
  const auto result = run(stage.arbees({"--seconds", "1"}));
  INFO(result.output);
  CHECK(result.code == 1);
  CHECK_THAT(result.output, Catch::Contains("ledger.sqlite"));
  CHECK(lines(result.output) == 1);
}
