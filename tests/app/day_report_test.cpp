#include <boost/json.hpp>
#include <catch2/catch.hpp>
#include <cstdlib>

#include "actors/messages/errors.hpp"
#include "app/report_command.hpp"
#include "bridges/store/history_rebuild.hpp"
#include "bridges/store/history_select.hpp"
#include "bridges/store/ledger.hpp"
#include "tests/bridges/store/temp_directory.hpp"
#include "tests/bridges/store/trades.hpp"

using namespace arbees;
using namespace arbees::test;
using namespace std::chrono_literals;

namespace {

const TimeSpan first_day{.begin = Timestamp{0s}, .end = Timestamp{24h}};

PairClosed make_end(std::uint64_t number, PairOutcome outcome, Timestamp at) {
  auto closed = make_closed(number, outcome);
  closed.closed_at = at;
  return closed;
}

/// What both orders of pair `number` came to: so many contracts of each, for these fees.
void record_trades(Ledger& ledger, std::uint64_t number, Quantity quantity,
                   std::array<Money, 2> fees, Timestamp at) {
  for (const auto leg : {std::uint8_t{0}, std::uint8_t{1}}) {
    const auto order = make_order(number, leg);
    auto report = make_report(order, OrderStatus::filled, quantity, at);
    report.sent_at = at - 20ms;
    report.fee = fees[leg];
    auto fill = make_fill(order, "f" + std::to_string(number), quantity);
    fill.fee = fees[leg];
    fill.at = at;
    REQUIRE_FALSE(ledger.record(report, at));
    REQUIRE_FALSE(ledger.record(fill, at));
  }
}

/// Two pairs that ended on the first day, one that ended on the next, one that has not ended.
void fill_ledger(const std::filesystem::path& path) {
  auto ledger = Ledger::open({.path = path});
  REQUIRE(ledger);
  for (const std::uint64_t number : {1, 2, 3, 4}) {
    auto intent = make_intent(number);
    if (number == 2) {
      intent.request.signal.edge_per_contract = Money{12'000};
      intent.request.signal.type = SignalType::directional;
    }
    REQUIRE_FALSE(ledger->commit_intent(intent, Timestamp{100s + 3ms}));
  }
  record_trades(*ledger, 1, Quantity{10'000'000}, {Money{170'000}, Money{10}}, Timestamp{102s});
  REQUIRE_FALSE(ledger->record(make_end(1, PairOutcome::complete, Timestamp{103s}), Timestamp{}));
  record_trades(*ledger, 2, Quantity{4'000'000}, {Money{68'000}, Money{0}}, Timestamp{110s});
  auto partial = make_end(2, PairOutcome::balanced_partial, Timestamp{111s});
  partial.matched = Quantity{4'000'000};
  partial.cost = Money{3'800'000};
  partial.fees = Money{68'000};
  partial.locked_profit = Money{-132'001};
  REQUIRE_FALSE(ledger->record(partial, Timestamp{}));
  record_trades(*ledger, 3, Quantity{1'000'000}, {Money{17'000}, Money{0}}, Timestamp{24h + 1s});
  REQUIRE_FALSE(
    ledger->record(make_end(3, PairOutcome::complete, Timestamp{24h + 2s}), Timestamp{}));
  Settlement settlement;
  settlement.market = id_of(kalshi_ref);
  settlement.native_id = kalshi_ref.native_id;
  settlement.quantity = Quantity{15'000'000};
  settlement.payout = Money{15'000'000};
  settlement.at = Timestamp{20h};
  REQUIRE_FALSE(ledger->record(settlement, Timestamp{20h}));
}

DayReport report_of(const std::filesystem::path& path, const TimeSpan& day) {
  auto ledger = Ledger::open({.path = path, .access = DatabaseAccess::read});
  REQUIRE(ledger);
  auto pairs = ledger->kept_pairs(day.begin, day.begin);
  REQUIRE(pairs);
  auto settlements = ledger->settlements();
  REQUIRE(settlements);
  return make_report({.day = day,
                      .mode = "paper",
                      .pairs = std::move(*pairs),
                      .settlements = std::move(*settlements),
                      .leagues = {{"KXT", "nba"}}});
}

} // namespace

TEST_CASE("A day's report has the ledger's money to the last unit") {
  const TempDirectory directory;
  const auto path = directory / "ledger.sqlite";
  fill_ledger(path);
  const auto report = report_of(path, first_day);

  CHECK(report.outcomes
        == std::map<std::string, std::int64_t>{{"complete", 1}, {"balanced_partial", 1}});
  CHECK(report.open == 1);
  // 0.329480 - 0.132001 dollars, of 10 + 4 contracts; fees 0.170520 + 0.068000.
  const PairSums both{
    .pairs = 2, .matched = Quantity{14'000'000}, .profit = Money{197'479}, .fees = Money{238'520}};
  CHECK(report.all == both);
  CHECK(report.by_league == std::map<std::string, PairSums>{{"nba", both}});
  const PairSums first{
    .pairs = 1, .matched = Quantity{10'000'000}, .profit = Money{329'480}, .fees = Money{170'520}};
  const PairSums second{
    .pairs = 1, .matched = Quantity{4'000'000}, .profit = Money{-132'001}, .fees = Money{68'000}};
  CHECK(report.by_signal
        == std::map<std::string, PairSums>{{"arbitrage", first}, {"directional", second}});
  CHECK(report.by_edge
        == std::map<std::string, PairSums>{{"3-5 cents", first}, {"1-2 cents", second}});

  // Kalshi: 14 contracts at 0.42, and 15 paid out at a dollar each: one was bought by the third
  // pair. Polymarket: 14 at 0.53.
  const auto& kalshi = report.by_venue.at("kalshi");
  CHECK(kalshi.orders == 2);
  CHECK(kalshi.paid == Money{5'880'000});
  CHECK(kalshi.fees == Money{238'000});
  CHECK(kalshi.payouts == Money{15'000'000});
  CHECK(kalshi.cash() == Money{8'882'000});
  const auto& polymarket = report.by_venue.at("polymarket");
  CHECK(polymarket.paid == Money{7'420'000});
  CHECK(polymarket.fees == Money{10});
  CHECK(polymarket.cash() == Money{-7'420'010});

  CHECK(report.complete == 1);
  CHECK(report.fees_expected == Money{170'520});
  CHECK(report.fees_charged == Money{170'520});
  CHECK(report.tick_to_intent.count() == 4);
  CHECK(report.tick_to_intent.max_us() == 3000);
  CHECK(report.order_latency.at("kalshi").count() == 2);
  CHECK(report.order_latency.at("polymarket").max_us() == 20'000);
}

TEST_CASE("Each execution and payment of the day is a line for the taxes") {
  const TempDirectory directory;
  const auto path = directory / "ledger.sqlite";
  fill_ledger(path);
  const auto csv = report_csv(report_of(path, first_day));
  CHECK(csv
        == "time_utc,kind,venue,market,side,quantity,price,amount,fee,pair\n"
           "1970-01-01T00:01:42.000000Z,buy,kalshi,KXT-LAL,yes,10.00,0.4200,-4.20,0.17,"
           "0000000000000001\n"
           "1970-01-01T00:01:42.000000Z,buy,polymarket,0xc0ffee,no,10.00,0.5300,-5.30,0.00001,"
           "0000000000000001\n"
           "1970-01-01T00:01:50.000000Z,buy,kalshi,KXT-LAL,yes,4.00,0.4200,-1.68,0.068,"
           "0000000000000002\n"
           "1970-01-01T00:01:50.000000Z,buy,polymarket,0xc0ffee,no,4.00,0.5300,-2.12,0.00,"
           "0000000000000002\n"
           "1970-01-01T20:00:00.000000Z,payout,kalshi,KXT-LAL,yes,15.00,,15.00,0.00,\n");
  const auto next = report_of(path, {.begin = Timestamp{24h}, .end = Timestamp{48h}});
  CHECK(next.cash.size() == 2);
  CHECK(next.all.profit == Money{329'480});
  CHECK(next.by_venue.at("kalshi").payouts == Money{0});
}

TEST_CASE("The history adds what was missed, and a report without one says so") {
  const TempDirectory directory;
  const auto path = directory / "history.duckdb";
  {
    auto history = History::open({.place = {.file = path}});
    REQUIRE(history);
    HistoryBatch batch;
    const auto put = [&](auto row) {
      std::get<std::deque<decltype(row)>>(batch.tables).push_back(row);
    };
    for (const std::uint64_t number : {1, 2, 3, 4}) {
      put(make_signal(number));
    }
    put(DecisionRow{.signal = SignalId{1}, .pair = PairId{1}, .at = Timestamp{100s}});
    put(DecisionRow{.signal = SignalId{2}, .filter = "min_edge", .at = Timestamp{100s}});
    put(DecisionRow{.signal = SignalId{3}, .filter = "min_edge", .at = Timestamp{100s}});
    put(DecisionRow{.signal = SignalId{4}, .filter = "balance", .at = Timestamp{100s}});
    put(DecisionRow{.signal = SignalId{4}, .filter = "balance", .at = Timestamp{24h}});
    put(GameRow{.event = "ended", .game = {.id = GameId{7}, .league = League::nhl}});
    put(FeedStatus{.venue = Venue::polymarket, .connected = false, .at = Timestamp{1h}});
    put(FeedStatus{.venue = Venue::polymarket, .connected = true, .at = Timestamp{1h}});
    put(PriceRow{
      .venue = Venue::kalshi, .reason = StaleReason::sequence_gap, .received_at = Timestamp{2h}});
    put(TradingControl{.state = TradingState::halted, .at = Timestamp{3h}});
    put(TradingControl{.state = TradingState::active, .at = Timestamp{4h}});
    REQUIRE_FALSE(history->write(batch));
  }
  const auto known = read_day({.file = path}, first_day);
  REQUIRE(known);
  CHECK(known->signals == 4);
  CHECK(known->taken == 1);
  REQUIRE(known->missed.size() == 2);
  CHECK(known->missed[0].filter == "min_edge");
  CHECK(known->missed[0].signals == 2);
  CHECK(known->missed[0].edge == Money{600'000});
  CHECK(known->missed[1].edge == Money{300'000});
  CHECK(known->disconnects == std::map<std::string, std::int64_t>{{"polymarket", 1}});
  CHECK(known->stale_books == std::map<std::string, std::int64_t>{{"kalshi sequence_gap", 1}});
  CHECK(known->halts == 1);
  CHECK(known->leagues == std::map<GameId, std::string>{{GameId{7}, "nhl"}});

  const DayReport nothing{.day = first_day, .mode = "paper"};
  const auto json = boost::json::parse(report_json(nothing, known, nullptr)).as_object();
  CHECK(json.at("day").as_string() == "1970-01-01");
  CHECK(json.at("history").at("missed").at("min_edge").at("signals").as_int64() == 2);
  const auto missing = read_day({.file = directory / "nowhere.duckdb"}, first_day);
  REQUIRE_FALSE(missing);
  CHECK_THAT(report_text(nothing, missing, nullptr),
             Catch::Contains("history") && Catch::Contains("there is no such file"));
  CHECK(boost::json::parse(report_json(nothing, missing, nullptr)).at("history").is_null());
}

TEST_CASE("A report beside another ledger shows both") {
  DayReport paper{.day = first_day, .mode = "paper"};
  DayReport live{.day = first_day, .mode = "live"};
  paper.all.profit = Money{1'500'000};
  live.all.profit = Money{-2'000'001};
  const auto none = caf::expected<DayHistory>{caf::make_error(Errc::io_failed, "none")};
  CHECK_THAT(report_text(paper, none, &live),
             Catch::Contains("against paper") && Catch::Contains("$1.50")
               && Catch::Contains("against live") && Catch::Contains("$-2.000001"));
  const auto json = boost::json::parse(report_json(paper, none, &live));
  CHECK(json.at("against").at("mode").as_string() == "live");
}

TEST_CASE("A day is a date that exists, in UTC") {
  const auto day = parse_day("2024-02-29");
  REQUIRE(day);
  CHECK(day_text(day->begin) == "2024-02-29");
  CHECK(day_text(day->end) == "2024-03-01");
  for (const auto* const text : {"", "2023-02-29", "2026-13-01", "2026-1-1", "2026-11-31",
                                 "20261-1-21", "2026/11/21", "-026-11-21", "9999-01-01"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_day(text));
  }
}

TEST_CASE("Edges are told apart by cents of a contract") {
  CHECK(edge_bucket(Money{-5}) == "under 1 cent");
  CHECK(edge_bucket(Money{9'999}) == "under 1 cent");
  CHECK(edge_bucket(Money{10'000}) == "1-2 cents");
  CHECK(edge_bucket(Money{49'999}) == "3-5 cents");
  CHECK(edge_bucket(Money{100'000}) == "10 cents and more");
}

TEST_CASE("A history is rebuilt from the ledger, whatever it said before") {
  const TempDirectory directory;
  fill_ledger(directory / "ledger.sqlite");
  auto ledger = Ledger::open({.path = directory / "ledger.sqlite", .access = DatabaseAccess::read});
  REQUIRE(ledger);
  const auto batch = history_of(*ledger);
  REQUIRE(batch);
  auto history = History::open({.place = {.file = directory / "history.duckdb"}});
  REQUIRE(history);
  HistoryBatch wrong;
  std::get<std::deque<PairClosed>>(wrong.tables).push_back(make_closed(9, PairOutcome::void_));
  std::get<std::deque<Signal>>(wrong.tables).push_back(make_signal(9));
  REQUIRE_FALSE(history->write(wrong));
  REQUIRE_FALSE(history->rebuild(*batch));
  REQUIRE_FALSE(history->rebuild(*batch)); // twice is once

  const auto connection = connect_to(history->database());
  REQUIRE(connection);
  std::vector<SelectRow> rows;
  const SelectSink sink{.columns = [](const auto&) { return caf::error{}; },
                        .rows =
                          [&](const auto& more) {
                            rows.insert(rows.end(), more.begin(), more.end());
                            return caf::error{};
                          }};
  const SelectStop stop;
  REQUIRE(run_select(connection->get(),
                     {.sql = "SELECT (SELECT count(*) FROM pairs), (SELECT "
                             "sum(locked_profit_dollars) FROM pairs), (SELECT count(*) FROM "
                             "orders), (SELECT sum(quantity) FROM fills), (SELECT count(*) FROM "
                             "executions), (SELECT count(*) FROM signals), (SELECT "
                             "sum(payout_dollars) FROM settlements)"},
                     sink, stop));
  REQUIRE(rows.size() == 1);
  // 0.329480 twice, and -0.132001; 20 + 8 + 2 contracts.
  CHECK(rows[0] == SelectRow{"3", "0.526959", "6", "30.000000", "4", "1", "15.000000"});
}
