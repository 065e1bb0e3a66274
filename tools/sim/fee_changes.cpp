#include "tools/sim/fee_changes.hpp"

#include <algorithm>

#include "tools/sim/slate.hpp"

namespace arbees::sim {

namespace {

template <class Change>
void insert_by_time(std::vector<Change>& all, Change change) {
  const auto behind = std::ranges::upper_bound(all, change.at_ms, {}, &Change::at_ms);
  all.insert(behind, std::move(change));
}

/// The latest change of `ticker` that is due, or null.
const KalshiFeeChange*
latest(const std::vector<KalshiFeeChange>& all, std::string_view ticker, UnixMillis now_ms) {
  const KalshiFeeChange* found = nullptr;
  for (const auto& change : all) {
    if (change.ticker == ticker && change.at_ms <= now_ms) {
      found = &change;
    }
  }
  return found;
}

} // namespace

int maker_percent(std::string_view fee_type) {
  return fee_type == "quadratic_with_maker_fees"         ? 25
         : fee_type == "quadratic_with_combo_maker_fees" ? 50
                                                         : 0;
}

KalshiFeeChange
FeeChanges::make(std::string ticker, std::optional<KalshiFee> fee, UnixMillis at_ms) const {
  Random random{(series_.size() + events_.size() + 1) * 32'452'843};
  return {
    .id = make_uuid(random), .ticker = std::move(ticker), .fee = std::move(fee), .at_ms = at_ms};
}

void FeeChanges::change_series(std::string ticker, KalshiFee fee, UnixMillis at_ms) {
  insert_by_time(series_, make(std::move(ticker), std::move(fee), at_ms));
}

void FeeChanges::change_event(std::string ticker, std::optional<KalshiFee> fee, UnixMillis at_ms) {
  insert_by_time(events_, make(std::move(ticker), std::move(fee), at_ms));
}

void FeeChanges::change_poly(int market, int rate_ppm, UnixMillis at_ms) {
  insert_by_time(poly_, PolyChange{.market = market, .rate_ppm = rate_ppm, .at_ms = at_ms});
}

KalshiFee
FeeChanges::series(std::string_view ticker, int listed_multiplier_milli, UnixMillis now_ms) const {
  const auto* const change = latest(series_, ticker, now_ms);
  return change != nullptr ? *change->fee : KalshiFee{.multiplier_milli = listed_multiplier_milli};
}

std::optional<KalshiFee> FeeChanges::event(std::string_view ticker, UnixMillis now_ms) const {
  const auto* const change = latest(events_, ticker, now_ms);
  return change != nullptr ? change->fee : std::nullopt;
}

int FeeChanges::poly_rate_ppm(int market, UnixMillis now_ms) const {
  auto rate = poly_sports_rate_ppm;
  for (const auto& change : poly_) {
    if (change.market == market && change.at_ms <= now_ms) {
      rate = change.rate_ppm;
    }
  }
  return rate;
}

} // namespace arbees::sim
