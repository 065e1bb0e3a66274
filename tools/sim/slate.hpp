#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tools/sim/calendar.hpp"
#include "tools/sim/grid.hpp"
#include "tools/sim/random.hpp"
#include "tools/sim/teams.hpp"

namespace arbees::sim {

enum class Venue : std::uint8_t { kalshi, polymarket };
enum class Kind : std::uint8_t { winner, draw, spread, total, first_half, outright };
enum class TeamSide : std::uint8_t { none, away, home };

/// What a contract pays on. `line` is in points: a spread's side must win by more than it, a total
/// must exceed it.
struct Proposition {
  Kind kind = Kind::winner;
  int game = -1; ///< index into Slate::games; -1 for an outright
  TeamSide side = TeamSide::none;
  double line = 0;
};

struct WorldConfig {
  int games = 24;
  std::uint64_t seed = 1;
  double speed = 10;       ///< game seconds per second
  int rate = 400;          ///< book messages per second and venue
  UnixMillis epoch_ms = 0; ///< the wall clock at the tape's start
  int sports_delay_s = 1;  ///< how long Polymarket's takers wait in play

  [[nodiscard]] UnixSeconds epoch() const { return epoch_ms / 1000; }
};

/// How a game stands when the tape begins.
enum class Opening : std::uint8_t { scheduled, live };

struct Game {
  League league = League::nba;
  const Team* away = nullptr;
  const Team* home = nullptr;
  UnixSeconds start = 0; ///< scheduled
  std::string espn_id{};
  double home_edge = 0; ///< expected home margin, the pregame spread with the sign turned
  double total = 0;     ///< expected points of both
  int doubleheader = 0; ///< 1 or 2, else 0
  Opening opening = Opening::scheduled;
  double elapsed = 0; ///< seconds of regulation already played when the tape begins
  bool on_kalshi = true;
  bool on_polymarket = true; ///< with a true start time
};

struct KalshiSeries {
  std::string ticker{};
  std::string title{};
  League league = League::nba;
};

struct KalshiMarket {
  std::string ticker{};
  std::string id{}; ///< UUID
  int event = 0;
  Proposition yes;
  PriceStructure structure = PriceStructure::linear_cent;
  std::string label{}; ///< yes_sub_title, and no_sub_title too, as on the venue
  std::string title{};
  std::string rules{};
  std::optional<double> floor_strike{};
  std::string strike_team{}; ///< UUID of the structured target, may be empty
  int book = 0;
};

struct KalshiEvent {
  std::string ticker{};
  std::string series{};
  std::string title{};
  std::string sub_title{};
  std::string scope{}; ///< product_metadata.competition_scope
  League league = League::nba;
  bool mutually_exclusive = true;
  int game = -1;
  std::vector<int> markets{};
};

struct PolyMarket {
  std::string id{};
  std::string condition{};
  std::array<std::string, 2> tokens{};
  std::array<std::string, 2> outcomes{};
  std::string slug{};
  std::string question{};
  std::string sports_type{}; ///< empty for an outright
  std::string group_title{};
  std::optional<double> line{};
  int event = 0;
  Proposition first; ///< what tokens[0] pays on; tokens[1] pays on the opposite
  Price tick{100};   ///< as listed; the tape may make it finer
  bool neg_risk = false;
  bool exchange_v3 = false; ///< Gamma's version "v2": tokens are position ids of the newer ledger
  int book = 0;             ///< in terms of tokens[0]
};

struct PolyEvent {
  std::string id{};
  std::string slug{};
  std::string title{};
  League league = League::nba;
  UnixSeconds start = 0; ///< as listed, which a decoy gets wrong
  int game = -1;
  std::string decoy{}; ///< why nothing may match it; empty for a true game
  std::vector<int> markets{};
};

/// A book of either venue. Polymarket's is the one of tokens[0]; tokens[1] shows its mirror.
struct BookSpec {
  Venue venue = Venue::kalshi;
  int market = 0; ///< index into the venue's markets
  Proposition proposition;
  int group = 0; ///< books of one venue and proposition family are quoted together
};

struct Decoy {
  Venue venue = Venue::kalshi;
  std::string id{}; ///< event ticker or condition id
  std::string reason{};
};

/// Everything that is listed, fixed by the seed and the start of the tape.
struct Slate {
  WorldConfig config;
  std::vector<Game> games;
  std::vector<KalshiSeries> series;
  std::vector<KalshiEvent> kalshi_events;
  std::vector<KalshiMarket> kalshi_markets;
  std::vector<PolyEvent> poly_events;
  std::vector<PolyMarket> poly_markets;
  std::vector<BookSpec> books;
  std::vector<Decoy> decoys;
  int groups = 0;
};

Slate make_slate(const WorldConfig& config);

/// Seconds of play in regulation; baseball counts 1080 s an inning.
double regulation_seconds(League league);

/// Stable UUID of a team, Kalshi's structured target.
std::string team_uuid(League league, const Team& team);
std::string make_uuid(Random& random);

/// A position id made of a token id: the newer ledger reserves the bits 40 to 103, all zero (fact
/// sheet polymarket, section 5.3).
std::string position_id(std::string_view token);

} // namespace arbees::sim
