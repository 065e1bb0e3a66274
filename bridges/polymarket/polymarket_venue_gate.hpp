#pragma once

#include <optional>
#include <string>

#include "actors/messages/account.hpp"
#include "bridges/net/order_answer.hpp"

namespace arbees {

/// Whether Polymarket takes orders now, as its own answers tell (venues/polymarket.md 3.5, 3.7):
/// the one source of what is refused here, at once and with a reason, and of what others are told
/// of the venue. Every pause ends by time, so that some order asks again; but not that of a refusal
/// that only a person can mend.
class PolymarketVenueGate {
public:
  /// The venue as others see it; the reason is empty if it is open.
  struct Standing {
    VenueState state = VenueState::open;
    std::string reason;

    bool operator==(const Standing&) const = default;
  };

  /// The reason why `order` must not be sent; nothing if it may. Orders that mend an open pair are
  /// let through whatever is only suspected, and through a refusal of the account: they are tried.
  [[nodiscard]] std::optional<std::string> why_not(const OrderIntent& order, Timestamp now) const;

  /// Learns from an answer to an order.
  void learn(const OrderAnswer& answer, Timestamp now);
  /// The venue answered something, or nothing.
  void reached() { unreachable_.clear(); }
  void unreached(std::string why) { unreachable_ = std::move(why); }
  /// What it says of the place where we are: the country if it is blocked, else nothing.
  void learn_place(std::optional<std::string> blocked_country);
  /// What it says of the account.
  void learn_closed_only(bool closed_only) { closed_only_ = closed_only; }
  /// Why no exchange may move the account's money; empty if one may.
  void learn_allowance(std::string missing) { no_allowance_ = std::move(missing); }

  [[nodiscard]] Standing standing(Timestamp now) const;
  /// When the standing changes although nothing happens.
  [[nodiscard]] std::optional<Timestamp> next_change(Timestamp now) const;

  /// What the venue is known to be in, for counters: 0 is as usual, else 1 + VenueMode.
  [[nodiscard]] int mode(Timestamp now) const;
  /// Why orders are refused until a person has acted; empty if they are not.
  [[nodiscard]] std::string refusal() const;

private:
  void pause(std::string why, std::optional<Duration> asked, Duration least, Timestamp now);

  std::string why_;
  std::optional<VenueMode> mode_;
  Timestamp until_;
  Timestamp post_only_until_; ///< what follows a restart
  bool refused_ = false;      ///< the pause is one of a refusal that may pass
  int repeats_ = 0;           ///< of pauses in a row
  std::string refusal_;
  std::string place_;
  bool closed_only_ = false;
  std::string no_allowance_;
  std::string unreachable_;
};

} // namespace arbees
