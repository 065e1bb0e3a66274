#include <catch2/catch.hpp>
#include <fstream>

#include "tests/bridges/store/open_ledger.hpp"
#include "tests/bridges/store/temp_directory.hpp"
#include "tests/bridges/store/trades.hpp"

using namespace arbees;
using namespace arbees::test;
using namespace std::chrono_literals;

namespace {

constexpr Timestamp now{100s + 250us};

} // namespace

TEST_CASE("An intent is read back as it was committed after the ledger was closed") {
  const LedgerSite site{GENERATE(Store::sqlite, Store::postgres)};
  auto intent = make_intent(0xffffffffffffff01);
  intent.request.signal.legs[0].book_version = 0xffffffffffffffff;
  {
    auto ledger = site.open();
    REQUIRE(ledger.commit_intent(intent, now) == caf::none);
  }
  auto ledger = site.open();
  const auto pairs = ledger.open_pairs();
  REQUIRE(pairs);
  REQUIRE(pairs->size() == 1);
  const auto& pair = pairs->front();
  CHECK(pair.intent_at == now);
  CHECK(caf::deep_to_string(pair.request) == caf::deep_to_string(intent.request));
  REQUIRE(pair.orders.size() == 2);
  for (std::size_t leg = 0; leg < 2; ++leg) {
    CHECK(caf::deep_to_string(pair.orders[leg].intent) == caf::deep_to_string(intent.orders[leg]));
    CHECK(pair.orders[leg].intent.created_at == intent.orders[leg].created_at);
    CHECK_FALSE(pair.orders[leg].report);
  }
}

TEST_CASE("A pair is open until it is closed and its orders are done") {
  const LedgerSite site{GENERATE(Store::sqlite, Store::postgres)};
  auto ledger = site.open();
  const auto intent = make_intent(1);
  REQUIRE(ledger.commit_intent(intent, now) == caf::none);
  REQUIRE(ledger.record(make_closed(1, PairOutcome::complete), now) == caf::none);
  CHECK(ledger.open_pairs()->size() == 1);
  const auto report =
    make_report(intent.orders[0], OrderStatus::filled, Quantity{10'000'000}, Timestamp{102s});
  REQUIRE(ledger.record(report, now) == caf::none);
  REQUIRE(ledger.record(make_fill(intent.orders[0], "f1", Quantity{10'000'000}), now) == caf::none);
  const auto pairs = ledger.open_pairs();
  REQUIRE(pairs->size() == 1);
  CHECK(caf::deep_to_string(pairs->front().orders[0].report.value())
        == caf::deep_to_string(report));
  REQUIRE(pairs->front().fills.size() == 1);
  CHECK(pairs->front().fills[0].fill_id == "f1");
  REQUIRE(ledger.record(
            make_report(intent.orders[1], OrderStatus::unfilled, Quantity{0}, Timestamp{102s}), now)
          == caf::none);
  CHECK(ledger.open_pairs()->empty());
}

TEST_CASE("A client order id is taken once, and the second intent changes nothing") {
  const LedgerSite site{GENERATE(Store::sqlite, Store::postgres)};
  auto ledger = site.open();
  REQUIRE(ledger.commit_intent(make_intent(1), now) == caf::none);
  auto second = make_intent(2);
  second.orders[1].client_order_id = make_order(1, 0).client_order_id;
  const auto error = ledger.commit_intent(second, now);
  CHECK(error == Errc::ledger_refused);
  CHECK_THAT(describe(error), Catch::Contains(second.orders[1].client_order_id));
  CHECK(site.seen("SELECT count(*) FROM pairs") == "1");
  CHECK(site.seen("SELECT count(*) FROM orders") == "2");
  CHECK(ledger.commit_intent(make_intent(1), now) == Errc::ledger_refused);
  CHECK(ledger.commit_intent(make_intent(2), now) == caf::none);
}

TEST_CASE("Intents that cannot be meant are refused") {
  const LedgerSite site{GENERATE(Store::sqlite, Store::postgres)};
  auto ledger = site.open();
  auto intent = make_intent(1);
  SECTION("no orders") {
    intent.orders.clear();
  }
  SECTION("an order of another pair") {
    intent.orders[1].pair = PairId{2};
  }
  SECTION("no client order id") {
    intent.orders[1].client_order_id.clear();
  }
  CHECK(ledger.commit_intent(intent, now) == Errc::ledger_refused);
  CHECK(ledger.open_pairs()->empty());
}

TEST_CASE("A later intent of the same pair adds its orders") {
  const LedgerSite site{GENERATE(Store::sqlite, Store::postgres)};
  auto ledger = site.open();
  REQUIRE(ledger.commit_intent(make_intent(1), now) == caf::none);
  REQUIRE(ledger.commit_intent({.request = make_request(1),
                                .orders = {make_order(1, 0, OrderPurpose::unwind)}},
                               now + 1s)
          == caf::none);
  const auto pairs = ledger.open_pairs();
  REQUIRE(pairs->size() == 1);
  CHECK(pairs->front().orders.size() == 3);
  CHECK(pairs->front().intent_at == now);
}

TEST_CASE("In a batch only the entry that breaks a rule is left out") {
  const LedgerSite site{GENERATE(Store::sqlite, Store::postgres)};
  auto ledger = site.open();
  const auto order = make_order(1, 0);
  auto huge = make_fill(order, "f2", Quantity{9'000'000'000'000'000'000});
  huge.price = price_one;
  const std::vector<LedgerEntry> entries = {
    {make_intent(1), now},
    {make_intent(1), now},
    {make_report(make_order(9, 0), OrderStatus::filled, Quantity{1}, now), now},
    {make_closed(9, PairOutcome::void_), now},
    {make_fill(order, "f1", Quantity{9'000'000'000'000'000'000}), now},
    {huge, now},
    {make_report(order, OrderStatus::filled, Quantity{10'000'000}, now), now},
    {BalanceUpdate{.venue = Venue::kalshi, .available = Money{5}, .at = now}, now},
  };
  const auto outcomes = ledger.write(entries);
  REQUIRE(outcomes);
  std::vector<bool> refused;
  for (const auto& outcome : *outcomes) {
    refused.push_back(static_cast<bool>(outcome.refused));
  }
  CHECK(refused == std::vector<bool>{false, true, true, true, false, true, false, false});
  CHECK(site.seen("SELECT fill_id FROM fills") == "f1");
  CHECK(site.seen("SELECT count(*) FROM order_reports") == "1");
  CHECK(ledger.balances()->at(Venue::kalshi).available == Money{5});
}

TEST_CASE("What is known of an order never becomes less") {
  const LedgerSite site{GENERATE(Store::sqlite, Store::postgres)};
  auto ledger = site.open();
  REQUIRE(ledger.commit_intent(make_intent(1), now) == caf::none);
  const auto order = make_order(1, 0);
  const auto report = [&](OrderStatus status, std::int64_t filled, Timestamp at) {
    REQUIRE(ledger.record(make_report(order, status, Quantity{filled}, at), now) == caf::none);
    return site.seen(
      "SELECT status || ' ' || filled_e6 FROM orders WHERE purpose = 'open' AND leg = 0");
  };
  CHECK(report(OrderStatus::accepted, 0, Timestamp{102s}) == "accepted 0");
  CHECK(report(OrderStatus::accepted, 7, Timestamp{104s}) == "accepted 7");
  CHECK(report(OrderStatus::accepted, 3, Timestamp{103s}) == "accepted 7");
  CHECK(report(OrderStatus::partial, 8, Timestamp{105s}) == "partial 8");
  CHECK(report(OrderStatus::unknown, 8, Timestamp{106s}) == "partial 8");
  CHECK(report(OrderStatus::filled, 10, Timestamp{107s}) == "filled 10");
  CHECK(site.seen("SELECT count(*) FROM order_reports") == "6");
  const auto other = site.connect();
  CHECK(other->execute("DELETE FROM order_reports"));
  CHECK(other->execute("UPDATE fills SET price_e4 = 1; UPDATE order_reports SET fee_e6 = 0"));
}

TEST_CASE("A fill counts once") {
  const LedgerSite site{GENERATE(Store::sqlite, Store::postgres)};
  auto ledger = site.open();
  REQUIRE(ledger.commit_intent(make_intent(1), now) == caf::none);
  const auto fill = make_fill(make_order(1, 0), "f1", Quantity{4'000'000});
  auto other_market = fill;
  other_market.market = id_of(polymarket_ref);
  auto other_content = fill;
  other_content.quantity = Quantity{5'000'000};
  const auto outcomes = ledger.write(
    std::vector<LedgerEntry>{{fill, now}, {fill, now}, {other_market, now}, {other_content, now}});
  REQUIRE(outcomes);
  CHECK_FALSE((*outcomes)[0].duplicate);
  CHECK((*outcomes)[1].duplicate);
  CHECK_FALSE((*outcomes)[1].refused);
  CHECK_FALSE((*outcomes)[2].duplicate);
  CHECK((*outcomes)[3].refused == Errc::ledger_refused);
  const auto positions = ledger.positions();
  REQUIRE(positions->size() == 2);
  for (const auto& record : *positions) {
    CHECK(record.position.quantity == Quantity{4'000'000});
    CHECK(record.position.cost == Money{1'680'000});
    CHECK(record.position.fees == Money{170'520});
    CHECK(record.native_id == (record.venue == Venue::kalshi ? "KXT-LAL" : "0xc0ffee"));
  }
}

TEST_CASE("Positions follow the fills and survive a restart") {
  const LedgerSite site{GENERATE(Store::sqlite, Store::postgres)};
  const auto order = make_order(1, 0);
  {
    auto ledger = site.open();
    REQUIRE(ledger.record(make_fill(order, "f1", Quantity{10'000'000}), now) == caf::none);
  }
  auto ledger = site.open();
  auto sale = make_fill(order, "f2", Quantity{5'000'000});
  sale.action = Action::sell;
  sale.price = Price{5000};
  REQUIRE(ledger.record(sale, now) == caf::none);
  const auto positions = ledger.positions();
  REQUIRE(positions->size() == 1);
  CHECK(positions->front().position
        == Position{.quantity = Quantity{5'000'000},
                    .cost = Money{2'100'000},
                    .realized = Money{400'000},
                    .fees = Money{341'040}});
  CHECK(positions->front().native_id.empty());
  CHECK(site.seen("SELECT count(*) FROM stray_fills") == "2");
}

TEST_CASE("A balance is the newest one") {
  const LedgerSite site{GENERATE(Store::sqlite, Store::postgres)};
  auto ledger = site.open();
  const auto balance = [&](std::int64_t dollars, Timestamp at) {
    return ledger.record(BalanceUpdate{.venue = Venue::polymarket,
                                       .available = Money{dollars * money_per_dollar},
                                       .at = at},
                         now);
  };
  REQUIRE(balance(100, Timestamp{10s}) == caf::none);
  REQUIRE(balance(90, Timestamp{12s}) == caf::none);
  REQUIRE(balance(95, Timestamp{11s}) == caf::none);
  REQUIRE(ledger.balances());
  CHECK(ledger.balances()->size() == 1);
  CHECK(ledger.balances()->at(Venue::polymarket).available == Money{90'000'000});
}

TEST_CASE("The totals are those of the pairs since a time") {
  const LedgerSite site{GENERATE(Store::sqlite, Store::postgres)};
  auto ledger = site.open();
  for (const std::uint64_t number : {1, 2, 3}) {
    REQUIRE(ledger.commit_intent(make_intent(number), now + number * 1s) == caf::none);
  }
  const auto order = make_order(3, 0);
  REQUIRE(ledger.record(make_report(order, OrderStatus::filled, Quantity{10'000'000},
                                    Timestamp{101s + 40ms}),
                        now)
          == caf::none);
  REQUIRE(ledger.record(make_fill(order, "f1", Quantity{10'000'000}), now) == caf::none);
  REQUIRE(ledger.record(make_closed(1, PairOutcome::unwound), now) == caf::none);
  REQUIRE(ledger.record(make_closed(3, PairOutcome::complete), now) == caf::none);
  const auto totals = ledger.totals(now + 2s);
  REQUIRE(totals);
  CHECK(totals->pairs == std::map<std::string, std::int64_t>{{"complete", 1}, {"open", 1}});
  CHECK(totals->orders == 4);
  CHECK(totals->fills == 1);
  CHECK(totals->locked_profit == Money{329'480});
  CHECK(totals->cost == Money{9'500'000});
  CHECK(totals->fees == Money{170'520});
  CHECK(totals->tick_to_intent.count() == 2);
  CHECK(totals->tick_to_intent.max() == 3s + 250us);
  CHECK(totals->order_latency.count() == 1);
  CHECK(totals->order_latency.max() == 40ms);
  CHECK(ledger.totals(Timestamp{})->pairs.at("unwound") == 1);
}

TEST_CASE("paper_trades shows dollars and contracts to any program while arbees writes") {
  const LedgerSite site{GENERATE(Store::sqlite, Store::postgres)};
  auto ledger = site.open();
  REQUIRE(ledger.commit_intent(make_intent(1), now) == caf::none);
  REQUIRE(ledger.record(make_report(make_order(1, 0), OrderStatus::partial, Quantity{2'500'000},
                                    Timestamp{101s + 12'500us}),
                        now)
          == caf::none);
  const auto row = [&](const char* columns) {
    return site.seen(fmt::format("SELECT {} FROM paper_trades WHERE leg = 0", columns));
  };
  CHECK(row("order_id") == make_order(1, 0).client_order_id);
  CHECK(row("status || ' ' || filled_qty || ' ' || quantity")
        == (site.is_file() ? "partial 2.5 10.0" : "partial 2.5 10"));
  CHECK(row("latency_ms") == "12.5");
  CHECK(row("created_at") == "1970-01-01T00:01:40.000250Z");
  CHECK(row("venue || ' ' || market || ' ' || outcome || ' ' || side") == "kalshi KXT-LAL LAL yes");
  CHECK(row("limit_price || ' ' || avg_price || ' ' || fee_dollars") == "0.42 0.42 0.17052");
  CHECK(row("tick_to_intent_us") == "250");
  CHECK(site.seen("SELECT status FROM paper_trades WHERE leg = 1") == "intent");
  CHECK(site.holds("latency_ms IS NULL FROM paper_trades WHERE leg = 1"));
}

TEST_CASE("A reader inside a transaction does not stop the writer") {
  const TempDirectory directory;
  const auto path = directory / "ledger.db";
  auto ledger = open_or_fail(path);
  REQUIRE(ledger.commit_intent(make_intent(1), now) == caf::none);
  SqliteConnection reader;
  REQUIRE_FALSE(SqliteConnection::open(path, DatabaseAccess::read, reader));
  REQUIRE_FALSE(reader.execute("BEGIN; SELECT count(*) FROM pairs"));
  CHECK(ledger.commit_intent(make_intent(2), now) == caf::none);
  CHECK(reader.value("SELECT count(*) FROM pairs") == "1");
  REQUIRE_FALSE(reader.execute("COMMIT"));
  CHECK(reader.value("SELECT count(*) FROM pairs") == "2");
}

TEST_CASE("Only one arbees writes a ledger, any may read it") {
  const TempDirectory directory;
  const auto path = directory / "ledger.db";
  {
    auto first = open_or_fail(path);
    CHECK_THAT(why_not({.path = path}),
               Catch::Contains(fmt::format("in use by process {}", ::getpid())));
    auto reader = open_or_fail(path, DatabaseAccess::read);
    CHECK(reader.open_pairs());
    CHECK(reader.commit_intent(make_intent(1), now) == Errc::ledger_refused);
  }
  open_or_fail(path);
}

TEST_CASE("A file that is no ledger of this arbees is refused in one sentence") {
  const TempDirectory directory;
  const auto path = directory / "ledger.db";
  SECTION("its directory is missing") {
    CHECK_THAT(why_not({.path = directory / "no" / "ledger.db"}),
               Catch::Contains("does not exist"));
  }
  SECTION("a directory") {
    std::filesystem::create_directory(path);
    CHECK_THAT(why_not({.path = path}), Catch::Contains("not a regular file"));
  }
  SECTION("not there, for reading") {
    CHECK_THAT(why_not({.path = path, .access = DatabaseAccess::read}),
               Catch::Contains("no such file"));
  }
  SECTION("rubbish") {
    std::ofstream{path} << std::string(5000, 'x');
    CHECK_THAT(why_not({.path = path}), Catch::Contains("not a database"));
    CHECK(std::filesystem::file_size(path) == 5000);
  }
  SECTION("another program's database") {
    execute_from_outside(path, "CREATE TABLE songs (name TEXT)");
    CHECK_THAT(why_not({.path = path}), Catch::Contains("not a ledger of arbees"));
  }
  SECTION("of a newer arbees") {
    open_or_fail(path);
    execute_from_outside(path, "PRAGMA user_version = 99");
    CHECK_THAT(why_not({.path = path}), Catch::Contains("schema version 99"));
  }
  SECTION("of another trading mode") {
    open_or_fail(path);
    CHECK_THAT(why_not({.path = path, .trading_mode = "live"}),
               Catch::Contains("holds paper trades"));
  }
}

TEST_CASE("A damaged page is found before trading begins") {
  const TempDirectory directory;
  const auto path = directory / "ledger.db";
  {
    auto ledger = open_or_fail(path);
    for (std::uint64_t number = 0; number < 50; ++number) {
      REQUIRE(ledger.commit_intent(make_intent(number), now) == caf::none);
    }
  }
  const auto page =
    std::stol(seen_from_outside(path, "SELECT rootpage FROM sqlite_schema WHERE name = 'orders'"));
  std::fstream file{path, std::ios::in | std::ios::out | std::ios::binary};
  file.seekp((page - 1) * 4096);
  file << std::string(4096, '\x7f');
  file.close();
  CHECK_THAT(why_not({.path = path}), Catch::Contains("damaged"));
}

TEST_CASE("Another program's write lock refuses intents only while it lasts") {
  const TempDirectory directory;
  const auto path = directory / "ledger.db";
  auto ledger = open_or_fail(path);
  SqliteConnection other;
  REQUIRE_FALSE(SqliteConnection::open(path, DatabaseAccess::write, other));
  REQUIRE_FALSE(other.execute("BEGIN IMMEDIATE"));
  const auto error = ledger.commit_intent(make_intent(1), now);
  CHECK(error == Errc::ledger_refused);
  CHECK_THAT(describe(error), Catch::Contains("locked"));
  REQUIRE_FALSE(other.execute("ROLLBACK"));
  CHECK(ledger.commit_intent(make_intent(1), now) == caf::none);
}

TEST_CASE("A ledger that was deleted or replaced under arbees takes no more intents") {
  const TempDirectory directory;
  const auto path = directory / "ledger.db";
  auto ledger = open_or_fail(path);
  std::filesystem::rename(path, directory / "away.db");
  CHECK(ledger.commit_intent(make_intent(1), now) == Errc::ledger_refused);
  std::filesystem::copy_file(directory / "away.db", path);
  CHECK_THAT(describe(ledger.commit_intent(make_intent(1), now)), Catch::Contains("replaced"));
  std::filesystem::rename(directory / "away.db", path);
  CHECK(ledger.commit_intent(make_intent(1), now) == caf::none);
}
