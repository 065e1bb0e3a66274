#include "actors/observer/latency_histogram.hpp"

#include <catch2/catch.hpp>

using namespace arbees;
using namespace std::chrono_literals;

TEST_CASE("an empty histogram knows nothing") {
  const BusLatencyHistogram histogram;
  CHECK(histogram.count() == 0);
  CHECK(histogram.quantile_us(500) == 0);
  CHECK(histogram.max_us() == 0);
}

TEST_CASE("quantiles are right to an eighth, from microseconds to hours") {
  const auto scale = GENERATE(as<std::int64_t>{}, 1, 17, 1'000, 123'456, 3'600'000);
  BusLatencyHistogram histogram;
  for (std::int64_t i = 1; i <= 1000; ++i) {
    histogram.add(std::chrono::microseconds{i * scale});
  }
  CHECK(histogram.count() == 1000);
  CHECK(histogram.max_us() == 1000 * scale);
  for (const std::uint64_t permille : {1, 10, 500, 900, 990, 1000}) {
    const auto exact = static_cast<std::int64_t>(permille) * scale;
    const auto found = histogram.quantile_us(permille);
    CAPTURE(scale, permille, found);
    CHECK(found >= exact);
    CHECK(found <= exact + exact / 8 + 1);
  }
}

TEST_CASE("times before zero count as zero, and the longest fits") {
  BusLatencyHistogram histogram;
  histogram.add(-5s);
  CHECK(histogram.quantile_us(1000) == 0);
  histogram.add(Duration::max());
  CHECK(histogram.quantile_us(1000) == histogram.max_us());
}
