#include "bridges/kalshi/kalshi_catalogue_poller.hpp"
#include "tests/bridges/kalshi/sim_fixture.hpp"
#include "tests/bridges/poller_fixture.hpp"

// Fees of the simulated venue as the catalogue tells them.

namespace {

struct KalshiFeesFixture : PollerFixture {
  std::unique_ptr<KalshiCataloguePoller> start(Duration interval) {
    auto poller = KalshiCataloguePoller::make(
      *network, clock,
      {.base_url = "http://127.0.0.1:" + std::to_string(venue.ports.kalshi) + "/trade-api/v2",
       .leagues = {{League::nba, {"KXNBAGAME"}}},
       .interval = interval,
       .spacing = 1ms},
      sink());
    REQUIRE(poller);
    return std::move(*poller);
  }

  void change_fees(const std::string& body) const {
    const auto answer =
      forward({.method = "POST", .target = "/sim/fee-change", .body = body, .headers = {}},
              venue.ports.kalshi);
    INFO(answer.body);
    REQUIRE(answer.status == 200);
  }

  static const VenueMarket& market_of(const VenueCatalogue& catalogue, std::size_t event) {
    return catalogue.events.at(event).markets.at(0);
  }

  RunningSimulator venue;
};

} // namespace

SCENARIO_METHOD(KalshiFeesFixture, "an announced change of a series comes with its moment") {
  const auto begin = clock.now();
  change_fees(
    R"({"series":"KXNBAGAME","fee_type":"quadratic","fee_multiplier":0.5,"in_seconds":3})");
  const auto poller = start(1h); // the change alone ends the pause
  const auto before = receive<VenueCatalogue>();
  REQUIRE(market_of(before, 0).spec.fees);
  CHECK(market_of(before, 0).spec.fees->taker_ppm == 70'000);
  CHECK(market_of(before, 0).spec.fees->maker_ppm == 17'500);
  const auto after = receive<VenueCatalogue>();
  const auto fees = market_of(after, 0).spec.fees;
  REQUIRE(fees);
  CHECK(fees->taker_ppm == 35'000);
  CHECK(fees->maker_ppm == 0);
  CHECK(fees->effective_from > begin + 1s);
  CHECK(fees->effective_from <= after.fetched_at);
}

SCENARIO_METHOD(KalshiFeesFixture, "an event's own fees win, and unknown ones are none") {
  auto poller = start(1h);
  const auto plain = receive<VenueCatalogue>();
  REQUIRE(plain.events.size() >= 3);
  poller.reset();
  change_fees(R"({"event":")" + plain.events[0].id
              + R"(","fee_type":"quadratic","fee_multiplier":2,"in_seconds":0})");
  change_fees(R"({"event":")" + plain.events[1].id
              + R"(","fee_type":"flat","fee_multiplier":1,"in_seconds":0})");
  poller = start(1h);
  const auto changed = receive<VenueCatalogue>();
  REQUIRE(market_of(changed, 0).spec.fees);
  CHECK(market_of(changed, 0).spec.fees->taker_ppm == 140'000);
  CHECK(market_of(changed, 0).spec.fees->maker_ppm == 0);
  CHECK_FALSE(market_of(changed, 1).spec.fees);
  CHECK(market_of(changed, 2).spec.fees->taker_ppm == 70'000);
}
