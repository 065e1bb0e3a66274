#pragma once

#include <deque>
#include <string>
#include <unordered_map>
#include <vector>

#include "actors/messages/game.hpp"

namespace arbees {

/// What the outside calls a market. The parts that never change are encoded once.
struct MarketListing {
  MarketRef ref;
  GameId game;
  std::string contract_team; ///< canonical team that YES wins with; else the outcome's name
  std::string prices_topic;
  std::string orderbook_topic;
  std::string
    head; ///< JSON members market_id, platform, game_id, contract_team (token_id, outcome)
};

/// The names behind the ids, learned from games and matches: messages inside the process carry
/// hashes, the bus carries what a person and a venue can read.
class MarketDirectory {
public:
  /// How many ended games are still known by name, for the trades that close behind them.
  static constexpr std::size_t ended_games = 512;

  void add(const GameInfo& game);
  void add(const MatchedGame& match);
  /// Forgets the oldest of the ended games once there are more than `ended_games`.
  void ended(GameId game);

  /// Null if no match named it. Valid until the directory changes.
  [[nodiscard]] const MarketListing* find(MarketId market) const;
  /// "nba:401990102", or null.
  [[nodiscard]] const std::string* game_key(GameId game) const;
  /// True of an ended game that is still known.
  [[nodiscard]] bool is_over(GameId game) const;
  /// Those that matches named; none of an unknown game.
  [[nodiscard]] std::vector<MarketId> markets_of(GameId game) const;
  [[nodiscard]] std::size_t size() const { return markets_.size(); }

private:
  struct Game {
    std::string key;
    std::vector<MarketId> markets;
    bool over = false;
  };

  void forget(GameId game);

  std::unordered_map<MarketId, MarketListing> markets_;
  std::unordered_map<GameId, Game> games_;
  std::deque<GameId> ended_;
};

} // namespace arbees
