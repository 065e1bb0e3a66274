#include "tools/sim/poly_book.hpp"

#include <fmt/format.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>

namespace arbees::sim {

namespace json = boost::json;

namespace {

std::string sha1_hex(std::string_view text) {
  std::array<unsigned char, SHA_DIGEST_LENGTH> digest{};
  SHA1(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  std::string out;
  for (const auto byte : digest) {
    out += fmt::format("{:02x}", byte);
  }
  return out;
}

/// Best at the end, as live books come (fact sheet polymarket, section 2.2).
json::array rows(const std::vector<LadderLevel>& best_first) {
  json::array out;
  for (auto level = best_first.rbegin(); level != best_first.rend(); ++level) {
    out.push_back(
      json::object{{"price", poly_price(level->price)}, {"size", poly_size(level->size)}});
  }
  return out;
}

} // namespace

int seconds_delay(const Engine& engine, const PolyMarket& market) {
  return market.sports_type.empty() ? 0 : engine.slate().config.sports_delay_s;
}

int poly_rate_ppm(const Engine& engine, const PolyMarket& market) {
  const auto index = engine.slate().books[static_cast<std::size_t>(market.book)].market;
  return engine.fees().poly_rate_ppm(index, engine.steady_ms());
}

double poly_rate(const Engine& engine, const PolyMarket& market) {
  return poly_rate_ppm(engine, market) / 1'000'000.0;
}

Price token_price(int token, Price yes) {
  return token == 0 ? yes : complement(yes);
}

std::vector<LadderLevel>
token_levels(const Engine& engine, const PolyMarket& market, int token, BookSide side) {
  const auto& book = engine.book(market.book);
  if (token == 0) {
    return book.levels(side);
  }
  auto levels = book.levels(opposite(side));
  for (auto& level : levels) {
    level.price = complement(level.price);
  }
  return levels;
}

std::string poly_price(Price price) {
  return format_decimal(price.value(), 4, 1);
}
std::string poly_size(Quantity size) {
  return format_decimal(size.value(), 6, 0);
}

json::object token_book(const Engine& engine, const PolyMarket& market, int token) {
  const auto& status = engine.status(market.book);
  const auto last = status.last_price == price_zero ? std::string{}
                    : token == 0                    ? poly_price(status.last_price)
                                                    : poly_price(complement(status.last_price));
  json::object book{{"market", market.condition},
                    {"asset_id", market.tokens[static_cast<std::size_t>(token)]},
                    {"timestamp", std::to_string(engine.now_ms())},
                    {"hash", ""},
                    {"bids", rows(token_levels(engine, market, token, BookSide::bid))},
                    {"asks", rows(token_levels(engine, market, token, BookSide::ask))},
                    {"min_order_size", "5"},
                    {"tick_size", poly_price(status.tick)},
                    {"neg_risk", market.neg_risk},
                    {"last_trade_price", last}};
  book["hash"] = sha1_hex(json::serialize(book));
  return book;
}

} // namespace arbees::sim
