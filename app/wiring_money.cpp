#include <spdlog/spdlog.h>

#include "actors/position_tracker/position_tracker_actor.hpp"
#include "actors/reconciler/reconciler_actor.hpp"
#include "actors/signal_processor/signal_processor_actor.hpp"
#include "app/executor_past.hpp"
#include "app/wirer.hpp"
#include "bridges/cluster/executor_door_actor.hpp"
#include "bridges/cluster/executor_link_actor.hpp"
#include "bridges/kalshi/kalshi_gateway.hpp"
#include "bridges/net/secret_file.hpp"
#include "bridges/polymarket/polymarket_gateway.hpp"
#include "bridges/redis/redis_kill_switch.hpp"
#include "bridges/store/ledger_actor.hpp"

// The ledger, the executor with its venues, risk, and positions.

namespace arbees {

caf::error Wirer::open_ledger() {
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
caf::error Wirer::read_ledger(Ledger& ledger) {
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
    spdlog::warn("wiring.pairs_were_open count={}: an earlier run did not end them, this one does",
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

/// What earlier runs did today and still hold.
caf::error Wirer::read_past(Ledger& ledger) {
  auto kept = ledger.kept_pairs(std::chrono::floor<std::chrono::days>(start_.now),
                                start_.now - patience_with_held_pairs(config_));
  if (!kept) {
    return kept.error();
  }
  auto paid = settlements_of(ledger, *kept);
  if (!paid) {
    return paid.error();
  }
  for (const auto& pair : *kept) {
    if (pair.closed) {
      start_.held_pairs.push_back(pair);
    }
  }
  kept_ = std::move(*kept);
  paid_ = std::move(*paid);
  return {};
}

/// One more way to stop trading; whether Redis is there matters to nothing else.
caf::error Wirer::start_redis_kill_switch() {
  if (config_.redis.url.empty() || !config_.redis.kill_switch || !wiring_.executor) {
    return {};
  }
  auto address = parse_redis_url(config_.redis.url);
  if (!address) {
    return address.error();
  }
  wiring_.sources.emplace_back(
    std::make_shared<RedisKillSwitch>(RedisListenerConfig{.address = std::move(*address)}, clock(),
                                      [executor = wiring_.executor](TradingControl control) {
                                        caf::anon_send(executor, std::move(control));
                                      }));
  return {};
}

caf::error Wirer::start_money() {
  recorder_ = stopping(parts_.system.spawn<caf::detached>(run_recorder, wiring_.record));
  start_repeater();
  if (auto failed = has(Role::executor) ? start_executor() : start_link()) {
    return failed;
  }
  if (has(Role::signal_processor)) {
    start_signal_processor();
  }
  if (has(Role::position_tracker)) {
    start_position_tracker();
  }
  return {};
}

caf::error Wirer::start_executor() {
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
  return expects_traders(roles_) ? start_door() : caf::error{};
}

/// Requests of other processes come in here, and the ledger's past goes out.
caf::error Wirer::start_door() {
  const auto reader =
    stopping(parts_.system.spawn<caf::detached>(past_reader, [config = config_, now = clock()] {
      return read_executor_past(config, now());
    }));
  ExecutorDoorConfig config{.mode = config_.mode, .executor = wiring_.executor, .past = reader};
  if (!is_live()) {
    for (const auto& paper : paper_) {
      config.venues.push_back({.venue = paper.venue, .state = VenueState::open});
      config.balances.push_back({.venue = paper.venue, .available = paper.balance});
    }
  }
  const auto door = keep(parts_.system.spawn(executor_door, std::move(config)));
  time_.push_back(door);
  subscribe_trades(door);
  if (!has(Role::signal_processor)) {
    hear<ExecutionRequest>("execution.request.", door);
    hear<ExitRequest>("execution.exit.", door);
  }
  return publish_actor(RemoteExecutorActor{door}, config_.control.executor);
}

/// The executor's voice, for those here who need it.
caf::error Wirer::start_link() {
  if (!seeks_executor(roles_)) {
    return {};
  }
  link_ = keep(parts_.system.spawn(
    executor_link, ExecutorLinkConfig{.executor = peer("executor", config_.control.executor),
                                      .mode = config_.mode}));
  wiring_.link = link_;
  time_.push_back(link_);
  hear<OrderReport>("trades.", link_);
  hear<Fill>("trades.", link_);
  hear<PairClosed>("trades.", link_);
  hear<ExitEnded>("trades.", link_);
  hear<Settlement>("trades.", link_);
  hear<BalanceUpdate>("telemetry.", link_);
  hear<VenueStatus>("telemetry.", link_);
  hear<Reconciliation>("telemetry.", link_);
  hear<TradingControl>("telemetry.", link_);
  return {};
}

/// A thread of its own: marks must not hold up the hot path.
void Wirer::start_position_tracker() {
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
  hear_executor(tracker);
  if (processor_) {
    caf::anon_send(processor_, caf::subscribe_atom_v, DecisionSink{tracker});
  } else {
    hear_decisions();
  }
  time_.push_back(tracker);
}

void Wirer::start_reconciler() {
  std::vector<ReconcilerVenue> venues;
  for (const auto& [venue, gateway] : live_) {
    caf::anon_send(gateway, caf::subscribe_atom_v, caf::actor_cast<OrderSink>(wiring_.executor));
    venues.push_back({.venue = venue, .source = gateway});
  }
  time_.push_back(keep(parts_.system.spawn(reconciler, ReconcilerConfig{}, ledger_,
                                           std::move(venues), wiring_.executor)));
}

caf::expected<VenueGateways> Wirer::open_paper() {
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

caf::expected<VenueGateways> Wirer::open_venues() {
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

void Wirer::start_signal_processor() {
  auto risk = config_.risk;
  risk.settlement_rules = settlement_rules_;
  // Live, nothing is spent before the venues have told how they and our balances stand; nor with
  // an executor elsewhere, before it has.
  risk.paper_balance = {};
  risk.require_reconciled = risk.require_reconciled || is_live();
  if (is_live() || link_) {
    risk.initial_venue_state = {VenueState::down, VenueState::down};
  } else {
    risk.paper_balance = {paper_[0].balance, paper_[1].balance};
  }
  std::vector<DecisionSink> decisions{recorder_};
  for (const auto& events : events_) {
    decisions.push_back(events);
  }
  processor_ =
    keep(parts_.system.spawn(signal_processor, risk, std::vector<RequestSink>{executor_here()},
                             std::move(decisions)));
  tell_past(processor_);
  if (hears_shards()) {
    hear<Signal>("signals.trade.", processor_);
  }
  if (!has(Role::position_tracker)) {
    hear<ExitSignal>("signals.exit.", processor_);
  }
  matches_.push_back(processor_);
  ends_.push_back(processor_);
  time_.push_back(processor_);
  hear_executor(processor_);
}

/// Who carries requests out, or passes them on.
RequestSink Wirer::executor_here() {
  return link_ ? stopping(parts_.system.spawn(request_relay, link_))
               : RequestSink{wiring_.executor};
}

/// Signals of the user's own, if wished for.
caf::error Wirer::open_gate() {
  const auto& wish = config_.signal_gate;
  if (wish.endpoint.empty() || !processor_) {
    return {};
  }
  auto token = read_secret_file(wish.token_file.string());
  if (!token) {
    return std::move(token.error());
  }
  auto socket = open_signal_gate(parts_.context, wish.endpoint);
  if (!socket) {
    return std::move(socket.error());
  }
  gate_ =
    keep(parts_.system.spawn<caf::detached>(signal_gate_actor, std::move(*socket), wish.rules,
                                            std::move(*token), clock(), SignalSink{processor_}));
  if (hears_shards()) {
    hear<Signal>("signals.trade.", gate_);
  }
  return {};
}

/// What a signal processor elsewhere approves and refuses.
void Wirer::hear_decisions() {
  hear<ExecutionRequest>("execution.request.", wiring_.tracker);
  hear<ExitRejected>("execution.exit_rejected.", wiring_.tracker);
  if (link_) {
    hear<ExecutionRequest>("execution.request.", link_);
  }
}

void Wirer::hear_executor(const PastSink& sink) {
  if (link_) {
    caf::anon_send(link_, caf::subscribe_atom_v, sink);
  } else {
    subscribe_trades(sink);
  }
}

void Wirer::subscribe_trades(const TradeSink& sink) {
  caf::anon_send(wiring_.executor, caf::subscribe_atom_v, sink);
}

} // namespace arbees
