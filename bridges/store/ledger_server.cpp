#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <charconv>

#include "bridges/store/ledger_place.hpp"
#include "bridges/store/ledger_schema.hpp"
#include "bridges/store/postgres.hpp"
#include "bridges/store/postgres_url.hpp"

namespace arbees {

namespace {

/// Of the advisory lock that makes a session the only writer of its database's ledger: "arbees", 1.
constexpr std::int64_t lock_key = 0x6172626565730001;

constexpr std::chrono::milliseconds patience_for_lock{1'000};
constexpr std::string_view lock_not_available = "SQLSTATE 55P03";

constexpr std::string_view session_name_prefix = "arbees ";

std::string this_host() {
  std::array<char, 64> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "unknown";
}

/// "arbees 4711@db-host-2": who holds the lock, for other arbees and for whoever looks at the
/// server's sessions.
std::string session_name() {
  return fmt::format("{}{}@{:.40}", session_name_prefix, ::getpid(), this_host());
}

PostgresConfig connection_config(const LedgerConfig& config) {
  return {.url = config.url,
          .application = session_name(),
          .connect_timeout = config.connect_timeout,
          .answer_timeout = config.answer_timeout};
}

/// What the session must have, whatever the server's defaults are. Those that an older server does
/// not know are left out. A commit is on disk when it returns; where the server waits for standbys
/// too, it still does.
std::string session_settings(const LedgerConfig& config) {
  return fmt::format(
    "SELECT set_config(name, value, false) FROM (VALUES ('search_path', 'arbees'), "
    "('lock_timeout', '{}'), ('statement_timeout', '0'), ('idle_session_timeout', '0'), "
    "('idle_in_transaction_session_timeout', '0'), ('tcp_keepalives_idle', '5'), "
    "('tcp_keepalives_interval', '3'), ('tcp_keepalives_count', '3'), "
    "('tcp_user_timeout', '15000'), ('default_transaction_isolation', 'read committed')) "
    "AS wanted (name, value) WHERE name IN (SELECT name FROM pg_settings); "
    "SELECT set_config('synchronous_commit', 'on', false) "
    "WHERE current_setting('synchronous_commit') IN ('off', 'local');",
    config.busy_timeout.count());
}

std::optional<LedgerHolder> read_holder(Database& database) {
  const auto name = database.value(fmt::format(
    "SELECT application_name FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE "
    "locktype = 'advisory' AND granted AND objsubid = 1 AND database = (SELECT oid FROM "
    "pg_database WHERE datname = current_database()) AND classid::bigint << 32 | objid::bigint = "
    "{}",
    lock_key));
  if (!name) {
    return std::nullopt;
  }
  LedgerHolder holder{.name = "another session, " + *name, .process = std::nullopt};
  const auto at = name->find('@');
  if (!name->starts_with(session_name_prefix) || at == std::string::npos) {
    return holder;
  }
  auto process = 0;
  const auto host = name->substr(at + 1);
  const auto digits = std::string_view{*name}.substr(0, at).substr(session_name_prefix.size());
  std::from_chars(digits.data(), digits.data() + digits.size(), process);
  holder.name = fmt::format("process {} on {}", process, host);
  if (process > 0 && host == fmt::format("{:.40}", this_host())) {
    holder.process = process;
  }
  return holder;
}

class LedgerServer final : public LedgerPlace {
public:
  explicit LedgerServer(const LedgerConfig& config)
    : config_(config),
      name_(shown_postgres_url(config.url)),
      database_(connection_config(config)) {}

  [[nodiscard]] std::string name() const override { return name_; }
  Database& database() override { return database_; }
  [[nodiscard]] bool lost() const override { return !database_.connected(); }
  [[nodiscard]] std::string obstacle_to_writing() const override {
    return lost() ? database_.last_failure().text : std::string{};
  }
  [[nodiscard]] std::span<const char* const> migrations() const override {
    return postgres_ledger_migrations();
  }
  /// To create a schema that exists would need a right that its owner may lack.
  [[nodiscard]] std::string begin_migration() const override {
    return "BEGIN; DO $$ BEGIN IF to_regnamespace('arbees') IS NULL THEN CREATE SCHEMA arbees; "
           "END IF; END $$;";
  }
  [[nodiscard]] std::string end_migration() const override {
    return fmt::format(
      "INSERT INTO meta (key, value) VALUES ('schema_version', '{}') ON CONFLICT "
      "(key) DO UPDATE SET value = excluded.value; COMMIT;",
      ledger_schema_version);
  }

  caf::error open() override;
  caf::expected<std::size_t> version() override;

private:
  caf::error prepare_session();
  caf::error take_lock();

  LedgerConfig config_;
  std::string name_;
  PostgresConnection database_;
};

caf::error LedgerServer::open() {
  if (const auto problem = postgres_url_problem(config_.url); !problem.empty()) {
    return caf::make_error(Errc::bad_configuration, "ledger: the database's URL " + problem);
  }
  if (const auto failure = database_.connect()) {
    return failed(*failure);
  }
  auto error = prepare_session();
  if (!error && config_.access == DatabaseAccess::write) {
    error = take_lock();
  }
  return error;
}

caf::error LedgerServer::prepare_session() {
  if (const auto failure = database_.execute(session_settings(config_))) {
    return failed(*failure);
  }
  const auto encoding = database_.value("SHOW server_encoding").value_or("unknown");
  if (encoding != "UTF8") {
    return failed(fmt::format("the database's encoding is {}: it must be UTF8", encoding));
  }
  if (config_.access == DatabaseAccess::read) {
    const auto failure = database_.execute("SET default_transaction_read_only = on");
    return failure ? failed(*failure) : caf::error{};
  }
  return database_.value("SHOW transaction_read_only") == "off"
           ? caf::error{}
           : failed(
             "the server is read-only for us: arbees must be able to write (a standby, or "
             "default_transaction_read_only of this user or database)");
}

/// Once it is held, whatever an earlier session of ours was committing is decided: the server lets
/// go of a session's locks after its transaction has ended. That may take it a moment after a
/// process was killed.
caf::error LedgerServer::take_lock() {
  const auto failure = database_.execute(
    fmt::format("SET lock_timeout = {}; SELECT pg_advisory_lock({}); SET lock_timeout = {};",
                patience_for_lock.count(), lock_key, config_.busy_timeout.count()));
  if (!failure) {
    return {};
  }
  if (failure->code != lock_not_available) {
    return failed(*failure);
  }
  const auto holder = read_holder(database_);
  return failed(fmt::format("in use by {}", holder ? holder->name : "another session"));
}

caf::expected<std::size_t> LedgerServer::version() {
  const auto exists = database_.value("SELECT to_regclass('arbees.meta') IS NOT NULL");
  if (!exists) {
    return failed(database_.last_failure());
  }
  if (*exists == "f") {
    return config_.access == DatabaseAccess::read
             ? caf::expected<std::size_t>{failed("holds no ledger yet")}
             : caf::expected<std::size_t>{std::size_t{0}};
  }
  const auto text = database_.value("SELECT value FROM meta WHERE key = 'schema_version'");
  std::size_t version = 0;
  if (!text
      || std::from_chars(text->data(), text->data() + text->size(), version).ec != std::errc{}) {
    return failed("its schema arbees is not a ledger of arbees");
  }
  return version;
}

} // namespace

std::unique_ptr<LedgerPlace> ledger_on_server(const LedgerConfig& config) {
  return std::make_unique<LedgerServer>(config);
}

std::optional<LedgerHolder> holder_on_server(const LedgerConfig& config) {
  PostgresConnection database{connection_config(config)};
  if (database.connect()) {
    return std::nullopt;
  }
  return read_holder(database);
}

} // namespace arbees
