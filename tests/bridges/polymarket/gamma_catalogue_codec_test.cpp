#include "bridges/polymarket/gamma_catalogue_codec.hpp"

#include <catch2/catch.hpp>

#include "tests/actors/orchestrator/listings.hpp"

namespace arbees::test {

namespace {

const Timestamp at = from_ms(1'795'226'400'000);

std::string sample(const std::string& name) {
  return read_text(std::string{ARBEES_TEST_DATA} + "/games/polymarket/" + name);
}

VenueMarket market_with(const std::string& from, const std::string& to) {
  auto text = sample("gamma-nba-lal-lac-2026-11-20.json");
  const auto position = text.find(from);
  REQUIRE(position != std::string::npos);
  text.replace(position, from.size(), to);
  const auto page = decode_gamma_events(text, at);
  REQUIRE(page);
  return page->events.at(0).markets.at(0);
}

} // namespace

TEST_CASE("the sample event has its teams, start and the three markets in scope") {
  const auto page = decode_gamma_events(sample("gamma-nba-lal-lac-2026-11-20.json"), at);
  REQUIRE(page);
  CHECK(page->dropped.empty());
  REQUIRE(page->events.size() == 1);
  const auto& event = page->events[0];
  CHECK(event.start == utc("2026-11-21T03:30Z"));
  REQUIRE(event.teams.size() == 2);
  CHECK(event.teams[0].role == TeamRole::away);
  REQUIRE(event.markets.size() == 3);
  const auto& spec = event.markets[0].spec;
  CHECK(event.markets[0].start == utc("2026-11-21T03:30Z"));
  CHECK(spec.ref.outcomes[0] == "Lakers");
  CHECK(spec.ref.tokens[1].starts_with("98365406700880388801"));
  CHECK(spec.price_bands == std::vector<PriceBand>{{Price{100}, Price{9'900}, Price{100}}});
  CHECK(spec.min_quantity == Quantity{5'000'000});
  CHECK(spec.min_notional == Money{1'000'000});
  CHECK(spec.taker_delay == std::chrono::seconds{1});
  CHECK(spec.accepts_orders);
  CHECK_FALSE(spec.fees);
  CHECK(event.markets[1].line_tenths == -25);
}

TEST_CASE("a market's version chooses the ids under which it trades") {
  const std::string both = R"("positionIds":["111","222"],"clobTokenIds")";
  CHECK(market_with(R"("clobTokenIds")", both).spec.ref.tokens[1].starts_with("9836540670088"));
  const auto second = market_with(R"("clobTokenIds")", R"("version":"v2",)" + both).spec.ref.tokens;
  CHECK(second == std::array<std::string, 2>{"111", "222"});
}

TEST_CASE("fees are those that Gamma states") {
  const auto fees = [](const std::string& text) {
    return market_with(R"("feesEnabled": true)", text).spec.fees;
  };
  const auto stated =
    fees(R"("feesEnabled":true,"feeSchedule":{"rate":0.05,"exponent":1,"takerOnly":true})");
  REQUIRE(stated);
  CHECK(stated->taker_ppm == 50'000);
  CHECK(stated->rounding == Venue::polymarket);
  CHECK(fees(R"("feesEnabled":false)")->taker_ppm == 0);
  CHECK_FALSE(
    fees(R"("feesEnabled":true,"feeSchedule":{"rate":0.05,"exponent":7,"takerOnly":true})"));
  CHECK_FALSE(fees(R"("feesEnabled":true,"feeSchedule":{"rate":0.05,"exponent":1})"));
  CHECK(decode_clob_market_fees(R"({"fd":{"r":0.05,"e":1,"to":true}})", at)->taker_ppm == 50'000);
  CHECK_FALSE(decode_clob_market_fees(R"({"fd":{"r":5,"e":1,"to":true}})", at));
  CHECK_FALSE(decode_clob_market_fees("{}", at));
}

TEST_CASE("a market accepts orders only if everything says so") {
  CHECK_FALSE(
    market_with(R"("acceptingOrders": true)", R"("acceptingOrders": false)").spec.accepts_orders);
  CHECK_FALSE(market_with(R"("enableOrderBook": true,
    "orderPriceMinTickSize")",
                          R"("enableOrderBook": false,
    "orderPriceMinTickSize")")
                .spec.accepts_orders);
  CHECK(market_with(R"("orderPriceMinTickSize": 0.01)", R"("orderPriceMinTickSize": 0.0001)")
          .spec.price_bands.at(0)
          .step
        == Price{1});
  CHECK(market_with(R"("orderPriceMinTickSize": 0.01)", R"("orderPriceMinTickSize": 0.3)")
          .spec.price_bands.empty());
}

TEST_CASE("lists that are not two different texts leave the market out") {
  for (const auto* list : {R"("[\"Lakers\"]")", R"("[\"Lakers\", \"Lakers\"]")", R"("[")", "7",
                           R"("[1,2]")", "null"}) {
    auto text = sample("gamma-nba-lal-lac-2026-11-20.json");
    const std::string from = R"("[\"Lakers\", \"Clippers\"]")";
    text.replace(text.find(from), from.size(), list);
    const auto page = decode_gamma_events(text, at);
    REQUIRE(page);
    CHECK(page->dropped.at("market") == 1);
    CHECK(page->events[0].markets.size() == 2);
  }
}

TEST_CASE("pages, arrays and single events are read, rubbish is not") {
  CHECK(decode_gamma_events(sample("gamma-nfl-la-jax-2026-11-16.json"), at)->events.size() == 1);
  CHECK(decode_gamma_events(R"({"events":[],"next_cursor":"abc"})", at)->cursor == "abc");
  for (const auto* text : {"", "{}", "1", R"({"events":1})", "[[["}) {
    CHECK_FALSE(decode_gamma_events(text, at));
  }
  CHECK(
    decode_gamma_sports(R"([{"sport":"nba","series":"10345"},{"sport":"x","series":7}])")->size()
    == 2);
  CHECK_FALSE(decode_gamma_sports("{}"));
}

} // namespace arbees::test
