#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace arbees {

/// What SQLite refused, with its extended result code.
struct SqliteFailure {
  int code = 0;
  std::string text;

  /// True if the data broke a rule of the schema; false if the database itself failed.
  [[nodiscard]] bool constraint() const;
};

/// A prepared statement. Values are bound in the order of the `?` and a failed bind is reported by
/// the next `run` or `next`. Must not outlive its connection.
class SqliteStatement {
public:
  SqliteStatement() = default;
  SqliteStatement(sqlite3_stmt* statement) : statement_(statement) {}

  SqliteStatement& bind(std::int64_t value);
  SqliteStatement& bind(std::string_view value);
  SqliteStatement& bind(std::nullopt_t);
  template <class T>
  SqliteStatement& bind(const std::optional<T>& value) {
    return value ? bind(*value) : bind(std::nullopt);
  }

  /// Executes a statement that returns no rows, and makes it ready for the next values.
  std::optional<SqliteFailure> run();
  /// Steps to the next row. False at the end or on a failure: see `failure`.
  bool next();
  [[nodiscard]] const std::optional<SqliteFailure>& failure() const { return failure_; }
  void reset();

  [[nodiscard]] std::int64_t integer(int column) const;
  [[nodiscard]] std::string text(int column) const;
  [[nodiscard]] bool null(int column) const;
  [[nodiscard]] int columns() const;
  [[nodiscard]] std::string name(int column) const;

private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  void note(int code);

  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  int bound_ = 0;
  std::optional<SqliteFailure> failure_;
};

enum class SqliteAccess : std::uint8_t { read, write };

class SqliteConnection {
public:
  /// Opens `path`; with `write` a missing file is created.
  static std::optional<SqliteFailure>
  open(const std::filesystem::path& path, SqliteAccess access, SqliteConnection& connection);

  /// Executes one or more statements that return no rows, or whose rows are not wanted.
  std::optional<SqliteFailure> execute(const std::string& sql);
  /// @returns the statement, or one whose first use fails with the reason.
  std::optional<SqliteFailure> prepare(std::string_view sql, SqliteStatement& statement);
  /// The first column of the first row of `sql`, as text; nothing if there is no row.
  std::optional<std::string> value(std::string_view sql);
  /// Rows that the last statement changed.
  [[nodiscard]] std::int64_t changes() const;
  [[nodiscard]] bool in_transaction() const;
  /// True if it was opened for reading, or the file lets nobody write.
  [[nodiscard]] bool read_only() const;
  [[nodiscard]] SqliteFailure last_failure() const;

private:
  struct Close {
    void operator()(sqlite3* database) const;
  };
  std::unique_ptr<sqlite3, Close> database_;
};

} // namespace arbees
