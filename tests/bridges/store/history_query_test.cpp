#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <fstream>

#include "actors/messages/errors.hpp"
#include "bridges/store/history.hpp"
#include "bridges/store/history_client.hpp"
#include "bridges/store/history_schema.hpp"
#include "bridges/store/history_server.hpp"
#include "bridges/store/history_wire.hpp"
#include "bridges/store/parquet_file.hpp"
#include "tests/bridges/store/temp_directory.hpp"

using namespace arbees;
using namespace arbees::test;
using namespace std::chrono_literals;

namespace {

// Never ends by itself: far more rows than a machine can count while the test runs.
constexpr auto endless =
  "SELECT count(*) FROM range(10000000) a, range(10000000) b "
  "WHERE hash(a.range + b.range) = 1";

/// A result as it came: columns as "name TYPE", rows as values joined by blanks.
struct Collected {
  std::vector<std::string> columns;
  std::vector<std::string> rows;
  std::size_t pieces = 0;

  SelectSink sink() {
    return {.columns = [this](const auto& told) -> caf::error {
              for (const auto& column : told) {
                columns.push_back(column.name + " " + column.type);
              }
              return {};
            },
            .rows = [this](const auto& told) -> caf::error {
              ++pieces;
              for (const auto& row : told) {
                std::string text;
                for (const auto& value : row) {
                  text += (text.empty() ? "" : " ") + value.value_or("NULL");
                }
                rows.push_back(text);
              }
              return {};
            }};
  }
};

HistoryBatch balances(std::int64_t count, Timestamp first = Timestamp{100s}) {
  HistoryBatch batch;
  for (std::int64_t i = 0; i < count; ++i) {
    std::get<std::deque<BalanceUpdate>>(batch.tables)
      .push_back({.available = Money{i}, .at = first + std::chrono::seconds{i}});
  }
  return batch;
}

/// A history with ten balances, and readers that may look into it.
struct OpenHistory {
  OpenHistory() {
    REQUIRE(history);
    REQUIRE(history->write(balances(10)) == caf::none);
    readers->open(history->database());
  }
  ~OpenHistory() { readers->close(); }

  const TempDirectory directory;
  std::filesystem::path path = directory / "history.duckdb";
  caf::expected<History> history = History::open({.place = {.file = path}, .memory_limit = "64MB"});
  std::shared_ptr<HistoryReaders> readers = std::make_shared<HistoryReaders>();
};

/// The same with a server.
struct ServedHistory : OpenHistory {
  ServedHistory() {
    auto opened = HistoryServer::open(history_socket(path), readers);
    REQUIRE(opened);
    server = std::move(*opened);
  }

  caf::expected<SelectEnd> select(const std::string& sql, Collected& collected,
                                  std::chrono::milliseconds limit = 60s) const {
    return select_from_history({.file = path}, {.sql = sql, .time_limit = limit}, collected.sink());
  }

  std::string first(const std::string& sql) const {
    Collected collected;
    const auto end = select(sql, collected);
    INFO(sql << (end ? "" : describe(end.error())));
    REQUIRE(end);
    return collected.rows.empty() ? "" : collected.rows[0];
  }

  std::shared_ptr<HistoryServer> server;
};

caf::error
error_of(const OpenHistory& open, const std::string& sql, std::chrono::milliseconds limit = 60s) {
  const auto reading = open.readers->begin();
  REQUIRE(reading);
  Collected collected;
  const auto end = run_select(reading->connection(), {.sql = sql, .time_limit = limit},
                              collected.sink(), reading->stop());
  return end ? caf::error{} : end.error();
}

} // namespace

TEST_CASE("A statement that reads tells its columns and rows, as many as were asked for") {
  const OpenHistory open;
  const auto reading = open.readers->begin();
  REQUIRE(reading);
  for (const std::string sql :
       {"SELECT available_dollars AS a, NULL AS n, reported_at AS t, 'it''s' AS x FROM balances "
        "ORDER BY a DESC",
        "SELECT available_dollars AS a, NULL AS n, reported_at AS t, 'it''s' AS x FROM balances "
        "ORDER BY a DESC; -- all of them"}) {
    Collected collected;
    const auto end = run_select(reading->connection(), {.sql = sql, .max_rows = 2},
                                collected.sink(), reading->stop());
    REQUIRE(end);
    CHECK(end->rows == 2);
    CHECK(end->cut);
    CHECK(collected.columns
          == std::vector<std::string>{"a DECIMAL(18,6)", "n INTEGER", "t TIMESTAMP", "x VARCHAR"});
    CHECK(collected.rows
          == std::vector<std::string>{"0.000009 NULL 1970-01-01 00:01:49 it's",
                                      "0.000008 NULL 1970-01-01 00:01:48 it's"});
  }
  for (const auto* const sql : {"DESCRIBE balances", "SHOW TABLES", "SUMMARIZE balances",
                                "FROM balances", "VALUES (1)", "WITH x AS (SELECT 1) FROM x"}) {
    CAPTURE(sql);
    Collected collected;
    CHECK(run_select(reading->connection(), {.sql = sql}, collected.sink(), reading->stop()));
    CHECK_FALSE(collected.rows.empty());
  }
}

TEST_CASE("Nothing but one statement that reads is run, and no other file is read") {
  const OpenHistory open;
  const auto secret = open.directory / "secret.csv";
  std::ofstream{secret} << "a,b\n1,2\n";
  const auto sql =
    GENERATE_REF(values<std::string>({"",
                                      "-- nothing",
                                      "SELECT 1; SELECT 2",
                                      "DELETE FROM balances",
                                      "DROP TABLE balances",
                                      "INSERT INTO balances VALUES ('kalshi', 1, NULL)",
                                      "UPDATE balances SET venue = 'x'",
                                      "CREATE TABLE t (a INT)",
                                      "CREATE TEMP TABLE t AS SELECT 1",
                                      "BEGIN",
                                      "COMMIT",
                                      "SET memory_limit = '100GB'",
                                      "PRAGMA memory_limit='1GB'",
                                      "CALL force_checkpoint()",
                                      "CHECKPOINT",
                                      "EXPORT DATABASE 'x'",
                                      "COPY balances TO '" + secret.string() + "'",
                                      "ATTACH '" + secret.string() + "'",
                                      "INSTALL httpfs",
                                      "LOAD httpfs",
                                      "EXPLAIN ANALYZE DELETE FROM balances",
                                      "WITH x AS (SELECT 1) DELETE FROM balances",
                                      "SELECT 1) ; DROP TABLE balances; --",
                                      "SELECT 1'); DROP TABLE balances; --",
                                      "SELECT * FROM '" + secret.string() + "'",
                                      "SELECT * FROM read_csv('" + secret.string() + "')",
                                      "SELECT * FROM read_text('/etc/passwd')",
                                      "SELECT * FROM glob('/*')",
                                      std::string{"SELECT 1\0", 9},
                                      "SELECT * FROM query('DROP TABLE balances')"}));
  CAPTURE(sql);
  CHECK(error_of(open, sql));
  CHECK_FALSE(error_of(open, "SELECT count(*) FROM balances"));
  CHECK(std::filesystem::file_size(secret) == 8);
}

TEST_CASE("A statement that takes too long is stopped, and the next one runs") {
  const ServedHistory served;
  Collected collected;
  const auto end = served.select(endless, collected, 200ms);
  REQUIRE_FALSE(end);
  CHECK(describe(end.error()) == "timed_out: the statement was stopped: its time is over");
  CHECK(served.first("SELECT count(*) FROM balances") == "10");
}

TEST_CASE("The one who owns the file answers while it writes on") {
  ServedHistory served;
  CHECK(served.first("SELECT count(*) FROM balances") == "10");
  REQUIRE(served.history->write(balances(5000)) == caf::none);
  CHECK(served.first("SELECT count(*) FROM balances") == "5010");
  Collected all;
  const auto end = served.select("FROM balances", all);
  REQUIRE(end);
  CHECK(end->rows == 5010);
  CHECK(all.rows.size() == 5010);
  CHECK(all.pieces > 1);

  struct stat status {};
  REQUIRE(::stat(history_socket(served.path).c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);
}

TEST_CASE("Without an owner the file is opened for the question") {
  const TempDirectory directory;
  const auto path = directory / "history.duckdb";
  Collected collected;
  const auto missing = select_from_history({.file = path}, {.sql = "SELECT 1"}, collected.sink());
  REQUIRE_FALSE(missing);
  CHECK_THAT(describe(missing.error()), Catch::Contains("there is no such file"));
  {
    auto history = History::open({.place = {.file = path}});
    REQUIRE(history);
    REQUIRE(history->write(balances(3)) == caf::none);
  }
  // What an owner that was killed leaves behind must not look like one.
  {
    const auto left = listen_on_file(history_socket(path));
    REQUIRE(left);
  }
  REQUIRE(select_from_history({.file = path}, {.sql = "SELECT count(*) FROM balances"},
                              collected.sink()));
  CHECK(collected.rows == std::vector<std::string>{"3"});
  const auto again = listen_on_file(history_socket(path));
  CHECK(again);
  CHECK_FALSE(listen_on_file(history_socket(path)));
}

TEST_CASE("Who says rubbish, nothing, or goes away does not keep others from asking") {
  const ServedHistory served;
  const auto socket = history_socket(served.path);
  for (const std::string line :
       {"rubbish\n", "{}\n", "[1,2]\n", "{\"sql\":1,\"max_rows\":1,\"timeout_ms\":1}\n",
        "{\"sql\":\"SELECT 1\",\"max_rows\":-1,\"timeout_ms\":1}\n"}) {
    CAPTURE(line);
    const auto client = connect_to_file(socket);
    REQUIRE(client);
    REQUIRE_FALSE(send_text(*client, line, 5s));
    LineReader lines{*client, max_answer_line_bytes};
    const auto answer = lines.next(30s);
    REQUIRE(answer);
    REQUIRE(*answer);
    CHECK_THAT(**answer, Catch::StartsWith("{\"error\":"));
  }
  {
    const auto client = connect_to_file(socket);
    REQUIRE(client);
    const SelectRequest request{.sql = endless, .time_limit = 10min};
    REQUIRE_FALSE(send_text(*client, request_line(request), 5s));
    // It goes away while its statement runs, or before.
  }
  const auto silent = connect_to_file(socket);
  REQUIRE(silent);
  CHECK(served.first("SELECT count(*) FROM balances") == "10");
}

TEST_CASE("The writer sends a reader away that is in its way, and an end waits for nobody") {
  ServedHistory served;
  const auto socket = history_socket(served.path);
  const auto ask = [&] {
    auto client = connect_to_file(socket);
    REQUIRE(client);
    const SelectRequest request{.sql = endless, .time_limit = 10min};
    REQUIRE_FALSE(send_text(*client, request_line(request), 5s));
    return std::move(*client);
  };
  const auto first = ask();
  while (!served.readers->send_away("the writer needs what it uses")) {
    std::this_thread::yield();
  }
  LineReader lines{first, max_answer_line_bytes};
  std::string last;
  for (auto line = lines.next(30s); line && *line; line = lines.next(30s)) {
    last = **line; // its columns may have come already
  }
  CHECK_THAT(last, Catch::Contains("the writer needs what it uses"));

  const auto second = ask();
  served.server = nullptr;
  CHECK_FALSE(std::filesystem::exists(socket));
}

TEST_CASE("A statement that wants more memory than there is fails alone") {
  ServedHistory served;
  Collected collected;
  const auto end =
    served.select("SELECT max(len(l)) FROM (SELECT list(hash(range)) AS l FROM range(300000000))",
                  collected);
  REQUIRE_FALSE(end);
  REQUIRE(served.history->write(balances(100)) == caf::none);
  CHECK(served.first("SELECT count(*) FROM balances") == "110");
}

TEST_CASE("What is older than may be kept goes, by table") {
  const TempDirectory directory;
  const auto path = directory / "history.duckdb";
  const Timestamp now{std::chrono::days{100}};
  auto history =
    History::open({.place = {.file = path},
                   .retention = {.prices = std::chrono::days{7}, .others = std::chrono::days{30}}});
  REQUIRE(history);
  HistoryBatch batch;
  for (const auto age : {std::chrono::days{6}, std::chrono::days{8}, std::chrono::days{31}}) {
    std::get<std::deque<PriceRow>>(batch.tables).push_back({.received_at = now - age});
    std::get<std::deque<Candle>>(batch.tables).push_back({.start = now - age});
    std::get<std::deque<Fill>>(batch.tables).push_back({.at = now - age});
  }
  REQUIRE(history->write(batch) == caf::none);
  const auto gone = history->forget(now);
  REQUIRE(gone);
  std::map<std::string, std::int64_t> counts;
  for (std::size_t i = 0; i < history_table_count; ++i) {
    if ((*gone)[i] > 0) {
      counts[history_table_names()[i]] = (*gone)[i];
    }
  }
  CHECK(counts == std::map<std::string, std::int64_t>{{"prices", 2}, {"candles", 1}, {"fills", 1}});
  const auto again = history->forget(now);
  REQUIRE(again);
  CHECK(*again == HistoryCounts{});
}

TEST_CASE("Every table has the time by which its rows get old among its columns") {
  const OpenHistory open;
  for (const auto& table : history_table_names()) {
    CAPTURE(table);
    const auto column = history_time_column(table);
    REQUIRE(column);
    CHECK_FALSE(error_of(open, "SELECT year(" + *column + ") FROM " + table));
  }
  CHECK_FALSE(history_time_column("nothing"));
}

TEST_CASE("A Parquet file has the rows with their types, to the last digit") {
  const ServedHistory served;
  const auto path = served.directory / "bal'ances.parquet";
  auto file = ParquetFile::create(path);
  REQUIRE(file);
  Collected ignored;
  REQUIRE(select_from_history({.file = path.parent_path() / "history.duckdb"},
                              {.sql = "SELECT available_dollars, reported_at, venue, NULL::BIGINT "
                                      "AS \"odd \"\"name\" FROM balances"},
                              file->sink()));
  REQUIRE_FALSE(file->finish());

  duckdb_database database = nullptr;
  REQUIRE(duckdb_open(nullptr, &database) == DuckDBSuccess);
  const DuckdbDatabase owner{static_cast<_duckdb_database*>(database)};
  const auto connection = connect_to(owner);
  REQUIRE(connection);
  SelectStop stop;
  Collected collected;
  REQUIRE(run_select(connection->get(),
                     {.sql = "FROM read_parquet(" + sql_literal(path.string()) + ") LIMIT 2"},
                     collected.sink(), stop));
  CHECK(collected.columns
        == std::vector<std::string>{"available_dollars DECIMAL(18,6)", "reported_at TIMESTAMP",
                                    "venue VARCHAR", "odd \"name BIGINT"});
  CHECK(collected.rows
        == std::vector<std::string>{"0.000000 1970-01-01 00:01:40 kalshi NULL",
                                    "0.000001 1970-01-01 00:01:41 kalshi NULL"});
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator{served.path.parent_path()}) {
    files += entry.path().string().find("parquet") != std::string::npos ? 1 : 0;
  }
  CHECK(files == 1);
}
