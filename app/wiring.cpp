#include "app/wiring.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <set>

#include "actors/candles/candles_actor.hpp"
#include "actors/executor/executor_actor.hpp"
#include "actors/executor/paper_venue_actor.hpp"
#include "actors/game_shard/shard_host_actor.hpp"
#include "actors/messages/topics.hpp"
#include "actors/monitor/kalshi_monitor_actor.hpp"
#include "actors/monitor/polymarket_monitor_actor.hpp"
#include "actors/observer/observer_actor.hpp"
#include "actors/orchestrator/orchestrator_actor.hpp"
#include "actors/position_tracker/position_tracker_actor.hpp"
#include "actors/reconciler/reconciler_actor.hpp"
#include "actors/signal_processor/signal_processor_actor.hpp"
#include "app/observer_outputs.hpp"
#include "app/relays.hpp"
#include "app/tables.hpp"
#include "bridges/espn/scoreboard_poller.hpp"
#include "bridges/kalshi/kalshi_catalogue_poller.hpp"
#include "bridges/kalshi/kalshi_feed.hpp"
#include "bridges/kalshi/kalshi_gateway.hpp"
#include "bridges/kalshi/kalshi_signer.hpp"
#include "bridges/net/ticker.hpp"
#include "bridges/polymarket/gamma_catalogue_poller.hpp"
#include "bridges/polymarket/polymarket_feed.hpp"
#include "bridges/polymarket/polymarket_gateway.hpp"
#include "bridges/redis/redis_kill_switch.hpp"
#include "bridges/store/history_actor.hpp"
#include "bridges/store/history_server.hpp"
#include "bridges/store/ledger_actor.hpp"
#include "bridges/zmq/publisher_actor.hpp"
#include "bridges/zmq/subscriber_actor.hpp"

namespace arbees {

void Wiring::stop_new_pairs() {
  if (shards) {
    caf::anon_send_exit(shards, caf::exit_reason::user_shutdown);
    std::erase(metrics_sources, MetricsSource{shards});
    shards = nullptr;
  }
  if (tracker) {
    caf::anon_send_exit(tracker, caf::exit_reason::user_shutdown); // nor an exit
    std::erase(metrics_sources, MetricsSource{tracker});
    tracker = nullptr;
  }
}

void Wiring::forget_actors() {
  stop_order.clear();
  metrics_sources.clear();
  executor = nullptr;
  shards = nullptr;
  tracker = nullptr;
}

namespace {

/// Whoever has a port of its own on the bus.
constexpr std::array publishers{
  std::pair{Role::kalshi_monitor, PublishRole::kalshi_monitor},
  std::pair{Role::polymarket_monitor, PublishRole::polymarket_monitor},
  std::pair{Role::orchestrator, PublishRole::orchestrator},
  std::pair{Role::game_shard, PublishRole::game_shard},
  std::pair{Role::signal_processor, PublishRole::signal_processor},
  std::pair{Role::executor, PublishRole::executor},
  std::pair{Role::position_tracker, PublishRole::position_tracker},
};

/// Spawns and connects, role by role, consumers before producers. Each step is one member function
/// that may fail; `wiring` holds what was started by then.
class Wirer {
public:
  Wirer(const Config& config, const Roles& roles, const Parts& parts, Wiring& wiring)
    : config_{config}, roles_{roles}, parts_{parts}, wiring_{wiring} {}

  caf::error run() {
    auto failed = start();
    // Consumers were started first, so they stop last; also what was started before a failure.
    wiring_.stop_order.assign(started_.rbegin(), started_.rend());
    return failed;
  }

private:
  caf::error start() {
    // Files, ports and keys first: what a person must mend is said before anything starts.
    for (const auto step :
         {&Wirer::read_tables, &Wirer::check_keys, &Wirer::open_bus, &Wirer::open_ledger,
          &Wirer::open_history, &Wirer::start_observer, &Wirer::start_money,
          &Wirer::start_redis_kill_switch, &Wirer::start_monitors, &Wirer::start_games}) {
      if (auto failed = (this->*step)()) {
        return failed;
      }
    }
    start_time();
    return {};
  }

  bool has(Role role) const { return roles_.contains(role); }

  std::function<Timestamp()> clock() const {
    return [&source = parts_.clock] { return source.now(); };
  }

  /// Takes note of an actor that answers with counters, hears the time, and is stopped in turn.
  template <class Handle>
  Handle keep(Handle actor) {
    wiring_.metrics_sources.push_back(actor);
    return stopping(std::move(actor));
  }

  template <class Handle>
  Handle stopping(Handle actor) {
    started_.push_back(caf::actor_cast<caf::actor>(actor));
    return actor;
  }

  caf::error read_tables() {
    auto tables = load_league_tables(config_.tables, config_.leagues);
    if (!tables) {
      return tables.error();
    }
    tables_ = std::move(*tables);
    auto rules = load_settlement_rules(config_.tables);
    if (!rules) {
      return rules.error();
    }
    settlement_rules_ = std::move(*rules);
    return {};
  }

  /// The feed reads the key again; here it is only said in time that it cannot.
  caf::error check_keys() {
    const auto& account = config_.kalshi;
    if (!has(Role::kalshi_monitor) || (account.key_id.empty() && account.key_file.empty())) {
      return {};
    }
    auto signer = KalshiSigner::load(account.key_id, account.key_file.string());
    return signer ? caf::error{} : std::move(signer.error());
  }

  caf::error open_bus() {
    if (!config_.zmq.enabled) {
      return {};
    }
    std::vector<PublishRole> publishing;
    for (const auto& [role, publisher] : publishers) {
      if (has(role)) {
        publishing.push_back(publisher);
      }
    }
    if (publishing.empty()) {
      return {};
    }
    publishing.push_back(PublishRole::telemetry);
    PublisherConfig bus{.node = config_.node,
                        .run = new_run_id(),
                        .codec = config_.zmq.codec == "msgpack" ? Codec::msgpack : Codec::json,
                        .publish_orderbooks = config_.zmq.publish_orderbooks,
                        .clock = clock()};
    for (const auto role : publishing) {
      bus.endpoints[role] =
        tcp_endpoint(config_.zmq.bind_address, config_.zmq.ports[static_cast<std::size_t>(role)]);
      endpoints_.push_back(bus.endpoints[role]);
    }
    auto publisher = Publisher::open(parts_.context, std::move(bus));
    if (!publisher) {
      return publisher.error();
    }
    publisher_ = keep(parts_.system.spawn<caf::detached>(publisher_actor, std::move(*publisher)));
    time_.push_back(publisher_);
    events_.push_back(publisher_);
    return {};
  }

  caf::error open_ledger() {
    if (!has(Role::executor)) {
      return {};
    }
    const auto place = ledger_config(config_, DatabaseAccess::write);
    if (auto failed = place.url.empty() ? make_folder_of(place.path) : caf::error{}) {
      return failed;
    }
    auto ledger = Ledger::open(place);
    if (!ledger) {
      return ledger.error();
    }
    if (auto failed = read_ledger(*ledger)) {
      return failed;
    }
    ledger_ = keep(spawn_ledger(parts_.system, std::move(*ledger), clock()));
    time_.push_back(ledger_);
    return {};
  }

  /// A paper account goes on with the money that it had.
  caf::error read_ledger(Ledger& ledger) {
    const auto balances = ledger.balances();
    auto open = ledger.open_pairs();
    auto trading = ledger.trading_control();
    if (!balances || !open || !trading) {
      return !balances ? balances.error() : !open ? open.error() : trading.error();
    }
    for (const auto& [venue, balance] : *balances) {
      paper_[static_cast<std::size_t>(venue)].balance = balance.available;
    }
    if (!open->empty()) {
      spdlog::warn(
        "wiring.pairs_were_open count={}: an earlier run did not end them, this one does",
        open->size());
    }
    if (*trading && (*trading)->state != TradingState::active) {
      spdlog::warn("wiring.trading_{} by={} reason=\"{}\": no pair is opened until arbees resume",
                   to_string((*trading)->state), (*trading)->by, (*trading)->reason);
    }
    start_ = {.open_pairs = std::move(*open),
              .trading = trading->value_or(TradingControl{}),
              .now = parts_.clock.now()};
    return read_past(ledger);
  }

  /// What earlier runs did today and still hold. Paper is never paid for what it holds, so that its
  /// pairs only count for as long as their games may last.
  caf::error read_past(Ledger& ledger) {
    const auto patience = is_live() ? std::chrono::days{60} : std::chrono::days{1};
    auto kept =
      ledger.kept_pairs(std::chrono::floor<std::chrono::days>(start_.now), start_.now - patience);
    auto settlements = ledger.settlements();
    if (!kept || !settlements) {
      return !kept ? kept.error() : settlements.error();
    }
    std::set<MarketId> markets;
    for (const auto& pair : *kept) {
      for (const auto& leg : pair.pair.request.signal.legs) {
        markets.insert(leg.market);
      }
      if (pair.closed) {
        start_.held_pairs.push_back(pair);
      }
    }
    for (auto& record : *settlements) {
      if (markets.contains(record.settlement.market)) {
        paid_.push_back(std::move(record.settlement));
      }
    }
    kept_ = std::move(*kept);
    return {};
  }

  /// Before the first signal, book or trade: who decides on money must know what there is of it.
  template <class Actor>
  void tell_past(const Actor& actor) {
    caf::anon_send(actor, Tick{start_now_});
    if (trading_.at != Timestamp{}) {
      caf::anon_send(actor, trading_);
    }
    for (const auto& pair : kept_) {
      caf::anon_send(actor, pair);
    }
    for (const auto& settlement : paid_) {
      caf::anon_send(actor, settlement);
    }
  }

  caf::error open_history() {
    const auto& files = config_.files;
    if (!has(Role::history) || (files.history.empty() && files.history_url.empty())) {
      return {};
    }
    if (auto failed = files.history_url.empty() ? make_folder_of(files.history) : caf::error{}) {
      return failed;
    }
    const auto readers = std::make_shared<HistoryReaders>();
    events_.push_back(keep(spawn_history(
      parts_.system,
      {.path = files.history, .url = files.history_url, .retention = retention_of(config_)},
      readers)));
    if (files.history_url.empty()) {
      let_others_ask(readers);
    }
    return {};
  }

  /// The file is this process' alone; a PostgreSQL server answers by itself.
  void let_others_ask(const std::shared_ptr<HistoryReaders>& readers) {
    auto server = HistoryServer::open(history_socket(config_.files.history), readers);
    if (server) {
      wiring_.sources.emplace_back(std::move(*server));
    } else {
      spdlog::warn("wiring.history_not_asked error=\"{}\": arbees query must wait for the end",
                   describe(server.error()));
    }
  }

  caf::error start_observer() {
    auto endpoints = config_.zmq.subscribe.empty() ? endpoints_ : config_.zmq.subscribe;
    if (endpoints.empty() && config_.zmq.enabled) {
      endpoints = default_endpoints();
    }
    if (!has(Role::observer) || endpoints.empty() || config_.observer.mode == "disabled") {
      return {};
    }
    auto outputs = open_observer_outputs(config_, parts_);
    if (!outputs) {
      return outputs.error();
    }
    for (const auto& output : *outputs) {
      // The observer counts lines itself; of Redis there is more to tell.
      output.name == "redis" ? keep(output.actor) : stopping(output.actor);
    }
    auto page = open_metrics_page(config_, parts_);
    if (!page) {
      return page.error();
    }
    if (page->actor) {
      outputs->push_back({.name = "prometheus",
                          .actor = stopping(page->actor),
                          .level = ObserverLevel::verbose,
                          .topics = {std::string{topic::metrics}}});
      wiring_.sources.emplace_back(std::move(page->server));
      page_ = page->actor;
    }
    auto subscriber =
      Subscriber::open(parts_.context, {.endpoints = std::move(endpoints), .clock = clock()});
    if (!subscriber) {
      return subscriber.error();
    }
    const auto watcher =
      keep(parts_.system.spawn<caf::detached>(observer, ObserverConfig{}, std::move(*outputs)));
    time_.push_back(watcher);
    keep(parts_.system.spawn<caf::detached>(subscriber_actor, std::move(*subscriber),
                                            std::vector<WireSink>{watcher}));
    return {};
  }

  /// One more way to stop trading; whether Redis is there matters to nothing else.
  caf::error start_redis_kill_switch() {
    if (config_.redis.url.empty() || !config_.redis.kill_switch || !wiring_.executor) {
      return {};
    }
    auto address = parse_redis_url(config_.redis.url);
    if (!address) {
      return address.error();
    }
    wiring_.sources.emplace_back(std::make_shared<RedisKillSwitch>(
      RedisListenerConfig{.address = std::move(*address)}, clock(),
      [executor = wiring_.executor](TradingControl control) {
        caf::anon_send(executor, std::move(control));
      }));
    return {};
  }

  caf::error start_money() {
    recorder_ = stopping(parts_.system.spawn<caf::detached>(run_recorder, wiring_.record));
    if (has(Role::executor)) {
      auto gateways = is_live() ? open_venues() : open_paper();
      if (!gateways) {
        return gateways.error();
      }
      start_now_ = start_.now;
      trading_ = start_.trading;
      auto rules = config_.executor;
      rules.require_reconciled = rules.require_reconciled || is_live();
      wiring_.executor =
        keep(parts_.system.spawn(executor, rules, ledger_, *gateways, std::move(start_)));
      if (is_live()) {
        start_reconciler();
      }
      matches_.push_back(wiring_.executor);
      time_.push_back(wiring_.executor);
      for (const auto& events : events_) {
        subscribe_trades(events);
      }
      subscribe_trades(recorder_);
    }
    if (has(Role::signal_processor)) {
      start_signal_processor();
    }
    if (has(Role::position_tracker)) {
      start_position_tracker();
    }
    return {};
  }

  /// A thread of its own: marks must not hold up the hot path.
  void start_position_tracker() {
    auto rules = config_.positions;
    rules.hurdle_percent = config_.risk.hurdle_percent;
    std::vector<ExitSignalSink> judges;
    if (processor_) {
      judges.push_back(processor_);
    }
    std::vector<PositionSink> sinks;
    for (const auto& events : events_) {
      sinks.push_back(events);
    }
    const auto tracker =
      keep(parts_.system.spawn<caf::detached>(position_tracker, rules, settlement_rules_,
                                              std::move(judges), std::move(sinks)));
    wiring_.tracker = tracker;
    tell_past(tracker);
    subscribe_trades(tracker);
    if (processor_) {
      caf::anon_send(processor_, caf::subscribe_atom_v, DecisionSink{tracker});
    }
    time_.push_back(tracker);
  }

  bool is_live() const { return config_.mode == "live"; }

  void start_reconciler() {
    std::vector<ReconcilerVenue> venues;
    for (const auto& [venue, gateway] : live_) {
      caf::anon_send(gateway, caf::subscribe_atom_v, caf::actor_cast<OrderSink>(wiring_.executor));
      venues.push_back({.venue = venue, .source = gateway});
    }
    time_.push_back(keep(parts_.system.spawn(reconciler, ReconcilerConfig{}, ledger_,
                                             std::move(venues), wiring_.executor)));
  }

  caf::expected<VenueGateways> open_paper() {
    VenueGateways gateways;
    for (const auto venue : {Venue::kalshi, Venue::polymarket}) {
      const auto index = static_cast<std::size_t>(venue);
      papers_[index] = keep(parts_.system.spawn(paper_venue, paper_[index]));
      gateways[index] = papers_[index];
      matches_.push_back(papers_[index]);
      time_.push_back(papers_[index]);
    }
    return gateways;
  }

  caf::expected<VenueGateways> open_venues() {
    auto kalshi = spawn_kalshi_gateway(parts_.system, parts_.network, parts_.clock,
                                       {.rest = {.rest_url = config_.kalshi.rest_url,
                                                 .key_id = config_.kalshi.key_id,
                                                 .key_file = config_.kalshi.key_file.string()},
                                        .stream = {.ws_url = config_.kalshi.websocket_url}});
    if (!kalshi) {
      return kalshi.error();
    }
    live_.emplace_back(Venue::kalshi, keep(*kalshi));
    time_.push_back(*kalshi);
    const auto& account = config_.polymarket;
    auto polymarket = spawn_polymarket_gateway(
      parts_.system, parts_.network, parts_.clock,
      {.account = {.rest_url = account.clob_url,
                   .user_ws_url = account.user_websocket_url,
                   .geoblock_url = account.geoblock_url,
                   .data_url = account.data_url,
                   .wallet_key_file = account.wallet_key_file.string(),
                   .credentials_file = account.credentials_file.string(),
                   .funder = account.funder,
                   .signature_type = static_cast<SignatureType>(account.signature_type)},
       .heartbeat = account.heartbeat});
    if (!polymarket) {
      return polymarket.error();
    }
    live_.emplace_back(Venue::polymarket, keep(*polymarket));
    time_.push_back(*polymarket);
    matches_.push_back(*polymarket);
    return VenueGateways{*kalshi, *polymarket};
  }

  void start_signal_processor() {
    auto risk = config_.risk;
    risk.settlement_rules = settlement_rules_;
    // Live, nothing is spent before the venues have told how they and our balances stand.
    risk.paper_balance = {};
    if (is_live()) {
      risk.initial_venue_state = {VenueState::down, VenueState::down};
      risk.require_reconciled = true;
    } else {
      risk.paper_balance = {paper_[0].balance, paper_[1].balance};
    }
    std::vector<DecisionSink> decisions{recorder_};
    for (const auto& events : events_) {
      decisions.push_back(events);
    }
    processor_ =
      keep(parts_.system.spawn(signal_processor, risk, std::vector<RequestSink>{wiring_.executor},
                               std::move(decisions)));
    tell_past(processor_);
    matches_.push_back(processor_);
    ends_.push_back(processor_);
    time_.push_back(processor_);
    subscribe_trades(processor_);
  }

  void subscribe_trades(const TradeSink& sink) {
    caf::anon_send(wiring_.executor, caf::subscribe_atom_v, sink);
  }

  /// What is published and kept of the books minute by minute, where the books are.
  void start_candles() {
    if (events_.empty() || !(has(Role::kalshi_monitor) || has(Role::polymarket_monitor))) {
      return;
    }
    candles_ = keep(parts_.system.spawn(candles, CandleMakerConfig{},
                                        std::vector<CandleSink>{events_.begin(), events_.end()}));
    time_.push_back(candles_);
  }

  caf::error start_monitors() {
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
    return {};
  }

  /// A monitor, its socket, and all who follow its books.
  void connect(Venue venue, const MonitorActor& monitor, const FeedActor& feed) {
    // The monitor ends first: it would report an outage when its socket goes.
    started_.insert(started_.end() - 1, caf::actor_cast<caf::actor>(feed));
    time_.push_back(monitor);
    monitors_.emplace_back(venue, monitor);
    if (wiring_.executor) {
      if (const auto& paper = papers_[static_cast<std::size_t>(venue)]) {
        caf::anon_send(monitor, caf::subscribe_atom_v, BookInterest{},
                       caf::actor_cast<BookSink>(paper));
      }
      caf::anon_send(monitor, caf::subscribe_atom_v, BookInterest{},
                     caf::actor_cast<BookSink>(wiring_.executor));
    }
    if (processor_) {
      caf::anon_send(monitor, caf::subscribe_atom_v, FeedStatusSink{processor_});
    }
    if (wiring_.tracker) {
      caf::anon_send(wiring_.tracker, caf::put_atom_v, VenueInterest{.venue = venue},
                     caf::actor_cast<BookSource>(monitor));
    }
    for (const auto& events : events_) {
      caf::anon_send(monitor, caf::subscribe_atom_v, caf::actor_cast<FeedSink>(events));
    }
    if (candles_) {
      caf::anon_send(monitor, caf::subscribe_atom_v, BookInterest{},
                     caf::actor_cast<BookSink>(candles_));
    }
    caf::anon_send(monitor, caf::put_atom_v, feed);
  }

  caf::error start_games() {
    if (has(Role::game_shard)) {
      start_shards();
    }
    if (!has(Role::orchestrator)) {
      return {};
    }
    // A thread of its own: proving matches takes longer than the hot path may wait.
    const auto games =
      keep(parts_.system.spawn<caf::detached>(orchestrator, OrchestratorConfig{}, tables_));
    time_.push_back(games);
    // The publisher learns the names of a game before anyone speaks of its markets.
    for (const auto& events : events_) {
      caf::anon_send(games, caf::subscribe_atom_v, caf::actor_cast<GameSink>(events));
    }
    caf::anon_send(games, caf::subscribe_atom_v, caf::actor_cast<GameSink>(recorder_));
    if (wiring_.tracker) {
      caf::anon_send(games, caf::subscribe_atom_v, caf::actor_cast<GameSink>(wiring_.tracker));
    }
    const auto relay = stopping(
      parts_.system.spawn(game_relay, GameRelayTargets{.matches = matches_, .ends = ends_}));
    caf::anon_send(games, caf::subscribe_atom_v, relay);
    for (const auto& [venue, monitor] : monitors_) {
      caf::anon_send(games, caf::subscribe_atom_v, VenueInterest{.venue = venue},
                     caf::actor_cast<WatchSink>(monitor));
    }
    if (wiring_.shards) {
      caf::anon_send(games, caf::subscribe_atom_v, wiring_.shards);
    }
    return start_pollers(games);
  }

  void start_shards() {
    ShardHostWiring shards;
    for (const auto& [venue, monitor] : monitors_) {
      shards.books.emplace_back(venue, monitor);
    }
    if (processor_) {
      shards.signals.push_back(processor_);
    }
    for (const auto& events : events_) {
      shards.signals.push_back(events);
    }
    shards.signals.push_back(recorder_);
    wiring_.shards = keep(
      parts_.system.spawn(shard_host, ShardHostConfig{.shard = config_.shard}, std::move(shards)));
    time_.push_back(wiring_.shards);
  }

  caf::error start_pollers(const ListingSink& games) {
    ScoreboardPollerConfig scores{.base_url = config_.espn.url};
    KalshiCataloguePollerConfig kalshi{.base_url = config_.kalshi.rest_url,
                                       .interval = config_.kalshi.catalogue_interval};
    GammaCataloguePollerConfig gamma{.base_url = config_.polymarket.gamma_url,
                                     .clob_url = config_.polymarket.clob_url,
                                     .interval = config_.polymarket.catalogue_interval};
    for (const auto& [league, table] : tables_) {
      const auto& rules = table.rules;
      scores.leagues.push_back({league, rules.espn_path, rules.espn_params, espn_clock(rules)});
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

  template <class Poller, class PollerConfig>
  caf::error poll(const PollerConfig& config, const ListingSink& games) {
    auto poller = Poller::make(parts_.network, parts_.clock, config, games);
    if (!poller) {
      return poller.error();
    }
    wiring_.sources.emplace_back(std::shared_ptr<Poller>{std::move(*poller)});
    return {};
  }

  static EspnClock espn_clock(const LeagueRules& rules) {
    switch (rules.clock) {
      case ClockDirection::down:
        return EspnClock::left;
      case ClockDirection::up:
        return EspnClock::played;
      case ClockDirection::none:
        break;
    }
    return EspnClock::none;
  }

  void start_time() {
    wiring_.sources.emplace_back(
      std::make_shared<Ticker>(parts_.network, parts_.clock, config_.tick, time_with_reporter()));
  }

  std::vector<TickSink> time_with_reporter() {
    MetricsReporterConfig reporter{.sources = wiring_.metrics_sources};
    for (const auto& events : events_) {
      reporter.sinks.push_back(events);
    }
    if (page_ && !publisher_) {
      reporter.sinks.push_back(page_); // what is not published does not come back on the bus
    }
    time_.push_back(stopping(parts_.system.spawn(metrics_reporter, std::move(reporter))));
    return std::move(time_);
  }

  const Config& config_;
  const Roles& roles_;
  const Parts& parts_;
  Wiring& wiring_;

  std::map<League, LeagueTable> tables_;
  std::shared_ptr<const SettlementTable> settlement_rules_;
  std::array<PaperVenueConfig, 2> paper_ = config_.paper;
  std::vector<std::string> endpoints_; ///< that this process publishes on
  std::vector<caf::actor> started_;
  std::vector<TickSink> time_;
  std::vector<EventSink> events_;
  std::vector<MatchSink> matches_;
  std::vector<GameEndSink> ends_;
  std::vector<std::pair<Venue, MonitorActor>> monitors_;
  PublisherActor publisher_;
  MetricsPageActor page_;
  LedgerActor ledger_;
  RunRecorderActor recorder_;
  std::array<PaperVenueActor, 2> papers_;                ///< none if live
  std::vector<std::pair<Venue, LiveGatewayActor>> live_; ///< none on paper
  ExecutorStart start_;
  Timestamp start_now_;
  TradingControl trading_; ///< as the last run left it
  std::vector<PairRestored> kept_;
  std::vector<Settlement> paid_; ///< of these pairs' markets
  SignalProcessorActor processor_;
  CandlesActor candles_; ///< none if nobody would hear of them
};

} // namespace

caf::error wire(const Config& config, const Roles& roles, const Parts& parts, Wiring& wiring) {
  return Wirer{config, roles, parts, wiring}.run();
}

} // namespace arbees
