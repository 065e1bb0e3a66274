#include "tools/sim/grid.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <map>

namespace arbees::sim {

Grid::Grid(std::vector<PriceRange> ranges) : ranges_(std::move(ranges)) {
  for (const auto& range : ranges_) {
    for (auto at = range.start.value(); at <= range.end.value(); at += range.step.value()) {
      if (tradable(Price{at})) {
        prices_.emplace_back(at);
      }
    }
  }
  std::ranges::sort(prices_);
  const auto repeated = std::ranges::unique(prices_);
  prices_.erase(repeated.begin(), repeated.end());
  assert(!prices_.empty());
}

bool Grid::contains(Price price) const {
  return std::ranges::binary_search(prices_, price);
}

std::optional<Price> Grid::at_or_below(double probability) const {
  const Price limit{static_cast<Price::rep>(std::floor(probability * 10'000 + 1e-6))};
  const auto after = std::ranges::upper_bound(prices_, limit);
  return after == prices_.begin() ? std::nullopt : std::optional{*std::prev(after)};
}

std::optional<Price> Grid::at_or_above(double probability) const {
  const Price limit{static_cast<Price::rep>(std::ceil(probability * 10'000 - 1e-6))};
  const auto found = std::ranges::lower_bound(prices_, limit);
  return found == prices_.end() ? std::nullopt : std::optional{*found};
}

Price Grid::above(Price price) const {
  const auto found = std::ranges::upper_bound(prices_, price);
  return found == prices_.end() ? prices_.back() : *found;
}

std::string_view name(PriceStructure structure) {
  switch (structure) {
    case PriceStructure::linear_cent:
      return "linear_cent";
    case PriceStructure::deci_cent:
      return "deci_cent";
    case PriceStructure::tapered_deci_cent:
      return "tapered_deci_cent";
  }
  return "";
}

const Grid& kalshi_grid(PriceStructure structure) {
  static const Grid linear{{{price_zero, price_one, Price{100}}}};
  static const Grid deci{{{price_zero, price_one, Price{10}}}};
  static const Grid tapered{{{price_zero, Price{1000}, Price{10}},
                             {Price{1000}, Price{9000}, Price{100}},
                             {Price{9000}, price_one, Price{10}}}};
  switch (structure) {
    case PriceStructure::deci_cent:
      return deci;
    case PriceStructure::tapered_deci_cent:
      return tapered;
    case PriceStructure::linear_cent:
      break;
  }
  return linear;
}

const Grid& polymarket_grid(Price tick) {
  static const std::map<Price, Grid> grids = [] {
    std::map<Price, Grid> all;
    for (const auto step : {1, 10, 25, 50, 100, 1000}) {
      all.emplace(Price{step}, Grid{{{price_zero, price_one, Price{step}}}});
    }
    return all;
  }();
  return grids.at(tick);
}

} // namespace arbees::sim
