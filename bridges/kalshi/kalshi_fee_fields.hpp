#pragma once

#include "bridges/kalshi/kalshi_fees.hpp"
#include "bridges/net/json_fields.hpp"

namespace arbees {

/// The fees that an event, or a change of one, has of its own. What is there and makes no sense is
/// a type or a multiplier that nobody knows.
inline KalshiFeeTerms kalshi_event_terms(const boost::json::object& event) {
  KalshiFeeTerms terms;
  if (field(event, "fee_type_override") != nullptr) {
    terms.type = text_field(event, "fee_type_override");
  }
  if (field(event, "fee_multiplier_override") != nullptr) {
    terms.multiplier_ppm = decimal_field(event, "fee_multiplier_override", 6).value_or(-1);
  }
  return terms;
}

} // namespace arbees
