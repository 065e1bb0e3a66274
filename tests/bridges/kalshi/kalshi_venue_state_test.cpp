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

namespace {

const VenueStatus& whole(const std::vector<VenueStatus>& statuses) {
  return statuses.front();
}

} // namespace

TEST_CASE("the whole venue and each shard are open, paused or down") {
  const auto open = state_at(quiet).statuses(quiet);
  REQUIRE(open.size() == 3);
  for (const auto& status : open) {
    CHECK(status.state == VenueState::open);
    CHECK(status.reason.empty());
    CHECK(status.at == quiet);
  }
  const KalshiExchangeStatus part{.shards = {{0, true, true}, {2, false, false}, {3, true, false}},
                                  .lists_shards = true};
  const auto mixed = state_at(quiet, part).statuses(quiet);
  CHECK(whole(mixed).state == VenueState::open);
  CHECK(mixed[2].state == VenueState::down);
  CHECK(mixed[2].exchange_index == 2);
  CHECK(mixed[3].state == VenueState::cancel_only);
  const auto all = state_at(quiet, {.shards = {{0, true, false}}}).statuses(quiet);
  REQUIRE(all.size() == 1);
  CHECK(all[0].state == VenueState::cancel_only);
}

TEST_CASE("a venue of which nothing fresh is known is down, all of it") {
  CHECK(whole(KalshiVenueState{}.statuses(quiet)).state == VenueState::down);
  auto state = state_at(quiet);
  for (const auto& status : state.statuses(quiet + 30s)) {
    CHECK(status.state == VenueState::down);
    CHECK(status.reason == "venue_status_unknown");
  }
  state.unanswered();
  CHECK(whole(state.statuses(quiet)).state == VenueState::open);
  state.unanswered();
  CHECK(whole(state.statuses(quiet)).reason == "venue_unreachable");
  CHECK(state.objection(3, OrderPurpose::open, quiet) == "venue_unreachable");
  CHECK(state.objection(3, OrderPurpose::unwind, quiet).empty());
  state.learn(all_active(), quiet);
  CHECK(whole(state.statuses(quiet)).state == VenueState::open);
}

TEST_CASE("the maintenance begins by the clock, with its margin") {
  const auto state = state_at(winter_pause - 2min - 2s);
  CHECK(whole(state.statuses(winter_pause - 2min - 1ns)).state == VenueState::open);
  for (const auto& status : state.statuses(winter_pause - 2min)) {
    CHECK(status.state == VenueState::cancel_only);
    CHECK(status.reason == "maintenance_soon");
  }
  const auto inside = state_at(winter_pause + 1h);
  CHECK(whole(inside.statuses(winter_pause + 1h)).state == VenueState::open);
}

TEST_CASE("the venue's own schedule replaces ours, with its windows") {
  auto state = state_at(quiet);
  state.learn(KalshiSchedule{.weekly = {}, .windows = {{quiet + 1h, quiet + 2h}}});
  CHECK(state.objection(3, OrderPurpose::open, quiet).empty());
  state.learn(all_active(), quiet + 1h - 1s);
  CHECK(state.objection(3, OrderPurpose::open, quiet + 1h - 1s) == "maintenance_soon");
  CHECK(state.objection(3, OrderPurpose::unwind, quiet + 1h) == "maintenance");
  CHECK(state.objection(3, OrderPurpose::unwind, quiet + 2h).empty());
  state.learn(all_active(), winter_pause - 1s);
  CHECK(state.objection(3, OrderPurpose::open, winter_pause).empty());
}

TEST_CASE("a key or place that is refused is told until it is accepted again") {
  auto state = state_at(quiet);
  state.refuse(KalshiRefusal::key, "authentication_error");
  CHECK(whole(state.statuses(quiet)).state == VenueState::refused);
  CHECK(state.objection(3, OrderPurpose::open, quiet) == "halted: authentication_error");
  CHECK(state.objection(3, OrderPurpose::unwind, quiet).empty());
  CHECK_FALSE(state.accept(KalshiRefusal::account));
  CHECK(state.accept(KalshiRefusal::key));
  CHECK(whole(state.statuses(quiet)).state == VenueState::open);

  state.learn(KalshiAttestation{quiet + 10s});
  CHECK(whole(state.statuses(quiet + 10s - 1ns)).state == VenueState::open);
  CHECK(whole(state.statuses(quiet + 10s)).reason == "location_attestation_expired");
  CHECK(state.objection(3, OrderPurpose::open, quiet + 10s) == "location_attestation_expired");
  state.refuse(KalshiRefusal::account, "forbidden");
  state.learn(KalshiAttestation{quiet + 90 * 24h});
  CHECK(whole(state.statuses(quiet + 10s)).state == VenueState::open);
}

TEST_CASE("only what changed of a venue's state is told") {
  VenueStatusNews news;
  const auto state = state_at(quiet);
  CHECK(news.take(state.statuses(quiet), quiet).size() == 3);
  CHECK(news.take(state.statuses(quiet + 1s), quiet + 1s).empty());
  CHECK(news.take(state.statuses(quiet + 30s), quiet + 30s).size() == 3);
  CHECK(news.told().size() == 3);
  CHECK_FALSE(news.told().front().exchange_index);
  const auto fewer = state_at(quiet + 31s, {.shards = {{0, true, true}}, .lists_shards = true});
  const auto told = news.take(fewer.statuses(quiet + 31s), quiet + 31s);
  REQUIRE(told.size() == 3);
  CHECK(told.back().exchange_index == 3);
  CHECK(told.back().reason == "not_listed");
}
