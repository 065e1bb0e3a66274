#include "app/roles.hpp"

#include <algorithm>
#include <array>
#include <iterator>
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
  Edge{"GameAssignment, GameUpdate, GameEnded", Role::orchestrator, Role::game_shard, ""},
  Edge{"HostStatus", Role::game_shard, Role::orchestrator, ""},
  Edge{"BookUpdate", Role::kalshi_monitor, Role::game_shard, "orderbook.kalshi."},
  Edge{"BookUpdate", Role::kalshi_monitor, Role::executor, "orderbook.kalshi."},
  Edge{"BookUpdate", Role::kalshi_monitor, Role::position_tracker, "orderbook.kalshi."},
  Edge{"BookUpdate", Role::polymarket_monitor, Role::game_shard, "orderbook.poly."},
  Edge{"BookUpdate", Role::polymarket_monitor, Role::executor, "orderbook.poly."},
  Edge{"BookUpdate", Role::polymarket_monitor, Role::position_tracker, "orderbook.poly."},
  Edge{"FeedStatus", Role::kalshi_monitor, Role::signal_processor, "telemetry.feed."},
  Edge{"FeedStatus", Role::kalshi_monitor, Role::game_shard, "telemetry.feed."},
  Edge{"FeedStatus", Role::kalshi_monitor, Role::executor, "telemetry.feed."},
  Edge{"FeedStatus", Role::polymarket_monitor, Role::signal_processor, "telemetry.feed."},
  Edge{"FeedStatus", Role::polymarket_monitor, Role::game_shard, "telemetry.feed."},
  Edge{"FeedStatus", Role::polymarket_monitor, Role::executor, "telemetry.feed."},
  Edge{"Signal", Role::game_shard, Role::signal_processor, "signals.trade."},
  Edge{"MatchedGame", Role::orchestrator, Role::signal_processor, "markets.matched."},
  Edge{"MatchedGame", Role::orchestrator, Role::executor, "markets.matched."},
  Edge{"MatchedGame", Role::orchestrator, Role::position_tracker, "markets.matched."},
  Edge{"GameEnded", Role::orchestrator, Role::signal_processor, "games.ended."},
  Edge{"GameUpdate, GameEnded", Role::orchestrator, Role::position_tracker, "games."},
  Edge{"names of games and markets", Role::orchestrator, Role::kalshi_monitor, "markets.matched."},
  Edge{"names of games and markets", Role::orchestrator, Role::polymarket_monitor,
       "markets.matched."},
  Edge{"names of games and markets", Role::orchestrator, Role::game_shard, "markets.matched."},
  Edge{"ExecutionRequest", Role::signal_processor, Role::executor, "execution.request."},
  Edge{"ExitRequest", Role::signal_processor, Role::executor, "execution.exit."},
  Edge{"TradingControl", Role::signal_processor, Role::executor, ""},
  Edge{"PairRestored", Role::executor, Role::signal_processor, ""},
  Edge{"OrderReport, Fill, PairClosed, ExitEnded, Settlement", Role::executor,
       Role::signal_processor, "trades."},
  Edge{"BalanceUpdate, VenueStatus, Reconciliation, TradingControl", Role::executor,
       Role::signal_processor, "telemetry."},
  Edge{"PairRestored", Role::executor, Role::position_tracker, ""},
  Edge{"OrderReport, Fill, PairClosed, ExitEnded, Settlement", Role::executor,
       Role::position_tracker, "trades."},
  Edge{"BalanceUpdate, VenueStatus, Reconciliation, TradingControl", Role::executor,
       Role::position_tracker, "telemetry."},
  Edge{"ExecutionRequest, ExitRejected", Role::signal_processor, Role::position_tracker,
       "execution."},
  Edge{"ExitSignal", Role::position_tracker, Role::signal_processor, "signals.exit."},
  Edge{"all that is published", Role::kalshi_monitor, Role::observer, "prices."},
  Edge{"all that is published", Role::kalshi_monitor, Role::history, "orderbook.kalshi."},
  Edge{"all that is published", Role::polymarket_monitor, Role::observer, "prices."},
  Edge{"all that is published", Role::polymarket_monitor, Role::history, "orderbook.poly."},
  Edge{"all that is published", Role::orchestrator, Role::observer, "games."},
  Edge{"all that is published", Role::orchestrator, Role::history, "games."},
  Edge{"all that is published", Role::game_shard, Role::observer, "signals."},
  Edge{"all that is published", Role::game_shard, Role::history, "signals."},
  Edge{"all that is published", Role::signal_processor, Role::observer, "execution."},
  Edge{"all that is published", Role::signal_processor, Role::history, "execution."},
  Edge{"all that is published", Role::executor, Role::observer, "trades."},
  Edge{"all that is published", Role::executor, Role::history, "trades."},
  Edge{"all that is published", Role::position_tracker, Role::observer, "positions."},
  Edge{"all that is published", Role::position_tracker, Role::history, "positions."},
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

std::vector<Edge> foreign_edges(const Roles& roles) {
  std::vector<Edge> foreign;
  std::ranges::copy_if(edges, std::back_inserter(foreign), [&](const Edge& edge) {
    return roles.contains(edge.consumer) && !roles.contains(edge.producer)
           && edge.consumer != Role::observer;
  });
  return foreign;
}

} // namespace arbees
