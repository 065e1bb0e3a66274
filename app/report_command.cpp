#include "app/report_command.hpp"

#include <fmt/format.h>

#include "actors/messages/errors.hpp"
#include "app/tables.hpp"
#include "bridges/net/clock.hpp"
#include "bridges/store/history_client.hpp"
#include "bridges/store/ledger.hpp"

namespace arbees {

namespace {

/// All rows of a statement over a day; `{0}` and `{1}` stand for its limits. In words that DuckDB
/// and PostgreSQL have in common.
caf::expected<std::vector<SelectRow>>
rows_of(const HistoryPlace& history, const TimeSpan& day, std::string_view sql) {
  std::vector<SelectRow> rows;
  const SelectSink sink{.columns = [](const auto&) { return caf::error{}; },
                        .rows =
                          [&](const auto& more) {
                            rows.insert(rows.end(), more.begin(), more.end());
                            return caf::error{};
                          }};
  const auto limit = [](Timestamp at) { return fmt::format("TIMESTAMP '{}'", day_text(at)); };
  const auto end =
    select_from_history(history,
                        {.sql = fmt::format(fmt::runtime(sql), limit(day.begin), limit(day.end)),
                         .time_limit = std::chrono::minutes{2}},
                        sink);
  if (!end) {
    return end.error();
  }
  return rows;
}

std::int64_t integer(const std::optional<std::string>& text) {
  return parse_decimal(text.value_or("0"), 0).value_or(0);
}

Money money(const std::optional<std::string>& text) {
  return parse_money(text.value_or("0")).value_or(Money{0});
}

/// By the series that their games have at Kalshi.
std::map<std::string, std::string> leagues_by_series(const Config& config) {
  std::map<std::string, std::string> leagues;
  const auto tables = load_league_tables(config.tables, config.leagues);
  for (const auto& [league, table] : tables ? *tables : std::map<League, LeagueTable>{}) {
    for (const auto kind : {MarketKind::winner, MarketKind::spread, MarketKind::total}) {
      leagues[table.rules.kalshi_series(kind)] = to_string(league);
    }
  }
  return leagues;
}

caf::expected<DayReport> read_report(LedgerConfig place, const TimeSpan& day, const Config& config,
                                     const std::map<GameId, std::string>& games) {
  place.access = DatabaseAccess::read;
  auto ledger = Ledger::open(place);
  if (!ledger) {
    return ledger.error();
  }
  auto pairs = ledger->kept_pairs(day.begin, day.begin);
  if (!pairs) {
    return pairs.error();
  }
  auto settlements = ledger->settlements();
  if (!settlements) {
    return settlements.error();
  }
  return make_report({.day = day,
                      .mode = ledger->config().trading_mode,
                      .pairs = std::move(*pairs),
                      .settlements = std::move(*settlements),
                      .leagues = leagues_by_series(config),
                      .games = games});
}

} // namespace

caf::expected<DayHistory> read_day(const HistoryPlace& history, const TimeSpan& day) {
  const auto counts = rows_of(history, day,
                              "SELECT (SELECT count(*) FROM signals WHERE triggered_by >= {0} AND "
                              "triggered_by < {1}), (SELECT count(*) FROM decisions WHERE taken "
                              "AND decided_at >= {0} AND decided_at < {1}), (SELECT count(*) FROM "
                              "drifts WHERE seen_at >= {0} AND seen_at < {1}), (SELECT count(*) "
                              "FROM trading_states WHERE state <> 'active' AND changed_at >= {0} "
                              "AND changed_at < {1})");
  const auto missed = rows_of(history, day,
                              "SELECT filter, count(*), sum(edge_dollars) FROM decisions LEFT JOIN "
                              "signals USING (signal_id) WHERE NOT taken AND decided_at >= {0} AND "
                              "decided_at < {1} GROUP BY filter ORDER BY count(*) DESC, filter");
  const auto lost = rows_of(history, day,
                            "SELECT venue, count(*) FROM feeds WHERE NOT connected AND "
                            "reported_at >= {0} AND reported_at < {1} GROUP BY venue");
  const auto stale = rows_of(history, day,
                             "SELECT venue || ' ' || stale_reason, count(*) FROM prices WHERE "
                             "status = 'stale' AND received_at >= {0} AND received_at < {1} "
                             "GROUP BY venue, stale_reason");
  const auto games = rows_of(history, day, "SELECT DISTINCT game_id, league FROM games");
  for (const auto* const rows : {&counts, &missed, &lost, &stale, &games}) {
    if (!*rows) {
      return rows->error();
    }
  }
  const auto& first = counts->at(0);
  DayHistory known{.signals = integer(first.at(0)),
                   .taken = integer(first.at(1)),
                   .drifts = integer(first.at(2)),
                   .halts = integer(first.at(3))};
  for (const auto& row : *missed) {
    known.missed.push_back(
      {.filter = row.at(0).value_or(""), .signals = integer(row.at(1)), .edge = money(row.at(2))});
  }
  for (const auto& row : *lost) {
    known.disconnects[row.at(0).value_or("")] = integer(row.at(1));
  }
  for (const auto& row : *stale) {
    known.stale_books[row.at(0).value_or("")] = integer(row.at(1));
  }
  for (const auto& row : *games) {
    if (const auto game = parse_hex(row.at(0).value_or(""))) {
      known.leagues[GameId{*game}] = row.at(1).value_or("");
    }
  }
  return known;
}

ExitCode report_day(const CommandLine& line, const Config& config) {
  const auto refuse = [](ExitCode code, const std::string& why) {
    fmt::print(stderr, "arbees: {}\n", why);
    return code;
  };
  const auto day = parse_day(line.day.empty() ? day_text(Clock{}.now()) : line.day);
  if (!day) {
    return refuse(ExitCode::usage, fmt::format("--day {}: no day like 2026-11-21", line.day));
  }
  auto place = ledger_config(config, DatabaseAccess::read);
  if (line.ledger) {
    place = {.path = *line.ledger, .trading_mode = config.mode};
  }
  const auto history = read_day(history_place(line, config), *day);
  const auto games = history ? history->leagues : std::map<GameId, std::string>{};
  const auto report = read_report(place, *day, config, games);
  if (!report) {
    return refuse(ExitCode::failure, describe(report.error()));
  }
  std::optional<DayReport> against;
  if (line.against) {
    auto other = read_report({.path = *line.against}, *day, config, games);
    if (!other) {
      return refuse(ExitCode::failure, describe(other.error()));
    }
    against = std::move(*other);
  }
  if (line.csv) {
    fmt::print("{}", report_csv(*report));
    return ExitCode::ok;
  }
  const auto write = line.json ? report_json : report_text;
  fmt::print("{}", write(*report, history, against ? &*against : nullptr));
  return ExitCode::ok;
}

} // namespace arbees
