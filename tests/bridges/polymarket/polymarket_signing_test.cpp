#include <fmt/format.h>
#include <catch2/catch.hpp>

#include <sstream>
#include <type_traits>

#include "bridges/polymarket/polymarket_auth.hpp"
#include "bridges/polymarket/polymarket_order_signer.hpp"
#include "tests/bridges/polymarket/polymarket_vectors.hpp"

using namespace arbees;

namespace {

std::string header(const HttpHeaders& headers, std::string_view name) {
  for (const auto& [key, value] : headers) {
    if (key == name) {
      return value;
    }
  }
  return {};
}

OrderIntent intent() {
  OrderIntent order;
  order.client_order_id = "a-1";
  order.ref.venue = Venue::polymarket;
  order.ref.tokens = {"11", "22"};
  order.limit = Price{5000};
  order.quantity = Quantity{10'000'000};
  return order;
}

} // namespace

TEST_CASE("orders are signed as the official client signs them") {
  const auto& vectors = polymarket_vectors().at("orders").as_array();
  CHECK(vectors.size() == 10);
  for (const auto& vector : vectors) {
    CAPTURE(text_at(vector, "/name"));
    const auto [signer, made] = sign_vector(vector.at("input"));
    CHECK(std::to_string(made.order.amounts.maker) == text_at(vector, "/order/makerAmount"));
    CHECK(std::to_string(made.order.amounts.taker) == text_at(vector, "/order/takerAmount"));
    CHECK(made.order_id == text_at(vector, "/expected/order_hash"));
    CHECK(made.signature == text_at(vector, "/expected/signature"));
    if (made.order.signature_type != SignatureType::deposit_wallet) {
      EthereumSignature raw{};
      const auto bytes = parse_hex_bytes(made.signature, raw.size());
      REQUIRE(bytes);
      std::copy(bytes->begin(), bytes->end(), raw.begin());
      CHECK(recover(made.hash, raw) == signer.key().address());
      raw[10] ^= 1U;
      CHECK(recover(made.hash, raw) != signer.key().address());
    }
  }
}

TEST_CASE("the domains are those of the live contracts") {
  const auto& domains = polymarket_vectors().at("orders").as_array();
  for (const auto& vector : domains) {
    const auto& domain = vector.at("domain");
    const auto separator =
      domain_separator({.name = text_at(domain, "/name"),
                        .version = text_at(domain, "/version"),
                        .chain_id = static_cast<std::uint64_t>(domain.at("chainId").as_int64()),
                        .contract = parse_address(text_at(domain, "/verifyingContract"))});
    CHECK(to_hex(separator) == text_at(vector, "/expected/domain_separator"));
  }
}

TEST_CASE("an L1 log-in is signed as the official client signs it") {
  const auto& vector = polymarket_vectors().at("clob_auth").as_array().at(0);
  const auto& input = vector.at("input");
  const auto headers = l1_headers(key_of(text_at(input, "/private_key")),
                                  static_cast<std::uint64_t>(input.at("chain_id").as_int64()),
                                  std::stoll(text_at(input, "/timestamp_s")),
                                  static_cast<std::uint64_t>(input.at("nonce").as_int64()));
  const auto& expected = vector.at("expected").at("headers").as_object();
  CHECK(headers.size() == expected.size());
  for (const auto& [name, value] : expected) {
    CHECK(header(headers, name) == std::string{value.as_string()});
  }
}

TEST_CASE("the values that upstream publishes are reproduced") {
  const auto& published = polymarket_vectors().at("published_upstream");
  const auto& login = published.at("clob_auth_amoy");
  const auto headers =
    l1_headers(key_of(text_at(login, "/private_key")),
               static_cast<std::uint64_t>(login.at("chain_id").as_int64()),
               login.at("timestamp_s").is_string() ? std::stoll(text_at(login, "/timestamp_s"))
                                                   : login.at("timestamp_s").as_int64(),
               static_cast<std::uint64_t>(login.at("nonce").as_int64()));
  CHECK(header(headers, "POLY_SIGNATURE") == text_at(login, "/signature"));

  const auto& mac = published.at("hmac");
  const auto mac_key = decode_base64(Secret{text_at(mac, "/secret")});
  REQUIRE(mac_key);
  const auto at = mac.at("timestamp_s").is_string() ? std::stoll(text_at(mac, "/timestamp_s"))
                                                    : mac.at("timestamp_s").as_int64();
  CHECK(l2_signature(*mac_key, at, text_at(mac, "/method"), text_at(mac, "/request_path"),
                     text_at(mac, "/body"))
        == text_at(mac, "/poly_signature"));
}

TEST_CASE("private calls carry the official client's headers") {
  const auto& vectors = polymarket_vectors().at("hmac_l2").as_array();
  CHECK(vectors.size() == 3);
  for (const auto& vector : vectors) {
    CAPTURE(text_at(vector, "/name"));
    const auto& input = vector.at("input");
    const auto credentials =
      ApiCredentials::make(*parse_address(text_at(input, "/address")), text_at(input, "/api_key"),
                           Secret{text_at(input, "/secret_base64url")},
                           Secret{text_at(input, "/passphrase")});
    REQUIRE(credentials);
    const auto body = input.at("body").is_null() ? "" : text_at(input, "/body");
    // A query must not change the signature.
    for (const auto* const query : {"", "?market=0x1"}) {
      const auto headers = credentials->l2_headers(std::stoll(text_at(input, "/timestamp_s")),
                                                   text_at(input, "/method"),
                                                   text_at(input, "/request_path") + query, body);
      const auto& expected = vector.at("expected").at("headers").as_object();
      CHECK(headers.size() == expected.size());
      for (const auto& [name, value] : expected) {
        CHECK(header(headers, name) == std::string{value.as_string()});
      }
    }
  }
}

TEST_CASE("amounts are those of the official client") {
  const auto& cases = polymarket_vectors().at("amount_cases").as_array();
  CHECK(cases.size() == 21);
  for (const auto& c : cases) {
    CAPTURE(boost::json::serialize(c));
    const auto amounts = amounts_of(c);
    CHECK(std::to_string(amounts.maker) == text_at(c, "/maker_amount"));
    CHECK(std::to_string(amounts.taker) == text_at(c, "/taker_amount"));
  }
}

TEST_CASE("the decimals of amounts follow the tick as the official client's table says") {
  for (const auto& [tick, rule] : polymarket_vectors().at("rounding_config").as_object()) {
    CAPTURE(std::string{tick});
    CHECK(amount_decimals(*parse_price(std::string{tick})) == rule.at("amount").as_int64());
  }
  CHECK_FALSE(amount_decimals(Price{20}));
  CHECK_FALSE(amount_decimals(Price{0}));
}

TEST_CASE("prices off the grid and amounts of nothing make no order") {
  struct Case {
    std::int32_t price;
    std::int64_t quantity;
    std::int32_t tick;
    bool fine;
  };
  const auto c = GENERATE(values<Case>({
    {100, 1'000'000, 100, true},
    {9900, 1'000'000, 100, true},
    {0, 1'000'000, 100, false},
    {10'000, 1'000'000, 100, false},
    {99, 1'000'000, 100, false},
    {150, 1'000'000, 100, false},
    {25, 10'000, 25, true},
    {9975, 10'000, 25, true},
    {9976, 10'000, 25, false},
    {5000, 10'000, 100, true},
    {5000, 9'999, 100, false},
    {5000, 0, 100, false},
    {5000, -1'000'000, 100, false},
    {5000, 1'000'000, 0, false},
    {5000, 1'000'000, -100, false},
  }));
  CAPTURE(c.price, c.quantity, c.tick);
  for (const auto action : {Action::buy, Action::sell}) {
    CHECK(
      static_cast<bool>(limit_amounts(action, Price{c.price}, Quantity{c.quantity}, Price{c.tick}))
      == c.fine);
  }
}

TEST_CASE("market buys of nothing or of more than anyone has are refused") {
  const auto dollars = GENERATE(as<std::int64_t>{}, 0, -1, 9'999, 100'000'000'000'001);
  CHECK_FALSE(market_buy_amounts(Money{dollars}, Price{1}, Price{1}));
}

TEST_CASE("an immediate buy spends whole cents, other orders need not") {
  auto order = intent();
  order.limit = Price{3300};
  order.quantity = Quantity{15'550'000}; // 5.1315 dollars
  CHECK_FALSE(order_amounts(order, Price{100}));
  order.time_in_force = TimeInForce::fill_or_kill;
  CHECK_FALSE(order_amounts(order, Price{100}));
  order.time_in_force = TimeInForce::good_till_cancelled;
  CHECK(order_amounts(order, Price{100}) == OrderAmounts{5'131'500, 15'550'000});
  order.time_in_force = TimeInForce::immediate_or_cancel;
  order.action = Action::sell;
  CHECK(order_amounts(order, Price{100}) == OrderAmounts{15'550'000, 5'131'500});
  order.action = Action::buy;
  order.quantity = Quantity{15'000'000}; // 4.95
  CHECK(order_amounts(order, Price{100}) == OrderAmounts{4'950'000, 15'000'000});
  order.quantity = Quantity{15'000'001};
  CHECK_FALSE(order_amounts(order, Price{100}));
}

TEST_CASE("an intent becomes an order of the side's token") {
  auto key = key_of(first_key);
  const auto own = key.address();
  const auto funder = *parse_address("0x70997970C51812dc3A010C7d01b50e0d17dc79C8");
  const auto type =
    GENERATE(SignatureType::proxy, SignatureType::safe, SignatureType::deposit_wallet);
  const auto signer = PolymarketOrderSigner::make(std::move(key), {.funder = funder, .type = type});
  REQUIRE(signer);
  auto order = intent();
  order.side = Side::no;
  order.action = Action::sell;
  const PolymarketTerms terms{.tick = Price{100}};
  const auto made = signer->sign(order, terms, from_ms(1'780'000'000'123));
  REQUIRE(made);
  CHECK(made->order.token_id == "22");
  CHECK(made->order.maker == funder);
  CHECK(made->order.signer == (type == SignatureType::deposit_wallet ? funder : own));
  CHECK(made->order.amounts == OrderAmounts{10'000'000, 5'000'000});
  CHECK(made->order.timestamp_ms == 1'780'000'000'123);
  CHECK(made->order.salt == order_salt("a-1"));

  // The same intent gives the same bytes after a restart, another attempt another order.
  const auto again = signer->sign(order, terms, from_ms(1'780'000'000'123));
  REQUIRE(again);
  CHECK(again->signature == made->signature);
  CHECK(again->order_id == made->order_id);
  order.client_order_id = "a-2";
  const auto other = signer->sign(order, terms, from_ms(1'780'000'000'123));
  REQUIRE(other);
  CHECK(other->order_id != made->order_id);

  // The wrong contract would make it another order.
  const auto negative_risk =
    signer->sign(order, {.tick = Price{100}, .negative_risk = true}, from_ms(1'780'000'000'123));
  REQUIRE(negative_risk);
  CHECK(negative_risk->order_id != other->order_id);

  order.ref.tokens[1] = "";
  CHECK_FALSE(signer->sign(order, terms, from_ms(1)));
  order.ref.tokens[1] = "22";
  order.ref.venue = Venue::kalshi;
  CHECK_FALSE(signer->sign(order, terms, from_ms(1)));
}

TEST_CASE("salts are exact as JSON numbers") {
  for (const auto* const id : {"", "a", "a-0123456789abcdef-1-open-0", "b", "c", "d"}) {
    CHECK(order_salt(id) < (std::uint64_t{1} << 53U));
  }
  CHECK(order_salt("a") != order_salt("b"));
}

TEST_CASE("a funder that does not suit the kind of wallet is refused") {
  const auto other = *parse_address("0x70997970C51812dc3A010C7d01b50e0d17dc79C8");
  auto key = key_of(first_key);
  const auto own = key.address();
  CHECK_FALSE(
    PolymarketOrderSigner::make(key_of(first_key), {.funder = other, .type = SignatureType::eoa}));
  CHECK_FALSE(PolymarketOrderSigner::make(key_of(first_key),
                                          {.funder = own, .type = SignatureType::deposit_wallet}));
  CHECK(
    PolymarketOrderSigner::make(key_of(first_key), {.funder = own, .type = SignatureType::eoa}));
}

TEST_CASE("bad wallet keys are refused without a word of them") {
  const auto text = GENERATE(as<std::string>{}, "", "0x",
                             "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff8",
                             "zc0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80",
                             "0000000000000000000000000000000000000000000000000000000000000000",
                             "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141");
  CAPTURE(text);
  const auto key = WalletKey::parse(Secret{text});
  REQUIRE_FALSE(key);
  CHECK(key.error() == Errc::bad_credential);
  CHECK(describe(key.error()).find("0974") == std::string::npos);
}

TEST_CASE("secrets can be neither copied nor printed") {
  STATIC_REQUIRE_FALSE(std::is_copy_constructible_v<WalletKey>);
  STATIC_REQUIRE_FALSE(std::is_copy_constructible_v<Secret>);
  STATIC_REQUIRE_FALSE(std::is_copy_constructible_v<ApiCredentials>);
  STATIC_REQUIRE_FALSE(fmt::is_formattable<WalletKey>::value);
  STATIC_REQUIRE_FALSE(fmt::is_formattable<Secret>::value);
  STATIC_REQUIRE_FALSE(fmt::is_formattable<ApiCredentials>::value);
}

TEST_CASE("base64 is read in either alphabet, padded or not") {
  struct Case {
    std::string text;
    std::string hex;
  };
  const auto c = GENERATE(values<Case>({
    {"AA==", "0x00"},
    {"AA", "0x00"},
    {"-_8=", "0xfbff"},
    {"+/8", "0xfbff"},
    {"AAEC", "0x000102"},
    {"", "0x"},
  }));
  CAPTURE(c.text);
  const auto bytes = decode_base64(Secret{c.text});
  REQUIRE(bytes);
  CHECK(to_hex(bytes->bytes()) == c.hex);
}

TEST_CASE("what is not base64 makes no credentials") {
  const auto text = GENERATE(as<std::string>{}, "A", "AAAAA", "A===", "AA=", "A A=", "AA=A", "A*",
                             "====", "AA==\n");
  CAPTURE(text);
  CHECK_FALSE(decode_base64(Secret{text}));
  const auto credentials = ApiCredentials::make({}, "key", Secret{text}, Secret{"pass"});
  REQUIRE_FALSE(credentials);
  CHECK(credentials.error() == Errc::bad_credential);
}

TEST_CASE("parts that could start another header make no credentials") {
  CHECK_FALSE(ApiCredentials::make({}, "a\r\nX: y", Secret{"AAAA"}, Secret{"pass"}));
  CHECK_FALSE(ApiCredentials::make({}, "", Secret{"AAAA"}, Secret{"pass"}));
  CHECK_FALSE(ApiCredentials::make({}, "a", Secret{""}, Secret{"pass"}));
  CHECK_FALSE(ApiCredentials::make({}, "a", Secret{"AAAA"}, Secret{"p\n"}));
}

TEST_CASE("the answer of a log-in becomes credentials") {
  const auto credentials =
    ApiCredentials::decode({}, R"({"apiKey":"k-1","secret":"AAAA","passphrase":"p"})");
  REQUIRE(credentials);
  CHECK(credentials->api_key() == "k-1");
  CHECK(credentials->user_subscription({}).reveal()
        == R"({"type":"user","auth":{"apiKey":"k-1","secret":"AAAA","passphrase":"p"}})");
  CHECK(credentials->user_subscription({"0x1", "0x2"}).reveal()
        == R"({"type":"user","auth":{"apiKey":"k-1","secret":"AAAA","passphrase":"p"},)"
           R"("markets":["0x1","0x2"]})");
}

TEST_CASE("rubbish instead of credentials is refused without a word of it") {
  const auto* const body = GENERATE("", "[]", "null", R"({"apiKey":"k"})", R"({"apiKey":7})",
                                    R"({"apiKey":"k","secret":"*hidden*","passphrase":"p"})",
                                    R"({"apiKey":"k","secret":"AAAA","passphrase":["hidden"]})");
  const auto credentials = ApiCredentials::decode({}, body);
  REQUIRE_FALSE(credentials);
  CHECK(describe(credentials.error()).find("hidden") == std::string::npos);
}

TEST_CASE("a token's id tells which exchange settles it") {
  for (const auto& order : polymarket_vectors().at("orders").as_array()) {
    const auto& input = order.at("input");
    CHECK(static_cast<std::int64_t>(exchange_of(text_at(input, "/token_id")))
          == input.at("exchange_version").as_int64());
  }
  CHECK(exchange_of("no number") == ExchangeVersion::v2);
}
