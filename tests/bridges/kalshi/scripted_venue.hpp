#pragma once

#include <atomic>
#include <boost/json.hpp>
#include <ctime>

#include "tests/bridges/kalshi/gateway_fixture.hpp"

// A Kalshi whose every answer a test writes.

namespace arbees::test {

inline constexpr auto status_body =
  R"({"exchange_active":true,"trading_active":true,"exchange_index_statuses":[)"
  R"({"exchange_index":0,"exchange_active":true,"trading_active":true},)"
  R"({"exchange_index":2,"exchange_active":true,"trading_active":false},)"
  R"({"exchange_index":3,"exchange_active":true,"trading_active":true}]})";
inline constexpr auto limits_body =
  R"({"usage_tier":"advanced","read":{"refill_rate":300,"bucket_capacity":600},)"
  R"("write":{"refill_rate":100,"bucket_capacity":100},"grants":[]})";
inline constexpr auto balance_body =
  R"({"balance":100,"balance_dollars":"1.0050","balance_breakdown":[)"
  R"({"exchange_index":3,"balance":"0.5000"},{"exchange_index":0,"balance":"0.5050"}]})";
inline constexpr auto created_body =
  R"({"order_id":"33","client_order_id":"%","fill_count":"6.00","remaining_count":"0.00",)"
  R"("average_fill_price":"0.4350","average_fee_paid":"0.0173","ts_ms":1795226400123})";

/// What the venue says to everything but orders.
inline VenueAnswer as_usual(const VenueRequest& request) {
  if (request.is("GET", "/exchange/status")) {
    return {.body = status_body};
  }
  if (request.is("GET", "/account/limits")) {
    return {.body = limits_body};
  }
  if (request.is("GET", "/portfolio/balance")) {
    return {.body = balance_body};
  }
  if (request.is("GET", "/portfolio/orders")) {
    return {.body = R"({"orders":[],"cursor":""})"};
  }
  if (request.is("GET", "/portfolio/fills")) {
    return {.body = R"({"fills":[],"cursor":""})"};
  }
  if (request.is("GET", "/portfolio/order_groups")) {
    return {.body = R"({"order_groups":[]})"};
  }
  if (request.is("POST", "/portfolio/order_groups/create")) {
    const auto shard = boost::json::parse(request.body).at("exchange_index").as_int64();
    return {.status = 201,
            .body = R"({"order_group_id":"group-)" + std::to_string(shard) + R"("})"};
  }
  if (request.is("PUT", "/portfolio/order_groups/")) {
    return {};
  }
  if (request.is("GET", "/portfolio/settlements")) {
    return {.body = R"({"settlements":[],"cursor":""})"};
  }
  return {.status = 404, .body = R"({"error":{"code":"not_found","message":"not found"}})"};
}

/// `body` for the order in `request`: its client order id where a % stands.
inline VenueAnswer created(const VenueRequest& request, std::string body = created_body) {
  const auto id = std::string{boost::json::parse(request.body).at("client_order_id").as_string()};
  if (const auto at = body.find('%'); at != std::string::npos) {
    body.replace(at, 1, id);
  }
  return {.status = 201, .body = body};
}

inline std::string http_date(std::time_t at) {
  std::array<char, 64> text{};
  std::tm utc{};
  std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", ::gmtime_r(&at, &utc));
  return text.data();
}

inline bool is_create(const VenueRequest& request) {
  return request.is("POST", "/portfolio/events/orders");
}

/// The usual venue, where every order is executed in part.
inline VenueAnswer takes_orders(const VenueRequest& request) {
  return is_create(request) ? created(request) : as_usual(request);
}

inline std::string
fill_frame(const std::string& id, const std::string& count, const std::string& client_order_id) {
  return R"({"type":"fill","sid":4,"msg":{"trade_id":")" + id + R"(","order_id":"33",)"
         + R"("client_order_id":")" + client_order_id + R"(","market_ticker":"KXT-A",)"
         + R"("exchange_index":3,"is_taker":true,"outcome_side":"yes","book_side":"bid",)"
         + R"("yes_price_dollars":"0.4350","count_fp":")" + count
         + R"(","fee_cost":"0.0519","ts_ms":1795226400000}})";
}

inline std::string order_frame(const std::string& status, const std::string& filled,
                               const std::string& client_order_id) {
  return R"({"type":"user_order","sid":5,"msg":{"order_id":"33","ticker":"KXT-A","status":")"
         + status + R"(","yes_price_dollars":"0.4400","initial_count_fp":"10.00","fill_count_fp":")"
         + filled + R"(","remaining_count_fp":"0.00","client_order_id":")" + client_order_id
         + R"(","exchange_index":3}})";
}

struct ScriptedFixture : GatewayFixture {
  void open(const HttpVenue& venue) { start(offline_config(venue)); }

  /// Without a private stream.
  static KalshiGatewayConfig offline_config(const HttpVenue& venue) {
    auto its_config = gateway_config(venue.url(), "ws://127.0.0.1:1/trade-api/ws/v2");
    its_config.stream.first_retry = its_config.stream.longest_retry = std::chrono::minutes{1};
    return its_config;
  }

  static KalshiGatewayConfig online_config(const HttpVenue& venue, const LocalServer& stream) {
    return gateway_config(venue.url(), "ws://" + stream.authority() + "/trade-api/ws/v2");
  }

  static OrderIntent order(std::uint8_t attempt = 0) { return intent("KXT-A", 3, attempt); }

  /// Accepts the private stream's connection and subscription.
  static void subscribe(WebSocketPeer& peer) {
    CHECK(peer.read().find(R"("channels":["fill","user_orders","market_positions"])")
          != std::string::npos);
    for (const auto* const channel : {"fill", "user_orders", "market_positions"}) {
      peer.write(std::string{R"({"id":1,"type":"subscribed","msg":{"sid":4,"channel":")"} + channel
                 + R"("}})");
    }
  }
};

} // namespace arbees::test
