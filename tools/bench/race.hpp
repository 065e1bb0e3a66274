#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace arbees::bench {

/// Makes the compiler believe that `value` is read, so that what made it is not left out.
template <class T>
void keep(const T& value) {
  asm volatile("" : : "r"(&value) : "memory");
}

/// One way of doing a piece of work.
struct Runner {
  std::string name;
  /// Operations between two looks at the clock: enough that the look, some 40 ns, does not count.
  std::size_t batch = 1;
  /// Does that many operations.
  std::function<void(std::size_t)> run;
  /// What must be done before so many operations can be, outside of the measured time.
  std::function<void(std::size_t)> prepare = [](std::size_t) {};
};

/// What the median may be: nanoseconds, or times the first baseline's.
struct Target {
  enum class Kind : std::uint8_t { nanoseconds, ratio };
  Kind kind = Kind::nanoseconds;
  double limit = 0;
};

/// Our code against the least that could do the same.
struct Race {
  std::string name; ///< "kalshi-delta", or "kalshi-sign:rsa-2048" of the benchmark "kalshi-sign"
  std::string what; ///< one operation, in words
  Runner subject;
  std::vector<Runner> baselines; ///< ratios are to the first
  std::optional<Target> target;
  /// Proves once that subject and baselines do what they claim; says what is wrong, or nothing.
  std::function<std::optional<std::string>()> verify;
};

/// Nanoseconds per operation.
struct Figure {
  std::string name;
  double median = 0;
  double p99 = 0; ///< of the repetitions; each is the mean of one batch
};

struct Result {
  Figure subject;
  std::vector<Figure> baselines;
  double ratio = 0; ///< median of subject / first baseline, each pair measured back to back
  std::size_t repetitions = 0;
};

/// Runs all runners of `race` in turn, a batch each, for `seconds`. On a machine whose speed varies
/// only what ran side by side can be compared.
Result measure(const Race& race, double seconds);

[[nodiscard]] bool met(const Target& target, const Result& result);

} // namespace arbees::bench
