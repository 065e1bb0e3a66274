#include "bridges/kalshi/kalshi_venue_state.hpp"

#include <catch2/catch.hpp>

#include "actors/messages/eastern_time.hpp"

using namespace arbees;
using namespace std::chrono_literals;

namespace {

// Thursday 2026-11-26 03:00 EST is 08:00 UTC; 2026-07-02 03:00 EDT is 07:00 UTC.
constexpr Timestamp winter_pause = std::chrono::sys_days{Date{2026y / 11 / 26}} + 8h;
constexpr Timestamp summer_pause = std::chrono::sys_days{Date{2026y / 7 / 2}} + 7h;

KalshiExchangeStatus all_active() {
  return {.shards = {{0, true, true}, {3, true, true}}, .lists_shards = true};
}

KalshiVenueState state_at(Timestamp read_at, const KalshiExchangeStatus& status = all_active()) {
  KalshiVenueState state;
  state.learn(status, read_at);
  return state;
}

constexpr Timestamp quiet = winter_pause - 24h;

} // namespace

TEST_CASE("the status of each shard is read") {
  const auto status = decode_kalshi_exchange_status(
    R"({"exchange_active":true,"trading_active":true,"intra_exchange_transfers_active":true,)"
    R"("exchange_index_statuses":[{"exchange_index":0,"description":"d","exchange_active":true,)"
    R"("trading_active":true},{"exchange_index":3,"exchange_active":true,"trading_active":false}],)"
    R"("new_key":1})");
  REQUIRE(status);
  CHECK(status->lists_shards);
  REQUIRE(status->shards.size() == 2);
  CHECK(status->shards[1].exchange_index == 3);
  CHECK(status->shards[1].exchange_active);
  CHECK_FALSE(status->shards[1].trading_active);
}

TEST_CASE("without a list of shards the flags are the whole venue's") {
  const auto status =
    decode_kalshi_exchange_status(R"({"exchange_active":true,"trading_active":false})");
  REQUIRE(status);
  CHECK_FALSE(status->lists_shards);
  const auto state = state_at(quiet, *status);
  CHECK(state.objection(3, OrderPurpose::open, quiet) == "trading_paused:shard_3");
}

TEST_CASE("a status that does not say all it must is refused") {
  const auto* const body = GENERATE(
    "", "[]", "{}", R"({"exchange_active":true})", R"({"exchange_active":1,"trading_active":true})",
    R"({"exchange_active":true,"trading_active":true,"exchange_index_statuses":[{}]})",
    R"({"exchange_active":true,"trading_active":true,"exchange_index_statuses":[{"exchange_index":-1,"exchange_active":true,"trading_active":true}]})",
    R"({"exchange_active":true,"trading_active":true,"exchange_index_statuses":[{"exchange_index":0,"exchange_active":true}]})");
  CHECK_FALSE(decode_kalshi_exchange_status(body));
}

TEST_CASE("new pairs need a fresh status of their shard, hedges do not") {
  KalshiVenueState never;
  CHECK(never.objection(3, OrderPurpose::open, quiet) == "venue_status_unknown");
  CHECK(never.objection(3, OrderPurpose::unwind, quiet).empty());
  const auto state = state_at(quiet);
  CHECK(state.objection(3, OrderPurpose::open, quiet + 30s - 1ns).empty());
  CHECK(state.objection(3, OrderPurpose::open, quiet + 30s) == "venue_status_unknown");
  CHECK(state.objection(3, OrderPurpose::complete, quiet + 30s).empty());
  CHECK(state.objection(1, OrderPurpose::open, quiet) == "venue_status_unknown");
}

TEST_CASE("a shard that is paused takes no orders, the others do") {
  KalshiExchangeStatus status{.shards = {{0, true, true}, {2, false, false}, {3, true, false}},
                              .lists_shards = true};
  const auto state = state_at(quiet, status);
  CHECK(state.objection(0, OrderPurpose::open, quiet).empty());
  CHECK(state.objection(2, OrderPurpose::unwind, quiet) == "exchange_paused:shard_2");
  CHECK(state.objection(3, OrderPurpose::unwind, quiet) == "trading_paused:shard_3");
  CHECK(state.takes_cancels(3));
  CHECK_FALSE(state.takes_cancels(2));
  CHECK(state.takes_cancels(7)); // nothing is known against it
  CHECK(state.paused_shards() == 2);
}

TEST_CASE("the Thursday pause is at three in the morning in New York, summer and winter") {
  const auto begins = GENERATE(winter_pause, summer_pause);
  for (const auto now : {begins - 6 * 24h, begins - 1ns, begins, begins + 2h - 1ns}) {
    const auto times = next_pause(kalshi_maintenance, now);
    CHECK(times.begins == begins);
    CHECK(times.ends == begins + 2h);
  }
  CHECK(next_pause(kalshi_maintenance, begins + 2h).begins == begins + 7 * 24h);
}

TEST_CASE("the calendar holds orders back unless the venue says during the pause that it trades") {
  struct Row {
    Duration now; ///< since the pause began
    Duration read;
    const char* open;
    const char* unwind;
  };
  const auto row =
    GENERATE(Row{-2min - 1ns, -2min - 2s, "", ""}, Row{-2min, -2min - 1s, "maintenance_soon", ""},
             Row{-1ns, -1s, "maintenance_soon", ""}, Row{0s, -1s, "maintenance", "maintenance"},
             Row{1h, 1h - 1s, "", ""}, Row{1h, 0h, "venue_status_unknown", "maintenance"},
             Row{2h, 2h - 1s, "", ""});
  const auto state = state_at(winter_pause + row.read);
  CHECK(state.objection(3, OrderPurpose::open, winter_pause + row.now) == row.open);
  CHECK(state.objection(3, OrderPurpose::unwind, winter_pause + row.now) == row.unwind);
}

TEST_CASE("a balance is told with its shards in order") {
  const auto update =
    to_balance_update({.total = Money{7}, .shards = {{3, Money{5}}, {0, Money{2}}}}, quiet);
  CHECK(update.venue == Venue::kalshi);
  CHECK(update.available == Money{7});
  CHECK(update.at == quiet);
  CHECK(update.shards == std::vector<ShardBalance>{{0, Money{2}}, {3, Money{5}}});
}
