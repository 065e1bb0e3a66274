#include <future>

#include "tests/bridges/kalshi/scripted_venue.hpp"

using namespace arbees;
using namespace arbees::test;
using namespace std::chrono_literals;

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

SCENARIO_METHOD(ScriptedFixture,
                "executions that the stream lost are asked for, though the order is done") {
  std::atomic<int> reads = 0;
  HttpVenue venue{[&](const VenueRequest& request) -> VenueAnswer {
    if (is_create(request)) {
      return created(request); // with its total and averages: 6 of 10
    }
    if (request.is("GET", "/portfolio/orders?ticker=KXT-A")) {
      return {.body =
                R"({"orders":[{"order_id":"33","client_order_id":")" + order().client_order_id
                + R"(","ticker":"KXT-A","book_side":"bid","status":"canceled",)"
                + R"("yes_price_dollars":"0.4400","initial_count_fp":"10.00",)"
                + R"("fill_count_fp":"6.00","remaining_count_fp":"0.00","exchange_index":3}]})"};
    }
    // The list lags: first a part is in it.
    if (request.is("GET", "order_id=33")) {
      const std::string first = R"({"fill_id":"f1","order_id":"33","ticker":"KXT-A",)"
                                R"("book_side":"bid","count_fp":"4.00",)"
                                R"("yes_price_dollars":"0.4300","fee_cost":"0.0692"})";
      const std::string second = R"(,{"fill_id":"f2","order_id":"33","ticker":"KXT-A",)"
                                 R"("book_side":"bid","count_fp":"2.00",)"
                                 R"("yes_price_dollars":"0.4400","fee_cost":"0.0345"})";
      return {.body = R"({"fills":[)" + first + (++reads > 2 ? second : "") + "]}"};
    }
    return as_usual(request);
  }};
  auto its_config = offline_config(venue);
  its_config.orders.untold_every = 1ms;
  start(its_config);
  const auto mine = order();
  place(mine);
  CHECK(outcome(mine).filled == Quantity{6 * quantity_per_contract});
  until([&] { return told_fills(mine) == Quantity{6 * quantity_per_contract}; });
  CHECK(reads == 3);
  // Exact now: the average was 0.4350 and 0.0173 a contract.
  until([&] { return latest(mine)->notional == Money{2'600'000}; });
  CHECK(latest(mine)->fee == Money{103'700});
  until([this] { return metric("look_ups_pending") == 0; });
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
  HttpVenue venue{takes_orders};
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
