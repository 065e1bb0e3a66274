#include "bridges/store/leader_lock.hpp"

#include <fmt/format.h>

#include <memory>

#include "bridges/store/file_lock.hpp"
#include "bridges/store/postgres.hpp"
#include "bridges/store/postgres_url.hpp"

namespace arbees {

namespace {

using std::chrono::milliseconds;

/// Of the advisory lock: "arbees", 2. The ledger's own is 1.
constexpr std::int64_t lock_key = 0x6172626565730002;

/// A session's lock is given up by the server a while after the session is gone: see below.
constexpr Duration held_after_answer = std::chrono::seconds{3};
/// The kernel gives up a file's with the process, not before.
constexpr Duration held_by_process = std::chrono::hours{1};

/// The server notices later than `held_after_answer` that we are gone.
constexpr auto* session_settings =
  "SELECT set_config(name, value, false) FROM (VALUES ('idle_session_timeout', '0'), "
  "('tcp_keepalives_idle', '5'), ('tcp_keepalives_interval', '3'), ('tcp_keepalives_count', '3'), "
  "('tcp_user_timeout', '15000')) AS wanted (name, value) "
  "WHERE name IN (SELECT name FROM pg_settings);";

class FileHolder {
public:
  explicit FileHolder(std::filesystem::path path) : path_{std::move(path)} {}

  caf::expected<Duration> hold() {
    if (!lock_) {
      auto lock = FileLock::acquire(path_);
      if (!lock) {
        return std::move(lock.error());
      }
      lock_ = std::move(*lock);
    }
    return held_by_process;
  }

private:
  std::filesystem::path path_;
  std::optional<FileLock> lock_;
};

class SessionHolder {
public:
  explicit SessionHolder(const LedgerConfig& ledger)
    : name_{shown_postgres_url(ledger.url)},
      database_{{.url = ledger.url,
                 .application = "arbees orchestrator",
                 .connect_timeout = milliseconds{1'000},
                 .answer_timeout = milliseconds{1'500}}} {}

  caf::expected<Duration> hold() {
    if (!database_.connected()) {
      held_ = false;
      auto failure = database_.connect();
      failure = failure ? failure : database_.execute(session_settings);
      if (failure) {
        return failed(failure->text);
      }
    }
    // Once it is held, an answer proves that the session is, and so the lock.
    const auto answer =
      database_.value(held_ ? std::string{"SELECT true"}
                            : fmt::format("SELECT pg_try_advisory_lock({})", lock_key));
    if (!answer) {
      return failed(database_.last_failure().text);
    }
    held_ = *answer == "t";
    return held_ ? caf::expected<Duration>{held_after_answer}
                 : failed("another orchestrator assigns games");
  }

private:
  [[nodiscard]] caf::error failed(const std::string& why) const {
    return caf::make_error(Errc::io_failed,
                           fmt::format("orchestrator's lock in {}: {}", name_, why));
  }

  std::string name_;
  PostgresConnection database_;
  bool held_ = false;
};

} // namespace

std::function<caf::expected<Duration>()> leader_lock_beside(const LedgerConfig& ledger) {
  if (!ledger.url.empty()) {
    return [holder = std::make_shared<SessionHolder>(ledger)] { return holder->hold(); };
  }
  auto path = ledger.path;
  path += ".orchestrator";
  return [holder = std::make_shared<FileHolder>(std::move(path))] { return holder->hold(); };
}

} // namespace arbees
