#include "actors/messages/latency_histogram.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <limits>
#include <random>
#include <vector>

using namespace arbees;
using namespace std::chrono_literals;

TEST_CASE("Quantiles are those of the sorted list to 1.6 percent") {
  std::mt19937_64 random{7};
  LatencyHistogram histogram;
  std::vector<std::int64_t> values;
  for (auto i = 0; i < 20'000; ++i) {
    // From nanoseconds to minutes.
    values.push_back(static_cast<std::int64_t>(random() >> (28 + random() % 36)));
    histogram.record(Duration{values.back()});
  }
  std::sort(values.begin(), values.end());
  for (const auto share : {0.01, 0.5, 0.9, 0.99, 0.999}) {
    CAPTURE(share);
    const auto exact = values[static_cast<std::size_t>(share * 20'000) - 1];
    const auto estimate = histogram.quantile(share).count();
    CHECK(estimate >= exact);
    CHECK(static_cast<double>(estimate) <= static_cast<double>(exact) * 1.016 + 1);
  }
  CHECK(histogram.max().count() == values.back());
  CHECK(histogram.quantile(1).count() == values.back());
}

TEST_CASE("A histogram takes any duration") {
  LatencyHistogram histogram;
  CHECK(histogram.quantile(0.5) == 0ns);
  histogram.record(-1ns);
  CHECK(histogram.count() == 0);
  CHECK(histogram.negative() == 1);
  histogram.record(0ns);
  histogram.record(Duration{std::numeric_limits<std::int64_t>::max()});
  CHECK(histogram.count() == 2);
  CHECK(histogram.quantile(0.5) == 0ns);
  CHECK(histogram.quantile(1).count() == std::numeric_limits<std::int64_t>::max());
}

TEST_CASE("A histogram reports whole microseconds, never less than measured") {
  LatencyHistogram histogram;
  histogram.record(1500ns);
  std::map<std::string, std::int64_t> values;
  histogram.report("tick_to_intent_us", values);
  CHECK(values
        == std::map<std::string, std::int64_t>{{"tick_to_intent_us_p50", 2},
                                               {"tick_to_intent_us_p99", 2},
                                               {"tick_to_intent_us_max", 2},
                                               {"tick_to_intent_us_count", 1}});
}
