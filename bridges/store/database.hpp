#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace arbees {

/// What a database refused.
struct DatabaseFailure {
  enum class Kind : std::uint8_t {
    constraint, ///< the data broke a rule of the schema
    refused,    ///< the database would not, or could not
    lost,       ///< the connection is gone: whether the statement was carried out is not known
  };
  Kind kind = Kind::refused;
  std::string text;
  std::string
    code; ///< as the database numbers it: "SQLite code 13", "SQLSTATE 53100"; may be empty

  [[nodiscard]] bool constraint() const { return kind == Kind::constraint; }
  [[nodiscard]] bool lost() const { return kind == Kind::lost; }
};

enum class DatabaseAccess : std::uint8_t { read, write };

/// A prepared statement. Values are bound in the order of the `?`, or of the numbers of the `?1`,
/// and what fails, also while it was prepared or bound, is reported by the next `run` or `next`.
/// Must not outlive its database. One at a time may be between `next` and `reset`.
class Statement {
public:
  Statement() = default;
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;
  virtual ~Statement() = default;

  virtual Statement& bind(std::int64_t value) = 0;
  virtual Statement& bind(std::string_view value) = 0;
  virtual Statement& bind(std::nullopt_t) = 0;
  template <class T>
  Statement& bind(const std::optional<T>& value) {
    return value ? bind(*value) : bind(std::nullopt);
  }

  /// Executes a statement that returns no rows, and makes it ready for the next values.
  virtual std::optional<DatabaseFailure> run() = 0;
  /// Steps to the next row. False at the end or on a failure: see `failure`.
  virtual bool next() = 0;
  [[nodiscard]] virtual const std::optional<DatabaseFailure>& failure() const = 0;
  virtual void reset() = 0;

  // Of the present row. A boolean is 0 or 1.
  [[nodiscard]] virtual std::int64_t integer(int column) const = 0;
  [[nodiscard]] virtual std::string text(int column) const = 0;
  [[nodiscard]] virtual bool null(int column) const = 0;
  [[nodiscard]] virtual int columns() const = 0;
  [[nodiscard]] virtual std::string name(int column) const = 0;
};

/// A connection to a database that knows the SQL of the ledger: integers of 64 bits, texts of any
/// bytes, `ON CONFLICT`, savepoints.
class Database {
public:
  Database() = default;
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  virtual ~Database() = default;

  /// Executes one or more statements that return no rows, or whose rows are not wanted.
  virtual std::optional<DatabaseFailure> execute(const std::string& sql) = 0;
  virtual std::unique_ptr<Statement> prepare(std::string_view sql) = 0;
  /// Rows that the last statement changed.
  [[nodiscard]] virtual std::int64_t changes() const = 0;
  [[nodiscard]] virtual bool in_transaction() const = 0;
  [[nodiscard]] virtual DatabaseFailure last_failure() const = 0;

  /// The statement that begins a transaction which writes.
  [[nodiscard]] virtual std::string_view begin_writing() const = 0;
  /// The statement that begins a transaction which sees one state, whoever writes meanwhile.
  [[nodiscard]] virtual std::string_view begin_reading() const = 0;
  /// What is broken in how the data is stored; empty if nothing is. Reads everything.
  virtual std::string damage() = 0;

  /// The first column of the first row of `sql`, as text; nothing if there is no row.
  std::optional<std::string> value(std::string_view sql) {
    const auto statement = prepare(sql);
    return statement->next() ? std::optional{statement->text(0)} : std::nullopt;
  }
};

/// For a person: what was refused, and the database's code for it.
inline std::string describe(const DatabaseFailure& failure) {
  return failure.code.empty() ? failure.text : failure.text + " (" + failure.code + ")";
}

} // namespace arbees
