#include "app/roles.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace arbees {

namespace {

struct RoleEntry {
  Role role;
  std::string_view name;
};

constexpr std::array roles_table{
  RoleEntry{Role::kalshi_monitor, "kalshi-monitor"},
  RoleEntry{Role::polymarket_monitor, "polymarket-monitor"},
  RoleEntry{Role::orchestrator, "orchestrator"},
  RoleEntry{Role::game_shard, "game-shard"},
  RoleEntry{Role::signal_processor, "signal-processor"},
  RoleEntry{Role::executor, "executor"},
  RoleEntry{Role::position_tracker, "position-tracker"},
  RoleEntry{Role::observer, "observer"},
  RoleEntry{Role::history, "history"},
};

constexpr std::array edges{
  Edge{"WatchMarkets", Role::orchestrator, Role::kalshi_monitor, ""},
  Edge{"WatchMarkets", Role::orchestrator, Role::polymarket_monitor, ""},
  Edge{"GameAssignment", Role::orchestrator, Role::game_shard, ""},
  Edge{"GameUpdate", Role::orchestrator, Role::game_shard, "games."},
  Edge{"BookUpdate", Role::kalshi_monitor, Role::game_shard, "orderbook.kalshi."},
  Edge{"BookUpdate", Role::polymarket_monitor, Role::game_shard, "orderbook.poly."},
  Edge{"Signal", Role::game_shard, Role::signal_processor, "signals.trade."},
  Edge{"MatchedGame", Role::orchestrator, Role::signal_processor, "markets.matched."},
  Edge{"FeedStatus", Role::kalshi_monitor, Role::signal_processor, ""},
  Edge{"FeedStatus", Role::polymarket_monitor, Role::signal_processor, ""},
  Edge{"PairClosed", Role::executor, Role::signal_processor, "trades.completed."},
  Edge{"BalanceUpdate", Role::executor, Role::signal_processor, ""},
  Edge{"ExecutionRequest", Role::signal_processor, Role::executor, "execution.request."},
  Edge{"MatchedGame", Role::orchestrator, Role::executor, "markets.matched."},
  Edge{"BookUpdate", Role::kalshi_monitor, Role::executor, "orderbook.kalshi."},
  Edge{"BookUpdate", Role::polymarket_monitor, Role::executor, "orderbook.poly."},
  Edge{"Fill, PairClosed, Settlement", Role::executor, Role::position_tracker, "trades."},
  Edge{"ExecutionRequest", Role::signal_processor, Role::position_tracker, "execution.request."},
  Edge{"BookUpdate", Role::kalshi_monitor, Role::position_tracker, "orderbook.kalshi."},
  Edge{"BookUpdate", Role::polymarket_monitor, Role::position_tracker, "orderbook.poly."},
  Edge{"MatchedGame", Role::orchestrator, Role::position_tracker, "markets.matched."},
  Edge{"all that is published", Role::position_tracker, Role::observer, "positions."},
  Edge{"all that is published", Role::position_tracker, Role::history, ""},
  Edge{"all that is published", Role::kalshi_monitor, Role::observer, "prices."},
  Edge{"all that is published", Role::polymarket_monitor, Role::observer, "prices."},
  Edge{"all that is published", Role::orchestrator, Role::observer, "games."},
  Edge{"all that is published", Role::game_shard, Role::observer, "signals."},
  Edge{"all that is published", Role::signal_processor, Role::observer, "execution."},
  Edge{"all that is published", Role::executor, Role::observer, "trades."},
  Edge{"all that is published", Role::kalshi_monitor, Role::history, ""},
  Edge{"all that is published", Role::polymarket_monitor, Role::history, ""},
  Edge{"all that is published", Role::orchestrator, Role::history, ""},
  Edge{"all that is published", Role::game_shard, Role::history, ""},
  Edge{"all that is published", Role::signal_processor, Role::history, ""},
  Edge{"all that is published", Role::executor, Role::history, ""},
};

} // namespace

std::string_view to_string(Role role) {
  return roles_table[static_cast<std::size_t>(role)].name;
}

std::optional<Role> parse_role(std::string_view text) {
  const auto* const entry = std::find_if(roles_table.begin(), roles_table.end(),
                                         [&](const RoleEntry& row) { return row.name == text; });
  return entry == roles_table.end() ? std::nullopt : std::optional{entry->role};
}

Roles all_roles() {
  Roles roles;
  for (const auto& entry : roles_table) {
    roles.insert(entry.role);
  }
  return roles;
}

std::span<const Edge> wiring() {
  return edges;
}

std::vector<MissingEdge> missing_edges(const Roles& roles) {
  std::vector<MissingEdge> missing;
  for (const auto& edge : edges) {
    // The observer reads every endpoint from the bus: it never needs a neighbour.
    if (!roles.contains(edge.consumer) || roles.contains(edge.producer)
        || edge.consumer == Role::observer) {
      continue;
    }
    missing.push_back(
      {edge, fmt::format("role {} needs {} from role {}, which must run in the same process",
                         to_string(edge.consumer), edge.message, to_string(edge.producer))});
  }
  return missing;
}

} // namespace arbees
