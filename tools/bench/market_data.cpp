#include "tools/bench/market_data.hpp"

#include <algorithm>

namespace arbees::bench {

namespace {

constexpr std::int32_t cent = 100;
constexpr std::int32_t middle = 4'800;

} // namespace

Market::Market(std::size_t markets) : books_(markets) {
  for (auto& book : books_) {
    for (std::int32_t depth = 1; depth <= 40; ++depth) {
      const auto contracts = std::uniform_int_distribution{1, 500}(random_);
      book[0][Price{middle - depth * cent}] = Quantity{contracts * quantity_per_contract};
      book[1][Price{middle + depth * cent}] = Quantity{contracts * quantity_per_contract};
    }
  }
}

Price Market::top(const Book& book, BookSide side) const {
  return side == BookSide::bid ? book[0].rbegin()->first : book[1].begin()->first;
}

Change Market::change() {
  const auto market = std::uniform_int_distribution<std::size_t>{0, books_.size() - 1}(random_);
  const auto side = std::bernoulli_distribution{}(random_) ? BookSide::bid : BookSide::ask;
  auto& book = books_[market];
  // A third of the changes are at the top; one further down is the rarer, the deeper it is.
  const auto depth = std::min(std::geometric_distribution{0.33}(random_), 39) + 1;
  const auto sign = side == BookSide::bid ? -1 : 1;
  const Price price{middle + sign * depth * cent};
  auto& own = book[static_cast<std::size_t>(side)];
  const auto known = own.find(price);
  const auto before = known != own.end() ? known->second : Quantity{0};
  const auto leaves =
    before > Quantity{0} && own.size() > 20 && std::bernoulli_distribution{0.25}(random_);
  const auto hundredths = std::uniform_int_distribution{100, 50'000}(random_);
  const Quantity after{leaves ? 0 : hundredths * (quantity_per_contract / 100)};
  if (leaves) {
    own.erase(known);
  } else {
    own[price] = after;
  }
  return {.market = market,
          .side = side,
          .price = price,
          .before = before,
          .after = after,
          .tops = {top(book, BookSide::bid), top(book, BookSide::ask)}};
}

std::vector<Level> Market::levels(std::size_t market, BookSide side) const {
  std::vector<Level> levels;
  for (const auto& [price, quantity] : books_[market][static_cast<std::size_t>(side)]) {
    levels.push_back({price, quantity});
  }
  if (side == BookSide::bid) {
    std::ranges::reverse(levels);
  }
  return levels;
}

bool Market::shows(const BookUpdate& update, std::size_t market) const {
  const auto same = [&](const Depth& depth, BookSide side) {
    auto expected = levels(market, side);
    expected.resize(std::min(expected.size(), Depth::capacity));
    return std::ranges::equal(depth.levels(), expected);
  };
  return update.status == BookStatus::ok && same(update.bids, BookSide::bid)
         && same(update.asks, BookSide::ask);
}

} // namespace arbees::bench
