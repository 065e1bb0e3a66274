#include "bridges/polymarket/polymarket_order_desk.hpp"

#include "tests/bridges/polymarket/polymarket_vectors.hpp"

using namespace arbees;
using namespace std::chrono_literals;

namespace {

constexpr Timestamp start{1'780'000'000s};

PolymarketOrderSigner make_signer() {
  auto key = key_of(first_key);
  const auto own = key.address();
  auto signer =
    PolymarketOrderSigner::make(std::move(key), {.funder = own, .type = SignatureType::eoa});
  REQUIRE(signer);
  return std::move(*signer);
}

MatchedGame game(Duration delay = {}) {
  MatchedGame match;
  match.markets.push_back(
    {.id = MarketId{7},
     .ref = {.venue = Venue::polymarket,
             .native_id = "0xc",
             .tokens = {text_at(polymarket_vectors().at("orders"), "/0/input/token_id"), "22"},
             .outcomes = {}},
     .price_bands = {{Price{100}, Price{9900}, Price{100}}},
     .quantity_step = Quantity{10'000},
     .min_quantity = Quantity{5'000'000},
     .min_notional = Money{1'000'000},
     .fees = FeeSchedule{.rounding = Venue::polymarket, .taker_ppm = 50'000, .exponent = 1},
     .taker_delay = delay,
     .accepts_orders = true});
  return match;
}

OrderAnswer matched(Quantity filled, Money notional) {
  return {.verdict = Verdict::taken,
          .status = filled >= Quantity{100'000'000} ? OrderStatus::filled : OrderStatus::partial,
          .filled = filled,
          .notional = notional};
}

struct Desk {
  explicit Desk(Duration delay = {}, PolymarketDeskConfig config = {})
    : desk{signer, config, start} {
    desk.learn(game(delay));
  }

  OrderIntent order(std::uint64_t number = 1, OrderPurpose purpose = OrderPurpose::open) const {
    return {.pair = PairId{number},
            .purpose = purpose,
            .client_order_id = client_order_id(PairId{number}, 0, purpose, 0),
            .market = MarketId{7},
            .ref = game().markets[0].ref,
            .limit = Price{5200},
            .quantity = Quantity{100'000'000},
            .created_at = start};
  }

  /// Sends the order. @returns its id at the venue
  std::string send(const OrderIntent& intent) {
    const auto output = desk.place(intent, now);
    REQUIRE(output.send);
    return output.send->order.order_id;
  }

  PolymarketTrade trade(const std::string& order_id, PolymarketTradeState state,
                        Quantity size = Quantity{100'000'000}, std::string id = "t1") const {
    return {.id = std::move(id),
            .state = state,
            .taker_order_id = order_id,
            .condition = "0xc",
            .token = game().markets[0].ref.tokens[0],
            .side = Action::buy,
            .price = Money{500'000},
            .size = size,
            .matched_at = now};
  }

  PolymarketOpenOrder
  listed(const std::string& order_id, PolymarketOrderState state, Quantity filled) const {
    return {.id = order_id,
            .state = state,
            .condition = "0xc",
            .token = game().markets[0].ref.tokens[0],
            .side = Action::buy,
            .price = Price{5200},
            .original = Quantity{100'000'000},
            .matched = filled};
  }

  PolymarketDeskOutput checked(const OrderIntent& intent, std::optional<PolymarketOpenOrder> found,
                               std::vector<PolymarketTrade> trades = {}) {
    return desk.checked(intent.client_order_id, std::move(found), std::move(trades), now);
  }

  PolymarketOrderSigner signer = make_signer();
  PolymarketOrderDesk desk;
  Timestamp now = start;
};

std::string only_reason(const PolymarketDeskOutput& output) {
  REQUIRE(output.news.reports.size() == 1);
  CHECK(output.news.reports[0].status == OrderStatus::rejected);
  CHECK_FALSE(output.send);
  return output.news.reports[0].reason;
}

} // namespace

TEST_CASE("an order is signed once, and named by its hash before it is sent") {
  Desk it;
  const auto intent = it.order();
  const auto id = it.send(intent);
  CHECK(id.size() == 66);
  const auto again = it.desk.place(intent, it.now);
  CHECK_FALSE(again.send);
  REQUIRE(again.news.reports.size() == 1);
  CHECK(again.news.reports[0].status == OrderStatus::unknown);
  CHECK(again.news.reports[0].venue_order_id == id);

  // A later run makes the same id of the same intent.
  Desk other;
  CHECK(other.desk.query(intent, start + 1h).news.reports.at(0).venue_order_id == id);
  auto later = intent;
  later.created_at += 1ms;
  CHECK(Desk{}.send(later) != id);
}

TEST_CASE("orders off the grid or below the minimum are refused here") {
  Desk it;
  auto intent = it.order();
  intent.limit = Price{5250};
  CHECK(only_reason(it.desk.place(intent, it.now)) == "off_grid_or_below_minimum");
  intent = it.order();
  intent.quantity = Quantity{4'990'000};
  CHECK(only_reason(it.desk.place(intent, it.now)) == "off_grid_or_below_minimum");
  intent.action = Action::sell; // the rest of a position
  CHECK(it.desk.place(intent, it.now).send);
  intent = it.order(2);
  intent.ref.native_id = "0xd";
  CHECK(only_reason(it.desk.place(intent, it.now)) == "unknown_market");
  // A resting order may be worth less than a dollar, but not be smaller than the minimum.
  intent = it.order(3);
  intent.time_in_force = TimeInForce::good_till_cancelled;
  intent.limit = Price{100};
  intent.quantity = Quantity{5'000'000};
  CHECK(it.desk.place(intent, it.now).send);
}

TEST_CASE("opening orders leave room for hedges, and wait only a moment") {
  Desk it{{},
          {.orders = {.capacity = 4, .refill_per_second = 10, .reserve = 1},
           .longest_pacing = 150ms}};
  for (std::uint64_t number = 1; number <= 3; ++number) {
    it.send(it.order(number));
  }
  const auto paced = it.desk.place(it.order(4), it.now);
  CHECK_FALSE(paced.send);
  CHECK(paced.wait == 100ms);
  it.send(it.order(5, OrderPurpose::complete)); // the reserve
  CHECK(only_reason(it.desk.place(it.order(6), it.now)) == "paced");
  it.now += 200ms;
  CHECK(it.desk.place(it.order(4), it.now).send);
}

TEST_CASE("fills are told once whatever comes first, and priced exactly") {
  Desk it;
  const auto intent = it.order();
  const auto id = it.send(intent);
  const auto stream_first = GENERATE(true, false);
  std::vector<Fill> fills;
  std::vector<OrderReport> reports;
  const auto hear = [&](const PolymarketDeskOutput& output) {
    fills.insert(fills.end(), output.news.fills.begin(), output.news.fills.end());
    reports.insert(reports.end(), output.news.reports.begin(), output.news.reports.end());
  };
  const auto trade = it.trade(id, PolymarketTradeState::matched);
  if (stream_first) {
    hear(it.desk.apply(trade, it.now));
  }
  hear(it.desk.answered(intent.client_order_id, matched(Quantity{100'000'000}, Money{50'000'000}),
                        it.now));
  hear(it.desk.apply(trade, it.now));
  hear(it.desk.apply(trade, it.now));
  REQUIRE(fills.size() == 1);
  CHECK(fills[0].price == Price{5000});
  CHECK(fills[0].fee == Money{1'250'000}); // venues/polymarket.md section 7
  CHECK(fills[0].state == FillState::provisional);
  CHECK(reports.back().status == OrderStatus::filled);
  CHECK(reports.back().notional == Money{50'000'000});
  CHECK(reports.back().fee == Money{1'250'000});
}

TEST_CASE("a match is followed until it is final") {
  Desk it;
  const auto intent = it.order();
  const auto id = it.send(intent);
  it.desk.answered(intent.client_order_id, matched(Quantity{100'000'000}, Money{50'000'000}),
                   it.now);
  it.desk.apply(it.trade(id, PolymarketTradeState::matched), it.now);
  it.desk.apply(it.trade(id, PolymarketTradeState::mined), it.now);
  REQUIRE(it.desk.next_due());
  SECTION("confirmed by the stream") {
    const auto again = it.desk.apply(it.trade(id, PolymarketTradeState::confirmed), it.now);
    REQUIRE(again.news.fills.size() == 1);
    CHECK(again.news.fills[0].state == FillState::confirmed);
    CHECK_FALSE(it.desk.next_due());
  }
  SECTION("confirmed by a look-up, if the stream says nothing") {
    it.now = *it.desk.next_due();
    const auto due = it.desk.due(it.now);
    REQUIRE(due.size() == 1);
    CHECK(due[0].order_id == id);
    CHECK(it.desk.due(it.now).empty()); // one at a time
    it.checked(intent, it.listed(id, PolymarketOrderState::matched, Quantity{100'000'000}),
               {it.trade(id, PolymarketTradeState::confirmed)});
    CHECK_FALSE(it.desk.next_due());
  }
  SECTION("failed: taken back") {
    const auto news = it.desk.apply(it.trade(id, PolymarketTradeState::failed), it.now).news;
    REQUIRE(news.fills.size() == 1);
    CHECK(news.fills[0].state == FillState::voided);
    REQUIRE(news.reports.size() == 1);
    CHECK(news.reports[0].status == OrderStatus::unfilled);
    CHECK(news.reports[0].voided == Quantity{100'000'000});
    CHECK(news.reports[0].fee == Money{});
    CHECK_FALSE(it.desk.next_due());
  }
}

TEST_CASE("an order without an answer is looked up until it is known") {
  Desk it;
  const auto intent = it.order();
  const auto id = it.send(intent);
  const auto lost = it.desk.answered(intent.client_order_id, {.reason = "no_answer"}, it.now);
  CHECK(lost.news.reports.at(0).status == OrderStatus::unknown);
  CHECK(it.desk.next_due() == start + 100ms);
  it.now = start + 100ms;
  REQUIRE(it.desk.due(it.now).size() == 1);

  SECTION("it was filled") {
    const auto news =
      it.checked(intent, it.listed(id, PolymarketOrderState::matched, Quantity{40'000'000}),
                 {it.trade(id, PolymarketTradeState::matched, Quantity{40'000'000})})
        .news;
    REQUIRE(news.reports.size() >= 1);
    CHECK(news.reports.back().status == OrderStatus::partial);
    CHECK(news.reports.back().filled == Quantity{40'000'000});
    CHECK(news.reports.back().notional == Money{20'000'000});
  }
  SECTION("the look-up fails: nothing is known, and it is asked again") {
    const auto failed =
      it.desk.checked(intent.client_order_id, caf::make_error(Errc::timed_out, std::string{"x"}),
                      std::vector<PolymarketTrade>{}, it.now);
    CHECK(failed.news.reports.empty());
    CHECK(it.desk.next_due() == it.now + 200ms);
  }
  SECTION("not found is believed only after a while and several times") {
    for (int i = 0; i < 10; ++i) {
      CHECK(it.checked(intent, std::nullopt).news.reports.empty());
    }
    it.now = start + 10s;
    const auto news = it.checked(intent, std::nullopt).news;
    REQUIRE(news.reports.size() == 1);
    CHECK(news.reports[0].status == OrderStatus::rejected);
    CHECK(news.reports[0].reason == "not_found");
    CHECK_FALSE(it.desk.next_due());
  }
  SECTION("a trade of it proves that it was taken in, even if the order is kept no longer") {
    it.now = start + 10s;
    OrderNews news;
    for (int i = 0; i < 3; ++i) {
      news = it.checked(intent, std::nullopt,
                        {it.trade(id, PolymarketTradeState::confirmed, Quantity{40'000'000})})
               .news;
    }
    REQUIRE(news.reports.size() == 1);
    CHECK(news.reports[0].status == OrderStatus::partial);
    CHECK(news.reports[0].filled == Quantity{40'000'000});
  }
  SECTION("somebody else's order and trades are not taken for ours") {
    auto foreign = it.listed(id, PolymarketOrderState::matched, Quantity{40'000'000});
    foreign.token = "22";
    CHECK(it.checked(intent, foreign).news.reports.empty());
    CHECK(it.checked(intent, std::nullopt, {it.trade("0xee", PolymarketTradeState::matched)})
            .news.fills.empty());
  }
}

TEST_CASE("a delayed order is looked up after its delay, and ends as its events say") {
  Desk it{1s};
  const auto intent = it.order();
  const auto id = it.send(intent);
  const auto taken = it.desk.answered(
    intent.client_order_id,
    {.verdict = Verdict::taken, .status = OrderStatus::accepted, .reason = "delayed"}, it.now);
  CHECK(taken.news.reports.at(0).status == OrderStatus::accepted);
  CHECK(it.desk.next_due() == start + 1500ms);
  it.now = start + 1s;

  SECTION("matched in full: its trades say it all") {
    const auto news = it.desk.apply(it.trade(id, PolymarketTradeState::matched), it.now).news;
    CHECK(news.fills.size() == 1);
    CHECK(news.reports.at(0).status == OrderStatus::filled);
  }
  SECTION("matched in part: nobody tells that the rest is gone, so it is looked up soon") {
    const auto part = it.trade(id, PolymarketTradeState::matched, Quantity{40'000'000});
    CHECK(it.desk.apply(part, it.now).news.reports.at(0).status == OrderStatus::accepted);
    CHECK(it.desk.next_due() == it.now + 100ms);
    it.now += 100ms;
    it.desk.due(it.now);
    const auto news =
      it.checked(intent, it.listed(id, PolymarketOrderState::matched, Quantity{40'000'000}), {part})
        .news;
    CHECK(news.reports.at(0).status == OrderStatus::partial);
  }
  SECTION("killed: the look-up proves that nothing was matched") {
    const auto killed =
      it.desk
        .apply(PolymarketOrderEvent{.kind = PolymarketOrderEventKind::cancellation,
                                    .id = id,
                                    .state = PolymarketOrderState::canceled,
                                    .text = "CANCELED_no orders found"},
               it.now)
        .news;
    CHECK(killed.reports.empty());
    CHECK(it.desk.next_due() == it.now + 100ms);
    const auto news =
      it.checked(intent, it.listed(id, PolymarketOrderState::canceled, Quantity{})).news;
    CHECK(news.reports.at(0).status == OrderStatus::unfilled);
    CHECK(news.reports.at(0).reason == "CANCELED_no orders found");
  }
  SECTION("forgotten by the venue: unfilled, but only after a while") {
    for (int i = 0; i < 3; ++i) {
      CHECK(it.checked(intent, std::nullopt).news.reports.empty());
    }
    it.now = start + 11s;
    const auto news = it.checked(intent, std::nullopt).news;
    CHECK(news.reports.at(0).status == OrderStatus::unfilled);
  }
}

TEST_CASE("an event of a matched order does not end it before its fills are known") {
  Desk it;
  const auto intent = it.order();
  const auto id = it.send(intent);
  // The stream is faster than the answer, and tells of the order before its trades.
  const auto news = it.desk
                      .apply(PolymarketOrderEvent{.kind = PolymarketOrderEventKind::placement,
                                                  .id = id,
                                                  .state = PolymarketOrderState::matched,
                                                  .text = "MATCHED",
                                                  .original = Quantity{100'000'000},
                                                  .matched = Quantity{}},
                             it.now)
                      .news;
  CHECK(news.reports.empty());
  const auto answered = it.desk.answered(intent.client_order_id,
                                         matched(Quantity{100'000'000}, Money{50'000'000}), it.now);
  CHECK(answered.news.reports.at(0).status == OrderStatus::filled);
}

TEST_CASE("after a lost connection whatever is open or not final is looked up at once") {
  Desk it;
  const auto done = it.order(1);
  const auto done_id = it.send(done);
  it.desk.answered(done.client_order_id, matched(Quantity{100'000'000}, Money{50'000'000}), it.now);
  it.desk.apply(it.trade(done_id, PolymarketTradeState::confirmed), it.now);
  auto resting = it.order(2);
  resting.time_in_force = TimeInForce::good_till_cancelled;
  it.send(resting);
  it.desk.answered(resting.client_order_id,
                   {.verdict = Verdict::taken, .status = OrderStatus::accepted}, it.now);
  it.desk.reconcile(it.now);
  const auto due = it.desk.due(it.now);
  REQUIRE(due.size() == 1);
  CHECK(due[0].client_order_id == resting.client_order_id);
}

TEST_CASE("an order of an unknown market is asked for with the market's terms") {
  Desk it;
  auto intent = it.order();
  intent.ref.native_id = "0xd";
  const auto output = it.desk.query(intent, it.now);
  CHECK(output.condition == "0xd");
  CHECK(output.news.reports.empty());
  it.desk.learn("0xd", PolymarketMarketTerms{.tick = Price{10}, .negative_risk = true});
  const auto known = it.desk.query(intent, it.now);
  CHECK_FALSE(known.condition);
  CHECK(known.news.reports.at(0).status == OrderStatus::unknown);
  CHECK(it.desk.due(it.now).size() == 1);
  // Known well enough to look orders up, not to send any.
  auto other = it.order(9);
  other.ref.native_id = "0xd";
  CHECK(only_reason(it.desk.place(other, it.now)) == "market_takes_no_orders");
}

TEST_CASE(
  "an intent without a creation time cannot be found, which is not the same as not filled") {
  Desk it;
  auto intent = it.order();
  intent.created_at = {};
  const auto output = it.desk.query(intent, it.now);
  CHECK(output.news.reports.at(0).status == OrderStatus::unknown);
  CHECK_FALSE(it.desk.next_due());
}

TEST_CASE(
  "an order's end by time is asked of the venue 60 s later, for it ends it so much earlier") {
  Desk it;
  auto intent = it.order();
  intent.time_in_force = TimeInForce::good_till_cancelled;
  intent.post_only = true;
  intent.expires_at = start + 121s;
  CHECK(only_reason(it.desk.place(intent, it.now)) == "expires_too_soon");
  intent.expires_at = start + 200s;
  const auto output = it.desk.place(intent, it.now);
  REQUIRE(output.send);
  CHECK(output.send->options.post_only);
  CHECK(output.send->options.expires_at == start + 260s);
  CHECK(output.condition == "0xc"); // nobody has told yet when its book is cleared
  auto immediate = it.order(2);
  immediate.expires_at = start + 200s;
  CHECK(only_reason(it.desk.place(immediate, it.now))
        == "only_resting_orders_are_post_only_or_expire");
}

TEST_CASE("a resting order is looked up when its game begins, and when its time is over") {
  PolymarketDeskConfig config;
  config.resting_check = 1h;
  Desk it{{}, config};
  auto intent = it.order();
  intent.time_in_force = TimeInForce::good_till_cancelled;
  const auto by_game = GENERATE(true, false);
  if (by_game) {
    it.desk.learn("0xc", {.tick = Price{100}, .cleared_at = start + 300s});
  } else {
    intent.expires_at = start + 300s;
  }
  it.send(intent);
  it.desk.answered(intent.client_order_id,
                   {.verdict = Verdict::taken, .status = OrderStatus::accepted}, it.now);
  CHECK(it.desk.next_due() == start + 301s);
}

TEST_CASE("what an exchange may not move is not ordered of it") {
  Desk it;
  const auto contract = std::string{exchange_contract(ExchangeVersion::v2, false)};
  it.desk.learn_money_allowances({.balance = 100, .allowances = {{contract, 51'999'999}}});
  CHECK_THAT(only_reason(it.desk.place(it.order(), it.now)),
             Catch::StartsWith("no_allowance: approve pUSD for 0xe111"));
  CHECK(it.desk.gate().standing(it.now).state == VenueState::open); // another market may do
  it.desk.learn_money_allowances({.balance = 100, .allowances = {{contract, 52'000'000}}});
  it.desk.learn_token_allowances({.balance = 0, .allowances = {{contract, 0}}});
  CHECK_THAT(only_reason(it.desk.place(it.order(), it.now)),
             Catch::StartsWith("no_token_allowance"));
  CHECK(it.desk.place(it.order(2, OrderPurpose::complete), it.now).send);
  auto sell = it.order(3, OrderPurpose::unwind);
  sell.action = Action::sell;
  CHECK_THAT(only_reason(it.desk.place(sell, it.now)), Catch::StartsWith("no_token_allowance"));
  it.desk.learn_money_allowances({.balance = 100, .allowances = {{contract, 0}}});
  CHECK(it.desk.gate().standing(it.now).state == VenueState::refused);
}

TEST_CASE("an order that was on its way when everything was cancelled is cancelled by itself") {
  Desk it;
  auto intent = it.order();
  intent.time_in_force = TimeInForce::good_till_cancelled;
  const auto id = it.send(intent);
  it.desk.canceled_all(it.now);
  const OrderAnswer resting{.verdict = Verdict::taken, .status = OrderStatus::accepted};
  CHECK(it.desk.answered(intent.client_order_id, resting, it.now).cancel == id);
  auto later = it.order(2);
  later.time_in_force = TimeInForce::good_till_cancelled;
  it.send(later);
  CHECK_FALSE(it.desk.answered(later.client_order_id, resting, it.now).cancel);
}

TEST_CASE("a fee that has changed counts for what is matched from then on") {
  Desk it;
  const auto intent = it.order();
  const auto id = it.send(intent);
  it.desk.learn("0xc", {.tick = Price{100}, .taker_ppm = 50'000});
  CHECK_FALSE(it.desk.metrics(it.now).contains("fees_changed"));
  it.desk.learn("0xc", {.tick = Price{100}, .taker_ppm = 100'000});
  CHECK(it.desk.metrics(it.now).at("fees_changed") == 1);
  const auto news = it.desk.apply(it.trade(id, PolymarketTradeState::matched), it.now).news;
  REQUIRE(news.fills.size() == 1);
  CHECK(news.fills[0].fee == Money{2'500'000}); // 100 * 0.1 * 0.50 * 0.50
}
