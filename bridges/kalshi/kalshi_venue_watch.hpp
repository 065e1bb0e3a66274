#pragma once

#include "bridges/kalshi/kalshi_reads.hpp"
#include "bridges/kalshi/kalshi_venue_state.hpp"

namespace arbees {

struct KalshiVenueWatchConfig {
  KalshiVenueConfig rules;
  Duration status_every = std::chrono::seconds{5};
  Duration schedule_every = std::chrono::hours{1};
  Duration attestation_every = std::chrono::hours{1};
  Duration attestation_warning = std::chrono::hours{7 * 24};
};

/// Keeps a KalshiVenueState true: reads the venue's status, its schedule and our attestation, and
/// tells each change, those that only time brings included. On the network thread.
class KalshiVenueWatch : public std::enable_shared_from_this<KalshiVenueWatch> {
public:
  using OnStatus = std::function<void(const VenueStatus&)>;

  KalshiVenueWatch(std::shared_ptr<KalshiReads> reads, std::shared_ptr<KalshiVenueState> venue,
                   KalshiVenueWatchConfig config, OnStatus on_status);

  void tick(Timestamp now);
  /// Calls no event any more.
  void stop() { on_status_ = {}; }
  /// An answer told that the venue is not as it was: reads its status with the next tick.
  void doubt() { status_at_ = {}; }

  /// What was told last.
  [[nodiscard]] std::vector<VenueStatus> told() const { return news_.told(); }
  [[nodiscard]] std::map<std::string, std::int64_t> metrics() const;

private:
  void read_status();
  void read_schedule();
  void read_attestation();
  void learn(const KalshiAttestation& attestation);
  void warn_of_expiry(Timestamp now);
  void tell(Timestamp now);

  std::shared_ptr<KalshiReads> reads_;
  std::shared_ptr<KalshiVenueState> venue_;
  KalshiVenueWatchConfig config_;
  OnStatus on_status_;
  VenueStatusNews news_;
  std::size_t status_lane_ = 0;
  Timestamp status_at_; ///< when it is due
  Timestamp schedule_at_;
  Timestamp attestation_at_;
  Timestamp warned_at_;
  std::map<std::string, std::int64_t> counters_;
};

} // namespace arbees
