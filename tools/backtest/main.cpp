#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <fstream>
#include <thread>

#include "tools/backtest/report.hpp"

// arbees-backtest: a span of market data through the code that trades, once per combination of
// settings.

using namespace arbees;
using namespace arbees::backtest;

namespace {

constexpr auto failure = 1;
constexpr auto usage_error = 2;

struct Options {
  Span span{.world = {.epoch_ms = 1'795'226'400'000}};
  CommandLine line;
  std::vector<std::string> sets;
  int seconds = 600;
  int threads = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  std::filesystem::path html;
  std::filesystem::path json;
};

void declare(CLI::App& app, Options& options) {
  app.add_option("recording", options.span.recording,
                 "A folder of `arbees run --capture`, or a JSONL file of the observer; none: a "
                 "simulated evening");
  app.add_option("--config", options.line.config, "TOML file, as for arbees run");
  app.add_option("--set", options.sets, "key=value, or key=a,b,c to try each; may be repeated");
  app.add_option("--threads", options.threads, "Combinations that are played side by side")
    ->check(CLI::Range(1, 256))
    ->capture_default_str();
  app.add_option("--seed", options.span.world.seed, "of the evening")->capture_default_str();
  app.add_option("--games", options.span.world.games, "of the evening")->capture_default_str();
  app.add_option("--rate", options.span.world.rate, "of the evening: messages a second and venue")
    ->capture_default_str();
  app.add_option("--game-speed", options.span.world.speed, "of the evening: game seconds a second")
    ->capture_default_str();
  app.add_option("--seconds", options.seconds, "of the evening")
    ->check(CLI::Range(1, 86'400))
    ->capture_default_str();
  app.add_option("--html", options.html, "Write the report there");
  app.add_option("--json", options.json, "Write the figures there");
}

/// One line that is written over, on a terminal only.
void show_progress(const std::atomic<std::size_t>& done, std::size_t all,
                   const std::atomic<bool>& over) {
  constexpr std::size_t cells = 30;
  const auto began = std::chrono::steady_clock::now();
  while (!over) {
    std::this_thread::sleep_for(std::chrono::milliseconds{200});
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
    const auto rate = static_cast<double>(done) / took.count();
    const auto filled = cells * done / all;
    fmt::print(stderr, "\r[{}{}] {}/{}  {:.2f} a second  {}   ", std::string(filled, '#'),
               std::string(cells - filled, ' '), done.load(), all, rate,
               done == 0 ? std::string{"time left unknown"}
                         : fmt::format("{:.0f} s left", static_cast<double>(all - done) / rate));
  }
  fmt::print(stderr, "\r{:80}\r", "");
}

bool write(const std::filesystem::path& path, const std::string& text) {
  if (path.empty()) {
    return true;
  }
  std::ofstream file{path, std::ios::trunc};
  file << text;
  file.close();
  if (!file) {
    fmt::print(stderr, "arbees-backtest: cannot write {}\n", path.string());
  }
  return static_cast<bool>(file);
}

void print(const Outcome& outcome) {
  const auto& tally = outcome.tally;
  fmt::print("{:<50} ", fmt::join(outcome.settings, " "));
  if (!outcome.error.empty()) {
    fmt::print("{}\n", outcome.error);
    return;
  }
  fmt::print("signals {:>5}  pairs {:>5}  fees ${:<10} profit ${:<10} {}\n", tally.signals,
             tally.pairs().size(), to_string(tally.fees), to_string(tally.locked_profit()),
             tally.hash().substr(0, 16));
}

int run(Options& options) {
  options.span.length = std::chrono::seconds{options.seconds};
  std::vector<Axis> axes;
  for (const auto& text : options.sets) {
    auto axis = parse_axis(text);
    if (const auto* const wrong = std::get_if<std::string>(&axis)) {
      fmt::print(stderr, "arbees-backtest: {}\n", *wrong);
      return usage_error;
    }
    axes.push_back(std::move(std::get<Axis>(axis)));
  }
  const auto all = combinations(axes);
  std::atomic<std::size_t> done{0};
  std::atomic<bool> over{false};
  std::thread progress;
  if (isatty(STDERR_FILENO) == 1) {
    progress = std::thread{[&] { show_progress(done, all.size(), over); }};
  }
  const auto outcomes = run_sweep(options.line, all, options.span, options.threads, done);
  over = true;
  if (progress.joinable()) {
    progress.join();
  }
  auto good = true;
  for (const auto& outcome : outcomes) {
    print(outcome);
    good = good && outcome.error.empty();
  }
  good = write(options.html, report_html(options.span, outcomes)) && good;
  good = write(options.json, report_json(options.span, outcomes)) && good;
  return good ? 0 : failure;
}

} // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app{
    "Plays a recorded span or a simulated evening through the code that trades, filled on paper, "
    "once per combination of settings. Exit codes: 0 done, 1 failure, 2 usage.",
    "arbees-backtest"};
  declare(app, options);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : usage_error;
  }
  return run(options);
}
