#include <catch2/catch.hpp>
#include <fstream>

#include "tests/bridges/store/open_ledger.hpp"
#include "tests/bridges/store/temp_directory.hpp"
#include "tests/bridges/store/trades.hpp"

// What the chain of events proves, and an older ledger's way into it.

using namespace arbees;
using namespace arbees::test;
using namespace std::chrono_literals;

namespace {

constexpr Timestamp now{100s};

/// 1, 4, 7, …: intents; 2, 5, …: fills; 3, 6, …: reports.
void write_pairs(Ledger& ledger, std::uint64_t first, std::uint64_t count) {
  for (auto number = first; number < first + count; ++number) {
    const auto order = make_order(number, 0);
    const auto outcomes = ledger.write(std::vector<LedgerEntry>{
      {make_intent(number), now},
      {make_fill(order, "f" + std::to_string(number), Quantity{1'000'000}), now},
      {make_report(order, OrderStatus::filled, Quantity{1'000'000}, Timestamp{102s}), now}});
    REQUIRE(outcomes);
  }
}

void write_old_ledger(const std::filesystem::path& path) {
  std::ifstream file{ARBEES_TEST_DATA "/ledger/v2.sql"};
  REQUIRE(file);
  execute_from_outside(path, std::string{std::istreambuf_iterator<char>{file}, {}});
}

} // namespace

TEST_CASE("A ledger is verified while arbees writes in it") {
  const LedgerSite site{GENERATE(Store::sqlite, Store::postgres)};
  auto ledger = site.open();
  write_pairs(ledger, 1, 20);
  auto reader = site.open(DatabaseAccess::read);
  const auto verdict = reader.verify();
  REQUIRE(verdict);
  CHECK_FALSE(verdict->fault);
  CHECK(verdict->events == 60);
  CHECK(verdict->rows == 20 + 40 + 2 + 40 + 20 + 20 + 1);
  CHECK(verdict->head == site.seen("SELECT hash FROM events WHERE seq = 60"));
  write_pairs(ledger, 21, 1);
  CHECK(reader.verify()->events == 63);
}

TEST_CASE("What was changed behind the chain's back is named") {
  const LedgerSite site{GENERATE(Store::sqlite, Store::postgres)};
  {
    auto ledger = site.open();
    write_pairs(ledger, 1, 5);
    REQUIRE(ledger.record(BalanceUpdate{.available = Money{5}, .at = now}, now) == caf::none);
    REQUIRE(
      ledger.record(TradingControl{.state = TradingState::halted, .by = "file", .at = now}, now)
      == caf::none);
  }
  REQUIRE(site.fault().empty());
  SECTION("an event") {
    site.tamper("UPDATE events SET content = replace(content, ' 4200 ', ' 4100 ') WHERE seq = 5");
    CHECK_THAT(site.fault(), Catch::StartsWith("event 5: was changed"));
  }
  SECTION("when an event was heard") {
    site.tamper("UPDATE events SET at_ns = at_ns + 1 WHERE seq = 7");
    CHECK_THAT(site.fault(), Catch::StartsWith("event 7: was changed"));
  }
  SECTION("an event is gone") {
    site.tamper("DELETE FROM events WHERE seq = 9");
    CHECK_THAT(site.fault(), Catch::StartsWith("event 10: follows event 8"));
  }
  SECTION("the last event is gone") {
    site.tamper("DELETE FROM events WHERE seq = 17");
    CHECK_THAT(site.fault(), Catch::Contains("trading_controls: row 1 follows from no event"));
  }
  SECTION("the trading mode") {
    site.execute("UPDATE meta SET value = 'live' WHERE key = 'trading_mode'");
    CHECK_THAT(site.fault(), Catch::StartsWith("event 1: was changed"));
  }
  SECTION("a position") {
    site.execute("UPDATE positions SET quantity_e6 = 1");
    CHECK_THAT(site.fault(), Catch::StartsWith(
                               "event 14: positions: row 4165bb23e150bd0c yes: column quantity_e6 "
                               "is \"1\", by the events \"5000000\""));
  }
  SECTION("a fill") {
    site.tamper("UPDATE fills SET price_e4 = 1 WHERE fill_id = 'f3'");
    CHECK_THAT(site.fault(), Catch::StartsWith("event 8: fills: row 3: column price_e4"));
  }
  SECTION("a fill is gone") {
    site.tamper("DELETE FROM fills WHERE fill_id = 'f5'");
    CHECK_THAT(site.fault(), Catch::StartsWith("event 14: fills: row 5 is missing"));
  }
  SECTION("an order") {
    site.execute(
      "UPDATE orders SET status = 'unfilled' WHERE pair_id LIKE '%2' "
      "AND leg = 0");
    CHECK_THAT(site.fault(), Catch::StartsWith("event 6: orders: row a0000000000000002-0o0"));
  }
  SECTION("a pair") {
    site.execute("UPDATE pairs SET outcome = 'complete' WHERE pair_id LIKE '%4'");
    CHECK_THAT(site.fault(), Catch::StartsWith("event 10: pairs: row 0000000000000004"));
  }
  SECTION("a balance") {
    site.execute("UPDATE balances SET available_e6 = 6");
    CHECK_THAT(site.fault(), Catch::StartsWith("event 16: balances: row kalshi"));
  }
  SECTION("what the account began with") {
    site.execute("UPDATE baselines SET moved_e6 = 0");
    CHECK_THAT(site.fault(), Catch::StartsWith("event 16: baselines: row kalshi"));
  }
  SECTION("the latch") {
    site.execute("INSERT INTO trading_controls VALUES (2, 'active', '', '', 0)");
    CHECK_THAT(site.fault(), Catch::Contains("trading_controls: row 2 follows from no event"));
  }
}

TEST_CASE("A ledger whose newest events were changed is not traded with") {
  const LedgerSite site{GENERATE(Store::sqlite, Store::postgres)};
  {
    auto ledger = site.open();
    write_pairs(ledger, 1, 5);
  }
  site.tamper("UPDATE events SET content = replace(content, ' 4200 ', ' 4100 ') WHERE seq = 5");
  CHECK_THAT(why_not(site.config()), Catch::Contains("damaged: event 5 was changed"));
}

TEST_CASE("Another program's events do not get into the chain") {
  const LedgerSite site{GENERATE(Store::sqlite, Store::postgres)};
  auto ledger = site.open();
  write_pairs(ledger, 1, 1);
  site.execute("INSERT INTO events VALUES (4, 'fill', 0, '', '')");
  const auto error = ledger.commit_intent(make_intent(2), now);
  CHECK(error == Errc::ledger_refused);
  CHECK_THAT(describe(error), Catch::Contains("event 4"));
  site.tamper("DELETE FROM events WHERE seq = 4");
  CHECK(ledger.commit_intent(make_intent(2), now) == caf::none);
  CHECK(fault_of(ledger).empty());
}

TEST_CASE("Flipped bytes in the middle of the file are found, and nothing of it is lost") {
  const TempDirectory directory;
  const auto path = directory / "ledger.db";
  {
    auto ledger = open_or_fail(path);
    write_pairs(ledger, 1, 60);
  }
  const auto flip = [&](const std::string& needle) {
    std::ifstream in{path, std::ios::binary};
    std::string bytes{std::istreambuf_iterator<char>{in}, {}};
    const auto place = bytes.find(needle);
    REQUIRE(place != std::string::npos);
    bytes[place + needle.size() - 1] ^= 1;
    std::ofstream{path, std::ios::binary} << bytes;
    return bytes.size();
  };
  SECTION("in an event") {
    const auto size = flip("f30 a000000000000001e-0o0 000000000000001e yes buy 4200");
    CHECK_THAT(why_not({.path = path}), Catch::Contains("damaged: event 89 was changed"));
    CHECK_THAT(why_not({.path = path}), Catch::Contains("go on with a copy from before"));
    CHECK_THAT(fault_of(path), Catch::StartsWith("event 89: was changed"));
    CHECK(std::filesystem::file_size(path) == size);
  }
  SECTION("in another table") {
    flip("0xc0ffee");
    CHECK_THAT(fault_of(path), Catch::Contains("markets: row 0e513b99e9278f82: column native_id"));
  }
  SECTION("a whole page of events") {
    const auto page = std::stol(
      seen_from_outside(path, "SELECT rootpage FROM sqlite_schema WHERE name = 'events'"));
    std::fstream file{path, std::ios::in | std::ios::out | std::ios::binary};
    file.seekp((page - 1) * 4096);
    file << std::string(4096, '\x55');
    file.close();
    CHECK_THAT(why_not({.path = path}), Catch::Contains("damaged"));
    CHECK_THAT(fault_of(path), Catch::Contains("event 1: "));
  }
}

TEST_CASE("A ledger from before there were events is told to the chain") {
  const TempDirectory directory;
  const auto path = directory / "ledger.db";
  write_old_ledger(path);
  SECTION("of the version before") {}
  SECTION("of the first version") {
    execute_from_outside(path, "ALTER TABLE orders DROP COLUMN created_at_ns");
    execute_from_outside(path, "PRAGMA user_version = 1");
  }
  auto ledger = open_or_fail(path);
  CHECK(fault_of(ledger).empty());
  CHECK(seen_from_outside(path, "SELECT count(*) FROM events") == "21");
  const auto pairs = ledger.open_pairs();
  REQUIRE(pairs->size() == 1);
  CHECK(pairs->front().request.pair == PairId{3});
  CHECK(pairs->front().batches == 1);
  CHECK(seen_from_outside(path,
                          "SELECT batches || ' ' || closings || ' ' || outcome FROM pairs "
                          "WHERE pair_id LIKE '%2'")
        == "2 1 unwound");
  CHECK(ledger.account(Venue::kalshi)->available == Money{90'000'000});
  CHECK(ledger.account(Venue::kalshi)->holdings.front().quantity == Quantity{11'000'000});
  write_pairs(ledger, 10, 3);
  auto again = make_closed(2, PairOutcome::complete);
  again.revision = 1;
  CHECK(ledger.record(again, now) == caf::none);
  CHECK(fault_of(ledger).empty());
}

TEST_CASE("An old ledger that holds what cannot be stays as it is") {
  const TempDirectory directory;
  const auto path = directory / "ledger.db";
  write_old_ledger(path);
  execute_from_outside(path, "UPDATE orders SET side = 'maybe' WHERE leg = 1");
  CHECK_THAT(why_not({.path = path}), Catch::Contains("from schema version 2 to 3"));
  CHECK(seen_from_outside(path, "PRAGMA user_version") == "2");
  CHECK(seen_from_outside(path, "SELECT count(*) FROM sqlite_schema WHERE name = 'events'") == "0");
}
