#include "actors/reconciler/reconciler_actor.hpp"

#include "tests/actor_fixture.hpp"

using namespace arbees;
using namespace arbees::test;
using namespace std::chrono_literals;

namespace {

/// An account that answers what the test says, or not.
struct Account {
  AccountView view;
  bool fails = false;
  int reads = 0;
};

AccountSource::behavior_type account(AccountSource::pointer, std::shared_ptr<Account> account) {
  return {[account](const ReadAccount& read) -> caf::result<AccountView> {
    ++account->reads;
    account->view.venue = read.venue;
    if (account->fails) {
      return caf::make_error(Errc::io_failed, "no route");
    }
    return account->view;
  }};
}

class ReconcilerFixture : public ActorFixture {
public:
  void tick(Duration after) {
    self->send(actor, Tick{.now = Timestamp{1'000s} + after});
    sched.run();
  }

  std::shared_ptr<Account> ledger = std::make_shared<Account>();
  std::shared_ptr<Account> venue = std::make_shared<Account>();
  ReconcilerActor actor =
    spawn(reconciler, ReconcilerConfig{}, spawn(account, ledger),
          std::vector{ReconcilerVenue{.venue = Venue::kalshi, .source = spawn(account, venue)}},
          sink<ExecutorActor>());
};

} // namespace

TEST_CASE_METHOD(ReconcilerFixture, "the executor hears that ledger and venue agree") {
  tick(0s);
  const auto clean = next<Reconciliation>();
  REQUIRE(clean);
  CHECK(clean->drifts.empty());
  CHECK(clean->failed.empty());
  tick(1s);
  CHECK(venue->reads == 1);
  tick(2s);
  CHECK(venue->reads == 2);
}

TEST_CASE_METHOD(ReconcilerFixture, "the executor hears of drift within two comparisons") {
  venue->view.holdings = {{.market = MarketId{1}, .native_id = "KX", .quantity = Quantity{1}}};
  tick(0s);
  CHECK_FALSE(next<Reconciliation>());
  tick(2s);
  const auto drift = next<Reconciliation>();
  REQUIRE(drift);
  CHECK(drift->drifts.size() == 1);
}

TEST_CASE_METHOD(ReconcilerFixture, "what differs at the start is read again soon") {
  venue->view.holdings = {{.market = MarketId{1}, .native_id = "KX", .quantity = Quantity{1}}};
  tick(0s);
  tick(400ms);
  tick(800ms);
  CHECK(venue->reads == 3);
  CHECK_FALSE(next<Reconciliation>()); // a drift takes as long as ever
  ledger->view.holdings = venue->view.holdings;
  tick(1'200ms);
  const auto clean = next<Reconciliation>();
  REQUIRE(clean);
  CHECK(clean->drifts.empty());
  tick(1'600ms);
  CHECK(venue->reads == 4);
}

TEST_CASE_METHOD(ReconcilerFixture, "a venue that cannot be read is told once") {
  venue->fails = true;
  for (int i = 0; i < 2; ++i) {
    tick(i * 2s);
    CHECK_FALSE(next<Reconciliation>());
  }
  tick(4s);
  const auto told = next<Reconciliation>();
  REQUIRE(told);
  CHECK_THAT(told->failed, Catch::Contains("no route"));
  tick(6s);
  CHECK_FALSE(next<Reconciliation>());
  venue->fails = false;
  tick(8s);
  REQUIRE(next<Reconciliation>());
}
