#include "actors/candles/candles_actor.hpp"

#include "tests/actor_fixture.hpp"

using namespace arbees;
using namespace arbees::test;
using namespace std::chrono_literals;

SCENARIO_METHOD(ActorFixture, "every sink hears of a candle once its minute is over") {
  const auto maker =
    spawn(candles, CandleMakerConfig{}, std::vector{sink<CandleSink>(), sink<CandleSink>()});
  BookUpdate book{.market = MarketId{1}, .status = BookStatus::ok, .received_at = Timestamp{70s}};
  book.bids.push_back({Price{4000}, Quantity{1}});
  book.asks.push_back({Price{4200}, Quantity{1}});
  self->send(maker, book);
  self->send(maker, Tick{Timestamp{119s}});
  sched.run();
  CHECK_FALSE(next<Candle>());

  self->send(maker, Tick{Timestamp{122s}});
  sched.run();
  const auto told = all<Candle>();
  REQUIRE(told.size() == 2);
  CHECK(told[0].close == Money{410'000});
  CHECK(told[1] == told[0]);

  self->send(maker, caf::get_atom_v);
  sched.run();
  const auto metrics = next<Metrics>();
  REQUIRE(metrics);
  CHECK(metrics->values.at("candles") == 1);
  CHECK(metrics->values.at("making") == 0);
}
