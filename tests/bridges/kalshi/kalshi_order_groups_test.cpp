#include "bridges/kalshi/kalshi_order_groups.hpp"

#include <catch2/catch.hpp>

using namespace arbees;

// venues/kalshi.md 5.8.

TEST_CASE("an order group is made with its limit on its shard") {
  CHECK(encode_kalshi_group(Quantity{250 * quantity_per_contract}, 3)
        == R"({"contracts_limit_fp":"250.00","exchange_index":3})");
  CHECK(encode_kalshi_group(Quantity{12'340'000}, 0)
        == R"({"contracts_limit_fp":"12.34","exchange_index":0})");
}

TEST_CASE("a made group is known by its id") {
  CHECK(*decode_kalshi_group_created(R"({"order_group_id":"g-1","subaccount":0})") == "g-1");
  for (const auto* const body : {"", "[]", "{}", R"({"order_group_id":null})",
                                 R"({"order_group_id":""})", R"({"order_group_id":7})"}) {
    CAPTURE(body);
    CHECK(decode_kalshi_group_created(body).error() == Errc::bad_frame);
  }
}

TEST_CASE("the account's groups are listed with their shards") {
  const auto groups = decode_kalshi_groups(
    R"({"order_groups":[{"id":"g-1","contracts_limit_fp":"250.00","is_auto_cancel_enabled":true,)"
    R"("exchange_index":3},{"id":"g-2","new_key":{}}]})");
  REQUIRE(groups);
  REQUIRE(groups->size() == 2);
  CHECK(groups->at(0).id == "g-1");
  CHECK(groups->at(0).contracts_limit == Quantity{250 * quantity_per_contract});
  CHECK(groups->at(0).exchange_index == 3);
  CHECK_FALSE(groups->at(1).contracts_limit);
  CHECK(groups->at(1).exchange_index == 0);
  CHECK(decode_kalshi_groups("{}")->empty()); // the key is absent if there are none
}

TEST_CASE("a list of groups with something impossible is refused") {
  const auto body =
    GENERATE(as<std::string>{}, "", "not json", "[]", R"({"order_groups":{}})",
             R"({"order_groups":[7]})", R"({"order_groups":[{"exchange_index":0}]})",
             R"({"order_groups":[{"id":""}]})",
             R"({"order_groups":[{"id":"g","exchange_index":-1}]})",
             R"({"order_groups":[{"id":"g","exchange_index":9223372036854775807}]})",
             R"({"order_groups":[{"id":"g","contracts_limit_fp":"many"}]})");
  CAPTURE(body);
  const auto groups = decode_kalshi_groups(body);
  REQUIRE_FALSE(groups);
  CHECK(groups.error() == Errc::bad_frame);
}
