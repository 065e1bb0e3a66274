#pragma once

#include <boost/json.hpp>
#include <catch2/catch.hpp>

#include "tests/tools/sim/world.hpp"
#include "tools/sim/control.hpp"

namespace arbees::sim {

namespace json = boost::json;

inline Money dollars_of(std::int64_t dollars) {
  return Money{dollars * money_per_dollar};
}

/// A football market on shard 0 and a basketball market on shard 3.
struct ShardFixture {
  Engine engine;
  KalshiPrivate kalshi;
  const KalshiMarket* football = nullptr;
  const KalshiMarket* basketball = nullptr;
  std::vector<MarketEvent> shown;

  explicit ShardFixture(KalshiConfig config = {}, double speed = 0.1)
    : engine([&] {
        auto made = world();
        made.speed = speed;
        return made;
      }()),
      kalshi(engine, std::move(config)) {
    engine.open();
    for (const auto& market : engine.slate().kalshi_markets) {
      const auto& event = engine.slate().kalshi_events[static_cast<std::size_t>(market.event)];
      const auto quoted = engine.book(market.book).levels(BookSide::bid).size() > 3
                          && engine.book(market.book).levels(BookSide::ask).size() > 3;
      if (market.yes.kind == Kind::winner && quoted) {
        auto& chosen = event.league == League::nfl   ? football
                       : event.league == League::nba ? basketball
                                                     : unused_;
        chosen = chosen == nullptr ? &market : chosen;
      }
    }
    REQUIRE(football != nullptr);
    REQUIRE(basketball != nullptr);
  }

  HttpReply call(const char* method, const std::string& path, const std::string& body = {},
                 const char* key = "alice") {
    auto request = parse_target(method, "/trade-api/v2" + path);
    request.body = body;
    return kalshi.answer(request, key).value();
  }

  json::object get(const std::string& path) {
    const auto answer = call("GET", path);
    REQUIRE(answer.status == 200);
    return json::parse(answer.body).as_object();
  }

  static json::object order(const KalshiMarket& market, const char* side, Price price,
                            const char* count, const char* force = "immediate_or_cancel") {
    return {{"ticker", market.ticker}, {"side", side},
            {"count", count},          {"price", to_string(price)},
            {"time_in_force", force},  {"self_trade_prevention_type", "taker_at_cross"}};
  }

  HttpReply create(const json::object& body, const char* key = "alice") {
    return call("POST", "/portfolio/events/orders", json::serialize(body), key);
  }

  [[nodiscard]] Price best(const KalshiMarket& market, BookSide side) const {
    return *engine.book(market.book).best(side);
  }

  void pass(UnixMillis ms) {
    collect();
    for (const auto end = engine.now_ms() + ms; engine.now_ms() < end;) {
      const auto events = engine.advance();
      shown.insert(shown.end(), events.begin(), events.end());
      kalshi.on_events(events);
      kalshi.on_time();
      collect();
    }
  }

  void collect() {
    for (auto& event : engine.take_events()) {
      shown.push_back(std::move(event));
    }
  }

private:
  const KalshiMarket* unused_ = nullptr;
};

inline std::string code(const HttpReply& reply) {
  const auto body = json::parse(reply.body).as_object();
  const auto* const nested = body.if_contains("error");
  return std::string{nested == nullptr ? body.at("code").as_string()
                                       : nested->at("code").as_string()};
}

inline std::vector<json::object>
frames_of(const std::vector<std::string>& frames, std::string_view type) {
  std::vector<json::object> found;
  for (const auto& frame : frames) {
    const auto parsed = json::parse(frame).as_object();
    if (parsed.at("type") == json::value(type)) {
      found.push_back(parsed);
    }
  }
  return found;
}

} // namespace arbees::sim
