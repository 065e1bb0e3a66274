#include "tools/replay/session_setup.hpp"

#include "app/tables.hpp"

namespace arbees::replay {

caf::expected<SessionConfig> session_config(const Config& config) {
  auto tables = load_league_tables(config.tables, config.leagues);
  if (!tables) {
    return std::move(tables.error());
  }
  auto rules = load_settlement_rules(config.tables);
  if (!rules) {
    return std::move(rules.error());
  }
  SessionConfig made{.monitor = config.monitor,
                     .shard = config.shard,
                     .risk = config.risk,
                     .executor = config.executor,
                     .paper = config.paper,
                     .tables = std::move(*tables),
                     .tick = config.tick};
  made.risk.settlement_rules = std::move(*rules);
  made.risk.paper_balance = {config.paper[0].balance, config.paper[1].balance};
  return made;
}

} // namespace arbees::replay
