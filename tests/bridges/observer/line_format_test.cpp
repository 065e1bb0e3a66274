#include "bridges/observer/line_format.hpp"

#include <caf/all.hpp>
#include <catch2/catch.hpp>

#include "bridges/envelope/json_text.hpp"
#include "bridges/envelope/payload_codec.hpp"
#include "tests/bridges/envelope/sample_messages.hpp"

using namespace arbees;
using namespace arbees::test;

namespace {

MarketDirectory known() {
  MarketDirectory directory;
  directory.add(sample_match());
  return directory;
}

WireMessage wire(std::string topic, std::string payload) {
  return {.topic = std::move(topic),
          .source = "s",
          .run = "r",
          .seq = 17,
          .timestamp_ms = 1'763'721'045'120,
          .payload = std::move(payload),
          .received_at = from_ms(1'763'721'045'123)};
}

std::string line(const LineFormat& format, const WireMessage& message) {
  std::string out;
  format.message(out, message);
  return out;
}

std::string pretty(std::string topic, std::string payload) {
  return line(pretty_format(Paint::plain), wire(std::move(topic), std::move(payload)));
}

template <class Event, class... Rest>
std::string pretty_event(std::string topic, const Event& event, const Rest&... rest) {
  std::string payload;
  encode_payload(payload, event, rest...);
  return pretty(std::move(topic), payload);
}

const std::string stamp = "[2025-11-21T10:30:45.123Z] ";

} // namespace

TEST_CASE("a price is one line with bid, ask and liquidity") {
  std::string payload;
  encode_prices(payload, sample_book(), *known().find(kalshi_market));
  CHECK(pretty("prices.kalshi.KXNBAGAME-26NOV21LACLAL-LAL", payload)
        == stamp
             + "PRICE kalshi KXNBAGAME-26NOV21LACLAL-LAL seq=17 bid=0.42 ask=0.44 liq=$598.57 "
               "team=LAL");
}

TEST_CASE("a book that is not whole shows dashes and why") {
  auto update = sample_book();
  update.status = BookStatus::stale;
  update.reason = StaleReason::disconnected;
  std::string payload;
  encode_prices(payload, update, *known().find(kalshi_market));
  CHECK(pretty("prices.kalshi.X", payload)
        == stamp
             + "PRICE kalshi X seq=17 bid=- ask=- liq=$0.00 team=LAL status=stale "
               "reason=disconnected");
}

TEST_CASE("each kind of message has its line") {
  const auto directory = known();
  CHECK(pretty_event("signals.trade.ab", sample_signal(), directory)
        == stamp
             + "SIGNAL trade.ab seq=17 arbitrage game=nba:401990102 edge_cents=3.127 "
               "edge_pct=3.2279 size=10 kalshi:yes@0.44 polymarket:no@0.51");
  CHECK(pretty_event("execution.request.1", sample_request(), directory)
        == stamp
             + "EXEC request.1 seq=17 game=nba:401990102 size=8 edge_cents=3.127 "
               "limits=[0.44,0.51] tick_to_approval_us=144");
  CHECK(pretty_event("execution.rejected.1",
                     SignalRejected{sample_signal(), "freshness", "900 ms", "500 ms", from_us(4)},
                     directory)
        == stamp
             + "EXEC rejected 1 seq=17 filter=freshness measured=900 ms limit=500 ms "
               "edge_cents=3.127");
  CHECK(pretty_event("trades.partial.1", sample_report(), directory)
        == stamp
             + "TRADE partial.1 seq=17 polymarket 0xabc123 buy no qty=3 avg=0.333333 fees=$0.00 "
               "status=partial reason=no more depth");
  CHECK(pretty_event("trades.completed.1", sample_pair(), directory)
        == stamp
             + "TRADE completed 1 seq=17 game=nba:401990102 status=balanced_partial qty=3 "
               "cost=$2.85 fees=$0.06 profit=$0.09 reason=leg 1 partial");
  const GameState state{
    .phase = Phase::live, .away_score = 88, .home_score = 91, .detail = "4:12 - 3rd Quarter"};
  CHECK(pretty_event("games.nba.nba:401990102", GameUpdate{sample_game(), state})
        == stamp + "GAME nba.nba:401990102 seq=17 LAC 88 @ LAL 91 live detail=4:12 - 3rd Quarter");
  CHECK(pretty_event("markets.matched.nba:401990102", sample_match())
        == stamp
             + "MATCH matched.nba:401990102 seq=17 score=97 tradable=true markets=2 contracts=1");
  CHECK(pretty_event("telemetry.feed.kalshi", FeedStatus{Venue::kalshi, false, "closed", 3, {}})
        == stamp + "FEED kalshi seq=17 kalshi connected=false reason=closed markets_stale=3");
  CHECK(pretty_event("telemetry.metrics", Metrics{"executor", {{"sent", 3}}})
        == stamp + "METRICS seq=17 executor sent=3");
  CHECK(pretty("news.x", R"({"a":1})") == stamp + "OTHER news.x seq=17 {\"a\":1}");
}

TEST_CASE("nothing from outside moves the cursor of a terminal") {
  const auto text = pretty("telemetry.feed.x", R"({"reason":"\u001b[2J\n\u009b31m\u007f ok"})");
  CHECK(text.find('\x1b') == std::string::npos);
  CHECK(text.find('\n') == std::string::npos);
  CHECK(text.find("\xc2\x9b") == std::string::npos);
  CHECK(text.find("reason=?[2J??31m? ok") != std::string::npos);
}

TEST_CASE("any payload makes a line") {
  const auto topic = GENERATE(as<std::string>{}, "prices.kalshi.X", "prices.", "orderbook.x",
                              "signals.trade.1", "execution.request.1", "execution.rejected.1",
                              "trades.x", "trades.completed.1", "trades.fill.1", "games.x",
                              "markets.matched.x", "markets.rejected.x", "telemetry.health.x",
                              "telemetry.feed.x", "telemetry.balance.x", "telemetry.metrics", "x");
  const auto payload = GENERATE(as<std::string>{}, "{}", "[]", "null", "7", "\"x\"", "",
                                R"({"legs":7,"bids":{},"values":[1]})", R"({"liquidity":1e300})",
                                R"({"legs":[null,{}],"away":"x"})");
  const auto text = pretty(topic, payload);
  CAPTURE(topic, payload, text);
  CHECK(text.find(stamp) == 0);
  CHECK(text.find("seq=17") != std::string::npos);
}

TEST_CASE("colours stand around the line, on a terminal only") {
  const auto text =
    line(pretty_format(Paint::coloured), wire("signals.trade.1", R"({"edge_cents":3})"));
  CHECK(text.starts_with("\x1b[1;33m["));
  CHECK(text.ends_with("\x1b[0m"));
}

TEST_CASE("a JSON line is one line and holds the payload as it came") {
  const auto text = line(json_format(), wire("prices.x", "{\"a\":\n 0.420}"));
  CHECK(text
        == R"({"recv_ts_us":1763721045123000,"topic":"prices.x","seq":17,)"
           R"("timestamp_ms":1763721045120,"source":"s","run":"r","payload":{"a":  0.420}})");
  CHECK(JsonDocument::parse(text));
  std::string notice;
  json_format().notice(notice, WireNotice{.event = "gap", .source = "a\"b", .text = "x"});
  CHECK(JsonDocument::parse(notice));
}

TEST_CASE("a compact line has topic, number and latency") {
  CHECK(line(compact_format(), wire("prices.x", "{\"a\":1}")) == "prices.x s#17 3ms {\"a\":1}");
}

TEST_CASE("what a snapshot brought is marked, and shows no time on its way") {
  auto old = wire("prices.kalshi.X", R"({"yes_bid":0.42})");
  old.from_snapshot = true;
  CHECK(line(compact_format(), old) == R"(prices.kalshi.X s#17 snapshot {"yes_bid":0.42})");
  CHECK(line(json_format(), old)
        == R"({"recv_ts_us":1763721045123000,"topic":"prices.kalshi.X","seq":17,)"
           R"("timestamp_ms":1763721045120,"source":"s","run":"r","snapshot":true,)"
           R"("payload":{"yes_bid":0.42}})");
  CHECK(line(pretty_format(Paint::plain), old).find(" seq=17 snapshot ") != std::string::npos);
}
