#pragma once

#include <map>
#include <string>
#include <vector>

#include "actors/messages/account.hpp"
#include "bridges/kalshi/kalshi_exchange_codec.hpp"

namespace arbees {

struct KalshiVenueConfig {
  /// Until the venue's own schedule has been read.
  std::vector<KalshiWeeklyPause> pauses{kalshi_maintenance};
  Duration pause_margin = std::chrono::minutes{2};      ///< no new pairs so long before a pause
  Duration status_valid_for = std::chrono::seconds{30}; ///< afterwards new pairs wait for another
  int silences_allowed = 1; ///< reads of the status in a row that nobody answered
};

/// Why the venue refuses us until a person has acted.
enum class KalshiRefusal : std::uint8_t {
  key,     ///< 401: lifted when the account can be read again
  account, ///< 403 and the like: lifted when the location is attested anew
};

/// Whether Kalshi takes orders: the status of each shard as it was last read, the calendar, and
/// what it said to our key. Orders that complete or unwind a pair are held back only where the
/// venue is known to refuse them; new pairs also when it is not known. Pure; time is handed in.
class KalshiVenueState {
public:
  explicit KalshiVenueState(KalshiVenueConfig config = {}) : config_{std::move(config)} {}

  void learn(const KalshiExchangeStatus& status, Timestamp now);
  /// The status was asked for and no answer came.
  void unanswered() { ++silences_; }
  /// Replaces the configured pauses.
  void learn(const KalshiSchedule& schedule);
  /// A later date than before lifts a refusal of the account.
  void learn(const KalshiAttestation& attestation);
  void refuse(KalshiRefusal refusal, std::string reason);
  /// Lifts a refusal of that kind. @returns whether there was one
  bool accept(KalshiRefusal refusal);

  /// Why an order must not be sent now, as a stable name: "halted: …",
  /// "location_attestation_expired", "venue_unreachable", "venue_status_unknown",
  /// "exchange_paused:shard_3", "trading_paused:shard_3", "maintenance", "maintenance_soon". Empty
  /// if it may.
  [[nodiscard]] std::string
  objection(std::int32_t exchange_index, OrderPurpose purpose, Timestamp now) const;

  /// The venue as a whole, and each shard that it lists. What holds for the whole holds for each
  /// shard; the whole is paused if all of its shards are. `at` is `now`.
  [[nodiscard]] std::vector<VenueStatus> statuses(Timestamp now) const;

  /// True if a cancel may work on that shard.
  [[nodiscard]] bool takes_cancels(std::int32_t exchange_index) const;
  /// Shards, or the venue as a whole, that are not trading.
  [[nodiscard]] std::int64_t paused_shards() const;
  [[nodiscard]] bool halted() const { return refusal_.has_value(); }
  /// When the attestation of our location expires, if it is known.
  [[nodiscard]] std::optional<Timestamp> attested_until() const { return attested_until_; }

private:
  struct Judgement {
    VenueState state = VenueState::open;
    std::string reason;
  };

  [[nodiscard]] const KalshiShardStatus* find(std::int32_t exchange_index) const;
  [[nodiscard]] bool fresh(Timestamp now) const;
  [[nodiscard]] std::string refused(Timestamp now) const;
  [[nodiscard]] std::string silent(Timestamp now) const;
  [[nodiscard]] std::string calendar(OrderPurpose purpose, Timestamp now) const;
  [[nodiscard]] Judgement judge_all(Timestamp now) const;
  [[nodiscard]] static Judgement judge(const KalshiShardStatus& shard);

  KalshiVenueConfig config_;
  std::vector<KalshiPauseTimes> windows_;
  KalshiExchangeStatus status_;
  std::optional<Timestamp> read_at_;
  int silences_ = 0;
  std::optional<KalshiRefusal> refusal_;
  std::string refusal_reason_;
  std::optional<Timestamp> attested_until_;
};

/// What of a venue's state is new: it was not told before, or it was told otherwise.
class VenueStatusNews {
public:
  /// @param statuses all that hold now. A shard that was told and is not among them is down.
  std::vector<VenueStatus> take(std::vector<VenueStatus> statuses, Timestamp now);
  /// What was told last, the whole first.
  [[nodiscard]] std::vector<VenueStatus> told() const;

private:
  std::map<std::optional<std::int32_t>, VenueStatus> told_;
};

} // namespace arbees
