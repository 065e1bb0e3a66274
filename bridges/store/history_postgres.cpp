#include "bridges/store/history_postgres.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include "actors/messages/errors.hpp"
#include "bridges/store/history_schema.hpp"
#include "bridges/store/history_select.hpp"
#include "bridges/store/postgres_text.hpp"
#include "bridges/store/postgres_url.hpp"

namespace arbees {

namespace {

constexpr const char* schema = "arbees_history";
/// Of the advisory lock that all writers share, and `rebuild` has alone: "arbees", 2.
constexpr std::int64_t lock_key = 0x6172626565730002;
/// The server parses a statement of so many rows in one go without holding up others.
constexpr std::size_t rows_per_statement = 500;
/// No statement of ours takes a server that is well so long. The end of arbees waits for it.
constexpr auto answer_timeout = std::chrono::seconds{10};

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
    // What is no UTF-8 is lost here as in DuckDB, so that both have the same.
    return put(sql_literal(to_postgres_text(valid_utf8(value))));
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
  : name_{shown_postgres_url(config.place.url)},
    retention_{config.retention},
    forget_rows_{config.forget_rows},
    connection_{{.url = config.place.url,
                 .application = fmt::format("arbees history {}", ::getpid()),
                 .answer_timeout = answer_timeout}} {}

caf::expected<std::unique_ptr<PostgresHistory>> PostgresHistory::open(const HistoryConfig& config) {
  if (const auto problem = postgres_url_problem(config.place.url); !problem.empty()) {
    return caf::make_error(Errc::bad_configuration, "history.database_url: " + problem);
  }
  auto history = std::make_unique<PostgresHistory>(config);
  if (auto error = history->make_ready()) {
    return error;
  }
  return history;
}

caf::error PostgresHistory::make_ready() {
  if (ready_ && connection_.connected()) {
    return {};
  }
  if (const auto failure = connection_.connect()) {
    return failed(describe(*failure));
  }
  if (auto error = create()) {
    return error;
  }
  if (auto error = execute(fmt::format("SELECT pg_advisory_lock_shared({})", lock_key))) {
    return error;
  }
  ready_ = true;
  return {};
}

/// What there is already is left alone: to look at a table or view as its maker takes a lock, for
/// which somebody who reads in peace would let us wait.
caf::error PostgresHistory::create() {
  const auto there = existing();
  if (!there) {
    return there.error();
  }
  std::string sql = "SET standard_conforming_strings = on; SET client_min_messages = warning; ";
  if (!there->contains(schema)) {
    sql += fmt::format("CREATE SCHEMA {}; ", schema);
  }
  sql += fmt::format("SET search_path = {}, public; ", schema);
  std::vector<std::size_t> created;
  for (std::size_t i = 0; i < history_table_count; ++i) {
    const auto& table = history_tables()[i];
    if (!there->contains(table.name)) {
      created.push_back(i);
      // Rows come in the order of their time: an index of a few pages finds the old ones.
      sql += create_statement(table)
             + fmt::format("CREATE INDEX {0}_by_time ON {0} USING brin ({1}) WITH (autosummarize);",
                           table.name, history_times()[i]);
    }
  }
  if (!there->contains("signals_explained") || !there->contains("market_names")) {
    sql += history_views;
  }
  if (auto error = execute(sql)) {
    return error;
  }
  make_hypertables(created);
  return {};
}

/// The schema, if it is there, and what is in it.
caf::expected<std::set<std::string>> PostgresHistory::existing() {
  const auto statement = connection_.prepare(
    fmt::format("SELECT nspname FROM pg_namespace WHERE nspname = '{0}' UNION ALL "
                "SELECT relname FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace "
                "WHERE nspname = '{0}'",
                schema));
  std::set<std::string> names;
  while (statement->next()) {
    names.insert(statement->text(0));
  }
  if (const auto& failure = statement->failure()) {
    return failed(describe(*failure));
  }
  return names;
}

/// A table that cannot become one stays what it is, and works. Only new ones are tried: to move
/// rows may take hours, in which nobody could write.
void PostgresHistory::make_hypertables(const std::vector<std::size_t>& tables) {
  const auto home = connection_.value(
    "SELECT quote_ident(nspname) FROM pg_extension "
    "JOIN pg_namespace n ON n.oid = extnamespace WHERE extname = 'timescaledb'");
  if (!home) {
    return;
  }
  for (const auto i : tables) {
    const auto* const table = history_tables()[i].name;
    // In the words that all versions of the extension understand.
    const auto sql =
      fmt::format("SELECT {}.create_hypertable('{}.{}', '{}', if_not_exists => TRUE)", *home,
                  schema, table, history_times()[i]);
    if (const auto failure = connection_.execute(sql)) {
      spdlog::warn("history.no_hypertable table={} error=\"{}\"", table, describe(*failure));
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
  if (auto error = make_ready()) {
    return error;
  }
  if (doubt_ && doubt_->batch == &batch) {
    const auto there = committed(doubt_->transaction);
    if (!there) {
      return there.error();
    }
    doubt_.reset();
    if (*there) {
      return {};
    }
  }
  return write_after({}, batch);
}

caf::error PostgresHistory::rebuild(const HistoryBatch& batch) {
  if (auto error = make_ready()) {
    return error;
  }
  // Whoever else writes may still have rows in memory that the batch has too.
  const auto alone =
    connection_.value(fmt::format("SELECT pg_try_advisory_lock({})::int", lock_key));
  if (alone != "1") {
    return failed("an arbees has it open: stop that first");
  }
  auto error = write_after(delete_what_the_ledger_knows, batch);
  execute(fmt::format("SELECT pg_advisory_unlock({})", lock_key));
  return error;
}

/// @returns an error if that is not known yet
caf::expected<bool> PostgresHistory::committed(const std::string& transaction) {
  const auto statement = connection_.prepare(fmt::format("SELECT txid_status({})", transaction));
  const auto status = statement->next() ? statement->text(0) : std::string{};
  if (const auto& failure = statement->failure()) {
    if (failure->lost()) {
      return failed(describe(*failure));
    }
    // A server that fell over before it wrote anything of a transaction has never heard of it.
    return false;
  }
  if (status == "in progress") {
    return failed("the server is still committing what was given to the session before");
  }
  return status == "committed";
}

caf::error PostgresHistory::write_after(const std::string& sql, const HistoryBatch& batch) {
  doubt_.reset();
  if (sql.empty() && batch.size() == 0) {
    return {};
  }
  auto error = execute("BEGIN; " + sql);
  const auto transaction = error ? std::nullopt : connection_.value("SELECT txid_current()");
  if (!error && !transaction) {
    error = failed(describe(connection_.last_failure()));
  }
  if (!error) {
    error = insert(batch);
  }
  if (!error) {
    error = commit(batch, *transaction);
  }
  if (error) {
    execute("ROLLBACK");
    // Perhaps somebody has dropped a table: the next call looks for all of them.
    ready_ = false;
  }
  return error;
}

caf::error PostgresHistory::insert(const HistoryBatch& batch) {
  std::optional<std::string> failure;
  std::size_t table = 0;
  const auto insert_table = [&](const auto& rows) {
    if (!failure) {
      failure = insert_all(connection_, history_tables()[table].name, rows);
    }
    ++table;
  };
  std::apply([&](const auto&... rows) { (insert_table(rows), ...); }, batch.tables);
  return failure ? failed(*failure) : caf::error{};
}

caf::error PostgresHistory::commit(const HistoryBatch& batch, std::string transaction) {
  const auto failure = connection_.execute("COMMIT");
  if (!failure) {
    return {};
  }
  if (failure->lost()) {
    doubt_ = Doubt{.batch = &batch, .transaction = std::move(transaction)};
  }
  return failed(describe(*failure));
}

caf::expected<HistoryCounts> PostgresHistory::forget(Timestamp now) {
  if (auto error = make_ready()) {
    return error;
  }
  HistoryCounts gone{};
  for (std::size_t i = 0; i < gone.size(); ++i) {
    const auto kept = kept_for(retention_, i);
    if (!kept) {
      continue;
    }
    const auto old = fmt::format("{} < {}", history_times()[i], time_literal(now - *kept));
    // Named twice: in a hypertable two rows may have the same place, of which only one is old.
    if (auto error = execute(fmt::format("DELETE FROM {0} WHERE {1} AND ctid = ANY(ARRAY("
                                         "SELECT ctid FROM {0} WHERE {1} LIMIT {2}))",
                                         history_tables()[i].name, old, forget_rows_))) {
      return error;
    }
    gone[i] = connection_.changes();
  }
  return gone;
}

} // namespace arbees
