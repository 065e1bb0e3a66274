#pragma once

#include <vector>

#include "tools/sim/grid.hpp"
#include "tools/sim/random.hpp"

namespace arbees::sim {

enum class BookSide : std::uint8_t { bid, ask };

struct LadderLevel {
  Price price;
  Quantity size;

  friend bool operator==(const LadderLevel&, const LadderLevel&) = default;
};

/// Best prices; a side is empty where the grid ends before the price its makers would pay.
struct TopOfBook {
  std::optional<Price> bid{};
  std::optional<Price> ask{};
};

/// One level's new size, zero if it is gone.
struct LevelChange {
  BookSide side = BookSide::bid;
  Price price;
  Quantity size;
};

/// What the simulated makers want to show in one book. It never crosses, holds only prices of the
/// grid, and does not know about the orders of clients, so it is the same on every run.
class Ladder {
public:
  explicit Ladder(const Grid& grid) : grid_(&grid) {}

  [[nodiscard]] const std::vector<LadderLevel>& side(BookSide side) const; ///< best first
  [[nodiscard]] const Grid& grid() const { return *grid_; }

  /// Best prices for a mid and half spread: rounded away from the mid, at least a tick apart.
  [[nodiscard]] TopOfBook top_for(double mid, double half_spread) const;

  /// Moves to new best prices. Returns the changes, removals first, so that nobody who applies them
  /// one by one ever sees a crossed book.
  std::vector<LevelChange> quote(TopOfBook top, Random& random);

  /// Gives one level a new size. @pre the level exists
  LevelChange resize(BookSide side, std::size_t level, Quantity size);

  /// Empties the book.
  std::vector<LevelChange> clear();

  /// Goes on with another grid; clear() comes first.
  void change_grid(const Grid& grid);

private:
  std::vector<LadderLevel>& levels(BookSide side);
  [[nodiscard]] std::vector<Price> wanted(BookSide side, std::optional<Price> best) const;

  const Grid* grid_;
  std::vector<LadderLevel> bids_; ///< best first
  std::vector<LadderLevel> asks_; ///< best first
};

} // namespace arbees::sim
