#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "bridges/polymarket/polymarket_order_client.hpp"
#include "bridges/polymarket/polymarket_venue_gate.hpp"
#include "bridges/polymarket/polymarket_worker.hpp"

namespace arbees {

struct PolymarketVenueWatchConfig {
  Duration keep_ready_period = std::chrono::seconds{20};
  Duration place_period = std::chrono::minutes{10}; ///< of the geoblock and the account's ban
  Duration down_retry = std::chrono::seconds{1};    ///< of a venue that does not answer
};

/// Whether the venue answers, and lets this place and this account trade: asks for it, teaches the
/// gate, and tells how the venue stands. All of it runs on the worker's thread. To be held by a
/// shared pointer.
class PolymarketVenueWatch : public std::enable_shared_from_this<PolymarketVenueWatch> {
public:
  /// @param gate must outlive the watch's work
  /// @param admitted_at when place and account were last asked for
  /// @param told each change of the venue's standing
  /// @param learned is called after each answer
  PolymarketVenueWatch(const Clock& clock, std::shared_ptr<Worker> worker,
                       std::shared_ptr<PolymarketOrderClient> client, PolymarketVenueGate& gate,
                       PolymarketVenueWatchConfig config, Timestamp admitted_at,
                       std::function<void(const VenueStatus&)> told, std::function<void()> learned);

  void tick(Timestamp now);
  /// Asks whether the venue answers at all; again soon as long as it does not.
  void keep_ready();
  /// An order goes out: its connection need not be kept open for a while.
  void line_used(Timestamp now) { last_use_ = now; }

  /// Tells how the venue stands, if that has changed, and sees to it that a pause that ends by time
  /// is told as well.
  void tell_standing();
  [[nodiscard]] VenueStatus status() const;

private:
  void check_admission();
  void on_ready(const caf::error& error);

  const Clock& clock_;
  std::shared_ptr<Worker> worker_;
  std::shared_ptr<PolymarketOrderClient> client_;
  PolymarketVenueGate& gate_;
  PolymarketVenueWatchConfig config_;
  std::function<void(const VenueStatus&)> told_;
  std::function<void()> learned_;
  boost::asio::steady_timer gate_timer_;
  boost::asio::steady_timer ready_timer_;
  PolymarketVenueGate::Standing standing_{VenueState::down, "starting"};
  Timestamp standing_at_;
  std::optional<Timestamp> next_standing_; ///< what its timer waits for
  Timestamp last_use_;                     ///< of the connection for orders
  Timestamp last_admission_;
  bool asking_ready_ = false;
};

} // namespace arbees
