#pragma once

#include "tests/tools/sim/poly_client.hpp"

namespace arbees::sim {

namespace json = boost::json;

inline constexpr const char* second_key =
  "0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d";

/// Takers do not wait, and minutes may pass before a game ends.
inline WorldConfig slow_world() {
  auto made = world();
  made.sports_delay_s = 0;
  made.speed = 0.1;
  return made;
}

/// A market outside play, so that orders match at once, and a wallet that has logged in.
struct PolyFixture {
  Engine engine;
  ClobPrivate clob;
  PolyTrader alice{engine, clob};
  const PolyMarket* market = nullptr;
  bool negative_risk = false;
  Address funder = *parse_address("0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC");
  std::string last_id; ///< of the order that body() made last
  std::vector<PrivateEvent> told;
  std::uint64_t next_salt = 1;

  explicit PolyFixture(const PolyConfig& config = {}, const WorldConfig& world = slow_world())
    : engine(world), clob(engine, config) {
    engine.open();
    const auto book = live_winner_book(engine, Venue::polymarket);
    const auto index = engine.slate().books[static_cast<std::size_t>(book)].market;
    market = &engine.slate().poly_markets[static_cast<std::size_t>(index)];
    alice.log_in();
  }

  /// Lets time pass as the simulator does.
  void pass(UnixMillis ms) {
    collect();
    for (const auto end = engine.now_ms() + ms; engine.now_ms() < end;) {
      const auto events = engine.advance();
      clob.on_events(events);
      clob.on_time();
      collect();
    }
  }

  void collect() {
    for (auto& event : engine.take_events()) {
      if (auto* const own = std::get_if<PrivateEvent>(&event)) {
        told.push_back(std::move(*own));
      }
    }
  }

  /// Takes asks of tokens[0] away until `width` is between the best prices.
  void open_gap(int width) {
    while (best_ask(0).value() - engine.book(market->book).best(BookSide::bid)->value() < width) {
      const auto ask = best_ask(0);
      engine.submit(market->book, {.id = 999'999,
                                   .account = -9,
                                   .side = BookSide::bid,
                                   .limit = ask,
                                   .size = size_at(BookSide::ask, ask)});
    }
    collect();
  }

  [[nodiscard]] Price best_ask(int token) const {
    return token_levels(engine, *market, token, BookSide::ask).front().price;
  }
  [[nodiscard]] Quantity size_at(BookSide side, Price price) const {
    return engine.book(market->book).total(side, price);
  }
  [[nodiscard]] const PolyWallet& wallet(const WalletKey& key) const {
    return clob.accounts().wallets().at(key.address());
  }
  [[nodiscard]] Money cash() {
    alice.call("GET", "/balance-allowance?asset_type=COLLATERAL");
    return wallet(alice.key()).cash;
  }
  [[nodiscard]] Quantity shares(int token) const {
    const auto index = engine.poly_token(market->tokens[0]).first;
    const auto& held = wallet(alice.key()).shares;
    const auto found = held.find({index, token});
    return found == held.end() ? Quantity{0} : found->second;
  }

  json::object sign(PolymarketOrder order, const char* type, bool post_only,
                    std::int64_t expiration, const std::string& key, const std::string& owner) {
    auto own = key_of(key);
    const auto eoa = order.signature_type == SignatureType::eoa;
    order.salt = next_salt++;
    order.maker = eoa ? own.address() : funder;
    order.signer = order.signature_type == SignatureType::deposit_wallet ? funder : own.address();
    const auto signer = PolymarketOrderSigner::make(std::move(own), {.funder = order.maker,
                                                                     .type = order.signature_type});
    REQUIRE(signer);
    const auto made =
      signer->sign(order, {.tick = Price{100}, .negative_risk = negative_risk != market->neg_risk});
    REQUIRE(made);
    last_id = made->order_id;
    return {{"deferExec", false},
            {"postOnly", post_only},
            {"order", json::object{{"salt", static_cast<std::int64_t>(made->order.salt)},
                                   {"maker", to_string(made->order.maker)},
                                   {"signer", to_string(made->order.signer)},
                                   {"tokenId", made->order.token_id},
                                   {"makerAmount", std::to_string(made->order.amounts.maker)},
                                   {"takerAmount", std::to_string(made->order.amounts.taker)},
                                   {"side", made->order.side == Action::buy ? "BUY" : "SELL"},
                                   {"signatureType", static_cast<int>(made->order.signature_type)},
                                   {"timestamp", std::to_string(made->order.timestamp_ms)},
                                   {"expiration", std::to_string(expiration)},
                                   {"metadata", to_hex(made->order.metadata)},
                                   {"builder", to_hex(made->order.builder)},
                                   {"signature", made->signature}}},
            {"owner", owner},
            {"orderType", type}};
  }

  /// A signed body by the amounts of the official client.
  json::object body(const Wish& wish, const std::string& key = first_key) {
    const auto tick = engine.status(market->book).tick;
    const auto amounts =
      wish.dollars ? market_buy_amounts(*parse_money(wish.size), wish.price, tick)
                   : limit_amounts(wish.action, wish.price, *parse_quantity(wish.size), tick);
    REQUIRE(amounts);
    return sign({.token_id = market->tokens[static_cast<std::size_t>(wish.token)],
                 .amounts = *amounts,
                 .side = wish.action,
                 .signature_type = wish.signature_type,
                 .timestamp_ms = engine.now_ms()},
                wish.type, wish.post_only, wish.expiration, key, alice.credentials->api_key());
  }

  /// A signed body with amounts as given, right or wrong.
  json::object raw_body(std::int64_t maker, std::int64_t taker, Action action, const char* type) {
    return sign({.token_id = market->tokens[0],
                 .amounts = {.maker = maker, .taker = taker},
                 .side = action,
                 .signature_type = SignatureType::eoa,
                 .timestamp_ms = engine.now_ms()},
                type, false, 0, first_key, alice.credentials->api_key());
  }

  HttpReply post(const json::object& order) {
    auto answer = alice.call("POST", "/order", json::serialize(order));
    return answer;
  }

  /// The error of an answer, "" if there is none.
  static std::string error(const HttpReply& answer) {
    const auto body = json::parse(answer.body).as_object();
    const auto* const text = body.if_contains("error");
    return text != nullptr && text->is_string() ? std::string{text->as_string()} : std::string{};
  }
};

} // namespace arbees::sim
