#pragma once

#include <chrono>
#include <variant>
#include <vector>

#include "bridges/store/database.hpp"

struct pg_conn;
struct pg_result;

namespace arbees {

struct PostgresConfig {
  std::string url;         ///< postgresql://…
  std::string application; ///< how the server calls the session; at most 63 bytes
  std::chrono::milliseconds connect_timeout{2'000};
  std::chrono::milliseconds answer_timeout{5'000}; ///< without a byte from the server
};

/// How the server describes a column of a result.
struct PostgresColumn {
  std::string name;
  std::uint32_t type = 0; ///< pg_type.oid
  int modifier = -1;      ///< pg_attribute.atttypmod: precision and scale of a numeric
};

/// A whole result, as the server writes its values. It should be small.
struct PostgresResult {
  std::vector<PostgresColumn> columns;
  std::vector<std::vector<std::optional<std::string>>> rows;
};

/// A session with a PostgreSQL server. It waits for an answer for a limited time: a server that is
/// silent for longer is hung up on, as one that went away. Failures never hold the password.
class PostgresConnection final : public Database {
public:
  explicit PostgresConnection(PostgresConfig config) : config_(std::move(config)) {}

  /// Connects, also again: statements then are prepared anew by themselves.
  std::optional<DatabaseFailure> connect();
  /// False until `connect` succeeds, and from the moment on when a statement found it gone.
  [[nodiscard]] bool connected() const;

  std::optional<DatabaseFailure> execute(const std::string& sql) override;
  std::unique_ptr<Statement> prepare(std::string_view sql) override;
  /// What one statement finds. More than one are refused by the server.
  std::variant<PostgresResult, DatabaseFailure> select(const std::string& sql);
  [[nodiscard]] std::int64_t changes() const override { return changes_; }
  [[nodiscard]] bool in_transaction() const override;
  [[nodiscard]] DatabaseFailure last_failure() const override { return last_failure_; }
  [[nodiscard]] std::string_view begin_writing() const override { return "BEGIN"; }
  [[nodiscard]] std::string_view begin_reading() const override {
    return "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
  }
  /// Nothing that a program may look at: a page whose checksum is wrong fails when it is read.
  std::string damage() override { return {}; }

private:
  friend class PostgresStatement;
  struct Finish {
    void operator()(pg_conn* connection) const;
  };
  struct Clear {
    void operator()(pg_result* result) const;
  };
  using Result = std::unique_ptr<pg_result, Clear>;
  using Failure = std::optional<DatabaseFailure>;

  /// The next result of what was sent, null after the last.
  Failure next_result(Result& result);
  /// Takes all results of what was sent, and keeps the count of changed rows.
  Failure take_results();
  Failure failure_of(const pg_result* result);
  Failure lost(std::string why);
  Failure note(DatabaseFailure failure);
  /// @param sent what a libpq function that sends gave
  Failure sent(int sent);
  /// Keeps a statement that only marks a place until the next one, which saves it a round trip.
  void defer(std::string sql) { deferred_.push_back(std::move(sql)); }
  /// Sends what was deferred ahead of a statement; `sync` must follow when that was sent.
  Failure send_deferred();
  Failure sync();
  /// Sends what was deferred on its own.
  Failure flush_deferred();
  [[nodiscard]] std::string own_error() const;

  PostgresConfig config_;
  std::unique_ptr<pg_conn, Finish> connection_;
  std::uint64_t generation_ = 0; ///< of the session: prepared statements end with it
  std::uint64_t names_ = 0;      ///< of prepared statements
  std::int64_t changes_ = 0;
  bool rolled_back_ = false; ///< by the last statement, or by a COMMIT that could not be
  DatabaseFailure last_failure_;
  std::vector<std::string> deferred_;
  bool pipeline_ = false; ///< results come until its end
};

} // namespace arbees
