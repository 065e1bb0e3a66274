#include "actors/observer/stream_watch.hpp"

#include <catch2/catch.hpp>

using namespace arbees;
using namespace std::chrono_literals;

namespace {

WireMessage message(std::uint64_t seq, std::string run = "a", std::string source = "s") {
  return {.topic = "prices.kalshi.X",
          .source = std::move(source),
          .run = std::move(run),
          .seq = seq,
          .timestamp_ms = 1000,
          .received_at = Timestamp{1002ms}};
}

std::vector<std::string> events(StreamWatch& watch, const std::vector<WireMessage>& messages) {
  std::vector<std::string> result;
  for (const auto& each : messages) {
    result.emplace_back(to_string(watch.heard(each).event));
  }
  return result;
}

std::vector<WireMessage> numbers(const std::vector<std::uint64_t>& seqs) {
  std::vector<WireMessage> result;
  for (const auto seq : seqs) {
    result.push_back(message(seq));
  }
  return result;
}

using Events = std::vector<std::string>;

} // namespace

TEST_CASE("streams are followed number by number") {
  struct Case {
    std::vector<std::uint64_t> seqs;
    Events expected;
    std::uint64_t gaps;
    std::uint64_t missing;
    std::uint64_t duplicates;
    std::uint64_t reorders;
  };
  const auto example = GENERATE(values<Case>({
    {{0, 1, 2}, {"joined", "in_order", "in_order"}, 0, 0, 0, 0},
    {{7, 8}, {"joined", "in_order"}, 0, 0, 0, 0},
    {{0, 2, 3}, {"joined", "gap", "in_order"}, 1, 1, 0, 0},
    {{0, 5, 9}, {"joined", "gap", "gap"}, 2, 7, 0, 0},
    {{0, 2, 1}, {"joined", "gap", "reorder"}, 1, 0, 0, 1},
    {{0, 4, 2, 1, 3}, {"joined", "gap", "reorder", "reorder", "reorder"}, 1, 0, 0, 3},
    {{0, 4, 2, 2}, {"joined", "gap", "reorder", "duplicate"}, 1, 2, 1, 1},
    {{0, 0, 1, 1}, {"joined", "duplicate", "in_order", "duplicate"}, 0, 0, 2, 0},
    {{5, 4}, {"joined", "duplicate"}, 0, 0, 1, 0},
  }));
  CAPTURE(example.seqs);
  StreamWatch watch{StreamView::complete};
  CHECK(events(watch, numbers(example.seqs)) == example.expected);
  CHECK(watch.totals().gaps == example.gaps);
  CHECK(watch.totals().gap_messages == example.missing);
  CHECK(watch.totals().duplicates == example.duplicates);
  CHECK(watch.totals().reorders == example.reorders);
  CHECK(watch.totals().messages == example.seqs.size());
}

TEST_CASE("a gap says how many are missing") {
  StreamWatch watch{StreamView::complete};
  CHECK(watch.heard(message(10)).missing == 10);
  const auto finding = watch.heard(message(14));
  CHECK(finding.event == StreamEvent::gap);
  CHECK(finding.missing == 3);
}

TEST_CASE("a new run is a restart, not a gap, and stragglers of the old run are none") {
  StreamWatch watch{StreamView::complete};
  CHECK(events(watch, {message(0, "a"), message(1, "a"), message(0, "b"), message(2, "a"),
                       message(1, "b"), message(0, "c")})
        == Events{"joined", "in_order", "restart", "in_order", "in_order", "restart"});
  CHECK(watch.totals().restarts == 2);
  CHECK(watch.totals().gaps == 0);
}

TEST_CASE("sources are followed apart") {
  StreamWatch watch{StreamView::complete};
  CHECK(events(watch, {message(0, "a", "x"), message(0, "a", "y"), message(1, "a", "x"),
                       message(2, "a", "y")})
        == Events{"joined", "joined", "in_order", "gap"});
}

TEST_CASE("a reader of some topics sees no gaps, but repetitions and disorder") {
  StreamWatch watch{StreamView::filtered};
  CHECK(events(watch, numbers({3, 7, 7, 5, 20}))
        == Events{"joined", "in_order", "duplicate", "reorder", "in_order"});
  CHECK(watch.totals().gaps == 0);
}

TEST_CASE("a flood of sources and runs is bounded") {
  StreamWatch watch{StreamView::complete};
  for (std::size_t i = 0; i < StreamWatch::max_sources; ++i) {
    watch.heard(message(0, "a", "source" + std::to_string(i)));
  }
  CHECK(watch.heard(message(0, "a", "one too many")).event == StreamEvent::untracked);
  CHECK(watch.totals().untracked == 1);
  CHECK(watch.sources() == StreamWatch::max_sources);
  for (auto i = 0; i < 100; ++i) {
    watch.heard(message(0, "run" + std::to_string(i), "source0"));
  }
  CHECK(watch.totals().restarts == 100);
}

TEST_CASE("a source that says nothing is told once, until it speaks again") {
  StreamWatch watch{StreamView::complete, 5s};
  auto first = message(0);
  first.received_at = Timestamp{10s};
  watch.heard(first);
  CHECK(watch.newly_silent(Timestamp{15s}).empty());
  const auto silent = watch.newly_silent(Timestamp{15'001ms});
  REQUIRE(silent.size() == 1);
  CHECK(silent[0].source == "s");
  CHECK(silent[0].run == "a");
  CHECK(silent[0].silent_for == 5'001ms);
  CHECK(watch.newly_silent(Timestamp{60s}).empty());
  auto second = message(1);
  second.received_at = Timestamp{61s};
  watch.heard(second);
  CHECK(watch.newly_silent(Timestamp{67s}).size() == 1);
}

TEST_CASE("messages are counted by family, strange ones together") {
  StreamWatch watch{StreamView::complete};
  auto strange = message(1);
  strange.topic = "whatever.x";
  watch.heard(message(0));
  watch.heard(strange);
  CHECK(watch.families() == std::map<std::string, std::uint64_t>{{"other", 1}, {"prices", 1}});
}

TEST_CASE("latency runs from the publisher's stamp to our socket") {
  StreamWatch watch{StreamView::complete};
  watch.heard(message(0));
  CHECK(watch.latency().max() == 2ms);
  auto ahead = message(1);
  ahead.timestamp_ms = 5000;
  watch.heard(ahead);
  auto absurd = message(2);
  absurd.timestamp_ms = std::numeric_limits<std::int64_t>::max();
  watch.heard(absurd);
  CHECK(watch.latency().count() == 1);
  CHECK(watch.totals().ahead == 2);
}

TEST_CASE("what a snapshot brought is neither a gap nor a latency, and what follows has joined") {
  StreamWatch watch{StreamView::complete};
  for (const std::uint64_t seq : {3, 17, 40}) {
    auto old = message(seq);
    old.from_snapshot = true;
    CHECK(watch.heard(old).event == StreamEvent::snapshot);
  }
  const auto first = watch.heard(message(90));
  CHECK(first.event == StreamEvent::joined);
  CHECK(watch.heard(message(91)).event == StreamEvent::in_order);
  SECTION("a later snapshot changes nothing either") {
    auto again = message(50);
    again.from_snapshot = true;
    watch.heard(again);
    CHECK(watch.heard(message(92)).event == StreamEvent::in_order);
    CHECK(watch.heard(message(95)).event == StreamEvent::gap);
  }
  SECTION("a restart that a snapshot told of first is told when it is heard") {
    auto anew = message(2, "b");
    anew.from_snapshot = true;
    watch.heard(anew);
    CHECK(watch.heard(message(3, "b")).event == StreamEvent::restart);
  }
  const auto& totals = watch.totals();
  CHECK(totals.from_snapshot >= 3);
  CHECK(watch.latency().count() == totals.messages);
  CHECK(watch.families().at("prices") == totals.messages);
}

TEST_CASE("what a snapshot brought before its turn is not missed when its turn comes") {
  StreamWatch watch{StreamView::complete};
  const auto snapshot = [&](std::uint64_t seq) {
    auto shown = message(seq);
    shown.from_snapshot = true;
    watch.heard(shown);
  };
  SECTION("the next one") {
    watch.heard(message(2));
    snapshot(3);
    CHECK(watch.heard(message(4)).event == StreamEvent::in_order);
  }
  SECTION("one further on") {
    watch.heard(message(2));
    snapshot(5);
    CHECK(watch.heard(message(3)).event == StreamEvent::in_order);
    CHECK(watch.heard(message(4)).event == StreamEvent::in_order);
    CHECK(watch.heard(message(6)).event == StreamEvent::in_order);
  }
  SECTION("before the first one was heard") {
    snapshot(3);
    CHECK(watch.heard(message(2)).event == StreamEvent::joined);
    CHECK(watch.heard(message(4)).event == StreamEvent::in_order);
  }
  SECTION("but what nobody brought is") {
    watch.heard(message(2));
    snapshot(5);
    const auto gap = watch.heard(message(8));
    CHECK(gap.event == StreamEvent::gap);
    CHECK(gap.missing == 4);
    CHECK(watch.heard(message(4)).event == StreamEvent::reorder);
    CHECK(watch.totals().gap_messages == 3);
    return;
  }
  CHECK(watch.totals().gaps == 0);
}

TEST_CASE("a source of which only a snapshot told is silent one day, too") {
  StreamWatch watch{StreamView::complete, 5s};
  auto old = message(3);
  old.from_snapshot = true;
  watch.heard(old);
  const auto silent = watch.newly_silent(Timestamp{10s});
  REQUIRE(silent.size() == 1);
  CHECK(silent[0].run == "a");
}

TEST_CASE("end to end is from the venue's news to here") {
  StreamWatch watch{StreamView::complete};
  auto price = message(0);
  price.payload = R"({"market_id":"X","received_ts_us":1001200,"status":"ok"})";
  watch.heard(price);
  auto signal = message(1);
  signal.topic = "signals.trade.1";
  signal.payload = R"({"legs":[{"received_ts_us":5}],"triggered_ts_us":1000500})";
  watch.heard(signal);
  CHECK(watch.end_to_end().at("prices").max() == 800us);
  CHECK(watch.end_to_end().at("signals").max() == 1500us);
  auto rubbish = message(2);
  rubbish.payload = R"({"received_ts_us":"soon"})";
  watch.heard(rubbish);
  CHECK(watch.end_to_end().at("prices").count() == 1);
}

TEST_CASE("full queues at the publishers are counted by their own word, the last one") {
  StreamWatch watch{StreamView::complete};
  auto health = message(0, "a", "node:n1");
  health.topic = "telemetry.health.n1";
  health.payload =
    R"({"counters":{"overflows:kalshi_monitor":3,"overflows:node":1,"sent:node":9}})";
  watch.heard(health);
  CHECK(watch.publisher_overflows() == 4);
  health.seq = 1;
  health.payload = R"({"counters":{"overflows:kalshi_monitor":5}})";
  watch.heard(health);
  CHECK(watch.publisher_overflows() == 5);
}
