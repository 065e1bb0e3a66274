#include "actors/observer/level_filter.hpp"

#include <catch2/catch.hpp>

using namespace arbees;
using namespace std::chrono_literals;

namespace {

WireMessage message(std::string topic, Duration at = 0s) {
  return {.topic = std::move(topic), .received_at = Timestamp{at}};
}

} // namespace

TEST_CASE("level names are read and written") {
  for (const auto level :
       {ObserverLevel::verbose, ObserverLevel::info, ObserverLevel::errors_only}) {
    CHECK(parse_observer_level(to_string(level)) == level);
  }
  CHECK_FALSE(parse_observer_level("debug"));
}

TEST_CASE("each level shows its topics") {
  struct Case {
    std::string topic;
    bool info;
    bool errors;
  };
  const auto example = GENERATE(values<Case>({{"signals.trade.1", true, false},
                                              {"execution.rejected.1", true, false},
                                              {"trades.executed.1", true, false},
                                              {"trades.rejected.1", true, true},
                                              {"trades.failed.1", true, true},
                                              {"trades.unknown.1", true, true},
                                              {"telemetry.feed.kalshi", true, true},
                                              {"telemetry.health.n", true, false},
                                              {"telemetry.metrics", false, false},
                                              {"orderbook.kalshi.X", false, false},
                                              {"market.candle.1m.X", false, false},
                                              {"games.nba.1", true, false}}));
  CAPTURE(example.topic);
  CHECK((LevelFilter{ObserverLevel::verbose, 1}.wants(message(example.topic))));
  CHECK((LevelFilter{ObserverLevel::info, 1}.wants(message(example.topic))) == example.info);
  CHECK((LevelFilter{ObserverLevel::errors_only, 1}.wants(message(example.topic)))
        == example.errors);
}

TEST_CASE("at level info a second shows so many prices and no more") {
  LevelFilter filter{ObserverLevel::info, 2};
  CHECK(filter.wants(message("prices.kalshi.A", 10'100ms)));
  CHECK(filter.wants(message("prices.kalshi.B", 10'200ms)));
  CHECK_FALSE(filter.wants(message("prices.kalshi.C", 10'999ms)));
  CHECK(filter.wants(message("signals.trade.1", 10'999ms)));
  CHECK(filter.wants(message("prices.kalshi.C", 11'000ms)));
  CHECK(filter.sampled_out() == 1);
}

TEST_CASE("notices of trouble are shown at every level") {
  LevelFilter errors{ObserverLevel::errors_only, 1};
  CHECK(errors.wants(WireNotice{.event = "gap"}));
  CHECK(errors.wants(WireNotice{.event = "rejected"}));
  CHECK_FALSE(errors.wants(WireNotice{.event = "statistics"}));
  CHECK_FALSE(errors.wants(WireNotice{.event = "joined"}));
  LevelFilter info{ObserverLevel::info, 1};
  CHECK(info.wants(WireNotice{.event = "statistics"}));
}
