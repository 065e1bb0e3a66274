#include "bridges/cluster/executor_view.hpp"

#include <catch2/catch.hpp>

#include "tests/bridges/envelope/sample_messages.hpp"

using namespace arbees;
using namespace arbees::test;
using namespace std::chrono_literals;

namespace {

PairClosed end_of(const ExecutionRequest& request, std::uint32_t revision = 0) {
  return {.pair = request.pair,
          .signal = request.signal.id,
          .game = request.signal.game,
          .outcome = PairOutcome::complete,
          .closed_at = request.signal.expires_at,
          .revision = revision};
}

PairRestored from_ledger(const ExecutionRequest& request, std::optional<PairClosed> closed = {}) {
  return {.pair = {.request = request}, .closed = closed};
}

} // namespace

SCENARIO("a pair of which nothing is heard long after it expired is asked about") {
  ExecutorView view{3s};
  const auto request = sample_request();
  view.expect(request);
  view.advance(request.signal.expires_at + 3s);
  CHECK(view.overdue().empty());
  view.advance(request.signal.expires_at + 3'001ms);
  CHECK(view.overdue() == std::vector{request.pair});

  SECTION("until an order of it is heard of") {
    view.heard(request.pair);
    CHECK(view.overdue().empty());
  }
  SECTION("until it is found in the ledger") {
    CHECK(view.learn(from_ledger(request)));
    CHECK(view.overdue().empty());
  }
  SECTION("or it is given up, once, with nothing bought") {
    const auto closed = view.give_up(request.pair);
    REQUIRE(closed);
    CHECK(closed->pair == request.pair);
    CHECK(closed->game == request.signal.game);
    CHECK(closed->outcome == PairOutcome::void_);
    CHECK(closed->held == std::array<Quantity, 2>{});
    CHECK(closed->cost == Money{0});
    CHECK_FALSE(view.give_up(request.pair));
    CHECK(view.overdue().empty());
  }
}

SCENARIO("what the ledger says does not undo what the bus has told since") {
  ExecutorView view{3s};
  const auto request = sample_request();
  view.advance(request.signal.expires_at);
  view.heard(end_of(request, 1));
  CHECK_FALSE(view.learn(from_ledger(request)));                     // open
  CHECK_FALSE(view.learn(from_ledger(request, end_of(request, 0)))); // ended earlier
  CHECK_FALSE(view.learn(from_ledger(request, end_of(request, 1))));
  CHECK(view.learn(from_ledger(request, end_of(request, 2))));
  view.expect(request);
  view.advance(request.signal.expires_at + 10s);
  CHECK(view.overdue().empty());
}

SCENARIO("an older word on what may be traded changes nothing") {
  ExecutorView view{3s};
  CHECK(view.learn(TradingControl{.state = TradingState::halted, .at = from_ms(2'000)}));
  CHECK_FALSE(view.learn(TradingControl{.state = TradingState::active, .at = from_ms(1'000)}));
  CHECK(view.learn(TradingControl{.state = TradingState::active, .at = from_ms(3'000)}));
  CHECK_FALSE(view.learn(TradingControl{.state = TradingState::active, .at = from_ms(3'000)}));
}

SCENARIO("of a venue and of each of its shards the last state stands") {
  ExecutorView view{3s};
  view.learn(VenueStatus{.venue = Venue::kalshi, .state = VenueState::open, .at = from_ms(2)});
  view.learn(VenueStatus{.venue = Venue::kalshi, .state = VenueState::down, .at = from_ms(1)});
  view.learn(VenueStatus{.venue = Venue::kalshi,
                         .exchange_index = 1,
                         .state = VenueState::cancel_only,
                         .at = from_ms(1)});
  const auto standing = view.standing();
  REQUIRE(standing.size() == 2);
  CHECK(standing[0].state == VenueState::open);
  CHECK(standing[1].state == VenueState::cancel_only);
}
