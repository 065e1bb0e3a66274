#include "bridges/kalshi/kalshi_treasury.hpp"

#include <catch2/catch.hpp>

using namespace arbees;

namespace {

BalanceUpdate balance(std::int64_t shard_0, std::int64_t shard_2, std::int64_t shard_3) {
  return {.shards = {{0, Money{shard_0}}, {2, Money{shard_2}}, {3, Money{shard_3}}}};
}

} // namespace

TEST_CASE("a transfer is proposed from the richest shard, once") {
  KalshiTreasury treasury;
  CHECK_FALSE(treasury.need(3, Money{50})); // nothing is known yet
  treasury.learn(balance(100, 300, 10));
  CHECK_FALSE(treasury.need(3, Money{10}));
  CHECK(treasury.need(3, Money{50}) == TransferProposal{2, 3, Money{40}, Money{10}, Money{50}});
  CHECK_FALSE(treasury.need(3, Money{50}));
  CHECK_FALSE(treasury.need(3, Money{99}));
  CHECK(treasury.need(3, Money{100})->amount == Money{90});
  treasury.learn(balance(100, 300, 99));
  CHECK_FALSE(treasury.need(3, Money{100}));
  CHECK(treasury.proposed().size() == 1);
  treasury.learn(balance(100, 300, 100)); // it was moved
  CHECK(treasury.proposed().empty());
  treasury.learn(balance(100, 300, 0));
  CHECK(treasury.need(3, Money{50}));
}

TEST_CASE("what no shard could spare is not proposed") {
  KalshiTreasury treasury;
  treasury.learn(balance(30, 39, 10));
  CHECK_FALSE(treasury.need(3, Money{50}));
  treasury.learn(balance(30, 40, 10));
  CHECK(treasury.need(3, Money{50})->from == 2);
  // A shard on which the account has nothing at all.
  CHECK(treasury.need(5, Money{40})->available == Money{});
  // The shard itself is the richest.
  CHECK_FALSE(treasury.need(2, Money{100}));
}

TEST_CASE("a buy needs its price and the dearest fee, a sell nothing") {
  OrderIntent order{.limit = Price{5000}, .quantity = Quantity{10 * quantity_per_contract}};
  CHECK(most_needed(order) == Money{5'350'000});
  order.action = Action::sell;
  CHECK(most_needed(order) == Money{});
}
