#include "bridges/net/order_answer.hpp"

namespace arbees {

std::string_view to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::taken:
      return "taken";
    case Verdict::no_fill:
      return "no_fill";
    case Verdict::rejected:
      return "rejected";
    case Verdict::duplicate:
      return "duplicate";
    case Verdict::paused:
      return "paused";
    case Verdict::retry_later:
      return "retry_later";
    case Verdict::unknown:
      return "unknown";
    case Verdict::fatal:
      return "fatal";
  }
  return "unknown";
}

OrderReport to_report(const OrderAnswer& answer, const OrderIntent& order, Timestamp sent_at,
                      Timestamp reported_at) {
  return {.pair = order.pair,
          .leg = order.leg,
          .client_order_id = order.client_order_id,
          .venue_order_id = answer.venue_order_id,
          .market = order.market,
          .venue = order.ref.venue,
          .side = order.side,
          .action = order.action,
          .status = answer.status,
          .filled = answer.filled,
          .notional = answer.notional,
          .fee = answer.fee,
          .reason = answer.reason,
          .sent_at = sent_at,
          .reported_at = reported_at};
}

} // namespace arbees
