#include "bridges/zmq/signal_gate_actor.hpp"

#include <filesystem>

#include "bridges/envelope/payload_codec.hpp"
#include "tests/actor_fixture.hpp"
#include "tests/bridges/damaged_bytes.hpp"
#include "tests/bridges/envelope/sample_messages.hpp"
#include "tests/system/process.hpp"

using namespace arbees;
using namespace arbees::test;
using namespace std::chrono_literals;

namespace {

constexpr auto token = "0123456789abcdef";

/// When the sample signal was made, and a little more.
Timestamp gate_time() {
  return sample_signal().triggered_by + 10ms;
}

/// The sample, open on both venues.
MatchedGame known_match() {
  auto match = sample_match();
  for (auto& market : match.markets) {
    market.accepts_orders = true;
  }
  return match;
}

std::string text_of(const Signal& signal) {
  MarketDirectory directory;
  directory.add(known_match());
  std::string text;
  encode_payload(text, signal, directory);
  return text;
}

SignalGate gate_with_match(SignalGateConfig config = {}) {
  SignalGate gate{config, Secret{token}, gate_time()};
  gate.add(known_match());
  gate.add(
    GameUpdate{.game = sample_game(), .state = {.id = sample_game().id, .phase = Phase::live}});
  return gate;
}

std::string refusal(SignalGate& gate, const std::string& payload, Timestamp now = gate_time(),
                    std::string_view word = token) {
  const auto verdict = gate.judge(word, payload, now);
  const auto* const refused = std::get_if<GateRefusal>(&verdict);
  return refused == nullptr ? "accepted" : refused->reason;
}

template <class Change>
std::string refusal_if(const Change& change) {
  auto gate = gate_with_match();
  auto signal = sample_signal();
  change(signal);
  return refusal(gate, text_of(signal));
}

} // namespace

TEST_CASE("a good signal passes, with nothing in it that could weaken a filter") {
  auto gate = gate_with_match();
  auto ours = sample_signal();
  ours.assignment_epoch = 7;
  gate.add(ours);
  auto signal = sample_signal();
  signal.assignment_epoch = 1'000'000;
  signal.triggered_by = gate_time() + 24h;
  signal.expires_at = gate_time() + 24h;
  const auto verdict = gate.judge(token, text_of(signal), gate_time());
  REQUIRE(std::holds_alternative<Signal>(verdict));
  const auto& passed = std::get<Signal>(verdict);
  CHECK(passed.assignment_epoch == 7); // else our own shards would not be heard any more
  CHECK(passed.triggered_by == gate_time());
  CHECK(passed.expires_at == gate_time() + 2s);
  CHECK(passed.id != signal.id);
  CHECK(passed.quantity == signal.quantity);
  CHECK(passed.legs[0].limit == signal.legs[0].limit);
}

TEST_CASE("what a signal from outside may not say") {
  CHECK(refusal_if([](Signal& s) { s.type = SignalType::directional; }) == "unsupported_type");
  CHECK(refusal_if([](Signal& s) { s.legs[1].post_only = true; }) == "unsupported_rest");
  CHECK(refusal_if([](Signal& s) { s.contract = ContractId{1}; }) == "not_tradable");
  CHECK(refusal_if([](Signal& s) { s.in_play = false; }) == "wrong_phase");
  CHECK(refusal_if([](Signal& s) { s.expires_at = gate_time(); }) == "expired");
  CHECK(refusal_if([](Signal& s) { s.legs[0].received_at = gate_time() + 1ms; }) == "wrong_stamp");
  CHECK(refusal_if([](Signal& s) { s.legs[0].exchange_time = gate_time() + 2s; }) == "wrong_stamp");
  CHECK(refusal_if([](Signal& s) { s.legs[0].received_at -= 10s; }) == "stale_book");
  CHECK(refusal_if([](Signal& s) { s.legs[0].quantity = Quantity{9'000'000}; }) == "inconsistent");
  CHECK(refusal_if([](Signal& s) { s.legs[0].cost = Money{4'400'001}; }) == "inconsistent");
  CHECK(refusal_if([](Signal& s) { s.legs[0].fee = Money{-1}; }) == "inconsistent");
  CHECK(refusal_if([](Signal& s) { s.edge_per_contract = Money{31'271}; }) == "inconsistent");
  CHECK(refusal_if([](Signal& s) { s.edge_per_contract = Money{9'999}; }) == "edge_too_small");
  CHECK(refusal_if([](Signal& s) { s.edge = Money{std::numeric_limits<std::int64_t>::max()}; })
        == "inconsistent");
  CHECK(refusal_if([](Signal& s) { s.quantity = Quantity{0}; }) == "too_big");
  CHECK(refusal_if([](Signal& s) { s.quantity = Quantity{100'000'001}; }) == "too_big");
  CHECK(refusal_if([](Signal&) {}) == "accepted");
}

TEST_CASE("only markets and games that are known are traded") {
  SignalGate nothing{{}, Secret{token}, gate_time()};
  CHECK(refusal(nothing, text_of(sample_signal())) == "unknown_game");
  auto gate = gate_with_match();
  auto elsewhere = text_of(sample_signal());
  const std::string_view ticker = "KXNBAGAME-26NOV21LACLAL-LAL";
  elsewhere.replace(elsewhere.find(ticker), ticker.size(), "KXNBAGAME-26NOV21LACLAL-LAC");
  CHECK(refusal(gate, elsewhere) == "unknown_market");
  gate.add(GameEnded{.game = sample_game(), .state = {}});
  CHECK(refusal(gate, text_of(sample_signal())) == "unknown_game");
}

TEST_CASE("a wrong token, rubbish and floods are refused, each for its reason") {
  auto gate = gate_with_match({.signals_per_second = 2, .burst = 3});
  const auto good = text_of(sample_signal());
  for (auto i = 0; i < 100; ++i) {
    CHECK(refusal(gate, good, gate_time(), "0123456789abcdeF") == "bad_token");
    CHECK(refusal(gate, good, gate_time(), "") == "bad_token");
  }
  CHECK(refusal(gate, std::string(20'000, ' ')) == "too_large");
  // Neither cost him who knows the token any of his signals.
  CHECK(refusal(gate, "rubbish") == "bad_signal");
  CHECK(refusal(gate, "{}") == "bad_signal");
  CHECK(refusal(gate, good) == "accepted");
  CHECK(refusal(gate, good) == "too_many");
  CHECK(refusal(gate, good, gate_time() + 400ms) == "too_many");
  CHECK(refusal(gate, good, gate_time() + 500ms) == "accepted");
  SignalGate without_token{{}, Secret{}, gate_time()};
  CHECK(refusal(without_token, good, gate_time(), "") == "bad_token");
}

TEST_CASE("damaged signals never crash the gate") {
  auto gate = gate_with_match({.signals_per_second = 1'000, .burst = 1'000'000'000});
  const auto good = text_of(sample_signal());
  for (std::size_t cut = 0; cut < good.size(); ++cut) {
    CHECK(refusal(gate, good.substr(0, cut)) == "bad_signal");
    auto flipped = good;
    flipped[cut] = static_cast<char>(flipped[cut] ^ 1);
    refusal(gate, flipped);
  }
}

namespace {

/// Outlives the actors, whose sockets it waits for.
struct GateContext {
  zmq::context_t context;
};

class GateFixture : public GateContext, public ActorFixture, public TemporaryFolder {
public:
  std::string endpoint() { return "ipc://" + (*this / "gate").string(); }

  void start(SignalGateConfig rules = {}) {
    std::filesystem::permissions(folder(), std::filesystem::perms::owner_all);
    auto socket = open_signal_gate(context, endpoint());
    if (!socket) {
      FAIL(describe(socket.error()));
    }
    socket->set(zmq::sockopt::rcvtimeo, 1);
    gate = spawn(signal_gate_actor, std::move(*socket), rules, Secret{token},
                 std::function<Timestamp()>{gate_time}, sink<SignalSink>());
    self->send(gate, known_match());
    self->send(gate, GameUpdate{.game = sample_game(),
                                .state = {.id = sample_game().id, .phase = Phase::live}});
  }

  std::filesystem::path folder() { return (*this / "x").parent_path(); }

  zmq::socket_t sender(zmq::socket_type type) {
    zmq::socket_t socket{context, type};
    socket.set(zmq::sockopt::linger, 0);
    socket.connect(endpoint());
    return socket;
  }

  static void send(zmq::socket_t& socket, const std::vector<std::string>& frames) {
    for (std::size_t i = 0; i < frames.size(); ++i) {
      socket.send(zmq::buffer(frames[i]),
                  i + 1 < frames.size() ? zmq::send_flags::sndmore : zmq::send_flags::none);
    }
  }

  std::string answer(zmq::socket_t& socket) {
    std::string text;
    eventually(
      [&] {
        sched.run(3);
        zmq::message_t frame;
        if (socket.recv(frame, zmq::recv_flags::dontwait)) {
          text = frame.to_string();
        }
        return !text.empty();
      },
      20s);
    return text;
  }

  std::int64_t counted(const std::string& name) {
    auto request = self->request(gate, 5s, caf::get_atom::value);
    sched.run(5);
    std::int64_t count = 0;
    request.receive(
      [&](const Metrics& metrics) {
        const auto found = metrics.values.find(name);
        count = found == metrics.values.end() ? 0 : found->second;
      },
      [](const caf::error& error) { FAIL(describe(error)); });
    return count;
  }

  SignalGateActor gate;
};

} // namespace

SCENARIO_METHOD(GateFixture, "a program of the user's own hands a signal in, and is answered") {
  GIVEN("a gate and a sender who knows the token") {
    start();
    auto socket = sender(zmq::socket_type::req);
    WHEN("it sends a good signal") {
      send(socket, {token, text_of(sample_signal())});
      const auto text = answer(socket);
      THEN("the signal processor has it, under the id that was answered") {
        const auto signal = next<Signal>();
        REQUIRE(signal);
        CHECK(text == R"({"accepted":true,"signal_id":")" + to_hex(signal->id) + "\"}");
        CHECK_FALSE(next<Signal>());
      }
    }
    WHEN("it sends a wrong token, rubbish, and too few and too many frames") {
      const auto reason = [&](const std::vector<std::string>& frames) {
        send(socket, frames);
        return answer(socket);
      };
      const auto good = text_of(sample_signal());
      CHECK(reason({"wrong", good}) == R"({"accepted":false,"reason":"bad_token","detail":""})");
      CHECK(reason({token, "rubbish"}).find(R"("reason":"bad_signal")") != std::string::npos);
      CHECK(reason({good}).find(R"("reason":"bad_frames")") != std::string::npos);
      CHECK(reason({token, good, good}).find(R"("reason":"bad_frames")") != std::string::npos);
      THEN("nothing went further, and each is counted") {
        CHECK_FALSE(next<Signal>());
        CHECK(counted("accepted") == 0);
        CHECK(counted("refused:bad_token") == 1);
        CHECK(counted("refused:bad_signal") == 1);
        CHECK(counted("refused:bad_frames") == 2);
      }
    }
  }
}

SCENARIO_METHOD(GateFixture, "a flood passes no more than its share, and stops nobody else") {
  GIVEN("a gate, and one who sends hundreds of good signals and reads no answer") {
    start({.signals_per_second = 1, .burst = 5});
    auto flood = sender(zmq::socket_type::dealer);
    const auto good = text_of(sample_signal());
    for (auto i = 0; i < 300; ++i) {
      send(flood, {token, good});
    }
    WHEN("another asks") {
      auto other = sender(zmq::socket_type::req);
      send(other, {token, "rubbish"});
      THEN("it is answered, and five signals went further at most") {
        CHECK(answer(other).find("\"accepted\":false") != std::string::npos);
        CHECK(eventually([&] { return counted("refused:too_many") > 200; }, 20s));
        CHECK(counted("accepted") <= 5);
        CHECK(counted("accepted") >= 4); // the other's rubbish may have cost one
      }
    }
  }
}

SCENARIO_METHOD(GateFixture, "a gate that others could reach is not opened") {
  std::filesystem::permissions(folder(), std::filesystem::perms::owner_all
                                           | std::filesystem::perms::group_exec);
  const auto open = open_signal_gate(context, endpoint());
  REQUIRE_FALSE(open);
  CHECK(open.error() == Errc::bad_credential);
  const auto tcp = open_signal_gate(context, "tcp://127.0.0.1:*");
  REQUIRE_FALSE(tcp);
  CHECK(tcp.error() == Errc::bad_configuration);
}
