#include "actors/orchestrator/discovery_actor.hpp"

#include "tests/actor_fixture.hpp"
#include "tests/actors/orchestrator/games.hpp"

namespace arbees::test {

namespace {

const auto noon = from_ms(1'795'226'400'000);

struct DiscoveryFixture : ActorFixture {
  DiscoveryActor actor = spawn(discovery, DiscoveryConfig{});
  GameInfo game =
    game_info("nba:1", League::nba, {"LAC", "LA Clippers"}, {"LAL", "Los Angeles Lakers"});

  DiscoveryAnswer ask(const std::string& key) {
    DiscoveryRequest request;
    request.id = "1";
    request.game = key;
    request.deadline = noon + std::chrono::seconds{1};
    DiscoveryAnswer result;
    auto asked = self->request(actor, std::chrono::seconds{5}, request);
    sched.run();
    asked.receive([&](const DiscoveryAnswer& answer) { result = answer; },
                  [](const caf::error& error) { FAIL(describe(error)); });
    return result;
  }
};

} // namespace

SCENARIO_METHOD(DiscoveryFixture, "who asks hears what the orchestrator has said, until it ends") {
  self->send(actor, Tick{.now = noon});
  self->send(actor, GameDiscovered{.game = game, .state = {}});
  CHECK(ask("nba:1").problem == DiscoveryProblem::not_matched);
  self->send(actor, MatchRejected{.venue = Venue::kalshi,
                                  .listing = "KX",
                                  .candidate = game,
                                  .gate = "date",
                                  .detail = "another day",
                                  .at = noon});
  CHECK(ask("nba:1").reason == "kalshi KX: date: another day");
  self->send(actor, matched(game));
  CHECK(ask("nba:1").games.size() == 1);
  self->send(actor, GameEnded{.game = game, .state = {}});
  CHECK(ask("nba:1").problem == DiscoveryProblem::unknown);
  auto request = self->request(actor, std::chrono::seconds{5}, caf::get_atom_v);
  sched.run();
  request.receive(
    [](const Metrics& metrics) {
      CHECK(metrics.values.at("answered") == 1);
      CHECK(metrics.values.at("not_matched") == 2);
      CHECK(metrics.values.at("unknown") == 1);
      CHECK(metrics.values.at("games") == 1);
    },
    [](const caf::error& error) { FAIL(describe(error)); });
}

SCENARIO_METHOD(DiscoveryFixture, "a question whose deadline has passed is too late") {
  self->send(actor, matched(game));
  self->send(actor, Tick{.now = noon + std::chrono::seconds{2}});
  CHECK(ask("nba:1").problem == DiscoveryProblem::too_late);
}

} // namespace arbees::test
