#include "actors/market/side_view.hpp"

#include <catch2/catch.hpp>

using namespace arbees;

namespace {

BookUpdate book() {
  BookUpdate update{.status = BookStatus::ok, .reason = StaleReason::none};
  update.bids.push_back({Price{4200}, Quantity{10}});
  update.bids.push_back({Price{4100}, Quantity{20}});
  update.asks.push_back({Price{4400}, Quantity{30}});
  update.asks.push_back({Price{4500}, Quantity{40}});
  return update;
}

std::vector<Level> list(const Depth& depth) {
  return {depth.levels().begin(), depth.levels().end()};
}

} // namespace

TEST_CASE("YES is bought from the asks and NO from the bids at the complement") {
  CHECK(list(buy_levels(book(), Side::yes))
        == std::vector<Level>{{Price{4400}, Quantity{30}}, {Price{4500}, Quantity{40}}});
  CHECK(list(buy_levels(book(), Side::no))
        == std::vector<Level>{{Price{5800}, Quantity{10}}, {Price{5900}, Quantity{20}}});
}

TEST_CASE("YES is sold to the bids and NO to the asks at the complement") {
  CHECK(list(sell_levels(book(), Side::yes))
        == std::vector<Level>{{Price{4200}, Quantity{10}}, {Price{4100}, Quantity{20}}});
  CHECK(list(sell_levels(book(), Side::no))
        == std::vector<Level>{{Price{5600}, Quantity{30}}, {Price{5500}, Quantity{40}}});
}

TEST_CASE("A book that is not whole offers nothing") {
  auto update = book();
  update.status = GENERATE(BookStatus::stale, BookStatus::closed);
  CHECK(buy_levels(update, Side::yes).empty());
  CHECK(sell_levels(update, Side::no).empty());
}

TEST_CASE("Levels at zero or one and empty levels are no offers") {
  BookUpdate update{.status = BookStatus::ok};
  update.asks.push_back({Price{5000}, Quantity{0}});
  update.asks.push_back({price_one, Quantity{30}});
  update.bids.push_back({price_zero, Quantity{30}});
  CHECK(buy_levels(update, Side::yes).empty());
  CHECK(buy_levels(update, Side::no).empty());
}
