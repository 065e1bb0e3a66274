#include <limits>

#include "actors/observer/stream_watch.hpp"
#include "bridges/envelope/payload_codec.hpp"
#include "bridges/zmq/snapshot_client.hpp"
#include "tests/bridges/zmq/bus_fixture.hpp"
#include "tests/system/process.hpp"

using namespace arbees;
using namespace arbees::test;
using namespace std::chrono_literals;

namespace {

constexpr auto kalshi = PublishRole::kalshi_monitor;
constexpr auto shard = PublishRole::game_shard;

void say(Publisher& out, PublishRole role, const std::string& topic, int number,
         std::optional<Timestamp> until = std::nullopt) {
  out.publish(
    role, topic, [number](std::string& text) { text += "{\"n\":" + std::to_string(number) + "}"; },
    until);
}

/// A publisher of two roles whom late readers may ask, over TCP.
class SnapshotFixture : public Bus {
public:
  PublisherConfig settings() {
    auto config = publisher_config({{kalshi, "tcp://127.0.0.1:*"}, {shard, "tcp://127.0.0.1:*"}});
    config.snapshot_endpoint = "tcp://127.0.0.1:*";
    config.clock = [this] { return now; };
    return config;
  }

  SubscriberConfig late_reader() {
    auto config = subscriber_config({out.endpoint(kalshi), out.endpoint(shard)});
    config.snapshots = {out.snapshot_endpoint()};
    config.snapshot_patience = 20s; // a machine may be busy
    return config;
  }

  /// The next message of `in` while `out` answers; nothing after a time that is long.
  static std::optional<WireMessage> hear(Publisher& out, Subscriber& in) {
    std::optional<WireMessage> message;
    eventually(
      [&] {
        out.answer_late_readers();
        if (const auto received = in.receive()) {
          message = std::get<WireMessage>(*received);
        }
        return message.has_value();
      },
      20s);
    return message;
  }

  Timestamp now = test_time();
  Publisher out = publisher(settings());
};

/// Asks as others might: a socket of any kind, raw frames.
class RawAsker {
public:
  RawAsker(zmq::context_t& context, zmq::socket_type type, const std::string& endpoint)
    : socket{context, type} {
    socket.set(zmq::sockopt::linger, 0);
    socket.connect(endpoint);
  }

  void send(const std::vector<std::string>& frames) {
    for (std::size_t i = 0; i < frames.size(); ++i) {
      socket.send(zmq::buffer(frames[i]),
                  i + 1 < frames.size() ? zmq::send_flags::sndmore : zmq::send_flags::none);
    }
  }

  /// The frames of the next answer.
  std::vector<std::string> answer(Publisher& out) {
    std::vector<std::string> frames;
    eventually(
      [&] {
        out.answer_late_readers();
        zmq::message_t frame;
        while (socket.recv(frame, zmq::recv_flags::dontwait)) {
          frames.push_back(frame.to_string());
          if (!frame.more()) {
            return true;
          }
        }
        return false;
      },
      20s);
    return frames;
  }

  zmq::socket_t socket;
};

std::string reason_in(const std::vector<std::string>& frames) {
  return frames.size() == 2 && frames[0] == "snapshot.refused" ? frames[1] : "answered";
}

} // namespace

SCENARIO_METHOD(SnapshotFixture,
                "a reader that comes late hears how things stand, then what comes") {
  GIVEN("a publisher that has said much when nobody listened") {
    say(out, kalshi, "prices.kalshi.A", 1);
    say(out, kalshi, "prices.kalshi.B", 2);
    say(out, kalshi, "prices.kalshi.A", 3);
    say(out, shard, "signals.trade.1", 4, now + 5s);
    say(out, shard, "execution.request.1", 5); // happened: no state
    WHEN("a reader joins") {
      auto in = subscriber(late_reader());
      THEN("it is told the last of each topic as it was sent, and then hears live") {
        std::map<std::string, WireMessage> told;
        for (auto i = 0; i < 3; ++i) {
          const auto message = hear(out, in);
          REQUIRE(message);
          CHECK(message->from_snapshot);
          told[message->topic] = *message;
        }
        REQUIRE(told.size() == 3);
        const auto& price = told.at("prices.kalshi.A");
        CHECK(price.payload == "{\"n\":3}");
        CHECK(price.seq == 2);
        CHECK(price.source == "kalshi_monitor");
        CHECK(price.run == "run1");
        CHECK(price.timestamp_ms == to_ms(test_time()));
        std::optional<WireMessage> live;
        for (auto number = 100; !live && number < 2'000; ++number) {
          say(out, kalshi, "prices.kalshi.B", number);
          out.answer_late_readers();
          const auto received = in.receive();
          live = received ? std::optional{std::get<WireMessage>(*received)} : std::nullopt;
        }
        REQUIRE(live);
        CHECK(live->topic == "prices.kalshi.B");
        CHECK(live->seq > 2);
      }
    }
  }
}

SCENARIO_METHOD(SnapshotFixture, "nothing is lost between connecting and hearing") {
  GIVEN("a publisher that speaks all the time on many topics") {
    constexpr auto topics = 50;
    constexpr auto rounds = 400;
    std::map<std::string, int> last;
    auto say_next = [&, number = 0]() mutable {
      const auto topic = "prices.kalshi.T" + std::to_string(number % topics);
      say(out, kalshi, topic, number);
      last[topic] = number;
      ++number;
    };
    for (auto i = 0; i < topics; ++i) {
      say_next();
    }
    WHEN("a reader joins in the middle") {
      auto in = subscriber(late_reader());
      std::map<std::string, std::string> heard;
      std::optional<std::uint64_t> seq;
      auto ordered = true;
      const auto note = [&](const WireMessage& message) {
        ordered = ordered && (!seq || message.seq > *seq);
        seq = message.seq;
        heard[message.topic] = message.payload;
      };
      for (auto i = 0; i < rounds; ++i) {
        say_next();
        out.answer_late_readers();
        while (const auto received = in.poll()) {
          note(std::get<WireMessage>(*received));
        }
      }
      const auto all_here = [&] {
        return heard.size() == topics && std::ranges::all_of(last, [&](const auto& entry) {
                 return heard[entry.first] == "{\"n\":" + std::to_string(entry.second) + "}";
               });
      };
      eventually(
        [&] {
          out.answer_late_readers();
          if (const auto received = in.receive()) {
            note(std::get<WireMessage>(*received));
          }
          return all_here();
        },
        20s);
      THEN("it knows the last word on every topic, and heard no number twice or too late") {
        CHECK(all_here());
        CHECK(ordered);
      }
    }
  }
}

SCENARIO_METHOD(SnapshotFixture, "a publisher that has begun anew is asked again") {
  GIVEN("a reader that follows a publisher") {
    auto config = settings();
    say(out, kalshi, "prices.kalshi.A", 1);
    auto in = subscriber(late_reader());
    REQUIRE(hear(out, in)->topic == "prices.kalshi.A");
    config.endpoints = {{kalshi, out.endpoint(kalshi)}, {shard, out.endpoint(shard)}};
    config.snapshot_endpoint = out.snapshot_endpoint();
    WHEN("it ends, and a new run says something before the reader is back") {
      config.run = "run2";
      { const auto gone = std::move(out); }
      std::optional<Publisher> again;
      REQUIRE(eventually(
        [&] {
          auto opened = Publisher::open(context, config);
          if (opened) {
            again.emplace(std::move(*opened));
          }
          return again.has_value();
        },
        20s));
      say(*again, kalshi, "prices.kalshi.A", 2);
      say(*again, shard, "games.state.1", 3);
      THEN("the reader is told of both, although nothing more is said") {
        std::set<std::string> told;
        for (auto i = 0; i < 2; ++i) {
          const auto message = hear(*again, in);
          REQUIRE(message);
          CHECK(message->run == "run2");
          told.insert(message->topic);
        }
        CHECK(told == std::set<std::string>{"prices.kalshi.A", "games.state.1"});
        CHECK(in.snapshot_counters()->restarts == 1);
      }
    }
  }
}

SCENARIO_METHOD(SnapshotFixture, "a reader that was too slow is told what it lost") {
  GIVEN("a publisher with a short queue, and a reader with one as short that does not read") {
    auto config = settings();
    config.send_high_water_mark = 20;
    auto small = publisher(std::move(config));
    auto reader = subscriber_config({small.endpoint(kalshi)});
    reader.snapshots = {small.snapshot_endpoint()};
    reader.receive_high_water_mark = 20;
    auto in = subscriber(std::move(reader));
    REQUIRE(eventually(
      [&] {
        say(small, kalshi, "hello", 0);
        small.answer_late_readers();
        return in.receive().has_value();
      },
      20s));
    WHEN("much more is said than both queues and the sockets between them hold") {
      // Long enough to fill what the kernel keeps for a connection.
      const std::string filler(200'000, 'x');
      auto number = 0;
      while (small.counters(kalshi).overflows == 0 && number < 5'000) {
        small.publish(kalshi, "prices.kalshi.T" + std::to_string(number % 100),
                      [&](std::string& text) {
                        text += "{\"n\":" + std::to_string(number) + ",\"x\":\"" + filler + "\"}";
                      });
        ++number;
      }
      say(small, kalshi, "prices.kalshi.last", number);
      THEN("the loss is counted at the publisher, and at the reader, who asks and hears the last") {
        CHECK(small.counters(kalshi).overflows > 0);
        std::set<std::string> topics;
        const auto whole = eventually(
          [&] {
            small.answer_late_readers();
            if (const auto received = in.receive()) {
              topics.insert(std::get<WireMessage>(*received).topic);
            }
            return topics.contains("prices.kalshi.last")
                   && topics.contains("prices.kalshi.T" + std::to_string((number - 1) % 100));
          },
          20s);
        CHECK(whole);
        const auto& counters = *in.snapshot_counters();
        CHECK(counters.gaps + counters.lost_ends > 0);
        CHECK(counters.messages > 0);
      }
    }
  }
}

SCENARIO_METHOD(SnapshotFixture, "what is over is kept for nobody") {
  say(out, kalshi, "prices.kalshi.A", 1);
  say(out, shard, "signals.trade.1", 2, now + 5s);
  CHECK(out.kept().entries().size() == 2);
  out.forget("prices.kalshi.A");
  now += 6s;
  out.answer_late_readers();
  CHECK(out.kept().entries().empty());
  CHECK(out.kept().bytes() == 0);
}

TEST_CASE("what is kept for late readers is bounded") {
  SnapshotCache cache;
  for (std::size_t i = 0; i < SnapshotCache::max_topics + 10; ++i) {
    cache.put("prices.kalshi." + std::to_string(i), kalshi, i, "x");
  }
  CHECK(cache.entries().size() == SnapshotCache::max_topics);
  CHECK(cache.refused() == 10);
  cache.put("prices.kalshi.7", kalshi, 1, "longer");
  CHECK(cache.entries().at("prices.kalshi.7").frame == "longer");
}

TEST_CASE("a signal that was said again with a later end lives until then") {
  SnapshotCache cache;
  cache.put("signals.trade.1", shard, 1, "x", test_time() + 1s);
  cache.put("signals.trade.1", shard, 2, "y", test_time() + 3s);
  cache.expire(test_time() + 2s);
  CHECK(cache.entries().size() == 1);
  cache.expire(test_time() + 3s);
  CHECK(cache.entries().empty());
}

SCENARIO_METHOD(SnapshotFixture, "any REQ socket can ask, page by page") {
  GIVEN("more topics than one page holds") {
    for (std::size_t i = 0; i < SnapshotServer::page_topics + 5; ++i) {
      say(out, kalshi, "prices.kalshi." + std::to_string(10'000 + i), static_cast<int>(i));
    }
    RawAsker asker{context, zmq::socket_type::req, out.snapshot_endpoint()};
    asker.send({R"({"prefixes":["prices."]})"});
    auto frames = asker.answer(out);
    REQUIRE(frames.size() == 2 * SnapshotServer::page_topics + 2);
    CHECK(frames[0] == "prices.kalshi.10000");
    CHECK(frames[1].find(R"("seq":0,)") != std::string::npos);
    CHECK(frames[frames.size() - 2] == "snapshot.end");
    CHECK(frames.back()
          == R"({"id":0,"node":"node-1","run":"run1","sources":{"game_shard:node-1":0,)"
             R"("kalshi_monitor":2005},"count":2000,"more":true})");
    asker.send({R"({"prefixes":["prices."],"after":")" + frames[frames.size() - 4] + "\"}"});
    frames = asker.answer(out);
    CHECK(frames.size() == 2 * 5 + 2);
    CHECK(frames.back().find(R"("more":false)") != std::string::npos);
  }
}

SCENARIO_METHOD(SnapshotFixture, "requests that are none are counted by reason and answered") {
  say(out, kalshi, "prices.kalshi.A", 1);
  RawAsker asker{context, zmq::socket_type::dealer, out.snapshot_endpoint()};
  const auto reason = [&](const std::vector<std::string>& frames) {
    asker.send(frames);
    return reason_in(asker.answer(out));
  };
  CHECK(reason({"rubbish"}) == R"({"reason":"bad_json"})");
  CHECK(reason({"[]"}) == R"({"reason":"not_an_object"})");
  CHECK(reason({"{}"}) == R"({"reason":"bad_prefixes"})");
  CHECK(reason({R"({"prefixes":[1]})"}) == R"({"reason":"bad_prefixes"})");
  CHECK(reason({R"({"prefixes":[""],"id":-1})"}) == R"({"reason":"bad_id"})");
  CHECK(reason({R"({"prefixes":[""],"after":7})"}) == R"({"reason":"bad_after"})");
  CHECK(reason({R"({"prefixes":[""],"since":{"a\"b":1}})"}) == R"({"reason":"bad_since"})");
  CHECK(reason({std::string(20'000, ' ')}) == R"({"reason":"too_large"})");
  CHECK(reason({R"({"prefixes":[""]})", "more", "frames"}) == R"({"reason":"bad_frames"})");
  std::string many = R"({"prefixes":["a")";
  for (auto i = 0; i < 100; ++i) {
    many += R"(,"a")";
  }
  CHECK(reason({many + "]}"}) == R"({"reason":"bad_prefixes"})");
  CHECK(reason({R"({"prefixes":["prices."]})"}) == "answered");
  CHECK(out.snapshot_counters()->refused.at("bad_prefixes") == 3);
  CHECK(out.snapshot_counters()->refused.at("too_large") == 1);
}

SCENARIO_METHOD(SnapshotFixture,
                "a reader that asks and never reads costs one page, and nobody else") {
  GIVEN("two megabytes of topics") {
    const std::string filler(20'000, 'x');
    for (auto i = 0; i < 100; ++i) {
      out.publish(kalshi, "prices.kalshi." + std::to_string(i),
                  [&](std::string& text) { text += "{\"x\":\"" + filler + "\"}"; });
    }
    RawAsker frozen{context, zmq::socket_type::dealer, out.snapshot_endpoint()};
    WHEN("one asks a hundred times and reads nothing") {
      frozen.socket.set(zmq::sockopt::rcvhwm, 1);
      for (auto i = 0; i < 100; ++i) {
        frozen.socket.send(zmq::str_buffer(R"({"prefixes":[""]})"), zmq::send_flags::dontwait);
      }
      const auto refused = eventually(
        [&] {
          out.answer_late_readers();
          return out.snapshot_counters()->unsent > 20;
        },
        20s);
      THEN("most of its questions go unanswered, and another is answered") {
        CHECK(refused);
        RawAsker other{context, zmq::socket_type::req, out.snapshot_endpoint()};
        other.send({R"({"prefixes":["prices.kalshi.7"]})"});
        CHECK(other.answer(out).size() == 2 * 11 + 2);
      }
    }
  }
}

SCENARIO_METHOD(Bus, "what a full queue lost shows in the reader's statistics, from both ends") {
  GIVEN("a publisher with a short queue, and a reader that has stopped reading") {
    auto config = publisher_config(
      {{kalshi, "tcp://127.0.0.1:*"}, {PublishRole::telemetry, "tcp://127.0.0.1:*"}});
    config.send_high_water_mark = 20;
    auto out = publisher(std::move(config));
    auto reader = subscriber_config({out.endpoint(kalshi)});
    reader.receive_high_water_mark = 20;
    auto in = subscriber(std::move(reader));
    StreamWatch watch{StreamView::complete};
    const auto joined_at = join(out, kalshi, in);
    WHEN("more is said than fits on the way, and later a little") {
      const std::string filler(200'000, 'x');
      while (out.counters(kalshi).overflows == 0 && out.counters(kalshi).sent < 5'000) {
        out.publish(kalshi, "prices.kalshi.T",
                    [&](std::string& text) { text += "{\"x\":\"" + filler + "\"}"; });
      }
      std::uint64_t last = 0;
      std::uint64_t heard = 0;
      const auto whole = eventually(
        [&] {
          say(out, kalshi, "prices.kalshi.end", 1);
          while (const auto received = in.poll()) {
            const auto& message = std::get<WireMessage>(*received);
            watch.heard(message);
            last = message.seq;
            ++heard;
          }
          return watch.totals().gaps > 0;
        },
        20s);
      THEN("the numbers that are missing are those that were sent and not heard") {
        REQUIRE(whole);
        CHECK(watch.totals().gap_messages > 0);
        CHECK(heard + watch.totals().gap_messages == last - joined_at);
      }
      AND_THEN("the publisher's own count reaches the reader with its health") {
        auto telemetry = subscriber(subscriber_config({out.endpoint(PublishRole::telemetry)}));
        const auto overflows = out.counters(kalshi).overflows;
        REQUIRE(overflows > 0);
        const NodeHealth health{.node = "node-1",
                                .run = "run1",
                                .counters = {{"overflows:kalshi_monitor",
                                              static_cast<std::int64_t>(overflows)}}};
        CHECK(eventually(
          [&] {
            out.publish(PublishRole::telemetry, "telemetry.health.node-1",
                        [&](std::string& text) { encode_payload(text, health); });
            if (const auto received = telemetry.receive()) {
              watch.heard(std::get<WireMessage>(*received));
            }
            return watch.publisher_overflows() == overflows;
          },
          20s));
      }
    }
  }
}

TEST_CASE("damaged requests and answers are refused or read, and never crash") {
  const auto request = encode_snapshot_request({.id = 7,
                                                .prefixes = {"prices.", "games."},
                                                .after = "prices.kalshi.A",
                                                .run = "run1",
                                                .since = {{"kalshi_monitor", 12}}});
  const auto end = encode_snapshot_end({.id = 7,
                                        .node = "node-1",
                                        .run = "run1",
                                        .sources = {{"kalshi_monitor", 12}},
                                        .count = 3,
                                        .more = true});
  const auto read = decode_snapshot_request(request);
  REQUIRE(read);
  CHECK(read->prefixes == std::vector<std::string>{"prices.", "games."});
  CHECK(read->since.at("kalshi_monitor") == 12);
  REQUIRE(decode_snapshot_end(end));
  CHECK(decode_snapshot_end(end)->more);
  for (std::size_t at = 0; at < request.size(); ++at) {
    CHECK_FALSE(decode_snapshot_request(request.substr(0, at)));
    for (const auto bit : {1, 2, 4, 8, 16, 32, 64, 128}) {
      auto damaged = request;
      damaged[at] = static_cast<char>(damaged[at] ^ bit);
      const auto result = decode_snapshot_request(damaged);
      CHECK((!result || result->prefixes.size() <= max_snapshot_prefixes));
    }
  }
  for (std::size_t at = 0; at < end.size(); ++at) {
    CHECK_FALSE(decode_snapshot_end(end.substr(0, at)));
  }
}
