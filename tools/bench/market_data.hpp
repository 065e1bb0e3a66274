#pragma once

#include <array>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "actors/messages/book.hpp"
#include "actors/messages/feed.hpp"

namespace arbees::bench {

/// One change of one level, in YES prices.
struct Change {
  std::size_t market = 0;
  BookSide side = BookSide::bid;
  Price price;
  Quantity before;
  Quantity after;
  std::array<Price, 2> tops; ///< best bid and ask after it
};

/// Plain books, kept by std::map: what the frames are written from, and what the books that were
/// read from them are compared with. Levels stand a cent apart and most changes are near the top,
/// where the market's makers are. The books never cross and never run empty.
class Market {
public:
  explicit Market(std::size_t markets);

  /// Changes some level of some market.
  Change change();

  /// All levels of one side, best first.
  [[nodiscard]] std::vector<Level> levels(std::size_t market, BookSide side) const;

  /// True if `update` shows the book of `market`.
  [[nodiscard]] bool shows(const BookUpdate& update, std::size_t market) const;

private:
  using Book = std::array<std::map<Price, Quantity>, 2>;

  [[nodiscard]] Price top(const Book& book, BookSide side) const;

  std::mt19937_64 random_{20'261'121}; ///< the same frames in every run
  std::vector<Book> books_;
};

} // namespace arbees::bench
