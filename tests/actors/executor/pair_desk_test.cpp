#include "actors/executor/pair_desk.hpp"

#include "tests/actors/executor/pair_fixture.hpp"

using namespace arbees;
using namespace arbees::test;

namespace {

PairDesk ready_desk(ExecutorConfig config = {}) {
  PairDesk desk{config};
  desk.learn({.markets = {kalshi_market(), poly_market()}});
  for (const auto& book : calm_books()) {
    desk.apply(book);
  }
  return desk;
}

/// The requests that follow in a test come at `at`.
ExecutionRequest request_at(Timestamp at, std::uint64_t pair) {
  auto request = request_for(contracts(100), PairId{pair});
  request.approved_at = at;
  request.signal.expires_at = at + 1s;
  return request;
}

std::string refusal_of(const DeskAnswer& answer) {
  for (const auto& command : answer.commands) {
    if (const auto* close = std::get_if<ClosePair>(&command.what)) {
      return close->closed.reason;
    }
  }
  return "";
}

} // namespace

TEST_CASE("a pair is opened once, whoever asks again") {
  auto desk = ready_desk();
  CHECK(desk.open(request_at(start, 1)).commands.size() == 1);
  const auto again = desk.open(request_at(start, 1));
  CHECK(again.commands.empty());
  CHECK_FALSE(again.news);
  CHECK(desk.metrics()["duplicate_requests"] == 1);
  CHECK(desk.metrics()["pairs_open"] == 1);
}

TEST_CASE("a closed pair is known for ever, and its late fills for a while") {
  auto desk = ready_desk();
  desk.open(request_at(start, 1));
  desk.refused(PairId{1}, 1, "disk full");
  CHECK(desk.metrics()["pairs:void"] == 1);
  CHECK(desk.request(PairId{1}));
  desk.apply(Tick{start + 2min});
  CHECK_FALSE(desk.request(PairId{1}));
  CHECK(desk.open(request_at(start + 2min, 1)).commands.empty());
}

TEST_CASE("a market or book that nobody told of is refused") {
  PairDesk desk{ExecutorConfig{}};
  CHECK(refusal_of(desk.open(request_at(start, 1))) == "unknown_market");
  desk.learn({.markets = {kalshi_market(), poly_market()}});
  CHECK(refusal_of(desk.open(request_at(start, 2))) == "no_book");
  CHECK(desk.metrics()["refused:unknown_market"] == 1);
  CHECK(desk.metrics()["refused:no_book"] == 1);
}

TEST_CASE("while the ledger refuses one pair at a time tries it") {
  auto desk = ready_desk();
  desk.open(request_at(start, 1));
  desk.refused(PairId{1}, 1, "disk full");
  CHECK(desk.metrics()["commit_refused"] == 1);
  CHECK(refusal_of(desk.open(request_at(start + 999ms, 2))) == "ledger_refuses");
  CHECK(refusal_of(desk.open(request_at(start + 1s, 3))).empty());
  CHECK(refusal_of(desk.open(request_at(start + 1s, 4))) == "ledger_refuses");
  desk.committed(PairId{3}, 1, start + 1s);
  CHECK(refusal_of(desk.open(request_at(start + 1s, 5))).empty());
  CHECK(desk.metrics()["ledger_refuses"] == 0);
}

TEST_CASE("more than the budget held unhedged stops new pairs") {
  auto desk = ready_desk({.exposed_budget = dollars(40)});
  desk.open(request_at(start, 1));
  desk.committed(PairId{1}, 1, start);
  const auto ends = [&](std::uint8_t leg, Quantity filled) {
    desk.apply(
      OrderReport{.pair = PairId{1},
                  .client_order_id = client_order_id(PairId{1}, leg, OrderPurpose::open, 0),
                  .status = filled > Quantity{} ? OrderStatus::filled : OrderStatus::unfilled,
                  .filled = filled,
                  .notional = notional(cents(45), filled, Rounding::up)});
  };
  desk.apply(kalshi_book({}, {}));
  desk.apply(poly_book({}, {}));
  ends(0, contracts(100));
  ends(1, {});
  for (int i = 1; i < 20; ++i) {
    desk.apply(Tick{start + i * 1s});
  }
  CHECK(desk.metrics()["pairs:exposed"] == 1);
  CHECK(desk.metrics()["exposed_micros"] == dollars(45).value());
  CHECK(refusal_of(desk.open(request_at(start + 20s, 2))) == "exposed_budget");
}

TEST_CASE("an end that is told anew counts once, at its exact money") {
  auto desk = ready_desk();
  desk.open(request_at(start, 1));
  desk.committed(PairId{1}, 1, start);
  for (std::uint8_t leg = 0; leg < 2; ++leg) {
    desk.apply(
      OrderReport{.pair = PairId{1},
                  .leg = leg,
                  .client_order_id = client_order_id(PairId{1}, leg, OrderPurpose::open, 0),
                  .status = OrderStatus::filled,
                  .filled = contracts(100),
                  .notional = dollars(45)});
  }
  CHECK(desk.metrics()["pairs:complete"] == 1);
  CHECK(desk.metrics()["locked_profit_micros"] == dollars(10).value());
  // The venue's average was rounded: the execution has the fee to the last digit.
  const auto told =
    desk.apply(Fill{.fill_id = "1",
                    .client_order_id = client_order_id(PairId{1}, 0, OrderPurpose::open, 0),
                    .pair = PairId{1},
                    .market = kalshi_id,
                    .price = cents(45),
                    .quantity = contracts(100),
                    .fee = Money{1'732'500}});
  const auto close = std::ranges::find_if(told.commands, [](const DeskCommand& command) {
    return std::holds_alternative<ClosePair>(command.what);
  });
  REQUIRE(close != told.commands.end());
  CHECK(std::get<ClosePair>(close->what).only_money());
  CHECK(std::get<ClosePair>(close->what).closed.revision == 1);
  CHECK(desk.metrics()["pairs:complete"] == 1);
  CHECK(desk.metrics()["locked_profit_micros"] == dollars(10).value() - 1'732'500);
  CHECK(desk.metrics()["fees_micros"] == 1'732'500);
}

TEST_CASE("a venue that refuses one order after the other is left alone, one without them is not") {
  auto desk = ready_desk();
  const auto rejected = [&](const std::string& reason) {
    for (std::uint64_t pair = 1; pair <= 6; ++pair) {
      desk.open(request_at(start, pair));
      desk.committed(PairId{pair}, 1, start);
      for (const std::uint8_t leg : {0, 1}) {
        desk.apply(
          OrderReport{.pair = PairId{pair},
                      .leg = leg,
                      .client_order_id = client_order_id(PairId{pair}, leg, OrderPurpose::open, 0),
                      .venue = leg == 0 ? Venue::kalshi : Venue::polymarket,
                      .action = Action::buy,
                      .status = OrderStatus::rejected,
                      .reason = reason,
                      .reported_at = start});
      }
    }
    return refusal_of(desk.open(request_at(start, 7)));
  };
  SECTION("refused") {
    CHECK_THAT(rejected("exchange_says_no"), Catch::Contains("venue_refuses"));
  }
  SECTION("never sent, because the run before was killed") {
    CHECK(rejected("not_found").empty());
  }
  SECTION("the price has come to meet the maker") {
    CHECK(rejected("post_only_cross").empty());
  }
}
