#include "tools/examples/scanner_actor.hpp"

#include "tests/actor_fixture.hpp"
#include "tests/bridges/envelope/sample_messages.hpp"

using namespace arbees;
using namespace arbees::test;

namespace {

BookUpdate book(MarketId market, Venue venue, std::int32_t bid, std::int32_t ask) {
  BookUpdate update{.market = market, .venue = venue, .status = BookStatus::ok};
  update.bids.push_back({Price{bid}, Quantity{3'000'000}});
  update.asks.push_back({Price{ask}, Quantity{5'000'000}});
  return update;
}

class ScannerFixture : public ActorFixture {
public:
  ScannerFixture() {
    self->send(scanner_, sample_match());
    tell(book(kalshi_market, Venue::kalshi, 4'200, 4'400));
  }

  void tell(const BookUpdate& update) {
    self->send(scanner_, update);
    sched.run();
  }

  std::vector<std::string> found;
  ScannerActor scanner_ =
    spawn(scanner, [this](const Finding& finding) { found.push_back(to_string(finding)); });
};

} // namespace

SCENARIO_METHOD(ScannerFixture,
                "the scanner tells of two asks that cost less than a dollar, once") {
  tell(book(poly_market, Venue::polymarket, 4'400, 4'700)); // NO costs 56: a dollar together
  CHECK(found.empty());
  tell(book(poly_market, Venue::polymarket, 4'700, 4'900));
  CHECK(found
        == std::vector<std::string>{"nba:401990102 LAL: yes on kalshi at 0.4400, no on polymarket "
                                    "at 0.5300, 3.00 contracts, 3.0 cents before fees"});
  tell(book(poly_market, Venue::polymarket, 4'700, 4'950));
  CHECK(found.size() == 1);
  auto stale = book(kalshi_market, Venue::kalshi, 4'200, 4'300);
  stale.status = BookStatus::stale;
  tell(stale);
  CHECK(found.size() == 1);
  tell(book(kalshi_market, Venue::kalshi, 4'200, 4'300));
  CHECK(found.size() == 2);
  self->send(scanner_, GameEnded{.game = sample_game(), .state = {}});
  tell(book(poly_market, Venue::polymarket, 4'800, 4'900));
  CHECK(found.size() == 2);
}
