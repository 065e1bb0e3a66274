#pragma once

#include <optional>
#include <string>

#include "bridges/net/order_answer.hpp"

namespace arbees {

/// Whether Polymarket takes orders now, as its own answers tell (venues/polymarket.md 3.5, 3.7). An
/// order that it would refuse is refused here, at once and with a reason. Every pause ends by time,
/// so that some order asks again; but not that of a refusal that only a person can mend.
class PolymarketVenueGate {
public:
  /// The reason why `order` must not be sent; nothing if it may. Orders that mend an open pair are
  /// let through a refusal of the account: they are tried whatever it says.
  [[nodiscard]] std::optional<std::string> why_not(const OrderIntent& order, Timestamp now) const;

  /// Learns from an answer to an order.
  void learn(const OrderAnswer& answer, Timestamp now);

  /// What the venue is known to be in, for counters: 0 is as usual, else 1 + VenueMode.
  [[nodiscard]] int mode(Timestamp now) const;
  /// Why orders are refused until a person has acted; empty if they are not.
  [[nodiscard]] const std::string& refusal() const { return refusal_; }

private:
  void pause(std::string why, std::optional<Duration> asked, Duration least, Timestamp now);

  std::string why_;
  std::optional<VenueMode> mode_;
  Timestamp until_;
  int repeats_ = 0; ///< of pauses in a row
  std::string refusal_;
};

} // namespace arbees
