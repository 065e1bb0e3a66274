#include "tools/sim/clob_rest.hpp"

#include <algorithm>

#include "tools/sim/poly_book.hpp"

namespace arbees::sim {

namespace json = boost::json;

namespace {

constexpr std::size_t most_books = 500;

double number(Price price) {
  return price.value() / 10'000.0;
}

const PolyMarket& market_at(const Engine& engine, int index) {
  return engine.slate().poly_markets[static_cast<std::size_t>(index)];
}

UnixSeconds start_of(const Engine& engine, const PolyMarket& market) {
  return engine.slate().poly_events[static_cast<std::size_t>(market.event)].start;
}

HttpReply no_book() {
  return clob_error(404, "No orderbook exists for the requested token id");
}

/// One token of a market, as a request names it.
struct Token {
  const PolyMarket* market = nullptr;
  int index = 0;
};

/// A token and the side that came with it, which may be none.
struct AskedToken {
  Token token;
  std::string side{};
};

/// The tokens that the list in a body names, unknown ones left out; nothing if it is no such list.
std::optional<std::vector<AskedToken>>
read_tokens(const Engine& engine, const HttpRequest& request) {
  json::error_code failure;
  const auto asked = json::parse(request.body, failure);
  if (failure || !asked.is_array() || asked.get_array().size() > most_books) {
    return std::nullopt;
  }
  std::vector<AskedToken> tokens;
  for (const auto& item : asked.get_array()) {
    const auto* const object = item.if_object();
    const auto* const id = object != nullptr ? object->if_contains("token_id") : nullptr;
    if (id == nullptr || !id->is_string()) {
      return std::nullopt;
    }
    const auto* const side = object->if_contains("side");
    const auto [market, index] = engine.poly_token(id->get_string());
    if (market >= 0) {
      tokens.push_back(
        {{&market_at(engine, market), index},
         side != nullptr && side->is_string() ? std::string{side->get_string()} : std::string{}});
    }
  }
  return tokens;
}

HttpReply books(const Engine& engine, const HttpRequest& request) {
  const auto tokens = read_tokens(engine, request);
  if (!tokens) {
    return clob_error(400, "Invalid payload");
  }
  json::array out;
  for (const auto& [token, side] : *tokens) {
    out.push_back(token_book(engine, *token.market, token.index));
  }
  return reply(out);
}

std::optional<Price> best(const Engine& engine, const Token& token, BookSide side) {
  const auto levels = token_levels(engine, *token.market, token.index, side);
  return levels.empty() ? std::nullopt : std::optional{levels.front().price};
}

/// The answer of GET `/price`, `/midpoint`, `/spread` and `/last-trade-price`; a price needs a
/// side. Nothing if the book lacks a side that the answer needs, or the request names none.
std::optional<json::object>
quote(const Engine& engine, const Token& token, std::string_view path, std::string_view side) {
  if (path == "/last-trade-price") {
    const auto& status = engine.status(token.market->book);
    if (status.last_price == price_zero) {
      return json::object{{"price", "0.5"}, {"side", ""}};
    }
    const auto buys = (status.last_taker == BookSide::bid) == (token.index == 0);
    const auto price = token.index == 0 ? status.last_price : complement(status.last_price);
    return json::object{{"price", poly_price(price)}, {"side", buys ? "BUY" : "SELL"}};
  }
  const auto bid = best(engine, token, BookSide::bid);
  const auto ask = best(engine, token, BookSide::ask);
  if (path == "/price") { // a buyer's is the best bid (fact sheet polymarket, section 3.1)
    const auto& of = side == "BUY" ? bid : ask;
    const auto known = of && (side == "BUY" || side == "SELL");
    return known ? std::optional{json::object{{"price", poly_price(*of)}}} : std::nullopt;
  }
  if (!bid || !ask) {
    return std::nullopt;
  }
  if (path == "/spread") {
    return json::object{{"spread", poly_price(Price{ask->value() - bid->value()})}};
  }
  // Half a tick of the finest grid is 0.00005: one digit more than a Price has.
  return json::object{{"mid", format_decimal(5 * (bid->value() + ask->value()), 5, 1)}};
}

bool is_quote(std::string_view path) {
  return path == "/price" || path == "/midpoint" || path == "/spread"
         || path == "/last-trade-price";
}

/// Which quote a POST for several tokens asks for; empty if it is no such call.
std::string_view quote_of_many(std::string_view path) {
  return path == "/prices"               ? "/price"
         : path == "/midpoints"          ? "/midpoint"
         : path == "/spreads"            ? "/spread"
         : path == "/last-trades-prices" ? "/last-trade-price"
                                         : "";
}

/// The quotes of several tokens, by their ids. Tokens without one are left out.
HttpReply quotes(const Engine& engine, const HttpRequest& request, std::string_view path) {
  const auto wanted = read_tokens(engine, request);
  if (!wanted) {
    return clob_error(400, "Invalid payload");
  }
  json::object by_id;
  json::array listed;
  for (const auto& [token, side] : *wanted) {
    auto one = quote(engine, token, path, side);
    if (!one) {
      continue;
    }
    const auto& id = token.market->tokens[static_cast<std::size_t>(token.index)];
    if (path == "/price") {
      by_id[id] = json::object{{side, one->at("price")}};
    } else if (path == "/last-trade-price") {
      (*one)["token_id"] = id;
      listed.push_back(std::move(*one));
    } else {
      by_id[id] = one->begin()->value();
    }
  }
  return path == "/last-trade-price" ? reply(listed) : reply(by_id);
}

json::array tokens_json(const Engine& engine, const PolyMarket& market) {
  const auto& status = engine.status(market.book);
  json::array out;
  for (const std::size_t token : {0U, 1U}) {
    const auto bids = token_levels(engine, market, static_cast<int>(token), BookSide::bid);
    const auto asks = token_levels(engine, market, static_cast<int>(token), BookSide::ask);
    const auto known = !bids.empty() && !asks.empty();
    const auto mid = known ? (number(bids.front().price) + number(asks.front().price)) / 2 : 0.5;
    const auto pays = token_price(static_cast<int>(token), status.value);
    out.push_back(json::object{{"token_id", market.tokens[token]},
                               {"outcome", market.outcomes[token]},
                               {"price", status.decided ? number(pays) : mid},
                               {"winner", status.decided && pays == price_one}});
  }
  return out;
}

HttpReply verbose_market(const Engine& engine, const PolyMarket& market) {
  const auto& status = engine.status(market.book);
  return reply(json::object{{"enable_order_book", true},
                            {"active", true},
                            {"closed", status.decided},
                            {"archived", false},
                            {"accepting_orders", !status.decided},
                            {"minimum_order_size", 5},
                            {"minimum_tick_size", number(status.tick)},
                            {"condition_id", market.condition},
                            {"question", market.question},
                            {"market_slug", market.slug},
                            {"game_start_time", iso_seconds(start_of(engine, market))},
                            {"seconds_delay", seconds_delay(engine, market)},
                            {"maker_base_fee", 1000},
                            {"taker_base_fee", 1000},
                            {"neg_risk", market.neg_risk},
                            {"is_50_50_outcome", status.decided && status.value == Price{5000}},
                            {"tokens", tokens_json(engine, market)}});
}

/// The terse form; absent booleans mean false.
HttpReply terse_market(const Engine& engine, const PolyMarket& market) {
  const auto& status = engine.status(market.book);
  json::object out{{"c", market.condition},
                   {"t",
                    json::array{json::object{{"t", market.tokens[0]}, {"o", market.outcomes[0]}},
                                json::object{{"t", market.tokens[1]}, {"o", market.outcomes[1]}}}},
                   {"mts", number(status.tick)},
                   {"mos", 5},
                   {"fd", json::object{{"r", poly_rate(engine, market)}, {"e", 1}, {"to", true}}},
                   {"mbf", 1000},
                   {"tbf", 1000},
                   {"r", nullptr}, // no rewards
                   {"sd", seconds_delay(engine, market)},
                   {"gst", iso_seconds(start_of(engine, market))}};
  if (!status.decided) {
    out["ao"] = true;
  }
  if (market.neg_risk) {
    out["nr"] = true;
  }
  if (!market.sports_type.empty()) {
    out["itode"] = true;
    out["cbos"] = true;
  }
  return reply(out);
}

std::optional<HttpReply> of_token(const Engine& engine, const HttpRequest& request) {
  const auto path = std::string_view{request.path};
  const auto by_path = after(path, "/markets-by-token/");
  const auto [index, token] = engine.poly_token(by_path ? *by_path : request.parameter("token_id"));
  const auto found = index >= 0;
  if (by_path) {
    if (!found) {
      return clob_error(404, "market not found");
    }
    const auto& market = market_at(engine, index);
    return reply(json::object{{"condition_id", market.condition},
                              {"primary_token_id", market.tokens[0]},
                              {"secondary_token_id", market.tokens[1]}});
  }
  if (path != "/book" && path != "/tick-size" && path != "/neg-risk" && path != "/fee-rate"
      && !is_quote(path)) {
    return std::nullopt;
  }
  if (!found) {
    return no_book();
  }
  const auto& market = market_at(engine, index);
  if (path == "/book") {
    return reply(token_book(engine, market, token));
  }
  if (is_quote(path)) {
    const auto answer = quote(engine, {&market, token}, path, request.parameter("side"));
    return answer ? reply(*answer) : no_book();
  }
  if (path == "/tick-size") {
    return reply(json::object{{"minimum_tick_size", number(engine.status(market.book).tick)}});
  }
  if (path == "/neg-risk") {
    return reply(json::object{{"neg_risk", market.neg_risk}});
  }
  return reply(json::object{{"base_fee", poly_rate_ppm(engine, market) > 0 ? 1000 : 0}});
}

} // namespace

HttpReply clob_error(unsigned status, std::string_view text) {
  return reply(json::object{{"error", text}}, status);
}

std::optional<HttpReply> clob_public(const Engine& engine, const HttpRequest& request) {
  const auto path = std::string_view{request.path};
  if (request.method == "POST") {
    if (const auto of_each = quote_of_many(path); !of_each.empty()) {
      return quotes(engine, request, of_each);
    }
    return path == "/books" ? std::optional{books(engine, request)} : std::nullopt;
  }
  if (request.method != "GET") {
    return std::nullopt;
  }
  if (path == "/ok" || path == "/") {
    return reply("OK");
  }
  if (path == "/time") {
    return reply(engine.now());
  }
  if (path == "/version") {
    return reply(json::object{{"version", 2}});
  }
  for (const auto terse : {true, false}) {
    if (const auto condition = after(path, terse ? "/clob-markets/" : "/markets/")) {
      const auto index = engine.poly_market(*condition);
      if (index < 0) {
        return clob_error(404, "market not found");
      }
      const auto& market = market_at(engine, index);
      return terse ? terse_market(engine, market) : verbose_market(engine, market);
    }
  }
  return of_token(engine, request);
}

} // namespace arbees::sim
