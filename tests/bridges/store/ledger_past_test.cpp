#include "tests/bridges/store/open_ledger.hpp"
#include "tests/bridges/store/temp_directory.hpp"
#include "tests/bridges/store/trades.hpp"

using namespace arbees;
using namespace arbees::test;
using namespace std::chrono_literals;

// What a restart must know of earlier runs, exits, and money that a person has accepted.

namespace {

constexpr Timestamp now{500s};

struct PastLedger {
  TempDirectory directory;
  std::filesystem::path path = directory / "ledger.db";
  Ledger ledger = open_or_fail(path);

  ~PastLedger() { CHECK(fault_of(ledger).empty()); }

  void take(LedgerRecord record) {
    const auto error = ledger.record(std::move(record), now);
    INFO((error ? describe(error) : ""));
    REQUIRE_FALSE(error);
  }
  void take_pair(std::uint64_t number, Timestamp closed_at, Quantity held) {
    take(make_intent(number));
    for (const std::uint8_t leg : {0, 1}) {
      const auto order = make_order(number, leg);
      take(make_report(order, OrderStatus::filled, Quantity{10'000'000}, closed_at));
      take(make_fill(order, fmt::format("f{}-{}", number, leg), Quantity{10'000'000}));
    }
    auto closed = make_closed(number, PairOutcome::complete);
    closed.closed_at = closed_at;
    closed.held = {held, held};
    closed.matched = held;
    take(closed);
  }
  std::vector<std::uint64_t> kept(Timestamp day_began, Timestamp not_before = Timestamp{}) {
    const auto pairs = ledger.kept_pairs(day_began, not_before);
    REQUIRE(pairs);
    std::vector<std::uint64_t> ids;
    for (const auto& pair : *pairs) {
      ids.push_back(pair.pair.request.pair.value());
    }
    return ids;
  }
  Settlement paid(std::uint8_t leg, Timestamp at) const {
    const auto& ref = leg == 0 ? kalshi_ref : polymarket_ref;
    return {.venue = ref.venue,
            .market = id_of(ref),
            .native_id = ref.native_id,
            .side = leg == 0 ? Side::yes : Side::no,
            .quantity = Quantity{10'000'000},
            .payout = Money{leg == 0 ? 10'000'000 : 0},
            .at = at};
  }
};

} // namespace

TEST_CASE_METHOD(PastLedger,
                 "A restart is told of open pairs, of today's and of what is not paid") {
  take_pair(1, Timestamp{200s}, Quantity{10'000'000});
  take_pair(2, Timestamp{210s}, Quantity{});
  take(make_intent(3));
  CHECK(kept(Timestamp{205s}) == std::vector<std::uint64_t>{1, 2, 3});
  CHECK(kept(Timestamp{300s}) == std::vector<std::uint64_t>{1, 3});
  CHECK(kept(Timestamp{300s}, Timestamp{250s}) == std::vector<std::uint64_t>{3});
  take(paid(0, Timestamp{250s}));
  CHECK(kept(Timestamp{300s}) == std::vector<std::uint64_t>{1, 3});
  take(paid(1, Timestamp{260s}));
  CHECK(kept(Timestamp{300s}) == std::vector<std::uint64_t>{3});
  CHECK(kept(Timestamp{255s}) == std::vector<std::uint64_t>{1, 3});
}

TEST_CASE_METHOD(PastLedger, "What is told of a pair that ended is its whole end") {
  take_pair(1, Timestamp{200s}, Quantity{10'000'000});
  const auto pairs = ledger.kept_pairs(Timestamp{}, Timestamp{});
  REQUIRE(pairs);
  REQUIRE(pairs->size() == 1);
  const auto& [pair, closed] = pairs->front();
  CHECK(pair.orders.size() == 2);
  CHECK(pair.fills.size() == 2);
  auto expected = make_closed(1, PairOutcome::complete);
  expected.closed_at = Timestamp{200s};
  REQUIRE(closed);
  CHECK(caf::deep_to_string(*closed) == caf::deep_to_string(expected));
}

TEST_CASE_METHOD(PastLedger, "An exit's orders take a pair up again and leave the position") {
  take_pair(1, Timestamp{200s}, Quantity{10'000'000});
  auto sale = make_order(1, 0, OrderPurpose::exit);
  sale.action = Action::sell;
  CHECK(sale.client_order_id == client_order_id(PairId{1}, 0, OrderPurpose::exit, 0));
  take(CommitIntent{.request = make_request(1), .batch = 2, .orders = {sale}});
  const auto open = ledger.open_pairs();
  REQUIRE(open);
  REQUIRE(open->size() == 1);
  CHECK(open->front().closed_before == 1);
  CHECK(open->front().orders.back().intent.purpose == OrderPurpose::exit);
  take(make_report(sale, OrderStatus::filled, Quantity{10'000'000}, Timestamp{220s}));
  take(make_fill(sale, "exit", Quantity{10'000'000}));
  const auto positions = ledger.positions();
  REQUIRE(positions);
  for (const auto& record : *positions) {
    if (record.side == Side::yes) {
      CHECK(record.position.quantity == Quantity{});
      CHECK(record.position.realized == Money{});
    }
  }
  auto closed = make_closed(1, PairOutcome::exposed);
  closed.revision = 1;
  closed.held = {Quantity{}, Quantity{10'000'000}};
  take(closed);
  CHECK(ledger.open_pairs()->empty());
}

TEST_CASE_METHOD(PastLedger, "Money that a person accepts is expected from then on") {
  const MoneyAccepted deposit{.venue = Venue::kalshi,
                              .amount = Money{250'000'000},
                              .by = "person",
                              .reason = "a deposit",
                              .at = now};
  const auto refused = ledger.record(deposit, now);
  REQUIRE(refused);
  CHECK(describe(refused).find("no balance") != std::string::npos);
  take(
    BalanceUpdate{.venue = Venue::kalshi, .available = Money{100'000'000}, .at = Timestamp{90s}});
  take_pair(1, Timestamp{200s}, Quantity{10'000'000});
  const auto before = ledger.account(Venue::kalshi)->available;
  REQUIRE(before);
  take(deposit);
  CHECK(ledger.account(Venue::kalshi)->available == *before + deposit.amount);
  auto withdrawal = deposit;
  withdrawal.amount = Money{-50'000'000};
  take(withdrawal);
  CHECK(ledger.account(Venue::kalshi)->available == *before + Money{200'000'000});
  SECTION("also after the ledger was opened anew") {
    ledger = Ledger{std::move(ledger)};
    CHECK(seen_from_outside(path, "SELECT count(*) FROM events WHERE kind = 'money'") == "2");
    CHECK(fault_of(path).empty());
  }
}
