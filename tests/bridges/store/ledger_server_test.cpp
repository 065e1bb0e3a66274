#include <atomic>
#include <catch2/catch.hpp>
#include <random>
#include <set>
#include <thread>

#include "bridges/store/ledger_actor.hpp"
#include "bridges/store/postgres_url.hpp"
#include "tests/actor_fixture.hpp"
#include "tests/bridges/store/child_process.hpp"
#include "tests/bridges/store/cutting_proxy.hpp"
#include "tests/bridges/store/open_ledger.hpp"
#include "tests/bridges/store/trades.hpp"

// What only a server does: it goes away, it is silent, it lets others in.

using namespace arbees;
using namespace arbees::test;
using namespace std::chrono_literals;

namespace {

constexpr Timestamp now{100s};

std::set<std::uint64_t> committed(const LedgerSite& site) {
  auto ledger = site.open(DatabaseAccess::read);
  const auto pairs = ledger.open_pairs();
  REQUIRE(pairs);
  std::set<std::uint64_t> numbers;
  for (const auto& pair : *pairs) {
    REQUIRE(pair.orders.size() == 2);
    numbers.insert(pair.request.pair.value());
  }
  CHECK(fault_of(ledger).empty());
  return numbers;
}

/// A ledger that exists, and a way to it that can be cut.
struct CutLedger {
  PostgresServer& server = PostgresServer::shared();
  LedgerSite site{Store::postgres};
  CuttingProxy proxy{server.port()};

  CutLedger() { site.open(); }

  [[nodiscard]] LedgerConfig config() const {
    auto config = site.config();
    config.url = server.url(site.database(), proxy.port());
    return config;
  }
  [[nodiscard]] Ledger open() const {
    auto ledger = Ledger::open(config());
    if (!ledger) {
      FAIL(describe(ledger.error()));
    }
    return std::move(*ledger);
  }
};

bool eventually(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + 30s;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) {
      return false;
    }
    ::poll(nullptr, 0, 5);
  }
  return true;
}

/// Commits 1, 2, 3, … until it is told to stop, whatever happens to the server meanwhile.
/// Notes what was acknowledged, or found in the ledger after a doubt.
struct Storm {
  Ledger ledger;
  std::set<std::uint64_t> acknowledged;
  std::size_t doubts = 0;
  std::size_t refusals = 0;
  std::atomic<std::uint64_t> count = 0;
  std::atomic<bool> stop = false;
  std::thread writer{};

  explicit Storm(Ledger opened) : ledger(std::move(opened)) {
    writer = std::thread{[this] { run(); }};
  }
  Storm(const Storm&) = delete;
  Storm& operator=(const Storm&) = delete;
  ~Storm() { end(); }

  void end() {
    stop = true;
    if (writer.joinable()) {
      writer.join();
    }
  }

private:
  void run() {
    for (std::uint64_t number = 1; !stop; ++number) {
      const auto error = ledger.commit_intent(make_intent(number), now);
      if (!error) {
        acknowledged.insert(number);
        ++count;
      } else {
        ++refusals;
        doubts += ledger.in_doubt() ? 1 : 0;
        take_up(number);
      }
    }
  }

  void take_up(std::uint64_t number) {
    while (ledger.lost() && !stop) {
      if (const auto outcomes = ledger.resume(); outcomes && *outcomes) {
        acknowledged.insert(number);
      }
    }
  }
};

void commit_for_ever(const LedgerConfig& config, std::uint64_t first, int pipe) {
  auto ledger = Ledger::open(config);
  if (!ledger) {
    ::_exit(2);
  }
  for (auto number = first;; ++number) {
    if (ledger->commit_intent(make_intent(number), now)) {
      ::_exit(4);
    }
    tell(pipe, number);
  }
}

} // namespace

TEST_CASE("Whenever the server dies in a storm of commits, nothing is lost and nothing doubled") {
  PostgresServer server;
  const LedgerSite site{Store::postgres, &server};
  Storm storm{site.open()};
  std::mt19937 random{20261121};
  for (auto round = 0; round < 6; ++round) {
    const auto enough = storm.count + 5 + random() % 40;
    CHECK(eventually([&] { return storm.count >= enough; }));
    random.discard(random() % 100'000);
    server.kill();
    server.start();
  }
  const auto enough = storm.count + 5;
  CHECK(eventually([&] { return storm.count >= enough; }));
  storm.end();
  CHECK(storm.refusals >= 1);
  CHECK(committed(site) == storm.acknowledged);
  CHECK(site.seen("SELECT count(*) FROM events") == std::to_string(storm.acknowledged.size()));
}

TEST_CASE("Every acknowledged intent on a server outlives SIGKILL of arbees at any moment") {
  const LedgerSite site{Store::postgres};
  std::mt19937_64 random{20261121};
  std::set<std::uint64_t> acknowledged;
  for (auto round = 0; round < 8; ++round) {
    CAPTURE(round);
    const auto first = acknowledged.empty() ? 1 : *acknowledged.rbegin() + 1000;
    Child child{[&](int pipe) { commit_for_ever(site.config(), first, pipe); }};
    const auto enough = 1 + random() % 40;
    for (std::uint64_t i = 0; i < enough; ++i) {
      const auto number = child.next();
      REQUIRE(number);
      acknowledged.insert(*number);
    }
    child.kill();
    while (const auto number = child.next()) {
      acknowledged.insert(*number);
    }
    // The next one gets the lock although the session of the one before may just be ending.
    site.open();
    const auto found = committed(site);
    CHECK(std::includes(found.begin(), found.end(), acknowledged.begin(), acknowledged.end()));
    CHECK(found.size() <= acknowledged.size() + static_cast<std::size_t>(round) + 1);
  }
}

TEST_CASE_METHOD(CutLedger, "A commit whose answer got lost is found in the ledger, once") {
  auto ledger = open();
  const auto where = GENERATE(CuttingProxy::Cut::before_commit, CuttingProxy::Cut::after_commit);
  proxy.cut(where);
  const auto order = make_order(1, 0);
  const auto outcomes = ledger.write(std::vector<LedgerEntry>{
    {make_intent(1), now},
    {make_intent(1), now},
    {make_report(order, OrderStatus::filled, Quantity{1'000'000}, Timestamp{102s}), now},
    {make_fill(order, "f1", Quantity{1'000'000}), now}});
  REQUIRE(outcomes);
  CHECK_FALSE(outcomes->at(0).refused);
  CHECK(outcomes->at(1).refused == Errc::ledger_refused);
  CHECK_FALSE(outcomes->at(2).refused);
  CHECK_FALSE(ledger.lost());
  CHECK(site.seen("SELECT count(*) FROM events") == "3");
  CHECK(site.seen("SELECT count(*) FROM order_reports") == "1");
  CHECK(ledger.commit_intent(make_intent(2), now) == caf::none);
  CHECK(fault_of(ledger).empty());
}

TEST_CASE_METHOD(CutLedger, "A session that was ended by hand is taken up again, with the lock") {
  auto ledger = open();
  REQUIRE(ledger.commit_intent(make_intent(1), now) == caf::none);
  site.execute(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE application_name LIKE 'arbees %'");
  CHECK(ledger.commit_intent(make_intent(2), now) == caf::none);
  CHECK_THAT(why_not(site.config()), Catch::Contains("in use by process"));
  CHECK(committed(site) == std::set<std::uint64_t>{1, 2});
}

TEST_CASE_METHOD(CutLedger, "While the server is away nothing is written, and it says why") {
  auto ledger = open();
  REQUIRE(ledger.commit_intent(make_intent(1), now) == caf::none);
  proxy.down(true);
  const auto error = ledger.commit_intent(make_intent(2), now);
  CHECK(error == Errc::ledger_refused);
  CHECK_THAT(describe(error), Catch::Contains("no connection"));
  CHECK(ledger.lost());
  CHECK_FALSE(ledger.in_doubt());
  CHECK_FALSE(ledger.resume());
  CHECK_FALSE(ledger.open_pairs());
  SECTION("it returns") {
    proxy.down(false);
    REQUIRE(ledger.resume());
    CHECK(ledger.commit_intent(make_intent(2), now) == caf::none);
    CHECK(committed(site) == std::set<std::uint64_t>{1, 2});
  }
  SECTION("another arbees has the lock then") {
    auto other = site.open();
    proxy.down(false);
    const auto resumed = ledger.resume();
    REQUIRE_FALSE(resumed);
    CHECK_THAT(describe(resumed.error()), Catch::Contains("in use by process"));
    CHECK(ledger.commit_intent(make_intent(2), now) == Errc::ledger_refused);
  }
  SECTION("another arbees wrote meanwhile") {
    REQUIRE(site.open().commit_intent(make_intent(3), now) == caf::none);
    proxy.down(false);
    const auto resumed = ledger.resume();
    REQUIRE_FALSE(resumed);
    CHECK_THAT(describe(resumed.error()), Catch::Contains("its newest event is 2"));
    CHECK(ledger.commit_intent(make_intent(2), now) == Errc::ledger_refused);
    CHECK(committed(site) == std::set<std::uint64_t>{1, 3});
  }
  SECTION("it was set back to an older state") {
    site.tamper("DELETE FROM events WHERE seq = 1");
    proxy.down(false);
    CHECK_THAT(describe(ledger.resume().error()), Catch::Contains("set back"));
    CHECK(ledger.commit_intent(make_intent(2), now) == Errc::ledger_refused);
  }
}

TEST_CASE("A server that is silent holds nobody up for longer than the answer may take") {
  PostgresServer server;
  const LedgerSite site{Store::postgres, &server};
  auto config = site.config();
  config.answer_timeout = 1s; // enough for a busy machine to make the schema
  config.connect_timeout = 1s;
  auto ledger = Ledger::open(config);
  REQUIRE(ledger);
  REQUIRE(ledger->commit_intent(make_intent(1), now) == caf::none);
  server.freeze();
  const auto before = std::chrono::steady_clock::now();
  const auto error = ledger->commit_intent(make_intent(2), now);
  CHECK(error == Errc::ledger_refused);
  CHECK_THAT(describe(error), Catch::Contains("no answer within 1000 ms"));
  CHECK(std::chrono::steady_clock::now() - before < 10s);
  server.thaw();
  CHECK(eventually([&] { return ledger->resume().operator bool(); }));
  CHECK(ledger->commit_intent(make_intent(2), now) == caf::none);
  CHECK(committed(site) == std::set<std::uint64_t>{1, 2});
}

TEST_CASE("A server that cannot be written to is refused in one sentence") {
  const LedgerSite site{Store::postgres};
  SECTION("read-only for everybody") {
    site.execute("ALTER DATABASE " + site.database() + " SET default_transaction_read_only = on");
    CHECK_THAT(why_not(site.config()), Catch::Contains("the server is read-only for us"));
  }
  SECTION("a user who may only read") {
    site.open().commit_intent(make_intent(1), now);
    site.execute("CREATE ROLE " + site.database() + "_reader LOGIN PASSWORD 'other'; "
                 "GRANT USAGE ON SCHEMA arbees TO " + site.database() + "_reader; "
                 "GRANT SELECT ON ALL TABLES IN SCHEMA arbees TO " + site.database() + "_reader");
    auto config = site.config();
    config.url = fmt::format("postgresql://{}_reader:other@127.0.0.1:{}/{}", site.database(),
                             PostgresServer::shared().port(), site.database());
    CHECK_THAT(why_not(config), Catch::Contains("permission denied"));
    config.access = DatabaseAccess::read;
    auto reader = Ledger::open(config);
    REQUIRE(reader);
    CHECK(reader->open_pairs()->size() == 1);
    CHECK(fault_of(*reader).empty());
  }
  SECTION("no ledger yet, for reading") {
    CHECK_THAT(why_not(site.config(DatabaseAccess::read)), Catch::Contains("no ledger yet"));
  }
  SECTION("of a newer arbees") {
    site.open();
    site.execute("UPDATE meta SET value = '99' WHERE key = 'schema_version'");
    CHECK_THAT(why_not(site.config()), Catch::Contains("newer arbees"));
  }
  SECTION("of another trading mode") {
    site.open();
    auto config = site.config();
    config.trading_mode = "live";
    CHECK_THAT(why_not(config), Catch::Contains("holds paper trades"));
  }
  SECTION("somebody else's schema") {
    site.execute("CREATE SCHEMA arbees; CREATE TABLE arbees.meta (what INTEGER)");
    CHECK_THAT(why_not(site.config()), Catch::Contains("not a ledger of arbees"));
  }
}

TEST_CASE("A second arbees with the same database is told who has it") {
  const LedgerSite site{Store::postgres};
  {
    auto first = site.open();
    CHECK_THAT(why_not(site.config()),
               Catch::Contains(fmt::format("in use by process {} on ", ::getpid())));
    const auto holder = Ledger::holder(site.config());
    REQUIRE(holder);
    CHECK(holder->process == ::getpid());
    CHECK(site.open(DatabaseAccess::read).commit_intent(make_intent(1), now)
          == Errc::ledger_refused);
    const LedgerSite other{Store::postgres};
    CHECK_FALSE(Ledger::holder(other.config()));
    other.open();
  }
  site.open();
}

TEST_CASE("Another session's lock on a table refuses intents only while it lasts") {
  const LedgerSite site{Store::postgres};
  auto ledger = site.open();
  const auto other = site.connect();
  REQUIRE_FALSE(other->execute("BEGIN; LOCK TABLE events IN SHARE MODE"));
  const auto error = ledger.commit_intent(make_intent(1), now);
  CHECK(error == Errc::ledger_refused);
  CHECK_THAT(describe(error), Catch::Contains("lock timeout"));
  CHECK_FALSE(ledger.lost());
  REQUIRE_FALSE(other->execute("ROLLBACK"));
  CHECK(ledger.commit_intent(make_intent(1), now) == caf::none);
  CHECK(committed(site) == std::set<std::uint64_t>{1});
}

TEST_CASE("No error names the password") {
  const LedgerSite site{Store::postgres};
  auto config = site.config();
  const auto hide = [&](std::string url) {
    config.url = std::move(url);
    const auto ledger = Ledger::open(config);
    REQUIRE_FALSE(ledger);
    const auto text = describe(ledger.error());
    CAPTURE(text);
    CHECK(text.find("secret") == std::string::npos);
    CHECK(text.size() > 20);
  };
  const auto port = PostgresServer::shared().port();
  hide(fmt::format("postgresql://arbees:secret@127.0.0.1:{}/{}", port, site.database()));
  hide(fmt::format("postgresql://arbees:secret@127.0.0.1:{}/missing?password=secret", port));
  hide("postgresql://arbees:secret@127.0.0.1:1/x");
  hide("postgresql://arbees:secret%zz@127.0.0.1:1/x");
  hide("postgresql://arbees:sec@secret@127.0.0.1/x?secret=1");
  hide("mysql://arbees:secret@127.0.0.1/x");
  CHECK(shown_postgres_url("postgresql://arbees:secret@db.example:5433/ledger?password=secret")
        == "postgresql://arbees@db.example:5433/ledger");
}

TEST_CASE("What venues send stays as it is, byte for byte, in either store") {
  const LedgerSite site{GENERATE(Store::sqlite, Store::postgres)};
  auto ledger = site.open();
  REQUIRE(ledger.commit_intent(make_intent(1), now) == caf::none);
  auto report = make_report(make_order(1, 0), OrderStatus::rejected, Quantity{0}, Timestamp{102s});
  report.reason = std::string{"nul\0 bad\xff \xed\xa0\x80 \xef\x9c\x80 Zürich'; -- ?", 33};
  REQUIRE(ledger.record(report, now) == caf::none);
  CHECK(ledger.open_pairs()->front().orders[0].report->reason == report.reason);
  CHECK(fault_of(ledger).empty());
}

namespace {

struct SteppedServerLedger : ActorFixture, CutLedger {
  Timestamp time{100s};

  LedgerActor spawn_it() {
    return spawn(ledger, CutLedger::open(), LedgerDesk::Clock{[this] { return time; }});
  }
  std::map<std::string, std::int64_t> values(const LedgerActor& handle) {
    self->send(handle, caf::get_atom_v);
    sched.run();
    const auto answers = all<Metrics>();
    REQUIRE_FALSE(answers.empty());
    return answers.back().values;
  }
  void tick(const LedgerActor& handle) {
    time += 10s;
    self->send(handle, Tick{.now = time});
    sched.run();
  }
};

} // namespace

SCENARIO_METHOD(SteppedServerLedger, "a server that went away loses and doubles nothing") {
  GIVEN("a batch that was being committed when the way to the server was cut for a while") {
    const auto committed_there = GENERATE(true, false);
    CAPTURE(committed_there);
    const auto handle = spawn_it();
    proxy.cut(committed_there ? CuttingProxy::Cut::after_commit : CuttingProxy::Cut::before_commit);
    proxy.refuse_after_cut();
    self->send(handle, make_fill(make_order(9, 0), "f9", Quantity{1'000'000}));
    self->send(handle, make_intent(1));
    sched.run();
    THEN("its intent is refused, and so is the next, at once") {
      CHECK_FALSE(next<IntentCommitted>());
      self->send(handle, make_intent(2));
      self->send(handle, make_fill(make_order(8, 0), "f8", Quantity{1'000'000}));
      tick(handle);
      CHECK_FALSE(next<IntentCommitted>());
      auto counts = values(handle);
      CHECK(counts.at("intents_refused") == 2);
      CHECK(counts.at("failing") == 1);
      AND_WHEN("the server is there again and time passes") {
        proxy.down(false);
        tick(handle);
        THEN("every record is there once, and an order that was not sent is known as such") {
          counts = values(handle);
          CHECK(counts.at("reconnects") == 1);
          CHECK(counts.at("waiting") == 0);
          CHECK(counts.at("failing") == 0);
          CHECK(site.seen("SELECT fill_id FROM fills ORDER BY id") == "f9,f8");
          CHECK(site.seen("SELECT count(*) FROM pairs") == (committed_there ? "1" : "0"));
          CHECK(site.seen("SELECT count(*) FROM orders WHERE status = 'rejected'")
                == (committed_there ? "2" : "0"));
          CHECK(site.seen("SELECT count(*) FROM orders WHERE status <> 'rejected'") == "0");
          self->send(handle, make_intent(3));
          sched.run();
          CHECK(next<IntentCommitted>());
          CHECK(site.fault().empty());
        }
      }
    }
  }
}
