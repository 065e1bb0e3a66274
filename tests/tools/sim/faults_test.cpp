#include <algorithm>
#include <boost/json.hpp>
#include <catch2/catch.hpp>
#include <set>

#include "tools/sim/faulty_link.hpp"
#include "tools/sim/http_faults.hpp"

namespace arbees::sim {

namespace {

FaultRates rates(std::string_view spec) {
  const auto parsed = parse_faults(spec);
  INFO(spec);
  REQUIRE(std::holds_alternative<FaultRates>(parsed));
  return std::get<FaultRates>(parsed);
}

std::string wrong(std::string_view spec) {
  const auto parsed = parse_faults(spec);
  const auto* const text = std::get_if<std::string>(&parsed);
  return text != nullptr ? *text : std::string{};
}

std::vector<std::string> numbered(int first, int count) {
  std::vector<std::string> frames;
  for (auto i = first; i < first + count; ++i) {
    frames.push_back(std::to_string(i));
  }
  return frames;
}

/// All that a link lets through of `count` frames, one each 10 ms, and of what it then holds.
std::vector<std::string> through(FaultyLink& link, int count) {
  std::vector<std::string> got;
  UnixMillis now = 0;
  const auto take = [&](FaultyLink::Step step) {
    got.insert(got.end(), step.frames.begin(), step.frames.end());
  };
  for (auto i = 0; i < count; ++i, now += 10) {
    take(link.say({std::to_string(i)}, now));
  }
  while (const auto due = link.next_due()) {
    take(link.release(*due));
  }
  return got;
}

HttpRequest request(const char* method, const char* target) {
  return parse_target(method, target);
}

} // namespace

TEST_CASE("a fault specification names classes and rates, later ones over earlier ones", "[sim]") {
  CHECK_FALSE(rates("off").any());
  CHECK(rates("drop=0.001").of(FaultClass::drop) == 0.001);
  CHECK(rates("drop=0.001").of(FaultClass::duplicate) == 0);
  const auto storm = rates("drop=0.5,all=0.005,http_timeout_after=0.25,pause=0");
  CHECK(storm.of(FaultClass::drop) == 0.005);
  CHECK(storm.of(FaultClass::settlement_reversal) == 0.005);
  CHECK(storm.of(FaultClass::http_timeout_after) == 0.25);
  CHECK(storm.of(FaultClass::pause) == 0);
  const auto usual = rates("all");
  for (std::size_t i = 0; i < fault_classes; ++i) {
    const auto fault = static_cast<FaultClass>(i);
    CHECK(usual.of(fault) > 0);
    CHECK(usual.of(fault) < 0.5);
    CHECK(rates(name(fault)).of(fault) == usual.of(fault)); // a name alone: its usual rate
  }
}

TEST_CASE("a fault specification reads back from its own text", "[sim]") {
  for (const auto* const spec : {"off", "all", "all=1", "drop=0.125,clock_jump=0.3"}) {
    CHECK(rates(rates(spec).text()) == rates(spec));
  }
  CHECK(rates("drop=0,cut=1").text() == "cut=1");
  CHECK(rates("drop=0").text() == "off");
}

TEST_CASE("a bad fault specification is refused with what is wrong", "[sim]") {
  CHECK_THAT(wrong("dorp=0.1"), Catch::Contains("\"dorp\"") && Catch::Contains("http_garbage"));
  CHECK_THAT(wrong("drop=0.1,,cut=1"), Catch::Contains("no fault class \"\""));
  CHECK_THAT(wrong(""), Catch::Contains("no fault class"));
  for (const auto* const spec : {"drop=", "drop=x", "drop=1.01", "drop=-0.1", "drop=nan",
                                 "drop=0.1x", "drop= 0.1", "drop=0.1=2", "all=inf"}) {
    INFO(spec);
    CHECK_THAT(wrong(spec), Catch::Contains("a rate is a number of 0 to 1"));
  }
  CHECK_FALSE(wrong("off,drop").empty());
}

TEST_CASE("the same seed decides the same, another one does not", "[sim]") {
  const auto decisions = [](std::uint64_t seed) {
    FaultPlan plan{rates("all=0.1"), seed};
    HttpFaults http{plan, {}};
    auto random = plan.next_link();
    FaultyLink link{plan, random};
    std::string log;
    for (auto i = 0; i < 2000; ++i) {
      const auto fate = http.decide("polymarket", request("POST", "/order"), false);
      log += std::to_string(fate.before.count()) + "/" + std::to_string(fate.after.count())
             + (fate.reaches ? "r" : "-") + (fate.hangs ? "h" : "-")
             + (fate.instead ? fate.instead->body : "") + "\n";
      for (const auto& frame : link.say({std::to_string(i)}, 10 * i).frames) {
        log += frame + " ";
      }
    }
    return log;
  };
  CHECK(decisions(7) == decisions(7));
  CHECK(decisions(7) != decisions(8));
}

TEST_CASE("a class that is off takes no number and counts nothing", "[sim]") {
  FaultPlan plan{rates("cut=1"), 1};
  auto random = plan.stream(5);
  auto untouched = plan.stream(5);
  CHECK_FALSE(plan.strikes(FaultClass::drop, random));
  CHECK(random.next() == untouched.next());
  CHECK(plan.strikes(FaultClass::cut, random));
  CHECK(plan.count(FaultClass::cut) == 1);
  CHECK(plan.count(FaultClass::drop) == 0);
  plan.change(rates("off"));
  CHECK_FALSE(plan.active());
  CHECK_FALSE(plan.strikes(FaultClass::cut, random));
  CHECK(plan.count(FaultClass::cut) == 1);
}

TEST_CASE("classes strike at their rate", "[sim]") {
  FaultPlan plan{rates("drop=0.1"), 3};
  FaultyLink link{plan, plan.next_link()};
  const auto got = through(link, 10'000);
  CHECK(got.size() + plan.count(FaultClass::drop) == 10'000);
  CHECK(plan.count(FaultClass::drop) > 850);
  CHECK(plan.count(FaultClass::drop) < 1150);
}

TEST_CASE("frames are dropped, doubled, swapped or late, and none changes", "[sim]") {
  SECTION("dropped") {
    FaultPlan plan{rates("drop=1"), 1};
    FaultyLink link{plan, plan.next_link()};
    CHECK(through(link, 50).empty());
  }
  SECTION("doubled") {
    FaultPlan plan{rates("duplicate=1"), 1};
    FaultyLink link{plan, plan.next_link()};
    CHECK(link.say({"a", "b"}, 0).frames == std::vector<std::string>{"a", "a", "b", "b"});
  }
  SECTION("swapped in pairs, the last one alone after a while") {
    FaultPlan plan{rates("reorder=1"), 1};
    FaultyLink link{plan, plan.next_link()};
    CHECK(link.say(numbered(1, 5), 0).frames == std::vector<std::string>{"2", "1", "4", "3"});
    CHECK(link.release(100).frames.empty());
    REQUIRE(link.next_due() == 250);
    CHECK(link.release(250).frames == std::vector<std::string>{"5"});
    CHECK_FALSE(link.busy(250));
  }
  SECTION("late, each within its bounds and all of them in the end") {
    FaultPlan plan{rates("delay=1"), 1};
    FaultyLink link{plan, plan.next_link()};
    auto got = std::vector<std::string>{};
    CHECK(link.say(numbered(100, 100), 0).frames.empty());
    CHECK(*link.next_due() >= 50);
    CHECK(link.release(49).frames.empty());
    got = link.release(1500).frames;
    CHECK_FALSE(link.next_due());
    CHECK(got != numbered(100, 100)); // some overtake
    std::ranges::sort(got);
    CHECK(got == numbered(100, 100));
  }
}

TEST_CASE("a connection ends in the middle of a frame, a second after its first", "[sim]") {
  FaultPlan plan{rates("partial=1"), 1};
  FaultyLink link{plan, plan.next_link()};
  CHECK_FALSE(link.say({"first", "second"}, 0).broken);
  CHECK_FALSE(link.say({"third"}, 999).broken);
  const auto torn = link.say({std::string(200, 'x'), "never"}, 1000);
  REQUIRE(torn.broken);
  CHECK(torn.frames == std::vector<std::string>{std::string(200, 'x')});
  CHECK(torn.broken->at == 4 + 100);
  CHECK_FALSE(torn.broken->reset);
  CHECK(link.say({"never"}, 1001).frames.empty());
  CHECK(link.busy(5000)); // it stays broken
}

TEST_CASE("a connection is cut at a byte of its stream, wherever that is", "[sim]") {
  std::set<std::string> places;
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    FaultPlan plan{rates("cut=1"), seed};
    FaultyLink link{plan, plan.next_link()};
    link.say({"first"}, 0);
    for (UnixMillis now = 1000; now < 3000; ++now) {
      const auto step = link.say({std::string(10, 'x')}, now);
      REQUIRE(step.frames.size() == 1);
      if (step.broken) {
        CHECK(step.broken->reset);
        REQUIRE(step.broken->at < 12);
        places.insert(step.broken->at == 0   ? "between frames"
                      : step.broken->at == 1 ? "in a header"
                                             : "in a payload");
        break;
      }
    }
  }
  CHECK(places.size() == 3);
}

TEST_CASE("a frozen link says nothing for a while, and may lose what it did not say", "[sim]") {
  auto deaf = 0;
  auto lossy = 0;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    FaultPlan plan{rates("freeze=1"), seed};
    FaultyLink link{plan, plan.next_link()};
    CHECK(link.say({"first"}, 0).frames.size() == 1);
    const auto pongs = link.say({"frozen", "PONG"}, 1000).frames.size();
    CHECK(pongs == (link.deaf() ? 0 : 1));
    deaf += link.deaf() ? 1 : 0;
    CHECK(link.busy(2999));
    CHECK(link.say({"still"}, 2999).frames.empty());
    plan.change(rates("off"));
    const auto thawed = link.say({"after"}, 9001).frames; // at most 8 s
    CHECK_FALSE(link.deaf());
    CHECK(thawed.back() == "after");
    lossy += thawed.size() == 1 ? 1 : 0;
    const auto kept = thawed.size() == 1 || thawed.front() == "frozen";
    CHECK(kept);
    CHECK_FALSE(link.busy(9001));
  }
  CHECK(deaf > 25);
  CHECK(deaf < 75);
  CHECK(lossy > 25);
  CHECK(lossy < 75);
}

TEST_CASE("a server's text frame has the length in its header", "[sim]") {
  CHECK(text_frame("hi") == std::string("\x81\x02hi"));
  CHECK(text_frame(std::string(126, 'a')).substr(0, 4) == std::string("\x81\x7e\x00\x7e", 4));
  CHECK(text_frame(std::string(70'000, 'a')).substr(0, 10)
        == std::string("\x81\x7f\x00\x00\x00\x00\x00\x01\x11\x70", 10));
}

TEST_CASE("425 comes only where the matching engine is asked", "[sim]") {
  FaultPlan plan{rates("http_425=1"), 1};
  HttpFaults http{plan, {}};
  const auto status = [&](const char* face, const char* method, const char* target) {
    const auto fate = http.decide(face, request(method, target), false);
    return fate.instead ? fate.instead->status : 0;
  };
  CHECK(status("polymarket", "POST", "/order") == 425);
  CHECK(status("polymarket", "DELETE", "/cancel-all") == 425);
  CHECK(status("polymarket", "GET", "/data/orders") == 0);
  CHECK(status("polymarket", "GET", "/book?token_id=1") == 0);
  CHECK(status("kalshi", "POST", "/order") == 0);
}

TEST_CASE("an upgrade is refused or delayed or passes, its answer is not spoilt", "[sim]") {
  FaultPlan plan{rates("all=0.2"), 1};
  HttpFaults http{plan, {}};
  for (auto i = 0; i < 2000; ++i) {
    const auto fate = http.decide("kalshi", request("GET", "/trade-api/ws/v2"), true);
    CHECK_FALSE(fate.cut_at);
    CHECK_FALSE(fate.garbles);
    CHECK((fate.after.count() == 0 || fate.hangs));
    CHECK((fate.reaches || fate.hangs || fate.instead));
    CHECK((!fate.reaches || !fate.instead));
  }
}

TEST_CASE("rubbish never is the answer, and says 200", "[sim]") {
  const HttpReply answer{.status = 201, .body = R"({"order_id":"1","fill_count":"0.00"})"};
  std::set<std::string> kinds;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const auto sent = rubbish(answer, seed);
    CHECK(sent.status == 200);
    CHECK(sent.body != answer.body);
    boost::json::error_code failure;
    const auto parsed = boost::json::parse(sent.body, failure);
    CHECK((failure || !parsed.is_object()));
    kinds.insert(sent.body.substr(0, 1));
  }
  CHECK(kinds.size() > 4);
}

} // namespace arbees::sim
