#include "bridges/envelope/json_text.hpp"
#include "bridges/zmq/publisher_actor.hpp"
#include "tests/actor_fixture.hpp"
#include "tests/bridges/envelope/sample_messages.hpp"
#include "tests/bridges/zmq/bus_fixture.hpp"
#include "tests/system/process.hpp"

using namespace arbees;
using namespace arbees::test;
using namespace std::chrono_literals;

namespace {

const std::vector<PublishRole> roles = {PublishRole::kalshi_monitor,
                                        PublishRole::polymarket_monitor, PublishRole::orchestrator,
                                        PublishRole::game_shard, PublishRole::executor};

/// The folder of the reader, with its packages.
std::filesystem::path reader_folder() {
  const auto folder = std::filesystem::path{ARBEES_SOURCE} / "tests/bridges/zmq/node";
  if (!std::filesystem::exists(folder / "node_modules/zeromq")) {
    FAIL("npm packages are missing: run tools/setup, or npm ci in " << folder.string());
  }
  return folder;
}

/// A book whose top is at `bid` and a tick above.
BookUpdate book_at(MarketId market, Venue venue, std::int32_t bid) {
  auto update = sample_book();
  update.market = market;
  update.venue = venue;
  update.bids = {};
  update.asks = {};
  update.bids.push_back({Price{bid}, Quantity{12'340'000}});
  update.asks.push_back({Price{bid + 100}, Quantity{1}});
  return update;
}

class NodeFixture : public Bus, public ActorFixture, public TemporaryFolder {
public:
  NodeFixture() : output{*this / "reader.log"} {}

  void open(Codec codec) {
    std::map<PublishRole, std::string> endpoints;
    for (const auto role : roles) {
      endpoints[role] = "tcp://127.0.0.1:*";
    }
    auto bus = publisher_config(endpoints);
    bus.codec = codec;
    out.emplace(publisher(std::move(bus)));
    std::vector<std::string> arguments = {"/usr/bin/env", "node",
                                          (reader_folder() / "reader.mjs").string(),
                                          "trades.completed."};
    for (const auto role : roles) {
      arguments.push_back(out->endpoint(role));
    }
    reader.emplace(arguments, output);
  }

  /// Publishes until the reader, who joins late, has heard every source.
  bool reader_is_ready() {
    return eventually(
      [this] {
        for (const auto role : roles) {
          out->publish(role, "hello", [](std::string& text) { text += "{}"; });
        }
        return !reader->running() || reader->output().find("ready\n") != std::string::npos;
      },
      30s);
  }

  /// Publishes a match, many books, a signal, its order and its pair through the actor.
  void publish_a_game() {
    const auto actor = spawn(publisher_actor, std::move(*out));
    self->send(actor, sample_match());
    for (std::int32_t bid = 100; bid < 9'900; bid += 100) {
      self->send(actor, book_at(kalshi_market, Venue::kalshi, bid));
      self->send(actor, book_at(poly_market, Venue::polymarket, bid));
    }
    auto stale = book_at(kalshi_market, Venue::kalshi, 5'000);
    stale.status = BookStatus::stale;
    self->send(actor, stale);
    self->send(actor, sample_signal());
    self->send(actor, sample_report());
    sched.run();
    // Every role has its own socket, and the end must not overtake: it goes out when all else that
    // was said has been read.
    REQUIRE(reader->says("signals read: 1, prices read: 197", 30s));
    self->send(actor, sample_pair());
    sched.run();
  }

  std::filesystem::path output;
  std::optional<Publisher> out;
  std::optional<Process> reader;
};

/// The last line of the reader's output that is JSON.
std::string summary_line(const std::string& output) {
  const auto begin = output.find("{\"messages\"");
  return begin == std::string::npos ? "" : output.substr(begin, output.find('\n', begin) - begin);
}

} // namespace

SCENARIO_METHOD(NodeFixture, "a program in another language reads prices and signals") {
  GIVEN("a reader on npm's zeromq and msgpack that has found five publishers") {
    const auto codec = GENERATE(Codec::json, Codec::msgpack);
    open(codec);
    INFO(reader->output());
    REQUIRE(reader_is_ready());
    WHEN("a game with its prices, a signal and a trade is published") {
      publish_a_game();
      const auto exit_code = reader->wait(30s);
      THEN("the reader finds nothing wrong, no number missing, and reads what was said") {
        const auto text = reader->output();
        CAPTURE(text);
        CHECK(exit_code == 0);
        const auto line = summary_line(text);
        const auto document = JsonDocument::parse(line);
        REQUIRE(document);
        const auto summary = document->root();
        CHECK(summary["problems"].children().empty());
        const auto packed = codec == Codec::msgpack ? summary["messages"] : JsonValue{};
        CHECK(summary["msgpack"].count() == packed.count().value_or(0));
        CHECK(summary["sources"].children().size() == roles.size());
        const auto prices = summary["prices"].children();
        REQUIRE(prices.size() == 2 * 98 + 1);
        auto kalshi_bid = 100;
        for (const auto& price : prices) {
          if (price["bid"].is_null() || !price["topic"].text()->starts_with("prices.kalshi.")) {
            continue;
          }
          CHECK(parse_price(*price["bid"].number()) == Price{kalshi_bid});
          CHECK(parse_price(*price["ask"].number()) == Price{kalshi_bid + 100});
          kalshi_bid += 100;
        }
        CHECK(kalshi_bid == 9'900);
        const auto signals = summary["signals"].children();
        REQUIRE(signals.size() == 1);
        CHECK(signals[0]["topic"].text() == "signals.trade.abcdef0123456789");
        CHECK(signals[0]["edge_cents"].raw() == "3.127");
      }
    }
  }
}
