#pragma once

#include <optional>
#include <string>

#include "actors/messages/order.hpp"

namespace arbees {

/// What a venue's answer to a create, amend or cancel means for what we do next. Both venues'
/// errors (venues/kalshi.md 5.7, venues/polymarket.md 3.5) fall into these.
enum class Verdict : std::uint8_t {
  taken,       ///< done as asked; OrderAnswer::status says how far
  no_fill,     ///< killed because nothing could be matched: an outcome, not a fault
  rejected,    ///< not executed; the same again would be refused again
  duplicate,   ///< the venue has an order of this id: look it up, never send another
  paused,      ///< not executed; the venue or the market takes no such order now
  retry_later, ///< not executed; may be sent again after a while
  unknown,     ///< may or may not have been executed: look it up
  fatal,       ///< key, account, place or client are refused: stop, a person must act
};

std::string_view to_string(Verdict verdict);

/// What an answer says about the venue as a whole.
enum class VenueMode : std::uint8_t { restarting, closed, cancel_only, post_only };

/// How an OrderReport states an order of which the answer says no more than `verdict`.
constexpr OrderStatus status_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::taken:
      return OrderStatus::accepted;
    case Verdict::no_fill:
      return OrderStatus::unfilled;
    case Verdict::rejected:
    case Verdict::paused:
    case Verdict::retry_later:
    case Verdict::fatal:
      return OrderStatus::rejected;
    case Verdict::duplicate:
    case Verdict::unknown:
      break;
  }
  return OrderStatus::unknown;
}

/// A venue's answer to one order, decoded.
struct OrderAnswer {
  Verdict verdict = Verdict::unknown;
  OrderStatus status = OrderStatus::unknown;
  std::string venue_order_id; ///< empty if the answer names none
  Quantity filled;
  Quantity resting;
  Money notional; ///< of what is filled, without fees, as OrderReport::notional
  Money fee;
  std::vector<std::string> trades; ///< the venue's ids of the matches, if it gives them
  std::string reason;              ///< stable name or the venue's own text; empty if all is well
  std::optional<Duration> retry_after;
  std::optional<VenueMode> mode; ///< set if the answer tells that the venue is not as usual
};

/// The answer as the executor hears of it.
OrderReport to_report(const OrderAnswer& answer, const OrderIntent& order, Timestamp sent_at,
                      Timestamp reported_at);

/// A venue's answer to a cancel or amend.
struct CancelAnswer {
  Verdict verdict = Verdict::unknown;
  std::string venue_order_id;
  std::optional<Quantity> reduced_by;
  std::string reason;
  std::optional<Duration> retry_after;
  std::optional<VenueMode> mode;
};

} // namespace arbees
