#include "bridges/store/sqlite.hpp"

#include <sqlite3.h>

#include <cassert>

namespace arbees {

bool SqliteFailure::constraint() const {
  return (code & 0xff) == SQLITE_CONSTRAINT;
}

void SqliteStatement::Finalize::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}

void SqliteStatement::note(int code) {
  if (code != SQLITE_OK && !failure_) {
    auto* const database = sqlite3_db_handle(statement_.get());
    failure_ = SqliteFailure{sqlite3_extended_errcode(database), sqlite3_errmsg(database)};
  }
}

SqliteStatement& SqliteStatement::bind(std::int64_t value) {
  note(sqlite3_bind_int64(statement_.get(), ++bound_, value));
  return *this;
}

SqliteStatement& SqliteStatement::bind(std::string_view value) {
  // A null pointer would bind NULL, not the empty text.
  const auto* const text = value.data() == nullptr ? "" : value.data();
  note(sqlite3_bind_text64(statement_.get(), ++bound_, text, value.size(), SQLITE_TRANSIENT,
                           SQLITE_UTF8));
  return *this;
}

SqliteStatement& SqliteStatement::bind(std::nullopt_t) {
  note(sqlite3_bind_null(statement_.get(), ++bound_));
  return *this;
}

bool SqliteStatement::next() {
  assert(statement_ != nullptr);
  if (failure_) {
    return false;
  }
  const auto code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) {
    return true;
  }
  note(code == SQLITE_DONE ? SQLITE_OK : code);
  return false;
}

std::optional<SqliteFailure> SqliteStatement::run() {
  next();
  auto failure = std::move(failure_);
  reset();
  return failure;
}

void SqliteStatement::reset() {
  sqlite3_reset(statement_.get());
  sqlite3_clear_bindings(statement_.get());
  bound_ = 0;
  failure_.reset();
}

std::int64_t SqliteStatement::integer(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

std::string SqliteStatement::text(int column) const {
  const auto* const bytes = sqlite3_column_text(statement_.get(), column);
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column));
  return bytes == nullptr ? std::string{} : std::string{reinterpret_cast<const char*>(bytes), size};
}

bool SqliteStatement::null(int column) const {
  return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

int SqliteStatement::columns() const {
  return sqlite3_column_count(statement_.get());
}

std::string SqliteStatement::name(int column) const {
  return sqlite3_column_name(statement_.get(), column);
}

void SqliteConnection::Close::operator()(sqlite3* database) const {
  sqlite3_close_v2(database);
}

std::optional<SqliteFailure>
SqliteConnection::open(const std::filesystem::path& path, SqliteAccess access,
                       SqliteConnection& connection) {
  const auto flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE
                     | (access == SqliteAccess::read ? SQLITE_OPEN_READONLY
                                                     : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
  sqlite3* database = nullptr;
  const auto code = sqlite3_open_v2(path.c_str(), &database, flags, nullptr);
  connection.database_.reset(database);
  if (code != SQLITE_OK) {
    return database == nullptr ? SqliteFailure{code, "out of memory"} : connection.last_failure();
  }
  return std::nullopt;
}

std::optional<SqliteFailure> SqliteConnection::execute(const std::string& sql) {
  return sqlite3_exec(database_.get(), sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK
           ? std::nullopt
           : std::optional{last_failure()};
}

std::optional<SqliteFailure>
SqliteConnection::prepare(std::string_view sql, SqliteStatement& statement) {
  sqlite3_stmt* prepared = nullptr;
  if (sqlite3_prepare_v3(database_.get(), sql.data(), static_cast<int>(sql.size()),
                         SQLITE_PREPARE_PERSISTENT, &prepared, nullptr)
      != SQLITE_OK) {
    return last_failure();
  }
  statement = SqliteStatement{prepared};
  return std::nullopt;
}

std::optional<std::string> SqliteConnection::value(std::string_view sql) {
  SqliteStatement statement;
  if (prepare(sql, statement) || !statement.next()) {
    return std::nullopt;
  }
  return statement.text(0);
}

std::int64_t SqliteConnection::changes() const {
  return sqlite3_changes64(database_.get());
}

bool SqliteConnection::in_transaction() const {
  return sqlite3_get_autocommit(database_.get()) == 0;
}

bool SqliteConnection::read_only() const {
  return sqlite3_db_readonly(database_.get(), "main") == 1;
}

SqliteFailure SqliteConnection::last_failure() const {
  return {sqlite3_extended_errcode(database_.get()), sqlite3_errmsg(database_.get())};
}

} // namespace arbees
