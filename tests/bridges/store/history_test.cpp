#include "bridges/store/history.hpp"

#include <signal.h>
#include <sys/resource.h>

#include <catch2/catch.hpp>
#include <fstream>

#include "actors/messages/errors.hpp"
#include "bridges/store/history_actor.hpp"
#include "bridges/store/history_table.hpp"
#include "tests/actor_fixture.hpp"
#include "tests/bridges/store/child_process.hpp"
#include "tests/bridges/store/temp_directory.hpp"
#include "tests/bridges/store/trades.hpp"

using namespace arbees;
using namespace arbees::test;
using namespace std::chrono_literals;

namespace {

/// The rows of `sql`, columns joined by spaces, as another program reads them.
std::vector<std::string> rows_of(const std::filesystem::path& path, const char* sql) {
  duckdb_config config = nullptr;
  duckdb_create_config(&config);
  duckdb_set_config(config, "access_mode", "READ_ONLY");
  duckdb_database database = nullptr;
  REQUIRE(duckdb_open_ext(path.c_str(), &database, config, nullptr) == DuckDBSuccess);
  duckdb_destroy_config(&config);
  duckdb_connection connection = nullptr;
  REQUIRE(duckdb_connect(database, &connection) == DuckDBSuccess);
  duckdb_result result;
  const auto state = duckdb_query(connection, sql, &result);
  INFO((state == DuckDBSuccess ? "" : duckdb_result_error(&result)));
  REQUIRE(state == DuckDBSuccess);
  std::vector<std::string> rows;
  for (idx_t row = 0; row < duckdb_row_count(&result); ++row) {
    rows.emplace_back();
    for (idx_t column = 0; column < duckdb_column_count(&result); ++column) {
      auto* const text = duckdb_value_varchar(&result, column, row);
      rows.back() += (column == 0 ? "" : " ") + std::string{text == nullptr ? "NULL" : text};
      duckdb_free(text);
    }
  }
  duckdb_destroy_result(&result);
  duckdb_disconnect(&connection);
  duckdb_close(&database);
  return rows;
}

using Rows = std::vector<std::string>;

template <class Row>
void put(HistoryBatch& batch, Row row) {
  std::get<std::deque<Row>>(batch.tables).push_back(std::move(row));
}

History open_history(const std::filesystem::path& path) {
  auto history = History::open({.place = {.file = path}});
  if (!history) {
    FAIL(describe(history.error()));
  }
  return std::move(*history);
}

PriceRow make_price(std::int64_t number) {
  return {.market = id_of(kalshi_ref),
          .status = BookStatus::ok,
          .bid = Level{Price{4200}, Quantity{1'500'000}},
          .version = static_cast<std::uint64_t>(number),
          .exchange_time = Timestamp{99s},
          .received_at = Timestamp{100s + 250us}};
}

BookUpdate make_update(std::int64_t number, Timestamp at) {
  BookUpdate update{.market = id_of(kalshi_ref),
                    .status = BookStatus::ok,
                    .version = static_cast<std::uint64_t>(number),
                    .received_at = at};
  update.asks.push_back({Price{4300}, Quantity{2'000'000}});
  return update;
}

SignalRejected make_rejection(std::uint64_t number) {
  return {.signal = make_signal(number),
          .filter = "min_edge",
          .measured = "0.4",
          .limit = "1.0",
          .at = Timestamp{100s}};
}

/// The history and its writer, both moved by the test.
class SteppedHistory : public ActorFixture {
public:
  const TempDirectory directory;
  HistoryConfig config{.place = {.file = directory / "history.duckdb"},
                       .batch_rows = 10,
                       .max_prices = 20,
                       .max_records = 1000};
  const std::shared_ptr<HistoryReaders> readers = std::make_shared<HistoryReaders>();
  HistoryActor start() { return spawn(history, config, spawn(history_writer, config, readers)); }

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

} // namespace

TEST_CASE("The history is read by another program once it is closed") {
  const TempDirectory directory;
  const auto path = directory / "history.duckdb";
  {
    auto history = open_history(path);
    HistoryBatch batch;
    put(batch, make_price(1));
    put(batch, make_closed(1, PairOutcome::complete));
    put(batch, make_fill(make_order(1, 0), "f1", Quantity{370'001}));
    put(batch, MarketRow{.market = id_of(kalshi_ref), .ref = kalshi_ref, .game = game_id("nba:1")});
    put(batch, Candle{.market = id_of(kalshi_ref),
                      .start = Timestamp{120s},
                      .open = Money{400'050},
                      .high = Money{500'000},
                      .low = Money{300'000},
                      .close = Money{425'000},
                      .close_bid = Price{4200},
                      .close_ask = Price{4300},
                      .updates = 9});
    put(batch, FeedStatus{.venue = Venue::polymarket, .reason = "closed", .markets_stale = 7});
    put(batch, make_report(make_order(1, 1), OrderStatus::partial, Quantity{1'000'000}, {}));
    REQUIRE(history.write(batch) == caf::none);
  }
  CHECK(rows_of(path,
                "SELECT native_id, yes_bid, yes_ask, yes_bid_size, exchange_time, "
                "received_at FROM prices JOIN market_names USING (market_id)")
        == Rows{"KXT-LAL 0.4200 NULL 1.500000 1970-01-01 00:01:39 1970-01-01 00:01:40.00025"});
  CHECK(rows_of(path, "SELECT outcome, locked_profit_dollars, closed_at - opened_at FROM pairs")
        == Rows{"complete 0.329480 00:00:02"});
  CHECK(rows_of(path, "SELECT price, quantity, fee_dollars FROM fills")
        == Rows{"0.4200 0.370001 0.170520"});
  CHECK(rows_of(path,
                "SELECT minute, open, high, low, close, close_bid, close_ask, updates "
                "FROM candles JOIN market_names USING (market_id)")
        == Rows{"1970-01-01 00:02:00 0.400050 0.500000 0.300000 0.425000 0.4200 0.4300 9"});
  CHECK(rows_of(path, "SELECT venue, connected, reason, markets_stale FROM feeds")
        == Rows{"polymarket false closed 7"});
  CHECK(rows_of(path, "SELECT leg, status, filled, reason FROM orders")
        == Rows{"1 partial 1.000000 no more depth"});
}

TEST_CASE("More rows than DuckDB takes at once keep their order and number") {
  const TempDirectory directory;
  const auto path = directory / "history.duckdb";
  {
    auto history = open_history(path);
    for (auto part = 0; part < 2; ++part) {
      HistoryBatch batch;
      for (auto i = 0; i < 5000; ++i) {
        auto row = make_price(part * 5000 + i);
        if (i % 2 == 0) {
          row.bid.reset();
        }
        put(batch, row);
      }
      REQUIRE(history.write(batch) == caf::none);
    }
  }
  CHECK(rows_of(path,
                "SELECT count(*), sum(version), count(yes_bid), "
                "count(*) FILTER (yes_bid IS NULL AND version % 2 = 0) FROM prices")
        == Rows{"10000 49995000 5000 5000"});
}

TEST_CASE("Text that is no UTF-8 and amounts beyond the columns do no harm") {
  CHECK(valid_utf8("caf\xc3\xa9 \xf0\x9f\x8f\x80") == "caf\xc3\xa9 \xf0\x9f\x8f\x80");
  CHECK(valid_utf8("\xff\xc3") == "??");
  CHECK(valid_utf8("\xc0\xaf") == "??");
  CHECK(valid_utf8("\xed\xa0\x80") == "???");
  CHECK(valid_utf8("\xf4\x90\x80\x80x") == "????x");
  const TempDirectory directory;
  const auto path = directory / "history.duckdb";
  {
    auto history = open_history(path);
    HistoryBatch batch;
    put(batch, DecisionRow{.signal = SignalId{1}, .filter = "\xff'; DROP TABLE prices; --"});
    put(batch, BalanceUpdate{.available = Money{std::numeric_limits<std::int64_t>::max()}});
    REQUIRE(history.write(batch) == caf::none);
  }
  CHECK(rows_of(path, "SELECT filter FROM decisions") == Rows{"?'; DROP TABLE prices; --"});
  CHECK(rows_of(path, "SELECT available_dollars FROM balances") == Rows{"NULL"});
  CHECK(rows_of(path, "SELECT count(*) FROM prices") == Rows{"0"});
}

TEST_CASE("A file that is no history is refused in one sentence") {
  const TempDirectory directory;
  const auto path = directory / "history.duckdb";
  std::ofstream{path} << std::string(20'000, 'x');
  const auto rubbish = History::open({.place = {.file = path}});
  REQUIRE_FALSE(rubbish);
  CHECK(rubbish.error() == Errc::io_failed);
  CHECK_THAT(describe(rubbish.error()), Catch::Contains("history.duckdb"));
  CHECK_FALSE(History::open({.place = {.file = directory / "no" / "history.duckdb"}}));
}

TEST_CASE("A full disk takes nothing of a batch, and all of it later") {
  const TempDirectory directory;
  const auto path = directory / "history.duckdb";
  Child child{[&](int pipe) {
    // The signal that the limit sends would end the process, where a full disk only fails the call.
    ::signal(SIGXFSZ, SIG_IGN);
    HistoryBatch batch;
    for (auto i = 0; i < 100'000; ++i) {
      auto row = make_price(i);
      row.market = MarketId{static_cast<std::uint64_t>(i) * 0x9e3779b97f4a7c15};
      put(batch, row);
    }
    auto history = History::open({.place = {.file = path}});
    tell(pipe, history ? 1 : 0);
    rlimit limit{};
    ::getrlimit(RLIMIT_FSIZE, &limit);
    const auto unlimited = limit.rlim_cur;
    limit.rlim_cur = 500'000;
    ::setrlimit(RLIMIT_FSIZE, &limit);
    tell(pipe, history->write(batch) ? 1 : 0);
    history = caf::make_error(Errc::io_failed);
    limit.rlim_cur = unlimited;
    ::setrlimit(RLIMIT_FSIZE, &limit);
    history = History::open({.place = {.file = path}});
    tell(pipe, history ? 1 : 0);
    tell(pipe, history && !history->write(batch) ? 1 : 0);
    history = caf::make_error(Errc::io_failed);
  }};
  for (const auto* const step : {"opened", "refused", "opened again", "written"}) {
    CAPTURE(step);
    CHECK(child.next() == 1);
  }
  CHECK(child.wait() == 0);
  CHECK(rows_of(path, "SELECT count(*), count(DISTINCT version) FROM prices")
        == Rows{"100000 100000"});
}

TEST_CASE("What was published before the end is in the history after it") {
  const TempDirectory directory;
  const auto path = directory / "history.duckdb";
  {
    struct Config : caf::actor_system_config {
      Config() {
        add_message_types<caf::id_block::arbees>();
        set("scheduler.max-threads", 1);
      }
    } config;
    caf::actor_system system{config};
    caf::scoped_actor self{system};
    const auto handle = spawn_history(system, {.place = {.file = path}, .batch_rows = 1000},
                                      std::make_shared<HistoryReaders>());
    for (auto i = 0; i < 25'000; ++i) {
      self->send(handle, make_update(i, Timestamp{i * 1ms}));
    }
    self->send(handle, make_signal(7));
    self->send_exit(handle, caf::exit_reason::user_shutdown);
  }
  CHECK(rows_of(path, "SELECT count(*), sum(version) FROM prices") == Rows{"25000 312487500"});
  CHECK(rows_of(path, "SELECT decision FROM signals_explained") == Rows{"undecided"});
}

SCENARIO_METHOD(SteppedHistory, "every signal says why it was taken or not") {
  GIVEN("a signal that was taken, one that was rejected and one that nobody judged") {
    const auto handle = start();
    for (const std::uint64_t number : {1, 2, 3}) {
      self->send(handle, make_signal(number));
    }
    self->send(handle, make_request(1));
    self->send(handle, make_rejection(2));
    stop(handle);
    THEN("the history tells them apart, with the numbers") {
      CHECK(rows_of(config.place.file,
                    "SELECT signal_id[-1:], decision, filter, measured, allowed, "
                    "pair_id FROM signals_explained ORDER BY signal_id")
            == Rows{"1 taken    0000000000000001", "2 rejected min_edge 0.4 1.0 NULL",
                    "3 undecided NULL NULL NULL NULL"});
      CHECK(rows_of(config.place.file, "SELECT quantity, limit0, limit1 FROM executions")
            == Rows{"10.000000 0.4200 0.5300"});
    }
  }
}

SCENARIO_METHOD(SteppedHistory, "games and matches are kept with their reasons") {
  GIVEN("a game that was matched and ended, and a listing that was not matched") {
    const auto handle = start();
    const GameInfo game{.id = game_id("nba:1"), .key = "nba:1", .away = {.id = "LAL"}};
    self->send(handle, GameDiscovered{.game = game, .state = {.phase = Phase::live}});
    self->send(handle, GameEnded{.game = game, .state = {.phase = Phase::final, .clock = 1500ms}});
    MatchedGame match{.game = game, .score = 95, .tradable = true};
    match.markets = {{.id = id_of(kalshi_ref), .ref = kalshi_ref}};
    match.reasons = {"teams", "start"};
    self->send(handle, match);
    self->send(handle,
               MatchRejected{.listing = "KXT", .gate = "start_time", .detail = "3 h apart"});
    stop(handle);
    THEN("each is a row") {
      CHECK(
        rows_of(config.place.file, "SELECT event, away, phase, clock_ms FROM games ORDER BY event")
        == Rows{"discovered LAL live NULL", "ended LAL final 1500"});
      CHECK(
        rows_of(config.place.file,
                "SELECT matched, game_key, score, tradable, gate, detail "
                "FROM matches ORDER BY matched")
        == Rows{"false NULL NULL false start_time 3 h apart", "true nba:1 95 true  teams; start"});
      CHECK(rows_of(config.place.file, "SELECT native_id FROM market_names") == Rows{"KXT-LAL"});
    }
  }
}

SCENARIO_METHOD(SteppedHistory, "rows are written by number or by age") {
  GIVEN("fewer rows than a batch") {
    const auto handle = start();
    self->send(handle, make_update(0, Timestamp{100s}));
    sched.run();
    const auto first = counts(handle).at("rows:prices");
    for (auto i = 1; i < 5; ++i) {
      self->send(handle, make_update(i, Timestamp{100s}));
    }
    sched.run();
    CHECK(counts(handle).at("rows:prices") == first);
    WHEN("one arrives a second later") {
      self->send(handle, make_update(5, Timestamp{101s}));
      sched.run();
      THEN("all are written") {
        CHECK(counts(handle).at("rows:prices") == 6);
      }
    }
    WHEN("so many arrive that a batch is full") {
      for (auto i = 5; i < 15; ++i) {
        self->send(handle, make_update(i, Timestamp{100s}));
      }
      sched.run();
      THEN("they are written at once") {
        CHECK(counts(handle).at("rows:prices") >= 10);
      }
    }
    stop(handle);
  }
}

SCENARIO_METHOD(SteppedHistory, "a broken history drops old prices, keeps signals, and recovers") {
  GIVEN("a file that another process has open") {
    Child holder{[&](int pipe) {
      const auto file = History::open(config);
      tell(pipe, file ? 1 : 0);
      ::pause();
    }};
    REQUIRE(holder.next() == 1);
    const auto handle = start();
    for (auto i = 0; i < 100; ++i) {
      self->send(handle, make_update(i, Timestamp{100s}));
      self->send(handle, make_signal(static_cast<std::uint64_t>(i)));
    }
    sched.run();
    THEN("prices are bounded, signals are not, and the gap is counted") {
      const auto values = counts(handle);
      CHECK(values.at("errors") == 1);
      CHECK(values.at("dropped:prices") == 79); // one is on its way, 20 wait
      CHECK(values.at("dropped:signals") == 0);
      CHECK(values.at("buffered") + values.at("dropped:prices") == 200);
      CHECK(values.at("rows:signals") == 0);
      AND_WHEN("the file is free again and time has passed") {
        holder.kill();
        self->send(handle, make_update(100, Timestamp{105s}));
        sched.run();
        stop(handle);
        THEN("all that was kept is in it, once") {
          CHECK(
            rows_of(config.place.file, "SELECT count(*), count(DISTINCT signal_id) FROM signals")
            == Rows{"100 100"});
          CHECK(rows_of(config.place.file, "SELECT max(version) FROM prices") == Rows{"100"});
        }
      }
    }
  }
}

SCENARIO_METHOD(SteppedHistory, "old rows are looked for again and again, and counted") {
  config.retention = {.prices = std::chrono::days{1}};
  config.batch_rows = 1;
  const auto handle = start();
  self->send(handle, make_update(0, Timestamp{100h}));
  self->send(handle, make_update(1, Timestamp{101h}));
  sched.run();
  CHECK(counts(handle).at("rows:prices") == 2);
  CHECK(counts(handle).at("expired:prices") == 0);
  self->send(handle, make_update(2, Timestamp{124h + 1min}));
  sched.run();
  CHECK(counts(handle).at("expired:prices") == 1);
  self->send(handle, make_update(3, Timestamp{124h + 30min}));
  sched.run();
  CHECK(counts(handle).at("expired:prices") == 1); // it is not an hour yet
  self->send(handle, make_update(4, Timestamp{125h + 2min}));
  sched.run();
  CHECK(counts(handle).at("expired:prices") == 2);
  stop(handle);
  CHECK(rows_of(config.place.file, "SELECT count(*), min(version) FROM prices") == Rows{"3 2"});
}

SCENARIO_METHOD(SteppedHistory, "who reads is let in while the file is open, and no longer") {
  const auto handle = start();
  self->send(handle, make_update(0, Timestamp{100s}));
  sched.run();
  CHECK(readers->begin() != nullptr);
  {
    const auto reading = readers->begin();
    REQUIRE(reading);
    CHECK(readers->begin() == nullptr); // one at a time
  }
  stop(handle);
  CHECK(readers->begin() == nullptr);
}
