#include "bridges/store/history_postgres.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include "actors/messages/errors.hpp"
#include "bridges/store/history.hpp"
#include "bridges/store/history_tables.hpp"
#include "bridges/store/postgres_text.hpp"
#include "bridges/store/postgres_url.hpp"

namespace arbees {

namespace {

/// The server parses a statement of so many rows in one go without holding up others.
constexpr std::size_t rows_per_statement = 500;

constexpr const char* views = R"sql(
CREATE OR REPLACE VIEW signals_explained AS
SELECT s.*,
  CASE WHEN d.taken THEN 'taken' WHEN d.taken IS NULL THEN 'undecided' ELSE 'rejected' END
    AS decision,
  d.filter, d.measured, d.allowed, d.pair_id, d.decided_at
FROM signals s LEFT JOIN decisions d USING (signal_id);
CREATE OR REPLACE VIEW market_names AS
SELECT market_id, min(venue) AS venue, min(native_id) AS native_id,
  min(yes_outcome) AS yes_outcome, min(game_id) AS game_id
FROM markets GROUP BY market_id;
)sql";

std::string time_literal(Timestamp at) {
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day date{day};
  const auto us = std::chrono::duration_cast<std::chrono::microseconds>(at - day).count();
  return fmt::format("'{:04}-{:02}-{:02} {:02}:{:02}:{:02}.{:06}'", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     us / 3'600'000'000, us / 60'000'000 % 60, us / 1'000'000 % 60, us % 1'000'000);
}

/// Inserts rows as statements of many.
class PostgresRows final : public HistoryRows {
public:
  PostgresRows(PostgresConnection& connection, const char* table)
    : connection_(connection), table_(table) {}

  using HistoryRows::add;
  HistoryRows& add(std::string_view value) override {
    std::string literal = "'";
    for (const auto letter : to_postgres_text(value)) {
      literal += letter;
      if (letter == '\'') {
        literal += letter;
      }
    }
    return put(literal + "'");
  }
  HistoryRows& add(std::int64_t value) override { return put(std::to_string(value)); }
  HistoryRows& add(bool value) override { return put(value ? "TRUE" : "FALSE"); }
  HistoryRows& add(Price value) override { return put(format_decimal(value.value(), 4, 4)); }
  HistoryRows& add(Timestamp value) override { return put(time_literal(value)); }
  HistoryRows& add_null() override { return put("NULL"); }

  void end_row() override {
    sql_ += ')';
    first_ = true;
    if (++rows_ == rows_per_statement) {
      hand_over();
    }
  }

  std::optional<std::string> close() override {
    hand_over();
    return failure_;
  }

protected:
  HistoryRows& add_amount(std::int64_t value) override { return put(format_decimal(value, 6, 6)); }

private:
  HistoryRows& put(std::string_view literal) {
    if (!first_) {
      sql_ += ',';
    } else if (rows_ == 0) {
      sql_ += fmt::format("INSERT INTO {} VALUES (", table_);
    } else {
      sql_ += ",(";
    }
    sql_ += literal;
    first_ = false;
    return *this;
  }

  void hand_over() {
    if (rows_ > 0 && !failure_) {
      if (const auto failure = connection_.execute(sql_)) {
        failure_ = fmt::format("{}: {}", table_, describe(*failure));
      }
    }
    sql_.clear();
    rows_ = 0;
  }

  PostgresConnection& connection_;
  const char* table_;
  std::string sql_;
  std::size_t rows_ = 0;
  bool first_ = true; ///< of its row's values
  std::optional<std::string> failure_;
};

template <class Row>
std::optional<std::string>
insert_all(PostgresConnection& connection, const char* table, const std::deque<Row>& rows) {
  PostgresRows writer{connection, table};
  for (const auto& row : rows) {
    append_row(writer, row);
    writer.end_row();
  }
  return writer.close();
}

} // namespace

PostgresHistory::PostgresHistory(const HistoryConfig& config)
  : name_{shown_postgres_url(config.url)},
    retention_{config.retention},
    connection_{{.url = config.url,
                 .application = fmt::format("arbees history {}", ::getpid()),
                 .answer_timeout = std::chrono::seconds{60}}} {}

caf::expected<std::unique_ptr<PostgresHistory>> PostgresHistory::open(const HistoryConfig& config) {
  if (const auto problem = postgres_url_problem(config.url); !problem.empty()) {
    return caf::make_error(Errc::bad_configuration, "history.database_url: " + problem);
  }
  auto history = std::make_unique<PostgresHistory>(config);
  if (const auto failure = history->connection_.connect()) {
    return history->failed(describe(*failure));
  }
  if (auto error = history->create()) {
    return error;
  }
  return history;
}

caf::error PostgresHistory::create() {
  std::string schema =
    "SET standard_conforming_strings = on; SET client_min_messages = warning; "
    "CREATE SCHEMA IF NOT EXISTS arbees_history; "
    "SET search_path = arbees_history, public; ";
  for (std::size_t i = 0; i < history_table_count; ++i) {
    const auto& table = history_tables()[i];
    schema += create_statement(table);
    schema += fmt::format("CREATE INDEX IF NOT EXISTS {0}_by_time ON {0} USING brin ({1});",
                          table.name, history_times()[i]);
  }
  if (auto error = execute(schema + views)) {
    return error;
  }
  make_hypertables();
  return {};
}

/// A table that cannot become one stays what it is, and works.
void PostgresHistory::make_hypertables() {
  if (!connection_.value("SELECT extname FROM pg_extension WHERE extname = 'timescaledb'")) {
    return;
  }
  for (std::size_t i = 0; i < history_table_count; ++i) {
    const auto sql = fmt::format(
      "SELECT create_hypertable('arbees_history.{}', '{}', "
      "if_not_exists => TRUE, migrate_data => TRUE)",
      history_tables()[i].name, history_times()[i]);
    if (const auto failure = connection_.execute(sql)) {
      spdlog::warn("history.no_hypertable table={} error=\"{}\"", history_tables()[i].name,
                   describe(*failure));
    }
  }
}

caf::error PostgresHistory::failed(std::string_view why) const {
  return caf::make_error(Errc::io_failed, fmt::format("history {}: {}", name_, why));
}

caf::error PostgresHistory::execute(const std::string& sql) {
  const auto failure = connection_.execute(sql);
  return failure ? failed(describe(*failure)) : caf::error{};
}

caf::error PostgresHistory::write(const HistoryBatch& batch) {
  return write_after({}, batch);
}

caf::error PostgresHistory::rebuild(const HistoryBatch& batch) {
  return write_after(delete_what_the_ledger_knows, batch);
}

caf::error PostgresHistory::write_after(const std::string& sql, const HistoryBatch& batch) {
  if (auto error = execute("BEGIN; " + sql)) {
    execute("ROLLBACK");
    return error;
  }
  std::optional<std::string> failure;
  std::size_t table = 0;
  const auto insert = [&](const auto& rows) {
    if (!failure) {
      failure = insert_all(connection_, history_tables()[table].name, rows);
    }
    ++table;
  };
  std::apply([&](const auto&... rows) { (insert(rows), ...); }, batch.tables);
  if (failure) {
    execute("ROLLBACK");
    return failed(*failure);
  }
  return execute("COMMIT");
}

caf::expected<HistoryCounts> PostgresHistory::forget(Timestamp now) {
  HistoryCounts gone{};
  for (std::size_t i = 0; i < gone.size(); ++i) {
    const auto kept = kept_for(retention_, i);
    if (!kept) {
      continue;
    }
    if (auto error = execute(fmt::format("DELETE FROM {} WHERE {} < {}", history_tables()[i].name,
                                         history_times()[i], time_literal(now - *kept)))) {
      return error;
    }
    gone[i] = connection_.changes();
  }
  return gone;
}

caf::expected<std::unique_ptr<HistoryStore>> open_history_store(const HistoryConfig& config) {
  if (!config.url.empty()) {
    auto opened = PostgresHistory::open(config);
    if (!opened) {
      return opened.error();
    }
    return std::unique_ptr<HistoryStore>{std::move(*opened)};
  }
  auto opened = History::open(config);
  if (!opened) {
    return opened.error();
  }
  return std::unique_ptr<HistoryStore>{std::make_unique<History>(std::move(*opened))};
}

} // namespace arbees
