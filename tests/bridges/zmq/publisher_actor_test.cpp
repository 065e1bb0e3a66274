#include "bridges/zmq/publisher_actor.hpp"

#include "bridges/envelope/payload_codec.hpp"
#include "bridges/zmq/decoder_actor.hpp"
#include "bridges/zmq/topic_decoder.hpp"
#include "tests/actor_fixture.hpp"
#include "tests/bridges/envelope/sample_messages.hpp"
#include "tests/bridges/zmq/bus_fixture.hpp"

using namespace arbees;
using namespace arbees::test;

namespace {

std::map<PublishRole, std::string> all_roles() {
  std::map<PublishRole, std::string> endpoints;
  for (std::size_t i = 0; i < publish_role_count; ++i) {
    endpoints[static_cast<PublishRole>(i)] = "inproc://role" + std::to_string(i);
  }
  return endpoints;
}

/// A publisher actor of all roles and a subscriber that has found every socket.
class PublisherFixture : public Bus, public ActorFixture {
public:
  PublisherFixture() {
    std::vector<std::string> endpoints;
    for (const auto& [role, endpoint] : all_roles()) {
      endpoints.push_back(endpoint);
    }
    auto settings = publisher_config(all_roles());
    settings.node = "test-node";
    settings.snapshot_endpoint = "inproc://snapshots";
    auto out = publisher(std::move(settings));
    in.emplace(subscriber(subscriber_config(std::move(endpoints))));
    for (const auto& [role, endpoint] : all_roles()) {
      join(out, role, *in);
    }
    while (in->receive()) {
    }
    actor = spawn(publisher_actor, std::move(out));
  }

  /// Publishes `event` and returns what came on the bus.
  template <class Event>
  std::vector<WireMessage> published(const Event& event) {
    self->send(actor, event);
    sched.run();
    std::vector<WireMessage> messages;
    while (const auto received = in->receive()) {
      messages.push_back(std::get<WireMessage>(*received));
    }
    return messages;
  }

  template <class Event>
  void check_round_trip(const Event& event, const std::string& topic, const std::string& source) {
    CAPTURE(topic);
    const auto messages = published(event);
    REQUIRE(messages.size() == 1);
    CHECK(messages[0].topic == topic);
    CHECK(messages[0].source == source);
    const auto decoded = decode_topic(messages[0], BooksFrom::orderbook);
    REQUIRE(decoded);
    REQUIRE(std::holds_alternative<Event>(*decoded));
    CHECK(shown(std::get<Event>(*decoded)) == shown(event));
  }

  Metrics metrics() {
    auto request = self->request(actor, std::chrono::seconds{5}, caf::get_atom::value);
    sched.run();
    Metrics result;
    request.receive([&](const Metrics& values) { result = values; },
                    [](const caf::error& error) { FAIL(describe(error)); });
    return result;
  }

  /// The topics that a late reader is told of, as they are asked for by `prefix`.
  std::set<std::string> kept(const std::string& prefix) {
    auto client = SnapshotClient::open(context, "inproc://snapshots", test_time);
    REQUIRE(client);
    REQUIRE(client->ask({.id = 1, .prefixes = {prefix}}));
    std::optional<SnapshotPage> page;
    for (auto i = 0; i < 1'000 && !page; ++i) {
      published(Tick{.now = test_time()});
      page = client->poll();
    }
    REQUIRE(page);
    std::set<std::string> topics;
    for (const auto& message : page->messages) {
      topics.insert(message.topic);
    }
    return topics;
  }

  std::optional<Subscriber> in;
  PublisherActor actor;
};

} // namespace

SCENARIO_METHOD(PublisherFixture,
                "every event has its topic and source, and comes back as it was") {
  const std::string key = "nba:401990102";
  const GameState state{.id = sample_game().id, .phase = Phase::live, .detail = "Q1"};
  check_round_trip(GameDiscovered{sample_game(), state}, "games.discovered." + key, "orchestrator");
  check_round_trip(GameUpdate{sample_game(), state}, "games.nba." + key, "orchestrator");
  check_round_trip(sample_match(), "markets.matched." + key, "orchestrator");
  check_round_trip(MatchRejected{.listing = "nba-x", .gate = "teams"}, "markets.rejected.nba-x",
                   "orchestrator");
  check_round_trip(sample_signal(), "signals.trade.abcdef0123456789", "game_shard:test-node");
  check_round_trip(sample_request(), "execution.request.1122334455667788", "signal_processor");
  check_round_trip(SignalRejected{.signal = sample_signal(), .filter = "balance"},
                   "execution.rejected.abcdef0123456789", "signal_processor");
  check_round_trip(sample_report(), "trades.partial.1122334455667788", "executor");
  check_round_trip(Fill{.fill_id = "f", .pair = PairId{1}, .market = kalshi_market},
                   "trades.fill.0000000000000001", "executor");
  check_round_trip(sample_pair(), "trades.completed.1122334455667788", "executor");
  check_round_trip(BalanceUpdate{.venue = Venue::kalshi, .available = Money{5}},
                   "telemetry.balance.kalshi", "executor");
  check_round_trip(FeedStatus{.venue = Venue::polymarket, .reason = "closed"},
                   "telemetry.feed.polymarket", "node:test-node");
  check_round_trip(Metrics{"executor", {{"sent", 1}}}, "telemetry.metrics", "node:test-node");
  check_round_trip(GameEnded{sample_game(), state}, "games.ended." + key, "orchestrator");
}

SCENARIO_METHOD(PublisherFixture, "a book is published once its market has a name") {
  GIVEN("a market that no match named") {
    CHECK(published(sample_book()).empty());
    CHECK(metrics().values.at("unknown_market") == 1);
    WHEN("a match names it") {
      published(sample_match());
      const auto messages = published(sample_book());
      THEN("prices and levels are published, numbered one after the other") {
        REQUIRE(messages.size() == 2);
        CHECK(messages[0].topic == "prices.kalshi.KXNBAGAME-26NOV21LACLAL-LAL");
        CHECK(messages[1].topic == "orderbook.kalshi.KXNBAGAME-26NOV21LACLAL-LAL");
        CHECK(messages[0].source == "kalshi_monitor");
        CHECK(messages[1].seq == messages[0].seq + 1);
        const auto book = decode_topic(messages[1], BooksFrom::orderbook);
        REQUIRE(book);
        CHECK(shown(std::get<BookUpdate>(*book)) == shown(sample_book()));
        const auto top = decode_topic(messages[0], BooksFrom::prices);
        REQUIRE(top);
        CHECK(std::get<BookUpdate>(*top).bids.best() == sample_book().bids.best());
        CHECK(
          std::holds_alternative<UnknownTopic>(*decode_topic(messages[0], BooksFrom::orderbook)));
      }
    }
  }
}

SCENARIO_METHOD(PublisherFixture, "a signal of high edge is published twice") {
  auto signal = sample_signal();
  signal.edge_per_contract = Money{50'000};
  const auto messages = published(signal);
  REQUIRE(messages.size() == 2);
  CHECK(messages[0].topic == "signals.trade.abcdef0123456789");
  CHECK(messages[1].topic == "signals.high_edge.abcdef0123456789");
}

SCENARIO_METHOD(PublisherFixture, "a tick publishes the node's health") {
  published(Tick{.now = from_ms(1000)});
  const auto messages = published(Tick{.now = from_ms(6000)});
  REQUIRE(messages.size() == 1);
  CHECK(messages[0].topic == "telemetry.health.test-node");
  const auto health = decode_payload<NodeHealth>(messages[0].payload);
  REQUIRE(health);
  CHECK(health->node == "test-node");
  CHECK(health->run == "run1");
  CHECK(health->started_at == from_ms(1000));
  CHECK(health->at == from_ms(6000));
  CHECK(health->counters.at("sent:node") >= 1);
}

SCENARIO_METHOD(PublisherFixture, "the decoder hands typed messages to those who want them") {
  GIVEN("a decoder with a consumer of books and signals") {
    EventRoutes routes;
    routes.add<BookUpdate>(sink<BookSink>()).add<Signal>(sink<SignalSink>());
    const auto decoder = spawn(decoder_actor, routes, DecoderConfig{});
    published(sample_match());
    WHEN("a book, a signal and a game come over the bus, and rubbish") {
      for (const auto& message : published(sample_book())) {
        self->send(decoder, message);
      }
      for (const auto& message : published(sample_signal())) {
        self->send(decoder, message);
      }
      self->send(decoder, WireMessage{.topic = "signals.trade.1", .payload = "{}"});
      self->send(decoder, WireMessage{.topic = "candles.new", .payload = "{}"});
      self->send(decoder, WireMessage{.topic = "games.nba.x", .payload = "[]"});
      sched.run();
      THEN("the consumer gets the book once and the signal once") {
        const auto book = next<BookUpdate>();
        REQUIRE(book);
        CHECK(shown(*book) == shown(sample_book()));
        const auto signal = next<Signal>();
        REQUIRE(signal);
        CHECK(signal->id == sample_signal().id);
        CHECK_FALSE(self->has_next_message());
      }
      THEN("what was no message is counted by family") {
        auto request = self->request(decoder, std::chrono::seconds{5}, caf::get_atom::value);
        sched.run();
        // The book and the signal stand before the answer in this mailbox.
        request.receive(
          [](const Metrics& metrics) {
            CHECK(metrics.values.at("decoded") == 2);
            CHECK(metrics.values.at("unknown_topic") == 2);
            CHECK(metrics.values.at("rejected:signals") == 1);
            CHECK(metrics.values.at("rejected:games") == 1);
          },
          [](const caf::error& error) { FAIL(describe(error)); });
      }
    }
  }
}

SCENARIO_METHOD(PublisherFixture, "late readers are told how things stand, and not what is over") {
  using Topics = std::set<std::string>;
  const std::string key = "nba:401990102";
  const GameState state{.id = sample_game().id, .phase = Phase::live, .detail = "Q1"};
  const auto kalshi_book = "orderbook.kalshi.KXNBAGAME-26NOV21LACLAL-LAL";
  const auto kalshi_price = "prices.kalshi.KXNBAGAME-26NOV21LACLAL-LAL";
  GIVEN("a game with its match, a book and a signal") {
    published(GameDiscovered{sample_game(), state});
    published(GameUpdate{sample_game(), state});
    published(sample_match());
    published(sample_book());
    auto signal = sample_signal();
    signal.expires_at = test_time() + std::chrono::seconds{5};
    published(signal);
    published(SignalRejected{.signal = signal, .filter = "balance"});
    CHECK(kept("games.") == Topics{"games.discovered." + key, "games.nba." + key});
    CHECK(kept("markets.") == Topics{"markets.matched." + key});
    CHECK(kept("prices.") == Topics{kalshi_price});
    CHECK(kept("orderbook.") == Topics{kalshi_book});
    CHECK(kept("signals.") == Topics{"signals.trade.abcdef0123456789"});
    CHECK(kept("execution.").empty());
    WHEN("the market is closed") {
      auto closed = sample_book();
      closed.status = BookStatus::closed;
      published(closed);
      THEN("its prices are kept no more") {
        CHECK(kept("prices.").empty());
        CHECK(kept("orderbook.").empty());
        CHECK(kept("games.").size() == 2);
      }
    }
    WHEN("the game ends, and a book still comes") {
      published(GameEnded{sample_game(), state});
      published(sample_book());
      published(sample_match());
      THEN("nothing of it is kept") {
        CHECK(kept("games.").empty());
        CHECK(kept("markets.").empty());
        CHECK(kept("prices.").empty());
        CHECK(kept("orderbook.").empty());
      }
    }
    WHEN("a signal has expired") {
      auto over = sample_signal();
      over.expires_at = test_time() - std::chrono::seconds{1};
      published(over);
      THEN("it is kept no more") {
        CHECK(kept("signals.").empty());
      }
    }
  }
}

SCENARIO_METHOD(PublisherFixture, "a candle is published by its market's own name") {
  const Candle candle{.market = kalshi_market,
                      .start = Timestamp{std::chrono::minutes{3}},
                      .updates = 1};
  CHECK(published(candle).empty());
  published(sample_match());
  const auto messages = published(candle);
  REQUIRE(messages.size() == 1);
  CHECK(messages[0].topic == "market.candle.1m.KXNBAGAME-26NOV21LACLAL-LAL");
  CHECK(messages[0].source == "node:test-node");
  const auto copy = decode_payload<Candle>(messages[0].payload);
  REQUIRE(copy);
  CHECK(*copy == candle);
}
