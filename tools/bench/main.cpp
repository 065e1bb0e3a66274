#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>

#include "tools/bench/benchmarks.hpp"
#include "tools/bench/compare_transports.hpp"

// arbees-bench: what the hot paths cost, beside the least that could do the same.

using namespace arbees::bench;

namespace json = boost::json;

namespace {

constexpr auto failure = 1;
constexpr auto usage_error = 2;

struct Options {
  std::vector<std::string> only;
  double seconds = 2;
  bool as_json = false;
};

/// A benchmark is one race or several.
struct Benchmark {
  std::string name;
  std::function<std::vector<Race>()> races;
};

std::vector<Benchmark> benchmarks() {
  return {{"kalshi-delta", [] { return std::vector{kalshi_delta()}; }},
          {"polymarket-price-change", [] { return std::vector{polymarket_price_change()}; }},
          {"polymarket-sign", polymarket_sign},
          {"kalshi-sign", kalshi_sign},
          {"shard-update", shard_update},
          {"filters", [] { return std::vector{filters_judge()}; }},
          {"publish-book", [] { return std::vector{publish_book()}; }}};
}

std::string duration(double nanoseconds) {
  return nanoseconds < 100'000 ? fmt::format("{:.3f} us", nanoseconds / 1'000)
                               : fmt::format("{:.1f} us", nanoseconds / 1'000);
}

std::string verdict(const Race& race, const Result& result) {
  if (!race.target) {
    return "";
  }
  const auto& [kind, limit] = *race.target;
  return fmt::format("  target {}: {}",
                     kind == Target::Kind::ratio ? fmt::format("{:.2f}x", limit) : duration(limit),
                     met(*race.target, result) ? "met" : "MISSED");
}

void print_row(const Figure& figure, const std::string& rest) {
  fmt::print("  {:<34} {:>12} {:>12}{}\n", figure.name, duration(figure.median),
             duration(figure.p99), rest);
}

void print_text(const Race& race, const Result& result) {
  fmt::print("{}: {}\n", race.name, race.what);
  print_row(result.subject, verdict(race, result));
  for (std::size_t i = 0; i < result.baselines.size(); ++i) {
    print_row(result.baselines[i], i == 0 ? fmt::format("  ratio {:.2f}  ({} repetitions)",
                                                        result.ratio, result.repetitions)
                                          : "");
  }
}

json::object to_json(const Figure& figure) {
  return {{"name", figure.name}, {"median_ns", figure.median}, {"p99_ns", figure.p99}};
}

void print_json(const Race& race, const Result& result) {
  json::array baselines;
  for (const auto& baseline : result.baselines) {
    baselines.push_back(to_json(baseline));
  }
  json::object row{{"name", race.name},
                   {"what", race.what},
                   {"subject", to_json(result.subject)},
                   {"baselines", std::move(baselines)},
                   {"ratio", result.ratio},
                   {"repetitions", result.repetitions}};
  if (race.target) {
    const auto is_ratio = race.target->kind == Target::Kind::ratio;
    row[is_ratio ? "target_ratio" : "target_ns"] = race.target->limit;
    row["target_met"] = met(*race.target, result);
  }
  fmt::print("{}\n", json::serialize(row));
}

/// False if the race does not do what it says: then there is no figure.
bool run(const Race& race, const Options& options) {
  if (const auto wrong = race.verify()) {
    fmt::print(stderr, "arbees-bench: {}: {}\n", race.name, *wrong);
    return false;
  }
  const auto result = measure(race, options.seconds);
  (options.as_json ? print_json : print_text)(race, result);
  std::fflush(stdout);
  return true;
}

void declare(CLI::App& app, Options& options) {
  std::vector<std::string> names;
  for (const auto& benchmark : benchmarks()) {
    names.push_back(benchmark.name);
  }
  app.add_option("--only", options.only, "Benchmark to run; may be repeated")
    ->check(CLI::IsMember(names));
  app.add_option("--seconds", options.seconds, "How long each is measured")
    ->capture_default_str()
    ->check(CLI::Range(0.01, 3'600.0));
  app.add_flag("--json", options.as_json, "One JSON object a line");
}

bool run_all(const Options& options) {
  if (!options.as_json) {
    fmt::print("  {:<34} {:>12} {:>12}\n", "per operation", "median", "p99");
  }
  auto good = true;
  for (const auto& [name, races] : benchmarks()) {
    if (options.only.empty() || std::ranges::count(options.only, name) > 0) {
      for (const auto& race : races()) {
        good = run(race, options) && good;
      }
    }
  }
  return good;
}

CLI::App* declare_transports(CLI::App& app, TransportWish& wish) {
  auto* const command =
    app.add_subcommand("compare-transports",
                       "Times ZMQ against Redis's channels, hop by hop, in one run.");
  command->footer(transport_rule);
  command->add_option("--redis", wish.redis, "URL of a Redis")->capture_default_str();
  command->add_option("--seconds", wish.seconds, "How long, both together")
    ->capture_default_str()
    ->check(CLI::Range(0.1, 3'600.0));
  command->add_option("--rounds", wish.rounds, "How often they take turns")
    ->capture_default_str()
    ->check(CLI::Range(1, 1'000));
  command->add_option("--rate", wish.rate, "Order books a second")
    ->capture_default_str()
    ->check(CLI::Range(1, 1'000'000));
  command->add_option("--every", wish.every, "Every so manyth book becomes a trade")
    ->capture_default_str()
    ->check(CLI::Range(1, 1'000'000));
  command->add_flag("--json", wish.as_json, "One JSON object");
  return command;
}

int exit_code(Verdict verdict) {
  switch (verdict) {
    case Verdict::go:
      return 0;
    case Verdict::debug:
      return 3;
    case Verdict::no_go:
      return 4;
    case Verdict::not_measured:
      break;
  }
  return failure;
}

} // namespace

int main(int argc, char** argv) {
  Options options;
  TransportWish wish;
  CLI::App app{
    "Measures arbees' hot paths, each beside its baseline in the same run. Exit codes: 0 done, 1 a "
    "benchmark does not do what it says, 2 usage.",
    "arbees-bench"};
  declare(app, options);
  const auto* const transports = declare_transports(app, wish);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : usage_error;
  }
  if (transports->parsed()) {
    return exit_code(compare_transports(wish));
  }
  return run_all(options) ? 0 : failure;
}
