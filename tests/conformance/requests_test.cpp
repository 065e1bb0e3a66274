#include <fmt/format.h>

#include <boost/json.hpp>
#include <catch2/catch.hpp>
#include <fstream>

#include "bridges/kalshi/kalshi_order_codec.hpp"
#include "bridges/kalshi/kalshi_signer.hpp"
#include "bridges/polymarket/polymarket_auth.hpp"
#include "bridges/polymarket/polymarket_order_codec.hpp"
#include "tests/conformance/node.hpp"

// What arbees would send, written down for the venues' own code to judge. The scripts build the
// same requests with the official clients from the inputs alone.

using namespace arbees;
using namespace arbees::test;

namespace json = boost::json;

namespace {

constexpr Timestamp written_at = from_ms(1'795'226'400'123);

json::object headers_json(const HttpHeaders& headers) {
  json::object out;
  for (const auto& [name, value] : headers) {
    out[name] = value;
  }
  return out;
}

std::string_view name(TimeInForce force) {
  return force == TimeInForce::immediate_or_cancel ? "immediate_or_cancel"
         : force == TimeInForce::fill_or_kill      ? "fill_or_kill"
                                                   : "good_till_canceled";
}

/// The inputs of an order, as the trader thinks of them.
json::object intent_json(const OrderIntent& order) {
  return {{"client_order_id", order.client_order_id},
          {"ticker", order.ref.native_id},
          {"exchange_index", order.exchange_index},
          {"outcome", order.side == Side::yes ? "yes" : "no"},
          {"action", order.action == Action::buy ? "buy" : "sell"},
          {"limit", to_string(order.limit)},
          {"quantity", to_string(order.quantity)},
          {"time_in_force", name(order.time_in_force)}};
}

void write(const std::filesystem::path& path, const json::value& value) {
  std::ofstream file{path};
  file << json::serialize(value);
  file.close();
  REQUIRE(file);
}

// --- Kalshi ---

/// A request as arbees sends it: `call` is the name of what the official client calls it.
struct Sent {
  std::string call;
  std::string method;
  std::string target; ///< behind /trade-api/v2
  std::string body{};
  json::object input{};
};

json::object signed_json(const Sent& sent, const KalshiSigner& signer) {
  const auto path = "/trade-api/v2" + sent.target.substr(0, sent.target.find('?'));
  const auto headers = signer.headers(written_at, sent.method, path);
  REQUIRE(headers);
  return {{"call", sent.call}, {"method", sent.method}, {"target", sent.target},
          {"body", sent.body}, {"input", sent.input},   {"headers", headers_json(*headers)}};
}

OrderIntent kalshi_intent(Side side, Action action, TimeInForce force) {
  return {.client_order_id = fmt::format("a1-{}-{}-{}", static_cast<int>(side),
                                         static_cast<int>(action), static_cast<int>(force)),
          .ref = {.venue = Venue::kalshi, .native_id = "KXNBAGAME-26NOV22LALBOS-BOS"},
          .exchange_index = 3,
          .side = side,
          .action = action,
          .limit = Price{3705},
          .quantity = Quantity{12'340'000},
          .time_in_force = force};
}

std::vector<Sent> kalshi_creates() {
  std::vector<Sent> all;
  for (const auto side : {Side::yes, Side::no}) {
    for (const auto action : {Action::buy, Action::sell}) {
      for (const auto force : {TimeInForce::immediate_or_cancel, TimeInForce::fill_or_kill,
                               TimeInForce::good_till_cancelled}) {
        const auto order = kalshi_intent(side, action, force);
        KalshiOrderOptions options;
        auto input = intent_json(order);
        if (force == TimeInForce::good_till_cancelled) {
          options.post_only = options.cancel_order_on_pause = true;
          options.expires_at = written_at + std::chrono::hours{1};
          options.self_trade = KalshiSelfTrade::maker;
          input["expires_s"] = to_ms(*options.expires_at) / 1000;
        }
        options.reduce_only = force == TimeInForce::immediate_or_cancel && action == Action::sell;
        input["reduce_only"] = options.reduce_only;
        const auto body = encode_kalshi_create(order, options);
        REQUIRE(body);
        all.push_back({"createOrderV2", "POST", std::string{kalshi_orders_target}, *body, input});
      }
    }
  }
  return all;
}

std::vector<Sent> kalshi_others() {
  const std::string id = "3f1b2a60-90ab-4cde-8f01-23456789abcd";
  const auto order = kalshi_intent(Side::no, Action::buy, TimeInForce::good_till_cancelled);
  const auto amend = encode_kalshi_amend(order, {id, order.client_order_id + "-2", Price{4100},
                                                 Quantity{7'000'000}});
  REQUIRE(amend);
  auto amended = intent_json(order);
  amended["order_id"] = id;
  amended["limit"] = "0.4100";
  amended["quantity"] = "7";
  amended["updated_client_order_id"] = order.client_order_id + "-2";
  return {{"amendOrderV2", "POST", kalshi_amend_target(id), *amend, amended},
          {"cancelOrderV2", "DELETE", kalshi_cancel_target(id, 3), {}, {{"order_id", id}}},
          {"cancelAllOrders", "DELETE", kalshi_cancel_all_target(0)},
          {"getBalance", "GET", "/portfolio/balance"},
          {"getExchangeStatus", "GET", "/exchange/status"}};
}

// --- Polymarket ---

constexpr const char* token_one =
  "58061433951033558564409402691659411727481567832500588762226814258983730096697";
constexpr const char* token_two =
  "63884532781937617340001295180386920201377350521151039608190781506645955955894";
constexpr const char* condition =
  "0xeffc025fbadbfa38aef6f55893a92ea96fd4bb24873e149a159fd19d8ad334c1";
constexpr const char* api_key = "0b2e7a14-8f0e-4b8e-9a55-6a1d2c3b4e5f";

/// An order's terms and numbers.
struct Deal {
  Price tick;
  Side side;
  Action action;
  Price limit;
  Quantity quantity;
  TimeInForce force;
};

const std::vector<Deal>& deals() {
  constexpr auto rests = TimeInForce::good_till_cancelled;
  constexpr auto ioc = TimeInForce::immediate_or_cancel;
  constexpr auto fok = TimeInForce::fill_or_kill;
  static const std::vector<Deal> all{
    {Price{100}, Side::yes, Action::buy, Price{5200}, Quantity{100'000'000}, rests},
    {Price{100}, Side::no, Action::sell, Price{9900}, Quantity{12'340'000}, rests},
    {Price{10}, Side::yes, Action::sell, Price{4870}, Quantity{7'770'000}, rests},
    {Price{1}, Side::no, Action::buy, Price{1234}, Quantity{5'010'000}, rests},
    {Price{25}, Side::yes, Action::buy, Price{3025}, Quantity{6'660'000}, rests},
    {Price{50}, Side::yes, Action::sell, Price{6050}, Quantity{9'990'000}, rests},
    {Price{1000}, Side::no, Action::buy, Price{7000}, Quantity{55'550'000}, rests},
    {Price{100}, Side::yes, Action::buy, Price{5000}, Quantity{24'680'000}, ioc},
    {Price{10}, Side::no, Action::buy, Price{3750}, Quantity{16'000'000}, fok},
    {Price{100}, Side::no, Action::sell, Price{1300}, Quantity{33'330'000}, ioc},
    {Price{10}, Side::yes, Action::sell, Price{8910}, Quantity{21'010'000}, fok},
  };
  return all;
}

/// An account, and what it signs with.
struct Trader {
  std::string key;
  PolymarketAccount account;
};

json::object order_json(const Trader& trader, const PolymarketOrderSigner& signer, const Deal& deal,
                        const PolymarketTerms& terms, int number) {
  const auto created_at = written_at + std::chrono::milliseconds{number};
  OrderIntent intent{
    .client_order_id = fmt::format("a7-{}", number),
    .ref = {.venue = Venue::polymarket, .native_id = condition, .tokens = {token_one, token_two}},
    .side = deal.side,
    .action = deal.action,
    .limit = deal.limit,
    .quantity = deal.quantity,
    .time_in_force = deal.force};
  const auto made = signer.sign(intent, terms, created_at);
  REQUIRE(made);
  PolymarketPostOptions options{.owner = api_key, .time_in_force = deal.force};
  auto input = intent_json(intent);
  if (deal.force == TimeInForce::good_till_cancelled) {
    options.post_only = number % 2 == 0;
    if (number % 3 == 0) {
      options.expires_at = created_at + std::chrono::minutes{10};
      input["expires_s"] = to_ms(*options.expires_at) / 1000;
    }
  }
  const auto body = encode_polymarket_order(*made, options);
  REQUIRE(body);
  input["token"] = deal.side == Side::yes ? token_one : token_two;
  input["tick"] = to_string(deal.tick);
  input["negRisk"] = terms.negative_risk;
  input["version"] = static_cast<int>(terms.exchange);
  input["salt"] = std::to_string(order_salt(intent.client_order_id));
  input["timestamp_ms"] = std::to_string(to_ms(created_at));
  input["post_only"] = options.post_only;
  input["key"] = trader.key;
  input["funder"] = to_string(trader.account.funder);
  input["signatureType"] = static_cast<int>(trader.account.type);
  return {{"input", input}, {"order_id", made->order_id}, {"body", *body}};
}

/// Every deal, for regular and neg-risk markets of the exchange in use, and for the next one.
void add_orders(json::array& out, const Trader& trader) {
  auto key = WalletKey::parse(Secret{trader.key});
  REQUIRE(key);
  const auto signer = PolymarketOrderSigner::make(std::move(*key), trader.account);
  REQUIRE(signer);
  for (const auto& deal : deals()) {
    for (const auto negative_risk : {false, true}) {
      for (const auto exchange : {ExchangeVersion::v2, ExchangeVersion::v3}) {
        out.push_back(
          order_json(trader, *signer, deal,
                     {.tick = deal.tick, .negative_risk = negative_risk, .exchange = exchange},
                     static_cast<int>(out.size())));
      }
    }
  }
}

/// Private calls as arbees makes them, with the official client's name and arguments.
json::array
private_calls(const ApiCredentials& credentials, std::int64_t now_s, const std::string& order_id) {
  struct Call {
    std::string name;
    json::array arguments;
    std::string method;
    std::string target;
    std::string body{};
  };
  const json::object of_market{{"market", condition}, {"asset_id", token_one}};
  const std::vector<Call> calls{
    {"getOpenOrders",
     {json::object{{"market", condition}}, true},
     "GET",
     polymarket_orders_target(condition, "MA==")},
    {"getOrder", {order_id}, "GET", polymarket_lookup_target(order_id)},
    {"getTrades",
     {json::object{{"market", condition}}, true},
     "GET",
     polymarket_trades_target(condition, "MA==")},
    {"getBalanceAllowance",
     {json::object{{"asset_type", "COLLATERAL"}}},
     "GET",
     polymarket_balance_target({}, SignatureType::deposit_wallet)},
    {"getBalanceAllowance",
     {json::object{{"asset_type", "CONDITIONAL"}, {"token_id", token_one}}},
     "GET",
     polymarket_balance_target(token_one, SignatureType::deposit_wallet)},
    {"cancelOrder",
     {json::object{{"orderID", order_id}}},
     "DELETE",
     std::string{polymarket_order_target},
     encode_polymarket_cancel(order_id)},
    {"cancelMarketOrders",
     {of_market},
     "DELETE",
     "/cancel-market-orders",
     encode_polymarket_cancel_market(condition, token_one)},
    {"cancelAll", {}, "DELETE", std::string{polymarket_cancel_all_target}},
    {"getClosedOnlyMode", {}, "GET", "/auth/ban-status/closed-only"},
  };
  json::array out;
  for (const auto& call : calls) {
    const auto headers = credentials.l2_headers(now_s, call.method, call.target, call.body);
    out.push_back(json::object{{"call", call.name},
                               {"arguments", call.arguments},
                               {"method", call.method},
                               {"target", call.target},
                               {"body", call.body},
                               {"headers", headers_json(headers)}});
  }
  return out;
}

std::string random_hex(const TemporaryFolder& folder, const char* bytes) {
  return openssl({"rand", "-hex", bytes}, folder).substr(0, 2 * std::stoul(bytes));
}

} // namespace

TEST_CASE("Kalshi's own code would have signed and sent what arbees sends") {
  const TemporaryFolder folder;
  const auto modern = make_rsa_key(folder, "pkcs8.pem");
  const auto classic = folder / "pkcs1.pem";
  openssl({"rsa", "-in", modern.string(), "-traditional", "-out", classic.string()}, folder);
  const auto open = folder / "open.pem";
  openssl({"pkey", "-in", modern.string(), "-pubout", "-out", open.string()}, folder);
  REQUIRE(read_file(classic).starts_with("-----BEGIN RSA PRIVATE KEY-----"));
  json::array requests;
  for (const auto& file : {modern, classic}) {
    const auto signer = KalshiSigner::make("key-1", read_file(file));
    REQUIRE(signer);
    for (const auto& some : {kalshi_creates(), kalshi_others()}) {
      for (const auto& sent : some) {
        requests.push_back(signed_json(sent, *signer));
      }
    }
  }
  write(folder / "requests.json", json::object{{"key_id", "key-1"},
                                               {"private_key", read_file(modern)},
                                               {"public_key", read_file(open)},
                                               {"timestamp_ms", to_ms(written_at)},
                                               {"requests", requests}});
  run_script("verify_kalshi.mjs", {(folder / "requests.json").string()}, folder);
}

TEST_CASE("Polymarket's own code would have signed and sent what arbees sends") {
  const TemporaryFolder folder;
  const auto key_text = random_hex(folder, "32");
  const auto funder = parse_hex_bytes("0x" + random_hex(folder, "20"), 20);
  REQUIRE(funder);
  Address wallet{};
  std::ranges::copy(*funder, wallet.begin());
  const auto key = WalletKey::parse(Secret{key_text});
  REQUIRE(key);
  json::array orders;
  for (const auto type : {SignatureType::eoa, SignatureType::proxy, SignatureType::safe,
                          SignatureType::deposit_wallet}) {
    add_orders(orders, {.key = key_text,
                        .account = {.funder = type == SignatureType::eoa ? key->address() : wallet,
                                    .type = type}});
  }
  const auto secret = openssl({"rand", "-base64", "32"}, folder);
  const auto secret_text = secret.substr(0, secret.find('\n'));
  const auto credentials =
    ApiCredentials::make(key->address(), api_key, Secret{secret_text}, Secret{"passphrase-1"});
  REQUIRE(credentials);
  const auto now_s = to_ms(written_at) / 1000;
  for (auto& order : orders) {
    const auto& body = order.at("body").as_string();
    order.as_object()["headers"] =
      headers_json(credentials->l2_headers(now_s, "POST", polymarket_order_target, body));
  }
  const auto order_id = std::string{orders.front().at("order_id").as_string()};
  json::array log_ins;
  for (const std::uint64_t nonce : {0U, 41U}) {
    log_ins.push_back(json::object{{"nonce", nonce},
                                   {"headers", headers_json(l1_headers(*key, 137, now_s, nonce))}});
  }
  write(folder / "requests.json",
        json::object{{"key", key_text},
                     {"funder", to_string(wallet)},
                     {"timestamp_s", now_s},
                     {"credentials", json::object{{"key", api_key},
                                                  {"secret", secret_text},
                                                  {"passphrase", "passphrase-1"}}},
                     {"log_ins", log_ins},
                     {"calls", private_calls(*credentials, now_s, order_id)},
                     {"orders", orders}});
  run_script("verify_polymarket.mjs", {(folder / "requests.json").string()}, folder);
}
