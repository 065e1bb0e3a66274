#include "bridges/store/history.hpp"

#include <fmt/format.h>

#include "bridges/store/history_schema.hpp"
#include "bridges/store/history_table.hpp"

namespace arbees {

namespace {

template <class Row>
std::optional<std::string> append_all(duckdb_connection connection, const TableDefinition& table,
                                      const std::deque<Row>& rows) {
  if (rows.empty()) {
    return std::nullopt;
  }
  HistoryTable writer{connection, table};
  for (const auto& row : rows) {
    append_row(writer, row);
    writer.end_row();
  }
  return writer.close();
}

} // namespace

caf::expected<History> History::open(const HistoryConfig& config) {
  auto database = open_duckdb(config.place.file, DatabaseAccess::write, config.memory_limit);
  if (!database) {
    return database.error();
  }
  auto connection = connect_to(*database);
  if (!connection) {
    return connection.error();
  }
  History history;
  history.path_ = config.place.file.string();
  history.retention_ = config.retention;
  history.database_ = std::move(*database);
  history.connection_ = std::move(*connection);
  std::string schema;
  for (const auto& table : history_tables()) {
    schema += create_statement(table);
  }
  // What files of earlier versions lack.
  for (const auto* const table : {"games", "matches"}) {
    schema += fmt::format("ALTER TABLE {} ADD COLUMN IF NOT EXISTS payload VARCHAR;", table);
  }
  if (auto error = history.execute("BEGIN TRANSACTION;" + schema + history_views + "COMMIT")) {
    return error;
  }
  return history;
}

caf::error History::execute(const std::string& sql, std::int64_t* changed) {
  duckdb_result result;
  const auto state = duckdb_query(connection_.get(), sql.c_str(), &result);
  caf::error error;
  if (state != DuckDBSuccess) {
    const auto* const why = duckdb_result_error(&result);
    error = duckdb_failed(path_, why == nullptr ? "query failed" : why);
  } else if (changed != nullptr) {
    *changed = static_cast<std::int64_t>(duckdb_rows_changed(&result));
  }
  duckdb_destroy_result(&result);
  return error;
}

caf::expected<HistoryCounts> History::forget(Timestamp now) {
  HistoryCounts gone{};
  for (std::size_t i = 0; i < gone.size(); ++i) {
    const auto kept = kept_for(retention_, i);
    if (!kept) {
      continue;
    }
    const auto sql = fmt::format("DELETE FROM {} WHERE {} < make_timestamp({})",
                                 history_tables()[i].name, history_times()[i], to_us(now - *kept));
    if (auto error = execute(sql, &gone[i])) {
      return error;
    }
  }
  return gone;
}

caf::error History::write(const HistoryBatch& batch) {
  return write_after({}, batch);
}

caf::error History::rebuild(const HistoryBatch& batch) {
  return write_after(delete_what_the_ledger_knows, batch);
}

caf::error History::write_after(const std::string& sql, const HistoryBatch& batch) {
  if (auto error = execute("BEGIN TRANSACTION;" + sql)) {
    execute("ROLLBACK");
    return error;
  }
  std::optional<std::string> failure;
  std::size_t table = 0;
  const auto append_table = [&](const auto& rows) {
    if (!failure) {
      failure = append_all(connection_.get(), history_tables()[table], rows);
    }
    ++table;
  };
  std::apply([&](const auto&... rows) { (append_table(rows), ...); }, batch.tables);
  if (!failure) {
    return execute("COMMIT");
  }
  // What fails here has been undone by DuckDB itself.
  execute("ROLLBACK");
  return duckdb_failed(path_, *failure);
}

} // namespace arbees
