#pragma once

#include <variant>

#include "actors/messages/eastern_time.hpp"
#include "actors/orchestrator/league_table.hpp"

namespace arbees {

struct MeetingTime {
  Date eastern;                   ///< the day on which the source files it
  std::optional<Timestamp> exact; ///< absent: the source tells the day only
};

/// Two teams that meet: what can be compared between sources.
struct Meeting {
  League league = League::nba;
  ResolvedTeam away;
  ResolvedTeam home;
  bool neutral_site = false;
  MeetingTime time;
};

/// `market` pays its side `pays` if the proposition (`kind`, `subject`, `line_tenths`) is true.
/// Winner: the subject is a team, or "draw". In two-way leagues it is the home team, whichever
/// side lists it. Spread: the subject wins by more than the line. Total: "over".
struct Proposition {
  MarketId market;
  MarketKind kind = MarketKind::winner;
  std::string subject;
  std::optional<std::int32_t> line_tenths;
  Side pays = Side::yes;
};

/// Two propositions with the same key are the same one.
std::string proposition_key(const Proposition& proposition);

/// One venue's markets of one game, every side bound to a team.
struct Listing {
  Venue venue = Venue::kalshi;
  std::string event; ///< Kalshi: the winner event's ticker; Polymarket: slug
  Meeting meeting;
  std::vector<Proposition> propositions;
  std::vector<MarketSpec> markets;       ///< of the propositions, in their order
  std::map<MarketId, std::string> rules; ///< how each market pays, in the venue's words
  bool names_agree = false;              ///< title or rules name the same two teams
  std::vector<std::string> dropped;      ///< "market gate" of markets left out
};

/// Why a listing is not used, by a stable gate name for counting. "not_a_game" is no mistake.
struct Refusal {
  std::string gate;
  std::string detail;
};

using Interpretation = std::variant<Listing, Refusal>;

/// Opens the text of a title, or of rules with "the A vs B Pro Basketball game", and tells whether
/// it names the meeting's teams. Nothing if it names no two known teams.
std::optional<bool> names_teams(const TeamTable& teams, std::string_view text,
                                const ResolvedTeam& a, const ResolvedTeam& b);

/// The word of `title` that marks another competition between teams of the same name: "Women",
/// "U21", "Summer League". Nothing if there is none.
std::optional<std::string> foreign_competition(League league, std::string_view title);

} // namespace arbees
