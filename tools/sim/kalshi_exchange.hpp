#pragma once

#include <optional>

#include "tools/sim/engine.hpp"
#include "tools/sim/http.hpp"

// The exchange's own calendar and fees (fact sheet kalshi, sections 5.1, 6, 8).

namespace arbees::sim {

/// GET /exchange/schedule: sessions in US Eastern time, and the next maintenance windows.
HttpReply exchange_schedule(UnixSeconds now);

/// When the weekly maintenance ends that is on at `now`, Thursdays from 03:00 to 05:00 Eastern.
std::optional<UnixSeconds> maintenance_until(UnixSeconds now);

/// GET /series/fee_changes and /events/fee_changes: what is to come, and on demand what was.
HttpReply series_fee_changes(const Engine& engine, const HttpRequest& request);
HttpReply event_fee_changes(const Engine& engine, const HttpRequest& request);

/// What fills of a market of `event` pay at this moment.
KalshiFee fee_of(const Engine& engine, const KalshiEvent& event);
/// What a series charges at this moment, its events' own fees apart.
KalshiFee fee_of(const Engine& engine, const KalshiSeries& series);

} // namespace arbees::sim
