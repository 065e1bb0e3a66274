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

} // namespace arbees
