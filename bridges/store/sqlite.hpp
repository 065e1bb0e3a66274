#pragma once

#include <filesystem>

#include "bridges/store/database.hpp"

struct sqlite3;

namespace arbees {

class SqliteConnection final : public Database {
public:
  /// Opens `path`; with `write` a missing file is created.
  static std::optional<DatabaseFailure>
  open(const std::filesystem::path& path, DatabaseAccess access, SqliteConnection& connection);

  std::optional<DatabaseFailure> execute(const std::string& sql) override;
  std::unique_ptr<Statement> prepare(std::string_view sql) override;
  [[nodiscard]] std::int64_t changes() const override;
  [[nodiscard]] bool in_transaction() const override;
  [[nodiscard]] DatabaseFailure last_failure() const override;
  [[nodiscard]] std::string_view begin_writing() const override { return "BEGIN IMMEDIATE"; }
  [[nodiscard]] std::string_view begin_reading() const override { return "BEGIN"; }
  std::string damage() override { return check("PRAGMA integrity_check(1)"); }
  /// The same without the indexes: much faster.
  std::string quick_damage() { return check("PRAGMA quick_check(1)"); }

  /// True if it was opened for reading, or the file lets nobody write.
  [[nodiscard]] bool read_only() const;

private:
  struct Close {
    void operator()(sqlite3* database) const;
  };
  std::string check(std::string_view pragma);

  std::unique_ptr<sqlite3, Close> database_;
};

} // namespace arbees
