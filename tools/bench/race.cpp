#include "tools/bench/race.hpp"

#include <algorithm>
#include <cassert>
#include <chrono>

namespace arbees::bench {

namespace {

using Clock = std::chrono::steady_clock;
using Samples = std::vector<double>;

/// Nanoseconds per operation of one batch.
double time_batch(const Runner& runner) {
  runner.prepare(runner.batch);
  const auto begin = Clock::now();
  runner.run(runner.batch);
  const std::chrono::duration<double, std::nano> spent = Clock::now() - begin;
  return spent.count() / static_cast<double>(runner.batch);
}

double quantile(Samples& samples, double part) {
  assert(!samples.empty());
  const auto rank = static_cast<std::ptrdiff_t>(part * static_cast<double>(samples.size() - 1));
  std::ranges::nth_element(samples, samples.begin() + rank);
  return samples[static_cast<std::size_t>(rank)];
}

Figure figure(const Runner& runner, Samples& samples) {
  return {.name = runner.name, .median = quantile(samples, 0.5), .p99 = quantile(samples, 0.99)};
}

/// Takes one sample of each runner, beginning with another one each time: nobody always runs on
/// the caches that the same neighbour left behind.
void take_turns(const std::vector<const Runner*>& runners, std::size_t round,
                std::vector<Samples>& samples) {
  for (std::size_t i = 0; i < runners.size(); ++i) {
    const auto turn = (i + round) % runners.size();
    samples[turn].push_back(time_batch(*runners[turn]));
  }
}

} // namespace

Result measure(const Race& race, double seconds) {
  constexpr std::size_t fewest = 100;
  std::vector<const Runner*> runners{&race.subject};
  for (const auto& baseline : race.baselines) {
    runners.push_back(&baseline);
  }
  std::vector<Samples> samples(runners.size());
  for (auto& own : samples) {
    own.reserve(1 << 20U);
  }
  const auto begin = Clock::now();
  const std::chrono::duration<double> limit{seconds};
  auto warm = false;
  for (std::size_t round = 0; !warm || round < fewest || Clock::now() - begin < limit; ++round) {
    take_turns(runners, round, samples);
    if (!warm && Clock::now() - begin >= limit / 10) {
      warm = true;
      round = 0;
      std::ranges::for_each(samples, &Samples::clear);
    }
  }
  Samples ratios(samples[0].size());
  std::ranges::transform(samples[0], samples[1], ratios.begin(), std::divides<>{});
  Result result{.subject = figure(race.subject, samples[0]),
                .ratio = quantile(ratios, 0.5),
                .repetitions = samples[0].size()};
  for (std::size_t i = 0; i < race.baselines.size(); ++i) {
    result.baselines.push_back(figure(race.baselines[i], samples[i + 1]));
  }
  return result;
}

bool met(const Target& target, const Result& result) {
  return (target.kind == Target::Kind::ratio ? result.ratio : result.subject.median)
         <= target.limit;
}

} // namespace arbees::bench
