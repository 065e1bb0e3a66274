#include <spdlog/spdlog.h>

#include "actors/messages/topics.hpp"
#include "actors/monitor/book_mirror_actor.hpp"
#include "actors/monitor/kalshi_monitor_actor.hpp"
#include "actors/monitor/polymarket_monitor_actor.hpp"
#include "actors/orchestrator/orchestrator_actor.hpp"
#include "app/wirer.hpp"
#include "bridges/cluster/leadership_actor.hpp"
#include "bridges/cluster/orchestrator_link_actor.hpp"
#include "bridges/espn/scoreboard_poller.hpp"
#include "bridges/kalshi/kalshi_catalogue_poller.hpp"
#include "bridges/kalshi/kalshi_feed.hpp"
#include "bridges/polymarket/gamma_catalogue_poller.hpp"
#include "bridges/polymarket/polymarket_feed.hpp"
#include "bridges/redis/redis_leader_lock.hpp"
#include "bridges/store/leader_lock.hpp"

// Market data, games, and the shards that look for arbitrage in them.

namespace arbees {

/// What is published and kept of the books minute by minute, where the books are.
void Wirer::start_candles() {
  if (events_.empty() || !(has(Role::kalshi_monitor) || has(Role::polymarket_monitor))) {
    return;
  }
  candles_ = keep(parts_.system.spawn(candles, CandleMakerConfig{},
                                      std::vector<CandleSink>{events_.begin(), events_.end()}));
  time_.push_back(candles_);
}

caf::error Wirer::start_monitors() {
  start_candles();
  if (has(Role::kalshi_monitor)) {
    const auto monitor = keep(parts_.system.spawn(kalshi_monitor, config_.monitor));
    auto feed = spawn_kalshi_feed(parts_.system, parts_.network, parts_.clock,
                                  {.ws_url = config_.kalshi.websocket_url,
                                   .key_id = config_.kalshi.key_id,
                                   .key_file = config_.kalshi.key_file.string()},
                                  monitor);
    if (!feed) {
      return feed.error();
    }
    connect(Venue::kalshi, monitor, *feed);
  }
  if (has(Role::polymarket_monitor)) {
    const auto monitor = keep(parts_.system.spawn(polymarket_monitor, config_.monitor));
    auto feed = spawn_polymarket_feed(parts_.system, parts_.network, parts_.clock,
                                      {.ws_url = config_.polymarket.websocket_url,
                                       .rest_url = config_.polymarket.clob_url},
                                      monitor);
    if (!feed) {
      return feed.error();
    }
    connect(Venue::polymarket, monitor, *feed);
  }
  for (const auto venue : {Venue::kalshi, Venue::polymarket}) {
    const auto role = venue == Venue::kalshi ? Role::kalshi_monitor : Role::polymarket_monitor;
    const auto wanted = has(Role::game_shard) || wiring_.executor || processor_ || wiring_.tracker;
    if (!has(role) && wanted) {
      start_mirror(venue);
    }
  }
  return {};
}

/// The venue's books as they come from the bus.
void Wirer::start_mirror(Venue venue) {
  const auto mirror = keep(parts_.system.spawn(book_mirror, BookMirrorConfig{.venue = venue}));
  time_.push_back(mirror);
  if (has(Role::game_shard) || wiring_.executor || wiring_.tracker) {
    hear<BookUpdate>(venue == Venue::kalshi ? "orderbook.kalshi." : "orderbook.poly.", mirror);
  }
  hear<FeedStatus>(topic::feed_status(venue), mirror);
  follow_books(venue, mirror);
}

/// A monitor, its socket, and all who follow its books.
void Wirer::connect(Venue venue, const MonitorActor& monitor, const FeedActor& feed) {
  // The monitor ends first: it would report an outage when its socket goes.
  started_.insert(started_.end() - 1, caf::actor_cast<caf::actor>(feed));
  time_.push_back(monitor);
  monitors_.emplace_back(venue, monitor);
  follow_books(venue, monitor);
  for (const auto& events : events_) {
    caf::anon_send(monitor, caf::subscribe_atom_v, caf::actor_cast<FeedSink>(events));
  }
  if (repeater_) {
    caf::anon_send(monitor, caf::subscribe_atom_v, caf::actor_cast<FeedSink>(repeater_));
  }
  if (candles_) {
    caf::anon_send(monitor, caf::subscribe_atom_v, BookInterest{},
                   caf::actor_cast<BookSink>(candles_));
  }
  caf::anon_send(monitor, caf::put_atom_v, feed);
}

caf::error Wirer::start_games() {
  if (has(Role::game_shard)) {
    start_shards();
  }
  if (has(Role::orchestrator)) {
    return start_orchestrator();
  }
  hear_games();
  return seeks_orchestrator(roles_) ? start_orchestrator_link() : caf::error{};
}

caf::error Wirer::start_orchestrator() {
  const auto hosts = expects_hosts(roles_, config_.control.accept_hosts);
  OrchestratorConfig config;
  if (hosts) {
    config.lease = {.length = config_.control.lease,
                    .may_follow_another = true,
                    .rebalance = config_.control.rebalance};
    config.needs_lock = config_.control.lock != "none";
  }
  // A thread of its own: proving matches takes longer than the hot path may wait.
  games_ = keep(parts_.system.spawn<caf::detached>(orchestrator, config, tables_));
  const auto& games = games_;
  time_.push_back(games);
  if (config.needs_lock) {
    if (auto failed = start_leadership(games)) {
      return failed;
    }
  }
  // The publisher learns the names of a game before anyone speaks of its markets.
  for (const auto& events : events_) {
    caf::anon_send(games, caf::subscribe_atom_v, caf::actor_cast<GameSink>(events));
  }
  caf::anon_send(games, caf::subscribe_atom_v, caf::actor_cast<GameSink>(recorder_));
  if (repeater_) {
    caf::anon_send(games, caf::subscribe_atom_v, caf::actor_cast<GameSink>(repeater_));
  }
  if (wiring_.tracker) {
    caf::anon_send(games, caf::subscribe_atom_v, caf::actor_cast<GameSink>(wiring_.tracker));
  }
  if (gate_) {
    caf::anon_send(games, caf::subscribe_atom_v, caf::actor_cast<GameSink>(gate_));
  }
  const auto relay =
    stopping(parts_.system.spawn(game_relay, GameRelayTargets{.matches = matches_, .ends = ends_}));
  caf::anon_send(games, caf::subscribe_atom_v, relay);
  for (const auto& [venue, monitor] : monitors_) {
    caf::anon_send(games, caf::subscribe_atom_v, VenueInterest{.venue = venue},
                   caf::actor_cast<WatchSink>(monitor));
  }
  if (wiring_.shards) {
    caf::anon_send(games, caf::subscribe_atom_v, wiring_.shards);
  }
  if (auto failed = start_discovery()) {
    return failed;
  }
  if (auto failed = hosts ? publish_actor(games, config_.control.orchestrator) : caf::error{}) {
    return failed;
  }
  return start_pollers(games);
}

caf::error Wirer::start_leadership(const ClusterOrchestratorActor& games) {
  LeadershipConfig config{.clock = clock(), .orchestrator = games};
  if (config_.control.lock == "redis") {
    // The check of the configuration has read it before.
    config.hold = leader_lock_in(
      {.address = *parse_redis_url(config_.redis.url), .owner = config_.node + " " + run_});
  } else {
    const auto place = ledger_config(config_, DatabaseAccess::write);
    if (auto failed = place.url.empty() ? make_folder_of(place.path) : caf::error{}) {
      return failed;
    }
    config.hold = leader_lock_beside(place);
  }
  time_.push_back(keep(parts_.system.spawn<caf::detached>(leadership, std::move(config))));
  return {};
}

/// Games and matches of an orchestrator elsewhere. It repeats them: what is known already is not
/// passed on.
void Wirer::hear_games() {
  GameRelayTargets targets{.matches = matches_, .ends = ends_};
  for (const auto& events : events_) {
    targets.games.push_back(caf::actor_cast<GameSink>(events));
  }
  if (wiring_.tracker) {
    targets.games.push_back(caf::actor_cast<GameSink>(wiring_.tracker));
  }
  if (gate_) {
    targets.games.push_back(caf::actor_cast<GameSink>(gate_));
  }
  if (targets.games.empty() && targets.matches.empty() && targets.ends.empty()) {
    return;
  }
  targets.games.push_back(caf::actor_cast<GameSink>(recorder_));
  const auto relay = stopping(parts_.system.spawn(game_relay, std::move(targets)));
  hear<GameDiscovered>("games.discovered.", relay);
  hear<GameEnded>("games.ended.", relay);
  hear<MatchedGame>("markets.matched.", relay);
  if (wiring_.tracker || history_) {
    hear<GameUpdate>("games.", relay);
    hear<MatchRejected>("markets.rejected.", relay);
  }
}

caf::error Wirer::start_orchestrator_link() {
  OrchestratorLinkConfig config{.node = config_.node,
                                .incarnation = fnv1a(run_),
                                .capacity = config_.control.capacity,
                                .leagues = config_.control.leagues,
                                .clock = clock(),
                                .host = host_};
  const auto places = parse_host_ports(config_.control.orchestrator);
  for (const auto& [host, port] : *places) { // the check of the configuration has read it before
    config.orchestrators.push_back({.name = "orchestrator", .host = host, .port = port});
  }
  for (const auto& [venue, monitor] : monitors_) {
    config.monitors.emplace_back(venue, caf::actor_cast<WatchSink>(monitor));
  }
  for (const auto& [venue, feed] : feeds_) {
    config.venues.push_back(venue);
  }
  const auto link = keep(parts_.system.spawn(orchestrator_link, std::move(config)));
  time_.push_back(link);
  for (const auto& [venue, feed] : feeds_) {
    caf::anon_send(feed, caf::subscribe_atom_v, caf::actor_cast<FeedStatusSink>(link));
  }
  return {};
}

void Wirer::start_shards() {
  ShardHostWiring shards;
  shards.books = books_;
  if (processor_) {
    shards.signals.push_back(processor_);
  }
  for (const auto& events : events_) {
    shards.signals.push_back(events);
  }
  if (gate_) {
    shards.signals.push_back(gate_);
  }
  shards.signals.push_back(recorder_);
  host_ = keep(
    parts_.system.spawn(shard_host, ShardHostConfig{.shard = config_.shard}, std::move(shards)));
  wiring_.shards = host_;
  time_.push_back(wiring_.shards);
}

caf::error Wirer::start_pollers(const ListingSink& games) {
  ScoreboardPollerConfig scores{.base_url = config_.espn.url};
  KalshiCataloguePollerConfig kalshi{.base_url = config_.kalshi.rest_url,
                                     .interval = config_.kalshi.catalogue_interval};
  GammaCataloguePollerConfig gamma{.base_url = config_.polymarket.gamma_url,
                                   .clob_url = config_.polymarket.clob_url,
                                   .interval = config_.polymarket.catalogue_interval};
  for (const auto& [league, table] : tables_) {
    const auto& rules = table.rules;
    scores.leagues.push_back({league, rules.espn_path, rules.espn_params, espn_clock(rules.clock)});
    kalshi.leagues.push_back(
      {league,
       {rules.kalshi_series(MarketKind::winner), rules.kalshi_series(MarketKind::spread),
        rules.kalshi_series(MarketKind::total)}});
    if (!rules.polymarket_prefix.empty()) {
      gamma.leagues.push_back({league, rules.polymarket_prefix});
    }
  }
  for (auto failed :
       {poll<ScoreboardPoller>(scores, games), poll<KalshiCataloguePoller>(kalshi, games),
        poll<GammaCataloguePoller>(gamma, games)}) {
    if (failed) {
      return failed;
    }
  }
  return {};
}

} // namespace arbees
