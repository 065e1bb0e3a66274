#include "tests/system/stage.hpp"

#include <fmt/format.h>
#include <signal.h>

#include <catch2/catch.hpp>

namespace arbees::test {

namespace {

constexpr std::array publishers{
  "kalshi_monitor",   "polymarket_monitor", "orchestrator", "game_shard",
  "signal_processor", "executor",           "node"};

void make_key(const std::filesystem::path& file) {
  Process openssl{{"/usr/bin/openssl", "genpkey", "-quiet", "-algorithm", "RSA", "-pkeyopt",
                   "rsa_keygen_bits:2048", "-out", file.string()},
                  file.string() + ".log"};
  REQUIRE(openssl.wait(std::chrono::seconds{60}) == 0);
  std::filesystem::permissions(file, std::filesystem::perms::owner_read);
}

} // namespace

Stage::Stage() : venue_ports_(free_ports(4)) {
  const auto ports = free_ports(publishers.size());
  for (std::size_t i = 0; i < publishers.size(); ++i) {
    zmq_ports_[publishers[i]] = ports[i];
  }
  make_key(folder_ / "kalshi.pem");
}

void Stage::start_simulator(const std::vector<std::string>& options) {
  const auto ready = folder_ / "ports.json";
  std::filesystem::remove(ready);
  std::vector<std::string> arguments{"arbees-sim", "--ports-file", ready.string()};
  const std::array names{"--kalshi-port", "--polymarket-port", "--gamma-port", "--espn-port"};
  for (std::size_t i = 0; i < names.size(); ++i) {
    arguments.insert(arguments.end(), {names[i], std::to_string(venue_ports_[i])});
  }
  arguments.insert(arguments.end(), options.begin(), options.end());
  simulator_ = std::make_unique<Process>(arguments, folder_ / "sim.log");
  const auto up = eventually([&] { return !read_file(ready).empty() || !simulator_->running(); },
                             std::chrono::seconds{20});
  INFO(simulator_->output());
  REQUIRE(up);
  REQUIRE(simulator_->running());
}

void Stage::kill_simulator() {
  simulator_->signal(SIGKILL);
  REQUIRE(simulator_->wait(std::chrono::seconds{5}));
}

std::vector<std::string> Stage::arbees(const std::vector<std::string>& options) const {
  const auto url = [this](const char* scheme, std::size_t venue, const char* path) {
    return fmt::format("{}://127.0.0.1:{}{}", scheme, venue_ports_[venue], path);
  };
  std::vector<std::string> settings{
    "kalshi.rest_url=" + url("http", 0, "/trade-api/v2"),
    "kalshi.websocket_url=" + url("ws", 0, "/trade-api/ws/v2"),
    "kalshi.key_file=" + (folder_ / "kalshi.pem").string(),
    "polymarket.clob_url=" + url("http", 1, ""),
    "polymarket.websocket_url=" + url("ws", 1, "/ws/market"),
    "polymarket.gamma_url=" + url("http", 2, ""),
    "espn.url=" + url("http", 3, ""),
    "summary.truth_url=" + url("http", 3, "/sim/truth"),
    std::string{"tables="} + ARBEES_SOURCE + "/config",
    "log.file=" + (folder_ / "log").string(),
    "ledger.file=" + (folder_ / "ledger.sqlite").string(),
    "history.file=" + (folder_ / "history.duckdb").string(),
    "observer.jsonl_file=" + (folder_ / "bus.jsonl").string(),
  };
  for (const auto& [publisher, port] : zmq_ports_) {
    settings.push_back(fmt::format("zmq.port.{}={}", publisher, port));
  }
  std::vector<std::string> arguments{"arbees",    "run",
                                     "--config",  std::string{ARBEES_SOURCE} + "/config/demo.toml",
                                     "--summary", (folder_ / "summary.json").string()};
  for (const auto& setting : settings) {
    arguments.insert(arguments.end(), {"--set", setting});
  }
  arguments.insert(arguments.end(), options.begin(), options.end());
  return arguments;
}

boost::json::object Stage::summary() const {
  const auto text = read_file(folder_ / "summary.json");
  INFO(text);
  REQUIRE_FALSE(text.empty());
  return boost::json::parse(text).as_object();
}

} // namespace arbees::test
