#pragma once

#include <boost/json.hpp>
#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>

#include "bridges/polymarket/polymarket_order_signer.hpp"

namespace arbees {

/// What Polymarket's official client signs and sends (venues/polymarket.md section 6).
inline const boost::json::object& polymarket_vectors() {
  static const auto vectors = [] {
    std::ifstream file{ARBEES_TEST_DATA "/polymarket-vectors.json"};
    REQUIRE(file);
    std::ostringstream text;
    text << file.rdbuf();
    return boost::json::parse(text.str());
  }();
  return vectors.as_object();
}

inline std::string text_at(const boost::json::value& value, const char* pointer) {
  return std::string{value.at_pointer(pointer).as_string()};
}

inline WalletKey key_of(const std::string& hex) {
  auto key = WalletKey::parse(Secret{hex});
  REQUIRE(key);
  return std::move(*key);
}

inline constexpr const char* first_key =
  "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";

inline Action action_of(const std::string& side) {
  return side == "BUY" ? Action::buy : Action::sell;
}

inline OrderAmounts amounts_of(const boost::json::value& input) {
  const auto tick = *parse_price(text_at(input, "/tick_size"));
  const auto price = *parse_price(text_at(input, "/price"));
  const auto action = action_of(text_at(input, "/side"));
  const auto limit = text_at(input, "/kind") == "limit";
  const auto amount = text_at(input, limit ? "/size" : "/amount");
  const auto amounts = limit || action == Action::sell
                         ? limit_amounts(action, price, *parse_quantity(amount), tick)
                         : market_buy_amounts(*parse_money(amount), price, tick);
  REQUIRE(amounts);
  return *amounts;
}

/// The signer and the order of one vector, from its inputs alone.
struct Made {
  PolymarketOrderSigner signer;
  SignedPolymarketOrder made;
};

inline Made sign_vector(const boost::json::value& input) {
  auto key = key_of(text_at(input, "/private_key"));
  const auto own = key.address();
  const PolymarketAccount account{.funder = *parse_address(text_at(input, "/funder")),
                                  .type = static_cast<SignatureType>(
                                    input.at("signature_type").as_int64())};
  auto signer = PolymarketOrderSigner::make(std::move(key), account);
  REQUIRE(signer);
  const auto wallet = account.type == SignatureType::deposit_wallet;
  const auto made = signer->sign({.salt = static_cast<std::uint64_t>(input.at("salt").as_int64()),
                                  .maker = account.funder,
                                  .signer = wallet ? account.funder : own,
                                  .token_id = text_at(input, "/token_id"),
                                  .amounts = amounts_of(input),
                                  .side = action_of(text_at(input, "/side")),
                                  .signature_type = account.type,
                                  .timestamp_ms = std::stoll(text_at(input, "/timestamp_ms")),
                                  .metadata = *parse_word(text_at(input, "/metadata")),
                                  .builder = *parse_word(text_at(input, "/builder"))},
                                 {.tick = *parse_price(text_at(input, "/tick_size")),
                                  .negative_risk = input.at("neg_risk").as_bool(),
                                  .exchange = static_cast<ExchangeVersion>(
                                    input.at("exchange_version").as_int64())});
  REQUIRE(made);
  return {std::move(*signer), *made};
}

} // namespace arbees
