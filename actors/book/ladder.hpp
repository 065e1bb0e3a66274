#pragma once

#include <optional>
#include <span>
#include <vector>

#include "actors/messages/book.hpp"
#include "actors/messages/feed.hpp"

namespace arbees {

/// One binary market's order book of full depth, in YES prices.
///
/// Each side is a flat vector sorted towards the best level at its end. Real books hold some tens
/// of levels and change near the top, so a change moves a few dozen bytes within one or two cache
/// lines, and the top 16 are one contiguous read. An array indexed by price would make the change
/// itself cheaper, but costs 160 KB a market, and finding the next level walks over empty prices.
/// Nothing is allocated once a side has had its largest number of levels.
class Ladder {
public:
  Ladder();

  void clear();

  /// Replaces everything; levels come in any order, empty ones are left out.
  /// @returns false, and the ladder is empty, if a price stands twice or a total is impossible
  [[nodiscard]] bool replace(std::span<const Level> bids, std::span<const Level> asks);

  /// Adds the signed `change` to the total at `price`; a total of zero removes the level.
  /// @returns false, and nothing has changed, if the total would be impossible: below zero or
  /// above `largest_total`
  [[nodiscard]] bool apply_delta(BookSide side, Price price, Quantity change);

  /// Makes `total` the total at `price`; zero removes the level.
  /// @returns false, and nothing has changed, if the total is impossible
  [[nodiscard]] bool set_level(BookSide side, Price price, Quantity total);

  [[nodiscard]] std::optional<Level> best(BookSide side) const;
  /// The total at `price`, zero if there is none.
  [[nodiscard]] Quantity at(BookSide side, Price price) const;
  /// The best levels, best first.
  [[nodiscard]] Depth depth(BookSide side) const;
  /// True if the best bid is not below the best ask.
  [[nodiscard]] bool crossed() const;
  /// All levels of one side, best last.
  [[nodiscard]] std::span<const Level> levels(BookSide side) const;

  /// No level can honestly hold more: a billion contracts.
  static constexpr Quantity largest_total{1'000'000'000 * quantity_per_contract};

private:
  using Levels = std::vector<Level>;

  [[nodiscard]] const Levels& of(BookSide side) const;
  [[nodiscard]] Levels& of(BookSide side);
  static Levels::iterator find(Levels& levels, BookSide side, Price price);
  static bool fill(Levels& levels, BookSide side, std::span<const Level> from);
  static void put(Levels& levels, Levels::iterator place, const Level& level);

  Levels bids_;
  Levels asks_;
};

} // namespace arbees
