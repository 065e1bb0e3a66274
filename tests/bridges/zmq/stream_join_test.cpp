#include "bridges/zmq/stream_join.hpp"

#include <catch2/catch.hpp>

using namespace arbees;
using namespace std::chrono_literals;

namespace {

using Moment = StreamJoin::Moment;

constexpr Moment start{1h};

WireMessage message(std::uint64_t seq, std::string topic, std::string run = "r1",
                    std::string source = "monitor") {
  return {.topic = std::move(topic),
          .source = std::move(source),
          .run = std::move(run),
          .seq = seq,
          .timestamp_ms = static_cast<std::int64_t>(1'000 + seq)};
}

/// One publisher that can be asked, and what its reader gets.
struct JoinFixture {
  explicit JoinFixture(std::vector<std::string> prefixes = {""})
    : join{{.publishers = 1, .prefixes = std::move(prefixes), .max_held = 100}, start} {
    take();
  }

  /// Takes note of what is asked.
  void take() {
    for (auto& ask : join.take_asks()) {
      asks.push_back(ask.request);
    }
  }

  void live(std::uint64_t seq, const std::string& topic, Moment at = start,
            const std::string& run = "r1") {
    join.hear(message(seq, topic, run), at);
    take();
  }

  /// Answers the last question: `next` is the number that comes next.
  void answer(std::vector<WireMessage> messages, std::uint64_t next, Moment at = start,
              const std::string& run = "r1", bool more = false) {
    REQUIRE_FALSE(asks.empty());
    SnapshotPage page{.messages = std::move(messages)};
    page.end = {.id = asks.back().id, .run = run, .sources = {{"monitor", next}}, .more = more};
    join.answer(0, std::move(page), at);
    take();
  }

  void advance(Moment at) {
    join.advance(at);
    take();
  }

  /// What was given out since: "topic#seq", with a star if a snapshot brought it.
  std::vector<std::string> heard() {
    std::vector<std::string> result;
    while (const auto next = join.next()) {
      result.push_back(next->topic + '#' + std::to_string(next->seq)
                       + (next->from_snapshot ? "*" : ""));
    }
    return result;
  }

  StreamJoin join;
  std::vector<SnapshotRequest> asks;
};

/// Reads signals only.
struct FilteredFixture : JoinFixture {
  FilteredFixture() : JoinFixture{{"signals."}} {}
};

using Texts = std::vector<std::string>;

} // namespace

TEST_CASE("a late reader hears the snapshot, then what came meanwhile, each once and in order") {
  JoinFixture reader;
  REQUIRE(reader.asks.size() == 1);
  reader.live(7, "b");
  reader.live(8, "c");
  reader.live(9, "a");
  CHECK(reader.heard().empty());
  // The publisher answered after number 8: it holds b as the reader does.
  reader.answer({message(3, "a"), message(7, "b"), message(8, "c")}, 9);
  CHECK(reader.heard() == Texts{"a#3*", "b#7", "c#8", "a#9"});
  reader.live(10, "b");
  CHECK(reader.heard() == Texts{"b#10"});
  CHECK(reader.join.counters().messages == 1);
  CHECK(reader.join.counters().doubles == 2);
  CHECK(reader.join.counters().gaps == 0);
}

TEST_CASE("what is on its way while the answer is there already is not heard twice") {
  JoinFixture reader;
  reader.answer({message(3, "a"), message(7, "b")}, 9);
  CHECK(reader.heard() == Texts{"a#3*", "b#7*"});
  reader.live(2, "a"); // older than what the snapshot told
  reader.live(7, "b");
  reader.live(8, "event"); // no state: in no snapshot
  reader.live(9, "a");
  CHECK(reader.heard() == Texts{"event#8", "a#9"});
}

TEST_CASE("an answer comes in pages") {
  JoinFixture reader;
  reader.answer({message(3, "a"), message(1, "b")}, 9, start, "r1", true);
  REQUIRE(reader.asks.size() == 2);
  CHECK(reader.asks[1].after == "b");
  CHECK(reader.asks[1].id == reader.asks[0].id);
  reader.live(9, "c");
  // Number 9 was said between the pages: it comes live.
  reader.answer({message(9, "c"), message(4, "d")}, 10);
  CHECK(reader.heard() == Texts{"b#1*", "a#3*", "d#4*", "c#9"});
}

TEST_CASE("live messages wait for an answer only so long") {
  JoinFixture reader;
  reader.live(7, "b");
  reader.advance(start + 400ms);
  CHECK(reader.heard().empty());
  reader.advance(start + 501ms);
  CHECK(reader.heard() == Texts{"b#7"});
  reader.live(8, "c", start + 600ms);
  CHECK(reader.heard() == Texts{"c#8"});
  CHECK(reader.join.counters().late == 1);
  // The answer is late: what nothing newer went by of is still news.
  reader.answer({message(3, "a"), message(6, "b"), message(8, "c")}, 9, start + 700ms);
  CHECK(reader.heard() == Texts{"a#3*"});
  reader.live(9, "b", start + 800ms);
  CHECK(reader.heard() == Texts{"b#9"});
}

TEST_CASE("numbers that are missing make the reader ask for what was said from there on") {
  JoinFixture reader;
  reader.answer({message(3, "a"), message(7, "b")}, 8);
  reader.live(8, "a");
  reader.heard();
  const auto later = start + 2s;
  reader.live(12, "c", later);
  reader.live(13, "d", later);
  CHECK(reader.heard().empty());
  REQUIRE(reader.asks.size() == 2);
  CHECK(reader.asks[1].since == std::map<std::string, std::uint64_t>{{"monitor", 9}});
  // A publisher that does not know `since` answers with everything.
  reader.answer({message(8, "a"), message(10, "b"), message(13, "d")}, 14, later);
  CHECK(reader.heard() == Texts{"b#10*", "c#12", "d#13"});
  CHECK(reader.join.counters().gaps == 1);
}

TEST_CASE("a subscription that came after the snapshot is noticed by the numbers") {
  JoinFixture reader;
  reader.answer({message(3, "a")}, 4);
  CHECK(reader.heard() == Texts{"a#3*"});
  reader.live(6, "c"); // 4 and 5 were said before the subscription was there
  REQUIRE(reader.asks.size() == 2);
  CHECK(reader.asks[1].since.at("monitor") == 4);
  reader.answer({message(5, "a"), message(6, "c")}, 7);
  reader.advance(start + 600ms);
  CHECK(reader.heard().size() == 2);
  CHECK(reader.join.counters().gaps == 1);
}

TEST_CASE("a publisher's new run is asked for its snapshot") {
  JoinFixture reader;
  reader.answer({message(3, "a")}, 4);
  reader.heard();
  reader.live(2, "c", start, "r2");
  CHECK(reader.heard().empty());
  REQUIRE(reader.asks.size() == 2);
  CHECK(reader.asks[1].since.empty());
  reader.answer({message(0, "a", "r2"), message(1, "b", "r2"), message(2, "c", "r2")}, 3, start,
                "r2");
  CHECK(reader.heard() == Texts{"a#0*", "b#1*", "c#2"});
  CHECK(reader.join.counters().restarts == 1);
  SECTION("what is left of the old run is passed on and asks for nothing") {
    reader.live(4, "z");
    CHECK(reader.heard() == Texts{"z#4"});
    CHECK(reader.asks.size() == 2);
  }
}

TEST_CASE("a restart is noticed although nothing new was said") {
  JoinFixture reader;
  reader.answer({message(3, "a")}, 4);
  reader.heard();
  reader.advance(start + 1100ms);
  REQUIRE(reader.asks.size() == 2);
  CHECK(reader.asks[1].prefixes.empty());
  reader.answer({}, 1, start + 1100ms, "r2");
  REQUIRE(reader.asks.size() == 3);
  CHECK(reader.asks[2].prefixes == Texts{""});
  reader.answer({message(0, "a", "r2")}, 1, start + 1200ms, "r2");
  CHECK(reader.heard() == Texts{"a#0*"});
}

TEST_CASE("a loss behind which nothing came is noticed") {
  JoinFixture reader;
  reader.answer({message(3, "a")}, 4);
  reader.heard();
  reader.advance(start + 1100ms);
  reader.answer({}, 6, start + 1100ms); // 4 and 5 may still be on their way
  CHECK(reader.asks.size() == 2);
  reader.advance(start + 2200ms);
  reader.answer({}, 6, start + 2200ms);
  REQUIRE(reader.asks.size() == 4);
  CHECK(reader.asks[3].since.at("monitor") == 4);
  reader.answer({message(5, "a")}, 6, start + 2300ms);
  CHECK(reader.heard() == Texts{"a#5*"});
  CHECK(reader.join.counters().lost_ends == 1);
}

TEST_CASE("a reader of some topics asks again once its subscription is surely there") {
  FilteredFixture reader;
  reader.answer({message(3, "signals.a")}, 10);
  CHECK(reader.heard() == Texts{"signals.a#3*"});
  reader.live(15, "signals.c"); // what lies between is not for it
  CHECK(reader.heard() == Texts{"signals.c#15"});
  CHECK(reader.asks.size() == 1);
  reader.advance(start + 1001ms);
  REQUIRE(reader.asks.size() == 2);
  CHECK(reader.asks[1].since.at("monitor") == 10);
  reader.answer({message(12, "signals.b"), message(15, "signals.c")}, 16, start + 1100ms);
  CHECK(reader.heard() == Texts{"signals.b#12*"});
  reader.live(16, "signals.c", start + 1200ms);
  CHECK(reader.heard() == Texts{"signals.c#16"});
  SECTION("and when it was connected again") {
    reader.join.connected(start + 5s);
    reader.advance(start + 6s);
    CHECK(reader.asks.back().since.at("monitor") == 17);
  }
}

TEST_CASE("what is held is bounded, and a publisher that never answers stops nobody") {
  JoinFixture reader;
  for (std::uint64_t i = 0; i < 150; ++i) {
    reader.live(i, "t" + std::to_string(i));
  }
  CHECK(reader.heard().size() == 150);
  CHECK(reader.join.counters().overflows == 1);
  reader.advance(start + 6s);
  CHECK(reader.join.counters().given_up == 1);
  REQUIRE(reader.asks.size() == 2);
  reader.live(150, "u", start + 6s);
  CHECK(reader.heard() == Texts{"u#150"});
}

TEST_CASE("two that use one name do not make the reader ask for ever") {
  JoinFixture reader;
  reader.answer({}, 4);
  for (auto i = 0; i < 50; ++i) {
    reader.live(4 + static_cast<std::uint64_t>(i), "a", start, "r1");
    reader.live(static_cast<std::uint64_t>(i), "a", start, "other");
    if (reader.join.is_holding()) {
      reader.answer({}, 5 + static_cast<std::uint64_t>(i));
    }
  }
  CHECK(reader.asks.size() < 5);
}

TEST_CASE("an answer with what nobody asked for is dropped") {
  JoinFixture reader;
  reader.answer({message(3, "a", "other"), message(2, "b", "r1", "stranger"), message(1, "c")}, 4);
  CHECK(reader.heard() == Texts{"c#1*"});
  SnapshotPage unasked{.messages = {message(9, "z")}};
  unasked.end = {.id = 12345, .run = "r1", .sources = {{"monitor", 10}}};
  reader.join.answer(0, unasked, start);
  CHECK(reader.heard().empty());
}
