#include "tests/bridges/kalshi/gateway_fixture.hpp"

#include <atomic>
#include <boost/json.hpp>
#include <future>

using namespace arbees;
using namespace arbees::test;
using namespace std::chrono_literals;

namespace {

constexpr auto status_body =
  R"({"exchange_active":true,"trading_active":true,"exchange_index_statuses":[)"
  R"({"exchange_index":0,"exchange_active":true,"trading_active":true},)"
  R"({"exchange_index":2,"exchange_active":true,"trading_active":false},)"
  R"({"exchange_index":3,"exchange_active":true,"trading_active":true}]})";
constexpr auto limits_body =
  R"({"usage_tier":"advanced","read":{"refill_rate":300,"bucket_capacity":600},)"
  R"("write":{"refill_rate":100,"bucket_capacity":100},"grants":[]})";
constexpr auto balance_body =
  R"({"balance":100,"balance_dollars":"1.0050","balance_breakdown":[)"
  R"({"exchange_index":3,"balance":"0.5000"},{"exchange_index":0,"balance":"0.5050"}]})";
constexpr auto created_body =
  R"({"order_id":"33","client_order_id":"%","fill_count":"6.00","remaining_count":"0.00",)"
  R"("average_fill_price":"0.4350","average_fee_paid":"0.0173","ts_ms":1795226400123})";

/// What the venue says to everything but orders.
VenueAnswer as_usual(const VenueRequest& request) {
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
VenueAnswer created(const VenueRequest& request, std::string body = created_body) {
  const auto id = std::string{boost::json::parse(request.body).at("client_order_id").as_string()};
  if (const auto at = body.find('%'); at != std::string::npos) {
    body.replace(at, 1, id);
  }
  return {.status = 201, .body = body};
}

std::string http_date(std::time_t at) {
  std::array<char, 64> text{};
  std::tm utc{};
  std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", ::gmtime_r(&at, &utc));
  return text.data();
}

bool is_create(const VenueRequest& request) {
  return request.is("POST", "/portfolio/events/orders");
}

std::string
fill_frame(const std::string& id, const std::string& count, const std::string& client_order_id) {
  return R"({"type":"fill","sid":4,"msg":{"trade_id":")" + id + R"(","order_id":"33",)"
         + R"("client_order_id":")" + client_order_id + R"(","market_ticker":"KXT-A",)"
         + R"("exchange_index":3,"is_taker":true,"outcome_side":"yes","book_side":"bid",)"
         + R"("yes_price_dollars":"0.4350","count_fp":")" + count
         + R"(","fee_cost":"0.0519","ts_ms":1795226400000}})";
}

std::string order_frame(const std::string& status, const std::string& filled,
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
    its_config.stream.first_retry = its_config.stream.longest_retry = 60s;
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

} // namespace

SCENARIO_METHOD(ScriptedFixture, "the stream before the answer counts each execution once") {
  std::promise<void> release;
  const auto released = release.get_future().share();
  HttpVenue venue{[&](const VenueRequest& request) {
    if (!is_create(request)) {
      return as_usual(request);
    }
    released.wait();
    return created(request);
  }};
  LocalServer stream;
  start(online_config(venue, stream));
  WebSocketPeer peer{stream};
  subscribe(peer);
  const auto mine = order();
  const auto& id = mine.client_order_id;
  place(mine);
  until([&] { return venue.seen("POST", "/events/orders").size() == 1; });

  peer.write(fill_frame("f1", "4.00", id));
  peer.write("rubbish");
  peer.write(fill_frame("f1", "4.00", id));
  peer.write(order_frame("canceled", "6.00", id));
  peer.write(fill_frame("f2", "2.00", id));
  const auto told = outcome(mine);
  CHECK(told.status == OrderStatus::partial);
  CHECK(told.filled == Quantity{6 * quantity_per_contract});
  CHECK(told.notional == Money{2'610'000});
  CHECK(told.fee == Money{103'800});
  CHECK(told_fills(mine) == told.filled);

  release.set_value();
  until([&] { return metric("answers:taken") == 1; });
  CHECK(latest(mine)->notional == told.notional);
  CHECK(latest(mine)->filled == told.filled);
  CHECK(told_fills(mine) == told.filled);
  CHECK(metric("rejected:not_json") == 1);
  CHECK(metric("tracker:repeated_fills") == 1);
}

SCENARIO_METHOD(ScriptedFixture, "what the stream missed is read from the lists") {
  std::atomic<bool> executed = false;
  HttpVenue venue{[&](const VenueRequest& request) -> VenueAnswer {
    if (is_create(request)) {
      return created(request, R"({"order_id":"33","client_order_id":"%","fill_count":"0.00",)"
                              R"("remaining_count":"10.00","ts_ms":1795226400123})");
    }
    if (executed && request.is("GET", "/portfolio/fills?min_ts=")) {
      return {.body = R"({"fills":[{"fill_id":"f1","order_id":"33","ticker":"KXT-A",)"
                      R"("book_side":"bid","count_fp":"10.00","yes_price_dollars":"0.4400",)"
                      R"("fee_cost":"0.1725","ts":1795226400}]})"};
    }
    return as_usual(request);
  }};
  LocalServer stream;
  auto its_config = online_config(venue, stream);
  its_config.orders.stream_grace = 60s; // only the reconciliation can tell
  start(its_config);
  auto mine = order();
  mine.time_in_force = TimeInForce::good_till_cancelled;
  {
    WebSocketPeer peer{stream};
    subscribe(peer);
    until([this] { return metric("stream_open") == 1; });
    until_groups(2);
    place(mine);
    until([&] { return latest(mine).has_value(); });
    CHECK(latest(mine)->status == OrderStatus::accepted);
    peer.drop();
    until([this] { return metric("stream_lost") == 1; });
  }
  executed = true;
  WebSocketPeer again{stream};
  subscribe(again);
  const auto told = outcome(mine);
  CHECK(told.status == OrderStatus::filled);
  CHECK(told_fills(mine) == mine.quantity);
  // The stream repeats it.
  again.write(fill_frame("f1", "10.00", mine.client_order_id));
  until([this] { return metric("stream_fills") == 1; });
  CHECK(told_fills(mine) == mine.quantity);
}

SCENARIO_METHOD(ScriptedFixture, "a failed subscription starts over") {
  HttpVenue venue{as_usual};
  LocalServer stream;
  start(online_config(venue, stream));
  {
    WebSocketPeer peer{stream};
    CHECK(peer.upgrade.count("KALSHI-ACCESS-SIGNATURE") == 1);
    subscribe(peer);
    until([this] { return metric("stream_open") == 1; });
    peer.write(R"({"id":0,"type":"error","msg":{"code":25,"msg":"subscription buffer overflow"}})");
    until([this] { return metric("stream_open") == 0; });
  }
  WebSocketPeer peer{stream};
  subscribe(peer);
  until([this] { return metric("stream_open") == 1; });
  CHECK(metric("stream_errors") == 1);
}

SCENARIO_METHOD(ScriptedFixture, "a 429 is waited out, and the order is executed once") {
  std::atomic<int> creates = 0;
  HttpVenue venue{[&](const VenueRequest& request) -> VenueAnswer {
    if (!is_create(request)) {
      return as_usual(request);
    }
    return ++creates == 1 ? VenueAnswer{.status = 429, .body = R"({"error":"too many requests"})"}
                          : created(request);
  }};
  open(venue);
  const auto mine = order();
  place(mine);
  CHECK(outcome(mine).status == OrderStatus::partial);
  CHECK(reports.size() == 1); // nobody heard of the 429
  CHECK(venue.seen("POST", "/events/orders").size() == 2);
  CHECK(metric("http:429") == 1);
}

SCENARIO_METHOD(ScriptedFixture, "orders beyond the tokens are refused unsent, hedges go out") {
  HttpVenue venue{[&](const VenueRequest& request) {
    return is_create(request) ? created(request) : as_usual(request);
  }};
  auto its_config = offline_config(venue);
  its_config.orders.longest_pacing = 0ms;
  start(its_config);
  until([this] { return metric("write_tokens_per_second") == 100; });
  std::vector<OrderIntent> orders;
  for (std::uint8_t i = 0; i < 30; ++i) {
    orders.push_back(order(i));
    place(orders.back());
  }
  auto hedge = order();
  hedge.purpose = OrderPurpose::unwind;
  hedge.client_order_id = client_order_id(hedge.pair, 0, hedge.purpose, 0);
  place(hedge);
  CHECK(outcome(hedge).status == OrderStatus::partial);
  std::int64_t refused = 0;
  for (const auto& one : orders) {
    const auto told = outcome(one);
    refused += told.status == OrderStatus::rejected && told.reason == "rate_limited" ? 1 : 0;
  }
  // 70 of 100 tokens are for anyone; at 100 a second some come in while 30 orders are placed.
  const auto sent = static_cast<std::int64_t>(venue.seen("POST", "/events/orders").size());
  CHECK(refused > 0);
  CHECK(sent >= 7 + 1);
  CHECK(sent + refused == 31);
}

SCENARIO_METHOD(ScriptedFixture, "orders that wait for tokens go out in their turn") {
  HttpVenue venue{[&](const VenueRequest& request) {
    return is_create(request) ? created(request) : as_usual(request);
  }};
  auto its_config = offline_config(venue);
  its_config.orders.longest_pacing = 8s;
  start(its_config);
  std::vector<OrderIntent> orders;
  for (std::uint8_t i = 0; i < 10; ++i) {
    orders.push_back(order(i));
    place(orders.back());
  }
  for (const auto& one : orders) {
    CHECK(outcome(one).status == OrderStatus::partial);
  }
  CHECK(metric("paced") > 0);
  const auto seen = venue.seen("POST", "/events/orders");
  REQUIRE(seen.size() == orders.size());
  for (std::size_t i = 0; i < seen.size(); ++i) {
    CHECK(seen[i].body.find(orders[i].client_order_id) != std::string::npos);
  }
}

SCENARIO_METHOD(ScriptedFixture, "an order on a shard that does not trade is refused unsent") {
  HttpVenue venue{as_usual};
  open(venue);
  const auto [shard, why] =
    GENERATE(std::pair{2, "trading_paused:shard_2"}, std::pair{1, "venue_status_unknown"});
  const auto mine = intent("KXT-A", shard);
  place(mine);
  const auto told = outcome(mine);
  CHECK(told.status == OrderStatus::rejected);
  CHECK(told.reason == why);
  CHECK(venue.seen("POST", "/events/orders").empty());
}

SCENARIO_METHOD(ScriptedFixture, "an order that the venue would refuse is not sent") {
  HttpVenue venue{as_usual};
  open(venue);
  auto mine = order();
  mine.quantity = Quantity{5'000};
  place(mine);
  CHECK(outcome(mine).status == OrderStatus::rejected);
  CHECK(outcome(mine).reason.find("multiple of 0.01") != std::string::npos);
  CHECK(venue.seen("POST", "/events/orders").empty());
}

SCENARIO_METHOD(ScriptedFixture,
                "a 401 makes the gateway look at the venue's clock and sign again") {
  const auto ahead = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now() + 60s);
  const auto date = http_date(ahead);
  const auto accepted = [&](const VenueRequest& request) {
    const auto stamp = std::stoll(request.headers.at("KALSHI-ACCESS-TIMESTAMP"));
    return std::abs(stamp - std::int64_t{ahead} * 1000) < 10'000;
  };
  std::atomic<bool> tells_date = false;
  HttpVenue venue{[&](const VenueRequest& request) -> VenueAnswer {
    if (!is_create(request)) {
      return as_usual(request);
    }
    if (!accepted(request)) {
      return {.status = 401,
              .body = R"({"error":{"code":"header_timestamp_expired"}})",
              .date = tells_date ? date : ""};
    }
    return created(request);
  }};
  open(venue);

  // Without a Date the second signature is no better, and a person must act.
  const auto first = order(1);
  place(first);
  const auto refused = outcome(first);
  CHECK(refused.status == OrderStatus::rejected);
  CHECK(refused.reason.find("header_timestamp_expired") != std::string::npos);
  CHECK(venue.seen("POST", "/events/orders").size() == 2);

  tells_date = true;
  // The balance can be read again.
  until([this] { return metric("halts") == 1 && metric("halted") == 0; });
  const auto second = order(2);
  place(second);
  CHECK(outcome(second).status == OrderStatus::partial);
  CHECK(venue.seen("POST", "/events/orders").size() == 4);
  until([this] { return metric("clock_skew_alarm") == 1; });
  CHECK(metric("clock_offset_ms") > 58'000);
}

SCENARIO_METHOD(ScriptedFixture, "a key that the venue refuses opens no pair, but unwinds one") {
  HttpVenue venue{[&](const VenueRequest& request) -> VenueAnswer {
    const auto open_to_all = request.is("GET", "/exchange/status");
    return open_to_all ? as_usual(request)
                       : VenueAnswer{.status = 401,
                                     .body = R"({"code":"authentication_error","message":"no"})"};
  }};
  open(venue);
  const auto first = order(1);
  place(first);
  CHECK(outcome(first).reason.find("authentication_error") != std::string::npos);
  const auto sent = venue.seen("POST", "/events/orders").size();
  const auto second = order(2);
  place(second);
  CHECK(outcome(second).reason.find("halted") == 0);
  CHECK(venue.seen("POST", "/events/orders").size() == sent);
  auto unwind = order(3);
  unwind.purpose = OrderPurpose::unwind;
  unwind.client_order_id = client_order_id(unwind.pair, 0, unwind.purpose, 0);
  place(unwind);
  outcome(unwind);
  CHECK(venue.seen("POST", "/events/orders").size() > sent);
}

SCENARIO_METHOD(ScriptedFixture,
                "a refusal in any of the three shapes is reported with its reason") {
  const auto [status, body, reason] =
    GENERATE(std::tuple{400U, R"({"code":"insufficient_balance","message":"m"})",
                        "insufficient_balance"},
             std::tuple{400U, R"({"error":{"code":"invalid_order","details":"off the grid"}})",
                        "invalid_order: off the grid"},
             std::tuple{409U, R"({"error":{"code":"MARKET_INACTIVE"}})", "market_inactive"},
             std::tuple{409U, R"({"error":{"code":"trading_is_paused"}})", "trading_is_paused"});
  HttpVenue venue{[status = status, body = body](const VenueRequest& request) -> VenueAnswer {
    return is_create(request) ? VenueAnswer{.status = status, .body = body} : as_usual(request);
  }};
  open(venue);
  const auto mine = order();
  place(mine);
  const auto told = outcome(mine);
  CHECK(told.status == OrderStatus::rejected);
  CHECK(told.reason.find(reason) == 0);
  CHECK(venue.seen("POST", "/events/orders").size() == 1);
}

SCENARIO_METHOD(ScriptedFixture, "a cancel names the shard and what is not there is looked up") {
  HttpVenue venue{[&](const VenueRequest& request) -> VenueAnswer {
    if (is_create(request)) {
      return created(request, R"({"order_id":"33","client_order_id":"%","fill_count":"0.00",)"
                              R"("remaining_count":"10.00"})");
    }
    if (request.method == "DELETE") {
      return {.status = 404, .body = R"({"error":{"code":"not_found"}})"};
    }
    if (request.is("GET", "/portfolio/orders?ticker=KXT-A")) {
      return {.body = R"({"orders":[{"order_id":"33","client_order_id":")" + order().client_order_id
                      + R"(","ticker":"KXT-A","book_side":"bid",)"
                      + R"("status":"executed","yes_price_dollars":"0.4400",)"
                      + R"("initial_count_fp":"10.00","fill_count_fp":"10.00",)"
                      + R"("remaining_count_fp":"0.00","exchange_index":3}]})"};
    }
    if (request.is("GET", "order_id=33")) {
      return {.body = R"({"fills":[{"fill_id":"f1","order_id":"33","ticker":"KXT-A",)"
                      R"("book_side":"bid","count_fp":"10.00","yes_price_dollars":"0.4300",)"
                      R"("fee_cost":"0.1725"}]})"};
    }
    return as_usual(request);
  }};
  open(venue);
  until_groups(2);
  auto mine = order();
  mine.time_in_force = TimeInForce::good_till_cancelled;
  place(mine);
  until([&] { return latest(mine).has_value(); });
  cancel(mine);
  const auto told = outcome(mine);
  CHECK(told.status == OrderStatus::filled);
  CHECK(told.notional == Money{4'300'000});
  CHECK(metric("cancel_answers:unknown") == 1);
  const auto cancels = venue.seen("DELETE", "/portfolio/events/orders/33");
  REQUIRE(cancels.size() == 1);
  CHECK(cancels[0].target.find("exchange_index=3") != std::string::npos);
}

SCENARIO_METHOD(ScriptedFixture, "an order of an earlier run is looked up before it is cancelled") {
  std::atomic<bool> cancelled = false;
  HttpVenue venue{[&](const VenueRequest& request) -> VenueAnswer {
    if (request.is("DELETE", "/portfolio/events/orders/33")) {
      cancelled = true;
      return {.body = R"({"order_id":"33","reduced_by":"10.00","ts_ms":1})"};
    }
    if (request.is("GET", "/portfolio/orders?ticker=KXT-A")) {
      return {.body = R"({"orders":[{"order_id":"33","client_order_id":")" + order().client_order_id
                      + R"(","ticker":"KXT-A","book_side":"bid",)"
                      + R"("status":"resting","yes_price_dollars":"0.4400",)"
                      + R"("initial_count_fp":"10.00","fill_count_fp":"0.00",)"
                      + R"("remaining_count_fp":"10.00","exchange_index":3}]})"};
    }
    return as_usual(request);
  }};
  open(venue);
  auto mine = order();
  mine.time_in_force = TimeInForce::good_till_cancelled;
  cancel(mine);
  CHECK(outcome(mine).status == OrderStatus::unfilled);
  CHECK(cancelled);
  CHECK(venue.seen("POST", "/events/orders").empty());
}

SCENARIO_METHOD(ScriptedFixture, "conformance 12: a duplicate id is looked up, and counted once") {
  std::atomic<int> reads = 0;
  HttpVenue venue{[&](const VenueRequest& request) -> VenueAnswer {
    if (is_create(request)) {
      return {.status = 409, .body = R"({"error":{"code":"order_already_exists"}})"};
    }
    // The lists lag: first nothing, then the order without its fills, then all of it.
    if (request.is("GET", "/portfolio/orders?ticker=KXT-A") && ++reads > 3) {
      return {.body = R"({"orders":[{"order_id":"33","client_order_id":")" + order().client_order_id
                      + R"(","ticker":"KXT-A","book_side":"bid",)"
                      + R"("status":"canceled","yes_price_dollars":"0.4400",)"
                      + R"("initial_count_fp":"10.00","fill_count_fp":"6.00",)"
                      + R"("remaining_count_fp":"0.00","exchange_index":3}]})"};
    }
    if (request.is("GET", "order_id=33") && reads > 5) {
      return {.body = R"({"fills":[{"fill_id":"f1","order_id":"33","ticker":"KXT-A",)"
                      R"("book_side":"bid","count_fp":"6.00","yes_price_dollars":"0.4300",)"
                      R"("fee_cost":"0.1038"}]})"};
    }
    return as_usual(request);
  }};
  auto its_config = offline_config(venue);
  its_config.orders.absent_after = 0ms; // even then: the venue said that it exists
  its_config.orders.longest_pacing = 1ms;
  its_config.orders.order_deadline = 300ms;
  start(its_config);
  const auto mine = order();
  place(mine);
  const auto told = outcome(mine);
  CHECK(told.status == OrderStatus::partial);
  CHECK(told.filled == Quantity{6 * quantity_per_contract});
  CHECK(told.notional == Money{2'580'000});
  CHECK(told.fee == Money{103'800});
  CHECK(told_fills(mine) == told.filled);
  CHECK(reads > 5);
  CHECK(venue.seen("POST", "/events/orders").size() == 1);
}

SCENARIO_METHOD(ScriptedFixture,
                "conformance 16: a refused upgrade is signed anew by the venue's clock") {
  const auto ahead = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now() + 60s);
  const auto date = http_date(ahead);
  HttpVenue venue{[&](const VenueRequest& request) {
    auto answer = as_usual(request);
    answer.date = date;
    return answer;
  }};
  LocalServer stream;
  start(online_config(venue, stream));
  until([this] { return metric("clock_skew_alarm") == 1; });
  // What was under way with the old clock is refused like at the venue.
  for (;;) {
    auto socket = stream.accept();
    boost::beast::flat_buffer buffer;
    HttpPeer::Request upgrade;
    boost::beast::http::read(socket, buffer, upgrade);
    CHECK(upgrade["KALSHI-ACCESS-KEY"] == "test-key");
    const auto stamp = std::stoll(std::string{upgrade["KALSHI-ACCESS-TIMESTAMP"]});
    if (std::abs(stamp - std::int64_t{ahead} * 1000) < 10'000) {
      break;
    }
    boost::beast::http::response<boost::beast::http::string_body> refusal{
      boost::beast::http::status::unauthorized, 11, "{}"};
    refusal.prepare_payload();
    boost::beast::http::write(socket, refusal);
    tick(); // time goes on for the signatures
  }
  CHECK(metric("stream_open") == 0);
}

SCENARIO_METHOD(ScriptedFixture, "headers of orders are made ahead and carry no old time") {
  HttpVenue venue{[&](const VenueRequest& request) {
    return is_create(request) ? created(request) : as_usual(request);
  }};
  auto its_config = offline_config(venue);
  its_config.account.balance_every = 10ms;
  start(its_config);
  until([this] { return metric("signatures_ready") > 0; });
  const auto late = metric("signatures_late");
  for (std::uint8_t i = 0; i < 5; ++i) {
    const auto mine = order(i);
    place(mine);
    outcome(mine);
  }
  CHECK(metric("signatures_late") == late);
  for (const auto& request : venue.seen("POST", "/events/orders")) {
    const auto stamp = std::stoll(request.headers.at("KALSHI-ACCESS-TIMESTAMP"));
    CHECK(std::abs(to_ms(clock.now()) - stamp) < 10'000);
    CHECK(request.headers.at("Content-Type") == "application/json");
  }
}

SCENARIO_METHOD(ScriptedFixture, "cancelling everything goes before a full queue of creates") {
  std::promise<void> release;
  const auto released = release.get_future().share();
  std::atomic<bool> hangs = false;
  HttpVenue venue{[&](const VenueRequest& request) -> VenueAnswer {
    if (is_create(request)) {
      released.wait();
      return created(request);
    }
    if (hangs && request.is("GET", "/portfolio/")) {
      released.wait();
    }
    return request.is("DELETE", "subaccount=0") ? VenueAnswer{.body = R"({"orders":[]})"}
                                                : as_usual(request);
  }};
  auto its_config = offline_config(venue);
  its_config.orders.longest_pacing = its_config.orders.order_deadline = 60s;
  start(its_config);
  until_groups(2);
  hangs = true;
  std::vector<OrderIntent> orders;
  for (std::uint8_t i = 0; i < 40; ++i) {
    orders.push_back(order(i));
    place(orders.back());
  }
  until([&] { return metric("orders_waiting_for_tokens") > 0; });
  until([&] { return venue.seen("POST", "/events/orders").size() == 1; });
  cancel_all();
  until([&] { return metric("cancel_all_answers:taken") == 1; });
  CHECK(venue.seen("DELETE", "/portfolio/events/orders?subaccount=0").size() == 1);
  CHECK(venue.seen("POST", "/events/orders").size() == 1);
  until([&] { return venue.seen("PUT", "/trigger?exchange_index=").size() == 2; });
  // What had no tokens yet is not sent any more.
  CHECK(outcome(orders.back()).reason == "all_cancelled");
  CHECK(metric("orders_waiting_for_tokens") == 0);
  release.set_value();
}

SCENARIO_METHOD(ScriptedFixture, "cancelling everything is repeated until it is answered") {
  std::atomic<int> calls = 0;
  HttpVenue venue{[&](const VenueRequest& request) -> VenueAnswer {
    if (!request.is("DELETE", "subaccount=0")) {
      return as_usual(request);
    }
    switch (++calls) {
      case 1:
        return {.hang_up = true};
      case 2:
        return {.status = 503, .body = "<html>"};
      case 3:
        return {.status = 429, .body = R"({"error":"too many requests"})"};
      default:
        return {.body = R"({"orders":[]})"};
    }
  }};
  auto its_config = offline_config(venue);
  its_config.orders.stop_again_after = 1ms;
  start(its_config);
  cancel_all();
  until([&] { return metric("cancel_all_answers:taken") == 1; });
  CHECK(calls == 4);
}

SCENARIO_METHOD(ScriptedFixture, "a resting order carries the venue's own stops") {
  std::atomic<bool> group_gone = false;
  HttpVenue venue{[&](const VenueRequest& request) -> VenueAnswer {
    if (!is_create(request)) {
      return as_usual(request);
    }
    if (group_gone) {
      return {.status = 404, .body = R"({"error":{"code":"order_group_not_found"}})"};
    }
    return created(request, R"({"order_id":"33","client_order_id":"%","fill_count":"0.00",)"
                            R"("remaining_count":"10.00"})");
  }};
  open(venue);
  until_groups(2);
  auto mine = order(1);
  mine.time_in_force = TimeInForce::good_till_cancelled;
  mine.post_only = true;
  mine.expires_at = Timestamp{1'795'226'400s};
  place(mine);
  until([&] { return latest(mine).has_value(); });
  const auto body = venue.seen("POST", "/events/orders").at(0).body;
  for (const auto* const part : {R"("order_group_id":"group-3")", R"("cancel_order_on_pause":true)",
                                 R"("post_only":true)", R"("expiration_time":1795226400)"}) {
    CHECK(body.find(part) != std::string::npos);
  }
  CHECK(body.find("reduce_only") == std::string::npos);
  // A group that is gone is made anew.
  group_gone = true;
  auto next = order(2);
  next.time_in_force = TimeInForce::good_till_cancelled;
  place(next);
  CHECK(outcome(next).status == OrderStatus::rejected);
  until([&] { return venue.seen("POST", "/order_groups/create").size() == 3; });
  until_groups(2);
}

SCENARIO_METHOD(ScriptedFixture, "the account is an error if a part of it cannot be read") {
  HttpVenue venue{as_usual}; // it has no list of positions
  open(venue);
  auto request = ask_account();
  until([this] { return metric("account_answers") == 1; });
  sched.run();
  bool failed = false;
  request.receive([](const AccountView&) { FAIL("there is no account"); },
                  [&](const caf::error& error) { failed = error == Errc::io_failed; });
  CHECK(failed);
}

SCENARIO_METHOD(ScriptedFixture, "settlements are told once, page by page, and a reversal again") {
  std::atomic<bool> reversed = false;
  const auto row = [](const char* ticker, const char* result, int cents, const char* at) {
    return fmt::format(R"({{"ticker":"{}","event_ticker":"E","market_result":"{}",)"
                       R"("yes_count_fp":"2.00","no_count_fp":"0.00","revenue":{},)"
                       R"("fee_cost":"0.0345","settled_time":"{}"}})",
                       ticker, result, cents, at);
  };
  HttpVenue venue{[&](const VenueRequest& request) -> VenueAnswer {
    if (!request.is("GET", "/portfolio/settlements")) {
      return as_usual(request);
    }
    if (request.is("GET", "cursor=next")) {
      return {.body = R"({"settlements":[)" + row("B", "scalar", 97, "2026-11-21T01:00:00Z")
                      + R"(],"cursor":""})"};
    }
    const auto now = reversed ? row("A", "no", 0, "2026-11-21T03:00:00Z")
                              : row("A", "yes", 200, "2026-11-21T02:00:00Z");
    return {.body = R"({"settlements":[)" + now + R"(],"cursor":"next"})"};
  }};
  auto its_config = offline_config(venue);
  its_config.account.settlements_every = 10ms;
  start(its_config);
  until([this] { return settlements.size() == 2; });
  CHECK(settlements[0].native_id == "A");
  CHECK(settlements[0].payout == Money{2'000'000});
  CHECK(settlements[0].fee == Money{});
  CHECK(settlements[1].payout == Money{970'000});
  const auto reads = metric("settlement_reads");
  until([&] { return metric("settlement_reads") > reads + 2; });
  CHECK(settlements.size() == 2);
  reversed = true;
  until([this] { return settlements.size() == 3; });
  CHECK(settlements[2].native_id == "A");
  CHECK(settlements[2].payout == Money{});
}

SCENARIO_METHOD(ScriptedFixture, "the balance comes shard by shard, also to who subscribes late") {
  HttpVenue venue{as_usual};
  open(venue);
  until([this] { return !balances.empty(); });
  CHECK(balances[0].available == Money{1'005'000});
  REQUIRE(balances[0].shards.size() == 2);
  CHECK(balances[0].shards[0] == ShardBalance{0, Money{505'000}});
  CHECK(balances[0].shards[1] == ShardBalance{3, Money{500'000}});
}

SCENARIO_METHOD(ScriptedFixture, "a gateway without a fit key or URL is not spawned") {
  auto its_config = gateway_config("http://127.0.0.1:1/trade-api/v2", "ws://127.0.0.1:1/");
  auto no_key = its_config;
  no_key.rest.key_file = "/nonexistent";
  CHECK(spawn_kalshi_gateway(system, *network, clock, no_key).error() == Errc::bad_credential);
  auto no_url = its_config;
  no_url.rest.rest_url = "kalshi";
  CHECK(spawn_kalshi_gateway(system, *network, clock, no_url).error() == Errc::bad_configuration);
  auto no_stream = its_config;
  no_stream.stream.ws_url = "kalshi";
  CHECK(spawn_kalshi_gateway(system, *network, clock, no_stream).error()
        == Errc::bad_configuration);
}
