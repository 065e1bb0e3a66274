#include "tools/sim/control.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "tools/sim/control_call.hpp"
#include "tools/sim/kalshi_json.hpp"
#include "tools/sim/market_control.hpp"
#include "tools/sim/poly_book.hpp"
#include "tools/sim/poly_json.hpp"

namespace arbees::sim {

namespace json = boost::json;

namespace {

constexpr SecondsRange range{.most = 86'400};

HttpReply pause(KalshiPrivate& kalshi, ClobPrivate& polymarket, const json::object& body) {
  const auto venue = text_of(body, "venue");
  const auto scope = text_of(body, "scope");
  const auto length = seconds(body, "seconds", 60, range);
  if (!length) {
    return usage("seconds is a number of 0 to 86400");
  }
  if (venue == "kalshi" && (scope.empty() || scope == "trading" || scope == "exchange")) {
    kalshi.pause(scope == "exchange" ? KalshiPause::exchange : KalshiPause::trading, *length,
                 named_shard(body));
    return done();
  }
  if (venue == "polymarket" && (scope.empty() || scope == "trading" || scope == "cancel_only")) {
    polymarket.pause(scope == "cancel_only" ? ClobMode::cancel_only : ClobMode::disabled, *length);
    return done();
  }
  return usage("venue is kalshi (scope trading or exchange) or polymarket (trading, cancel_only)");
}

HttpReply restart(ClobPrivate& polymarket, const json::object& body) {
  const auto down = seconds(body, "seconds", 90, range);
  const auto post_only = seconds(body, "post_only_seconds", 120, range);
  if (!down || !post_only) {
    return usage("seconds and post_only_seconds are numbers of 0 to 86400");
  }
  polymarket.restart(*down, *post_only);
  return done();
}

HttpReply cancel_game(Engine& engine, const json::object& body) {
  const auto id = text_of(body, "espn_id");
  const auto& games = engine.slate().games;
  const auto found = std::ranges::find(games, id, &Game::espn_id);
  if (id.empty() || found == games.end()) {
    return usage("espn_id names no game");
  }
  engine.cancel_game(static_cast<int>(found - games.begin()));
  return done();
}

json::object kalshi_account(const KalshiAccounts& accounts, const KalshiAccount& account) {
  json::object cash;
  for (const auto& [shard, money] : account.cash) {
    cash[std::to_string(shard)] = dollars(money);
  }
  json::array orders;
  for (const auto id : account.orders) {
    orders.push_back(order_row(accounts, accounts.order(id)));
  }
  json::array fills;
  for (const auto& fill : account.fills) {
    auto row = fill_row(accounts, fill);
    row["client_order_id"] = accounts.order(fill.order).client_id;
    fills.push_back(std::move(row));
  }
  json::array positions;
  auto fees = Money{0};
  for (const auto& [market, position] : account.positions) {
    positions.push_back(position_row(accounts, market, position));
    fees += position.fees;
  }
  json::array settlements;
  for (const auto& settlement : account.settlements) {
    settlements.push_back(settlement_row(accounts, settlement));
  }
  return {{"key", account.key},
          {"cash", std::move(cash)},
          {"fees", dollars(fees)},
          {"orders", std::move(orders)},
          {"fills", std::move(fills)},
          {"positions", std::move(positions)},
          {"settlements", std::move(settlements)}};
}

json::object
poly_wallet(const PolyAccounts& accounts, const Address& owner, const PolyWallet& wallet) {
  json::array positions;
  for (const auto& [token, size] : wallet.shares) {
    const auto& market =
      accounts.engine().slate().poly_markets[static_cast<std::size_t>(token.first)];
    positions.push_back(
      json::object{{"market", market.condition},
                   {"asset_id", market.tokens[static_cast<std::size_t>(token.second)]},
                   {"size", poly_size(size)}});
  }
  json::array orders;
  for (const auto& [id, order] : accounts.orders()) {
    if (accounts.keys().at(order.key).owner == owner) {
      auto row = open_order(accounts, order);
      row["notional"] = dollars(order.notional);
      orders.push_back(std::move(row));
    }
  }
  json::array redemptions;
  for (const auto& one : accounts.redemptions()) {
    if (one.owner != owner) {
      continue;
    }
    const auto& market =
      accounts.engine().slate().poly_markets[static_cast<std::size_t>(one.market)];
    redemptions.push_back(
      json::object{{"market", market.condition},
                   {"asset_id", market.tokens[static_cast<std::size_t>(one.token)]},
                   {"size", poly_size(one.size)},
                   {"price", poly_price(one.price)},
                   {"cash", dollars(one.cash)},
                   {"at_ms", one.at_ms}});
  }
  return {{"redemptions", std::move(redemptions)},
          {"address", to_string(owner)},
          {"cash", dollars(wallet.cash)},
          {"fees", dollars(wallet.fees)},
          {"paid_out", dollars(wallet.paid_out)},
          {"positions", std::move(positions)},
          {"orders", std::move(orders)}};
}

/// A trade with the fee that the venue's own answers leave out.
json::object poly_trade(const PolyAccounts& accounts, const PolyTrade& trade) {
  const auto taker = accounts.orders().find(trade.taker);
  const auto viewer =
    taker != accounts.orders().end() ? taker->second.key : accounts.order(trade.maker).key;
  auto row = trade_row(accounts, trade, viewer);
  row["fee"] = dollars(trade.fee);
  return row;
}

} // namespace

json::object books_json(const KalshiAccounts& kalshi, const PolyAccounts& polymarket) {
  json::array accounts;
  for (const auto& account : kalshi.accounts()) {
    accounts.push_back(kalshi_account(kalshi, account));
  }
  json::array wallets;
  for (const auto& [owner, wallet] : polymarket.wallets()) {
    wallets.push_back(poly_wallet(polymarket, owner, wallet));
  }
  json::array trades;
  for (const auto& trade : polymarket.trades()) {
    trades.push_back(poly_trade(polymarket, trade));
  }
  return {{"now_ms", kalshi.engine().now_ms()},
          {"kalshi", json::object{{"accounts", std::move(accounts)}}},
          {"polymarket",
           json::object{{"wallets", std::move(wallets)}, {"trades", std::move(trades)}}}};
}

std::optional<HttpReply> control(Engine& engine, KalshiPrivate& kalshi, ClobPrivate& polymarket,
                                 const HttpRequest& request) {
  if (auto answer = market_control(engine, kalshi, polymarket, request)) {
    return answer;
  }
  const auto path = std::string_view{request.path};
  if (path == "/sim/books" && request.method == "GET") {
    return reply(books_json(kalshi.accounts(), polymarket.accounts()));
  }
  if (path == "/sim/stop-games" && request.method == "POST") {
    engine.stop_games();
    return reply({{"stopped", true}});
  }
  const auto known = path == "/sim/pause" || path == "/sim/restart" || path == "/sim/cancel-game";
  if (!known || request.method != "POST") {
    return std::nullopt;
  }
  const auto body = control_body(request);
  if (!body) {
    return usage("body is not a JSON object");
  }
  return path == "/sim/pause"     ? pause(kalshi, polymarket, *body)
         : path == "/sim/restart" ? restart(polymarket, *body)
                                  : cancel_game(engine, *body);
}

} // namespace arbees::sim
