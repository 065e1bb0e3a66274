#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace arbees {

/// What a process can be asked to do (architecture section 5).
enum class Role : std::uint8_t {
  kalshi_monitor,
  polymarket_monitor,
  orchestrator,
  game_shard,
  signal_processor,
  executor,
  position_tracker,
  observer,
  history,
};

using Roles = std::set<Role>;

std::string_view to_string(Role role); ///< "kalshi-monitor"
std::optional<Role> parse_role(std::string_view text);
Roles all_roles();

/// One arrow of the architecture: who sends what to whom.
struct Edge {
  std::string_view message;
  Role producer;
  Role consumer;
  /// Prefix of the topic that carries it between processes; empty: CAF's network layer does.
  std::string_view topic;
};

/// Every arrow once. Inside a process they are mailboxes.
std::span<const Edge> wiring();

/// The arrows that end here and begin nowhere here.
std::vector<Edge> foreign_edges(const Roles& roles);

} // namespace arbees
