#include <catch2/catch.hpp>

#include "tests/bridges/store/open_ledger.hpp"
#include "tests/bridges/store/temp_directory.hpp"
#include "tests/bridges/store/trades.hpp"

// What fills that change, payments and balances do to positions and to the account.

using namespace arbees;
using namespace arbees::test;
using namespace std::chrono_literals;

namespace {

constexpr Timestamp now{100s + 250us};

Fill fill_of(std::string id, Action action, std::int32_t price, std::int64_t contracts,
             FillState state = FillState::confirmed, std::uint8_t leg = 0) {
  auto fill = make_fill(make_order(1, leg), std::move(id), Quantity{contracts * 1'000'000});
  fill.action = action;
  fill.price = Price{price};
  fill.fee = Money{10'000};
  fill.state = state;
  return fill;
}

Settlement payment(std::int64_t contracts, std::int64_t dollars, Timestamp at = Timestamp{200s}) {
  return {.venue = Venue::kalshi,
          .market = id_of(kalshi_ref),
          .native_id = kalshi_ref.native_id,
          .side = Side::yes,
          .quantity = Quantity{contracts * 1'000'000},
          .payout = Money{dollars * money_per_dollar},
          .fee = Money{0},
          .at = at};
}

BalanceUpdate balance(Venue venue, std::int64_t dollars, Timestamp at) {
  return {.venue = venue, .available = Money{dollars * money_per_dollar}, .at = at};
}

/// A new ledger with the intent of pair 1.
struct OpenLedger {
  LedgerSite site{GENERATE(Store::sqlite, Store::postgres)};
  Ledger ledger = site.open();

  OpenLedger() { take(make_intent(1)); }
  ~OpenLedger() { CHECK(fault_of(ledger).empty()); }

  void take(LedgerRecord record) {
    const auto error = ledger.record(std::move(record), now);
    INFO((error ? describe(error) : ""));
    REQUIRE_FALSE(error);
  }
  LedgerOutcome outcome(LedgerRecord record) {
    const LedgerEntry entry{.record = std::move(record), .received_at = now};
    auto outcomes = ledger.write({&entry, 1});
    REQUIRE(outcomes);
    return outcomes->front();
  }
  std::int64_t events() const { return std::stoll(site.seen("SELECT count(*) FROM events")); }
  std::optional<Position> position(Side side = Side::yes) {
    const auto positions = ledger.positions();
    REQUIRE(positions);
    for (const auto& record : *positions) {
      if (record.market == id_of(kalshi_ref) && record.side == side) {
        return record.position;
      }
    }
    return std::nullopt;
  }
  Money available(Venue venue = Venue::kalshi) {
    const auto view = ledger.account(venue);
    REQUIRE(view);
    REQUIRE(view->available);
    return *view->available;
  }
};

} // namespace

TEST_CASE_METHOD(OpenLedger, "A voided fill leaves the position as if it had never been") {
  take(fill_of("f1", Action::buy, 4000, 10));
  take(fill_of("f3", Action::sell, 7000, 5));
  const auto without = position();
  OpenLedger other;
  other.take(fill_of("f1", Action::buy, 4000, 10));
  other.take(fill_of("f2", Action::buy, 6100, 3, FillState::provisional));
  other.take(fill_of("f3", Action::sell, 7000, 5));
  CHECK(other.position() != without);
  other.take(fill_of("f2", Action::buy, 6100, 3, FillState::voided));
  CHECK(other.position() == without);
  CHECK(other.site.seen("SELECT fill_id || ' ' || state FROM fills ORDER BY id")
        == "f1 confirmed,f2 voided,f3 confirmed");
  CHECK(other.site.seen("SELECT state FROM fill_changes") == "voided");
}

TEST_CASE_METHOD(OpenLedger, "The only fill of a position, voided, leaves none") {
  take(fill_of("f1", Action::buy, 4000, 10, FillState::provisional));
  CHECK(position());
  take(fill_of("f1", Action::buy, 4000, 10, FillState::voided));
  CHECK_FALSE(position());
}

TEST_CASE_METHOD(OpenLedger, "The first final state of a fill wins") {
  const auto first = GENERATE(FillState::confirmed, FillState::voided);
  const auto told_before = GENERATE(true, false);
  const auto other = first == FillState::voided ? FillState::confirmed : FillState::voided;
  if (told_before) {
    take(fill_of("f1", Action::buy, 4000, 10, FillState::provisional));
  }
  take(fill_of("f1", Action::buy, 4000, 10, first));
  const auto before = position();
  CHECK(before.has_value() == (first == FillState::confirmed));
  const auto count = events();
  CHECK(outcome(fill_of("f1", Action::buy, 4000, 10, other)).refused == Errc::ledger_refused);
  CHECK(outcome(fill_of("f1", Action::buy, 4000, 10, first)).duplicate);
  CHECK(outcome(fill_of("f1", Action::buy, 4000, 10, FillState::provisional)).duplicate);
  CHECK(outcome(fill_of("f1", Action::buy, 4000, 11, first)).refused == Errc::ledger_refused);
  CHECK(position() == before);
  CHECK(events() == count);
  const auto outside = site.connect();
  CHECK(outside->execute("UPDATE fills SET state = 'provisional'"));
  CHECK(outside->execute("UPDATE fills SET quantity_e6 = 1"));
}

TEST_CASE_METHOD(OpenLedger, "A report that knows of more voids is the newer one") {
  const auto order = make_order(1, 0);
  auto report = make_report(order, OrderStatus::filled, Quantity{10}, Timestamp{110s});
  take(report);
  auto voided = make_report(order, OrderStatus::partial, Quantity{4}, Timestamp{109s});
  voided.voided = Quantity{6};
  take(voided);
  take(report);
  const auto known = ledger.open_pairs()->front().orders.front().report;
  REQUIRE(known);
  CHECK(caf::deep_to_string(*known) == caf::deep_to_string(voided));
}

TEST_CASE_METHOD(OpenLedger, "A pair that is taken up again is open until a later revision") {
  const auto end = [](std::uint32_t revision, PairOutcome what) {
    auto closed = make_closed(1, what);
    closed.revision = revision;
    return closed;
  };
  for (const std::uint8_t leg : {std::uint8_t{0}, std::uint8_t{1}}) {
    take(make_report(make_order(1, leg), OrderStatus::unfilled, Quantity{}, Timestamp{102s}));
  }
  take(end(0, PairOutcome::complete));
  CHECK(ledger.open_pairs()->empty());
  CHECK(outcome(end(0, PairOutcome::complete)).duplicate);
  CHECK(outcome(end(0, PairOutcome::unwound)).refused == Errc::ledger_refused);
  SECTION("by a later end") {
    take(end(2, PairOutcome::exposed));
    CHECK(outcome(end(1, PairOutcome::complete)).duplicate);
    CHECK(site.seen("SELECT outcome FROM pairs") == "exposed");
    CHECK(ledger.open_pairs()->empty());
  }
  SECTION("by a later intent") {
    auto order = make_order(1, 0, OrderPurpose::unwind);
    take(CommitIntent{.request = make_request(1), .batch = 2, .orders = {order}});
    const auto pairs = ledger.open_pairs();
    REQUIRE(pairs->size() == 1);
    CHECK(pairs->front().batches == 2);
    CHECK(pairs->front().closed_before == 1);
    CHECK(pairs->front().orders.at(2).intent.purpose == OrderPurpose::unwind);
    CHECK(site.holds("outcome IS NULL AND cost_e6 IS NULL FROM pairs"));
    CHECK(outcome(end(0, PairOutcome::complete)).refused == Errc::ledger_refused);
    take(end(1, PairOutcome::unwound));
    take(make_report(order, OrderStatus::unfilled, Quantity{}, Timestamp{102s}));
    CHECK(ledger.open_pairs()->empty());
  }
}

TEST_CASE_METHOD(OpenLedger, "A pair whose fill may still be voided is open") {
  for (const std::uint8_t leg : {std::uint8_t{0}, std::uint8_t{1}}) {
    take(make_report(make_order(1, leg), OrderStatus::unfilled, Quantity{}, Timestamp{102s}));
  }
  take(fill_of("f1", Action::buy, 4000, 10, FillState::provisional));
  take(make_closed(1, PairOutcome::complete));
  REQUIRE(ledger.open_pairs()->size() == 1);
  CHECK(ledger.open_pairs()->front().fills.front().state == FillState::provisional);
  take(fill_of("f1", Action::buy, 4000, 10, FillState::confirmed));
  CHECK(ledger.open_pairs()->empty());
}

TEST_CASE_METHOD(OpenLedger, "A pair is open while a report counts executions that nobody told") {
  take(make_report(make_order(1, 0), OrderStatus::filled, Quantity{10}, Timestamp{102s}));
  take(make_report(make_order(1, 1), OrderStatus::unfilled, Quantity{}, Timestamp{102s}));
  take(make_closed(1, PairOutcome::exposed));
  CHECK(ledger.open_pairs()->size() == 1);
  take(fill_of("f1", Action::buy, 4000, 10, FillState::confirmed));
  CHECK(ledger.open_pairs()->empty());
}

TEST_CASE_METHOD(OpenLedger, "Orders come back in the order of their commits") {
  auto second = make_order(1, 1, OrderPurpose::complete);
  auto third = make_order(1, 0, OrderPurpose::complete);
  take(CommitIntent{.request = make_request(1), .batch = 2, .orders = {second, third}});
  const auto pairs = ledger.open_pairs();
  std::vector<std::string> ids;
  for (const auto& order : pairs->front().orders) {
    ids.push_back(order.intent.client_order_id);
  }
  CHECK(ids
        == std::vector{make_order(1, 0).client_order_id, make_order(1, 1).client_order_id,
                       second.client_order_id, third.client_order_id});
}

TEST_CASE_METHOD(OpenLedger, "What was paid for is held no longer") {
  take(fill_of("f1", Action::buy, 4000, 10));
  take(payment(10, 10));
  CHECK(position() == Position{.realized = Money{6'000'000}, .fees = Money{10'000}});
  CHECK(ledger.account(Venue::kalshi)->holdings.empty());
  CHECK(outcome(payment(10, 10)).duplicate);
  SECTION("the venue takes it back") {
    take(payment(0, 0, Timestamp{201s}));
    CHECK(position()->quantity == Quantity{10'000'000});
    CHECK(position()->cost == Money{4'000'000});
    CHECK(position()->realized == Money{0});
  }
  SECTION("the venue decides for the other side") {
    take(payment(10, 0, Timestamp{201s}));
    CHECK(position()->quantity == Quantity{0});
    CHECK(position()->realized == Money{-4'000'000});
  }
  SECTION("a fill is told late") {
    take(fill_of("f2", Action::buy, 5000, 2));
    CHECK(position()->quantity == Quantity{2'000'000});
    take(payment(12, 12, Timestamp{201s}));
    CHECK(position() == Position{.realized = Money{7'000'000}, .fees = Money{20'000}});
  }
  SECTION("the account held more than the ledger") {
    take(payment(40, 40, Timestamp{201s}));
    CHECK(position() == Position{.realized = Money{6'000'000}, .fees = Money{10'000}});
  }
  CHECK(ledger.settlements()->size() == 1);
}

TEST_CASE_METHOD(OpenLedger, "A payment of contracts that the ledger never held holds nothing") {
  take(payment(40, 40));
  CHECK(ledger.positions()->empty());
  CHECK(ledger.account(Venue::kalshi)->holdings.empty());
  auto wrong = payment(1, 1);
  wrong.quantity = Quantity{-1};
  CHECK(outcome(wrong).refused == Errc::ledger_refused);
}

TEST_CASE_METHOD(OpenLedger, "Free money is the first balance and all that was booked since") {
  CHECK_FALSE(ledger.account(Venue::kalshi)->available);
  take(fill_of("before", Action::buy, 4000, 1));
  take(balance(Venue::kalshi, 100, Timestamp{102s}));
  CHECK(available() == Money{100'000'000});
  take(fill_of("f1", Action::buy, 4000, 10));
  CHECK(available() == Money{95'990'000});
  take(fill_of("f2", Action::sell, 5000, 4, FillState::provisional));
  CHECK(available() == Money{97'980'000});
  take(balance(Venue::kalshi, 1000, Timestamp{150s})); // a deposit is no trade
  CHECK(available() == Money{97'980'000});
  take(fill_of("f2", Action::sell, 5000, 4, FillState::voided));
  CHECK(available() == Money{95'990'000});
  take(payment(11, 11));
  CHECK(available() == Money{106'990'000});
  take(payment(0, 0, Timestamp{201s}));
  CHECK(available() == Money{95'990'000});
  CHECK_FALSE(ledger.account(Venue::polymarket)->available);
  take(balance(Venue::polymarket, 50, Timestamp{102s}));
  take(fill_of("p1", Action::buy, 5000, 2, FillState::provisional, 1));
  CHECK(available(Venue::polymarket) == Money{48'990'000});
}

TEST_CASE_METHOD(OpenLedger, "What the venue had booked before the first balance is in it") {
  take(balance(Venue::kalshi, 100, Timestamp{300s}));
  take(fill_of("late", Action::buy, 4000, 10)); // executed at 102 s, told now
  CHECK(available() == Money{100'000'000});
  take(payment(10, 10, Timestamp{297s}));
  CHECK(available() == Money{100'000'000});
  CHECK(position()->quantity == Quantity{0});
  take(payment(10, 0, Timestamp{310s})); // taken back afterwards
  CHECK(available() == Money{90'000'000});
}

TEST_CASE_METHOD(OpenLedger, "Kalshi pays a dollar at once for both sides of one contract") {
  take(balance(Venue::kalshi, 100, Timestamp{101s}));
  take(fill_of("f1", Action::buy, 4000, 10));
  auto other = fill_of("f2", Action::buy, 5000, 4);
  other.side = Side::no;
  take(other);
  CHECK(available() == Money{100'000'000 - 4'010'000 - 2'010'000 + 4'000'000});
  CHECK(ledger.account(Venue::kalshi)->holdings.size() == 2);
  take(payment(6, 6)); // of the net position
  CHECK(available() == Money{100'000'000 - 4'010'000 - 2'010'000 + 10'000'000});
}

TEST_CASE_METHOD(OpenLedger, "Working orders are those that may still be executed") {
  const auto ids = [&](Venue venue) {
    std::vector<std::string> found;
    const auto view = ledger.account(venue);
    for (const auto& order : view->working) {
      found.push_back(order.client_order_id + "/" + order.venue_order_id + "/" + order.native_id);
    }
    return found;
  };
  const auto order = make_order(1, 0);
  CHECK(ids(Venue::kalshi) == std::vector{order.client_order_id + "//KXT-LAL"});
  take(make_report(order, OrderStatus::accepted, Quantity{3}, Timestamp{102s}));
  CHECK(ids(Venue::kalshi)
        == std::vector{order.client_order_id + "/v-" + order.client_order_id + "/KXT-LAL"});
  CHECK(ledger.account(Venue::kalshi)->working.front().filled == Quantity{3});
  take(make_report(order, OrderStatus::partial, Quantity{3}, Timestamp{103s}));
  CHECK(ids(Venue::kalshi).empty());
  CHECK(ids(Venue::polymarket).size() == 1);
}

TEST_CASE_METHOD(OpenLedger, "The last word on trading holds over a restart") {
  CHECK_FALSE(*ledger.trading_control());
  take(TradingControl{.state = TradingState::halted, .by = "file", .at = Timestamp{1s}});
  take(TradingControl{
    .state = TradingState::reduce_only, .by = "cli", .reason = "looks odd", .at = Timestamp{2s}});
  auto reader = site.open(DatabaseAccess::read);
  const auto control = *reader.trading_control();
  REQUIRE(control);
  CHECK(control->state == TradingState::reduce_only);
  CHECK(control->reason == "looks odd");
  CHECK(site.seen("SELECT count(*) FROM trading_controls") == "2");
}

TEST_CASE_METHOD(OpenLedger, "A difference is written down once until it is gone") {
  Reconciliation compared{.venue = Venue::kalshi, .at = Timestamp{1s}};
  const auto count = events();
  take(compared);
  compared.at = Timestamp{2s};
  compared.drifts = {{"money", "available", "1.00", "2.00"}};
  take(compared);
  compared.at = Timestamp{3s};
  CHECK(outcome(compared).duplicate);
  auto failed = compared;
  failed.drifts.clear();
  failed.failed = "timed out";
  failed.at = Timestamp{4s};
  CHECK(outcome(failed).duplicate);
  CHECK(outcome(compared).duplicate);
  auto record = ledger.reconciliations()->at(Venue::kalshi);
  CHECK(record.clean_at == Timestamp{1s});
  CHECK(record.drift_at == Timestamp{3s});
  CHECK(record.failed_at == Timestamp{4s});
  CHECK(record.drifting);
  compared.drifts.clear();
  take(compared);
  CHECK_FALSE(ledger.reconciliations()->at(Venue::kalshi).drifting);
  compared.drifts = {{"money", "available", "1.00", "2.00"}};
  take(compared);
  CHECK(site.seen("SELECT count(*) FROM drifts") == "2");
  CHECK(events() == count + 2);
}
