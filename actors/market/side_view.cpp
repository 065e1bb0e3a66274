#include "actors/market/side_view.hpp"

namespace arbees {

namespace {

Depth levels_of(const BookUpdate& book, const Depth& depth, Side side) {
  Depth result;
  if (book.status != BookStatus::ok) {
    return result;
  }
  for (const auto& level : depth.levels()) {
    if (tradable(level.price) && level.quantity > Quantity{0}) {
      result.push_back({side == Side::yes ? level.price : complement(level.price), level.quantity});
    }
  }
  return result;
}

} // namespace

Depth buy_levels(const BookUpdate& book, Side side) {
  return levels_of(book, side == Side::yes ? book.asks : book.bids, side);
}

Depth sell_levels(const BookUpdate& book, Side side) {
  return levels_of(book, side == Side::yes ? book.bids : book.asks, side);
}

} // namespace arbees
