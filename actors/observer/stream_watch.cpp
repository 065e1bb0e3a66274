#include "actors/observer/stream_watch.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include "actors/messages/topics.hpp"

namespace arbees {

namespace {

constexpr std::array<std::string_view, 10> known_families = {
  "prices", "orderbook", "games",     "markets",   "signals",
  "market", "execution", "positions", "telemetry", "trades",
};

std::string family_of(std::string_view name) {
  const auto family = topic::family(name);
  const auto known =
    std::find(known_families.begin(), known_families.end(), family) != known_families.end();
  return std::string{known ? family : "other"};
}

/// The number behind `"key":` in a payload of ours.
std::optional<std::int64_t> number_behind(std::string_view payload, std::string_view key) {
  const auto at = payload.find(key);
  if (at == std::string_view::npos) {
    return std::nullopt;
  }
  const auto digits = payload.substr(at + key.size(), 20);
  std::int64_t number = 0;
  const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return parsed.ec == std::errc{} ? std::optional{number} : std::nullopt;
}

/// All "overflows:<role>" of a node's health.
std::uint64_t overflows_in(std::string_view payload) {
  constexpr std::string_view key = "\"overflows:";
  std::uint64_t sum = 0;
  for (auto at = payload.find(key); at != std::string_view::npos; at = payload.find(key, at + 1)) {
    sum += static_cast<std::uint64_t>(
      std::max<std::int64_t>(number_behind(payload.substr(at + key.size()), "\":").value_or(0), 0));
  }
  return sum;
}

/// When the venue's news was received that this message tells, or that led to it.
std::optional<Timestamp> origin_of(std::string_view payload, std::string_view family) {
  const auto market_data = family == "prices" || family == "orderbook";
  const auto us =
    number_behind(payload, market_data ? "\"received_ts_us\":" : "\"triggered_ts_us\":");
  return us && *us > 0 ? std::optional{Timestamp{std::chrono::microseconds{*us}}} : std::nullopt;
}

} // namespace

std::string_view to_string(StreamEvent event) {
  switch (event) {
    case StreamEvent::in_order:
      return "in_order";
    case StreamEvent::joined:
      return "joined";
    case StreamEvent::restart:
      return "restart";
    case StreamEvent::gap:
      return "gap";
    case StreamEvent::reorder:
      return "reorder";
    case StreamEvent::duplicate:
      return "duplicate";
    case StreamEvent::untracked:
      return "untracked";
    case StreamEvent::snapshot:
      return "snapshot";
  }
  return "unknown";
}

StreamFinding StreamWatch::heard(const WireMessage& message) {
  if (message.from_snapshot) {
    ++totals_.from_snapshot;
  } else {
    ++totals_.messages;
    const auto family = family_of(message.topic);
    ++families_[family];
    measure(message, family);
  }
  const auto known = sources_.find(message.source);
  if (known == sources_.end() && sources_.size() >= max_sources) {
    ++totals_.untracked;
    return {.event = StreamEvent::untracked};
  }
  auto& source = known == sources_.end() ? sources_[message.source] : known->second;
  source.heard_at = message.received_at;
  source.silent = false;
  if (message.topic.starts_with("telemetry.health.")) {
    source.overflows = overflows_in(message.payload);
  }
  return message.from_snapshot ? hear_snapshot(source, message) : follow(source, message);
}

/// It says that the run is there. Its number is any that was: one that is still to come does not
/// come twice.
StreamFinding StreamWatch::hear_snapshot(Source& source, const WireMessage& message) {
  auto run = std::ranges::find(source.runs, message.run, &Run::id);
  if (run == source.runs.end()) {
    if (source.runs.size() == runs_per_source) {
      source.runs.pop_front();
    }
    source.runs.push_back({.id = message.run, .live = false});
    run = source.runs.end() - 1;
  }
  if (message.seq >= run->next && run->shown.size() < shown_per_run) {
    run->shown.insert(message.seq);
    if (run->live) {
      pass_shown(*run);
    }
  }
  return {.event = StreamEvent::snapshot};
}

void StreamWatch::pass_shown(Run& run) {
  run.shown.erase(run.shown.begin(), run.shown.lower_bound(run.next));
  while (!run.shown.empty() && *run.shown.begin() == run.next) {
    run.shown.erase(run.shown.begin());
    ++run.next;
  }
}

StreamFinding StreamWatch::follow(Source& source, const WireMessage& message) {
  const auto run = std::find_if(source.runs.begin(), source.runs.end(),
                                [&](const Run& each) { return each.id == message.run; });
  if (run == source.runs.end()) {
    return begin_run(source, message);
  }
  if (!run->live) {
    auto shown = std::move(run->shown);
    source.runs.erase(run);
    const auto finding = begin_run(source, message);
    source.runs.back().shown = std::move(shown);
    pass_shown(source.runs.back());
    return finding;
  }
  return message.seq >= run->next ? advance(*run, message.seq) : look_back(*run, message.seq);
}

StreamFinding StreamWatch::begin_run(Source& source, const WireMessage& message) {
  const auto event = source.runs.empty() ? StreamEvent::joined : StreamEvent::restart;
  totals_.restarts += event == StreamEvent::restart ? 1 : 0;
  if (source.runs.size() == runs_per_source) {
    source.runs.pop_front();
  }
  source.runs.push_back({.id = message.run, .next = message.seq + 1, .last = message.seq});
  // Whoever joins late has not lost what came before: it counts as no gap.
  return {.event = event, .missing = message.seq};
}

StreamFinding StreamWatch::advance(Run& run, std::uint64_t seq) {
  auto begin = run.next;
  std::uint64_t missing = 0;
  const auto miss = [&](std::uint64_t end) {
    if (begin < end && view_ == StreamView::complete) {
      missing += end - begin;
      run.holes.push_back({begin, end});
    }
  };
  for (auto shown = run.shown.begin(); shown != run.shown.end() && *shown < seq; ++shown) {
    miss(*shown);
    begin = *shown + 1;
  }
  miss(seq);
  while (run.holes.size() > holes_per_run) {
    run.holes.pop_front();
  }
  run.next = seq + 1;
  run.last = seq;
  pass_shown(run);
  if (missing == 0) {
    return {};
  }
  ++totals_.gaps;
  totals_.gap_messages += missing;
  return {.event = StreamEvent::gap, .missing = missing};
}

StreamFinding StreamWatch::look_back(Run& run, std::uint64_t seq) {
  if (view_ == StreamView::filtered) {
    // What lies between the numbers is not known; only the last one is surely a repetition.
    const auto repeated = seq == run.last;
    ++(repeated ? totals_.duplicates : totals_.reorders);
    return {.event = repeated ? StreamEvent::duplicate : StreamEvent::reorder};
  }
  const auto hole = std::find_if(run.holes.begin(), run.holes.end(), [seq](const Hole& each) {
    return each.begin <= seq && seq < each.end;
  });
  if (hole == run.holes.end()) {
    ++totals_.duplicates;
    return {.event = StreamEvent::duplicate};
  }
  const Hole behind{seq + 1, hole->end};
  hole->end = seq;
  const auto place = hole->begin == hole->end ? run.holes.erase(hole) : hole + 1;
  if (behind.begin != behind.end) {
    run.holes.insert(place, behind);
  }
  ++totals_.reorders;
  --totals_.gap_messages;
  return {.event = StreamEvent::reorder};
}

std::uint64_t StreamWatch::publisher_overflows() const {
  std::uint64_t sum = 0;
  for (const auto& [name, source] : sources_) {
    sum += source.overflows;
  }
  return sum;
}

void StreamWatch::measure(const WireMessage& message, const std::string& family) {
  const auto received_ms = to_ms(message.received_at);
  if (message.timestamp_ms > received_ms || message.timestamp_ms <= 0) {
    ++totals_.ahead;
    return;
  }
  if (const auto origin = origin_of(message.payload, family)) {
    end_to_end_[family].record(message.received_at - *origin);
  }
  const auto latency = message.received_at - from_ms(message.timestamp_ms);
  latency_.record(latency);
  latencies_[family].record(latency);
}

std::vector<StreamSilence> StreamWatch::newly_silent(Timestamp now) {
  std::vector<StreamSilence> result;
  for (auto& [name, source] : sources_) {
    if (!source.silent && now - source.heard_at > silence_after_) {
      source.silent = true;
      result.push_back(
        {.source = name, .run = source.runs.back().id, .silent_for = now - source.heard_at});
    }
  }
  return result;
}

} // namespace arbees
