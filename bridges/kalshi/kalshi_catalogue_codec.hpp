#pragma once

#include <caf/expected.hpp>
#include <map>

#include "actors/messages/errors.hpp"
#include "actors/messages/listing.hpp"

namespace arbees {

/// A series' fees (venues/kalshi.md section 6).
struct KalshiSeriesFees {
  std::string type;
  std::int64_t multiplier_ppm = 1'000'000;
};

struct KalshiSeries {
  std::string ticker;
  KalshiSeriesFees fees;
};

struct KalshiEventsPage {
  std::vector<VenueEvent> events;
  std::string cursor;                          ///< of the next page; empty: this was the last
  std::map<std::string, std::int64_t> dropped; ///< events and markets left out, by reason
};

/// The schedule that a fee type and multiplier mean; nothing for a type nobody knows.
std::optional<FeeSchedule>
kalshi_fee_schedule(const KalshiSeriesFees& fees, std::string source, Timestamp effective_from);

/// Decodes `GET /series/{ticker}`. @returns Errc::bad_frame
caf::expected<KalshiSeries> decode_kalshi_series(std::string_view text);

/// Decodes `GET /events?with_nested_markets=true&with_milestones=true` (venues/kalshi.md 5.1).
/// An event's own fees beat those of its series; without either its markets have none.
/// @returns Errc::bad_frame if it is no page of events
caf::expected<KalshiEventsPage>
decode_kalshi_events(std::string_view text, const std::map<std::string, KalshiSeriesFees>& fees,
                     Timestamp fetched_at);

} // namespace arbees
