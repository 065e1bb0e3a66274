#include "bridges/store/history_postgres.hpp"

#include <catch2/catch.hpp>

#include "actors/messages/errors.hpp"
#include "bridges/store/history.hpp"
#include "bridges/store/history_actor.hpp"
#include "bridges/store/history_select.hpp"
#include "tests/actor_fixture.hpp"
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

/// The rows of `table` in a DuckDB history, as text.
Rows rows_of(const History& history, const std::string& table) {
  const auto connection = connect_to(history.database());
  REQUIRE(connection);
  Rows rows;
  const SelectSink sink{.columns = [](const auto&) { return caf::error{}; },
                        .rows =
                          [&](const auto& more) {
                            for (const auto& row : more) {
                              rows.emplace_back();
                              for (const auto& value : row) {
                                rows.back() += value.value_or("NULL") + "|";
                              }
                            }
                            return caf::error{};
                          }};
  const SelectStop stop;
  REQUIRE(run_select(connection->get(), {.sql = "FROM " + table}, sink, stop));
  std::sort(rows.begin(), rows.end());
  return rows;
}

/// The same of a PostgreSQL history, as another session sees it.
Rows rows_of(const std::string& url, const std::string& table) {
  PostgresConnection connection{{.url = url, .application = "other"}};
  REQUIRE_FALSE(connection.connect());
  const auto statement = connection.prepare("SELECT * FROM arbees_history." + table);
  Rows rows;
  while (statement->next()) {
    rows.emplace_back();
    for (auto column = 0; column < statement->columns(); ++column) {
      auto text = statement->null(column) ? "NULL" : statement->text(column);
      // The one thing that both write differently.
      text = text == "t" ? "true" : text == "f" ? "false" : text;
      rows.back() += text + "|";
    }
  }
  INFO((statement->failure() ? describe(*statement->failure()) : ""));
  REQUIRE_FALSE(statement->failure());
  std::sort(rows.begin(), rows.end());
  return rows;
}

struct BothStores {
  BothStores() {
    REQUIRE(file);
    auto opened = PostgresHistory::open({.url = url, .retention = retention});
    INFO((opened ? "" : describe(opened.error())));
    REQUIRE(opened);
    server = std::move(*opened);
  }

  const TempDirectory directory;
  const HistoryRetention retention{.prices = std::chrono::days{1}, .others = std::chrono::days{2}};
  const std::string url = PostgresServer::shared().url(PostgresServer::shared().new_database());
  caf::expected<History> file =
    History::open({.path = directory / "history.duckdb", .retention = retention});
  std::unique_ptr<PostgresHistory> server;
};

} // namespace

TEST_CASE("PostgreSQL keeps in every table what DuckDB keeps") {
  BothStores stores;
  const auto batch = one_of_each();
  REQUIRE_FALSE(stores.file->write(batch));
  const auto error = stores.server->write(batch);
  INFO(describe(error));
  REQUIRE_FALSE(error);
  auto tables = history_table_names();
  for (const auto& table : tables) {
    CAPTURE(table);
    const auto rows = rows_of(*stores.file, table);
    CHECK_FALSE(rows.empty());
    CHECK(rows_of(stores.url, table) == rows);
  }
  CHECK(rows_of(stores.url, "market_names") == rows_of(*stores.file, "market_names"));
  CHECK(rows_of(stores.url, "signals_explained") == rows_of(*stores.file, "signals_explained"));

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

TEST_CASE("Many rows, and text that is no UTF-8, go into PostgreSQL whole or not at all") {
  BothStores stores;
  HistoryBatch batch;
  for (auto i = 0; i < 1'201; ++i) {
    put(batch, PriceRow{.version = static_cast<std::uint64_t>(i)});
  }
  put(batch, DecisionRow{.filter = std::string{"\xff\0'", 3}});
  REQUIRE_FALSE(stores.server->write(batch));
  CHECK(rows_of(stores.url, "prices").size() == 1'201);
  CHECK(rows_of(stores.url, "decisions").size() == 1);

  PostgresConnection other{{.url = stores.url, .application = "other"}};
  REQUIRE_FALSE(other.connect());
  REQUIRE_FALSE(other.execute("DROP TABLE arbees_history.candles CASCADE"));
  put(batch, Candle{});
  const auto error = stores.server->write(batch);
  CHECK(error == Errc::io_failed);
  CHECK_THAT(describe(error), Catch::Contains("candles") && !Catch::Contains("s3cret"));
  CHECK(rows_of(stores.url, "prices").size() == 1'201);
  // Opened anew it is whole again.
  const auto again = PostgresHistory::open({.url = stores.url});
  REQUIRE(again);
  REQUIRE_FALSE((*again)->write(batch));
  CHECK(rows_of(stores.url, "candles").size() == 1);
}

SCENARIO_METHOD(ActorFixture, "a history whose server goes away loses no signal") {
  PostgresServer server;
  const HistoryConfig place{.url = server.url(server.new_database()), .batch_rows = 1};
  const auto handle =
    spawn(history, place, spawn(history_writer, place, std::make_shared<HistoryReaders>()));
  const auto send = [&](std::uint64_t number, Timestamp at) {
    auto signal = make_signal(number);
    signal.triggered_by = at;
    self->send(handle, signal);
    sched.run();
  };
  send(1, Timestamp{100s});
  CHECK(rows_of(place.url, "signals").size() == 1);
  server.kill();
  send(2, Timestamp{101s});
  send(3, Timestamp{102s});
  server.start();
  send(4, Timestamp{110s});
  CHECK(rows_of(place.url, "signals").size() == 4);
  self->send_exit(handle, caf::exit_reason::user_shutdown);
  sched.run();
}
