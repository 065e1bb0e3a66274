#include "bridges/cluster/executor_door_actor.hpp"

#include "tests/actor_fixture.hpp"
#include "tests/bridges/envelope/sample_messages.hpp"

using namespace arbees;
using namespace arbees::test;
using namespace std::chrono_literals;

namespace {

/// The test stands for the executor.
class DoorFixture : public ActorFixture {
public:
  std::shared_ptr<ExecutorPast> ledger = std::make_shared<ExecutorPast>();
  ExecutorDoorActor door =
    spawn(executor_door,
          ExecutorDoorConfig{.executor = sink<RequestSink>(),
                             .past = spawn(past_reader,
                                           [ledger = ledger]() -> caf::expected<ExecutorPast> {
                                             return *ledger;
                                           }),
                             .venues = {{.venue = Venue::kalshi, .state = VenueState::open}},
                             .balances = {{.venue = Venue::kalshi, .available = Money{5}}}});

  template <class... Ts>
  void say(const Ts&... message) {
    self->send(door, message...);
    sched.run();
  }

  ExecutorPast ask(std::vector<PairId> asked = {}) {
    auto answer = self->request(door, 1s, ReadPast{.mode = "paper", .asked = std::move(asked)});
    sched.run();
    ExecutorPast past;
    answer.receive([&](const ExecutorPast& read) { past = read; },
                   [](const caf::error& error) { FAIL(describe(error)); });
    return past;
  }
};

} // namespace

SCENARIO_METHOD(DoorFixture, "a request goes to the executor, one that comes late does not") {
  auto request = sample_request();
  say(Tick{request.signal.expires_at + 500ms});
  say(request);
  CHECK(next<ExecutionRequest>());
  say(Tick{request.signal.expires_at + 501ms});
  request.pair = PairId{99};
  say(request);
  CHECK_FALSE(next<ExecutionRequest>());
}

SCENARIO_METHOD(DoorFixture, "a pair that was given up is never carried out any more") {
  const auto request = sample_request();
  say(Tick{request.signal.expires_at - 1s});
  GIVEN("a request that has not come") {
    CHECK(ask({request.pair}).unknown == std::vector{request.pair});
    THEN("it is refused when it comes") {
      say(request);
      CHECK_FALSE(next<ExecutionRequest>());
    }
  }
  GIVEN("one that the executor has") {
    say(request);
    REQUIRE(next<ExecutionRequest>());
    THEN("it is neither unknown nor ended") {
      const auto past = ask({request.pair});
      CHECK(past.unknown.empty());
      CHECK(past.ended.empty());
    }
    THEN("its end is told again if the ledger never saw it") {
      say(PairClosed{.pair = request.pair, .outcome = PairOutcome::void_, .reason = "no_book"});
      const auto past = ask({request.pair});
      REQUIRE(past.ended.size() == 1);
      CHECK(past.ended[0].reason == "no_book");
    }
  }
  GIVEN("one that is in the ledger") {
    ledger->pairs = {{.pair = {.request = request}, .closed = std::nullopt}};
    const auto past = ask({request.pair});
    CHECK(past.unknown.empty());
    CHECK(past.pairs.size() == 1);
  }
}

SCENARIO_METHOD(DoorFixture, "who comes late hears how venues and money stand") {
  auto past = ask();
  REQUIRE(past.venues.size() == 1);
  CHECK(past.venues[0].state == VenueState::open);
  say(VenueStatus{.venue = Venue::kalshi, .state = VenueState::cancel_only});
  say(BalanceUpdate{.venue = Venue::kalshi, .available = Money{7}});
  say(Reconciliation{.venue = Venue::kalshi});
  past = ask();
  CHECK(past.venues[0].state == VenueState::cancel_only);
  REQUIRE(past.balances.size() == 1);
  CHECK(past.balances[0].available == Money{7});
  CHECK(past.reconciliations.size() == 1);
}

SCENARIO_METHOD(DoorFixture, "a processor that trades in another mode gets no answer") {
  auto answer = self->request(door, 1s, ReadPast{.mode = "live"});
  sched.run();
  auto refused = false;
  answer.receive([](const ExecutorPast&) {},
                 [&](const caf::error& error) { refused = error == Errc::bad_configuration; });
  CHECK(refused);
}

SCENARIO_METHOD(DoorFixture, "from afar trading can be stopped, once, and not resumed") {
  const TradingControl stop{.state = TradingState::reduce_only,
                            .by = "loss_limit",
                            .at = from_ms(1'000)};
  say(caf::put_atom::value, stop);
  say(caf::put_atom::value, stop);
  CHECK(all<TradingControl>().size() == 1);
  say(stop); // the executor's own word
  say(caf::put_atom::value, TradingControl{.state = TradingState::active, .at = from_ms(2'000)});
  CHECK(all<TradingControl>().empty());
}
