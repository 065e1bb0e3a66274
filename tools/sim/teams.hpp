#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace arbees::sim {

enum class League : std::uint8_t { nba, nfl, nhl, mlb, epl };
inline constexpr std::array all_leagues{League::nba, League::nfl, League::nhl, League::mlb,
                                        League::epl};

/// One team as each source writes it (fact sheet games, section 2). The simulator keeps a table of
/// its own: the product's table and this one check each other.
struct Team {
  std::string_view espn;   ///< ESPN abbreviation
  std::string_view kalshi; ///< code in Kalshi tickers
  std::string_view poly;   ///< code in Polymarket slugs
  std::string_view name;   ///< ESPN displayName and MLB's Polymarket outcome
  std::string_view city;
  std::string_view nickname; ///< Polymarket outcome of the other leagues
  std::string_view label;    ///< Kalshi yes_sub_title
};

/// What differs from league to league in names, addresses and money.
struct LeagueFacts {
  std::string_view code;      ///< "nba": slug prefix and the league's name in /sim/truth
  std::string_view espn_path; ///< "basketball/nba"
  std::string_view espn_name;
  std::string_view espn_abbreviation;
  std::string_view kalshi_stem;  ///< "KXNBA"
  std::string_view kalshi_sport; ///< "Basketball", a series tag
  std::string_view competition;  ///< product_metadata.competition
  std::string_view milestone_type;
  std::string_view strike_key; ///< "basketball_team"
  int fee_multiplier_milli;    ///< Kalshi fee_multiplier x 1000 (fact sheet kalshi, section 6)
  int exchange_index;          ///< Kalshi shard
  int gamma_series;
  int gamma_tag;
  int espn_league_id;
  int espn_sport_id;
  bool slug_date_utc; ///< NFL slugs carry the UTC date, the others the Eastern one
};

const LeagueFacts& facts(League league);
std::span<const Team> teams(League league);

/// The team whose ESPN abbreviation is `espn`. @pre it exists
const Team& team(League league, std::string_view espn);

} // namespace arbees::sim
