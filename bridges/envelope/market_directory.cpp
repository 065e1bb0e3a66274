#include "bridges/envelope/market_directory.hpp"

#include "actors/messages/topics.hpp"
#include "bridges/envelope/json_writer.hpp"

namespace arbees {

namespace {

constexpr auto yes = static_cast<std::size_t>(Side::yes);

/// The subject of the contract that YES of `market` pays for; else the venue's word for YES.
std::string team_of(const MatchedGame& match, const MarketSpec& market) {
  for (const auto& contract : match.contracts) {
    for (const auto& expression : contract.expressions) {
      if (expression.market == market.id && expression.pays == Side::yes) {
        return contract.subject;
      }
    }
  }
  return market.ref.outcomes[yes];
}

std::string head_of(const MarketListing& listing, std::string_view game_key) {
  std::string head;
  JsonWriter json{head};
  json.key("market_id").text(listing.ref.native_id);
  json.key("platform").text(to_string(listing.ref.venue));
  json.key("game_id").text(game_key);
  json.key("contract_team").text(listing.contract_team);
  if (listing.ref.venue == Venue::polymarket) {
    json.key("token_id").text(listing.ref.tokens[yes]);
    json.key("outcome").text(listing.ref.outcomes[yes]);
  }
  return head;
}

} // namespace

void MarketDirectory::add(const GameInfo& game) {
  games_[game.id].key = game.key;
}

void MarketDirectory::add(const MatchedGame& match) {
  add(match.game);
  auto& known = games_[match.game.id].markets;
  for (const auto& market : match.markets) {
    MarketListing listing{.ref = market.ref, .game = match.game.id};
    listing.contract_team = team_of(match, market);
    listing.prices_topic = topic::prices(market.ref);
    listing.orderbook_topic = topic::orderbook(market.ref);
    listing.head = head_of(listing, match.game.key);
    if (markets_.insert_or_assign(market.id, std::move(listing)).second) {
      known.push_back(market.id);
    }
  }
}

void MarketDirectory::ended(GameId game) {
  const auto found = games_.find(game);
  if (found == games_.end() || found->second.over) {
    return;
  }
  found->second.over = true;
  ended_.push_back(game);
  if (ended_.size() > ended_games) {
    forget(ended_.front());
    ended_.pop_front();
  }
}

void MarketDirectory::forget(GameId game) {
  for (const auto& market : games_[game].markets) {
    markets_.erase(market);
  }
  games_.erase(game);
}

const MarketListing* MarketDirectory::find(MarketId market) const {
  const auto found = markets_.find(market);
  return found == markets_.end() ? nullptr : &found->second;
}

const std::string* MarketDirectory::game_key(GameId game) const {
  const auto found = games_.find(game);
  return found == games_.end() ? nullptr : &found->second.key;
}

bool MarketDirectory::is_over(GameId game) const {
  const auto found = games_.find(game);
  return found != games_.end() && found->second.over;
}

std::vector<MarketId> MarketDirectory::markets_of(GameId game) const {
  const auto found = games_.find(game);
  return found == games_.end() ? std::vector<MarketId>{} : found->second.markets;
}

} // namespace arbees
