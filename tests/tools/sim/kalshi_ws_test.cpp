#include <boost/json.hpp>
#include <catch2/catch.hpp>
#include <map>

#include "tests/tools/sim/world.hpp"
#include "tools/sim/kalshi_ws.hpp"

namespace arbees::sim {

namespace json = boost::json;

namespace {

struct KalshiFixture {
  Engine engine{world()};
  KalshiSession session{engine};
  std::vector<json::object> frames;

  KalshiFixture() { engine.open(); }

  void tell(const std::string& text) { take(session.on_text(text)); }

  void run(int steps) {
    for (auto i = 0; i < steps; ++i) {
      take(session.on_events(engine.advance()));
    }
  }

  void take(const std::vector<std::string>& texts) {
    for (const auto& text : texts) {
      frames.push_back(json::parse(text).as_object());
    }
  }

  const KalshiMarket& market(std::size_t index) { return engine.slate().kalshi_markets[index]; }

  std::string subscribe(std::initializer_list<std::size_t> markets, const char* extra = "") {
    json::array tickers;
    for (const auto index : markets) {
      tickers.push_back(json::value(market(index).ticker));
    }
    return R"({"id":1,"cmd":"subscribe","params":{"channels":["orderbook_delta"],"market_tickers":)"
           + json::serialize(tickers) + extra + "}}";
  }
};

std::string type_of(const json::object& frame) {
  return std::string{frame.at("type").as_string()};
}

std::int64_t code_of(const json::object& frame) {
  REQUIRE(type_of(frame) == "error");
  return frame.at("msg").at("code").as_int64();
}

/// A reader's book of one market, in YES terms.
struct ReaderBook {
  std::map<Price, Quantity> bids;
  std::map<Price, Quantity> asks;

  void snapshot(const json::object& msg, bool yes_price) {
    bids = side(msg, "yes_dollars_fp", false);
    asks = side(msg, "no_dollars_fp", !yes_price);
  }

  static std::map<Price, Quantity> side(const json::object& msg, const char* key, bool mirror) {
    std::map<Price, Quantity> levels;
    if (const auto* const rows = msg.if_contains(key)) {
      for (const auto& row : rows->as_array()) {
        const auto price = *parse_price(row.at(0).as_string());
        levels[mirror ? complement(price) : price] = *parse_quantity(row.at(1).as_string());
      }
    }
    return levels;
  }

  void delta(const json::object& msg, bool yes_price) {
    const auto yes = msg.at("side") == "yes";
    const auto price = *parse_price(msg.at("price_dollars").as_string());
    auto& levels = yes ? bids : asks;
    auto& level = levels[yes || yes_price ? price : complement(price)];
    level += *parse_quantity(msg.at("delta_fp").as_string());
    REQUIRE(level >= Quantity{0});
    std::erase_if(levels, [](const auto& entry) { return entry.second == Quantity{0}; });
  }
};

std::map<Price, Quantity> levels_of(const Engine& engine, int book, BookSide side) {
  std::map<Price, Quantity> levels;
  for (const auto& level : engine.book(book).levels(side)) {
    levels[level.price] = level.size;
  }
  return levels;
}

} // namespace

TEST_CASE_METHOD(KalshiFixture, "a snapshot and its deltas give the venue's book", "[sim]") {
  const auto yes_price = GENERATE(false, true);
  tell(subscribe({0, 1}, yes_price ? R"(,"use_yes_price":true)" : ""));
  run(2000);
  std::map<std::string, ReaderBook> books;
  auto deltas = 0;
  for (const auto& frame : frames) {
    if (type_of(frame) == "subscribed") {
      continue;
    }
    const auto& msg = frame.at("msg").as_object();
    auto& book = books[std::string{msg.at("market_ticker").as_string()}];
    if (type_of(frame) == "orderbook_snapshot") {
      book.snapshot(msg, yes_price);
    } else {
      ++deltas;
      book.delta(msg, yes_price);
    }
  }
  CHECK(deltas > 20);
  for (const std::size_t index : {0U, 1U}) {
    CHECK(books[market(index).ticker].bids == levels_of(engine, market(index).book, BookSide::bid));
    CHECK(books[market(index).ticker].asks == levels_of(engine, market(index).book, BookSide::ask));
  }
}

TEST_CASE_METHOD(KalshiFixture, "the sequence has no gap per sid, acks included", "[sim]") {
  tell(subscribe({0, 1}));
  tell(R"({"id":2,"cmd":"subscribe","params":{"channels":["trade","ticker"]}})");
  run(200);
  tell(
    R"({"id":3,"cmd":"update_subscription","params":{"sids":[1],"action":"add_markets","market_tickers":[")"
    + market(2).ticker + R"("]}})");
  run(200);
  tell(
    R"({"id":4,"cmd":"update_subscription","params":{"sid":1,"action":"delete_markets","market_ticker":")"
    + market(0).ticker + R"("}})");
  run(200);
  tell(
    R"({"id":5,"cmd":"update_subscription","params":{"sids":[1],"action":"get_snapshot","market_tickers":[")"
    + market(1).ticker + R"("]}})");
  tell(R"({"id":6,"cmd":"unsubscribe","params":{"sids":[1]}})");
  std::map<std::int64_t, std::int64_t> last;
  std::map<std::string, int> types;
  for (const auto& frame : frames) {
    ++types[type_of(frame)];
    if (frame.contains("seq")) {
      const auto seq = frame.at("seq").to_number<std::int64_t>();
      CHECK(seq == ++last[frame.at("sid").as_int64()]);
    }
  }
  CHECK(last.size() == 1); // trade and ticker carry none
  CHECK(types["orderbook_snapshot"] == 4);
  CHECK(types["ok"] == 2);
  CHECK(types["unsubscribed"] == 1);
  CHECK(types["subscribed"] == 3);
  CHECK(types["ticker"] > 0);
  const auto& gone = frames.back();
  CHECK(type_of(gone) == "unsubscribed");
  const auto count = frames.size();
  tell(R"({"id":7,"cmd":"unsubscribe","params":{"sids":[2,3]}})");
  frames.resize(count);
  run(200);
  CHECK(frames.size() == count);
}

TEST_CASE_METHOD(KalshiFixture, "a deleted market falls silent", "[sim]") {
  tell(subscribe({0, 1}));
  tell(
    R"({"id":4,"cmd":"update_subscription","params":{"sid":1,"action":"delete_markets","market_ticker":")"
    + market(0).ticker + R"("}})");
  frames.clear();
  run(1000);
  REQUIRE_FALSE(frames.empty());
  for (const auto& frame : frames) {
    CHECK(frame.at("msg").at("market_ticker") == json::value(market(1).ticker));
  }
}

TEST_CASE_METHOD(KalshiFixture, "a repeated subscribe merges instead of failing", "[sim]") {
  tell(subscribe({0}));
  frames.clear();
  tell(subscribe({0, 1}));
  REQUIRE(frames.size() == 2);
  CHECK(type_of(frames[0]) == "ok");
  CHECK(frames[0].at("sid") == 1);
  CHECK(type_of(frames[1]) == "orderbook_snapshot");
  CHECK(frames[1].at("msg").at("market_ticker") == json::value(market(1).ticker));
}

TEST_CASE_METHOD(KalshiFixture, "wrong commands get the documented codes", "[sim]") {
  struct Row {
    const char* command;
    int code;
  };
  const auto row = GENERATE(
    Row{"nonsense", 1}, Row{"[1]", 1}, Row{R"({"id":1,"cmd":"subscribe"})", 2},
    Row{R"({"id":1,"cmd":"subscribe","params":{}})", 3},
    Row{R"({"id":1,"cmd":"unsubscribe","params":{}})", 4},
    Row{R"({"id":1,"cmd":"dance","params":{}})", 5},
    Row{R"({"id":1,"cmd":"unsubscribe","params":{"sids":[9]}})", 7},
    Row{R"({"id":1,"cmd":"subscribe","params":{"channels":["prices"]}})", 8},
    Row{
      R"({"id":1,"cmd":"subscribe","params":{"channels":["orderbook_delta"],"market_tickers":["KXNO"]}})",
      11},
    Row{R"({"id":1,"cmd":"update_subscription","params":{"sids":[1,2],"action":"add_markets"}})",
        12},
    Row{R"({"id":1,"cmd":"update_subscription","params":{"sids":[1],"action":"explode"}})", 13},
    Row{R"({"id":1,"cmd":"subscribe","params":{"channels":["orderbook_delta"]}})", 14},
    Row{R"({"id":1,"cmd":"update_subscription","params":{"sids":[1]}})", 15});
  tell(subscribe({0}));
  frames.clear();
  tell(row.command);
  INFO(row.command);
  REQUIRE_FALSE(frames.empty());
  CHECK(code_of(frames.front()) == row.code);
}

TEST_CASE_METHOD(KalshiFixture, "a list of subscriptions is an array without a sequence", "[sim]") {
  tell(subscribe({0}));
  frames.clear();
  tell(R"({"id":8,"cmd":"list_subscriptions"})");
  REQUIRE(frames.size() == 1);
  CHECK(json::serialize(frames[0])
        == R"({"id":8,"type":"ok","msg":[{"channel":"orderbook_delta","sid":1}]})");
}

TEST_CASE("a decided market is announced on the lifecycle channel", "[sim]") {
  auto config = world();
  config.speed = 300;
  Engine engine{config};
  engine.open();
  KalshiSession session{engine};
  session.on_text(R"({"id":1,"cmd":"subscribe","params":{"channels":["market_lifecycle_v2"]}})");
  auto determined = 0;
  for (auto i = 0; i < 4000; ++i) {
    for (const auto& text : session.on_events(engine.advance())) {
      const auto frame = json::parse(text);
      determined += frame.at("msg").at("event_type") == "determined" ? 1 : 0;
    }
  }
  CHECK(determined > 10);
}

} // namespace arbees::sim
