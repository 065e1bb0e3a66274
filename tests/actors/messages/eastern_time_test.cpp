#include "actors/messages/eastern_time.hpp"

#include <date/tz.h>

#include <catch2/catch.hpp>

using namespace arbees;
using namespace std::chrono;

TEST_CASE("Eastern dates and times agree with the machine's time zone database") {
  const auto* zone = date::locate_zone("America/New_York");
  for (Timestamp t = sys_days{2020y / January / 1}; t < sys_days{2032y / January / 1};
       t += hours{7} + minutes{20}) {
    const auto info = zone->get_info(date::sys_seconds{floor<seconds>(t).time_since_epoch()});
    const auto local = t + info.offset;
    REQUIRE(eastern_date(t) == Date{floor<days>(local)});
    const auto of_day = local - floor<days>(local);
    const auto back = from_eastern(eastern_date(t), of_day);
    // The hour that autumn repeats means its first pass.
    REQUIRE((back == t || back == t - hours{1}));
  }
}

TEST_CASE("ticker times are Eastern on both sides of the change of clocks") {
  CHECK(from_eastern(2026y / October / 7, hours{20}) == sys_days{2026y / October / 8});
  CHECK(from_eastern(2026y / October / 31, hours{20}) == sys_days{2026y / November / 1});
  CHECK(from_eastern(2026y / November / 1, hours{20}) == sys_days{2026y / November / 2} + hours{1});
  CHECK(eastern_date(sys_days{2026y / November / 21} + hours{3} + minutes{30})
        == 2026y / November / 20);
}
