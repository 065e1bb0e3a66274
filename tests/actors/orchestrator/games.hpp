#pragma once

#include "actors/messages/game.hpp"

// Games and matches as the orchestrator says them.

namespace arbees::test {

inline GameInfo game_info(const std::string& key, League league, Team away, Team home) {
  GameInfo game;
  game.key = key;
  game.id = game_id(key);
  game.league = league;
  game.away = std::move(away);
  game.home = std::move(home);
  game.start = from_ms(1'795'230'000'000);
  return game;
}

inline MatchedGame matched(const GameInfo& game) {
  MatchedGame match;
  match.game = game;
  match.score = 100;
  match.tradable = true;
  match.reasons = {"teams and start"};
  match.at = from_ms(1'795'226'000'000);
  MarketSpec market;
  market.ref.native_id = "KXNBAGAME-" + game.key;
  market.id = market_id(Venue::kalshi, market.ref.native_id);
  match.markets.push_back(std::move(market));
  return match;
}

} // namespace arbees::test
