#include "app/wiring.hpp"

#include <spdlog/spdlog.h>

#include "app/wirer.hpp"
#include "bridges/kalshi/kalshi_signer.hpp"
#include "bridges/net/ticker.hpp"

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
  link = nullptr;
  shards = nullptr;
  tracker = nullptr;
}

caf::error Wirer::run() {
  auto failed = start();
  // Consumers were started first, so they stop last; also what was started before a failure.
  wiring_.stop_order.assign(started_.rbegin(), started_.rend());
  return failed;
}

caf::error Wirer::start() {
  // Files, ports and keys first: what a person must mend is said before anything starts.
  for (const auto step :
       {&Wirer::read_tables, &Wirer::check_keys, &Wirer::read_bus_keys, &Wirer::open_bus,
        &Wirer::open_ledger, &Wirer::open_history, &Wirer::start_observer, &Wirer::start_money,
        &Wirer::start_redis_kill_switch, &Wirer::open_gate, &Wirer::start_monitors,
        &Wirer::start_games, &Wirer::open_ears}) {
    if (auto failed = (this->*step)()) {
      return failed;
    }
  }
  start_time();
  return {};
}

caf::error Wirer::read_tables() {
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
caf::error Wirer::check_keys() {
  const auto& account = config_.kalshi;
  if (!has(Role::kalshi_monitor) || (account.key_id.empty() && account.key_file.empty())) {
    return {};
  }
  auto signer = KalshiSigner::load(account.key_id, account.key_file.string());
  return signer ? caf::error{} : std::move(signer.error());
}

void Wirer::start_time() {
  wiring_.sources.emplace_back(
    std::make_shared<Ticker>(parts_.network, parts_.clock, config_.tick, time_with_reporter()));
}

std::vector<TickSink> Wirer::time_with_reporter() {
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

caf::error wire(const Config& config, const Roles& roles, const Parts& parts, Wiring& wiring) {
  return Wirer{config, roles, parts, wiring}.run();
}

} // namespace arbees
