#pragma once

#include "actors/orchestrator/venue_listing.hpp"

namespace arbees {

/// How often the two teams meet about that time, as far as scoreboard and venue know.
struct MeetingCount {
  int games_that_day = 1;    ///< of the pair on that Eastern day, on the scoreboard
  int listings_that_day = 1; ///< of the pair on that Eastern day, at the venue
  bool only_meeting = true;  ///< of the pair within 36 h, at both
};

inline constexpr std::int32_t score_to_trade = 85;
inline constexpr std::int32_t score_to_show = 70;
/// A runner-up so close makes a match ambiguous: both are dropped.
inline constexpr std::int32_t ambiguity_margin = 15;

/// The gate that stopped a pair, or its score.
struct MatchVerdict {
  std::optional<Refusal> refusal;
  std::int32_t score = 0;
  std::int32_t gates_passed = 0;
};

/// Judges whether two sources mean the same game: the gates and the score of venues/games.md
/// section 4. Which of the two is the scoreboard's matters only for the neutral site.
MatchVerdict judge(const Meeting& game, const Meeting& listing, const LeagueRules& rules,
                   const MeetingCount& count, bool names_agree);

/// What `count` is for a pair among these. @param own counted too, if it is among them
MeetingCount count_meetings(const Meeting& game, const std::vector<Meeting>& games,
                            const std::vector<Meeting>& listings);

bool same_pair(const Meeting& a, const Meeting& b);

/// "tie_possible" and the others (venues/games.md section 4), for one contract that markets with
/// these rules express.
std::uint8_t settlement_flags(const LeagueRules& rules, MarketKind kind,
                              std::string_view kalshi_rules, std::string_view polymarket_rules);

/// The contracts that both listings express, with an expression for every market of either.
/// @param game canonical
std::vector<Contract> make_contracts(const LeagueRules& rules, GameId game, const Listing& kalshi,
                                     const Listing& polymarket);

} // namespace arbees
