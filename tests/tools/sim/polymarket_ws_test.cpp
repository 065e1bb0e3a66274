#include <boost/json.hpp>
#include <catch2/catch.hpp>
#include <map>

#include "tests/tools/sim/world.hpp"
#include "tools/sim/poly_book.hpp"
#include "tools/sim/polymarket_ws.hpp"

namespace arbees::sim {

namespace json = boost::json;

namespace {

struct ReaderBook {
  std::map<Price, Quantity> bids;
  std::map<Price, Quantity> asks;

  friend bool operator==(const ReaderBook&, const ReaderBook&) = default;

  void replace(const json::object& book) {
    bids = side(book.at("bids").as_array());
    asks = side(book.at("asks").as_array());
  }

  static std::map<Price, Quantity> side(const json::array& rows) {
    std::map<Price, Quantity> levels;
    for (const auto& row : rows) {
      levels[*parse_price(row.at("price").as_string())] =
        *parse_quantity(row.at("size").as_string());
    }
    return levels;
  }

  void change(const json::object& entry) {
    auto& levels = entry.at("side") == "BUY" ? bids : asks;
    const auto price = *parse_price(entry.at("price").as_string());
    const auto size = *parse_quantity(entry.at("size").as_string());
    if (size == Quantity{0}) {
      levels.erase(price);
    } else {
      levels[price] = size;
    }
  }

  [[nodiscard]] std::string best_bid() const {
    return bids.empty() ? "" : poly_price(bids.rbegin()->first);
  }
  [[nodiscard]] std::string best_ask() const {
    return asks.empty() ? "" : poly_price(asks.begin()->first);
  }

  [[nodiscard]] ReaderBook mirror() const {
    ReaderBook other;
    for (const auto& [price, size] : bids) {
      other.asks[complement(price)] = size;
    }
    for (const auto& [price, size] : asks) {
      other.bids[complement(price)] = size;
    }
    return other;
  }
};

struct PolyFixture {
  explicit PolyFixture(double speed = 10)
    : engine([&] {
        auto config = world();
        config.speed = speed;
        return config;
      }()) {
    engine.open();
    market = &engine.slate().poly_markets[static_cast<std::size_t>(
      engine.slate()
        .books[static_cast<std::size_t>(live_winner_book(engine, Venue::polymarket))]
        .market)];
  }

  [[nodiscard]] std::string first_message() const {
    return R"({"type":"market","custom_feature_enabled":true,"assets_ids":[")" + market->tokens[0]
           + R"(",")" + market->tokens[1] + R"("]})";
  }

  Engine engine;
  PolymarketSession session{engine};
  const PolyMarket* market = nullptr;
};

} // namespace

TEST_CASE("the initial dump is one array with a book per asset", "[sim]") {
  PolyFixture poly;
  const auto frames = poly.session.on_text(poly.first_message());
  REQUIRE(frames.size() == 1);
  const auto dump = json::parse(frames[0]).as_array();
  REQUIRE(dump.size() == 2);
  ReaderBook first;
  ReaderBook second;
  first.replace(dump[0].as_object());
  second.replace(dump[1].as_object());
  CHECK(dump[0].at("event_type") == "book");
  CHECK(dump[0].at("asset_id") == json::value(poly.market->tokens[0]));
  CHECK_FALSE(first.bids.empty());
  CHECK(second == first.mirror());
}

TEST_CASE("price changes keep both tokens' books mirrored, with their best prices", "[sim]") {
  PolyFixture poly;
  std::map<std::string, ReaderBook> books;
  const auto initial = poly.session.on_text(poly.first_message());
  const auto dump = json::parse(initial.at(0));
  for (const auto& book : dump.as_array()) {
    books[std::string{book.at("asset_id").as_string()}].replace(book.as_object());
  }
  auto changes = 0;
  auto trades = 0;
  for (auto i = 0; i < 6000; ++i) {
    for (const auto& text : poly.session.on_events(poly.engine.advance())) {
      const auto frame = json::parse(text).as_object();
      trades += frame.at("event_type") == "last_trade_price" ? 1 : 0;
      if (frame.at("event_type") == "book") {
        books[std::string{frame.at("asset_id").as_string()}].replace(frame);
      }
      if (frame.at("event_type") != "price_change") {
        continue;
      }
      const auto& entries = frame.at("price_changes").as_array();
      REQUIRE(entries.size() == 2);
      for (const auto& entry : entries) {
        ++changes;
        auto& book = books[std::string{entry.at("asset_id").as_string()}];
        book.change(entry.as_object());
        REQUIRE(entry.at("best_bid") == json::value(book.best_bid()));
        REQUIRE(entry.at("best_ask") == json::value(book.best_ask()));
      }
    }
    REQUIRE(books[poly.market->tokens[1]] == books[poly.market->tokens[0]].mirror());
  }
  CHECK(changes > 100);
  CHECK(trades > 0);
}

TEST_CASE("an asset that is already subscribed gets nothing", "[sim]") {
  PolyFixture poly;
  poly.session.on_text(poly.first_message());
  const auto again =
    R"({"operation":"subscribe","assets_ids":[")" + poly.market->tokens[0] + R"("]})";
  CHECK(poly.session.on_text(again) == std::vector<std::string>{"NO NEW ASSETS"});
  poly.session.on_text(R"({"operation":"unsubscribe","assets_ids":[")" + poly.market->tokens[0]
                       + R"("]})");
  const auto fresh = poly.session.on_text(again);
  REQUIRE(fresh.size() == 1);
  CHECK(json::parse(fresh[0]).at("event_type") == "book");
}

TEST_CASE("text that is no subscription is answered in text", "[sim]") {
  PolyFixture poly;
  CHECK(poly.session.on_text("PING") == std::vector<std::string>{"PONG"});
  CHECK(poly.session.on_text("{") == std::vector<std::string>{"INVALID OPERATION"});
  CHECK(poly.session.on_text(R"({"operation":"sing"})")
        == std::vector<std::string>{"INVALID OPERATION"});
}

TEST_CASE("near the edge the tick gets finer and a new book follows", "[sim]") {
  PolyFixture poly{200};
  json::array all;
  for (const auto& market : poly.engine.slate().poly_markets) {
    all.push_back(json::value(market.tokens[0]));
  }
  poly.session.on_text(json::serialize(json::object{{"type", "market"}, {"assets_ids", all}}));
  std::map<std::string, bool> waiting;
  auto seen = 0;
  for (auto i = 0; i < 4000; ++i) {
    for (const auto& text : poly.session.on_events(poly.engine.advance())) {
      const auto frame = json::parse(text).as_object();
      if (frame.at("event_type") == "tick_size_change") {
        ++seen;
        CHECK(frame.at("old_tick_size") == "0.01");
        CHECK(frame.at("new_tick_size") == "0.001");
        waiting[std::string{frame.at("asset_id").as_string()}] = true;
      } else if (frame.at("event_type") == "book") {
        CHECK((frame.at("tick_size") == "0.01" || frame.at("tick_size") == "0.001"));
        waiting[std::string{frame.at("asset_id").as_string()}] = false;
      }
    }
    for (const auto& [asset, due] : waiting) {
      REQUIRE_FALSE(due); // in the same batch
    }
  }
  CHECK(seen > 3);
}

} // namespace arbees::sim
