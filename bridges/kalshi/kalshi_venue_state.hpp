#pragma once

#include <map>
#include <string>
#include <vector>

#include "bridges/kalshi/kalshi_order_codec.hpp"

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
};

/// Thursday 03:00 to 05:00 ET: no new orders and no amends, cancels allowed (venues/kalshi.md 8,
/// read 2026-09).
inline constexpr KalshiWeeklyPause kalshi_maintenance{.day = std::chrono::Thursday,
                                                      .from = std::chrono::hours{3},
                                                      .until = std::chrono::hours{5}};

/// When the pause that lasts at `now`, or else the next one, begins and ends.
struct KalshiPauseTimes {
  Timestamp begins;
  Timestamp ends;
};
KalshiPauseTimes next_pause(const KalshiWeeklyPause& pause, Timestamp now);

struct KalshiVenueConfig {
  std::vector<KalshiWeeklyPause> pauses{kalshi_maintenance};
  Duration pause_margin = std::chrono::minutes{2};      ///< no new pairs so long before a pause
  Duration status_valid_for = std::chrono::seconds{30}; ///< afterwards new pairs wait for another
};

/// Whether Kalshi takes orders: the status of each shard as it was last read, and the calendar.
/// Orders that complete or unwind a pair are held back only where the venue is known to refuse
/// them; new pairs also when it is not known. Pure; time is handed in.
class KalshiVenueState {
public:
  explicit KalshiVenueState(KalshiVenueConfig config = {}) : config_{std::move(config)} {}

  void learn(const KalshiExchangeStatus& status, Timestamp now);

  /// Why an order must not be sent now, as a stable name: "venue_status_unknown",
  /// "exchange_paused:shard_3", "trading_paused:shard_3", "maintenance", "maintenance_soon". Empty
  /// if it may.
  [[nodiscard]] std::string
  objection(std::int32_t exchange_index, OrderPurpose purpose, Timestamp now) const;

  /// True if a cancel may work on that shard.
  [[nodiscard]] bool takes_cancels(std::int32_t exchange_index) const;
  /// Shards, or the venue as a whole, that are not trading.
  [[nodiscard]] std::int64_t paused_shards() const;

private:
  [[nodiscard]] const KalshiShardStatus* find(std::int32_t exchange_index) const;
  [[nodiscard]] std::string calendar(OrderPurpose purpose, bool fresh, Timestamp now) const;

  KalshiVenueConfig config_;
  KalshiExchangeStatus status_;
  std::optional<Timestamp> read_at_;
};

/// What the account can spend, as the executor and the signal processor hear of it.
BalanceUpdate to_balance_update(const KalshiBalance& balance, Timestamp at);

} // namespace arbees
