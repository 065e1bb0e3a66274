#include "bridges/kalshi/kalshi_catalogue_poller.hpp"

#include "tests/bridges/poller_fixture.hpp"

namespace arbees::test {

using namespace std::chrono_literals;

namespace {

const std::string fees =
  R"({"series":{"ticker":"KXNBAGAME","fee_type":"quadratic_with_maker_fees","fee_multiplier":1}})";

const std::string no_event_changes = R"({"event_fee_changes":[],"cursor":""})";

struct KalshiPollerFixture : PollerFixture {
  caf::expected<std::unique_ptr<KalshiCataloguePoller>> start() {
    return KalshiCataloguePoller::make(*network, clock,
                                       {.base_url = url() + "/trade-api/v2",
                                        .leagues = {{League::nba, {"KXNBAGAME"}}},
                                        .interval = 10ms,
                                        .spacing = 1ms},
                                       sink());
  }
};

} // namespace

SCENARIO_METHOD(KalshiPollerFixture, "pages of events become one catalogue with fees") {
  const auto poller = start();
  REQUIRE(poller);
  HttpPeer peer{server};
  CHECK(peer.read().target() == "/trade-api/v2/events/fee_changes?limit=200");
  peer.answer(200, R"({"event_fee_changes":[],"cursor":"c"})");
  CHECK(peer.read().target() == "/trade-api/v2/events/fee_changes?limit=200&cursor=c");
  peer.answer(200, no_event_changes);
  CHECK(peer.read().target() == "/trade-api/v2/series/KXNBAGAME");
  peer.answer(200, fees);
  CHECK(peer.read().target()
        == "/trade-api/v2/series/fee_changes?series_ticker=KXNBAGAME&show_historical=true");
  peer.answer(200, R"({"series_fee_change_arr":[{"id":"1","series_ticker":"KXNBAGAME",)"
                   R"("fee_type":"quadratic_with_maker_fees","fee_multiplier":1,)"
                   R"("scheduled_ts":"2026-01-05T05:00:00Z"},{"id":"2","series_ticker":"OTHER",)"
                   R"("fee_type":"flat","fee_multiplier":1,)"
                   R"("scheduled_ts":"2026-01-06T05:00:00Z"}]})");
  CHECK(peer.read().target()
        == "/trade-api/v2/events?series_ticker=KXNBAGAME&status=open&with_nested_markets=true"
           "&with_milestones=true&limit=200");
  peer.answer(200, R"({"events":[{"event_ticker":"KXNBAGAME-26NOV20A"}],"cursor":"a b"})");
  CHECK(std::string{peer.read().target()}.ends_with("&cursor=a%20b"));
  peer.answer(200, sample("kalshi/events-nba-20261120.json"));
  const auto catalogue = receive<VenueCatalogue>();
  CHECK(catalogue.venue == Venue::kalshi);
  CHECK(catalogue.complete);
  REQUIRE(catalogue.events.size() == 4);
  REQUIRE(catalogue.events[1].markets.at(0).spec.fees);
  CHECK(catalogue.events[1].markets[0].spec.fees->taker_ppm == 70'000);
  CHECK(catalogue.events[1].markets[0].spec.fees->effective_from == utc("2026-01-05T05:00Z"));
  // Fees are read every few minutes, events each round.
  CHECK(std::string{peer.read().target()}.find("/events?") != std::string::npos);
}

SCENARIO_METHOD(KalshiPollerFixture, "a cursor that comes again ends the reading, incomplete") {
  const auto poller = start();
  HttpPeer peer{server};
  peer.read();
  peer.answer(200, no_event_changes);
  peer.read();
  peer.answer(200, fees);
  peer.read();
  peer.answer(404, "{}"); // without what is announced, the fees as read hold
  for (int i = 0; i < 2; ++i) {
    peer.read();
    peer.answer(200, R"({"events":[{"event_ticker":"KXNBAGAME-26NOV20A"}],"cursor":"same"})");
  }
  CHECK_FALSE(receive<VenueCatalogue>().complete);
}

} // namespace arbees::test
