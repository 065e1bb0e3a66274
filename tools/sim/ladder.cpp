#include "tools/sim/ladder.hpp"

#include <algorithm>
#include <cassert>

namespace arbees::sim {

namespace {

constexpr std::size_t depth = 6;
constexpr Price level_gap{50}; ///< between levels where the tick is finer

/// Contracts on a level, in steps of 0.01: more of them further from the mid.
Quantity draw_size(Random& random, std::size_t level) {
  const auto contracts = random.range(20, 300) * (1 + static_cast<int>(level) / 2);
  const auto hundredths = random.chance(0.2) ? random.range(1, 99) : 0;
  return Quantity{contracts * quantity_per_contract + hundredths * quantity_per_contract / 100};
}

} // namespace

const std::vector<LadderLevel>& Ladder::side(BookSide side) const {
  return side == BookSide::bid ? bids_ : asks_;
}

std::vector<LadderLevel>& Ladder::levels(BookSide side) {
  return side == BookSide::bid ? bids_ : asks_;
}

TopOfBook Ladder::top_for(double mid, double half_spread) const {
  TopOfBook top{grid_->at_or_below(mid - half_spread), grid_->at_or_above(mid + half_spread)};
  if (top.bid && top.ask && *top.bid >= *top.ask) {
    const auto above = grid_->above(*top.bid);
    top.ask = above > *top.bid ? std::optional{above} : std::nullopt;
  }
  return top;
}

std::vector<Price> Ladder::wanted(BookSide side, std::optional<Price> best) const {
  if (!best) {
    return {};
  }
  std::vector<Price> prices{*best};
  while (prices.size() < depth) {
    const auto last = prices.back();
    // Deeper levels keep to round prices: where the tick is fine, a small move changes only the
    // top.
    const auto gap = level_gap.value();
    const auto down = (last.value() - 1) / gap * gap;
    const auto up = (last.value() / gap + 1) * gap;
    const auto next = side == BookSide::bid ? grid_->at_or_below(down / 10'000.0)
                                            : grid_->at_or_above(up / 10'000.0);
    if (!next) {
      break;
    }
    prices.push_back(*next);
  }
  return prices;
}

std::vector<LevelChange> Ladder::quote(TopOfBook top, Random& random) {
  std::vector<LevelChange> changes;
  const auto bids = wanted(BookSide::bid, top.bid);
  const auto asks = wanted(BookSide::ask, top.ask);
  const auto remove = [&](BookSide side, const std::vector<Price>& keep) {
    std::erase_if(levels(side), [&](const LadderLevel& level) {
      const auto gone = std::ranges::find(keep, level.price) == keep.end();
      if (gone) {
        changes.push_back({side, level.price, Quantity{0}});
      }
      return gone;
    });
  };
  const auto add = [&](BookSide side, const std::vector<Price>& prices) {
    for (std::size_t i = 0; i < prices.size(); ++i) {
      auto& all = levels(side);
      if (i < all.size() && all[i].price == prices[i]) {
        continue;
      }
      const LadderLevel level{prices[i], draw_size(random, i)};
      all.insert(all.begin() + static_cast<std::ptrdiff_t>(i), level);
      changes.push_back({side, level.price, level.size});
    }
  };
  remove(BookSide::bid, bids);
  remove(BookSide::ask, asks);
  add(BookSide::bid, bids);
  add(BookSide::ask, asks);
  return changes;
}

LevelChange Ladder::resize(BookSide side, std::size_t level, Quantity size) {
  auto& all = levels(side);
  assert(level < all.size());
  const LevelChange change{side, all[level].price, size};
  if (size == Quantity{0}) {
    all.erase(all.begin() + static_cast<std::ptrdiff_t>(level));
  } else {
    all[level].size = size;
  }
  return change;
}

std::vector<LevelChange> Ladder::clear() {
  std::vector<LevelChange> changes;
  for (const auto side : {BookSide::bid, BookSide::ask}) {
    for (const auto& level : levels(side)) {
      changes.push_back({side, level.price, Quantity{0}});
    }
    levels(side).clear();
  }
  return changes;
}

void Ladder::change_grid(const Grid& grid) {
  assert(bids_.empty() && asks_.empty());
  grid_ = &grid;
}

} // namespace arbees::sim
