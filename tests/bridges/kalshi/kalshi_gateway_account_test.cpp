#include "tests/bridges/kalshi/scripted_venue.hpp"

using namespace arbees;
using namespace arbees::test;
using namespace std::chrono_literals;

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
