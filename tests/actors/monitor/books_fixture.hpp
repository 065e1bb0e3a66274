#pragma once

#include <catch2/catch.hpp>
#include <chrono>

#include "actors/messages/feed.hpp"
#include "actors/monitor/book_table.hpp"

namespace arbees::test {

using namespace std::chrono_literals;

inline Timestamp at(Duration since_start) {
  return Timestamp{std::chrono::hours{480'000}} + since_start;
}

inline Level level(std::int32_t price, std::int64_t contracts) {
  return {Price{price}, Quantity{contracts * quantity_per_contract}};
}

inline Quantity contracts(std::int64_t count) {
  return Quantity{count * quantity_per_contract};
}

inline MarketSpec spec(std::uint64_t id, Venue venue = Venue::kalshi) {
  return {.id = MarketId{id},
          .ref = {.venue = venue,
                  .native_id = "M" + std::to_string(id),
                  .tokens = {std::to_string(id) + "1", std::to_string(id) + "2"}},
          .price_bands = {{.start = Price{100}, .end = Price{9900}, .step = Price{100}}},
          .accepts_orders = true};
}

inline std::vector<std::uint64_t> ids(const std::vector<MarketId>& markets) {
  std::vector<std::uint64_t> values;
  for (const auto market : markets) {
    values.push_back(market.value());
  }
  return values;
}

} // namespace arbees::test
