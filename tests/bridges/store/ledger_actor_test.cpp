#include "bridges/store/ledger_actor.hpp"

#include <atomic>
#include <catch2/catch.hpp>

#include "bridges/store/sqlite.hpp"
#include "tests/actor_fixture.hpp"
#include "tests/bridges/store/temp_directory.hpp"
#include "tests/bridges/store/trades.hpp"

using namespace arbees;
using namespace arbees::test;
using namespace std::chrono_literals;

namespace {

/// A clock that goes on by 10 µs with every look at it.
class CountingClock {
public:
  LedgerDesk::Clock function() {
    return [this] { return Timestamp{100s} + 10us * ++looks_; };
  }

private:
  std::atomic<int> looks_ = 0;
};

struct RealConfig : caf::actor_system_config {
  RealConfig() {
    add_message_types<caf::id_block::arbees>();
    set("scheduler.max-threads", 1);
  }
};

Ledger open_ledger(const std::filesystem::path& path) {
  auto ledger = Ledger::open({.path = path, .busy_timeout = 0ms});
  REQUIRE(ledger);
  return std::move(*ledger);
}

template <class T, class Handle, class... Args>
caf::expected<T> ask(caf::scoped_actor& self, const Handle& handle, Args... args) {
  caf::expected<T> result{caf::sec::none};
  self->request(handle, 10s, std::move(args)...)
    .receive([&](const T& answer) { result = answer; }, [&](caf::error& error) { result = error; });
  return result;
}

class SteppedLedger : public ActorFixture {
public:
  const TempDirectory directory;
  CountingClock clock;

  LedgerActor open() { return spawn(ledger, open_ledger(directory / "l.db"), clock.function()); }

  Metrics metrics(const LedgerActor& handle) {
    self->send(handle, caf::get_atom_v);
    sched.run();
    const auto answers = all<Metrics>();
    REQUIRE_FALSE(answers.empty());
    return answers.back();
  }
};

} // namespace

TEST_CASE("The ledger on its own thread answers at once and leaves nothing behind when it ends") {
  const TempDirectory directory;
  const auto path = directory / "ledger.db";
  CountingClock clock;
  {
    RealConfig config;
    caf::actor_system system{config};
    caf::scoped_actor self{system};
    const auto handle = spawn_ledger(system, open_ledger(path), clock.function());
    const auto answer = ask<IntentCommitted>(self, handle, make_intent(1));
    REQUIRE(answer);
    CHECK(answer->pair == PairId{1});
    CHECK(answer->received_at == Timestamp{100s + 10us});
    CHECK(answer->committed_at > answer->received_at);
    CHECK(ask<IntentCommitted>(self, handle, make_intent(1)).error() == Errc::ledger_refused);
    for (auto i = 0; i < 1000; ++i) {
      self->send(handle, make_fill(make_order(1, 0), std::to_string(i), Quantity{1'000'000}));
    }
    self->send_exit(handle, caf::exit_reason::user_shutdown);
  }
  auto reader = Ledger::open({.path = path, .access = DatabaseAccess::read});
  REQUIRE(reader);
  CHECK(reader->positions()->front().position.quantity == Quantity{1'000'000'000});
}

SCENARIO_METHOD(SteppedLedger, "what waits together is committed together") {
  GIVEN("a ledger with three intents and a fill in its mailbox") {
    const auto handle = open();
    for (const std::uint64_t number : {1, 2, 2, 3}) {
      self->send(handle, make_intent(number));
    }
    self->send(handle, make_fill(make_order(1, 0), "f1", Quantity{1'000'000}));
    self->send(handle, make_fill(make_order(1, 0), "f1", Quantity{1'000'000}));
    WHEN("it runs") {
      sched.run();
      THEN("one commit holds them, and the second copy alone is refused") {
        CHECK(all<IntentCommitted>().size() == 3);
        const auto values = metrics(handle).values;
        CHECK(values.at("commits") == 1);
        CHECK(values.at("batch_max") == 6);
        CHECK(values.at("intents") == 3);
        CHECK(values.at("intents_refused") == 1);
        CHECK(values.at("fills") == 1);
        CHECK(values.at("fills_duplicate") == 1);
        CHECK(values.at("tick_to_intent_us_count") == 4);
        CHECK(values.at("tick_to_intent_us_max") == 40);
        CHECK(values.at("tick_to_commit_us_count") == 3);
        CHECK(values.at("tick_to_commit_us_max") == 80);
      }
    }
  }
}

SCENARIO_METHOD(SteppedLedger, "a burst is committed in pieces of bounded size") {
  GIVEN("more records than a batch takes") {
    const auto handle = open();
    for (auto i = 0; i < 600; ++i) {
      self->send(handle, make_fill(make_order(1, 0), std::to_string(i), Quantity{1}));
    }
    sched.run();
    THEN("no batch is larger than the limit and none is left") {
      const auto values = metrics(handle).values;
      CHECK(values.at("batch_max") == 256);
      CHECK(values.at("fills") == 600);
      CHECK(values.at("waiting") == 0);
    }
  }
}

SCENARIO_METHOD(SteppedLedger, "records wait for the next intent or tick") {
  GIVEN("a fill that has come alone") {
    const auto handle = open();
    self->send(handle, make_intent(1));
    sched.run();
    self->send(handle, make_fill(make_order(1, 0), "f1", Quantity{1'000'000}));
    sched.run();
    auto reader = Ledger::open({.path = directory / "l.db", .access = DatabaseAccess::read});
    REQUIRE(reader);
    REQUIRE(reader->positions()->empty());
    WHEN("a tick comes") {
      self->send(handle, Tick{.now = Timestamp{200s}});
      sched.run();
      THEN("it is recorded") {
        CHECK(reader->positions()->size() == 1);
      }
    }
    WHEN("an intent comes") {
      self->send(handle, make_intent(2));
      sched.run();
      THEN("it is recorded with the intent") {
        CHECK(reader->positions()->size() == 1);
      }
    }
  }
}

SCENARIO_METHOD(SteppedLedger, "the latency of a pair is that of its first intent") {
  GIVEN("a pair that orders again after a while") {
    const auto handle = open();
    self->send(handle, make_intent(1));
    auto later = make_intent(2);
    later.batch = 2;
    self->send(handle, later);
    sched.run();
    THEN("both are committed and one is measured") {
      CHECK(all<IntentCommitted>().size() == 2);
      CHECK(metrics(handle).values.at("tick_to_intent_us_count") == 1);
    }
  }
}

SCENARIO_METHOD(SteppedLedger, "a batch is not held up by a message that nobody expects") {
  GIVEN("an intent with something else behind it") {
    const auto handle = open();
    self->send(handle, make_intent(1));
    self->send(caf::actor_cast<caf::actor>(handle), std::string{"nonsense"});
    sched.run();
    THEN("the intent is answered") {
      CHECK(all<IntentCommitted>().size() == 1);
    }
  }
}

SCENARIO_METHOD(SteppedLedger, "while the file fails, intents are refused and records kept") {
  GIVEN("a ledger whose file another program has locked") {
    const auto handle = open();
    self->send(handle, make_intent(1));
    sched.run();
    REQUIRE(next<IntentCommitted>());
    SqliteConnection other;
    REQUIRE_FALSE(SqliteConnection::open(directory / "l.db", DatabaseAccess::write, other));
    REQUIRE_FALSE(other.execute("BEGIN IMMEDIATE"));
    self->send(handle, make_intent(2));
    self->send(handle, make_fill(make_order(1, 0), "f1", Quantity{1'000'000}));
    for (auto i = 1; i <= 5; ++i) {
      self->send(handle, BalanceUpdate{.available = Money{i}, .at = Timestamp{i * 1s}});
    }
    sched.run();
    THEN("the intent gets an error and all else waits, of balances the last") {
      CHECK_FALSE(next<IntentCommitted>());
      const auto values = metrics(handle).values;
      CHECK(values.at("intents_refused") == 1);
      CHECK(values.at("waiting") == 2);
      CHECK(values.at("failing") == 1);
      AND_WHEN("the lock goes and the next message comes") {
        REQUIRE_FALSE(other.execute("ROLLBACK"));
        self->send(handle, make_intent(2));
        sched.run();
        THEN("everything is recorded") {
          CHECK(all<IntentCommitted>().size() == 1);
          const auto after = metrics(handle).values;
          CHECK(after.at("fills") == 1);
          CHECK(after.at("balances") == 1);
          CHECK(after.at("waiting") == 0);
          CHECK(after.at("failing") == 0);
        }
      }
    }
  }
}

SCENARIO_METHOD(SteppedLedger, "the account is told with all that was heard before") {
  GIVEN("a ledger with an intent, a balance and a fill that waits") {
    const auto handle = open();
    self->send(handle, make_intent(1));
    self->send(handle, BalanceUpdate{.venue = Venue::kalshi,
                                     .available = Money{100 * money_per_dollar},
                                     .at = Timestamp{100s}});
    sched.run();
    self->send(handle, make_fill(make_order(1, 0), "f1", Quantity{10'000'000}));
    WHEN("the account is read") {
      self->send(handle, ReadAccount{.venue = Venue::kalshi});
      sched.run();
      THEN("the fill is in it") {
        const auto view = next<AccountView>();
        REQUIRE(view);
        REQUIRE(view->holdings.size() == 1);
        CHECK(view->holdings[0].native_id == "KXT-LAL");
        CHECK(view->holdings[0].quantity == Quantity{10'000'000});
        CHECK(view->working.size() == 1);
        CHECK(view->available == Money{100'000'000 - 4'200'000 - 170'520});
        CHECK(view->asked_at > Timestamp{100s});
        CHECK(view->at == view->asked_at);
      }
    }
  }
}

SCENARIO_METHOD(SteppedLedger, "no account is told while the file fails") {
  GIVEN("a ledger whose file another program has locked") {
    const auto handle = open();
    SqliteConnection other;
    REQUIRE_FALSE(SqliteConnection::open(directory / "l.db", DatabaseAccess::write, other));
    REQUIRE_FALSE(other.execute("BEGIN IMMEDIATE"));
    self->send(handle, make_fill(make_order(1, 0), "f1", Quantity{10'000'000}));
    self->send(handle, ReadAccount{.venue = Venue::kalshi});
    sched.run();
    THEN("the question is refused") {
      CHECK_FALSE(next<AccountView>());
    }
  }
}

SCENARIO_METHOD(SteppedLedger, "a stop is on disk before anything else is done") {
  GIVEN("a ledger") {
    const auto handle = open();
    WHEN("somebody halts trading") {
      self->send(handle, TradingControl{.state = TradingState::halted, .by = "file"});
      sched.run();
      THEN("another process sees it without a tick") {
        auto reader = Ledger::open({.path = directory / "l.db", .access = DatabaseAccess::read});
        REQUIRE(reader);
        REQUIRE(*reader->trading_control());
        CHECK((*reader->trading_control())->state == TradingState::halted);
        CHECK(metrics(handle).values.at("trading_controls") == 1);
      }
    }
  }
}

SCENARIO_METHOD(SteppedLedger, "what changes and what is refused is counted by its kind") {
  GIVEN("a provisional fill that is confirmed, then called voided") {
    const auto handle = open();
    auto fill = make_fill(make_order(1, 0), "f1", Quantity{1'000'000});
    for (const auto state :
         {FillState::provisional, FillState::confirmed, FillState::confirmed, FillState::voided}) {
      fill.state = state;
      self->send(handle, fill);
    }
    const Settlement settlement{.market = id_of(kalshi_ref), .payout = Money{1}};
    self->send(handle, settlement);
    self->send(handle, settlement);
    self->send(handle, make_closed(9, PairOutcome::void_));
    self->send(handle, Tick{.now = Timestamp{200s}});
    sched.run();
    THEN("each is counted") {
      const auto values = metrics(handle).values;
      CHECK(values.at("fills") == 2);
      CHECK(values.at("fills_provisional") == 1);
      CHECK(values.at("fills_confirmed") == 1);
      CHECK(values.at("fills_duplicate") == 1);
      CHECK(values.at("fills_refused") == 1);
      CHECK(values.at("settlements") == 1);
      CHECK(values.at("settlements_duplicate") == 1);
      CHECK(values.at("pairs_closed_refused") == 1);
      CHECK(values.at("records_refused") == 2);
    }
  }
}

SCENARIO_METHOD(SteppedLedger, "while the file fails, comparisons do not pile up") {
  GIVEN("a locked file and many comparisons") {
    const auto handle = open();
    SqliteConnection other;
    REQUIRE_FALSE(SqliteConnection::open(directory / "l.db", DatabaseAccess::write, other));
    REQUIRE_FALSE(other.execute("BEGIN IMMEDIATE"));
    const std::vector<Drift> drifts = {{"money", "available", "1", "2"}};
    for (auto i = 0; i < 10; ++i) {
      self->send(handle, Reconciliation{.drifts = i < 3 ? drifts : std::vector<Drift>{}});
      self->send(handle, Tick{.now = Timestamp{200s}});
    }
    sched.run();
    THEN("the difference and the last agreement wait") {
      CHECK(metrics(handle).values.at("waiting") == 2);
      REQUIRE_FALSE(other.execute("ROLLBACK"));
      self->send(handle, Tick{.now = Timestamp{200s}});
      CHECK(metrics(handle).values.at("reconciliations") == 1);
    }
  }
}
