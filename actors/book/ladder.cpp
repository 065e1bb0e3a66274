#include "actors/book/ladder.hpp"

#include <algorithm>

namespace arbees {

namespace {

constexpr std::size_t usual_levels = 100;

/// True if `a` stands before `b`, further from the top.
bool worse(BookSide side, Price a, Price b) {
  return side == BookSide::bid ? a < b : a > b;
}

bool possible(Quantity total) {
  return total >= Quantity{0} && total <= Ladder::largest_total;
}

} // namespace

Ladder::Ladder() {
  bids_.reserve(usual_levels);
  asks_.reserve(usual_levels);
}

void Ladder::clear() {
  bids_.clear();
  asks_.clear();
}

bool Ladder::replace(std::span<const Level> bids, std::span<const Level> asks) {
  if (fill(bids_, BookSide::bid, bids) && fill(asks_, BookSide::ask, asks)) {
    return true;
  }
  clear();
  return false;
}

bool Ladder::fill(Levels& levels, BookSide side, std::span<const Level> from) {
  levels.clear();
  for (const auto& level : from) {
    if (!possible(level.quantity)) {
      return false;
    }
    if (level.quantity > Quantity{0}) {
      levels.push_back(level);
    }
  }
  std::sort(levels.begin(), levels.end(),
            [side](const Level& a, const Level& b) { return worse(side, a.price, b.price); });
  return std::adjacent_find(levels.begin(), levels.end(),
                            [](const Level& a, const Level& b) { return a.price == b.price; })
         == levels.end();
}

bool Ladder::apply_delta(BookSide side, Price price, Quantity change) {
  auto& levels = of(side);
  const auto place = find(levels, side, price);
  const auto present =
    place != levels.end() && place->price == price ? place->quantity : Quantity{0};
  std::int64_t total = 0;
  if (__builtin_add_overflow(present.value(), change.value(), &total)
      || !possible(Quantity{total})) {
    return false;
  }
  put(levels, place, {price, Quantity{total}});
  return true;
}

bool Ladder::set_level(BookSide side, Price price, Quantity total) {
  if (!possible(total)) {
    return false;
  }
  auto& levels = of(side);
  put(levels, find(levels, side, price), {price, total});
  return true;
}

void Ladder::put(Levels& levels, Levels::iterator place, const Level& level) {
  const auto exists = place != levels.end() && place->price == level.price;
  if (level.quantity == Quantity{0}) {
    if (exists) {
      levels.erase(place);
    }
  } else if (exists) {
    place->quantity = level.quantity;
  } else {
    levels.insert(place, level);
  }
}

/// The level at `price`, or where it would stand. Most changes are near the top, so the search
/// begins there and gallops: a few comparisons, all in one cache line.
Ladder::Levels::iterator Ladder::find(Levels& levels, BookSide side, Price price) {
  constexpr std::ptrdiff_t near_top = 8;
  const auto before = [side](const Level& level, Price wanted) {
    return worse(side, level.price, wanted);
  };
  if (const auto size = std::ssize(levels); size > near_top) {
    const auto middle = levels.end() - near_top;
    if (!worse(side, middle->price, price)) {
      return std::lower_bound(levels.begin(), middle, price, before);
    }
    return std::lower_bound(middle, levels.end(), price, before);
  }
  return std::lower_bound(levels.begin(), levels.end(), price, before);
}

std::optional<Level> Ladder::best(BookSide side) const {
  const auto& levels = of(side);
  return levels.empty() ? std::nullopt : std::optional{levels.back()};
}

Quantity Ladder::at(BookSide side, Price price) const {
  const auto& levels = of(side);
  const auto place =
    std::lower_bound(levels.begin(), levels.end(), price, [side](const Level& level, Price wanted) {
      return worse(side, level.price, wanted);
    });
  return place != levels.end() && place->price == price ? place->quantity : Quantity{0};
}

Depth Ladder::depth(BookSide side) const {
  const auto& levels = of(side);
  Depth depth;
  for (auto level = levels.rbegin(); level != levels.rend() && !depth.full(); ++level) {
    depth.push_back(*level);
  }
  return depth;
}

bool Ladder::crossed() const {
  return !bids_.empty() && !asks_.empty() && bids_.back().price >= asks_.back().price;
}

std::span<const Level> Ladder::levels(BookSide side) const {
  return of(side);
}

const Ladder::Levels& Ladder::of(BookSide side) const {
  return side == BookSide::bid ? bids_ : asks_;
}

Ladder::Levels& Ladder::of(BookSide side) {
  return side == BookSide::bid ? bids_ : asks_;
}

} // namespace arbees
