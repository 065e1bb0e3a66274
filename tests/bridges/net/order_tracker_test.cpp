#include "bridges/net/order_tracker.hpp"

#include <catch2/catch.hpp>

using namespace arbees;
using namespace std::chrono_literals;

namespace {

constexpr Timestamp t0 = from_ms(1'795'226'400'000);

Quantity contracts(std::int64_t count) {
  return Quantity{count * quantity_per_contract};
}

OrderIntent buy_no(std::int64_t count = 10) {
  return {.pair = PairId{7},
          .leg = 1,
          .client_order_id = "a7-1",
          .market = MarketId{9},
          .ref = {.venue = Venue::kalshi, .native_id = "KXT-A"},
          .side = Side::no,
          .action = Action::buy,
          .limit = Price{4000},
          .quantity = contracts(count)};
}

OrderAnswer taken(std::int64_t filled, OrderStatus status, Money notional, Money fee) {
  return {.verdict = Verdict::taken,
          .status = status,
          .venue_order_id = "v1",
          .filled = contracts(filled),
          .notional = notional,
          .fee = fee};
}

/// Of YES at 0.61: NO at 0.39.
FillEvent fill(std::string id, std::int64_t count, FillState state = FillState::confirmed) {
  return {.fill_id = std::move(id),
          .venue_order_id = "v1",
          .price_of = Side::yes,
          .price = Price{6100},
          .quantity = contracts(count),
          .fee = Money{count * 10'000},
          .state = state,
          .at = t0};
}

OrderEvent ended(std::int64_t filled) {
  return {
    .client_order_id = "a7-1", .venue_order_id = "v1", .ended = true, .filled = contracts(filled)};
}

OrderTracker tracking(const OrderIntent& order = buy_no()) {
  OrderTracker tracker;
  REQUIRE(tracker.track(order, t0) == TrackResult::added);
  return tracker;
}

/// The last report that comes out when `events` are told in this order.
struct Told {
  OrderReport last;
  Quantity fills;
  std::size_t fill_count = 0;

  void add(const OrderNews& news) {
    for (const auto& one : news.fills) {
      ++fill_count;
      fills = one.state == FillState::voided ? fills - one.quantity : fills + one.quantity;
    }
    if (!news.reports.empty()) {
      last = news.reports.back();
    }
  }
};

} // namespace

TEST_CASE("an answer before the stream: one terminal report, then the fills") {
  auto tracker = tracking();
  const auto answer =
    tracker.answered("a7-1", taken(6, OrderStatus::partial, Money{2'340'001}, Money{60'000}), t0);
  REQUIRE(answer.reports.size() == 1);
  CHECK(answer.fills.empty());
  CHECK(answer.reports[0].status == OrderStatus::partial);
  CHECK(answer.reports[0].filled == contracts(6));
  CHECK(answer.reports[0].notional == Money{2'340'001});
  CHECK(answer.reports[0].venue_order_id == "v1");
  CHECK(answer.reports[0].sent_at == t0);

  const auto first = tracker.apply(fill("f1", 4), t0 + 1ms);
  REQUIRE(first.fills.size() == 1);
  CHECK(first.reports.empty()); // 4 of 6 say nothing new
  CHECK(first.fills[0].price == Price{3900});
  CHECK(first.fills[0].side == Side::no);
  CHECK(first.fills[0].client_order_id == "a7-1");
  CHECK(first.fills[0].pair == PairId{7});

  const auto second = tracker.apply(fill("f2", 2), t0 + 2ms);
  CHECK(second.fills.size() == 1);
  REQUIRE(second.reports.size() == 1); // the average was a rounded one
  CHECK(second.reports[0].notional == Money{2'340'000});
  CHECK(second.reports[0].status == OrderStatus::partial);
}

TEST_CASE("an order that has ended is complete once its executions are told one by one") {
  auto tracker = tracking();
  CHECK(tracker.untold().empty()); // it has not ended
  CHECK_FALSE(tracker.is_complete("a7-1"));
  tracker.answered("a7-1", taken(6, OrderStatus::partial, Money{2'340'001}, Money{60'000}), t0);
  CHECK(tracker.untold() == std::vector<std::string>{"a7-1"});
  tracker.apply(fill("f1", 4), t0);
  CHECK(tracker.untold().size() == 1);
  SECTION("the rest stands") {
    tracker.apply(fill("f2", 2), t0);
  }
  SECTION("the rest was void when it was first heard of") {
    tracker.apply(fill("f2", 2, FillState::voided), t0);
  }
  CHECK(tracker.untold().empty());
  CHECK(tracker.is_complete("a7-1"));
}

TEST_CASE("the stream before the answer: early fills wait for the venue's id") {
  auto tracker = tracking();
  CHECK(tracker.apply(fill("f1", 4), t0).fills.empty());
  CHECK(tracker.apply(fill("f1", 4), t0).fills.empty());
  CHECK(tracker.apply(fill("f2", 2), t0).fills.empty());
  CHECK(tracker.early_events() == 3);
  const auto news =
    tracker.answered("a7-1", taken(6, OrderStatus::partial, Money{2'340'001}, Money{60'000}), t0);
  CHECK(news.fills.size() == 2);
  REQUIRE(news.reports.size() == 1);
  CHECK(news.reports[0].notional == Money{2'340'000});
  CHECK(tracker.early_events() == 0);
  CHECK(tracker.counters().at("repeated_fills") == 1);
}

TEST_CASE("the same order comes to the same end in whatever order its three sources tell of it") {
  const auto answer = taken(6, OrderStatus::partial, Money{2'340'000}, Money{60'000});
  std::vector<int> sources{0, 1, 2, 3, 3};
  do {
    auto tracker = tracking();
    Told told;
    for (const auto source : sources) {
      switch (source) {
        case 0:
          told.add(tracker.answered("a7-1", answer, t0));
          break;
        case 1:
          told.add(tracker.apply(fill("f1", 4), t0));
          break;
        case 2:
          told.add(tracker.apply(ended(6), t0));
          break;
        default:
          told.add(tracker.apply(fill("f2", 2), t0));
      }
    }
    CHECK(told.last.status == OrderStatus::partial);
    CHECK(told.last.filled == contracts(6));
    CHECK(told.last.notional == Money{2'340'000});
    CHECK(told.last.fee == Money{60'000});
    CHECK(told.fills == contracts(6));
    CHECK(told.fill_count == 2);
    CHECK(tracker.unresolved().empty());
  } while (std::next_permutation(sources.begin(), sources.end()));
}

TEST_CASE("fills that add up to the order end it before anything else is heard") {
  auto tracker = tracking();
  auto all = fill("f1", 10);
  all.client_order_id = "a7-1";
  const auto news = tracker.apply(all, t0);
  REQUIRE(news.reports.size() == 1);
  CHECK(news.reports[0].status == OrderStatus::filled);
  // Neither a lost answer nor a refusal takes that back.
  CHECK(tracker.answered("a7-1", {.verdict = Verdict::unknown, .reason = "timed out"}, t0)
          .reports.empty());
  CHECK(tracker.answered("a7-1", {.verdict = Verdict::rejected}, t0).reports.empty());
  CHECK(tracker.unresolved().empty());
}

TEST_CASE("a lost answer or a duplicate id is unknown until a look-up says what happened") {
  const auto verdict = GENERATE(Verdict::unknown, Verdict::duplicate);
  auto tracker = tracking();
  const auto lost = tracker.answered("a7-1", {.verdict = verdict, .reason = "why"}, t0);
  REQUIRE(lost.reports.size() == 1);
  CHECK(lost.reports[0].status == OrderStatus::unknown);
  CHECK(tracker.unresolved() == std::vector<std::string>{"a7-1"});

  SECTION("it was executed") {
    const auto order = tracker.apply(ended(6), t0 + 1s);
    REQUIRE(order.reports.size() == 1);
    CHECK(order.reports[0].status == OrderStatus::accepted); // how much it cost is not known yet
    CHECK(order.reports[0].filled == Quantity{0});
    CHECK(tracker.unresolved() == std::vector<std::string>{"a7-1"});
    CHECK(tracker.apply(fill("f1", 4), t0 + 1s).reports[0].status == OrderStatus::accepted);
    const auto all = tracker.apply(fill("f2", 2), t0 + 1s);
    REQUIRE(all.reports.size() == 1);
    CHECK(all.reports[0].status == OrderStatus::partial);
    CHECK(all.reports[0].filled == contracts(6));
    CHECK(tracker.unresolved().empty());
  }
  SECTION("it was not there") {
    const auto gone = tracker.not_found("a7-1", t0 + 1s);
    REQUIRE(gone.reports.size() == 1);
    CHECK(gone.reports[0].status == OrderStatus::rejected);
    CHECK(gone.reports[0].reason == "not_found");
    CHECK(tracker.unresolved().empty());
  }
  SECTION("it was there when the look-up did not see it yet") {
    tracker.apply(ended(0), t0);
    CHECK(tracker.not_found("a7-1", t0 + 1s).reports.empty());
    CHECK(tracker.report("a7-1", t0)->status == OrderStatus::unfilled);
  }
}

TEST_CASE("an order that must not rest stays unresolved while the venue says that it does") {
  auto order = buy_no();
  const auto force = GENERATE(TimeInForce::immediate_or_cancel, TimeInForce::good_till_cancelled);
  order.time_in_force = force;
  auto tracker = tracking(order);
  tracker.answered("a7-1", {.verdict = Verdict::unknown}, t0);
  auto resting = ended(0);
  resting.ended = false;
  const auto news = tracker.apply(resting, t0);
  CHECK(news.reports.at(0).status == OrderStatus::accepted);
  CHECK(tracker.unresolved().empty() == (force == TimeInForce::good_till_cancelled));
  CHECK(tracker.open().size() == 1);
}

TEST_CASE("what each verdict of an answer makes of an order") {
  struct Row {
    Verdict verdict;
    OrderStatus status;
  };
  const auto row = GENERATE(
    Row{Verdict::no_fill, OrderStatus::unfilled}, Row{Verdict::rejected, OrderStatus::rejected},
    Row{Verdict::paused, OrderStatus::rejected}, Row{Verdict::retry_later, OrderStatus::rejected},
    Row{Verdict::fatal, OrderStatus::rejected}, Row{Verdict::unknown, OrderStatus::unknown});
  auto tracker = tracking();
  const auto news = tracker.answered("a7-1", {.verdict = row.verdict, .reason = "why"}, t0);
  REQUIRE(news.reports.size() == 1);
  CHECK(news.reports[0].status == row.status);
  CHECK(news.reports[0].reason == "why");
}

TEST_CASE("a fill-or-kill order that met our own keeps what it got") {
  auto tracker = tracking();
  tracker.answered("a7-1", {.verdict = Verdict::no_fill, .reason = "killed"}, t0);
  auto some = fill("f1", 3);
  some.client_order_id = "a7-1";
  const auto news = tracker.apply(some, t0);
  REQUIRE(news.reports.size() == 1);
  CHECK(news.reports[0].status == OrderStatus::partial);
  CHECK(news.reports[0].filled == contracts(3));
}

TEST_CASE("a refusal of what the venue has told of is not believed") {
  auto tracker = tracking();
  auto resting = ended(0);
  resting.ended = false;
  tracker.apply(resting, t0);
  const auto news = tracker.answered("a7-1", {.verdict = Verdict::rejected, .reason = "no"}, t0);
  CHECK(tracker.report("a7-1", t0)->status == OrderStatus::accepted);
  CHECK(tracker.unresolved().size() == 1);
  CHECK(tracker.counters().at("refusals_contradicted") == 1);
}

TEST_CASE("a fill is told again when it is final, as it was first told but for its state") {
  auto tracker = tracking();
  tracker.apply(ended(0), t0);
  REQUIRE(tracker.apply(fill("f1", 4, FillState::provisional), t0).fills.size() == 1);
  auto confirmed = fill("f1", 4, FillState::confirmed);
  confirmed.price = Price{6200}; // an average may be told with other digits later
  confirmed.at = t0 + 5s;
  const auto news = tracker.apply(confirmed, t0 + 5s);
  REQUIRE(news.fills.size() == 1);
  CHECK(news.reports.empty()); // nothing else has changed
  CHECK(news.fills[0].fill_id == "f1");
  CHECK(news.fills[0].state == FillState::confirmed);
  CHECK(news.fills[0].price == Price{3900});
  CHECK(news.fills[0].at == t0);
  CHECK(tracker.apply(confirmed, t0 + 6s).fills.empty());
  // The first final word counts.
  const auto late = tracker.apply(fill("f1", 4, FillState::voided), t0 + 7s);
  CHECK(late.fills.empty());
  CHECK(late.reports.empty());
  CHECK(tracker.report("a7-1", t0)->voided == Quantity{0});
  CHECK(tracker.counters().at("finals_contradicted") == 1);
}

TEST_CASE("a voided fill is taken back once, and told as such") {
  auto tracker = tracking();
  tracker.answered("a7-1", taken(10, OrderStatus::filled, Money{3'900'000}, Money{100'000}), t0);
  tracker.apply(fill("f1", 4, FillState::provisional), t0);
  tracker.apply(fill("f2", 6, FillState::provisional), t0);
  CHECK(tracker.apply(fill("f1", 4, FillState::confirmed), t0).fills.size() == 1);

  const auto news = tracker.apply(fill("f2", 6, FillState::voided), t0 + 1s);
  REQUIRE(news.fills.size() == 1);
  CHECK(news.fills[0].fill_id == "f2");
  CHECK(news.fills[0].state == FillState::voided);
  REQUIRE(news.reports.size() == 1);
  CHECK(news.reports[0].status == OrderStatus::partial);
  CHECK(news.reports[0].filled == contracts(4));
  CHECK(news.reports[0].voided == contracts(6));
  CHECK(news.reports[0].notional == Money{1'560'000});
  CHECK(news.reports[0].fee == Money{40'000});

  // Late repeats do not bring it back.
  const auto state = GENERATE(FillState::provisional, FillState::confirmed, FillState::voided);
  const auto late = tracker.apply(fill("f2", 6, state), t0 + 2s);
  CHECK(late.fills.empty());
  CHECK(late.reports.empty());
}

TEST_CASE("a fill that is void when first heard of is not told, but leaves the total") {
  auto tracker = tracking();
  tracker.answered("a7-1", taken(10, OrderStatus::filled, Money{3'900'000}, Money{100'000}), t0);
  const auto news = tracker.apply(fill("f2", 6, FillState::voided), t0);
  CHECK(news.fills.empty());
  REQUIRE(news.reports.size() == 1);
  CHECK(news.reports[0].filled == contracts(4));
  CHECK(news.reports[0].notional == Money{1'560'000});
  CHECK(news.reports[0].voided == contracts(6));
}

TEST_CASE("a resting order is reported as it fills") {
  auto order = buy_no();
  order.time_in_force = TimeInForce::good_till_cancelled;
  auto tracker = tracking(order);
  CHECK(tracker.answered("a7-1", taken(0, OrderStatus::accepted, {}, {}), t0).reports[0].status
        == OrderStatus::accepted);
  CHECK(tracker.apply(fill("f1", 4), t0).reports[0].filled == contracts(4));
  CHECK(tracker.apply(fill("f1", 4), t0).reports.empty());
  const auto done = tracker.apply(ended(4), t0);
  REQUIRE(done.reports.size() == 1);
  CHECK(done.reports[0].status == OrderStatus::partial);
}

TEST_CASE("a stated total never makes a report go back") {
  auto order = buy_no();
  order.time_in_force = TimeInForce::good_till_cancelled;
  auto tracker = tracking(order);
  tracker.answered("a7-1", taken(6, OrderStatus::accepted, Money{2'340'000}, Money{60'000}), t0);
  const auto late = tracker.apply(ended(8), t0); // 2 more, of which nothing else is known
  CHECK(tracker.report("a7-1", t0)->filled == contracts(6));
  CHECK(tracker.report("a7-1", t0)->status == OrderStatus::accepted);
  CHECK(tracker.unresolved().size() == 1);
  CHECK(late.reports.empty());
}

TEST_CASE("rubbish and other people's orders change nothing") {
  auto tracker = tracking();
  auto negative = fill("f1", -4);
  negative.client_order_id = "a7-1";
  auto nameless = fill("", 4);
  nameless.client_order_id = "a7-1";
  auto beyond = fill("f1", 4);
  beyond.client_order_id = "a7-1";
  beyond.price = Price{10'001};
  auto huge = fill("f1", 1);
  huge.client_order_id = "a7-1";
  huge.quantity = Quantity{INT64_MAX};
  for (const auto& event : {negative, nameless, beyond, huge}) {
    const auto news = tracker.apply(event, t0);
    CHECK(news.fills.empty());
    CHECK(news.reports.empty());
  }
  auto bad_total = ended(-1);
  CHECK(tracker.apply(bad_total, t0).reports.empty());
  CHECK(tracker.counters().at("bad_events") == 5);

  tracker.answered("a7-1", taken(0, OrderStatus::unfilled, {}, {}), t0);
  auto other = fill("f9", 4);
  other.client_order_id = "a7-1";
  other.venue_order_id = "v2";
  CHECK(tracker.apply(other, t0).fills.empty());
  CHECK(tracker.counters().at("conflicting_ids") == 1);
  CHECK(tracker.answered("a8-0", {}, t0).reports.empty());
  CHECK(tracker.not_found("a8-0", t0).reports.empty());
  CHECK_FALSE(tracker.report("a8-0", t0));
  CHECK(tracker.intent("a8-0") == nullptr);
}

TEST_CASE("an order is tracked once, and a full tracker takes no more") {
  OrderTracker tracker{{.max_orders = 1}};
  CHECK(tracker.track(buy_no(), t0) == TrackResult::added);
  CHECK(tracker.track(buy_no(), t0) == TrackResult::known);
  auto other = buy_no();
  other.client_order_id = "a8-0";
  CHECK(tracker.track(other, t0) == TrackResult::full);
}

TEST_CASE("what was heard of an order before a restart's question is counted then") {
  OrderTracker tracker;
  tracker.apply(fill("f1", 10), t0);
  tracker.track(buy_no(), t0, "v1");
  const auto news = tracker.waiting_for("a7-1", t0);
  CHECK(news.fills.size() == 1);
  REQUIRE(news.reports.size() == 1);
  CHECK(news.reports[0].status == OrderStatus::filled);
  CHECK(tracker.venue_order_id("a7-1") == "v1");
  CHECK(tracker.waiting_for("a7-1", t0).reports.empty());
}

TEST_CASE("an early event with both ids finds the ones with the venue's id alone") {
  OrderTracker tracker;
  tracker.apply(fill("f1", 4), t0);
  tracker.apply(ended(4), t0);
  tracker.track(buy_no(), t0);
  const auto news = tracker.waiting_for("a7-1", t0);
  CHECK(news.fills.size() == 1);
  CHECK(news.reports.at(0).status == OrderStatus::partial);
}

TEST_CASE("memory is bounded: done orders and early events are dropped after a while") {
  OrderTracker tracker{{.retention = 10s, .early_retention = 2s, .max_early_events = 2}};
  tracker.track(buy_no(), t0, "v1");
  tracker.answered("a7-1", taken(10, OrderStatus::filled, Money{1}, Money{1}), t0);
  tracker.apply(fill("f1", 10, FillState::provisional), t0);
  CHECK(tracker.forget_old(t0 + 1h).empty()); // it may still be voided
  tracker.apply(fill("f1", 10, FillState::confirmed), t0);
  CHECK(tracker.forget_old(t0 + 10s - 1ns).empty());
  CHECK(tracker.forget_old(t0 + 10s) == std::vector<std::string>{"a7-1"});
  CHECK(tracker.size() == 0);

  tracker.track(buy_no(), t0);
  CHECK(tracker.forget_old(t0 + 24h).empty()); // nothing was heard of it: it may be out there

  for (int i = 0; i < 3; ++i) {
    tracker.apply(fill("f" + std::to_string(i), 1), t0);
  }
  CHECK(tracker.early_events() == 2);
  tracker.forget_old(t0 + 2s - 1ns);
  CHECK(tracker.early_events() == 2);
  tracker.forget_old(t0 + 2s);
  CHECK(tracker.early_events() == 0);
}

TEST_CASE("one order cannot be made to hold endless fills") {
  OrderTracker tracker{{.max_fills_per_order = 2}};
  tracker.track(buy_no(), t0, "v1");
  for (int i = 0; i < 5; ++i) {
    tracker.apply(fill("f" + std::to_string(i), 1), t0);
  }
  CHECK(tracker.report("a7-1", t0)->filled == contracts(2));
  CHECK(tracker.counters().at("fills_beyond_limit") == 3);
}
