#include "bridges/store/history_postgres.hpp"

#include <poll.h>

#include <catch2/catch.hpp>

#include "actors/messages/errors.hpp"
#include "bridges/store/history.hpp"
#include "bridges/store/history_actor.hpp"
#include "bridges/store/history_client.hpp"
#include "bridges/store/postgres_select.hpp"
#include "tests/actor_fixture.hpp"
#include "tests/bridges/store/cutting_proxy.hpp"
#include "tests/bridges/store/postgres_server.hpp"
#include "tests/bridges/store/temp_directory.hpp"
#include "tests/bridges/store/trades.hpp"

using namespace arbees;
using namespace arbees::test;
using namespace std::chrono_literals;

namespace {

using Rows = std::vector<std::string>;

template <class Row>
void put(HistoryBatch& batch, Row row) {
  std::get<std::deque<Row>>(batch.tables).push_back(std::move(row));
}

/// Something in every table, with missing values, quotes, signs and the largest amounts.
HistoryBatch one_of_each() {
  HistoryBatch batch;
  put(batch, PriceRow{.market = id_of(kalshi_ref),
                      .status = BookStatus::ok,
                      .bid = Level{Price{4200}, Quantity{1'500'000}},
                      .version = 7,
                      .exchange_time = Timestamp{99s},
                      .received_at = Timestamp{100s + 250us}});
  put(batch, GameRow{.event = "update",
                     .game = {.key = "nba:1", .home = {.id = "O'N\\; DROP TABLE x; --"}},
                     .state = {.detail = "Málaga ''"}});
  put(batch, MatchRow{.listing = "l", .score = -3, .gate = "teams"});
  put(batch, MatchRow{.matched = true, .game = GameInfo{.key = "nba:1"}, .venue = Venue::kalshi});
  put(batch, MarketRow{.market = id_of(kalshi_ref), .ref = kalshi_ref});
  put(batch, make_signal(1));
  put(batch, DecisionRow{.signal = SignalId{1}, .pair = PairId{2}, .filter = "x"});
  put(batch, DecisionRow{.signal = SignalId{2}, .filter = "edge", .at = Timestamp{50h}});
  put(batch, make_request(1));
  put(batch, make_report(make_order(1, 1), OrderStatus::partial, Quantity{1}, Timestamp{101s}));
  put(batch, make_fill(make_order(1, 0), "f1", Quantity{370'001}));
  put(batch, make_closed(1, PairOutcome::complete));
  put(batch, FeedStatus{.venue = Venue::polymarket, .reason = "closed", .markets_stale = 7});
  put(batch, BalanceUpdate{.available = Money{999'999'999'999'999'999}, .at = Timestamp{1ns}});
  put(batch, BalanceUpdate{.available = Money{std::numeric_limits<std::int64_t>::min()}});
  put(batch, VenueStatus{.reason = "pause", .at = Timestamp{-1us}});
  put(batch, Settlement{});
  put(batch, DriftRow{.venue = Venue::kalshi});
  put(batch, TradingControl{.state = TradingState::halted, .by = "person"});
  put(batch, PositionUpdate{.unrealised = Money{-1}, .reason = "r"});
  put(batch, PositionUpdate{});
  put(batch, ExitEnded{.proceeds = Money{-5}});
  put(batch, Candle{.open = Money{405'050}, .close_ask = Price{10'000}, .updates = 3});
  return batch;
}

/// What a statement found: columns with their types, and rows in the order of their text.
struct Found {
  Rows columns;
  Rows rows;
  bool operator==(const Found&) const = default;
};

SelectSink into(Found& found) {
  return {.columns =
            [&](const auto& columns) {
              for (const auto& column : columns) {
                found.columns.push_back(column.name + " " + column.type);
              }
              return caf::error{};
            },
          .rows =
            [&](const auto& more) {
              for (const auto& row : more) {
                auto& text = found.rows.emplace_back();
                for (const auto& value : row) {
                  text += value.value_or("NULL") + "|";
                }
              }
              return caf::error{};
            }};
}

/// A whole table of a DuckDB history.
Found table_of(const History& history, const std::string& table) {
  const auto connection = connect_to(history.database());
  REQUIRE(connection);
  Found found;
  const SelectStop stop;
  REQUIRE(run_select(connection->get(), {.sql = "FROM " + table}, into(found), stop));
  std::sort(found.rows.begin(), found.rows.end());
  return found;
}

/// The same of a PostgreSQL history.
Found table_of(const std::string& url, const std::string& table) {
  Found found;
  const auto end =
    select_from_history({.url = url}, {.sql = "SELECT * FROM " + table}, into(found));
  INFO((end ? "" : describe(end.error())));
  REQUIRE(end);
  CHECK(end->rows == found.rows.size());
  std::sort(found.rows.begin(), found.rows.end());
  return found;
}

Rows rows_of(const std::string& url, const std::string& table) {
  return table_of(url, table).rows;
}

void execute(const std::string& url, const std::string& sql) {
  PostgresConnection connection{{.url = url, .application = "other"}};
  REQUIRE_FALSE(connection.connect());
  const auto failure = connection.execute(sql);
  INFO((failure ? describe(*failure) : ""));
  REQUIRE_FALSE(failure);
}

std::string new_database() {
  auto& server = PostgresServer::shared();
  return server.url(server.new_database());
}

std::unique_ptr<PostgresHistory> open_server(const HistoryConfig& config) {
  auto opened = PostgresHistory::open(config);
  INFO((opened ? "" : describe(opened.error())));
  REQUIRE(opened);
  return std::move(*opened);
}

bool eventually(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + 30s;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) {
      return false;
    }
    ::poll(nullptr, 0, 5);
  }
  return true;
}

HistoryBatch prices(int count, Timestamp at = {}) {
  HistoryBatch batch;
  for (auto i = 0; i < count; ++i) {
    put(batch, PriceRow{.version = static_cast<std::uint64_t>(i), .received_at = at});
  }
  return batch;
}

struct BothStores {
  BothStores() { REQUIRE(file); }

  const TempDirectory directory;
  const HistoryRetention retention{.prices = std::chrono::days{1}, .others = std::chrono::days{2}};
  const std::string url = new_database();
  caf::expected<History> file =
    History::open({.place = {.file = directory / "history.duckdb"}, .retention = retention});
  std::unique_ptr<PostgresHistory> server =
    open_server({.place = {.url = url}, .retention = retention});
};

/// A history beside a PostgreSQL server that the test kills.
class ServedHistory : public ActorFixture {
public:
  PostgresServer server;
  HistoryConfig place{.place = {.url = server.url(server.new_database())},
                      .batch_rows = 1,
                      .max_prices = 20};

  HistoryActor start() {
    return spawn(history, place, spawn(history_writer, place, std::make_shared<HistoryReaders>()));
  }
  void send_signal(const HistoryActor& handle, std::uint64_t number, Timestamp at) {
    auto signal = make_signal(number);
    signal.triggered_by = at;
    self->send(handle, signal);
    sched.run();
  }
  void send_price(const HistoryActor& handle, std::uint64_t version, Timestamp at) {
    self->send(handle,
               BookUpdate{.market = id_of(kalshi_ref), .version = version, .received_at = at});
    sched.run();
  }
  std::map<std::string, std::int64_t> counts(const HistoryActor& handle) {
    self->send(handle, caf::get_atom_v);
    sched.run();
    const auto answer = next<Metrics>();
    REQUIRE(answer);
    return answer->values;
  }
  void stop(const HistoryActor& handle) {
    self->send_exit(handle, caf::exit_reason::user_shutdown);
    sched.run();
  }
};

/// Stands for the extension timescaledb, which no package of this system has: it notes what it is
/// asked for, and refuses the table `fills`.
constexpr const char* hypertable_stand_in = R"sql(
CREATE SCHEMA "Time Scale";
CREATE TABLE public.asked (what text);
CREATE FUNCTION "Time Scale".create_hypertable(relation regclass, time_column_name name,
                                               if_not_exists boolean DEFAULT FALSE)
RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  IF relation = 'arbees_history.fills'::regclass THEN
    RAISE EXCEPTION 'no chunks today';
  END IF;
  INSERT INTO public.asked VALUES (relation || ' ' || time_column_name);
  RETURN relation;
END $$;
INSERT INTO pg_extension (oid, extname, extowner, extnamespace, extrelocatable, extversion)
SELECT 424242, 'timescaledb', 10, oid, FALSE, '2.0' FROM pg_namespace WHERE nspname = 'Time Scale';
)sql";

} // namespace

TEST_CASE("PostgreSQL keeps in every table what DuckDB keeps") {
  BothStores stores;
  const auto batch = one_of_each();
  REQUIRE_FALSE(stores.file->write(batch));
  const auto error = stores.server->write(batch);
  INFO(describe(error));
  REQUIRE_FALSE(error);
  for (const auto& table : history_table_names()) {
    CAPTURE(table);
    const auto found = table_of(*stores.file, table);
    CHECK_FALSE(found.rows.empty());
    CHECK(table_of(stores.url, table) == found);
  }
  CHECK(table_of(stores.url, "market_names") == table_of(*stores.file, "market_names"));
  CHECK(table_of(stores.url, "signals_explained") == table_of(*stores.file, "signals_explained"));

  const Timestamp now{72h};
  const auto gone = stores.server->forget(now);
  REQUIRE(gone);
  CHECK(*gone == *stores.file->forget(now));
  CHECK(rows_of(stores.url, "decisions").size() == 1);

  REQUIRE_FALSE(stores.server->rebuild(batch));
  REQUIRE_FALSE(stores.server->rebuild(batch));
  CHECK(rows_of(stores.url, "pairs").size() == 1);
  CHECK(rows_of(stores.url, "signals").size() == 2);
}

TEST_CASE("A history in PostgreSQL is not rebuilt while somebody else writes to it") {
  const auto url = new_database();
  const auto batch = one_of_each();
  auto writer = open_server({.place = {.url = url}});
  const auto other = open_server({.place = {.url = url}});
  const auto error = other->rebuild(batch);
  CHECK(error == Errc::io_failed);
  CHECK_THAT(describe(error), Catch::Contains("stop that first"));
  CHECK_FALSE(writer->write(batch));
  writer.reset();
  // The server notices in its own time.
  CHECK(eventually([&] { return !other->rebuild(batch); }));
  CHECK(rows_of(url, "fills").size() == 1);
  CHECK(rows_of(url, "prices").size() == 2);
}

TEST_CASE("Many rows, and text that is no UTF-8, go into PostgreSQL whole or not at all") {
  BothStores stores;
  auto batch = prices(1'201);
  put(batch, DecisionRow{.filter = std::string{"\xff\0'", 3}});
  REQUIRE_FALSE(stores.server->write(batch));
  REQUIRE_FALSE(stores.file->write(batch));
  CHECK(table_of(stores.url, "prices") == table_of(*stores.file, "prices"));
  CHECK(table_of(stores.url, "decisions") == table_of(*stores.file, "decisions"));

  execute(stores.url, "DROP TABLE arbees_history.candles CASCADE");
  put(batch, Candle{});
  const auto error = stores.server->write(batch);
  CHECK(error == Errc::io_failed);
  CHECK_THAT(describe(error), Catch::Contains("candles") && !Catch::Contains("s3cret"));
  CHECK(rows_of(stores.url, "prices").size() == 1'201);
  // Then it looks for what is missing.
  REQUIRE_FALSE(stores.server->write(batch));
  CHECK(rows_of(stores.url, "candles").size() == 1);
  CHECK(rows_of(stores.url, "prices").size() == 2'402);
}

TEST_CASE("A batch whose commit got no answer is in PostgreSQL once") {
  auto& server = PostgresServer::shared();
  const auto database = server.new_database();
  CuttingProxy proxy{server.port()};
  const auto store = open_server({.place = {.url = server.url(database, proxy.port())}});
  const auto where = GENERATE(CuttingProxy::Cut::before_commit, CuttingProxy::Cut::after_commit);
  proxy.cut(where);
  const auto batch = one_of_each();
  CHECK(store->write(batch) == Errc::io_failed);
  // For a moment the server may not have noticed that the first session is gone.
  REQUIRE(eventually([&] {
    const auto error = store->write(batch);
    if (error) {
      CHECK_THAT(describe(error), Catch::Contains("still committing"));
    }
    return !error;
  }));
  CHECK(rows_of(server.url(database), "fills").size() == 1);
  REQUIRE_FALSE(store->write(one_of_each()));
  CHECK(rows_of(server.url(database), "fills").size() == 2);
}

TEST_CASE("Old rows leave PostgreSQL a part at a time") {
  const auto url = new_database();
  const auto store = open_server(
    {.place = {.url = url}, .retention = {.prices = std::chrono::days{1}}, .forget_rows = 100});
  REQUIRE_FALSE(store->write(prices(250, Timestamp{1h})));
  REQUIRE_FALSE(store->write(prices(3, Timestamp{30h})));
  Rows gone;
  for (auto i = 0; i < 4; ++i) {
    const auto counts = store->forget(Timestamp{48h});
    REQUIRE(counts);
    gone.push_back(std::to_string(counts->front()));
  }
  CHECK(gone == Rows{"100", "100", "50", "0"});
  CHECK(rows_of(url, "prices").size() == 3);
}

SCENARIO_METHOD(ServedHistory, "while many old rows leave PostgreSQL, new ones are written") {
  place.retention = {.prices = std::chrono::days{1}};
  place.forget_rows = 10;
  REQUIRE_FALSE(open_server(place)->write(prices(25, Timestamp{1h})));
  const auto handle = start();
  for (auto i = 0; i < 5; ++i) {
    send_price(handle, 1'000, Timestamp{48h + i * 1s});
  }
  CHECK(counts(handle).at("expired:prices") == 25);
  CHECK(counts(handle).at("rows:prices") == 5);
  CHECK(rows_of(place.place.url, "prices").size() == 5);
  stop(handle);
}

TEST_CASE("Where PostgreSQL has timescaledb, new tables become hypertables by their time") {
  const auto url = new_database();
  execute(url, hypertable_stand_in);
  auto store = open_server({.place = {.url = url}});
  const auto asked = rows_of(url, "public.asked");
  CHECK(asked.size() == history_table_count - 1);
  CHECK(std::count(asked.begin(), asked.end(), "prices received_at|") == 1);
  CHECK(std::count(asked.begin(), asked.end(), "candles minute|") == 1);
  REQUIRE_FALSE(store->write(one_of_each()));
  CHECK(rows_of(url, "fills").size() == 1); // it could not be one
  store = open_server({.place = {.url = url}});
  CHECK(rows_of(url, "public.asked") == asked);
}

TEST_CASE("Somebody who reads PostgreSQL in peace holds up neither the writer nor its start") {
  const auto url = new_database();
  auto store = open_server({.place = {.url = url}});
  PostgresConnection reader{{.url = url, .application = "other"}};
  REQUIRE_FALSE(reader.connect());
  REQUIRE_FALSE(
    reader.execute("BEGIN; SELECT * FROM arbees_history.signals_explained; "
                   "SELECT * FROM arbees_history.market_names"));
  store = open_server({.place = {.url = url}});
  CHECK_FALSE(store->write(one_of_each()));
}

SCENARIO_METHOD(ServedHistory, "a history whose server goes away loses no signal") {
  const auto handle = start();
  send_signal(handle, 1, Timestamp{100s});
  CHECK(rows_of(place.place.url, "signals").size() == 1);
  server.kill();
  send_signal(handle, 2, Timestamp{101s});
  for (std::uint64_t version = 0; version < 50; ++version) {
    send_price(handle, version, Timestamp{102s});
  }
  send_signal(handle, 3, Timestamp{102s});
  // Prices are bounded, and what is lost of them is counted.
  const auto values = counts(handle);
  CHECK(values.at("errors") == 1);
  CHECK(values.at("buffered") == 22);
  CHECK(values.at("dropped:prices") == 30);
  CHECK(values.at("dropped:signals") == 0);
  server.start();
  send_signal(handle, 4, Timestamp{110s});
  CHECK(rows_of(place.place.url, "signals").size() == 4);
  CHECK(rows_of(place.place.url, "prices").size() == 20);
  CHECK(counts(handle).at("buffered") == 0);
  stop(handle);
}

SCENARIO_METHOD(ServedHistory,
                "a history that starts before its server is filled when that comes") {
  server.kill();
  const auto handle = start();
  send_signal(handle, 1, Timestamp{100s});
  CHECK(counts(handle).at("errors") == 1);
  server.start();
  send_signal(handle, 2, Timestamp{106s});
  CHECK(rows_of(place.place.url, "signals").size() == 2);
  stop(handle);
}

TEST_CASE("What is asked of a PostgreSQL history can only read, and ends in time") {
  const auto url = new_database();
  const auto store = open_server({.place = {.url = url}});
  REQUIRE_FALSE(store->write(prices(2'500)));
  const auto ask = [&](const SelectRequest& request) {
    Found found;
    return select_from_history({.url = url}, request, into(found));
  };
  for (const auto* const sql :
       {"DELETE FROM prices", "SELECT 1; DELETE FROM prices", "", "COMMIT", "SET x.y = 1"}) {
    CAPTURE(sql);
    const auto end = ask({.sql = sql});
    REQUIRE_FALSE(end);
    CHECK(end.error() == Errc::bad_frame);
    CHECK_THAT(describe(end.error()), Catch::Contains("one statement that reads"));
  }
  const auto hidden = ask({.sql = "WITH d AS (DELETE FROM prices RETURNING *) SELECT * FROM d"});
  CHECK_FALSE(hidden);
  // A function may write, but nothing of it stays.
  CHECK(ask({.sql = "SELECT lo_create(0)"}));
  CHECK(rows_of(url, "pg_largeobject_metadata").empty());
  const auto missing = ask({.sql = "SELECT * FROM nothing"});
  REQUIRE_FALSE(missing);
  CHECK_THAT(describe(missing.error()), Catch::Contains("nothing") && !Catch::Contains("s3cret"));
  const auto endless = ask({.sql = "SELECT pg_sleep(60)", .time_limit = 50ms});
  REQUIRE_FALSE(endless);
  CHECK(endless.error() == Errc::timed_out);

  Found some;
  const auto cut =
    select_from_history({.url = url}, {.sql = "TABLE prices -- all", .max_rows = 1'001},
                        into(some));
  REQUIRE(cut);
  CHECK(cut->cut);
  CHECK(some.rows.size() == 1'001);
  CHECK(rows_of(url, "prices").size() == 2'500);
  const auto nothing = table_of(url, "candles");
  CHECK(nothing.rows.empty());
  CHECK(nothing.columns.size() == 10);
}

TEST_CASE("A PostgreSQL history that is not there is said to be so, without the password") {
  const std::string url = "postgresql://me:s3cret@127.0.0.1:1/none";
  Found found;
  const auto end = select_from_history({.url = url}, {.sql = "SELECT 1"}, into(found));
  REQUIRE_FALSE(end);
  CHECK(end.error() == Errc::io_failed);
  CHECK_THAT(describe(end.error()),
             Catch::Contains("postgresql://me@127.0.0.1:1/none") && !Catch::Contains("s3cret"));
  const auto opened = open_history_store({.place = {.url = url}});
  REQUIRE_FALSE(opened);
  CHECK_THAT(describe(opened.error()), !Catch::Contains("s3cret"));
}

TEST_CASE("A type of PostgreSQL has DuckDB's name of what holds its values") {
  CHECK(duckdb_type_of(1700, ((18 << 16) | 6) + 4) == "DECIMAL(18,6)");
  CHECK(duckdb_type_of(1700, ((38 << 16) | 38) + 4) == "DECIMAL(38,38)");
  CHECK(duckdb_type_of(1700, ((39 << 16) | 0) + 4) == "DOUBLE");    // too many digits
  CHECK(duckdb_type_of(1700, ((3 << 16) | 0x7ff) + 4) == "DOUBLE"); // scale -1
  CHECK(duckdb_type_of(1700, -1) == "DOUBLE");
  CHECK(duckdb_type_of(16, -1) == "BOOLEAN");
  CHECK(duckdb_type_of(20, -1) == "BIGINT");
  CHECK(duckdb_type_of(1114, -1) == "TIMESTAMP");
  CHECK(duckdb_type_of(1043, 14) == "VARCHAR");
  CHECK(duckdb_type_of(3802, -1) == "VARCHAR"); // jsonb
}
