#include "bridges/store/sqlite.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

namespace arbees {

namespace {

DatabaseFailure failure_of(sqlite3* database) {
  const auto code = sqlite3_extended_errcode(database);
  return {.kind = (code & 0xff) == SQLITE_CONSTRAINT ? DatabaseFailure::Kind::constraint
                                                     : DatabaseFailure::Kind::refused,
          .text = sqlite3_errmsg(database),
          .code = fmt::format("SQLite code {}", code)};
}

class SqliteStatement final : public Statement {
public:
  explicit SqliteStatement(sqlite3_stmt* statement) : statement_(statement) {}
  explicit SqliteStatement(DatabaseFailure why_not)
    : why_not_(std::move(why_not)), failure_(why_not_) {}

  Statement& bind(std::int64_t value) override {
    note(sqlite3_bind_int64(statement_.get(), ++bound_, value));
    return *this;
  }
  Statement& bind(std::string_view value) override {
    // A null pointer would bind NULL, not the empty text.
    const auto* const text = value.data() == nullptr ? "" : value.data();
    note(sqlite3_bind_text64(statement_.get(), ++bound_, text, value.size(), SQLITE_TRANSIENT,
                             SQLITE_UTF8));
    return *this;
  }
  Statement& bind(std::nullopt_t) override {
    note(sqlite3_bind_null(statement_.get(), ++bound_));
    return *this;
  }

  std::optional<DatabaseFailure> run() override {
    next();
    auto failure = std::move(failure_);
    reset();
    return failure;
  }
  bool next() override {
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
  [[nodiscard]] const std::optional<DatabaseFailure>& failure() const override { return failure_; }
  void reset() override {
    failure_ = why_not_;
    if (statement_) {
      sqlite3_reset(statement_.get());
      sqlite3_clear_bindings(statement_.get());
      bound_ = 0;
    }
  }

  [[nodiscard]] std::int64_t integer(int column) const override {
    return sqlite3_column_int64(statement_.get(), column);
  }
  [[nodiscard]] std::string text(int column) const override {
    const auto* const bytes = sqlite3_column_text(statement_.get(), column);
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column));
    return bytes == nullptr ? std::string{}
                            : std::string{reinterpret_cast<const char*>(bytes), size};
  }
  [[nodiscard]] bool null(int column) const override {
    return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
  }
  [[nodiscard]] int columns() const override { return sqlite3_column_count(statement_.get()); }
  [[nodiscard]] std::string name(int column) const override {
    return sqlite3_column_name(statement_.get(), column);
  }

private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  void note(int code) {
    if (code != SQLITE_OK && !failure_) {
      failure_ = failure_of(sqlite3_db_handle(statement_.get()));
    }
  }

  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  std::optional<DatabaseFailure> why_not_; ///< it could not be prepared
  std::optional<DatabaseFailure> failure_;
  int bound_ = 0;
};

} // namespace

void SqliteConnection::Close::operator()(sqlite3* database) const {
  sqlite3_close_v2(database);
}

std::optional<DatabaseFailure>
SqliteConnection::open(const std::filesystem::path& path, DatabaseAccess access,
                       SqliteConnection& connection) {
  const auto flags =
    SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE
    | (access == DatabaseAccess::read ? SQLITE_OPEN_READONLY
                                      : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
  sqlite3* database = nullptr;
  const auto code = sqlite3_open_v2(path.c_str(), &database, flags, nullptr);
  connection.database_.reset(database);
  if (code != SQLITE_OK) {
    return database == nullptr
             ? DatabaseFailure{.text = "out of memory", .code = fmt::format("SQLite code {}", code)}
             : connection.last_failure();
  }
  return std::nullopt;
}

std::optional<DatabaseFailure> SqliteConnection::execute(const std::string& sql) {
  return sqlite3_exec(database_.get(), sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK
           ? std::nullopt
           : std::optional{last_failure()};
}

std::unique_ptr<Statement> SqliteConnection::prepare(std::string_view sql) {
  sqlite3_stmt* prepared = nullptr;
  if (sqlite3_prepare_v3(database_.get(), sql.data(), static_cast<int>(sql.size()),
                         SQLITE_PREPARE_PERSISTENT, &prepared, nullptr)
      != SQLITE_OK) {
    return std::make_unique<SqliteStatement>(last_failure());
  }
  return std::make_unique<SqliteStatement>(prepared);
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

DatabaseFailure SqliteConnection::last_failure() const {
  return failure_of(database_.get());
}

std::string SqliteConnection::check(std::string_view pragma) {
  const auto found = value(pragma);
  return found == "ok" ? std::string{} : found ? *found : last_failure().text;
}

} // namespace arbees
