#include "bridges/polymarket/gamma_catalogue_poller.hpp"

#include "tests/bridges/poller_fixture.hpp"

namespace arbees::test {

using namespace std::chrono_literals;

SCENARIO_METHOD(PollerFixture, "events are read by the series that /sports names") {
  const auto poller = GammaCataloguePoller::make(*network, clock,
                                                 {.base_url = url(),
                                                  .clob_url = url(),
                                                  .leagues = {{League::nba, "nba"}},
                                                  .interval = 10ms,
                                                  .spacing = 1ms,
                                                  .fee_lookups_per_round = 0},
                                                 sink());
  REQUIRE(poller);
  HttpPeer peer{server};
  CHECK(peer.read().target() == "/sports");
  peer.answer(200, R"([{"sport":"nba","series":"10345"},{"sport":"nfl","series":"1&x=2"}])");
  CHECK(peer.read().target()
        == "/events/keyset?series_id=10345&tag_id=100639&active=true&closed=false&limit=100");
  peer.answer(200, R"({"events":[],"next_cursor":"n1"})");
  CHECK(std::string{peer.read().target()}.ends_with("&after_cursor=n1"));
  peer.answer(200, sample("polymarket/gamma-nba-lal-lac-2026-11-20.json"));
  const auto catalogue = receive<VenueCatalogue>();
  CHECK(catalogue.venue == Venue::polymarket);
  CHECK(catalogue.league == League::nba);
  CHECK(catalogue.complete);
  REQUIRE(catalogue.events.size() == 1);
  CHECK(catalogue.events[0].markets.size() == 3);
  CHECK(std::string{peer.read().target()}.starts_with("/events/keyset"));
}

} // namespace arbees::test
