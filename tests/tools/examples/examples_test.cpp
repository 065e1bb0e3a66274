#include "bridges/zmq/publisher.hpp"
#include "bridges/zmq/signal_gate_actor.hpp"
#include "tests/bridges/zmq/bus_fixture.hpp"
#include "tests/system/process.hpp"

#include "bridges/envelope/payload_codec.hpp"
#include "tests/actor_fixture.hpp"
#include "tests/bridges/envelope/sample_messages.hpp"

#include <csignal>
#include <fstream>

using namespace arbees;
using namespace arbees::test;
using namespace std::chrono_literals;

namespace {

constexpr auto kalshi = PublishRole::kalshi_monitor;

std::string port_of(const std::string& endpoint) {
  return endpoint.substr(endpoint.rfind(':') + 1);
}

/// A publisher that has told prices before anybody listened.
class ExampleFixture : public Bus, public TemporaryFolder {
public:
  ExampleFixture() : out{publisher(settings())} { say_prices(); }

  void say_prices() {
    price("prices.kalshi.A", "0.1");
    price("prices.kalshi.A", "0.2");
    price("prices.kalshi.B", "0.3");
  }

  PublisherConfig settings() {
    auto config = publisher_config({{kalshi, "tcp://127.0.0.1:*"}});
    config.snapshot_endpoint = "tcp://127.0.0.1:*";
    config.door = door;
    return config;
  }

  void price(std::string_view topic, const std::string& bid) {
    out.publish(kalshi, topic,
                [&](std::string& text) { text += "{\"yes_bid\":" + bid + ",\"yes_ask\":null}"; });
  }

  /// Runs an example of tools/examples until it has shown three live prices, and reads it.
  std::string output_of(const std::vector<std::string>& interpreter, const std::string& folder,
                        const std::string& name) {
    std::vector<std::string> command{"/usr/bin/env", "ARBEES_PORTS=" + port_of(out.endpoint(kalshi))
                                                       + ";" + port_of(out.snapshot_endpoint())};
    command.insert(command.end(), variables.begin(), variables.end());
    command.insert(command.end(), interpreter.begin(), interpreter.end());
    command.insert(command.end(), {folder + "/" + name, "prices.", "3"});
    Process example{command, *this / "example.log"};
    auto number = 0;
    eventually(
      [&] {
        price("prices.kalshi.B", "0." + std::to_string(1'000 + number++));
        out.answer_late_readers();
        return !example.running();
      },
      60s);
    CHECK(example.wait(1s) == 0);
    return example.output();
  }

  /// From here on only who has a key can read; the examples have one.
  void encrypt() {
    const auto host = *this / "host";
    const auto mine = *this / "mine";
    REQUIRE(make_curve_keys(host, "host"));
    const auto made = make_curve_keys(mine, "reader");
    REQUIRE(made);
    std::filesystem::copy_file(made->public_key, host / "reader.pub");
    const auto keys = CurveKeys::load({.key_file = host / "host.key"});
    REQUIRE(keys);
    auto opened = CurveDoor::open(context, *keys);
    REQUIRE(opened);
    door = *opened;
    out = publisher(settings());
    say_prices();
    variables = {"ARBEES_KEY=" + made->secret.string(),
                 "ARBEES_PUBLIC_KEY=" + made->public_key.string(),
                 "ARBEES_SERVER_KEY=" + (host / "host.pub").string()};
  }

  std::shared_ptr<CurveDoor> door;
  std::vector<std::string> variables; ///< of the examples
  Publisher out;
};

/// Both old prices, then three new ones whose numbers go up.
void check_prices(const std::string& text) {
  CAPTURE(text);
  CHECK(text.find("snapshot prices.kalshi.A kalshi_monitor 1 0.2 ") != std::string::npos);
  CHECK(text.find(" 0.1 ") == std::string::npos);
  std::istringstream lines{text};
  auto live = 0;
  std::int64_t told = -1;
  for (std::string kind, topic, source, seq, bid, ask;
       lines >> kind >> topic >> source >> seq >> bid >> ask;) {
    if (topic != "prices.kalshi.B") {
      continue;
    }
    CHECK(std::stoll(seq) > told);
    told = std::stoll(seq);
    live += kind == "live" ? 1 : 0;
  }
  CHECK(live == 3);
}

} // namespace

SCENARIO_METHOD(ExampleFixture, "the Python example joins late and shows each price once") {
  if (GENERATE(false, true)) {
    encrypt();
  }
  check_prices(output_of({"/usr/bin/python3"}, ARBEES_SOURCE "/tools/examples", "prices.py"));
}

SCENARIO_METHOD(ExampleFixture, "the Node example joins late and shows each price once") {
  if (GENERATE(false, true)) {
    encrypt();
  }
  // It finds its packages beside itself.
  const std::filesystem::path packages = ARBEES_SOURCE "/tests/bridges/zmq/node/node_modules";
  if (!std::filesystem::exists(packages / "zeromq")) {
    FAIL("npm packages are missing: run tools/setup");
  }
  std::filesystem::create_directory_symlink(packages, *this / "node_modules");
  std::filesystem::copy_file(ARBEES_SOURCE "/tools/examples/prices.mjs", *this / "prices.mjs");
  check_prices(output_of({"node"}, path().string(), "prices.mjs"));
}

SCENARIO_METHOD(ExampleFixture, "the scanner is told of matches that were made before it came") {
  MarketDirectory directory;
  auto match = sample_match();
  directory.add(match);
  out.publish(kalshi, "markets.matched.nba:401990102",
              [&](std::string& text) { encode_payload(text, match); });
  const auto tell = [&](MarketId market, std::int32_t bid, std::int32_t ask) {
    const auto& listing = *directory.find(market);
    BookUpdate update{.market = market, .venue = listing.ref.venue, .status = BookStatus::ok};
    update.bids.push_back({Price{bid}, Quantity{3'000'000}});
    update.asks.push_back({Price{ask}, Quantity{5'000'000}});
    out.publish(kalshi, listing.prices_topic,
                [&](std::string& text) { encode_prices(text, update, listing); });
  };
  tell(kalshi_market, 4'200, 4'400);
  tell(poly_market, 4'700, 4'900);
  Process scanner{{"arbees-scanner", "--endpoint", out.endpoint(kalshi), "--snapshot",
                   out.snapshot_endpoint()},
                  *this / "scanner.log"};
  CHECK(eventually(
    [&] {
      out.answer_late_readers();
      return scanner.output().find("yes on kalshi at 0.4400, no on polymarket at 0.5300")
             != std::string::npos;
    },
    30s));
  scanner.signal(SIGTERM);
  CHECK(scanner.wait(20s) == 0);
}

namespace {

struct SenderContext {
  zmq::context_t context;
};

class SenderFixture : public SenderContext, public ActorFixture, public TemporaryFolder {};

} // namespace

SCENARIO_METHOD(SenderFixture, "the Python example hands a signal in and prints the answer") {
  std::filesystem::permissions(path(), std::filesystem::perms::owner_all);
  const auto endpoint = "ipc://" + (*this / "gate").string();
  auto socket = open_signal_gate(context, endpoint);
  REQUIRE(socket);
  socket->set(zmq::sockopt::rcvtimeo, 1);
  const auto now = sample_signal().triggered_by + 10ms;
  const auto gate = spawn(signal_gate_actor, std::move(*socket), SignalGateConfig{}, Secret{"word"},
                          std::function<Timestamp()>{[now] { return now; }}, sink<SignalSink>());
  auto match = sample_match();
  self->send(gate, match);
  self->send(gate, GameUpdate{.game = sample_game(),
                              .state = {.id = sample_game().id, .phase = Phase::live}});
  MarketDirectory directory;
  directory.add(match);
  std::string text;
  encode_payload(text, sample_signal(), directory);
  std::ofstream{*this / "signal.json"} << text;
  std::ofstream{*this / "token"} << "word\n";
  const auto send = [&](const std::string& signal) {
    Process sender{{"/bin/sh", "-c",
                    "exec /usr/bin/python3 " ARBEES_SOURCE "/tools/examples/send_signal.py "
                      + endpoint + " " + (*this / "token").string() + " < "
                      + (*this / signal).string()},
                   *this / "sender.log"};
    eventually(
      [&] {
        sched.run(3);
        return !sender.running();
      },
      30s);
    const auto code = sender.wait(1s);
    return std::to_string(code.value_or(-1)) + " " + sender.output();
  };
  const auto accepted = send("signal.json");
  const auto signal = next<Signal>();
  REQUIRE(signal);
  CHECK(accepted == "0 {\"accepted\": true, \"signal_id\": \"" + to_hex(signal->id) + "\"}\n");
  CHECK(send("token").find("1 {\"accepted\": false, \"reason\": \"bad_signal\"") == 0);
}
