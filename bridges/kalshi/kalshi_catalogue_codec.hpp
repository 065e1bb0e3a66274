#pragma once

#include <caf/expected.hpp>
#include <map>

#include "actors/messages/errors.hpp"
#include "bridges/kalshi/kalshi_fees.hpp"
#include "bridges/net/catalogue_page.hpp"

namespace arbees {

struct KalshiSeries {
  std::string ticker;
  KalshiSeriesFees fees;
};

/// Decodes `GET /series/{ticker}`. @returns Errc::bad_frame
caf::expected<KalshiSeries> decode_kalshi_series(std::string_view text);

/// Decodes `GET /events?with_nested_markets=true&with_milestones=true` (venues/kalshi.md 5.1).
/// The markets' fees are those in force at `fetched_at`.
/// @returns Errc::bad_frame if it is no page of events
caf::expected<CataloguePage>
decode_kalshi_events(std::string_view text, const std::map<std::string, KalshiSeriesFees>& fees,
                     Timestamp fetched_at, const KalshiFeeChanges& changes = {});

} // namespace arbees
