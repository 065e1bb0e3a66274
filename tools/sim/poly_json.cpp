#include "tools/sim/poly_json.hpp"

#include <fmt/format.h>

#include <array>

#include "tools/sim/poly_book.hpp"

namespace arbees::sim {

namespace json = boost::json;

namespace {

constexpr std::string_view maker_in_the_tape = "0x00000000000000000000000000000000000A11CE";
constexpr std::string_view key_in_the_tape = "00000000-0000-4000-8000-00000000a11c";

const PolyMarket& market_of(const PolyAccounts& accounts, int index) {
  return accounts.engine().slate().poly_markets[static_cast<std::size_t>(index)];
}

const PolyOrder* client(const PolyAccounts& accounts, OrderId id) {
  const auto found = accounts.orders().find(id);
  return found == accounts.orders().end() ? nullptr : &found->second;
}

std::string_view side_name(bool buys) {
  return buys ? "BUY" : "SELL";
}

json::array trade_ids(const PolyAccounts& accounts, const PolyOrder& order) {
  json::array ids;
  for (const auto number : order.trades) {
    ids.push_back(json::value(accounts.trades()[number - 1].id));
  }
  return ids;
}

std::string hash_of(std::uint64_t number, std::uint64_t salt) {
  Random random{number * 31 + salt};
  return fmt::format("0x{:016x}{:016x}{:016x}{:016x}", random.next(), random.next(), random.next(),
                     random.next());
}

/// One party of a trade, in its own terms.
struct Party {
  std::string order{};
  std::string owner{};
  std::string address{};
  int token = 0;
  bool buys = true;
};

Party party(const PolyAccounts& accounts, OrderId id, std::uint64_t number, bool buys) {
  if (const auto* const order = client(accounts, id)) {
    return {order->draft.hash, accounts.keys().at(order->key).api_key, order->draft.maker,
            order->draft.token, order->draft.buys};
  }
  return {hash_of(number, 5), std::string{key_in_the_tape}, std::string{maker_in_the_tape}, 0,
          buys};
}

std::string price_for(const Party& party, Price yes) {
  return poly_price(token_price(party.token, yes));
}

json::object maker_json(const PolyTrade& trade, const Party& maker, const PolyMarket& market) {
  const auto token = static_cast<std::size_t>(maker.token);
  return {{"order_id", maker.order},
          {"owner", maker.owner},
          {"maker_address", maker.address},
          {"matched_amount", poly_size(trade.size)},
          {"price", price_for(maker, trade.price)},
          {"fee_rate_bps", "0"},
          {"asset_id", market.tokens[token]},
          {"outcome", market.outcomes[token]},
          {"outcome_index", maker.token},
          {"side", side_name(maker.buys)}};
}

} // namespace

std::string_view name(PolyTradeState state) {
  constexpr std::array<std::string_view, 5> names{"MATCHED", "MINED", "CONFIRMED", "RETRYING",
                                                  "FAILED"};
  return names[static_cast<std::size_t>(state)];
}

json::object open_order(const PolyAccounts& accounts, const PolyOrder& order) {
  const auto& draft = order.draft;
  const auto& market = market_of(accounts, draft.market);
  const auto token = static_cast<std::size_t>(draft.token);
  return {{"id", draft.hash},
          {"status", order.status},
          {"owner", accounts.keys().at(order.key).api_key},
          {"maker_address", draft.maker},
          {"market", market.condition},
          {"asset_id", market.tokens[token]},
          {"side", side_name(draft.buys)},
          {"original_size", poly_size(draft.shares)},
          {"size_matched", poly_size(order.matched)},
          {"price", poly_price(draft.price)},
          {"outcome", market.outcomes[token]},
          {"expiration", std::to_string(draft.expiration)},
          {"order_type", name(draft.type)},
          {"associate_trades", trade_ids(accounts, order)},
          {"created_at", order.created_ms / 1000}};
}

json::object
order_event(const PolyAccounts& accounts, const PolyOrder& order, std::string_view type) {
  auto event = open_order(accounts, order);
  event["event_type"] = "order";
  event["type"] = type;
  event["timestamp"] = std::to_string(accounts.engine().now_ms());
  event["created_at"] = std::to_string(order.created_ms / 1000);
  // A killed order comes with free text as its status, and with gaps.
  if (order.status.starts_with("CANCELED_") && order.status != "CANCELED_MARKET_RESOLVED") {
    event["size_matched"] = "";
    event["outcome"] = "";
    event["created_at"] = "";
  }
  return event;
}

json::object trade_row(const PolyAccounts& accounts, const PolyTrade& trade, int viewer) {
  const auto& market = market_of(accounts, trade.market);
  const auto taker =
    party(accounts, trade.taker, 2 * trade.number, trade.taker_side == BookSide::bid);
  const auto maker =
    party(accounts, trade.maker, 2 * trade.number + 1, trade.taker_side != BookSide::bid);
  const auto* const own_taker = client(accounts, trade.taker);
  const auto takes = own_taker != nullptr && own_taker->key == viewer;
  const auto token = static_cast<std::size_t>(taker.token);
  const auto mined =
    trade.state == PolyTradeState::mined || trade.state == PolyTradeState::confirmed;
  return {{"id", trade.id},
          {"taker_order_id", taker.order},
          {"market", market.condition},
          {"asset_id", market.tokens[token]},
          {"side", side_name(taker.buys)},
          {"size", poly_size(trade.size)},
          {"price", price_for(taker, trade.price)},
          {"fee_rate_bps", "0"},
          {"status", name(trade.state)},
          {"match_time", std::to_string(trade.matched_ms / 1000)},
          {"last_update", std::to_string(trade.updated_ms / 1000)},
          {"outcome", market.outcomes[token]},
          {"owner", accounts.keys().at(viewer).api_key},
          {"trade_owner", taker.owner},
          {"maker_address", takes ? taker.address : maker.address},
          {"transaction_hash", mined ? hash_of(trade.number, 23) : std::string{}},
          {"bucket_index", 0},
          {"trader_side", takes ? "TAKER" : "MAKER"},
          {"maker_orders", json::array{maker_json(trade, maker, market)}}};
}

json::object trade_event(const PolyAccounts& accounts, const PolyTrade& trade, int viewer) {
  auto event = trade_row(accounts, trade, viewer);
  event["event_type"] = "trade";
  event["type"] = "TRADE";
  event["matchtime"] = event.at("match_time");
  event["timestamp"] = std::to_string(accounts.engine().now_ms());
  return event;
}

json::object posted_json(const PolyAccounts& accounts, const PolyPosted& posted) {
  const auto& order = *posted.order;
  const auto any = order.matched > Quantity{0};
  const auto money = any ? format_decimal(order.notional.value(), 6, 0) : std::string{};
  const auto shares = any ? poly_size(order.matched) : std::string{};
  return {{"success", true},
          {"errorMsg", ""},
          {"orderID", order.draft.hash},
          {"status", posted.status},
          {"makingAmount", order.draft.buys ? money : shares},
          {"takingAmount", order.draft.buys ? shares : money},
          {"tradeIDs", trade_ids(accounts, order)},
          {"transactionsHashes", json::array{}}};
}

} // namespace arbees::sim
