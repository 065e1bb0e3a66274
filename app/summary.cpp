#include "app/summary.hpp"

#include <fmt/format.h>

#include <boost/json.hpp>

namespace arbees {

namespace json = boost::json;

namespace {

std::int64_t value_of(const std::map<std::string, Metrics>& metrics, const std::string& source,
                      const std::string& name) {
  const auto actor = metrics.find(source);
  if (actor == metrics.end()) {
    return 0;
  }
  const auto value = actor->second.values.find(name);
  return value == actor->second.values.end() ? 0 : value->second;
}

/// The values whose name starts with `prefix`, by the rest of their name.
std::map<std::string, std::uint64_t> group(const Metrics& metrics, std::string_view prefix) {
  std::map<std::string, std::uint64_t> values;
  for (const auto& [name, value] : metrics.values) {
    if (name.starts_with(prefix) && value > 0) {
      values[name.substr(prefix.size())] = static_cast<std::uint64_t>(value);
    }
  }
  return values;
}

Summary::Latency latency(const std::map<std::string, Metrics>& metrics, const std::string& name) {
  return {
    .p50 = value_of(metrics, "ledger", name + "_p50"),
    .p99 = value_of(metrics, "ledger", name + "_p99"),
    .max = value_of(metrics, "ledger", name + "_max"),
    .count = value_of(metrics, "ledger", name + "_count"),
  };
}

template <class Count>
json::object object(const std::map<std::string, Count>& values) {
  json::object result;
  for (const auto& [name, value] : values) {
    result[name] = value;
  }
  return result;
}

json::object object(const Summary::Latency& latency) {
  return {
    {"p50", latency.p50}, {"p99", latency.p99}, {"max", latency.max}, {"count", latency.count}};
}

/// Money is exact in the ledger; the summary's number is its nearest double.
double dollars(Money money) {
  return static_cast<double>(money.value()) / static_cast<double>(money_per_dollar);
}

template <class Count>
std::string list(const std::map<std::string, Count>& values) {
  std::string text;
  for (const auto& [name, value] : values) {
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", value, name);
  }
  return text.empty() ? "none" : text;
}

} // namespace

Summary summarise(const RunRecord& record, const std::map<std::string, Metrics>& metrics,
                  std::optional<std::uint64_t> false_matches, Duration ran, std::string mode) {
  Summary summary;
  summary.ran = ran;
  summary.mode = std::move(mode);
  for (const auto& [id, match] : record.matched) {
    ++summary.games_matched;
    ++summary.matched_by_league[std::string{to_string(match.game.league)}];
  }
  summary.games_rejected = record.rejected_listings.size();
  for (const auto& [listing, gate] : record.rejected_listings) {
    ++summary.rejected_by_gate[gate];
  }
  summary.false_matches = false_matches;
  summary.signals = record.signals;
  summary.requests = record.requests;
  summary.rejections = record.rejections;
  summary.pairs = record.pairs;
  summary.pairs_open = static_cast<std::uint64_t>(value_of(metrics, "executor", "pairs_open"));
  if (record.exits + record.exits_rejected + record.exits_refused > 0) {
    summary.exits = {{"made", record.exits},
                     {"rejected", record.exits_rejected},
                     {"refused", record.exits_refused}};
  }
  summary.pnl = record.locked_profit;
  summary.fees = record.fees;
  summary.tick_to_intent_us = latency(metrics, "tick_to_intent_us");
  summary.tick_to_commit_us = latency(metrics, "tick_to_commit_us");
  if (const auto observer = metrics.find("observer"); observer != metrics.end()) {
    summary.messages = group(observer->second, "messages:");
    summary.gaps = static_cast<std::uint64_t>(value_of(metrics, "observer", "gap_messages"));
  }
  for (const auto& [source, values] : metrics) {
    for (const auto* const loss : {"dropped:", "overflows:", "failed:"}) {
      for (const auto& [name, count] : group(values, loss)) {
        summary.drops += count;
      }
    }
    for (const auto& [reason, count] : group(values, "stale:")) {
      summary.feed_events[fmt::format("{} {}", source, reason)] += count;
    }
  }
  return summary;
}

std::string to_json(const Summary& summary) {
  json::object root{
    {"mode", summary.mode},
    {"seconds", std::chrono::duration<double>(summary.ran).count()},
    {"games_matched", summary.games_matched},
    {"games_rejected", summary.games_rejected},
    {"leagues", summary.matched_by_league.size()},
    {"matched_by_league", object(summary.matched_by_league)},
    {"rejected_by_gate", object(summary.rejected_by_gate)},
    {"false_matches", nullptr},
    {"signals", summary.signals},
    {"requests", summary.requests},
    {"rejections", object(summary.rejections)},
    {"pairs", object(summary.pairs)},
    {"pairs_open", summary.pairs_open},
    {"exits", object(summary.exits)},
    {"pnl_dollars", dollars(summary.pnl)},
    {"fees_dollars", dollars(summary.fees)},
    {"tick_to_intent_us", object(summary.tick_to_intent_us)},
    {"tick_to_commit_us", object(summary.tick_to_commit_us)},
    {"messages", object(summary.messages)},
    {"gaps", summary.gaps},
    {"drops", summary.drops},
    {"stale", object(summary.feed_events)},
  };
  if (summary.false_matches) {
    root["false_matches"] = *summary.false_matches;
  }
  return json::serialize(root);
}

std::string to_text(const Summary& summary) {
  std::string text =
    fmt::format("\narbees ran {:.1f} s, {}\n", std::chrono::duration<double>(summary.ran).count(),
                summary.mode == "paper" ? "on paper" : summary.mode);
  const auto line = [&text](std::string_view name, const std::string& value) {
    text += fmt::format("  {:<16} {}\n", name, value);
  };
  line("games",
       fmt::format("{} matched in {} leagues ({}); false matches: {}", summary.games_matched,
                   summary.matched_by_league.size(), list(summary.matched_by_league),
                   summary.false_matches ? std::to_string(*summary.false_matches)
                                         : "nothing to compare with"));
  line("not matched",
       fmt::format("{} listings ({})", summary.games_rejected, list(summary.rejected_by_gate)));
  line("signals", fmt::format("{}, of which {} became pairs", summary.signals, summary.requests));
  line("rejected by", list(summary.rejections));
  line("pairs", fmt::format("{}; open at the end: {}", list(summary.pairs), summary.pairs_open));
  line("exits", list(summary.exits));
  line("profit",
       fmt::format("${} after ${} fees", to_string(summary.pnl), to_string(summary.fees)));
  line("tick to intent",
       fmt::format("p50 {} µs, p99 {} µs, max {} µs", summary.tick_to_intent_us.p50,
                   summary.tick_to_intent_us.p99, summary.tick_to_intent_us.max));
  line("tick to disk", fmt::format("p50 {} µs, p99 {} µs, max {} µs", summary.tick_to_commit_us.p50,
                                   summary.tick_to_commit_us.p99, summary.tick_to_commit_us.max));
  line("published", list(summary.messages));
  line("bus", fmt::format("{} gaps, {} drops", summary.gaps, summary.drops));
  line("stale books", list(summary.feed_events));
  return text;
}

} // namespace arbees
