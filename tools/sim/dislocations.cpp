#include "tools/sim/dislocations.hpp"

#include "tools/sim/price_model.hpp"

namespace arbees::sim {

namespace {

constexpr double least_edge = 0.01;
constexpr double greatest_edge = 0.06;
constexpr double search_step = 0.001;

TopOfBook mirrored(const TopOfBook& top) {
  TopOfBook other;
  if (top.ask) {
    other.bid = complement(*top.ask);
  }
  if (top.bid) {
    other.ask = complement(*top.bid);
  }
  return other;
}

/// The venue's best prices for the home team if its mid is shifted by `offset`.
TopOfBook home_top(const Quoter& quoter, double offset) {
  const auto mid = quoter.mid + offset;
  const auto top = quoter.ladder->top_for(quoter.home ? mid : 1 - mid, quoter.half_spread);
  return quoter.home ? top : mirrored(top);
}

} // namespace

double edge_after_fees(Price bid, Venue bid_venue, Price ask, Venue ask_venue, League league) {
  const auto yes = ask.value() / 10'000.0;
  const auto no = 1 - bid.value() / 10'000.0;
  return 1 - yes - no - taker_fee(ask_venue, league, yes) - taker_fee(bid_venue, league, no);
}

std::optional<Dislocation> shape_dislocation(const Quoter& wrong, const Quoter& right, double sign,
                                             double target, double limit, League league) {
  const auto fair = home_top(right, 0);
  for (auto shift = search_step; shift <= limit; shift += search_step) {
    const auto top = home_top(wrong, sign * shift);
    const auto& bid = sign > 0 ? top.bid : fair.bid;
    const auto& ask = sign > 0 ? fair.ask : top.ask;
    if (!bid || !ask) {
      return std::nullopt;
    }
    const auto edge = edge_after_fees(*bid, sign > 0 ? wrong.venue : right.venue, *ask,
                                      sign > 0 ? right.venue : wrong.venue, league);
    if (edge > greatest_edge) {
      return std::nullopt;
    }
    if (edge >= target && edge >= least_edge) {
      return Dislocation{.venue = wrong.venue, .offset = sign * shift, .edge = edge};
    }
  }
  return std::nullopt;
}

} // namespace arbees::sim
