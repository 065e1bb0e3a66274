#include "actors/position_tracker/position_tracker.hpp"

#include <algorithm>

#include "tests/actors/executor/pair_fixture.hpp"

using namespace arbees;
using namespace arbees::test;

namespace {

constexpr PairId pair_one{0xabc};

std::shared_ptr<const SettlementTable> rules() {
  auto table = std::make_shared<SettlementTable>();
  for (const auto venue : {Venue::kalshi, Venue::polymarket}) {
    table->add(venue, League::nba, MarketKind::winner,
               {.lockup_hours = venue == Venue::kalshi ? 4 : 6});
  }
  return table;
}

MatchedGame match() {
  return {.game = {.id = GameId{2}, .league = League::nba, .start = start + 10h},
          .markets = {kalshi_market(), poly_market()},
          .contracts = {{.id = ContractId{3}, .game = GameId{2}}},
          .tradable = true};
}

Fill fill_of(std::uint8_t leg, Action action, Price price, Quantity quantity,
             FillState state = FillState::confirmed) {
  return {.fill_id = fmt::format("{}{}{}", leg, to_string(action), price.value()),
          .pair = pair_one,
          .market = leg == 0 ? kalshi_id : poly_id,
          .side = leg == 0 ? Side::yes : Side::no,
          .action = action,
          .price = price,
          .quantity = quantity,
          .fee = dollars(0.10),
          .at = start,
          .state = state};
}

PairClosed closed_with(Quantity held, std::uint32_t revision = 0) {
  return {.pair = pair_one,
          .game = GameId{2},
          .outcome = PairOutcome::complete,
          .matched = held,
          .held = {held, held},
          .closed_at = start,
          .revision = revision};
}

Settlement paid(std::uint8_t leg, Money payout) {
  return {.venue = leg == 0 ? Venue::kalshi : Venue::polymarket,
          .market = leg == 0 ? kalshi_id : poly_id,
          .side = leg == 0 ? Side::yes : Side::no,
          .quantity = contracts(20),
          .payout = payout,
          .at = start + 12h};
}

/// A tracker that holds 20 contracts of both legs at 45 cents each.
class Desk {
public:
  Desk() {
    tracker.apply(match());
    CHECK(tracker.apply(request_for(contracts(20))).follow.size() == 2);
    tracker.apply(fill_of(0, Action::buy, cents(45), contracts(20)));
    tracker.apply(fill_of(1, Action::buy, cents(45), contracts(20)));
    tracker.apply(closed_with(contracts(20)));
  }

  void show(Price kalshi, Price poly, Timestamp at) {
    news = tracker.apply(kalshi_book({{kalshi, contracts(500)}}, {}, at));
    auto more = tracker.apply(poly_book({}, {{complement(poly), contracts(500)}}, at));
    std::ranges::move(more.updates, std::back_inserter(news.updates));
    std::ranges::move(more.exits, std::back_inserter(news.exits));
  }

  PositionUpdate position() const {
    const auto found = tracker.position(pair_one);
    REQUIRE(found);
    return *found;
  }

  PositionTracker tracker{PositionConfig{}, rules()};
  TrackerNews news;
};

} // namespace

TEST_CASE("a position is a pair with its legs, costs, marks and lock-up") {
  Desk desk;
  CHECK_FALSE(desk.position().unrealised); // no book yet
  desk.show(cents(43), cents(43), start + 1s);
  const auto position = desk.position();
  CHECK(position.state == PositionState::open);
  CHECK(position.matched == contracts(20));
  CHECK(position.legs[1].side == Side::no);
  CHECK(position.legs[1].cost == dollars(9));
  // NO at 43: 8.60 less 5 % * 20 * 0.43 * 0.57.
  CHECK(position.legs[1].mark == dollars(8.60 - 0.2451));
  REQUIRE(position.unrealised);
  CHECK(*position.unrealised == *position.legs[0].mark + *position.legs[1].mark - dollars(18));
  CHECK(position.fees == dollars(0.20));
  CHECK(position.lockup_hours == 16); // ten to the start, six at the slower venue
}

TEST_CASE("marks are told once a second, what else changes at once") {
  Desk desk;
  desk.show(cents(43), cents(43), start + 2s);
  CHECK_FALSE(desk.news.updates.empty());
  desk.show(cents(42), cents(42), start + 2s + 500ms);
  CHECK(desk.news.updates.empty());
  desk.show(cents(41), cents(41), start + 3s);
  CHECK(desk.news.updates.size() == 1);
  const auto news = desk.tracker.apply(fill_of(1, Action::sell, cents(44), contracts(5)));
  REQUIRE(news.updates.size() == 1);
  CHECK(news.updates[0].legs[1].quantity == contracts(15));
}

TEST_CASE("a fill that is voided leaves the position") {
  PositionTracker tracker{PositionConfig{}, nullptr};
  tracker.apply(request_for(contracts(20)));
  tracker.apply(fill_of(1, Action::buy, cents(45), contracts(20), FillState::provisional));
  CHECK(tracker.position(pair_one)->legs[1].quantity == contracts(20));
  tracker.apply(fill_of(1, Action::buy, cents(45), contracts(20), FillState::voided));
  CHECK(tracker.position(pair_one)->legs[1].quantity == Quantity{});
  CHECK(tracker.position(pair_one)->state == PositionState::closed);
  CHECK(tracker.held().empty());
}

TEST_CASE("the venues' payments settle a position, and a reversed decision settles it anew") {
  Desk desk;
  desk.tracker.apply(paid(0, dollars(20)));
  CHECK(desk.position().state == PositionState::open);
  CHECK(desk.position().realised == dollars(11));
  desk.tracker.apply(paid(1, dollars(0)));
  CHECK(desk.position().state == PositionState::settled);
  CHECK(desk.position().realised == dollars(2));
  CHECK(desk.position().fees == dollars(0.20));
  CHECK_FALSE(desk.position().lockup_hours);
  SECTION("the other side has won after all") {
    desk.tracker.apply(paid(0, dollars(0)));
    const auto news = desk.tracker.apply(paid(1, dollars(20)));
    REQUIRE(news.updates.size() == 1);
    CHECK(desk.position().realised == dollars(2));
    CHECK(desk.position().legs[0].realised == dollars(-9));
    CHECK(desk.position().legs[1].realised == dollars(11));
  }
  SECTION("a tie pays half at one venue, a fair price at the other") {
    desk.tracker.apply(paid(0, dollars(10)));
    desk.tracker.apply(paid(1, dollars(8.40)));
    CHECK(desk.position().realised == dollars(10 + 8.40 - 18));
  }
  SECTION("snapshots count it as settled") {
    CHECK(desk.tracker.snapshot().positions.empty());
    CHECK(desk.tracker.snapshot().settled == 1);
    CHECK(desk.tracker.snapshot().realised == dollars(2));
  }
}

TEST_CASE("an exit is signalled once, and again some time after it has ended") {
  Desk desk;
  desk.show(cents(60), cents(60), start + 1s);
  REQUIRE(desk.tracker.position(pair_one)->state == PositionState::exiting);
  desk.show(cents(61), cents(61), start + 2s);
  CHECK(desk.news.exits.empty());
  desk.tracker.apply(
    ExitEnded{.position = pair_one, .sold = {contracts(5), contracts(5)}, .at = start + 3s});
  CHECK(desk.position().state == PositionState::open);
  desk.show(cents(61), cents(61), start + 4s);
  CHECK(desk.news.exits.empty());
  desk.show(cents(61), cents(61), start + 8s);
  REQUIRE(desk.news.exits.size() == 1);
  const auto exit = desk.news.exits[0];
  CHECK(exit.reason == ExitReason::early_exit);
  CHECK(exit.position == pair_one);
  CHECK(exit.legs[0].quantity == contracts(20));
  SECTION("a rejection frees it, one of another exit does not") {
    auto other = exit;
    other.id = SignalId{1};
    desk.tracker.apply(ExitRejected{.exit = other, .filter = "book_age"});
    CHECK(desk.position().state == PositionState::exiting);
    desk.tracker.apply(ExitRejected{.exit = exit, .filter = "book_age"});
    CHECK(desk.position().state == PositionState::open);
  }
  SECTION("an exit that nobody answers is given up") {
    desk.tracker.apply(Tick{start + 9s + PositionConfig{}.exit_patience});
    CHECK(desk.position().state == PositionState::open);
  }
}

TEST_CASE("a pair at work is not sold") {
  PositionTracker tracker{PositionConfig{}, rules()};
  tracker.apply(match());
  tracker.apply(request_for(contracts(20)));
  tracker.apply(fill_of(0, Action::buy, cents(45), contracts(20)));
  tracker.apply(TradingControl{.state = TradingState::flatten, .at = start});
  CHECK(tracker.apply(kalshi_book({{cents(45), contracts(500)}}, {}, start + 1s)).exits.empty());
  CHECK(tracker.apply(closed_with(contracts(20))).exits.size() == 1);
}

TEST_CASE("flatten sells every position that it can, and names the others once") {
  Desk desk;
  desk.show(cents(45), cents(45), start + 1s);
  CHECK(desk.news.exits.empty());
  SECTION("at a small loss") {
    const auto news =
      desk.tracker.apply(TradingControl{.state = TradingState::flatten, .at = start + 1s});
    REQUIRE(news.exits.size() == 1);
    CHECK(news.exits[0].reason == ExitReason::flatten);
    CHECK(news.kept.empty());
  }
  SECTION("not at a great one") {
    desk.show(cents(40), cents(40), start + 1s);
    const auto news =
      desk.tracker.apply(TradingControl{.state = TradingState::flatten, .at = start + 1s});
    CHECK(news.exits.empty());
    REQUIRE(news.kept.size() == 1);
    CHECK(desk.position().reason.find("may lose 5.00 cents") != std::string::npos);
    CHECK(desk.tracker.apply(Tick{start + 3s}).kept.empty());
    desk.show(cents(45), cents(45), start + 4s);
    CHECK(desk.news.exits.size() == 1);
  }
}

TEST_CASE("nothing is sold while trading is halted") {
  Desk desk;
  desk.tracker.apply(TradingControl{.state = TradingState::halted, .at = start});
  desk.show(cents(60), cents(60), start + 1s);
  CHECK(desk.news.exits.empty());
  CHECK_FALSE(
    desk.tracker.apply(TradingControl{.state = TradingState::reduce_only, .at = start + 1s})
      .exits.empty());
}

TEST_CASE("a restart finds the positions as they were") {
  Desk before;
  before.tracker.apply(paid(0, dollars(20)));
  PositionTracker after{PositionConfig{}, rules()};
  const auto news =
    after.apply(PairRestored{.pair = {.request = request_for(contracts(20)),
                                      .intent_at = start,
                                      .fills = {fill_of(0, Action::buy, cents(45), contracts(20)),
                                                fill_of(1, Action::buy, cents(45), contracts(20))}},
                             .closed = closed_with(contracts(20))});
  CHECK(news.follow.size() == 2);
  after.apply(paid(0, dollars(20)));
  after.apply(match());
  const auto a = before.position();
  const auto b = after.position(pair_one);
  REQUIRE(b);
  CHECK(b->state == a.state);
  CHECK(b->realised == a.realised);
  CHECK(b->fees == a.fees);
  CHECK(b->matched == a.matched);
  CHECK(b->legs[1].quantity == contracts(20));
  CHECK(b->legs[1].cost == a.legs[1].cost);
  CHECK(b->lockup_hours == a.lockup_hours);
}

TEST_CASE("executions that come before their request are not lost") {
  PositionTracker tracker{PositionConfig{}, nullptr};
  tracker.apply(fill_of(0, Action::buy, cents(45), contracts(20)));
  CHECK_FALSE(tracker.position(pair_one));
  tracker.apply(request_for(contracts(20)));
  REQUIRE(tracker.position(pair_one));
  CHECK(tracker.position(pair_one)->legs[0].quantity == contracts(20));
}
