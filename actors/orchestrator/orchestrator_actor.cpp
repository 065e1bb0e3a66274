#include "actors/orchestrator/orchestrator_actor.hpp"

#include <spdlog/spdlog.h>

namespace arbees {

namespace {

using Self = OrchestratorActor::stateful_pointer<OrchestratorState>;

void send_grants(Self self, const std::vector<Grant>& grants) {
  for (const auto& grant : grants) {
    const auto host = self->state.hosts.find(grant.host);
    if (host != self->state.hosts.end()) {
      self->send(host->second, grant.assignment);
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
  return host == self->state.hosts.end() ? std::nullopt : std::optional{host->second};
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

void forget(Self self, const caf::down_msg& down) {
  const auto& gone = down.source;
  auto& state = self->state;
  std::erase_if(state.monitors, [&](const auto& entry) { return entry.second == gone; });
  std::erase_if(state.subscribers, [&](const auto& subscriber) { return subscriber == gone; });
  for (auto host = state.hosts.begin(); host != state.hosts.end(); ++host) {
    if (host->second == gone) {
      const auto number = host->first;
      const auto orderly = down.reason == caf::exit_reason::user_shutdown;
      spdlog::log(orderly ? spdlog::level::info : spdlog::level::warn,
                  "orchestrator.host_down number={} reason=\"{}\"", number, describe(down.reason));
      state.hosts.erase(host);
      send_grants(self, state.leases.remove_host(number, state.now));
      return;
    }
  }
}

Metrics metrics(const OrchestratorState& state) {
  Metrics result{.source = state.source, .values = state.games.values()};
  result.values["shard_hosts"] = static_cast<std::int64_t>(state.hosts.size());
  result.values["games_assigned"] = static_cast<std::int64_t>(state.leases.assigned());
  result.values["games_waiting_for_host"] = static_cast<std::int64_t>(state.leases.waiting());
  return result;
}

} // namespace

OrchestratorActor::behavior_type
orchestrator(Self self, OrchestratorConfig config, std::map<League, LeagueTable> tables) {
  self->state.source = config.source;
  self->state.games = GameBook{std::move(tables), config.games};
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
      self->state.hosts.emplace(number, host);
      send_grants(self, self->state.leases.add_host(number, self->state.now));
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
