#include <fmt/format.h>
#include <signal.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <zmq.hpp>

#include "tests/system/stage.hpp"

using namespace arbees::test;
using std::chrono::seconds;

namespace {

namespace json = boost::json;

/// A program of the user's own: it hears the bus, and hands in signals.
class Outsider {
public:
  explicit Outsider(const Stage& stage) {
    bus_.set(zmq::sockopt::linger, 0);
    bus_.set(zmq::sockopt::rcvtimeo, 100);
    bus_.set(zmq::sockopt::subscribe, "signals.trade.");
    bus_.set(zmq::sockopt::subscribe, "execution.");
    for (const auto* const publisher : {"game_shard", "signal_processor"}) {
      bus_.connect(fmt::format("tcp://127.0.0.1:{}", stage.port(publisher)));
    }
    gate_.set(zmq::sockopt::linger, 0);
    gate_.set(zmq::sockopt::rcvtimeo, 20'000);
    gate_.connect("ipc://" + (stage.folder() / "gate" / "socket").string());
  }

  struct Heard {
    std::string topic;
    std::string payload; ///< its text: numbers keep the digits that they were written with
  };

  /// The next message, if one came in time.
  std::optional<Heard> hear() {
    zmq::message_t topic;
    zmq::message_t envelope;
    if (!bus_.recv(topic) || !bus_.recv(envelope)) {
      return std::nullopt;
    }
    const std::string text = envelope.to_string();
    const std::string key = "\"payload\":";
    const auto begin = text.find(key) + key.size();
    return Heard{topic.to_string(), text.substr(begin, text.size() - begin - 1)};
  }

  json::object hand_in(const std::string& token, const std::string& signal) {
    gate_.send(zmq::buffer(token), zmq::send_flags::sndmore);
    gate_.send(zmq::buffer(signal));
    zmq::message_t answer;
    REQUIRE(gate_.recv(answer));
    return json::parse(answer.to_string_view()).as_object();
  }

private:
  zmq::context_t context_;
  zmq::socket_t bus_{context_, zmq::socket_type::sub};
  zmq::socket_t gate_{context_, zmq::socket_type::req};
};

} // namespace

TEST_CASE("A signal of the user's own is judged as any other, and told on the bus") {
  Stage stage;
  std::filesystem::create_directory(stage.folder() / "gate");
  const auto token = stage.folder() / "gate" / "token";
  std::ofstream{token} << "a word\n";
  for (const auto& path : {stage.folder() / "gate", token}) {
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
  }
  stage.start_simulator({"--games", "24", "--seed", "11", "--speed", "10"});
  const std::string endpoint = "ipc://" + (stage.folder() / "gate" / "socket").string();
  Process arbees{stage.arbees(
                   {"--set", "observer.console=off", "--set", "signal_gate.endpoint=" + endpoint,
                    "--set", "signal_gate.token_file=" + token.string(), "--set",
                    "signal_gate.min_edge_cents=0", "--set", "signal_gate.max_contracts=1000000"}),
                 stage.folder() / "arbees.log"};
  Outsider outsider{stage};

  // What a shard has found is handed in once more: arbees must treat it as another's.
  std::string accepted;
  std::string refusals;
  std::string decision;
  const auto done = eventually(
    [&] {
      const auto heard = outsider.hear();
      if (heard && accepted.empty() && heard->topic.starts_with("signals.trade.")) {
        refusals += json::serialize(outsider.hand_in("another word", heard->payload));
        const auto answer = outsider.hand_in("a word", heard->payload);
        if (answer.at("accepted").as_bool()) {
          accepted = answer.at("signal_id").as_string();
        } else {
          refusals += json::serialize(answer);
        }
      }
      if (heard && !accepted.empty() && heard->topic.starts_with("execution.")
          && heard->payload.find(accepted) != std::string::npos) {
        decision = heard->topic;
      }
      return !decision.empty() || !arbees.running();
    },
    seconds{60});
  INFO(refusals);
  INFO(arbees.output());
  REQUIRE(done);
  CHECK_FALSE(decision.empty());
  CHECK(refusals.find(R"("reason":"bad_token")") != std::string::npos);
  arbees.signal(SIGTERM);
  CHECK(arbees.wait(seconds{30}) == 0);
  CHECK(read_file(stage.folder() / "log").find("signal_gate.accepted signal=" + accepted)
        != std::string::npos);
}
