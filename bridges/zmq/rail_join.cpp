#include "bridges/zmq/rail_join.hpp"

#include <algorithm>

namespace arbees {

namespace {

constexpr std::size_t index(Rail rail) {
  return static_cast<std::size_t>(rail);
}

constexpr std::size_t max_notices = 64;

} // namespace

std::string_view to_string(Rail rail) {
  return rail == Rail::zmq ? "zmq" : "redis";
}

bool RailJoin::take(Rail rail, const WireMessage& message, Moment now) {
  auto& run = run_of(message, now);
  hear(run, rail, message, now);
  if (message.seq >= run.next) {
    advance(run, message.seq);
    ++counters_.given[index(rail)];
    return true;
  }
  const auto known = run.next - message.seq <= remembered && run.out[message.seq % remembered];
  ++(known ? counters_.doubles : counters_.late);
  return false;
}

/// The newest run of a source stands last, but an older one is followed as well: which of two is
/// the older cannot be told by its name.
RailJoin::Run& RailJoin::run_of(const WireMessage& message, Moment now) {
  auto source = sources_.find(message.source);
  if (source == sources_.end()) {
    if (sources_.size() >= max_sources) {
      forget_one_source();
    }
    source = sources_.emplace(message.source, std::vector<Run>{}).first;
  }
  auto& runs = source->second;
  const auto found = std::ranges::find(runs, message.run, &Run::run);
  if (found != runs.end()) {
    return *found;
  }
  if (runs.size() >= max_runs) {
    runs.erase(std::ranges::min_element(runs, {}, &Run::heard));
  }
  runs.push_back({.run = message.run, .next = message.seq, .heard = now});
  return runs.back();
}

/// The one that was silent for the longest.
void RailJoin::forget_one_source() {
  const auto last_heard = [](const auto& entry) {
    Moment last{};
    for (const auto& run : entry.second) {
      last = std::max(last, run.heard);
    }
    return last;
  };
  sources_.erase(std::ranges::min_element(sources_, {}, last_heard));
}

void RailJoin::hear(Run& run, Rail rail, const WireMessage& message, Moment now) {
  run.heard = now;
  if (config_.silence.count() == 0) {
    return;
  }
  const auto note = [&](Rail which, bool silent) {
    if (notices_.size() < max_notices) {
      notices_.push_back(
        {.rail = which, .silent = silent, .source = message.source, .run = message.run});
    }
  };
  run.owes[index(rail)].reset();
  if (std::exchange(run.silent[index(rail)], false)) {
    note(rail, false);
  }
  if (message.seq < run.next) {
    return;
  }
  const auto other = rail == Rail::zmq ? Rail::redis : Rail::zmq;
  auto& since = run.owes[index(other)];
  since = since.value_or(now);
  if (now - *since > config_.silence && !std::exchange(run.silent[index(other)], true)) {
    ++counters_.silences[index(other)];
    note(other, true);
  }
}

void RailJoin::advance(Run& run, std::uint64_t seq) {
  const auto skipped = seq - run.next;
  if (skipped >= remembered) {
    run.out.reset();
  } else {
    for (auto number = run.next; number < seq; ++number) {
      run.out.reset(number % remembered);
    }
  }
  run.out.set(seq % remembered);
  run.next = seq + 1;
}

} // namespace arbees
