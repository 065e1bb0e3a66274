#include "bridges/kalshi/kalshi_exchange_codec.hpp"

#include <catch2/catch.hpp>

#include "bridges/net/json_fields.hpp"

using namespace arbees;
using namespace std::chrono_literals;

namespace {

std::string schedule(const std::string& thursday, const std::string& windows = "[]") {
  const std::string whole = R"([{"open_time":"00:00","close_time":"00:00"}])";
  std::string hours = R"("start_time":"2025-01-01T00:00:00Z","end_time":"2100-01-01T00:00:00Z")";
  for (const auto* const day : {"sunday", "monday", "tuesday", "wednesday", "friday", "saturday"}) {
    hours += ",\"" + std::string{day} + "\":" + whole;
  }
  return R"({"schedule":{"standard_hours":[{)" + hours + R"(,"thursday":)" + thursday
         + R"(}],"maintenance_windows":)" + windows + "}}";
}

const Timestamp now = *parse_utc("2026-11-21T12:00:00Z");

} // namespace

TEST_CASE("the times between Kalshi's hours are its pauses") {
  const auto read = decode_kalshi_schedule(
    schedule(
      R"([{"open_time":"05:00","close_time":"00:00"},)"
      R"({"open_time":"00:00","close_time":"03:00"}])",
      R"([{"start_datetime":"2026-11-26T08:00:00Z","end_datetime":"2026-11-26T10:00:00Z"}])"),
    now);
  REQUIRE(read);
  CHECK(read->weekly == std::vector<KalshiWeeklyPause>{kalshi_maintenance});
  REQUIRE(read->windows.size() == 1);
  CHECK(read->windows[0].begins == next_pause(kalshi_maintenance, now).begins);
  CHECK(read->windows[0].ends - read->windows[0].begins == 2h);
}

TEST_CASE("a session that closes before it opens goes on into the next day") {
  const auto read =
    decode_kalshi_schedule(schedule(R"([{"open_time":"08:00","close_time":"03:00"}])"), now);
  REQUIRE(read);
  CHECK(read->weekly == std::vector<KalshiWeeklyPause>{{std::chrono::Thursday, Duration{}, 8h}});
}

TEST_CASE("a schedule that is not understood is refused") {
  const auto body =
    GENERATE(std::string{}, std::string{"[]"}, std::string{R"({"schedule":{}})"},
             std::string{R"({"schedule":{"standard_hours":[]}})"}, schedule("1"),
             schedule(R"([{"open_time":"25:00","close_time":"00:00"}])"),
             schedule(R"([{"open_time":"5","close_time":"00:00"}])"),
             schedule("[]", R"([{"start_datetime":"soon","end_datetime":"later"}])"));
  CHECK_FALSE(decode_kalshi_schedule(body, now));
  CHECK_FALSE(decode_kalshi_schedule(schedule("[]"), now - 24h * 2000));  // not in force
  CHECK(decode_kalshi_schedule(schedule("[]"), now)->weekly.size() == 1); // a whole day
}

TEST_CASE("the attestation is read, or was never made") {
  const auto read =
    decode_kalshi_attestation(R"({"api_keys":[],"api_key_region_expiration_ts":1795226400})");
  REQUIRE(read);
  CHECK(read->expires_at == Timestamp{1'795'226'400s});
  CHECK_FALSE(decode_kalshi_attestation(R"({"api_keys":[]})")->expires_at);
  CHECK_FALSE(decode_kalshi_attestation(R"({"api_keys":[],"api_key_region_expiration_ts":null})")
                ->expires_at);
  CHECK_FALSE(decode_kalshi_attestation(R"({"api_key_region_expiration_ts":1})"));
  CHECK_FALSE(decode_kalshi_attestation(R"({"api_keys":[],"api_key_region_expiration_ts":-1})"));
}
