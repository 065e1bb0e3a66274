#include <fmt/format.h>

#include "actors/messages/errors.hpp"
#include "app/day_report.hpp"
#include "app/rows_output.hpp"
#include "bridges/envelope/json_writer.hpp"

namespace arbees {

namespace {

std::string list(const std::map<std::string, std::int64_t>& values) {
  std::string text;
  for (const auto& [name, value] : values) {
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", value, name);
  }
  return text.empty() ? "none" : text;
}

void line(std::string& text, std::string_view name, const std::string& value) {
  text += fmt::format("  {:<24} {}\n", name, value);
}

void groups(std::string& text, std::string_view title,
            const std::map<std::string, PairSums>& sums) {
  for (const auto& [name, sum] : sums) {
    line(text, fmt::format("{:<8}{}", title, name),
         fmt::format("${} after ${} fees, {} pairs, {} contracts matched", to_string(sum.profit),
                     to_string(sum.fees), sum.pairs, to_string(sum.matched)));
    title = "";
  }
}

void latency(std::string& text, std::string_view name, const LatencyHistogram& histogram) {
  line(text, name,
       histogram.count() == 0
         ? "none"
         : fmt::format("p50 {} µs, p95 {} µs, p99 {} µs, max {} µs, of {}",
                       histogram.quantile_us(0.5), histogram.quantile_us(0.95),
                       histogram.quantile_us(0.99), histogram.max_us(), histogram.count()));
}

void history_lines(std::string& text, const DayHistory& history) {
  line(text, "signals", fmt::format("{}, of which {} were taken", history.signals, history.taken));
  std::string_view title = "missed";
  for (const auto& missed : history.missed) {
    line(text, fmt::format("{:<8}{}", title, missed.filter),
         fmt::format("{} signals, ${} of edge as seen", missed.signals, to_string(missed.edge)));
    title = "";
  }
  line(text, "feeds lost", list(history.disconnects));
  line(text, "stale books", list(history.stale_books));
  line(text, "drifts, halts", fmt::format("{}, {}", history.drifts, history.halts));
}

/// Names come from outside: they are escaped.
void name(JsonWriter& json, std::string_view text) {
  std::string quoted;
  JsonWriter{quoted}.text(text);
  json.raw(quoted + ":");
}

void write(JsonWriter& json, std::string_view key,
           const std::map<std::string, std::int64_t>& values) {
  json.key(key).open_object();
  for (const auto& [what, count] : values) {
    name(json, what);
    json.integer(count);
  }
  json.close_object();
}

void write(JsonWriter& json, const PairSums& sums) {
  json.open_object().key("pairs").integer(sums.pairs).key("matched").quantity(sums.matched);
  json.key("profit").money(sums.profit).key("fees").money(sums.fees).close_object();
}

void write(JsonWriter& json, std::string_view key, const std::map<std::string, PairSums>& groups) {
  json.key(key).open_object();
  for (const auto& [what, sums] : groups) {
    name(json, what);
    write(json, sums);
  }
  json.close_object();
}

void write(JsonWriter& json, std::string_view key, const std::map<std::string, VenueSums>& venues) {
  json.key(key).open_object();
  for (const auto& [what, sums] : venues) {
    name(json, what);
    json.open_object().key("orders").integer(sums.orders).key("paid").money(sums.paid);
    json.key("received").money(sums.received).key("fees").money(sums.fees);
    json.key("payouts").money(sums.payouts).key("cash").money(sums.cash()).close_object();
  }
  json.close_object();
}

void write(JsonWriter& json, std::string_view key, const LatencyHistogram& histogram) {
  json.key(key).open_object().key("count").count(histogram.count());
  json.key("p50").integer(histogram.quantile_us(0.5)).key("p95");
  json.integer(histogram.quantile_us(0.95)).key("p99").integer(histogram.quantile_us(0.99));
  json.key("max").integer(histogram.max_us()).close_object();
}

void write(JsonWriter& json, const DayHistory& history) {
  json.open_object().key("signals").integer(history.signals).key("taken").integer(history.taken);
  json.key("missed").open_object();
  for (const auto& missed : history.missed) {
    name(json, missed.filter);
    json.open_object().key("signals").integer(missed.signals).key("edge").money(missed.edge);
    json.close_object();
  }
  json.close_object();
  write(json, "feeds_lost", history.disconnects);
  write(json, "stale_books", history.stale_books);
  json.key("drifts").integer(history.drifts).key("halts").integer(history.halts).close_object();
}

void write(JsonWriter& json, const DayReport& report) {
  json.key("mode").text(report.mode);
  write(json, "pairs", report.outcomes);
  json.key("open").integer(report.open).key("all");
  write(json, report.all);
  write(json, "by_league", report.by_league);
  write(json, "by_signal", report.by_signal);
  write(json, "by_edge", report.by_edge);
  write(json, "by_venue", report.by_venue);
  json.key("fees_of_complete_pairs").open_object().key("pairs").integer(report.complete);
  json.key("expected").money(report.fees_expected).key("charged").money(report.fees_charged);
  json.close_object();
  write(json, "tick_to_intent_us", report.tick_to_intent);
  json.key("order_us").open_object();
  for (const auto& [venue, histogram] : report.order_latency) {
    write(json, venue, histogram);
  }
  json.close_object();
}

void against_lines(std::string& text, const DayReport& report, const DayReport& other) {
  const auto show = [&](const DayReport& x) {
    line(text, "against " + x.mode,
         fmt::format("${} after ${} fees, {} pairs, {} contracts matched, {} complete",
                     to_string(x.all.profit), to_string(x.all.fees), x.all.pairs,
                     to_string(x.all.matched),
                     x.outcomes.contains("complete") ? x.outcomes.at("complete") : 0));
  };
  show(report);
  show(other);
}

} // namespace

std::string report_text(const DayReport& report, const caf::expected<DayHistory>& history,
                        const DayReport* against) {
  auto text = fmt::format("{} (UTC), {}\n", day_text(report.day.begin), report.mode);
  line(text, "pairs ended", list(report.outcomes));
  line(text, "pairs open", std::to_string(report.open));
  line(text, "profit",
       fmt::format("${} after ${} fees, {} contracts matched", to_string(report.all.profit),
                   to_string(report.all.fees), to_string(report.all.matched)));
  groups(text, "league", report.by_league);
  groups(text, "signal", report.by_signal);
  groups(text, "edge", report.by_edge);
  for (const auto& [venue, sums] : report.by_venue) {
    line(text, fmt::format("{:<8}{}", "venue", venue),
         fmt::format("{} orders: ${} paid, ${} received, ${} fees, ${} paid out to us: ${} cash",
                     sums.orders, to_string(sums.paid), to_string(sums.received),
                     to_string(sums.fees), to_string(sums.payouts), to_string(sums.cash())));
  }
  line(text, "fees",
       fmt::format("${} expected, ${} charged, in {} complete pairs",
                   to_string(report.fees_expected), to_string(report.fees_charged),
                   report.complete));
  latency(text, "tick to intent", report.tick_to_intent);
  for (const auto& [venue, histogram] : report.order_latency) {
    latency(text, fmt::format("{:<8}{}", "orders", venue), histogram);
  }
  if (history) {
    history_lines(text, *history);
  } else {
    line(text, "history", "not there: " + describe(history.error()));
  }
  if (against != nullptr) {
    against_lines(text, report, *against);
  }
  return text;
}

std::string report_json(const DayReport& report, const caf::expected<DayHistory>& history,
                        const DayReport* against) {
  std::string text;
  JsonWriter json{text};
  json.open_object().key("day").text(day_text(report.day.begin));
  write(json, report);
  json.key("history");
  if (history) {
    write(json, *history);
  } else {
    json.null().key("history_missing").text(describe(history.error()));
  }
  json.key("against");
  if (against != nullptr) {
    json.open_object();
    write(json, *against);
    json.close_object();
  } else {
    json.null();
  }
  json.close_object();
  return text + "\n";
}

std::string report_csv(const DayReport& report) {
  std::string text = "time_utc,kind,venue,market,side,quantity,price,amount,fee,pair\n";
  for (const auto& event : report.cash) {
    const auto us = to_us(event.at) % (24ll * 3600 * 1'000'000);
    text += csv_line(
      {fmt::format("{}T{:02}:{:02}:{:02}.{:06}Z", day_text(event.at), us / 3'600'000'000,
                   us / 60'000'000 % 60, us / 1'000'000 % 60, us % 1'000'000),
       event.kind, std::string{to_string(event.venue)}, event.market,
       std::string{to_string(event.side)}, to_string(event.quantity),
       event.price ? std::optional{to_string(*event.price)} : std::nullopt, to_string(event.amount),
       to_string(event.fee), event.pair ? std::optional{to_hex(*event.pair)} : std::nullopt});
  }
  return text;
}

} // namespace arbees
