#include "actors/orchestrator/league_match.hpp"

#include <algorithm>

namespace arbees {

namespace {

struct Edge {
  GameId game;
  std::string listing;
  std::int32_t score = 0;
};

/// One venue's side of the work.
struct VenueWork {
  std::vector<Edge> edges;
  std::vector<Rejection> rejections;
  std::map<GameId, VenueMatch> matched;
};

std::vector<Meeting> meetings_of(const std::map<GameId, Meeting>& games) {
  std::vector<Meeting> result;
  for (const auto& [id, meeting] : games) {
    result.push_back(meeting);
  }
  return result;
}

std::vector<Meeting> meetings_of(const Interpretations& interpretations) {
  std::vector<Meeting> result;
  for (const auto& [key, interpretation] : interpretations) {
    if (const auto* listing = std::get_if<Listing>(&interpretation)) {
      result.push_back(listing->meeting);
    }
  }
  return result;
}

/// Worth telling that it did not match: the same teams, or one of them on the same day.
bool is_close(const Meeting& game, const Meeting& listing) {
  const auto shares_team = game.home.id == listing.home.id || game.home.id == listing.away.id
                           || game.away.id == listing.home.id || game.away.id == listing.away.id;
  return adjacent(game.time.eastern, listing.time.eastern)
         && (same_pair(game, listing)
             || (shares_team && game.time.eastern == listing.time.eastern));
}

/// Adds the edges of one listing, or why it has none.
void add_edges(VenueWork& work, const LeagueRules& rules, const std::map<GameId, Meeting>& games,
               const std::vector<Meeting>& all_games, const std::vector<Meeting>& all_listings,
               const std::string& key, const Listing& listing) {
  std::optional<Rejection> closest;
  std::int32_t closest_gates = -1;
  bool fits = false;
  for (const auto& [id, game] : games) {
    if (!is_close(game, listing.meeting)) {
      continue;
    }
    const auto count = count_meetings(game, all_games, all_listings);
    const auto verdict = judge(game, listing.meeting, rules, count, listing.names_agree);
    if (!verdict.refusal) {
      work.edges.push_back(Edge{.game = id, .listing = key, .score = verdict.score});
      fits = true;
    } else if (verdict.gates_passed > closest_gates) {
      closest_gates = verdict.gates_passed;
      closest = Rejection{listing.venue, key, id, *verdict.refusal};
    }
  }
  if (!fits && closest) {
    work.rejections.push_back(std::move(*closest));
  }
}

/// Drops every edge whose `key` has a second edge within the margin of its best; of the others
/// keeps the best.
template <class Key>
std::vector<Edge> keep_clear(VenueWork& work, Venue venue, Key key) {
  std::map<decltype(key(Edge{})), std::vector<Edge>> groups;
  for (const auto& edge : work.edges) {
    groups[key(edge)].push_back(edge);
  }
  std::vector<Edge> kept;
  for (auto& [group_key, group] : groups) {
    std::stable_sort(group.begin(), group.end(),
                     [](const Edge& a, const Edge& b) { return a.score > b.score; });
    if (group.size() > 1 && group[0].score - group[1].score <= ambiguity_margin) {
      for (const auto& edge : group) {
        work.rejections.push_back(
          Rejection{venue, edge.listing, edge.game,
                    Refusal{"ambiguous", fmt::format("{} candidates, best {} and {}", group.size(),
                                                     group[0].score, group[1].score)}});
      }
      continue;
    }
    kept.push_back(group[0]);
  }
  return kept;
}

VenueWork match_venue(const LeagueRules& rules, Venue venue, const std::map<GameId, Meeting>& games,
                      const Interpretations& interpretations) {
  VenueWork work;
  const auto all_games = meetings_of(games);
  const auto all_listings = meetings_of(interpretations);
  for (const auto& [key, interpretation] : interpretations) {
    if (const auto* listing = std::get_if<Listing>(&interpretation)) {
      add_edges(work, rules, games, all_games, all_listings, key, *listing);
    } else if (const auto& refusal = std::get<Refusal>(interpretation);
               refusal.gate != "not_a_game") {
      work.rejections.push_back(Rejection{venue, key, std::nullopt, refusal});
    }
  }
  // Both views are taken of all edges: a listing dropped in one must not clear the other.
  const auto by_listing = keep_clear(work, venue, [](const Edge& e) { return e.listing; });
  const auto by_game = keep_clear(work, venue, [](const Edge& e) { return e.game; });
  for (const auto& edge : by_listing) {
    const auto twin = std::find_if(by_game.begin(), by_game.end(), [&](const Edge& other) {
      return other.game == edge.game && other.listing == edge.listing;
    });
    if (twin == by_game.end()) {
      continue;
    }
    if (edge.score < score_to_show) {
      work.rejections.push_back(
        Rejection{venue, edge.listing, edge.game, Refusal{"score", std::to_string(edge.score)}});
      continue;
    }
    work.matched.emplace(edge.game, VenueMatch{.listing = edge.listing, .score = edge.score});
  }
  return work;
}

} // namespace

LeagueMatches match_league(const LeagueRules& rules, const std::map<GameId, Meeting>& games,
                           const Interpretations& kalshi, const Interpretations& polymarket) {
  const auto left = match_venue(rules, Venue::kalshi, games, kalshi);
  const auto right = match_venue(rules, Venue::polymarket, games, polymarket);
  LeagueMatches result;
  result.rejections = left.rejections;
  result.rejections.insert(result.rejections.end(), right.rejections.begin(),
                           right.rejections.end());
  for (const auto& [game, match] : left.matched) {
    const auto other = right.matched.find(game);
    if (other == right.matched.end()) {
      continue;
    }
    // The third side of the triangle: the venues must mean the same game without the scoreboard.
    const auto& a = std::get<Listing>(kalshi.at(match.listing));
    const auto& b = std::get<Listing>(polymarket.at(other->second.listing));
    auto seen = a.meeting;
    seen.neutral_site = games.at(game).neutral_site;
    const auto count = count_meetings(games.at(game), meetings_of(games), meetings_of(polymarket));
    const auto verdict = judge(seen, b.meeting, rules, count, b.names_agree);
    if (verdict.refusal) {
      result.rejections.push_back(Rejection{
        Venue::polymarket, other->second.listing, game,
        Refusal{"venues_disagree", verdict.refusal->gate + ": " + verdict.refusal->detail}});
      continue;
    }
    result.games.emplace(game, GameMatch{.kalshi = match, .polymarket = other->second});
  }
  return result;
}

} // namespace arbees
