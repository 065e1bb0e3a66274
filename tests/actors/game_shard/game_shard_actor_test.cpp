#include "actors/game_shard/game_shard_actor.hpp"

#include "tests/actor_fixture.hpp"
#include "tests/actors/sample_game.hpp"

using namespace arbees;
using namespace arbees::test;

SCENARIO_METHOD(ActorFixture, "a shard tells its sinks what it finds") {
  GIVEN("a shard that was assigned a live game") {
    const auto shard = spawn(game_shard, GameShardConfig{}, std::vector{sink<SignalSink>()});
    self->send(shard, assignment());
    self->send(shard, game_update(Phase::live));
    self->send(shard,
               book(poly_market, {{cents(50), contracts(80)}}, {{cents(52), contracts(80)}}));
    WHEN("both books together cost less than a dollar") {
      self->send(shard, book(kalshi_market, {}, {{cents(44), contracts(10)}}));
      sched.run();
      THEN("one signal is sent and counted") {
        const auto signal = next<Signal>();
        REQUIRE(signal);
        CHECK(signal->quantity == contracts(10));
        CHECK_FALSE(next<Signal>());
        self->send(caf::actor_cast<caf::actor>(shard), caf::get_atom_v);
        sched.run();
        const auto metrics = next<Metrics>();
        REQUIRE(metrics);
        CHECK(metrics->source == "game_shard");
        CHECK(metrics->values.at("signals") == 1);
      }
    }
    WHEN("a tick ends the lease before") {
      self->send(shard, Tick{noon + 1h});
      self->send(shard, book(kalshi_market, {}, {{cents(44), contracts(10)}}));
      sched.run();
      THEN("it is silent") {
        CHECK_FALSE(next<Signal>());
      }
    }
  }
}
