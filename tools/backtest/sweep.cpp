#include "tools/backtest/sweep.hpp"

#include <cstdlib>
#include <thread>

#include "tools/replay/jsonl_source.hpp"
#include "tools/replay/sim_world.hpp"

namespace arbees::backtest {

namespace {

using namespace replay;

void note_error(Outcome& outcome, const caf::error& error) {
  outcome.error = describe(error);
}

void play(const SessionConfig& setup, const Span& span, Outcome& outcome) {
  std::optional<SimWorld> world;
  if (span.recording.empty()) {
    world.emplace(span.world, setup.tables);
  }
  Session session{setup, paper_venues(setup), world ? &*world : nullptr};
  if (world) {
    world->open(session);
    world->run(session, span.length);
    world->finish(session);
  } else if (std::filesystem::is_directory(span.recording)) {
    if (const auto played = play_capture(span.recording, session, setup.tables); !played) {
      return note_error(outcome, played.error());
    }
  } else if (const auto played = play_jsonl(span.recording, session); !played) {
    return note_error(outcome, played.error());
  }
  outcome.routes = session.shard_metrics().values;
  outcome.tally = session.take_tally();
}

Outcome run_one(CommandLine line, const std::vector<std::string>& settings, const Span& span) {
  Outcome outcome{.settings = settings};
  line.overrides.insert(line.overrides.end(), settings.begin(), settings.end());
  auto loaded = load_config(line, [](const char* name) { return std::getenv(name); });
  for (const auto& error : loaded.errors) {
    outcome.error += (outcome.error.empty() ? "" : "; ") + error;
  }
  outcome.config = loaded.config;
  if (!outcome.error.empty()) {
    return outcome;
  }
  const auto setup = session_config(loaded.config);
  if (setup) {
    play(*setup, span, outcome);
  } else {
    note_error(outcome, setup.error());
  }
  return outcome;
}

} // namespace

std::variant<Axis, std::string> parse_axis(std::string_view text) {
  const auto equals = text.find('=');
  if (equals == std::string_view::npos || equals == 0) {
    return "--set " + std::string{text} + ": expected key=value or key=a,b,c";
  }
  Axis axis{.key = std::string{text.substr(0, equals)}};
  auto rest = text.substr(equals + 1);
  for (;;) {
    const auto comma = rest.find(',');
    axis.values.emplace_back(rest.substr(0, comma));
    if (axis.values.back().empty()) {
      return "--set " + std::string{text} + ": an empty value";
    }
    if (comma == std::string_view::npos) {
      return axis;
    }
    rest.remove_prefix(comma + 1);
  }
}

std::vector<std::vector<std::string>> combinations(const std::vector<Axis>& axes) {
  std::vector<std::vector<std::string>> all{{}};
  for (const auto& axis : axes) {
    std::vector<std::vector<std::string>> longer;
    for (const auto& before : all) {
      for (const auto& value : axis.values) {
        longer.push_back(before);
        longer.back().push_back(axis.key + "=" + value);
      }
    }
    all = std::move(longer);
  }
  return all;
}

std::vector<Outcome>
run_sweep(const CommandLine& base, const std::vector<std::vector<std::string>>& combinations,
          const Span& span, int threads, std::atomic<std::size_t>& done) {
  std::vector<Outcome> outcomes(combinations.size());
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    for (auto i = next++; i < combinations.size(); i = next++) {
      outcomes[i] = run_one(base, combinations[i], span);
      ++done;
    }
  };
  std::vector<std::thread> workers;
  for (auto i = 1; i < threads; ++i) {
    workers.emplace_back(work);
  }
  work();
  for (auto& worker : workers) {
    worker.join();
  }
  return outcomes;
}

} // namespace arbees::backtest
