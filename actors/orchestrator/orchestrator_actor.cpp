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
  send_grants(self, self->state.leases.offer(event, self->state.now));
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
      const auto orderly = down.reason == caf::exit_reason::user_shutdown;
      spdlog::log(orderly ? spdlog::level::info : spdlog::level::warn,
                  "orchestrator.host_down number={} node={} reason=\"{}\"", number,
                  host->second.node, describe(down.reason));
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
  if (state.now != Timestamp{} && skew <= state.max_clock_skew) {
    return {};
  }
  return state.now == Timestamp{}
           ? std::string{"starting"}
           : fmt::format(
             "clock differs by {} ms, more than {}",
             std::chrono::duration_cast<std::chrono::milliseconds>(skew).count(),
             std::chrono::duration_cast<std::chrono::milliseconds>(state.max_clock_skew).count());
}

HostAnswer hear(Self self, const HostStatus& status, const ShardHostActor& host) {
  auto& state = self->state;
  if (auto refused = why_refused(state, status); !refused.empty()) {
    ++state.hosts_refused;
    return {.refused = std::move(refused)};
  }
  const HostOffer offer{.capacity = status.capacity, .games = status.games};
  if (const auto number = number_of(state, host)) {
    send_grants(self, state.leases.hear(*number, offer, state.now));
    return {};
  }
  self->monitor(host);
  const auto number = state.next_host++;
  spdlog::info("orchestrator.host number={} node={} incarnation={:x} capacity={} games={}", number,
               status.node, status.incarnation, status.capacity, status.games.size());
  state.hosts.emplace(number, KnownHost{.actor = host, .node = status.node});
  send_grants(self, state.leases.add_host(number, offer, state.now));
  return {};
}

Metrics metrics(const OrchestratorState& state) {
  Metrics result{.source = state.source, .values = state.games.values()};
  result.values["shard_hosts"] = static_cast<std::int64_t>(state.hosts.size());
  result.values["shard_hosts_lost"] = state.hosts_lost;
  result.values["shard_hosts_refused"] = state.hosts_refused;
  result.values["games_assigned"] = static_cast<std::int64_t>(state.leases.assigned());
  result.values["games_waiting_for_host"] = static_cast<std::int64_t>(state.leases.waiting());
  return result;
}

} // namespace

ClusterOrchestratorActor::behavior_type
orchestrator(Self self, OrchestratorConfig config, std::map<League, LeagueTable> tables) {
  self->state.source = config.source;
  self->state.games = GameBook{std::move(tables), config.games};
  self->state.max_clock_skew = config.max_clock_skew;
  self->state.leases = LeaseBook{config.lease};
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
      send_grants(self, self->state.leases.add_host(number, self->state.now));
    },
    [self](const HostStatus& status, const ShardHostActor& host) {
      return hear(self, status, host);
    },
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
      handle_all(self, self->state.games.tick(tick.now));
      send_grants(self, self->state.leases.tick(tick.now));
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
