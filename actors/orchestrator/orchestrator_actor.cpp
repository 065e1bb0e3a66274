#include "actors/orchestrator/orchestrator_actor.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

namespace arbees {

namespace {

using Self = ClusterOrchestratorActor::stateful_pointer<OrchestratorState>;

void send_grants(Self self, const std::vector<Grant>& grants) {
  for (const auto& grant : grants) {
    const auto host = self->state.hosts.find(grant.host);
    if (host != self->state.hosts.end()) {
      self->send(host->second.actor, grant.assignment);
    }
  }
}

template <class Message>
void publish(Self self, const Message& message) {
  for (const auto& subscriber : self->state.subscribers) {
    self->send(subscriber, message);
  }
}

/// The host of a game, if it has one.
std::optional<ShardHostActor> host_of(Self self, std::optional<HostNumber> number) {
  const auto host = number ? self->state.hosts.find(*number) : self->state.hosts.end();
  return host == self->state.hosts.end() ? std::nullopt : std::optional{host->second.actor};
}

void handle(Self self, const GameDiscovered& event) {
  spdlog::info("orchestrator.game key={} away={} home={} phase={}", event.game.key,
               event.game.away.id, event.game.home.id, to_string(event.state.phase));
  publish(self, event);
}

void handle(Self self, const GameUpdate& event) {
  publish(self, event);
  if (const auto host = host_of(self, self->state.leases.host_of(event.game.id))) {
    self->send(*host, event);
  }
}

void handle(Self self, const GameEnded& event) {
  spdlog::info("orchestrator.game_over key={} score={}-{}", event.game.key, event.state.away_score,
               event.state.home_score);
  publish(self, event);
  if (const auto host = host_of(self, self->state.leases.end(event.game.id))) {
    self->send(*host, event);
  }
}

void handle(Self self, const MatchedGame& event) {
  spdlog::info("orchestrator.match key={} score={} tradable={} contracts={} reasons=\"{}\"",
               event.game.key, event.score, event.tradable, event.contracts.size(),
               fmt::join(event.reasons, "; "));
  publish(self, event);
  if (self->state.leads) {
    send_grants(self, self->state.leases.offer(event, self->state.now));
  }
}

void handle(Self self, const MatchRejected& event) {
  spdlog::debug("orchestrator.rejected venue={} listing={} gate={} detail=\"{}\"",
                to_string(event.venue), event.listing, event.gate, event.detail);
  publish(self, event);
}

void tell(Self self, const WatchSink& monitor, const WatchChange& change) {
  if (!change.watch.empty()) {
    self->send(monitor, WatchMarkets{.markets = change.watch});
  }
  if (!change.unwatch.empty()) {
    self->send(monitor, UnwatchMarkets{.markets = change.unwatch});
  }
}

void handle(Self self, const WatchChange& change) {
  for (const auto& [venue, monitor] : self->state.monitors) {
    if (venue == change.venue) {
      tell(self, monitor, change);
    }
  }
}

void handle_all(Self self, const std::vector<GameEvent>& events) {
  for (const auto& event : events) {
    std::visit([&](const auto& e) { handle(self, e); }, event);
  }
}

void welcome(Self self, const GameSink& subscriber) {
  for (const auto& event : self->state.games.present()) {
    if (const auto* discovered = std::get_if<GameDiscovered>(&event)) {
      self->send(subscriber, *discovered);
    } else if (const auto* match = std::get_if<MatchedGame>(&event)) {
      self->send(subscriber, *match);
    }
  }
}

/// Who sees fewer venues than another, or is wished away, is to have no games.
bool should_drain(const OrchestratorState& state, const KnownHost& host) {
  if (state.draining.contains(host.status.node)) {
    return true;
  }
  return std::ranges::any_of(host.status.health.blind, [&](const std::string& venue) {
    return std::ranges::any_of(state.hosts, [&](const auto& other) {
      return other.second.leasing && !state.leases.silent(other.first, state.now)
             && std::ranges::count(other.second.status.health.blind, venue) == 0;
    });
  });
}

/// What is known of the host decides how many games it may be given.
void judge(OrchestratorState& state, HostNumber number, KnownHost& host) {
  const auto silent = state.leases.silent(number, state.now);
  if (silent && !host.was_silent) {
    spdlog::warn("orchestrator.host_silent number={} node={} games={}", number, host.status.node,
                 state.leases.assigned_to(number));
    state.circuits.fail(host.status.node, state.now);
  }
  host.was_silent = silent;
  const auto slow = host.status.health.answers_in > state.config.slow_answer;
  state.leases.limit(number,
                     slow ? 0 : state.circuits.limit(host.status.node, host.status.capacity));
  state.leases.drain(number, should_drain(state, host));
}

void judge_all(OrchestratorState& state) {
  state.circuits.tick(state.now);
  for (auto& [number, host] : state.hosts) {
    if (host.leasing) {
      judge(state, number, host);
    }
  }
}

/// Asks hosts to give up what goes to others.
void move_games(Self self) {
  auto& state = self->state;
  for (const auto& move : state.leases.moves(state.now)) {
    const auto& host = state.hosts.at(move.from);
    ++state.games_moved;
    spdlog::info("orchestrator.move game={} from={}", to_hex(move.game), host.status.node);
    self
      ->request(host.leasing, state.config.release_timeout,
                ReleaseGame{.game = move.game, .epoch = move.epoch})
      .then(
        [self, move](const HeldGames& held) {
          const auto has = std::ranges::any_of(held.games, [&](const HeldGame& game) {
            return game.game == move.game;
          });
          if (!has) {
            send_grants(self, self->state.leases.released(move.from, move.game, move.epoch,
                                                          self->state.now));
          }
        },
        [self](const caf::error&) { ++self->state.releases_unanswered; }); // its lease ends
  }
}

/// From here on games are ours to assign; where they are now, their hosts say.
void lead(Self self) {
  auto& state = self->state;
  spdlog::info("orchestrator.leads");
  state.leads = true;
  for (const auto& [number, host] : state.hosts) {
    send_grants(self, state.leases.add_host(number, state.now));
  }
  for (const auto& event : state.games.present()) {
    if (const auto* match = std::get_if<MatchedGame>(&event)) {
      send_grants(self, state.leases.offer(*match, state.now));
    }
  }
}

/// Another orchestrator may assign games now: hosts are to turn to it, and leases end by
/// themselves.
void step_down(Self self) {
  auto& state = self->state;
  spdlog::warn("orchestrator.steps_down hosts={} games={}", state.hosts.size(),
               state.leases.assigned());
  state.leads = false;
  state.leases = LeaseBook{state.config.lease};
  std::erase_if(state.hosts, [&](const auto& entry) {
    if (entry.second.leasing) {
      self->demonitor(entry.second.actor.address());
    }
    return static_cast<bool>(entry.second.leasing);
  });
}

void consider_leading(Self self) {
  auto& state = self->state;
  const auto may = !state.config.needs_lock || state.now < state.leads_until;
  if (may && !state.leads) {
    lead(self);
  } else if (!may && state.leads) {
    step_down(self);
  }
}

/// An actor that has ended does no harm any more; one that is only out of sight may.
void lose(Self self, HostNumber number, const caf::down_msg& down) {
  auto& leases = self->state.leases;
  if (down.reason == caf::exit_reason::remote_link_unreachable) {
    ++self->state.hosts_lost;
    leases.lose_host(number);
  } else {
    send_grants(self, leases.remove_host(number, self->state.now));
  }
}

void forget(Self self, const caf::down_msg& down) {
  const auto& gone = down.source;
  auto& state = self->state;
  std::erase_if(state.monitors, [&](const auto& entry) { return entry.second == gone; });
  std::erase_if(state.subscribers, [&](const auto& subscriber) { return subscriber == gone; });
  for (auto host = state.hosts.begin(); host != state.hosts.end(); ++host) {
    if (host->second.actor == gone) {
      const auto number = host->first;
      const auto& node = host->second.status.node;
      const auto orderly = down.reason == caf::exit_reason::user_shutdown;
      spdlog::log(orderly ? spdlog::level::info : spdlog::level::warn,
                  "orchestrator.host_down number={} node={} reason=\"{}\"", number, node,
                  describe(down.reason));
      if (!orderly && host->second.leasing) {
        state.circuits.fail(node, state.now);
      }
      state.hosts.erase(host);
      lose(self, number, down);
      return;
    }
  }
}

std::optional<HostNumber> number_of(const OrchestratorState& state, const ShardHostActor& host) {
  const auto found = std::ranges::find_if(state.hosts, [&](const auto& entry) {
    return entry.second.actor == host;
  });
  return found == state.hosts.end() ? std::nullopt : std::optional{found->first};
}

/// Its leases end by its own clock: it must go as ours does.
std::string why_refused(const OrchestratorState& state, const HostStatus& status) {
  const auto skew = std::chrono::abs(status.at - state.now);
  if (state.now != Timestamp{} && skew <= state.config.max_clock_skew) {
    return {};
  }
  return state.now == Timestamp{}
           ? std::string{"starting"}
           : fmt::format("clock differs by {} ms, more than {}",
                         std::chrono::duration_cast<std::chrono::milliseconds>(skew).count(),
                         std::chrono::duration_cast<std::chrono::milliseconds>(
                           state.config.max_clock_skew)
                           .count());
}

/// One that this version does not know is no game's.
std::vector<League> leagues_of(const HostStatus& status) {
  std::vector<League> leagues;
  for (const auto& name : status.leagues) {
    if (const auto league = parse_league(name)) {
      leagues.push_back(*league);
    }
  }
  return leagues;
}

HostAnswer hear(Self self, const HostStatus& status, const LeasingHostActor& host) {
  auto& state = self->state;
  if (!state.leads) {
    return {.refused = "another orchestrator may assign games, this one not", .leads = false};
  }
  if (auto refused = why_refused(state, status); !refused.empty()) {
    ++state.hosts_refused;
    return {.refused = std::move(refused)};
  }
  const HostOffer offer{.capacity = status.capacity,
                        .games = status.games,
                        .leagues = leagues_of(status)};
  const auto shards = caf::actor_cast<ShardHostActor>(host);
  if (const auto number = number_of(state, shards)) {
    auto& known = state.hosts.at(*number);
    known.status = status;
    known.heard_at = state.now;
    send_grants(self, state.leases.hear(*number, offer, state.now));
    judge(state, *number, known);
    return {};
  }
  self->monitor(host);
  const auto number = state.next_host++;
  spdlog::info("orchestrator.host number={} node={} incarnation={:x} capacity={} games={}", number,
               status.node, status.incarnation, status.capacity, status.games.size());
  state.hosts.emplace(
    number, KnownHost{.actor = shards, .leasing = host, .status = status, .heard_at = state.now});
  send_grants(self, state.leases.add_host(number, offer, state.now));
  judge(state, number, state.hosts.at(number));
  return {};
}

HostsView view(const OrchestratorState& state) {
  HostsView result{.draining = {state.draining.begin(), state.draining.end()},
                   .waiting = static_cast<std::int64_t>(state.leases.waiting()),
                   .leads = state.leads,
                   .at = state.now};
  for (const auto& [number, host] : state.hosts) {
    const auto& status = host.status;
    result.hosts.push_back({.node = status.node,
                            .incarnation = status.incarnation,
                            .capacity = status.capacity,
                            .games = static_cast<std::int64_t>(state.leases.assigned_to(number)),
                            .heard_at = host.leasing ? host.heard_at : state.now,
                            .circuit = std::string{to_string(state.circuits.state(status.node))},
                            .drains = host.leasing && should_drain(state, host),
                            .health = status.health});
  }
  return result;
}

HostsView drain(OrchestratorState& state, const DrainNode& wish) {
  spdlog::warn("orchestrator.drain node={} drains={}", wish.node, wish.drains);
  if (wish.drains) {
    state.draining.insert(wish.node);
  } else {
    state.draining.erase(wish.node);
  }
  judge_all(state);
  return view(state);
}

Metrics metrics(const OrchestratorState& state) {
  Metrics result{.source = state.config.source, .values = state.games.values()};
  result.values["shard_hosts"] = static_cast<std::int64_t>(state.hosts.size());
  result.values["leads"] = state.leads ? 1 : 0;
  result.values["shard_hosts_lost"] = state.hosts_lost;
  result.values["shard_hosts_refused"] = state.hosts_refused;
  result.values["games_moved"] = state.games_moved;
  result.values["releases_unanswered"] = state.releases_unanswered;
  result.values["games_assigned"] = static_cast<std::int64_t>(state.leases.assigned());
  result.values["games_waiting_for_host"] = static_cast<std::int64_t>(state.leases.waiting());
  return result;
}

} // namespace

ClusterOrchestratorActor::behavior_type
orchestrator(Self self, OrchestratorConfig config, std::map<League, LeagueTable> tables) {
  self->state.games = GameBook{std::move(tables), config.games};
  self->state.leases = LeaseBook{config.lease};
  self->state.circuits = HostCircuits{config.circuit};
  self->state.config = std::move(config);
  self->state.leads = !self->state.config.needs_lock;
  self->set_down_handler([self](const caf::down_msg& down) { forget(self, down); });
  const auto learn_time = [self](Timestamp at) { self->state.now = std::max(self->state.now, at); };
  return {
    [self](caf::subscribe_atom, const GameSink& subscriber) {
      self->monitor(subscriber);
      self->state.subscribers.push_back(subscriber);
      welcome(self, subscriber);
    },
    [self](caf::subscribe_atom, const ShardHostActor& host) {
      self->monitor(host);
      const auto number = self->state.next_host++;
      self->state.hosts.emplace(number, KnownHost{.actor = host});
      if (self->state.leads) {
        send_grants(self, self->state.leases.add_host(number, self->state.now));
      }
    },
    [self](const HostStatus& status, const LeasingHostActor& host) {
      return hear(self, status, host);
    },
    [self](const MayAssign& right) {
      self->state.leads_until = right.until;
      consider_leading(self);
    },
    [self](HostsAtom) { return view(self->state); },
    [self](const DrainNode& wish) { return drain(self->state, wish); },
    [self](caf::subscribe_atom, const VenueInterest& interest, const WatchSink& monitor) {
      self->monitor(monitor);
      self->state.monitors.emplace_back(interest.venue, monitor);
      for (const auto& event : self->state.games.present()) {
        const auto* change = std::get_if<WatchChange>(&event);
        if (change != nullptr && change->venue == interest.venue) {
          tell(self, monitor, *change);
        }
      }
    },
    [self, learn_time](const Tick& tick) {
      learn_time(tick.now);
      consider_leading(self);
      handle_all(self, self->state.games.tick(tick.now));
      if (self->state.leads) {
        judge_all(self->state);
        send_grants(self, self->state.leases.tick(tick.now));
        move_games(self);
      }
    },
    [self, learn_time](const Scoreboard& scoreboard) {
      learn_time(scoreboard.fetched_at);
      handle_all(self, self->state.games.apply(scoreboard));
    },
    [self, learn_time](const VenueCatalogue& catalogue) {
      learn_time(catalogue.fetched_at);
      handle_all(self, self->state.games.apply(catalogue));
    },
    [self](caf::get_atom) { return metrics(self->state); },
  };
}

} // namespace arbees
