#pragma once

#include <caf/expected.hpp>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "actors/messages/errors.hpp"
#include "actors/messages/market.hpp"

// Kalshi's fees as dated data: what a series or an event charges, what is announced, and what holds
// at a given moment (venues/kalshi.md section 6).

namespace arbees {

/// A series' fees.
struct KalshiSeriesFees {
  std::string type;
  std::int64_t multiplier_ppm = 1'000'000;
  Timestamp read_at{}; ///< when the venue told them
};

/// Fees as they are written: of an event, what is absent is as in its series.
struct KalshiFeeTerms {
  std::optional<std::string> type;
  std::optional<std::int64_t> multiplier_ppm; ///< below 0: not understood

  bool operator==(const KalshiFeeTerms&) const = default;
};

/// The terms of a series or of an event from `at` on.
struct KalshiFeeChange {
  std::string ticker; ///< of the series, or of the event
  std::string series; ///< the event's, or the series itself
  KalshiFeeTerms terms;
  Timestamp at;
};

/// Announced changes by ticker, each list by time.
struct KalshiFeeChanges {
  std::map<std::string, std::vector<KalshiFeeChange>> series;
  std::map<std::string, std::vector<KalshiFeeChange>> events;
};

/// The schedule that a fee type and multiplier mean; nothing for a type nobody knows.
std::optional<FeeSchedule>
kalshi_fee_schedule(const KalshiSeriesFees& fees, std::string source, Timestamp effective_from);

/// An event's own terms, as its series' page or a change writes them under
/// `fee_type_override` and `fee_multiplier_override`.
struct KalshiEventFees {
  std::string ticker;
  std::string series;
  KalshiFeeTerms terms;
  Timestamp read_at;
};

/// What the event's markets charge at `now`. What was read holds until a change that came into
/// force after the reading; the event's own terms beat those of its series.
/// @param series as read, null if it never was
/// @returns nothing if what is in force is not known or not understood: not tradable
std::optional<FeeSchedule>
fees_in_force(const KalshiSeriesFees* series, const KalshiEventFees& event,
              const KalshiFeeChanges& changes, Timestamp now);

/// When the next change after `now` comes into force.
std::optional<Timestamp> next_fee_change(const KalshiFeeChanges& changes, Timestamp now);

/// Takes a new reading of one ticker's changes. Those that have come into force and are not in it
/// stay, unless the fees were read again since.
/// @param read_at of the ticker's fees
void take_fee_changes(std::vector<KalshiFeeChange>& known, std::vector<KalshiFeeChange> read,
                      Timestamp read_at, Timestamp now);

struct KalshiFeeChangesPage {
  std::vector<KalshiFeeChange> changes;
  std::string cursor;       ///< of the next page; empty: this was the last
  std::int64_t dropped = 0; ///< rows without a ticker or a time
};

// A row with a ticker and a time whose fees are not understood is a change to fees that nobody
// knows: from then on there is no trading.

/// Decodes `GET /series/fee_changes`. @returns Errc::bad_frame
caf::expected<KalshiFeeChangesPage> decode_kalshi_series_fee_changes(std::string_view text);
/// Decodes `GET /events/fee_changes`. @returns Errc::bad_frame
caf::expected<KalshiFeeChangesPage> decode_kalshi_event_fee_changes(std::string_view text);

} // namespace arbees
