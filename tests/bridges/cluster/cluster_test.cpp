#include <caf/io/middleman.hpp>
#include <catch2/catch.hpp>

#include "actors/orchestrator/orchestrator_actor.hpp"
#include "bridges/cluster/executor_door_actor.hpp"
#include "bridges/cluster/executor_link_actor.hpp"
#include "bridges/cluster/orchestrator_link_actor.hpp"
#include "tests/actors/orchestrator/scene.hpp"
#include "tests/bridges/envelope/sample_messages.hpp"

using namespace arbees;
using namespace arbees::test;
using namespace std::chrono_literals;

namespace {

struct ClusterConfig : caf::actor_system_config {
  ClusterConfig() {
    set("scheduler.max-threads", std::size_t{1});
    add_message_types<caf::id_block::arbees>();
    add_message_types<caf::id_block::arbees_cluster>();
    load<caf::io::middleman>();
  }
};

/// A process, as far as CAF's network layer can tell: what is spawned ends with it.
class Host {
public:
  ~Host() {
    for (const auto& actor : spawned_) {
      caf::anon_send_exit(actor, caf::exit_reason::kill);
    }
  }

  template <class F, class... Args>
  auto spawn(F function, Args&&... args) {
    auto handle = system.spawn(function, std::forward<Args>(args)...);
    spawned_.push_back(caf::actor_cast<caf::actor>(handle));
    return handle;
  }

  template <class Handle>
  std::uint16_t publish(const Handle& actor, std::uint16_t port = 0) {
    const auto bound = system.middleman().publish(actor, port, "127.0.0.1", true);
    REQUIRE(bound);
    return *bound;
  }

  /// The next message of type T in the test's mailbox here; others are dropped meanwhile.
  template <class T>
  std::optional<T> wait(std::chrono::seconds patience = 20s) {
    std::optional<T> found;
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (!found && std::chrono::steady_clock::now() < deadline) {
      self->receive([&](const T& message) { found = message; },
                    caf::others >> [](caf::message_view&) -> caf::result<caf::message> {
                      return caf::message{};
                    },
                    caf::after(20ms) >>
                      [&] {
                        if (idle) {
                          idle();
                        }
                      });
    }
    return found;
  }

  template <class Handle>
  Handle sink() {
    return caf::actor_cast<Handle>(self);
  }

private:
  ClusterConfig config_;

public:
  caf::actor_system system{config_};
  caf::scoped_actor self{system};
  std::function<void()> idle; ///< what goes on while the test waits

private:
  std::vector<caf::actor> spawned_;
};

/// Time goes on from the evening of the scene, when the last of its catalogues has come, for all
/// processes alike.
Timestamp wall() {
  static const auto began = std::chrono::steady_clock::now();
  return scene_time + 1min
         + std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now() - began);
}

/// A shard host that has what it is told, and passes on to the test.
struct FakeHostState {
  static constexpr auto name = "fake_host";
  std::vector<HeldGame> held;
};

LeasingHostActor::behavior_type
fake_host(LeasingHostActor::stateful_pointer<FakeHostState> self, caf::actor test) {
  return {
    [self](HeldAtom) { return HeldGames{.games = self->state.held}; },
    [self](const ReleaseGame& wanted) {
      std::erase_if(self->state.held,
                    [&](const HeldGame& game) { return game.game == wanted.game; });
      return HeldGames{.games = self->state.held};
    },
    [self, test](const GameAssignment& given) {
      self->state.held = {{given.match.game.id, given.epoch, given.lease_until}};
      caf::anon_send(test, given);
    },
    [](const GameUpdate&) {},
    [](const GameEnded&) {},
    [](const Tick&) {},
    [](caf::get_atom) { return Metrics{}; },
  };
}

/// An orchestrator with one matched game, in a process of its own.
struct Headquarters : Host {
  explicit Headquarters(std::uint16_t port = 0)
    : boss(
      spawn(orchestrator,
            OrchestratorConfig{.lease = {.length = 2s, .margin = 1s, .may_follow_another = true}},
            shipped_tables())),
      address{.name = "orchestrator", .host = "127.0.0.1", .port = publish(boss, port)} {
    tick();
    caf::anon_send(boss, scoreboard({celtics_at_knicks()}));
    caf::anon_send(boss, catalogue(Venue::kalshi, {celtics_kalshi()}));
    caf::anon_send(boss, catalogue(Venue::polymarket, {celtics_polymarket()}));
  }

  void tick() const { caf::anon_send(boss, Tick{wall()}); }

  ClusterOrchestratorActor boss;
  PeerAddress address;
};

/// A shard host in a process of its own.
struct Outpost : Host {
  explicit Outpost(const PeerAddress& boss, const std::string& node = "outpost",
                   std::vector<Venue> venues = {})
    : host(spawn(fake_host, caf::actor_cast<caf::actor>(self))),
      link(spawn(orchestrator_link, OrchestratorLinkConfig{.orchestrators = {boss},
                                                           .node = node,
                                                           .incarnation = 1,
                                                           .capacity = 3,
                                                           .venues = std::move(venues),
                                                           .clock = wall,
                                                           .host = host,
                                                           .heartbeat = 100ms})) {}

  void tick() const { caf::anon_send(link, Tick{wall()}); }

  LeasingHostActor host;
  OrchestratorLinkActor link;
};

} // namespace

TEST_CASE(
  "A shard host in another process gets a game, and another gets it when that one is gone") {
  Headquarters boss;
  auto first = std::make_unique<Outpost>(boss.address);
  first->idle = [&] {
    boss.tick();
    first->tick();
  };
  const auto given = first->wait<GameAssignment>();
  REQUIRE(given);
  CHECK(given->match.game.key == "nba:1");
  CHECK(given->match.contracts.size() >= 1);
  REQUIRE(first->wait<GameAssignment>()); // renewed, because it says that it is alive

  Outpost second{boss.address};
  first.reset();
  second.idle = [&] {
    boss.tick();
    second.tick();
  };
  const auto moved = second.wait<GameAssignment>();
  REQUIRE(moved);
  CHECK(moved->match.game.id == given->match.game.id);
  CHECK(moved->epoch > given->epoch);
}

namespace {

/// What an operator's program would be answered.
template <class... Question>
HostsView ask(const Headquarters& boss, Host& asker, const Question&... question) {
  HostsView view;
  asker.self->request(boss.boss, 5s, question...)
    .receive([&](const HostsView& answer) { view = answer; },
             [](const caf::error& error) { FAIL(describe(error)); });
  return view;
}

/// An orchestrator and two hosts, the first of which has the game.
struct TwoOutposts {
  Headquarters boss;
  Outpost first{boss.address, "first", {Venue::kalshi}};
  std::optional<Outpost> second;
  Host asker;
  std::optional<GameAssignment> given;

  TwoOutposts() {
    first.idle = [&] {
      boss.tick();
      first.tick();
    };
    given = first.wait<GameAssignment>();
    REQUIRE(given);
    second.emplace(boss.address, "second", std::vector{Venue::kalshi});
    second->idle = [&] {
      boss.tick();
      first.tick();
      second->tick();
    };
  }
};

} // namespace

TEST_CASE("An operator sees the hosts, and drains one: its game moves before its lease ends") {
  TwoOutposts stage;
  CHECK(ask(stage.boss, stage.asker, HostsAtom::value).hosts.at(0).games == 1);
  const auto view = ask(stage.boss, stage.asker, DrainNode{.node = "first", .drains = true});
  CHECK(view.draining == std::vector<std::string>{"first"});
  CHECK(view.hosts.at(0).drains);
  const auto moved = stage.second->wait<GameAssignment>();
  REQUIRE(moved);
  CHECK(moved->match.game.id == stage.given->match.game.id);
  CHECK(moved->epoch > stage.given->epoch);
  const auto after = ask(stage.boss, stage.asker, DrainNode{.node = "first", .drains = false});
  CHECK(after.draining.empty());
  REQUIRE(after.hosts.size() == 2);
  CHECK(after.hosts[0].games == 0);
  CHECK(after.hosts[1].games == 1);
  CHECK(after.hosts[1].health.memory_bytes > 0);
}

TEST_CASE("A game leaves a host to which a venue's books do not come, if they come elsewhere") {
  TwoOutposts stage;
  // Both are blind until they hear of the venue: that is no reason to move anything.
  CHECK_FALSE(ask(stage.boss, stage.asker, HostsAtom::value).hosts.at(0).drains);
  caf::anon_send(stage.second->link, FeedStatus{.venue = Venue::kalshi, .connected = true});
  const auto moved = stage.second->wait<GameAssignment>();
  REQUIRE(moved);
  CHECK(moved->epoch > stage.given->epoch);
}

TEST_CASE("An orchestrator that is started anew leaves the game where it is") {
  auto boss = std::make_unique<Headquarters>();
  const auto address = boss->address;
  Outpost outpost{address};
  outpost.idle = [&] {
    boss->tick();
    outpost.tick();
  };
  const auto given = outpost.wait<GameAssignment>();
  REQUIRE(given);
  const auto last = outpost.wait<GameAssignment>();
  REQUIRE(last);
  boss.reset();
  boss = std::make_unique<Headquarters>(address.port);
  std::optional<GameAssignment> renewed;
  do {
    renewed = outpost.wait<GameAssignment>();
  } while (renewed && renewed->lease_until <= last->lease_until);
  REQUIRE(renewed);
  CHECK(renewed->match.game.id == given->match.game.id);
  // The same lease if it was still running when both met, which a busy machine may not manage.
  CHECK(renewed->epoch >= given->epoch);
}

namespace {

/// An executor's door in a process of its own; its test is the executor.
struct Treasury : Host {
  explicit Treasury(ExecutorPast past = {}, std::uint16_t port = 0)
    : door(
      spawn(executor_door,
            ExecutorDoorConfig{
              .executor = sink<RequestSink>(),
              .past = spawn(past_reader, [past]() -> caf::expected<ExecutorPast> { return past; }),
              .venues = {{.venue = Venue::kalshi, .state = VenueState::open}}})),
      address{.name = "executor",
              .host = "127.0.0.1",
              .port = publish(RemoteExecutorActor{door}, port)} {}

  ExecutorDoorActor door;
  PeerAddress address;
};

} // namespace

TEST_CASE("Who approves pairs hears the ledger's past, and of the executor's end") {
  const auto request = sample_request();
  auto treasury = std::make_unique<Treasury>(
    ExecutorPast{.trading = {.state = TradingState::reduce_only, .at = from_ms(5)},
                 .pairs = {{.pair = {.request = request}, .closed = std::nullopt}}});
  Host here;
  const auto link = here.spawn(executor_link, ExecutorLinkConfig{.executor = treasury->address,
                                                                 .sinks = {here.sink<PastSink>()},
                                                                 .ask_every = 100ms});
  here.idle = [&] { caf::anon_send(link, Tick{wall()}); };

  const auto control = here.wait<TradingControl>();
  REQUIRE(control);
  CHECK(control->state == TradingState::reduce_only);
  const auto restored = here.wait<PairRestored>();
  REQUIRE(restored);
  CHECK(caf::deep_to_string(restored->pair.request) == caf::deep_to_string(request));
  const auto open = here.wait<VenueStatus>();
  REQUIRE(open);
  CHECK(open->state == VenueState::open);

  SECTION("its pair that never arrived is ended after a while") {
    auto lost = request;
    lost.pair = PairId{4711};
    lost.signal.expires_at = wall() - 10s;
    caf::anon_send(link, lost);
    const auto closed = here.wait<PairClosed>();
    REQUIRE(closed);
    CHECK(closed->pair == lost.pair);
    CHECK(closed->outcome == PairOutcome::void_);
  }
  SECTION("its loss limit is told to the executor") {
    const auto relay = here.spawn(request_relay, link);
    caf::anon_send(relay, TradingControl{.state = TradingState::halted, .at = from_ms(9)});
    const auto told = treasury->wait<TradingControl>();
    REQUIRE(told);
    CHECK(told->state == TradingState::halted);
  }
  SECTION("without the executor both venues are down, until it is back") {
    const auto port = treasury->address.port;
    treasury.reset();
    const auto down = here.wait<VenueStatus>();
    REQUIRE(down);
    CHECK(down->state == VenueState::down);
    treasury = std::make_unique<Treasury>(ExecutorPast{}, port);
    std::optional<VenueStatus> again;
    do {
      again = here.wait<VenueStatus>();
    } while (again && again->state == VenueState::down);
    CHECK(again);
  }
}
