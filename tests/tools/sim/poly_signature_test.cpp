#include "tools/sim/poly_signature.hpp"
#include "tests/bridges/polymarket/polymarket_vectors.hpp"

namespace arbees::sim {

namespace json = boost::json;

namespace {

/// The signed fields out of the body that the official client posts.
PostedOrder posted(const json::value& body) {
  const auto& order = body.at("order");
  return {.salt = static_cast<std::uint64_t>(order.at("salt").as_int64()),
          .maker = *parse_address(text_at(order, "/maker")),
          .signer = *parse_address(text_at(order, "/signer")),
          .token = *parse_uint256(text_at(order, "/tokenId")),
          .maker_amount = std::stoll(text_at(order, "/makerAmount")),
          .taker_amount = std::stoll(text_at(order, "/takerAmount")),
          .buys = text_at(order, "/side") == "BUY",
          .signature_type = static_cast<int>(order.at("signatureType").as_int64()),
          .timestamp_ms = std::stoll(text_at(order, "/timestamp")),
          .metadata = *parse_word(text_at(order, "/metadata")),
          .builder = *parse_word(text_at(order, "/builder"))};
}

PolyExchange exchange_of(const json::value& input) {
  if (input.at("exchange_version").as_int64() == 3) {
    return PolyExchange::v3;
  }
  return input.at("neg_risk").as_bool() ? PolyExchange::negative_risk_v2 : PolyExchange::regular_v2;
}

} // namespace

TEST_CASE("the simulator recovers the signer of every order of the official client", "[sim]") {
  for (const auto& vector : polymarket_vectors().at("orders").as_array()) {
    CAPTURE(text_at(vector, "/name"));
    const auto body = json::parse(text_at(vector, "/expected/post_body"));
    const auto order = posted(body);
    const auto exchange = exchange_of(vector.at("input"));
    const auto signature = text_at(body, "/order/signature");
    const auto signer = parse_address(text_at(vector, "/expected/recovered_address"));
    CHECK(to_hex(order_digest(order, exchange)) == text_at(vector, "/expected/order_hash"));
    CHECK(order_signer(order, exchange, signature) == signer);

    SECTION("of no other exchange") {
      for (const auto other :
           {PolyExchange::regular_v2, PolyExchange::negative_risk_v2, PolyExchange::v3}) {
        if (other != exchange) {
          CHECK(order_signer(order, other, signature) != signer);
        }
      }
    }
    SECTION("of no other field") {
      auto dearer = order;
      ++dearer.maker_amount;
      auto turned = order;
      turned.buys = !turned.buys;
      auto later = order;
      ++later.timestamp_ms;
      auto other_salt = order;
      other_salt.salt ^= 1;
      for (const auto& changed : {dearer, turned, later, other_salt}) {
        CHECK(order_signer(changed, exchange, signature) != signer);
      }
    }
    SECTION("of no damaged signature") {
      for (const auto at : {4U, 70U, 100U}) {
        auto damaged = signature;
        damaged[at] = damaged[at] == '0' ? '1' : '0';
        CHECK(order_signer(order, exchange, damaged) != signer);
      }
      CHECK_FALSE(order_signer(order, exchange, signature.substr(0, signature.size() - 2)));
      CHECK_FALSE(order_signer(order, exchange, "0x"));
    }
  }
}

TEST_CASE("a deposit wallet's envelope must be about this order and exchange", "[sim]") {
  for (const auto& vector : polymarket_vectors().at("orders").as_array()) {
    if (vector.at("input").at("signature_type").as_int64() != 3) {
      continue;
    }
    const auto body = json::parse(text_at(vector, "/expected/post_body"));
    auto signature = text_at(body, "/order/signature");
    // Behind the inner signature stand separator, hash, type string and its length.
    for (const auto byte : {65U, 97U, 129U, 315U}) {
      auto damaged = signature;
      auto& digit = damaged[2 + 2 * byte];
      digit = digit == '0' ? '1' : '0';
      CHECK_FALSE(order_signer(posted(body), PolyExchange::regular_v2, damaged));
    }
  }
}

TEST_CASE("a signature with a high s is refused as the contract refuses it", "[sim]") {
  const auto& vector = polymarket_vectors().at("orders").as_array().front();
  const auto body = json::parse(text_at(vector, "/expected/post_body"));
  auto bytes = *parse_hex_bytes(text_at(body, "/order/signature"), 65);
  // n - s, with the other parity, recovers to the same key.
  constexpr std::array<std::uint8_t, 32> n{0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
                                           0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFE,
                                           0xBA, 0xAE, 0xDC, 0xE6, 0xAF, 0x48, 0xA0, 0x3B,
                                           0xBF, 0xD2, 0x5E, 0x8C, 0xD0, 0x36, 0x41, 0x41};
  auto borrow = 0;
  for (auto i = 31; i >= 0; --i) {
    const auto at = static_cast<std::size_t>(i);
    auto digit = n[at] - bytes[32 + at] - borrow;
    borrow = digit < 0 ? 1 : 0;
    bytes[32 + at] = static_cast<std::uint8_t>(digit + 256 * borrow);
  }
  bytes[64] = bytes[64] == 27 ? 28 : 27;
  EthereumSignature twin{};
  std::copy(bytes.begin(), bytes.end(), twin.begin());
  const auto order = posted(body);
  REQUIRE(recover(order_digest(order, PolyExchange::regular_v2), twin)
          == parse_address(text_at(vector, "/expected/recovered_address")));
  CHECK_FALSE(order_signer(order, PolyExchange::regular_v2, to_hex(bytes)));
}

TEST_CASE("the simulator recovers who logged in", "[sim]") {
  for (const auto& vector : polymarket_vectors().at("clob_auth").as_array()) {
    const auto address = *parse_address(text_at(vector, "/expected/headers/POLY_ADDRESS"));
    const auto stamp = text_at(vector, "/input/timestamp_s");
    const auto signature = text_at(vector, "/expected/signature");
    CHECK(login_signer(address, stamp, 0, signature) == address);
    CHECK(login_signer(address, stamp, 1, signature) != address);
    CHECK(login_signer(address, stamp + "0", 0, signature) != address);
    CHECK_FALSE(login_signer(address, stamp, 0, "0x00"));
  }
}

TEST_CASE("the simulator expects the HMAC that the official client sends", "[sim]") {
  for (const auto& vector : polymarket_vectors().at("hmac_l2").as_array()) {
    const auto& input = vector.at("input");
    const auto body = input.at("body").is_string() ? text_at(input, "/body") : std::string{};
    CHECK(expected_hmac(text_at(input, "/secret_base64url"), text_at(input, "/timestamp_s"),
                        text_at(input, "/method"), text_at(input, "/request_path"), body)
          == text_at(vector, "/expected/poly_signature"));
  }
}

} // namespace arbees::sim
