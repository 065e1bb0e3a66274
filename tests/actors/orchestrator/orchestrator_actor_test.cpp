#include "actors/orchestrator/orchestrator_actor.hpp"

#include "tests/actor_fixture.hpp"
#include "tests/actors/orchestrator/scene.hpp"

namespace arbees::test {

namespace {

struct OrchestratorFixture : ActorFixture {
  ClusterOrchestratorActor boss = spawn(orchestrator, OrchestratorConfig{}, shipped_tables());

  void play_celtics() {
    self->send(boss, scoreboard({celtics_at_knicks()}));
    self->send(boss, catalogue(Venue::kalshi, {celtics_kalshi()}));
    self->send(boss, catalogue(Venue::polymarket, {celtics_polymarket()}));
    sched.run();
  }
};

} // namespace

SCENARIO_METHOD(OrchestratorFixture, "subscribers hear of a game and of its match") {
  self->send(boss, caf::subscribe_atom_v, sink<GameSink>());
  play_celtics();
  const auto discovered = next<GameDiscovered>();
  REQUIRE(discovered);
  CHECK(discovered->game.key == "nba:1");
  const auto match = next<MatchedGame>();
  REQUIRE(match);
  CHECK(match->tradable);
}

SCENARIO_METHOD(OrchestratorFixture, "a late subscriber hears what stands") {
  play_celtics();
  self->send(boss, caf::subscribe_atom_v, sink<GameSink>());
  sched.run();
  CHECK(next<GameDiscovered>());
  CHECK(next<MatchedGame>());
}

SCENARIO_METHOD(OrchestratorFixture,
                "a monitor is told to follow its venue's markets, and to stop") {
  self->send(boss, caf::subscribe_atom_v, VenueInterest{Venue::kalshi}, sink<WatchSink>());
  play_celtics();
  const auto watch = next<WatchMarkets>();
  REQUIRE(watch);
  REQUIRE(watch->markets.size() == 2);
  CHECK(watch->markets[0].ref.native_id == "KXNBAGAME-26NOV20BOSNYK-BOS");
  auto over = celtics_at_knicks();
  over.state.phase = Phase::final;
  over.completed = true;
  self->send(boss, scoreboard({over}));
  sched.run();
  const auto unwatch = next<UnwatchMarkets>();
  REQUIRE(unwatch);
  CHECK(unwatch->markets.size() == 2);
}

SCENARIO_METHOD(OrchestratorFixture, "a shard host gets the game, renewals, news and the end") {
  self->send(boss, caf::subscribe_atom_v, sink<ShardHostActor>());
  play_celtics();
  const auto given = next<GameAssignment>();
  REQUIRE(given);
  CHECK(given->match.game.key == "nba:1");
  const auto late = given->lease_until - std::chrono::seconds{5};
  self->send(boss, Tick{.now = late});
  sched.run();
  const auto renewed = next<GameAssignment>();
  REQUIRE(renewed);
  CHECK(renewed->epoch == given->epoch);
  CHECK(renewed->lease_until > given->lease_until);
  auto live = celtics_at_knicks();
  live.state.phase = Phase::live;
  self->send(boss, scoreboard({live}));
  sched.run();
  CHECK(next<GameUpdate>());
  live.state.phase = Phase::final;
  live.completed = true;
  self->send(boss, scoreboard({live}));
  sched.run();
  CHECK(all<GameEnded>().size() == 1);
}

SCENARIO_METHOD(OrchestratorFixture, "a game moves to another host when its own goes down") {
  {
    caf::scoped_actor first{system};
    self->send(boss, caf::subscribe_atom_v, caf::actor_cast<ShardHostActor>(first));
    sched.run();
    self->send(boss, caf::subscribe_atom_v, sink<ShardHostActor>());
    play_celtics();
    CHECK_FALSE(next<GameAssignment>());
  }
  sched.run();
  const auto moved = next<GameAssignment>();
  REQUIRE(moved);
  CHECK(moved->match.tradable);
}

SCENARIO_METHOD(OrchestratorFixture, "one of two orchestrators assigns games while it may") {
  boss = spawn(orchestrator, OrchestratorConfig{.needs_lock = true}, shipped_tables());
  self->send(boss, caf::subscribe_atom_v, sink<ShardHostActor>());
  play_celtics();
  CHECK_FALSE(next<GameAssignment>());
  const auto now = scene_time + std::chrono::minutes{1};
  self->send(boss, Tick{.now = now});
  self->send(boss, MayAssign{.until = now + std::chrono::seconds{4}});
  sched.run();
  const auto given = next<GameAssignment>();
  REQUIRE(given);
  CHECK(given->match.game.key == "nba:1");
  self->send(boss, Tick{.now = now + std::chrono::seconds{6}}); // a renewal would be due
  sched.run();
  CHECK_FALSE(next<GameAssignment>());
  self->send(boss, MayAssign{.until = now + std::chrono::seconds{10}});
  sched.run();
  const auto again = next<GameAssignment>();
  REQUIRE(again);
  CHECK(again->epoch > given->epoch);
}

SCENARIO_METHOD(OrchestratorFixture, "the orchestrator counts its games") {
  play_celtics();
  auto answer = self->request(boss, std::chrono::seconds{1}, caf::get_atom_v);
  sched.run();
  std::optional<Metrics> metrics;
  answer.receive([&](const Metrics& m) { metrics = m; },
                 [](const caf::error& error) { FAIL(describe(error)); });
  REQUIRE(metrics);
  CHECK(metrics->values.at("games_matched") == 1);
  CHECK(metrics->values.at("games_waiting_for_host") == 1);
}

} // namespace arbees::test
