#pragma once

#include <caf/expected.hpp>
#include <map>

#include "actors/messages/errors.hpp"
#include "actors/messages/listing.hpp"

namespace arbees {

/// What a league's game clock shows.
enum class EspnClock : std::uint8_t { left, played, none };

struct DecodedScoreboard {
  Scoreboard scoreboard;
  std::map<std::string, std::int64_t> dropped; ///< events left out, by stable reason
};

/// Decodes ESPN's scoreboard (venues/games.md section 1). Events that are not understood are left
/// out and counted. Team ids are ESPN's codes.
/// @returns Errc::bad_frame if it is no scoreboard at all
caf::expected<DecodedScoreboard>
decode_scoreboard(League league, EspnClock clock, std::string_view text, Timestamp fetched_at);

/// "4:12", "12:00.5", "34.5", "0.0", "45'+2'" as time; nothing for anything else.
std::optional<Duration> parse_display_clock(std::string_view text);

/// The phase that ESPN's status name means; Phase::unknown for a name nobody knows.
Phase espn_phase(std::string_view status_name);

} // namespace arbees
