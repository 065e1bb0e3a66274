#pragma once

#include <algorithm>
#include <set>

#include "bridges/polymarket/polymarket_auth.hpp"
#include "bridges/polymarket/polymarket_order_codec.hpp"
#include "tests/tools/sim/running.hpp"
#include "tools/sim/faulty_link.hpp"

// Clients that survive what goes wrong, and look into the venues' books afterwards.

namespace arbees::sim {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Clock = std::chrono::steady_clock;

inline SimulatorConfig stormy(std::string_view spec, std::uint64_t seed = 11) {
  auto config = Running::usual();
  config.faults = {.rates = std::get<FaultRates>(parse_faults(spec)),
                   .seed = seed,
                   .shortest_hang_ms = 200,
                   .longest_hang_ms = 300};
  return config;
}

/// What came of a request, also where no answer did.
struct Outcome {
  beast::error_code error;
  unsigned status = 0;
  std::string text;
  std::string date;
  milliseconds took{0};
};

inline Outcome try_call(std::uint16_t port, http::verb verb, const std::string& target,
                        const std::string& body, const Headers& headers) {
  const auto start = Clock::now();
  asio::io_context io;
  beast::tcp_stream stream{io};
  stream.connect(tcp::endpoint{asio::ip::make_address("127.0.0.1"), port});
  Outcome outcome;
  http::write(stream, make_request(verb, target, body, headers), outcome.error);
  beast::flat_buffer buffer;
  http::response_parser<http::string_body> parser;
  parser.body_limit(64U << 20U);
  if (!outcome.error) {
    http::read(stream, buffer, parser, outcome.error);
  }
  outcome.took = std::chrono::duration_cast<milliseconds>(Clock::now() - start);
  if (!outcome.error) {
    outcome.status = parser.get().result_int();
    outcome.text = parser.get().body();
    outcome.date = std::string{parser.get()[http::field::date]};
  }
  return outcome;
}

inline Outcome try_call(std::uint16_t port, http::verb verb, const std::string& target,
                        const std::string& body = {}) {
  return try_call(port, verb, target, body, any_kalshi_headers(wall_ms()));
}

inline void set_faults(const Running& sim, const std::string& spec) {
  const auto answer = call(sim.ports.espn, http::verb::post, "/sim/faults",
                           json::serialize(json::object{{"spec", spec}}));
  REQUIRE(answer.status == 200);
}

inline std::int64_t count_of(const Running& sim, std::string_view fault) {
  return get(sim.ports.gamma, "/sim/faults").body.at("counts").at(fault).to_number<std::int64_t>();
}

inline const KalshiMarket& football(const Running& sim) {
  const auto& slate = sim.simulator.engine().slate();
  const auto found = std::ranges::find_if(slate.kalshi_markets, [&](const KalshiMarket& market) {
    const auto& event = slate.kalshi_events[static_cast<std::size_t>(market.event)];
    return market.yes.kind == Kind::winner && event.league == League::nfl
           && slate.games[static_cast<std::size_t>(event.game)].opening == Opening::live;
  });
  REQUIRE(found != slate.kalshi_markets.end());
  return *found;
}

inline std::string kalshi_body(const KalshiMarket& market, const std::string& id, const char* price,
                               const char* force = "good_till_canceled") {
  return json::serialize(json::object{{"ticker", market.ticker},
                                      {"client_order_id", id},
                                      {"side", "bid"},
                                      {"count", "1.00"},
                                      {"price", price},
                                      {"time_in_force", force},
                                      {"self_trade_prevention_type", "maker"}});
}

inline constexpr const char* kalshi_orders = "/trade-api/v2/portfolio/events/orders";

inline json::value kalshi_books(const Running& sim) {
  return get(sim.ports.espn, "/sim/books").body.at("kalshi").at("accounts");
}

/// Client ids of all orders that the venue has taken.
inline std::multiset<std::string> taken(const Running& sim) {
  std::multiset<std::string> ids;
  const auto accounts = kalshi_books(sim);
  for (const auto& account : accounts.as_array()) {
    for (const auto& order : account.at("orders").as_array()) {
      ids.insert(std::string{order.at("client_order_id").as_string()});
    }
  }
  return ids;
}

/// A WebSocket client that reads all the time.
class Listener {
public:
  Listener(std::uint16_t port, const std::string& path) {
    beast::get_lowest_layer(stream_).connect(
      tcp::endpoint{asio::ip::make_address("127.0.0.1"), port});
    stream_.set_option(websocket::stream_base::decorator([](websocket::request_type& to) {
      for (const auto& [name, value] : any_kalshi_headers(wall_ms())) {
        to.set(name, value);
      }
    }));
    stream_.handshake(response_, "127.0.0.1", path, error);
    stream_.control_callback([this](websocket::frame_type kind, beast::string_view) {
      pongs += kind == websocket::frame_type::pong ? 1 : 0;
    });
    if (!error) {
      read();
    }
  }

  void send(const std::string& text) { stream_.write(asio::buffer(text)); }
  void ping() { stream_.ping({}); }

  /// Reads until `done` says so, the connection ends or time is up; returns whether it is done.
  template <class Done>
  bool until(Done done, milliseconds limit = seconds{10}) {
    for (const auto end = Clock::now() + limit; !done() && !error && Clock::now() < end;) {
      io_.restart();
      io_.run_one_for(milliseconds{20});
    }
    return done();
  }
  bool frames_are(std::size_t count) {
    return until([&] { return frames.size() >= count; });
  }
  void run(milliseconds time) {
    until([] { return false; }, time);
  }

  std::vector<std::string> frames;
  std::vector<Clock::time_point> times;
  beast::error_code error;
  int pongs = 0;

private:
  void read() {
    stream_.async_read(buffer_, [this](beast::error_code failure, std::size_t) {
      if (failure) {
        error = failure;
        return;
      }
      frames.push_back(beast::buffers_to_string(buffer_.data()));
      times.push_back(Clock::now());
      buffer_.consume(buffer_.size());
      read();
    });
  }

  asio::io_context io_;
  websocket::stream<beast::tcp_stream> stream_{io_};
  websocket::response_type response_;
  beast::flat_buffer buffer_;
};

/// A listener on the books of all of Kalshi's markets, which change hundreds of times a second.
struct KalshiListener : Listener {
  explicit KalshiListener(const Running& sim) : Listener(sim.ports.kalshi, "/trade-api/ws/v2") {
    REQUIRE_FALSE(error);
    json::array tickers;
    for (const auto& market : sim.simulator.engine().slate().kalshi_markets) {
      tickers.push_back(json::value(market.ticker));
    }
    send(json::serialize(
      json::object{{"id", 1},
                   {"cmd", "subscribe"},
                   {"params", json::object{{"channels", json::array{"orderbook_delta"}},
                                           {"market_tickers", tickers}}}}));
  }

  /// The sequence numbers of what came after the first `skip` frames.
  [[nodiscard]] std::vector<std::int64_t> numbers(std::size_t skip = 0) const {
    std::vector<std::int64_t> found;
    for (auto i = skip; i < frames.size(); ++i) {
      const auto frame = json::parse(frames[i]);
      if (frame.as_object().contains("seq")) {
        found.push_back(frame.at("seq").to_number<std::int64_t>());
      }
    }
    return found;
  }
};

inline bool consecutive(const std::vector<std::int64_t>& numbers) {
  return std::ranges::adjacent_find(numbers, [](auto a, auto b) { return b != a + 1; })
         == numbers.end();
}

/// Logs in at the CLOB and trades a market in play.
class PolySocket {
public:
  explicit PolySocket(const Running& sim) : port_(sim.ports.polymarket) {
    const auto& slate = sim.simulator.engine().slate();
    const auto found = std::ranges::find_if(slate.poly_markets, [&](const PolyMarket& market) {
      const auto game = slate.poly_events[static_cast<std::size_t>(market.event)].game;
      return market.sports_type == "moneyline" && !market.neg_risk && game >= 0
             && slate.games[static_cast<std::size_t>(game)].opening == Opening::scheduled;
    });
    REQUIRE(found != slate.poly_markets.end());
    market_ = &*found;
    auto key = WalletKey::parse(
      Secret{"0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"});
    REQUIRE(key);
    const auto login =
      call(port_, http::verb::post, "/auth/api-key", "", l1_headers(*key, 137, wall_ms() / 1000));
    REQUIRE(login.status == 200);
    auto credentials = ApiCredentials::decode(key->address(), login.text);
    REQUIRE(credentials);
    credentials_.emplace(std::move(*credentials));
    auto signer = PolymarketOrderSigner::make(
      std::move(*key), {.funder = *parse_address("0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC"),
                        .type = SignatureType::deposit_wallet});
    REQUIRE(signer);
    signer_.emplace(std::move(*signer));
  }

  Outcome send(http::verb verb, const char* method, const std::string& target,
               const std::string& body = {}) {
    return try_call(port_, verb, target, body,
                    credentials_->l2_headers(wall_ms() / 1000, method, target, body));
  }

  /// Buys at up to `cents`, or as much less as the grid wants.
  Outcome buy(Price price, TimeInForce force) {
    const OrderIntent intent{.client_order_id = "p" + std::to_string(++orders_),
                             .ref = {.venue = arbees::Venue::polymarket,
                                     .native_id = market_->condition,
                                     .tokens = {market_->tokens[0], market_->tokens[1]}},
                             .side = Side::yes,
                             .action = Action::buy,
                             .limit = price,
                             .quantity = Quantity{10 * quantity_per_contract},
                             .time_in_force = force};
    const auto made =
      signer_->sign(intent, {.tick = Price{100}, .negative_risk = market_->neg_risk},
                    from_ms(wall_ms() + orders_));
    REQUIRE(made);
    last_id = made->order_id;
    const auto body =
      encode_polymarket_order(*made, {.owner = credentials_->api_key(), .time_in_force = force});
    REQUIRE(body);
    return send(http::verb::post, "POST", "/order", *body);
  }

  [[nodiscard]] std::string user_subscription() const {
    return std::string{credentials_->user_subscription({}).reveal()};
  }

  std::string last_id;

private:
  std::uint16_t port_;
  const PolyMarket* market_ = nullptr;
  std::optional<ApiCredentials> credentials_;
  std::optional<PolymarketOrderSigner> signer_;
  int orders_ = 0;
};

inline json::value poly_books(const Running& sim) {
  return get(sim.ports.espn, "/sim/books").body.at("polymarket");
}

} // namespace arbees::sim
