#include "tests/system/accounts.hpp"

#define CATCH_CONFIG_ENABLE_PAIR_STRINGMAKER // amounts by name
#include <algorithm>
#include <catch2/catch.hpp>
#include <map>

#include "actors/messages/money.hpp"

namespace arbees::test {

namespace json = boost::json;

namespace {

using Amounts = std::map<std::string, std::int64_t>; // 1e-6 contract or dollar, by a name

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
  return value.is_null() ? 0 : value.to_number<std::int64_t>();
}

void add(Amounts& amounts, const std::string& name, std::int64_t amount) {
  if ((amounts[name] += amount) == 0) {
    amounts.erase(name);
  }
}

/// `query` gives rows of name and amount.
Amounts sums(const Stage& stage, const std::string& query) {
  Amounts amounts;
  for (const auto& row : stage.ledger(query)) {
    add(amounts, text(row.at("name")), number(row.at("amount")));
  }
  return amounts;
}

std::int64_t sum(const Stage& stage, const std::string& query) {
  const auto rows = stage.ledger(query);
  return rows.empty() ? 0 : number(rows.front().at("amount"));
}

/// What one venue's orders have cost by the ledger, fees included, less what decided markets paid.
std::int64_t spent(const Stage& stage, const std::string& venue) {
  return sum(stage,
             "select sum(case action when 'buy' then notional_e6 else -notional_e6 end + "
             "fee_e6) as amount from orders join markets using (market_id) where venue = '"
               + venue + "'")
         - sum(stage, "select sum(payout_e6 - fee_e6) as amount from settlements where venue = '"
                        + venue + "'");
}

/// Kalshi pays a dollar at once for each YES that meets a NO of the same market.
std::int64_t netted(const Stage& stage) {
  return sum(stage,
             "select sum(min(yes.quantity_e6, no.quantity_e6)) as amount from positions yes join "
             "positions no using (market_id) join markets using (market_id) where venue = 'kalshi' "
             "and yes.side = 'yes' and no.side = 'no'");
}

std::string fills_by(const std::string& column, const std::string& venue) {
  return "select " + column
         + " as name, fills.quantity_e6 as amount from fills join orders using (client_order_id) join "
           "markets on markets.market_id = fills.market_id where state <> 'voided' and venue = '"
         + venue + "'";
}

Amounts kalshi_payments(const Stage& stage) {
  return sums(stage,
              "select native_id as name, payout_e6 as amount from settlements where venue = "
              "'kalshi'");
}

Amounts kalshi_payments(const json::object& account) {
  Amounts payments;
  for (const auto& listed : account.at("settlements").as_array()) {
    add(payments, text(listed.at("ticker")), micros(listed.at("revenue_dollars")));
  }
  return payments;
}

Amounts polymarket_payments(const Stage& stage) {
  return sums(stage,
              "select case side when 'yes' then yes_token else no_token end as name, "
              "payout_e6 as amount from settlements join markets using (market_id) where "
              "settlements.venue = 'polymarket'");
}

Amounts polymarket_payments(const json::object& wallet) {
  Amounts payments;
  for (const auto& listed : wallet.at("redemptions").as_array()) {
    add(payments, text(listed.at("asset_id")), micros(listed.at("cash")));
  }
  return payments;
}

const json::object& kalshi_account(const json::object& books) {
  return books.at("kalshi").at("accounts").as_array().at(0).as_object();
}

const json::object& polymarket_wallet(const json::object& books) {
  return books.at("polymarket").at("wallets").as_array().at(0).as_object();
}

void check_kalshi(const Stage& stage, const json::object& account) {
  std::int64_t cash = 0;
  for (const auto& [shard, money] : account.at("cash").as_object()) {
    cash += micros(money);
  }
  CHECK(spent(stage, "kalshi") - netted(stage) == 10'000 * money_per_dollar - cash);
  CHECK(sum(stage,
            "select sum(fee_e6) as amount from orders join markets using (market_id) where "
            "venue = 'kalshi'")
        == micros(account.at("fees")));
  Amounts orders;
  for (const auto& listed : account.at("orders").as_array()) {
    add(orders, text(listed.at("client_order_id")), micros(listed.at("fill_count_fp")));
  }
  CHECK(sums(stage,
             "select client_order_id as name, filled_e6 as amount from orders join markets "
             "using (market_id) where venue = 'kalshi' and filled_e6 > 0")
        == orders);
  Amounts fills;
  for (const auto& listed : account.at("fills").as_array()) {
    add(fills, text(listed.at("client_order_id")), micros(listed.at("count_fp")));
  }
  CHECK(sums(stage, fills_by("client_order_id", "kalshi")) == fills);
  Amounts positions;
  for (const auto& listed : account.at("positions").as_array()) {
    add(positions, text(listed.at("ticker")), micros(listed.at("position_fp")));
  }
  // Kalshi nets both sides of a market.
  CHECK(sums(stage,
             "select native_id as name, case side when 'yes' then quantity_e6 else "
             "-quantity_e6 end as amount from positions join markets using (market_id) "
             "where venue = 'kalshi'")
        == positions);
  CHECK(kalshi_payments(stage) == kalshi_payments(account));
}

void check_polymarket(const Stage& stage, const json::object& wallet) {
  CHECK(spent(stage, "polymarket") == 10'000 * money_per_dollar - micros(wallet.at("cash")));
  CHECK(sum(stage,
            "select sum(fee_e6) as amount from orders join markets using (market_id) where "
            "venue = 'polymarket'")
        == micros(wallet.at("fees")));
  Amounts orders;
  for (const auto& listed : wallet.at("orders").as_array()) {
    add(orders, text(listed.at("id")), micros(listed.at("size_matched")));
  }
  // What was voided on the chain had been matched.
  CHECK(sums(stage,
             "select venue_order_id as name, filled_e6 + voided_e6 as amount from orders "
             "join markets using (market_id) where venue = 'polymarket' and filled_e6 + "
             "voided_e6 > 0")
        == orders);
  Amounts positions;
  for (const auto& listed : wallet.at("positions").as_array()) {
    add(positions, text(listed.at("asset_id")), micros(listed.at("size")));
  }
  CHECK(sums(stage,
             "select case side when 'yes' then yes_token else no_token end as name, "
             "quantity_e6 as amount from positions join markets using (market_id) where "
             "venue = 'polymarket'")
        == positions);
  CHECK(polymarket_payments(stage) == polymarket_payments(wallet));
}

} // namespace

std::string pending(const Stage& stage) {
  std::string what;
  const auto add_if = [&](const std::string& name, const std::string& query) {
    if (const auto found = sum(stage, "select count(*) as amount from " + query); found != 0) {
      what += std::to_string(found) + " " + name + ", ";
    }
  };
  add_if("open pairs", "pairs where outcome is null");
  add_if("orders out", "orders where status in ('intent', 'accepted', 'unknown')");
  add_if("provisional fills", "fills where state = 'provisional'");
  // A report may count what the executions themselves have not told yet.
  add_if("orders with executions untold",
         "orders where filled_e6 <> (select coalesce(sum(quantity_e6), 0) from fills where "
         "fills.client_order_id = orders.client_order_id and fills.state <> 'voided')");
  const auto books = stage.venue_books();
  if (kalshi_payments(stage) != kalshi_payments(kalshi_account(books))) {
    what += "payments of Kalshi, ";
  }
  if (polymarket_payments(stage) != polymarket_payments(polymarket_wallet(books))) {
    what += "payments of Polymarket, ";
  }
  return what;
}

void check_accounts(const Stage& stage) {
  const auto books = stage.venue_books();
  check_kalshi(stage, kalshi_account(books));
  check_polymarket(stage, polymarket_wallet(books));
}

void check_no_order_twice(const Stage& stage) {
  std::vector<std::string> names;
  const auto books = stage.venue_books();
  for (const auto& order :
       books.at("kalshi").at("accounts").as_array().at(0).at("orders").as_array()) {
    names.emplace_back(order.at("client_order_id").as_string());
  }
  std::ranges::sort(names);
  CHECK(std::ranges::adjacent_find(names) == names.end());
  CHECK(!names.empty());
  // Polymarket takes no name: each of its orders must be the one that the ledger intended.
  const auto wallet = books.at("polymarket").at("wallets").as_array().at(0).at("orders").as_array();
  for (const auto& order : wallet) {
    const std::string id{order.at("id").as_string()};
    CAPTURE(id);
    CHECK(stage.ledger("select 1 from orders where venue_order_id = '" + id + "'").size() == 1);
  }
  CHECK(!wallet.empty());
}

} // namespace arbees::test
