#include "bridges/store/ledger_verify.hpp"

#include <fmt/format.h>

#include <stdexcept>

#include "actors/messages/errors.hpp"

#include "bridges/store/ledger_event.hpp"
#include "bridges/store/ledger_replay.hpp"
#include "bridges/store/ledger_schema.hpp"
#include "bridges/store/ledger_text.hpp"

namespace arbees {

namespace {

struct StoredEvent {
  std::int64_t seq = 0;
  std::string kind;
  Timestamp at;
  std::string content;
  std::string hash;
};

/// Calls `see(event)` for the events after `first` in their order, until it says what is wrong.
/// @returns that, or that the file failed, each with the event's number.
template <class F>
std::optional<LedgerFault> for_each_event(Database& database, std::int64_t first, F see) {
  auto seq = first;
  const auto events = database.prepare(
    "SELECT seq, kind, at_ns, content, hash FROM events WHERE seq > ? ORDER BY seq");
  events->bind(first);
  while (events->next()) {
    const StoredEvent event{.seq = events->integer(0),
                            .kind = events->text(1),
                            .at = from_ns(events->integer(2)),
                            .content = events->text(3),
                            .hash = events->text(4)};
    if (const std::string wrong = see(event); !wrong.empty()) {
      return LedgerFault{.seq = event.seq, .what = wrong};
    }
    seq = event.seq;
  }
  return events->failure()
           ? std::optional{LedgerFault{.seq = seq + 1, .what = events->failure()->text}}
           : std::nullopt;
}

/// Moves `head` on by one event, or says why it is not the next one.
std::string follow(ChainHead& head, const StoredEvent& event) {
  auto next = next_head(head, event.kind, event.at, event.content);
  if (event.seq != next.seq) {
    return fmt::format("follows event {}: the events between are missing", head.seq);
  }
  if (event.hash != next.hash) {
    return fmt::format("was changed, or one before it: its hash is {}, made anew {}",
                       event.hash.substr(0, 16), next.hash.substr(0, 16));
  }
  head = std::move(next);
  return {};
}

std::string key_of(const std::vector<std::string>& columns, std::size_t key_columns) {
  std::string key;
  for (std::size_t i = 0; i < key_columns && i < columns.size(); ++i) {
    key += (i == 0 ? "" : " ") + columns[i];
  }
  return key;
}

/// Takes the rows of the file out of `expected`; what is left, or other, is a fault.
std::optional<LedgerFault> compare_table(Database& database, const LedgerTableSql& table,
                                         LedgerRows& expected, LedgerVerdict& verdict) {
  const auto rows = database.prepare(table.sql);
  while (rows->next()) {
    std::vector<std::string> columns;
    for (auto i = 0; i < rows->columns(); ++i) {
      columns.push_back(rows->null(i) ? "null" : rows->text(i));
    }
    const auto found = expected.find(key_of(columns, table.key_columns));
    if (found == expected.end()) {
      return LedgerFault{.seq = verdict.events,
                         .what = fmt::format("{}: row {} follows from no event", table.name,
                                             key_of(columns, table.key_columns))};
    }
    const auto& right = found->second.columns;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      if (columns[i] != right[i]) {
        return LedgerFault{
          .seq = found->second.seq,
          .what = fmt::format("{}: row {}: column {} is \"{}\", by the events \"{}\"", table.name,
                              found->first, rows->name(static_cast<int>(i)), columns[i], right[i])};
      }
    }
    expected.erase(found);
    ++verdict.rows;
  }
  if (rows->failure()) {
    return LedgerFault{.seq = verdict.events,
                       .what = fmt::format("{}: {}", table.name, rows->failure()->text)};
  }
  if (!expected.empty()) {
    const auto& [key, row] = *expected.begin();
    return LedgerFault{.seq = row.seq,
                       .what = fmt::format("{}: row {} is missing", table.name, key)};
  }
  return std::nullopt;
}

std::optional<LedgerFault>
verify_events(Database& database, ChainHead head, LedgerVerdict& verdict) {
  LedgerReplay replay;
  auto fault = for_each_event(database, 0, [&](const StoredEvent& event) {
    if (auto wrong = follow(head, event); !wrong.empty()) {
      return wrong;
    }
    const auto record = decode_event(event.kind, event.content);
    if (!record) {
      return describe(record.error());
    }
    if (auto wrong = replay.apply(event.seq, event.kind == intent_kind, event.at, *record);
        !wrong.empty()) {
      return wrong;
    }
    verdict.events = head.seq;
    verdict.head = head.hash;
    return std::string{};
  });
  if (fault) {
    return fault;
  }
  std::map<std::string_view, LedgerRows> expected;
  try {
    expected = replay.tables();
  } catch (const std::overflow_error& error) {
    return LedgerFault{.seq = verdict.events, .what = error.what()};
  }
  for (const auto& table : ledger_tables()) {
    fault = compare_table(database, table, expected[table.name], verdict);
    if (fault) {
      return fault;
    }
  }
  return std::nullopt;
}

} // namespace

caf::expected<ChainHead>
check_newest_events(Database& database, const ChainHead& origin, std::int64_t limit) {
  const auto newest = database.value("SELECT coalesce(max(seq), 0) FROM events");
  if (!newest) {
    return caf::make_error(Errc::io_failed,
                           fmt::format("damaged: events: {}", database.last_failure().text));
  }
  const auto last = std::stoll(*newest);
  const auto first = std::max<std::int64_t>(last - limit, 0);
  auto head = origin;
  if (first > 0) {
    head = {
      .seq = first,
      .hash =
        database.value(fmt::format("SELECT hash FROM events WHERE seq = {}", first)).value_or("")};
  }
  if (const auto fault = for_each_event(database, first, [&](const StoredEvent& event) {
        return follow(head, event);
      })) {
    return caf::make_error(Errc::io_failed, fmt::format("damaged: event {} {}: {}", fault->seq,
                                                        fault->what, what_to_do_with_damage));
  }
  return head;
}

caf::expected<ChainHead> newest_event(Database& database, const ChainHead& origin) {
  const auto row = database.prepare("SELECT seq, hash FROM events ORDER BY seq DESC LIMIT 1");
  if (row->next()) {
    return ChainHead{.seq = row->integer(0), .hash = row->text(1)};
  }
  if (row->failure()) {
    return caf::make_error(Errc::io_failed, describe(*row->failure()));
  }
  return origin;
}

caf::expected<LedgerVerdict> verify_ledger(Database& database, const ChainHead& origin) {
  if (const auto failure = database.execute(std::string{database.begin_reading()})) {
    return caf::make_error(Errc::io_failed, failure->text);
  }
  LedgerVerdict verdict{.head = origin.hash};
  verdict.fault = verify_events(database, origin, verdict);
  if (!verdict.fault) {
    // Last, because the events name the first that is wrong, and this only a page.
    if (auto damage = database.damage(); !damage.empty()) {
      verdict.fault = LedgerFault{.seq = verdict.events, .what = std::move(damage)};
    }
  }
  database.execute("COMMIT");
  return verdict;
}

} // namespace arbees
