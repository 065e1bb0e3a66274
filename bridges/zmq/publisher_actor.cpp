#include "bridges/zmq/publisher_actor.hpp"

#include <spdlog/spdlog.h>

#include <bit>

#include "actors/messages/topics.hpp"
#include "bridges/envelope/payload_codec.hpp"

namespace arbees {

namespace {

PublishRole monitor_of(Venue venue) {
  return venue == Venue::kalshi ? PublishRole::kalshi_monitor : PublishRole::polymarket_monitor;
}

/// Publishes an event whose payload needs no names.
template <class Event>
void publish(PublisherState& state, PublishRole role, std::string_view topic, const Event& event) {
  state.publisher->publish(role, topic, [&](std::string& out) { encode_payload(out, event); });
}

/// Publishes an event whose payload names markets and games.
template <class Event>
void publish_named(PublisherState& state, PublishRole role, std::string_view topic,
                   const Event& event, std::optional<Timestamp> until = std::nullopt) {
  state.publisher->publish(
    role, topic, [&](std::string& out) { encode_payload(out, event, state.directory); }, until);
}

/// Late readers need not hear of what is over.
void forget(PublisherState& state, const MarketListing& listing) {
  state.publisher->forget(listing.prices_topic);
  state.publisher->forget(listing.orderbook_topic);
}

void forget(PublisherState& state, const GameInfo& game) {
  state.publisher->forget(topic::game_discovered(game));
  state.publisher->forget(topic::game(game));
  state.publisher->forget(topic::market_matched(game));
  for (const auto& market : state.directory.markets_of(game.id)) {
    if (const auto* const listing = state.directory.find(market)) {
      forget(state, *listing);
    }
  }
}

void publish_book(PublisherState& state, const BookUpdate& update) {
  const auto* const listing = state.directory.find(update.market);
  if (listing == nullptr) {
    if (std::has_single_bit(++state.unknown_market)) {
      spdlog::debug("publisher.unknown_market market={} total={}", to_hex(update.market),
                    state.unknown_market);
    }
    return;
  }
  const auto role = monitor_of(update.venue);
  state.publisher->publish(role, listing->prices_topic,
                           [&](std::string& out) { encode_prices(out, update, *listing); });
  if (state.publisher->config().publish_orderbooks) {
    state.publisher->publish(role, listing->orderbook_topic,
                             [&](std::string& out) { encode_orderbook(out, update, *listing); });
  }
  if (update.status == BookStatus::closed || state.directory.is_over(listing->game)) {
    forget(state, *listing);
  }
}

/// News of a game, and what a late reader hears of it.
template <class Event>
void publish_game(PublisherState& state, const std::string& topic, const Event& event) {
  state.directory.add(event.game);
  publish(state, PublishRole::orchestrator, topic, event);
  if (state.directory.is_over(event.game.id)) {
    state.publisher->forget(topic);
  }
}

void publish_match(PublisherState& state, const MatchedGame& match) {
  state.directory.add(match);
  publish(state, PublishRole::orchestrator, topic::market_matched(match.game), match);
  if (state.directory.is_over(match.game.id)) {
    state.publisher->forget(topic::market_matched(match.game));
  }
}

void publish_end(PublisherState& state, const GameEnded& event) {
  publish(state, PublishRole::orchestrator, topic::game_ended(event.game), event);
  state.directory.ended(event.game.id);
  forget(state, event.game);
}

void publish_position(PublisherState& state, const PositionUpdate& position) {
  const auto topic = topic::position(position.id);
  publish_named(state, PublishRole::position_tracker, topic, position);
  if (position.state == PositionState::settled || position.state == PositionState::closed) {
    state.publisher->forget(topic);
  }
}

/// A market that no match names has no topic; its books were counted as unknown already.
void publish_candle(PublisherState& state, const Candle& candle) {
  if (const auto* const listing = state.directory.find(candle.market)) {
    state.publisher->publish(PublishRole::telemetry, topic::candle(listing->ref),
                             [&](std::string& out) { encode_payload(out, candle, *listing); });
  }
}

void publish_signal(PublisherState& state, const Signal& signal) {
  publish_named(state, PublishRole::game_shard, topic::signal(signal), signal, signal.expires_at);
  if (signal.edge_per_contract >= state.publisher->config().high_edge) {
    publish_named(state, PublishRole::game_shard, topic::signal_high_edge(signal), signal,
                  signal.expires_at);
  }
}

Metrics metrics_of(const PublisherState& state) {
  Metrics metrics{.source = PublisherState::name};
  auto& values = metrics.values;
  for (std::size_t i = 0; i < publish_role_count; ++i) {
    const auto role = static_cast<PublishRole>(i);
    const auto& counters = state.publisher->counters(role);
    const auto put = [&](std::string_view name, std::uint64_t value) {
      values[fmt::format("{}:{}", name, to_string(role))] = static_cast<std::int64_t>(value);
    };
    if (state.publisher->publishes(role)) {
      put("sent", counters.sent);
      put("overflows", counters.overflows);
      put("failed", counters.failed);
    } else if (counters.no_socket > 0) {
      put("no_socket", counters.no_socket);
    }
  }
  if (const auto* const snapshots = state.publisher->snapshot_counters()) {
    values["snapshot_topics"] = static_cast<std::int64_t>(state.publisher->kept().entries().size());
    values["snapshot_bytes"] = static_cast<std::int64_t>(state.publisher->kept().bytes());
    values["snapshot_not_kept"] = static_cast<std::int64_t>(state.publisher->kept().refused());
    values["snapshots"] = static_cast<std::int64_t>(snapshots->answered);
    values["snapshots_unsent"] = static_cast<std::int64_t>(snapshots->unsent);
    for (const auto& [reason, total] : snapshots->refused) {
      values["snapshots_refused:" + reason] = static_cast<std::int64_t>(total);
    }
  }
  if (const auto& rail = state.publisher->config().second_rail) {
    rail->report(values);
  }
  if (state.publisher->config().door) {
    const auto door = state.publisher->config().door->counters();
    values["door_connections"] = static_cast<std::int64_t>(door.connections);
    values["door_allowed"] = static_cast<std::int64_t>(door.allowed);
    for (const auto& [reason, total] : door.denied) {
      values["door_denied:" + reason] = static_cast<std::int64_t>(total);
    }
  }
  values["unknown_market"] = static_cast<std::int64_t>(state.unknown_market);
  values["markets"] = static_cast<std::int64_t>(state.directory.size());
  return metrics;
}

void publish_health(PublisherState& state, Timestamp now) {
  const auto& config = state.publisher->config();
  if (state.started_at == Timestamp{}) {
    state.started_at = now;
  } else if (now < state.health_at + config.health_interval) {
    return;
  }
  state.health_at = now;
  publish(state, PublishRole::telemetry, topic::health(config.node),
          NodeHealth{.node = config.node,
                     .run = config.run,
                     .started_at = state.started_at,
                     .at = now,
                     .counters = metrics_of(state).values});
}

} // namespace

PublisherActor::behavior_type
publisher_actor(PublisherActor::stateful_pointer<PublisherState> self, Publisher publisher) {
  self->state.publisher.emplace(std::move(publisher));
  return {
    [self](const Tick& tick) {
      publish_health(self->state, tick.now);
      self->state.publisher->answer_late_readers();
    },
    [self](const Metrics& metrics) {
      publish(self->state, PublishRole::telemetry, topic::metrics, metrics);
    },
    [self](const BookUpdate& update) { publish_book(self->state, update); },
    [self](const Candle& candle) { publish_candle(self->state, candle); },
    [self](const FeedStatus& status) {
      publish(self->state, PublishRole::telemetry, topic::feed_status(status.venue), status);
    },
    [self](const GameDiscovered& event) {
      publish_game(self->state, topic::game_discovered(event.game), event);
    },
    [self](const GameUpdate& event) { publish_game(self->state, topic::game(event.game), event); },
    [self](const GameEnded& event) { publish_end(self->state, event); },
    [self](const MatchedGame& match) { publish_match(self->state, match); },
    [self](const MatchRejected& rejected) {
      publish(self->state, PublishRole::orchestrator, topic::market_rejected(rejected), rejected);
    },
    [self](const Signal& signal) { publish_signal(self->state, signal); },
    [self](const ExecutionRequest& request) {
      publish_named(self->state, PublishRole::signal_processor,
                    topic::execution_request(request.pair), request);
    },
    [self](const SignalRejected& rejected) {
      publish_named(self->state, PublishRole::signal_processor,
                    topic::execution_rejected(rejected.signal.id), rejected);
    },
    [self](const OrderReport& report) {
      publish_named(self->state, PublishRole::executor, topic::trade(report), report);
    },
    [self](const Fill& fill) {
      publish_named(self->state, PublishRole::executor, topic::fill(fill.pair), fill);
    },
    [self](const PairClosed& pair) {
      publish_named(self->state, PublishRole::executor, topic::pair_completed(pair.pair), pair);
    },
    [self](const ExitRequest& request) {
      publish_named(self->state, PublishRole::signal_processor,
                    topic::exit_request(request.exit.position), request);
    },
    [self](const ExitRejected& rejected) {
      publish_named(self->state, PublishRole::signal_processor,
                    topic::exit_rejected(rejected.exit.position), rejected);
    },
    [self](const ExitEnded& ended) {
      publish(self->state, PublishRole::executor, topic::exit_ended(ended.position), ended);
    },
    [self](const PositionUpdate& position) { publish_position(self->state, position); },
    [self](const PositionsSnapshot& snapshot) {
      publish_named(self->state, PublishRole::telemetry, topic::positions, snapshot);
    },
    [self](const ExitSignal& exit) {
      publish_named(self->state, PublishRole::position_tracker, topic::exit_signal(exit.position),
                    exit);
    },
    [self](const BalanceUpdate& balance) {
      publish(self->state, PublishRole::executor, topic::balance(balance.venue), balance);
    },
    [self](const VenueStatus& status) {
      publish(self->state, PublishRole::executor, topic::venue_status(status.venue), status);
    },
    [self](const Settlement& settlement) {
      publish(self->state, PublishRole::executor, topic::settlement(settlement), settlement);
    },
    [self](const Reconciliation& reconciliation) {
      publish(self->state, PublishRole::executor, topic::reconciliation(reconciliation.venue),
              reconciliation);
    },
    [self](const TradingControl& control) {
      publish(self->state, PublishRole::executor, topic::trading, control);
    },
    [self](caf::get_atom) { return metrics_of(self->state); },
  };
}

} // namespace arbees
