#include "bridges/store/postgres.hpp"

#include <fmt/format.h>
#include <libpq-fe.h>
#include <poll.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <vector>

#include "bridges/store/postgres_text.hpp"

namespace arbees {

namespace {

using Clock = std::chrono::steady_clock;

constexpr Oid boolean_type = 16; // pg_type.dat: bool

/// libpq explains over several lines; the first says what happened.
std::string first_line(std::string_view text) {
  return std::string{text.substr(0, text.find('\n'))};
}

std::string_view field(const PGresult* result, int code) {
  const auto* const text = PQresultErrorField(result, code);
  return text == nullptr ? std::string_view{} : std::string_view{text};
}

/// Waits until the socket is ready. @returns false if that takes longer than `patience`
bool wait_for(int socket, short events, std::chrono::milliseconds patience) {
  const auto deadline = Clock::now() + patience;
  for (;;) {
    pollfd entry{.fd = socket, .events = events, .revents = 0};
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
    const auto ready = ::poll(&entry, 1, static_cast<int>(std::max<std::int64_t>(left, 0)));
    if (ready > 0 || (ready < 0 && errno != EINTR)) {
      return true; // of an error libpq makes a message
    }
    if (ready == 0) {
      return false;
    }
  }
}

PostgresResult result_of(const PGresult* result) {
  PostgresResult all;
  const auto columns = PQnfields(result);
  for (auto column = 0; column < columns; ++column) {
    all.columns.push_back({.name = PQfname(result, column),
                           .type = PQftype(result, column),
                           .modifier = PQfmod(result, column)});
  }
  for (auto row = 0; row < PQntuples(result); ++row) {
    auto& values = all.rows.emplace_back(all.columns.size());
    for (auto column = 0; column < columns; ++column) {
      if (PQgetisnull(result, row, column) == 0) {
        values[static_cast<std::size_t>(column)] =
          from_postgres_text({PQgetvalue(result, row, column),
                              static_cast<std::size_t>(PQgetlength(result, row, column))});
      }
    }
  }
  return all;
}

/// They mark a place, and tell nothing that anybody waits for.
bool only_marks(std::string_view sql) {
  return sql == "BEGIN" || sql.starts_with("SAVEPOINT ") || sql.starts_with("RELEASE ");
}

/// Which of a server's refusals mean that the session ends (appendix A of its manual).
bool ends_session(std::string_view state) {
  return state.empty() || state.starts_with("08") || state == "57P01" || state == "57P02"
         || state == "57P03" || state == "57P05" || state == "25P03";
}

} // namespace

/// Sent as it is the first time, and prepared when it is used again.
class PostgresStatement final : public Statement {
public:
  PostgresStatement(PostgresConnection& connection, std::string_view sql)
    : connection_(connection), sql_(numbered_parameters(sql)) {}
  PostgresStatement(const PostgresStatement&) = delete;
  PostgresStatement& operator=(const PostgresStatement&) = delete;
  ~PostgresStatement() override { finish(); }

  Statement& bind(std::int64_t value) override {
    values_.emplace_back(std::to_string(value));
    return *this;
  }
  Statement& bind(std::string_view value) override {
    values_.emplace_back(to_postgres_text(value));
    return *this;
  }
  Statement& bind(std::nullopt_t) override {
    values_.emplace_back();
    return *this;
  }

  std::optional<DatabaseFailure> run() override {
    if (only_marks(sql_) && connection_.connected()) {
      connection_.defer(sql_);
      return std::nullopt;
    }
    auto failure = send();
    failure = failure ? std::move(failure) : connection_.take_results();
    if (!failure && connection_.rolled_back_ && sql_ == "COMMIT") {
      failure = DatabaseFailure{.text = "the server rolled back instead of committing"};
    }
    reset();
    return failure;
  }
  bool next() override;
  [[nodiscard]] const std::optional<DatabaseFailure>& failure() const override { return failure_; }
  void reset() override {
    finish();
    values_.clear();
    failure_.reset();
  }

  [[nodiscard]] std::int64_t integer(int column) const override;
  [[nodiscard]] std::string text(int column) const override;
  [[nodiscard]] bool null(int column) const override {
    return !row_ || PQgetisnull(row_.get(), 0, column) != 0;
  }
  [[nodiscard]] int columns() const override { return PQnfields(row_.get()); }
  [[nodiscard]] std::string name(int column) const override {
    const auto* const text = PQfname(row_.get(), column);
    return text == nullptr ? std::string{} : std::string{text};
  }

private:
  enum class Stage : std::uint8_t { idle, rows, ended };

  std::optional<DatabaseFailure> send();
  std::optional<DatabaseFailure> prepare();
  void finish();

  PostgresConnection& connection_;
  std::string sql_;
  std::vector<std::optional<std::string>> values_;
  std::optional<DatabaseFailure> failure_;
  Stage stage_ = Stage::idle;
  PostgresConnection::Result row_;
  std::string name_;
  std::uint64_t prepared_in_ = 0; ///< generation of the session; 0: never
  bool used_ = false;
};

std::optional<DatabaseFailure> PostgresStatement::prepare() {
  name_ = fmt::format("arbees_{}", ++connection_.names_);
  auto failure = connection_.sent(
    PQsendPrepare(connection_.connection_.get(), name_.c_str(), sql_.c_str(), 0, nullptr));
  failure = failure ? std::move(failure) : connection_.take_results();
  if (!failure) {
    prepared_in_ = connection_.generation_;
  }
  return failure;
}

std::optional<DatabaseFailure> PostgresStatement::send() {
  if (!connection_.connected()) {
    return connection_.last_failure();
  }
  if (used_ && prepared_in_ != connection_.generation_) {
    if (auto failure = prepare()) {
      return failure;
    }
  }
  if (auto failure = connection_.send_deferred()) {
    return failure;
  }
  std::vector<const char*> texts;
  texts.reserve(values_.size());
  for (const auto& value : values_) {
    texts.push_back(value ? value->c_str() : nullptr);
  }
  auto* const connection = connection_.connection_.get();
  const auto count = static_cast<int>(texts.size());
  const auto sent =
    used_ ? PQsendQueryPrepared(connection, name_.c_str(), count, texts.data(), nullptr, nullptr, 0)
          : PQsendQueryParams(connection, sql_.c_str(), count, nullptr, texts.data(), nullptr,
                              nullptr, 0);
  used_ = true;
  auto failure = connection_.sent(sent);
  return failure ? std::move(failure) : connection_.sync();
}

bool PostgresStatement::next() {
  if (failure_ || stage_ == Stage::ended) {
    return false;
  }
  if (stage_ == Stage::idle) {
    // libpq gives rows one by one only outside of a pipeline.
    failure_ = connection_.flush_deferred();
    if (!failure_) {
      failure_ = send();
    }
    if (failure_) {
      return false;
    }
    // Row by row: a ledger's events need not fit into memory.
    PQsetSingleRowMode(connection_.connection_.get());
    stage_ = Stage::rows;
  }
  row_.reset();
  failure_ = connection_.next_result(row_);
  if (!failure_ && row_ && PQresultStatus(row_.get()) == PGRES_SINGLE_TUPLE) {
    return true;
  }
  auto late = connection_.take_results();
  if (!failure_) {
    failure_ = std::move(late);
  }
  stage_ = Stage::ended;
  return false;
}

/// What the server still sends belongs to nobody.
void PostgresStatement::finish() {
  if (stage_ == Stage::rows && connection_.connected()) {
    connection_.take_results();
  }
  row_.reset();
  stage_ = Stage::idle;
}

std::int64_t PostgresStatement::integer(int column) const {
  if (null(column)) {
    return 0;
  }
  const std::string_view text{PQgetvalue(row_.get(), 0, column)};
  if (PQftype(row_.get(), column) == boolean_type) {
    return text == "t" ? 1 : 0;
  }
  std::int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

std::string PostgresStatement::text(int column) const {
  if (null(column)) {
    return {};
  }
  return from_postgres_text({PQgetvalue(row_.get(), 0, column),
                             static_cast<std::size_t>(PQgetlength(row_.get(), 0, column))});
}

void PostgresConnection::Finish::operator()(pg_conn* connection) const {
  PQfinish(connection);
}

void PostgresConnection::Clear::operator()(pg_result* result) const {
  PQclear(result);
}

std::optional<DatabaseFailure> PostgresConnection::connect() {
  connection_.reset();
  deferred_.clear();
  pipeline_ = false;
  // The URL may say otherwise of the first three; a dead peer is noticed after some 15 seconds.
  const std::array names = {"keepalives_idle",
                            "keepalives_interval",
                            "keepalives_count",
                            "dbname",
                            "application_name",
                            "client_encoding",
                            static_cast<const char*>(nullptr)};
  const std::array values = {"5",
                             "3",
                             "3",
                             config_.url.c_str(),
                             config_.application.c_str(),
                             "UTF8",
                             static_cast<const char*>(nullptr)};
  connection_.reset(PQconnectStartParams(names.data(), values.data(), 1));
  if (!connection_ || PQstatus(connection_.get()) == CONNECTION_BAD) {
    return lost(own_error());
  }
  // By default they would go to standard error.
  PQsetNoticeReceiver(
    connection_.get(), [](void*, const PGresult*) {}, nullptr);
  const auto deadline = Clock::now() + config_.connect_timeout;
  for (auto state = PGRES_POLLING_WRITING; state != PGRES_POLLING_OK;
       state = PQconnectPoll(connection_.get())) {
    if (state == PGRES_POLLING_FAILED) {
      return lost(own_error());
    }
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
    if (left.count() <= 0
        || !wait_for(PQsocket(connection_.get()), state == PGRES_POLLING_READING ? POLLIN : POLLOUT,
                     left)) {
      return lost(fmt::format("no connection within {} ms", config_.connect_timeout.count()));
    }
  }
  PQsetnonblocking(connection_.get(), 1);
  ++generation_;
  return std::nullopt;
}

bool PostgresConnection::connected() const {
  return connection_ && PQstatus(connection_.get()) == CONNECTION_OK;
}

std::optional<DatabaseFailure> PostgresConnection::execute(const std::string& sql) {
  if (!connected()) {
    return last_failure_;
  }
  std::string all;
  for (const auto& mark : std::exchange(deferred_, {})) {
    all += mark + "; ";
  }
  auto failure = sent(PQsendQuery(connection_.get(), (all + sql).c_str()));
  return failure ? std::move(failure) : take_results();
}

std::variant<PostgresResult, DatabaseFailure> PostgresConnection::select(const std::string& sql) {
  auto failure = connected() ? flush_deferred() : last_failure_;
  if (!failure) {
    failure = sent(
      PQsendQueryParams(connection_.get(), sql.c_str(), 0, nullptr, nullptr, nullptr, nullptr, 0));
  }
  PostgresResult all;
  while (!failure) {
    Result result;
    failure = next_result(result);
    if (!failure && !result) {
      return all;
    }
    if (!failure && PQresultStatus(result.get()) == PGRES_TUPLES_OK) {
      all = result_of(result.get());
    }
  }
  take_results();
  return *failure;
}

PostgresConnection::Failure PostgresConnection::flush_deferred() {
  return deferred_.empty() ? std::nullopt : execute("");
}

PostgresConnection::Failure PostgresConnection::send_deferred() {
  const auto marks = std::exchange(deferred_, {});
  if (marks.empty()) {
    return std::nullopt;
  }
  Failure failure;
  if (PQenterPipelineMode(connection_.get()) != 1) {
    return lost(own_error());
  }
  for (const auto& sql : marks) {
    failure = failure ? std::move(failure)
                      : sent(PQsendQueryParams(connection_.get(), sql.c_str(), 0, nullptr, nullptr,
                                               nullptr, nullptr, 0));
  }
  pipeline_ = true;
  return failure;
}

PostgresConnection::Failure PostgresConnection::sync() {
  return !pipeline_ ? std::nullopt : sent(PQpipelineSync(connection_.get()));
}

std::unique_ptr<Statement> PostgresConnection::prepare(std::string_view sql) {
  return std::make_unique<PostgresStatement>(*this, sql);
}

bool PostgresConnection::in_transaction() const {
  return connected()
         && (!deferred_.empty() || PQtransactionStatus(connection_.get()) != PQTRANS_IDLE);
}

PostgresConnection::Failure PostgresConnection::next_result(Result& result) {
  for (;;) {
    if (!connection_) {
      return last_failure_;
    }
    const auto unsent = PQflush(connection_.get());
    if (unsent <= 0 && PQisBusy(connection_.get()) == 0) {
      break;
    }
    if (!wait_for(PQsocket(connection_.get()),
                  static_cast<short>(unsent > 0 ? POLLIN | POLLOUT : POLLIN),
                  config_.answer_timeout)) {
      return lost(fmt::format("no answer within {} ms", config_.answer_timeout.count()));
    }
    if (PQconsumeInput(connection_.get()) == 0) {
      return lost(own_error());
    }
  }
  result.reset(PQgetResult(connection_.get()));
  return result ? failure_of(result.get()) : std::nullopt;
}

PostgresConnection::Failure PostgresConnection::take_results() {
  Failure failure;
  while (connection_) {
    Result result;
    auto failed = next_result(result);
    if (failed && !failure) {
      failure = std::move(failed);
    }
    if (!connected() || (!result && !pipeline_)) {
      break;
    }
    if (!result) {
      continue; // between two statements of a pipeline
    }
    if (PQresultStatus(result.get()) == PGRES_PIPELINE_SYNC) {
      pipeline_ = false;
      if (PQexitPipelineMode(connection_.get()) != 1) {
        return lost(own_error());
      }
      break;
    }
    rolled_back_ = std::string_view{PQcmdStatus(result.get())} == "ROLLBACK";
    const std::string_view changed{PQcmdTuples(result.get())};
    changes_ = 0;
    std::from_chars(changed.data(), changed.data() + changed.size(), changes_);
  }
  return failure;
}

PostgresConnection::Failure PostgresConnection::failure_of(const pg_result* result) {
  switch (PQresultStatus(result)) {
    case PGRES_COMMAND_OK:
    case PGRES_TUPLES_OK:
    case PGRES_SINGLE_TUPLE:
    case PGRES_EMPTY_QUERY:
    case PGRES_PIPELINE_SYNC:
      return std::nullopt;
    case PGRES_PIPELINE_ABORTED:
      return note({.text = "a statement before it failed"});
    default:
      break;
  }
  const auto state = field(result, PG_DIAG_SQLSTATE);
  const auto message = field(result, PG_DIAG_MESSAGE_PRIMARY);
  auto text = message.empty() ? first_line(PQresultErrorMessage(result)) : std::string{message};
  if (ends_session(state) || PQstatus(connection_.get()) == CONNECTION_BAD) {
    return lost(std::move(text));
  }
  return note({.kind = state.starts_with("23") ? DatabaseFailure::Kind::constraint
                                               : DatabaseFailure::Kind::refused,
               .text = std::move(text),
               .code = fmt::format("SQLSTATE {}", state)});
}

/// Hangs up: nothing that still came on this connection could be believed.
PostgresConnection::Failure PostgresConnection::lost(std::string why) {
  connection_.reset();
  return note({.kind = DatabaseFailure::Kind::lost, .text = "no connection: " + std::move(why)});
}

PostgresConnection::Failure PostgresConnection::note(DatabaseFailure failure) {
  last_failure_ = std::move(failure);
  return last_failure_;
}

PostgresConnection::Failure PostgresConnection::sent(int sent) {
  return sent == 1 ? std::nullopt : lost(own_error());
}

std::string PostgresConnection::own_error() const {
  return connection_ ? first_line(PQerrorMessage(connection_.get())) : "out of memory";
}

} // namespace arbees
