#include "actors/orchestrator/discovery_book.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "actors/orchestrator/team_names.hpp"

namespace arbees {

namespace {

constexpr std::size_t longest_reason = 500;

DiscoveryAnswer problem(DiscoveryProblem what, std::string reason) {
  reason.resize(std::min(reason.size(), longest_reason));
  return {.id = {}, .games = {}, .problem = what, .reason = std::move(reason), .at = {}};
}

/// Whole codes and whole names only: a part of a name is not a name.
bool is(const Team& team, const std::string& wanted) {
  return normalise_name(team.id) == wanted || normalise_name(team.name) == wanted;
}

} // namespace

DiscoveryBook::Entry* DiscoveryBook::entry_of(const GameInfo& game) {
  const auto found = games_.find(game.key);
  if (found != games_.end()) {
    return &found->second;
  }
  return games_.size() < config_.max_games ? &games_.emplace(game.key, Entry{}).first->second
                                           : nullptr;
}

void DiscoveryBook::learn(const GameInfo& game) {
  if (auto* const entry = entry_of(game)) {
    entry->game = game;
  }
}

void DiscoveryBook::learn(const MatchedGame& match) {
  auto* const entry = entry_of(match.game);
  if (entry != nullptr && !entry->ended_at) {
    entry->game = match.game;
    entry->match = match;
  }
}

void DiscoveryBook::learn(const MatchRejected& rejected) {
  if (!rejected.candidate) {
    return;
  }
  if (auto* const entry = entry_of(*rejected.candidate)) {
    entry->game = *rejected.candidate;
    entry->rejected[static_cast<std::size_t>(rejected.venue)] =
      fmt::format("{} {}: {}: {}", to_string(rejected.venue), rejected.listing, rejected.gate,
                  rejected.detail);
  }
}

void DiscoveryBook::end(const GameInfo& game, Timestamp now) {
  if (auto* const entry = entry_of(game)) {
    *entry = Entry{.game = game, .match = std::nullopt, .rejected = {}, .ended_at = now};
  }
}

void DiscoveryBook::tick(Timestamp now) {
  std::erase_if(games_, [&](const auto& item) {
    return item.second.ended_at && now - *item.second.ended_at > config_.forget_after;
  });
}

namespace {

std::string
why_unmatched(const std::optional<MatchedGame>& match, const std::array<std::string, 2>& rejected) {
  if (match) {
    return fmt::format("no longer proven: {}", fmt::join(match->reasons, "; "));
  }
  std::vector<std::string> reasons;
  std::ranges::copy_if(rejected, std::back_inserter(reasons),
                       [](const std::string& reason) { return !reason.empty(); });
  return reasons.empty() ? "no venue's listing was proven to be this game"
                         : fmt::format("{}", fmt::join(reasons, "; "));
}

} // namespace

DiscoveryAnswer DiscoveryBook::answer(const DiscoveryRequest& request, Timestamp now) const {
  auto answer = now > request.deadline   ? problem(DiscoveryProblem::too_late, "past its deadline")
                : !request.game.empty()  ? answer_by_key(request)
                : !request.teams.empty() ? answer_by_teams(request)
                : request.league
                  ? answer_league(*request.league)
                  : problem(DiscoveryProblem::malformed, "neither game, nor teams, nor league");
  answer.id = request.id;
  answer.at = now;
  return answer;
}

DiscoveryAnswer DiscoveryBook::answer_by_key(const DiscoveryRequest& request) const {
  const auto found = games_.find(request.game);
  if (found == games_.end() || (request.league && found->second.game.league != *request.league)) {
    return problem(DiscoveryProblem::unknown, "no such game is in view");
  }
  const auto& entry = found->second;
  if (entry.ended_at) {
    return problem(DiscoveryProblem::unknown, "the game has ended");
  }
  if (!entry.match || !entry.match->tradable) {
    return problem(DiscoveryProblem::not_matched, why_unmatched(entry.match, entry.rejected));
  }
  DiscoveryAnswer answer;
  answer.games.push_back(*entry.match);
  return answer;
}

DiscoveryAnswer DiscoveryBook::answer_by_teams(const DiscoveryRequest& request) const {
  std::vector<std::string> wanted;
  for (const auto& team : request.teams) {
    wanted.push_back(normalise_name(team));
  }
  if (wanted.size() > 2 || std::ranges::count(wanted, std::string{}) > 0
      || (wanted.size() == 2 && wanted[0] == wanted[1])) {
    return problem(DiscoveryProblem::malformed, "one team, or two different ones");
  }
  std::vector<std::string> keys;
  for (const auto& [key, entry] : games_) {
    const auto plays = [&](const std::string& team) {
      return is(entry.game.away, team) || is(entry.game.home, team);
    };
    if (!entry.ended_at && (!request.league || entry.game.league == *request.league)
        && std::ranges::all_of(wanted, plays)) {
      keys.push_back(key);
    }
  }
  if (keys.empty()) {
    return problem(DiscoveryProblem::unknown, "no game of these teams is in view");
  }
  if (keys.size() > 1) {
    return problem(DiscoveryProblem::ambiguous,
                   fmt::format("several games: {}", fmt::join(keys, ", ")));
  }
  DiscoveryRequest one;
  one.game = keys.front();
  return answer_by_key(one);
}

DiscoveryAnswer DiscoveryBook::answer_league(League league) const {
  DiscoveryAnswer answer;
  auto known = false;
  for (const auto& [key, entry] : games_) {
    if (entry.game.league != league || entry.ended_at) {
      continue;
    }
    known = true;
    if (entry.match && entry.match->tradable) {
      if (answer.games.size() == config_.max_games_in_answer) {
        return problem(DiscoveryProblem::too_many,
                       fmt::format("more than {} games: ask by teams", answer.games.size()));
      }
      answer.games.push_back(*entry.match);
    }
  }
  if (answer.games.empty()) {
    return known ? problem(DiscoveryProblem::not_matched, "no game of the league is matched")
                 : problem(DiscoveryProblem::unknown, "no game of the league is in view");
  }
  return answer;
}

} // namespace arbees
