#pragma once

#include <array>
#include <map>
#include <string>
#include <vector>

#include "actors/messages/discovery.hpp"

namespace arbees {

struct DiscoveryConfig {
  std::size_t max_games_in_answer = 100;
  std::size_t max_games = 20'000;                ///< in view
  Duration forget_after = std::chrono::hours{6}; ///< of an ended game
};

/// What the orchestrator has said of games, by which questions are answered. Fails closed: a game
/// whose markets are not proven, or no longer, is a problem with the reason, never a guess. Pure.
class DiscoveryBook {
public:
  explicit DiscoveryBook(DiscoveryConfig config = {}) : config_{config} {}

  void learn(const GameInfo& game);
  void learn(const MatchedGame& match);
  void learn(const MatchRejected& rejected);
  /// Markets of an ended game are told no more.
  void end(const GameInfo& game, Timestamp now);
  /// Forgets what ended long ago.
  void tick(Timestamp now);

  [[nodiscard]] DiscoveryAnswer answer(const DiscoveryRequest& request, Timestamp now) const;

  [[nodiscard]] std::size_t size() const { return games_.size(); }

private:
  struct Entry {
    GameInfo game;
    std::optional<MatchedGame> match;
    std::array<std::string, 2> rejected; ///< by venue, what stopped the listing that came closest
    std::optional<Timestamp> ended_at;
  };
  using Found = std::vector<const Entry*>;

  Entry* entry_of(const GameInfo& game);
  [[nodiscard]] DiscoveryAnswer answer_by_key(const DiscoveryRequest& request) const;
  [[nodiscard]] DiscoveryAnswer answer_by_teams(const DiscoveryRequest& request) const;
  [[nodiscard]] DiscoveryAnswer answer_league(League league) const;

  DiscoveryConfig config_;
  std::map<std::string, Entry> games_; ///< by key
};

} // namespace arbees
