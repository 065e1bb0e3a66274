#include "tests/system/stage.hpp"

#include <fmt/format.h>
#include <signal.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <catch2/catch.hpp>

namespace arbees::test {

namespace {

constexpr std::array publishers{
  "kalshi_monitor", "polymarket_monitor", "orchestrator", "game_shard", "signal_processor",
  "executor",       "position_tracker",   "node",         "snapshots"};

constexpr auto key_id = "00000000-0000-4000-8000-000000000001"; // of config/*.toml

void openssl(const std::filesystem::path& file, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "/usr/bin/openssl");
  Process program{arguments, file.string() + ".log"};
  REQUIRE(program.wait(std::chrono::seconds{60}) == 0);
}

void make_keys(const TemporaryFolder& folder) {
  const auto key = folder / "kalshi.pem";
  const auto public_key = folder / "kalshi.pub";
  const auto wallet = folder / "wallet.key";
  openssl(key, {"genpkey", "-quiet", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048",
                "-out", key.string()});
  openssl(public_key, {"pkey", "-in", key.string(), "-pubout", "-out", public_key.string()});
  openssl(wallet, {"rand", "-hex", "-out", wallet.string(), "32"});
  for (const auto& file : {key, wallet}) {
    std::filesystem::permissions(file, std::filesystem::perms::owner_read);
  }
}

/// The body of the answer to a GET on the loopback, or to a POST if there is a body.
std::string fetch(int port, const std::string& target, const std::string& body = {}) {
  namespace beast = boost::beast;
  namespace http = beast::http;
  boost::asio::io_context context;
  beast::tcp_stream stream{context};
  stream.connect(boost::asio::ip::tcp::endpoint{boost::asio::ip::address_v4::loopback(),
                                                static_cast<std::uint16_t>(port)});
  http::request<http::string_body> request{body.empty() ? http::verb::get : http::verb::post,
                                           target, 11};
  request.set(http::field::host, "127.0.0.1");
  request.body() = body;
  request.prepare_payload();
  http::write(stream, request);
  beast::flat_buffer buffer;
  http::response_parser<http::string_body> response;
  response.body_limit(64U << 20U);
  http::read(stream, buffer, response);
  REQUIRE(response.get().result_int() == 200);
  return response.get().body();
}

} // namespace

Stage::Stage() : venue_ports_(free_ports(4)) {
  const auto ports = free_ports(publishers.size());
  for (std::size_t i = 0; i < publishers.size(); ++i) {
    zmq_ports_[publishers[i]] = ports[i];
  }
  make_keys(folder_);
}

void Stage::start_simulator(const std::vector<std::string>& options) {
  const auto ready = folder_ / "ports.json";
  std::filesystem::remove(ready);
  auto arguments = place_;
  arguments.insert(arguments.end(),
                   {std::string{ARBEES_BIN} + "/arbees-sim", "--ports-file", ready.string()});
  const std::array names{"--kalshi-port", "--polymarket-port", "--gamma-port", "--espn-port"};
  for (std::size_t i = 0; i < names.size(); ++i) {
    arguments.insert(arguments.end(), {names[i], std::to_string(venue_ports_[i])});
  }
  arguments.insert(arguments.end(),
                   {"--kalshi-key",
                    fmt::format("{}={}", key_id, (folder_ / "kalshi.pub").string())});
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
  auto arguments = command("demo.toml");
  arguments.insert(arguments.end(), options.begin(), options.end());
  return arguments;
}

std::vector<std::string> Stage::live_arbees(const std::vector<std::string>& options) const {
  auto arguments = command("sim-live.toml");
  arguments.emplace_back("--i-understand-this-trades-real-money");
  arguments.insert(arguments.end(), options.begin(), options.end());
  return arguments;
}

boost::json::object Stage::simulator(const std::string& target) const {
  return boost::json::parse(fetch(venue_ports_[0], target)).as_object();
}

boost::json::object Stage::venue_books() const {
  return simulator("/sim/books");
}

void Stage::order_simulator(const std::string& target, const std::string& body) const {
  fetch(venue_ports_[0], target, body);
}

boost::json::array Stage::ledger(const std::string& query) const {
  const auto answer = folder_ / "query.out";
  Process sqlite{{"/usr/bin/sqlite3", "-readonly", "-json", (folder_ / "ledger.sqlite").string(),
                  query},
                 answer};
  REQUIRE(sqlite.wait(std::chrono::seconds{60}) == 0);
  const auto text = read_file(answer);
  return text.empty() ? boost::json::array{} : boost::json::parse(text).as_array();
}

std::vector<std::string> Stage::settings() const {
  const auto url = [this](const char* scheme, std::size_t venue, const char* path) {
    return fmt::format("{}://127.0.0.1:{}{}", scheme, venue_ports_[venue], path);
  };
  return {
    "kalshi.rest_url=" + url("http", 0, "/trade-api/v2"),
    "kalshi.websocket_url=" + url("ws", 0, "/trade-api/ws/v2"),
    std::string{"kalshi.key_id="} + key_id,
    "kalshi.key_file=" + (folder_ / "kalshi.pem").string(),
    "polymarket.clob_url=" + url("http", 1, ""),
    "polymarket.websocket_url=" + url("ws", 1, "/ws/market"),
    "polymarket.user_websocket_url=" + url("ws", 1, "/ws/user"),
    "polymarket.geoblock_url=" + url("http", 1, "/api/geoblock"),
    "polymarket.wallet_key_file=" + (folder_ / "wallet.key").string(),
    "polymarket.gamma_url=" + url("http", 2, ""),
    "polymarket.data_url=" + url("http", 2, ""),
    "espn.url=" + url("http", 3, ""),
    "summary.truth_url=" + url("http", 3, "/sim/truth"),
    std::string{"tables="} + ARBEES_SOURCE + "/config",
    "log.file=" + (folder_ / "log").string(),
    "kill_switch.file=" + (folder_ / "kill_switch").string(),
    "ledger.file=" + (folder_ / "ledger.sqlite").string(),
    "history.file=" + (folder_ / "history.duckdb").string(),
    "observer.jsonl_file=" + (folder_ / "bus.jsonl").string(),
  };
}

std::vector<std::string> Stage::command(const std::string& config) const {
  auto all = settings();
  for (const auto& [publisher, port] : zmq_ports_) {
    const auto key = publisher == "snapshots" ? "zmq.snapshot_port" : "zmq.port." + publisher;
    all.push_back(fmt::format("{}={}", key, port));
  }
  std::vector<std::string> arguments{
    "arbees",    "run",
    "--config",  fmt::format("{}/config/{}", ARBEES_SOURCE, config),
    "--summary", (folder_ / "summary.json").string()};
  for (const auto& setting : all) {
    arguments.insert(arguments.end(), {"--set", setting});
  }
  return arguments;
}

boost::json::object Stage::summary() const {
  const auto text = read_file(folder_ / "summary.json");
  INFO(text);
  REQUIRE_FALSE(text.empty());
  return boost::json::parse(text).as_object();
}

} // namespace arbees::test
