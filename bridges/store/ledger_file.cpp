#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>

#include "bridges/store/file_lock.hpp"
#include "bridges/store/ledger_place.hpp"
#include "bridges/store/ledger_schema.hpp"
#include "bridges/store/sqlite.hpp"

namespace arbees {

namespace {

std::string lock_file(const std::filesystem::path& path) {
  return path.string() + ".lock";
}

class LedgerFile final : public LedgerPlace {
public:
  explicit LedgerFile(const LedgerConfig& config)
    : path_(config.path), access_(config.access), busy_timeout_(config.busy_timeout) {}

  [[nodiscard]] std::string name() const override { return path_.string(); }
  Database& database() override { return database_; }
  [[nodiscard]] bool lost() const override { return false; }
  [[nodiscard]] std::span<const char* const> migrations() const override {
    return ledger_migrations();
  }
  [[nodiscard]] std::string begin_migration() const override {
    return fmt::format("BEGIN IMMEDIATE; PRAGMA application_id = {};", ledger_application_id);
  }
  [[nodiscard]] std::string end_migration() const override {
    return fmt::format("PRAGMA user_version = {}; COMMIT;", ledger_schema_version);
  }

  caf::error open() override;
  caf::expected<std::size_t> version() override;
  [[nodiscard]] std::string obstacle_to_writing() const override;

private:
  struct Identity {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;

    bool operator==(const Identity&) const = default;
  };

  [[nodiscard]] std::string obstacle() const;
  caf::error check_file();
  caf::error prepare_for_writing();
  [[nodiscard]] std::optional<Identity> identity() const;

  std::filesystem::path path_;
  DatabaseAccess access_;
  std::chrono::milliseconds busy_timeout_;
  FileLock lock_; // released after the connection is closed
  std::optional<Identity> identity_;
  SqliteConnection database_;
};

caf::error LedgerFile::open() {
  if (const auto why = obstacle(); !why.empty()) {
    return failed(why);
  }
  if (access_ == DatabaseAccess::write) {
    auto lock = FileLock::acquire(lock_file(path_));
    if (!lock) {
      return failed(arbees::describe(lock.error()));
    }
    lock_ = std::move(*lock);
  }
  if (const auto failure = SqliteConnection::open(path_, access_, database_)) {
    return failed(*failure);
  }
  auto error = check_file();
  return error || access_ == DatabaseAccess::read ? error : prepare_for_writing();
}

/// Why there can be no ledger at this path, told better than SQLite would.
std::string LedgerFile::obstacle() const {
  std::error_code code;
  const auto directory = path_.has_parent_path() ? path_.parent_path() : ".";
  if (!std::filesystem::is_directory(directory, code)) {
    return fmt::format("directory {} does not exist", directory.string());
  }
  const auto status = std::filesystem::status(path_, code);
  if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status)) {
    return "not a regular file";
  }
  if (access_ == DatabaseAccess::read && !std::filesystem::exists(status)) {
    return "no such file";
  }
  return {};
}

caf::error LedgerFile::check_file() {
  if (access_ == DatabaseAccess::write && database_.read_only()) {
    return failed("the file is read-only: arbees must be able to write in it");
  }
  if (const auto failure = database_.execute(
        fmt::format("PRAGMA busy_timeout = {}; PRAGMA foreign_keys = ON; PRAGMA trusted_schema = "
                    "OFF; PRAGMA temp_store = MEMORY; SELECT count(*) FROM sqlite_schema;",
                    busy_timeout_.count()))) {
    return failed(*failure);
  }
  const auto application = database_.value("PRAGMA application_id").value_or("0");
  const auto objects = database_.value("SELECT count(*) FROM sqlite_schema").value_or("0");
  const auto empty = application == "0" && objects == "0";
  if (application != std::to_string(ledger_application_id)
      && (!empty || access_ == DatabaseAccess::read)) {
    return failed("not a ledger of arbees");
  }
  return {};
}

caf::expected<std::size_t> LedgerFile::version() {
  const auto version = database_.value("PRAGMA user_version");
  if (!version) {
    return failed(database_.last_failure());
  }
  return static_cast<std::size_t>(std::stoull(*version));
}

caf::error LedgerFile::prepare_for_writing() {
  const auto known = version();
  if (!known) {
    return known.error();
  }
  if (*known > ledger_schema_version) {
    return {}; // of a newer arbees: said by whoever compares, and not touched
  }
  if (const auto damage = database_.quick_damage(); !damage.empty()) {
    return failed(fmt::format("damaged: {}: {}", damage, what_to_do_with_damage));
  }
  // FULL: a commit is on disk when it returns. The limit gives the space of a long-held
  // reader's log back.
  if (const auto failure =
        database_.execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; "
                          "PRAGMA journal_size_limit = 67108864;")) {
    return failed(*failure);
  }
  if (database_.value("PRAGMA journal_mode") != "wal") {
    return failed("the file system does not support SQLite's write-ahead log");
  }
  identity_ = identity();
  return identity_ ? caf::error{} : failed(std::strerror(errno));
}

std::optional<LedgerFile::Identity> LedgerFile::identity() const {
  struct stat status {};
  return ::stat(path_.c_str(), &status) == 0
           ? std::optional{Identity{.device = status.st_dev, .inode = status.st_ino}}
           : std::nullopt;
}

/// SQLite goes on writing into a file that was deleted or replaced under it: those commits would
/// be gone with the process.
std::string LedgerFile::obstacle_to_writing() const {
  const auto now = identity();
  if (!now) {
    return std::strerror(errno);
  }
  return now == identity_ ? std::string{} : "was replaced by another file";
}

} // namespace

std::unique_ptr<LedgerPlace> ledger_in_file(const LedgerConfig& config) {
  return std::make_unique<LedgerFile>(config);
}

std::optional<LedgerHolder> holder_of_file(const std::filesystem::path& path) {
  const auto process = FileLock::holder(lock_file(path));
  if (!process) {
    return std::nullopt;
  }
  return LedgerHolder{.name = fmt::format("process {}", *process), .process = process};
}

} // namespace arbees
