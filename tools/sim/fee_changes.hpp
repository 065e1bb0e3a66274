#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tools/sim/calendar.hpp"

namespace arbees::sim {

/// What a series or an event of Kalshi charges (fact sheet kalshi, section 6).
struct KalshiFee {
  std::string type = "quadratic_with_maker_fees";
  int multiplier_milli = 1000; ///< fee_multiplier x 1000
};

/// What a maker pays of the taker's fee, in percent. Types that this simulator does not know take
/// nothing from makers.
int maker_percent(std::string_view fee_type);

/// A change of fees at a moment of the venue's clock.
struct KalshiFeeChange {
  std::string id{};               ///< UUID
  std::string ticker{};           ///< of a series, or of an event whose fees override its series
  std::optional<KalshiFee> fee{}; ///< nothing: the event follows its series again
  UnixMillis at_ms = 0;
};

/// Polymarket's taker rate before any change, in millionths: 0.05.
inline constexpr int poly_sports_rate_ppm = 50'000;

/// All changes of fees, past and to come. The latest one that is due holds.
class FeeChanges {
public:
  void change_series(std::string ticker, KalshiFee fee, UnixMillis at_ms);
  void change_event(std::string ticker, std::optional<KalshiFee> fee, UnixMillis at_ms);
  void change_poly(int market, int rate_ppm, UnixMillis at_ms);

  /// What `series` charges at `now_ms`. @param listed before any change
  [[nodiscard]] KalshiFee
  series(std::string_view ticker, int listed_multiplier_milli, UnixMillis now_ms) const;
  /// What `event` charges by itself; nothing if it follows its series.
  [[nodiscard]] std::optional<KalshiFee> event(std::string_view ticker, UnixMillis now_ms) const;
  [[nodiscard]] int poly_rate_ppm(int market, UnixMillis now_ms) const;

  [[nodiscard]] const std::vector<KalshiFeeChange>& of_series() const { return series_; }
  [[nodiscard]] const std::vector<KalshiFeeChange>& of_events() const { return events_; }

private:
  struct PolyChange {
    int market = 0;
    int rate_ppm = 0;
    UnixMillis at_ms = 0;
  };

  [[nodiscard]] KalshiFeeChange
  make(std::string ticker, std::optional<KalshiFee> fee, UnixMillis at_ms) const;

  std::vector<KalshiFeeChange> series_; ///< by time, of equal times in the order of calls
  std::vector<KalshiFeeChange> events_;
  std::vector<PolyChange> poly_;
};

} // namespace arbees::sim
