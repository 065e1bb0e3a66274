#include "bridges/kalshi/kalshi_subscriptions.hpp"

#include <catch2/catch.hpp>

#include "bridges/kalshi/kalshi_market_data_codec.hpp"

using namespace arbees;

namespace {

WatchMarkets watch(const std::vector<std::string>& tickers) {
  WatchMarkets wish;
  for (const auto& ticker : tickers) {
    wish.markets.push_back({.id = market_id(Venue::kalshi, ticker), .ref = {.native_id = ticker}});
  }
  return wish;
}

MarketId id(const std::string& ticker) {
  return market_id(Venue::kalshi, ticker);
}

const KalshiSubscribed subscribed{.command_id = 1, .sid = 7, .channel = "orderbook_delta"};

bool says(const std::string& command, const std::string& what) {
  return command.find(what) != std::string::npos;
}

} // namespace

TEST_CASE("nothing is said before the socket is open or when nothing is wanted") {
  KalshiSubscriptions subscriptions;
  CHECK(subscriptions.watch(watch({"A"})).empty());
  KalshiSubscriptions idle;
  CHECK(idle.on_open().empty());
}

TEST_CASE("the first batch subscribes, the others are added when the sid is known") {
  KalshiSubscriptions subscriptions{2};
  subscriptions.watch(watch({"A", "B", "C", "D", "E"}));
  const auto first = subscriptions.on_open();
  REQUIRE(first.size() == 1);
  CHECK(says(first[0], R"("cmd":"subscribe")"));
  CHECK(says(first[0], R"(["A","B"])"));
  CHECK(subscriptions.watch(watch({"F"})).empty());
  const auto rest = subscriptions.on(subscribed);
  REQUIRE(rest.size() == 3);
  CHECK(says(rest[0], R"("id":2)"));
  CHECK(says(rest[0], R"("sids":[7],"action":"add_markets","market_tickers":["C","D"])"));
  CHECK(says(rest[1], R"(["E","F"])"));
  CHECK(rest[2] == kalshi_subscribe_lifecycle(4));
}

TEST_CASE("the lives of the markets are followed once on each connection") {
  KalshiSubscriptions subscriptions;
  subscriptions.watch(watch({"A"}));
  for (int connection = 0; connection < 2; ++connection) {
    subscriptions.on_open();
    CHECK(subscriptions.on(subscribed) == std::vector{kalshi_subscribe_lifecycle(2)});
    CHECK(subscriptions
            .on(KalshiSubscribed{.command_id = 2, .sid = 8, .channel = "market_lifecycle_v2"})
            .empty());
    CHECK(subscriptions.on(subscribed).empty());
    // Refused, it costs no market its book.
    CHECK(subscriptions.on(KalshiCommandFailed{.command_id = 2, .code = 9, .text = ""}).empty());
    CHECK(says(subscriptions.request({.markets = {id("A")}, .sid = 7}).at(0), R"("sids":[7])"));
    subscriptions.on_close();
  }
}

TEST_CASE("later wishes change the subscription, known ones do not") {
  KalshiSubscriptions subscriptions;
  subscriptions.watch(watch({"A"}));
  subscriptions.on_open();
  subscriptions.on(subscribed);
  CHECK(subscriptions.watch(watch({"A"})).empty());
  CHECK(says(subscriptions.watch(watch({"B"})).at(0), R"("add_markets","market_tickers":["B"])"));
  CHECK(
    says(subscriptions.unwatch({{id("A")}}).at(0), R"("delete_markets","market_tickers":["A"])"));
  CHECK(says(subscriptions.request({.markets = {id("A"), id("B")}, .sid = 7}).at(0),
             R"("get_snapshot","market_tickers":["B"])"));
}

TEST_CASE("a new connection subscribes everything anew") {
  KalshiSubscriptions subscriptions;
  subscriptions.watch(watch({"A", "B"}));
  subscriptions.on_open();
  subscriptions.on(subscribed);
  subscriptions.on_close();
  CHECK(subscriptions.watch(watch({"C"})).empty());
  const auto again = subscriptions.on_open();
  REQUIRE(again.size() == 1);
  CHECK(says(again[0], R"("id":1,)"));
  CHECK(says(again[0], R"(["A","B","C"])"));
}

TEST_CASE("a refused command is halved until the refused market stands alone") {
  KalshiSubscriptions subscriptions;
  subscriptions.watch(watch({"A", "B", "BAD"}));
  subscriptions.on_open();
  auto half = subscriptions.on(KalshiCommandFailed{.command_id = 1, .code = 11, .text = ""});
  REQUIRE(half.size() == 1);
  CHECK(says(half[0], R"("id":2,"cmd":"subscribe")"));
  CHECK(says(half[0], R"(["A"])"));
  const auto rest =
    subscriptions.on(KalshiSubscribed{.command_id = 2, .sid = 7, .channel = "orderbook_delta"});
  CHECK(says(rest.at(0), R"(["B","BAD"])"));
  half = subscriptions.on(KalshiCommandFailed{.command_id = 3, .code = 11, .text = ""});
  REQUIRE(half.size() == 2);
  CHECK(says(half[0], R"(["B"])"));
  CHECK(says(half[1], R"(["BAD"])"));
  // The fourth asked for the lives of the markets.
  CHECK(subscriptions.on(KalshiCommandFailed{.command_id = 6, .code = 11, .text = ""}).empty());
  CHECK(subscriptions.refused() == std::set<std::string>{"BAD"});
  // The monitor still misses its snapshot and asks: it gets another chance.
  CHECK(says(subscriptions.request({.markets = {id("BAD")}, .sid = 0}).at(0), "add_markets"));
}
