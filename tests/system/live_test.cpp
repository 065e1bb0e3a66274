#include <catch2/catch.hpp>

#include "actors/messages/money.hpp"
#include "tests/system/stage.hpp"

using namespace arbees;
using namespace arbees::test;
using std::chrono::seconds;

namespace json = boost::json;

namespace {

using Holdings = std::map<std::string, std::int64_t>; // 1e-6 contract, by market

std::string text(const json::value& value) {
  return value.is_string() ? std::string{value.as_string()} : json::serialize(value);
}

/// A decimal amount of the venues' books in units of 1e-6.
std::int64_t micros(const json::value& decimal) {
  const auto money = parse_money(text(decimal));
  INFO(text(decimal));
  REQUIRE(money);
  return money->value();
}

std::int64_t number(const json::value& value) {
  return value.to_number<std::int64_t>();
}

void hold(Holdings& holdings, const std::string& market, std::int64_t quantity) {
  if ((holdings[market] += quantity) == 0) {
    holdings.erase(market);
  }
}

/// What the orders of one venue have cost by the ledger, fees included, and how many there are.
json::object spent(const Stage& stage, const std::string& venue) {
  return stage
    .ledger(
      "select count(*) as orders, sum(fee_e6) as fees, sum(case action when 'buy' then "
      "notional_e6 else -notional_e6 end + fee_e6) as money from orders join markets "
      "using (market_id) where venue = '"
      + venue + "'")
    .front()
    .as_object();
}

json::object order(const Stage& stage, const char* column, const std::string& id) {
  CAPTURE(column, id);
  const auto rows =
    stage.ledger(std::string{"select * from orders where "} + column + " = '" + id + "'");
  REQUIRE(rows.size() == 1);
  return rows.front().as_object();
}

void check_kalshi(const Stage& stage, const json::object& books) {
  const auto& account = books.at("kalshi").at("accounts").as_array().front().as_object();
  std::int64_t cash = 0;
  for (const auto& [shard, money] : account.at("cash").as_object()) {
    cash += micros(money);
  }
  const auto& orders = account.at("orders").as_array();
  const auto ledger = spent(stage, "kalshi");
  CHECK(number(ledger.at("orders")) == static_cast<std::int64_t>(orders.size()));
  CHECK(number(ledger.at("fees")) == micros(account.at("fees")));
  CHECK(number(ledger.at("money")) == 10'000 * money_per_dollar - cash);
  for (const auto& listed : orders) {
    const auto row = order(stage, "client_order_id", text(listed.at("client_order_id")));
    CHECK(number(row.at("filled_e6")) == micros(listed.at("fill_count_fp")));
    CHECK(number(row.at("fee_e6")) == micros(listed.at("taker_fees_dollars")));
    CHECK(text(row.at("venue_order_id")) == text(listed.at("order_id")));
  }
  Holdings theirs;
  for (const auto& position : account.at("positions").as_array()) {
    hold(theirs, text(position.at("ticker")), micros(position.at("position_fp")));
  }
  Holdings ours; // Kalshi nets both sides of a market
  for (const auto& row : stage.ledger("select native_id, side, quantity_e6 from positions join "
                                      "markets using (market_id) where venue = 'kalshi'")) {
    const auto sign = text(row.at("side")) == "yes" ? 1 : -1;
    hold(ours, text(row.at("native_id")), sign * number(row.at("quantity_e6")));
  }
  CHECK(ours == theirs);
}

void check_polymarket(const Stage& stage, const json::object& books) {
  const auto& wallet = books.at("polymarket").at("wallets").as_array().front().as_object();
  const auto& orders = wallet.at("orders").as_array();
  const auto ledger = spent(stage, "polymarket");
  CHECK(number(ledger.at("orders")) == static_cast<std::int64_t>(orders.size()));
  CHECK(number(ledger.at("fees")) == micros(wallet.at("fees")));
  CHECK(number(ledger.at("money")) == 10'000 * money_per_dollar - micros(wallet.at("cash")));
  for (const auto& listed : orders) {
    const auto row = order(stage, "venue_order_id", text(listed.at("id")));
    CHECK(number(row.at("filled_e6")) == micros(listed.at("size_matched")));
  }
  Holdings theirs;
  for (const auto& position : wallet.at("positions").as_array()) {
    hold(theirs, text(position.at("asset_id")), micros(position.at("size")));
  }
  Holdings ours;
  for (const auto& row :
       stage.ledger("select case side when 'yes' then yes_token else no_token end as token, "
                    "quantity_e6 from positions join markets using (market_id) where venue = "
                    "'polymarket'")) {
    hold(ours, text(row.at("token")), number(row.at("quantity_e6")));
  }
  CHECK(ours == theirs);
}

} // namespace

TEST_CASE("Traded live, the ledger ends equal to the venues' own books") {
  Stage stage;
  // Slow enough that no game ends meanwhile: settlement is not in the ledger.
  stage.start_simulator({"--games", "24", "--seed", "12", "--speed", "10"});
  Process arbees{stage.live_arbees({"--seconds", "14"}), stage.folder() / "arbees.log"};
  const auto code = arbees.wait(seconds{90});
  INFO(arbees.output());
  INFO(read_file(stage.folder() / "log"));
  REQUIRE(code == 0);
  const auto summary = stage.summary();
  CHECK(text(summary.at("mode")) == "live");
  CHECK(summary.at("pairs").as_object().contains("complete"));
  CHECK(number(summary.at("pairs_open")) == 0);
  const auto books = stage.venue_books();
  check_kalshi(stage, books);
  check_polymarket(stage, books);
}

TEST_CASE("Live is refused without the option that says so, and away from the loopback") {
  const Stage stage;
  auto arguments = stage.live_arbees({"--set", "kalshi.rest_url=https://example.org/v2"});
  std::erase(arguments, "--i-understand-this-trades-real-money");
  Process refused{arguments, stage.folder() / "output"};
  CHECK(refused.wait(seconds{30}) == 4);
  CHECK_THAT(refused.output(), Catch::Contains("--i-understand-this-trades-real-money")
                                 && Catch::Contains("kalshi.rest_url"));
}

TEST_CASE("Live does not start where the venue says that the place is blocked") {
  Stage stage;
  stage.start_simulator({"--geoblocked"});
  Process refused{stage.live_arbees({"--seconds", "1"}), stage.folder() / "output"};
  CHECK(refused.wait(seconds{30}).value_or(0) != 0);
  CHECK_THAT(refused.output(), Catch::Contains("this place"));
}
