#include "actors/game_shard/shard_host_actor.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <memory>

namespace arbees {

namespace {

using Host = LeasingHostActor::stateful_pointer<ShardHostState>;

constexpr auto metrics_timeout = std::chrono::seconds{1};

void subscribe(Host self, HostedGame& game, const MatchedGame& match) {
  std::vector<MarketId> markets;
  for (const auto& market : match.markets) {
    markets.push_back(market.id);
  }
  std::ranges::sort(markets);
  if (markets == game.markets) {
    return;
  }
  const auto sink = caf::actor_cast<BookSink>(game.shard);
  for (const auto& [venue, source] : self->state.wiring.books) {
    BookInterest interest;
    for (const auto& market : match.markets) {
      if (market.ref.venue == venue) {
        interest.markets.push_back(market.id);
      }
    }
    // No markets would mean all of them.
    if (!interest.markets.empty()) {
      self->send(source, caf::subscribe_atom_v, interest, sink);
    }
  }
  game.markets = std::move(markets);
}

void unsubscribe(Host self, const HostedGame& game) {
  for (const auto& [venue, source] : self->state.wiring.books) {
    self->send(source, caf::unsubscribe_atom_v, caf::actor_cast<BookSink>(game.shard));
  }
}

HostedGame& start_shard(Host self, const MatchedGame& match) {
  auto& state = self->state;
  auto& game = state.games[match.game.id];
  game.shard = self->spawn<caf::linked>(game_shard, state.config.shard, state.wiring.signals);
  ++state.started;
  spdlog::info("shard_host.start game={} markets={}", match.game.key, match.markets.size());
  if (const auto update = state.updates.find(match.game.id); update != state.updates.end()) {
    self->send(game.shard, update->second);
  }
  return game;
}

void assign(Host self, const GameAssignment& assignment) {
  auto& state = self->state;
  const auto id = assignment.match.game.id;
  auto& epoch = state.epochs[id];
  if (assignment.epoch < epoch) {
    ++state.old_epochs;
    spdlog::warn("shard_host.old_epoch game={} epoch={} known={}", assignment.match.game.key,
                 assignment.epoch, epoch);
    return;
  }
  epoch = assignment.epoch;
  const auto known = state.games.find(id);
  auto& game = known != state.games.end() ? known->second : start_shard(self, assignment.match);
  game.epoch = assignment.epoch;
  game.lease_until = assignment.lease_until;
  self->send(game.shard, assignment);
  subscribe(self, game, assignment.match);
}

/// Takes the shard's counters, then ends it, and calls `then`: no signal of it follows.
template <class Then>
void stop_shard(Host self, GameId id, std::string_view reason, Then then) {
  const auto found = self->state.games.find(id);
  if (found == self->state.games.end()) {
    return then();
  }
  const auto game = std::move(found->second);
  self->state.games.erase(found);
  unsubscribe(self, game);
  spdlog::info("shard_host.stop game={} reason={}", to_hex(id), reason);
  const auto end = [self, then, shard = game.shard] {
    self->unlink_from(caf::actor_cast<caf::actor_addr>(shard));
    self->send_exit(shard, caf::exit_reason::user_shutdown);
    then();
  };
  self->request(game.shard, metrics_timeout, caf::get_atom_v)
    .then(
      [self, end](const Metrics& metrics) {
        add_metrics(self->state.retired, metrics);
        end();
      },
      [end](const caf::error&) { end(); });
}

void stop_shard(Host self, GameId id, std::string_view reason) {
  stop_shard(self, id, reason, [] {});
}

void stop_expired(Host self, Timestamp now) {
  std::vector<GameId> expired;
  for (const auto& [id, game] : self->state.games) {
    if (now - game.lease_until > self->state.config.keep_after_lease) {
      expired.push_back(id);
    }
  }
  for (const auto id : expired) {
    stop_shard(self, id, "lease_over");
  }
}

/// True if `source` was one of the shards, which is then forgotten.
bool forget_crashed(Host self, const caf::exit_msg& exit) {
  auto& state = self->state;
  const auto found = std::ranges::find_if(state.games, [&](const auto& entry) {
    return entry.second.shard.address() == exit.source;
  });
  if (found == state.games.end()) {
    return false;
  }
  ++state.crashed;
  spdlog::error("shard_host.shard_down game={} reason={}", to_hex(found->first),
                caf::to_string(exit.reason));
  unsubscribe(self, found->second);
  state.games.erase(found);
  return true;
}

HeldGames held(const ShardHostState& state) {
  HeldGames result;
  for (const auto& [id, game] : state.games) {
    result.games.push_back({.game = id, .epoch = game.epoch, .lease_until = game.lease_until});
  }
  return result;
}

/// A later assignment than the one that is to end stands.
caf::result<HeldGames> release(Host self, const ReleaseGame& wanted) {
  const auto game = self->state.games.find(wanted.game);
  if (game == self->state.games.end() || game->second.epoch > wanted.epoch) {
    return held(self->state);
  }
  const auto promise = self->make_response_promise<HeldGames>();
  stop_shard(self, wanted.game, "moves", [self, promise] {
    auto answer = promise;
    answer.deliver(held(self->state));
  });
  return promise;
}

/// The sum of all shards that answer in time, given to `promise`.
struct MetricsRound {
  Metrics sum;
  std::size_t missing = 0;
  caf::typed_response_promise<Metrics> promise;

  void add(const Metrics* part) {
    if (part != nullptr) {
      add_metrics(sum, *part);
    }
    if (--missing == 0) {
      promise.deliver(sum);
    }
  }
};

caf::result<Metrics> collect_metrics(Host self) {
  const auto& state = self->state;
  auto round = std::make_shared<MetricsRound>();
  round->sum = state.retired;
  round->sum.source = ShardHostState::name;
  round->sum.values["games"] = static_cast<std::int64_t>(state.games.size());
  round->sum.values["shards_started"] = state.started;
  round->sum.values["shards_crashed"] = state.crashed;
  round->sum.values["assignments_old_epoch"] = state.old_epochs;
  if (state.games.empty()) {
    return round->sum;
  }
  round->missing = state.games.size();
  round->promise = self->make_response_promise<Metrics>();
  for (const auto& [id, game] : state.games) {
    self->request(game.shard, metrics_timeout, caf::get_atom_v)
      .then([round](const Metrics& metrics) { round->add(&metrics); },
            [round](const caf::error&) { round->add(nullptr); });
  }
  return round->promise;
}

} // namespace

void add_metrics(Metrics& sum, const Metrics& part) {
  for (const auto& [name, value] : part.values) {
    const auto [entry, is_new] = sum.values.emplace(name, value);
    if (!is_new) {
      entry->second =
        name.starts_with("best_") ? std::max(entry->second, value) : entry->second + value;
    }
  }
}

LeasingHostActor::behavior_type
shard_host(Host self, ShardHostConfig config, ShardHostWiring wiring) {
  self->state.config = config;
  self->state.wiring = std::move(wiring);
  self->set_exit_handler([self](caf::exit_msg& exit) {
    if (!forget_crashed(self, exit)) {
      self->quit(exit.reason);
    }
  });
  return {
    [self](const GameAssignment& assignment) { assign(self, assignment); },
    [self](const GameUpdate& update) {
      self->state.updates.insert_or_assign(update.game.id, update);
      if (const auto game = self->state.games.find(update.game.id);
          game != self->state.games.end()) {
        self->send(game->second.shard, update);
      }
    },
    [self](const GameEnded& ended) {
      self->state.updates.erase(ended.game.id);
      stop_shard(self, ended.game.id, "game_ended");
    },
    [self](const Tick& tick) {
      for (const auto& [id, game] : self->state.games) {
        self->send(game.shard, tick);
      }
      stop_expired(self, tick.now);
    },
    [self](HeldAtom) { return held(self->state); },
    [self](const ReleaseGame& wanted) { return release(self, wanted); },
    [self](caf::get_atom) { return collect_metrics(self); },
  };
}

} // namespace arbees
