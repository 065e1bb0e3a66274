#include "actors/orchestrator/venue_listing.hpp"

#include <algorithm>

#include "actors/orchestrator/csv.hpp"
#include "actors/orchestrator/team_names.hpp"

namespace arbees {

namespace {

/// The longest run of whole words at the end (or start) of `text` that is a known name. The run
/// must end where a sentence puts the name: this proves agreement of texts, it never finds a team.
std::optional<ResolvedTeam> name_before(const TeamTable& teams, std::string_view text) {
  const auto start = text.rfind(" the ");
  return start == std::string_view::npos ? teams.by_name(text)
                                         : teams.by_name(text.substr(start + 5));
}

std::optional<ResolvedTeam> name_after(const TeamTable& teams, std::string_view text) {
  auto end = std::min(text.size(), std::size_t{80});
  while (end > 0) {
    if (auto team = teams.by_name(text.substr(0, end))) {
      return team;
    }
    const auto blank = text.substr(0, end).rfind(' ');
    end = blank == std::string_view::npos ? 0 : blank;
  }
  return std::nullopt;
}

} // namespace

std::string proposition_key(const Proposition& proposition) {
  return fmt::format("{} {} {}", to_string(proposition.kind), proposition.subject,
                     proposition.line_tenths ? std::to_string(*proposition.line_tenths) : "-");
}

std::optional<bool> names_teams(const TeamTable& teams, std::string_view text,
                                const ResolvedTeam& a, const ResolvedTeam& b) {
  std::optional<ResolvedTeam> left;
  std::optional<ResolvedTeam> right;
  if (const auto titled = split_title(text)) {
    left = teams.by_name(titled->first);
    right = teams.by_name(titled->second);
  }
  if (const auto versus = text.find(" vs ");
      (!left || !right) && versus != std::string_view::npos) {
    left = name_before(teams, text.substr(0, versus));
    right = name_after(teams, text.substr(versus + 4));
  }
  if (!left || !right) {
    return std::nullopt;
  }
  return (left->id == a.id && right->id == b.id) || (left->id == b.id && right->id == a.id);
}

std::optional<std::string> foreign_competition(League league, std::string_view title) {
  const auto womens = league == League::wnba || league == League::ncaawb;
  const auto normal = normalise_name(title);
  const auto words = split_fields(normal, ' ');
  const auto has = [&](std::string_view word) {
    return std::find(words.begin(), words.end(), word) != words.end();
  };
  for (const std::string_view word : {"u17", "u18", "u19", "u20", "u21", "u23", "reserves", "youth",
                                      "summer", "preseason", "friendly", "exhibition", "legends"}) {
    if (has(word)) {
      return std::string{word};
    }
  }
  for (const std::string_view word : {"women", "womens", "ladies", "wfc"}) {
    if (!womens && has(word)) {
      return std::string{word};
    }
  }
  return std::nullopt;
}

} // namespace arbees
