#pragma once

#include <caf/expected.hpp>
#include <chrono>
#include <optional>
#include <string_view>
#include <vector>

#include "actors/messages/errors.hpp"
#include "actors/messages/time.hpp"

// What Kalshi says of itself: whether it trades, when it will not, and whether our key may
// (venues/kalshi.md 2, 5.1).

namespace arbees {

/// What one engine does, as GET /exchange/status tells (venues/kalshi.md 5.1).
struct KalshiShardStatus {
  std::int32_t exchange_index = 0;
  bool exchange_active = false; ///< false: not even cancels
  bool trading_active = false;  ///< false: cancels only
};

struct KalshiExchangeStatus {
  std::vector<KalshiShardStatus> shards;
  bool lists_shards = false; ///< false: `shards` is the venue as a whole
};

/// @returns Errc::bad_frame if a flag that is needed is missing or no flag
caf::expected<KalshiExchangeStatus> decode_kalshi_exchange_status(std::string_view body);

/// A pause that comes back every week, in US Eastern time.
struct KalshiWeeklyPause {
  std::chrono::weekday day;
  Duration from;  ///< since midnight
  Duration until; ///< since midnight

  bool operator==(const KalshiWeeklyPause&) const = default;
};

/// Thursday 03:00 to 05:00 ET: no new orders and no amends, cancels allowed (venues/kalshi.md 8,
/// read 2026-09).
inline constexpr KalshiWeeklyPause kalshi_maintenance{.day = std::chrono::Thursday,
                                                      .from = std::chrono::hours{3},
                                                      .until = std::chrono::hours{5}};

/// When a pause begins and ends.
struct KalshiPauseTimes {
  Timestamp begins;
  Timestamp ends;

  bool operator==(const KalshiPauseTimes&) const = default;
};
/// The pause that lasts at `now`, or else the next one.
KalshiPauseTimes next_pause(const KalshiWeeklyPause& pause, Timestamp now);

/// When the venue says that it will not trade.
struct KalshiSchedule {
  std::vector<KalshiWeeklyPause> weekly; ///< the times between its standard hours
  std::vector<KalshiPauseTimes> windows; ///< announced maintenance
};

/// The body of GET /exchange/schedule. A session that closes no later than it opens goes on into
/// the next day. @param now chooses among several weekly schedules
/// @returns Errc::bad_frame also if no weekly schedule is in force, or one that never trades
caf::expected<KalshiSchedule> decode_kalshi_schedule(std::string_view body, Timestamp now);

/// Until when the account's location is attested; nothing if it never was.
struct KalshiAttestation {
  std::optional<Timestamp> expires_at;
};

/// The body of GET /api_keys. @returns Errc::bad_frame
caf::expected<KalshiAttestation> decode_kalshi_attestation(std::string_view body);

} // namespace arbees
