#pragma once

#include <atomic>
#include <boost/asio.hpp>
#include <future>
#include <thread>

#include "bridges/polymarket/polymarket_order_codec.hpp"
#include "tests/tools/sim/poly_client.hpp"
#include "tools/sim/clob_rest.hpp"
#include "tools/sim/data_rest.hpp"
#include "tools/sim/server.hpp"
#include "tools/sim/simulator.hpp"

// Polymarket on loopback, its clock and tape moved by the test alone.

namespace arbees::test {

namespace asio = boost::asio;
using asio::ip::tcp;

/// The simulator's venue behind one port. Nothing happens in it but by requests and `pass`.
class PolymarketStage {
public:
  explicit PolymarketStage(const sim::PolyConfig& config = {}, int sports_delay_s = 0,
                           double speed = 0.1)
    : engine_{world(sports_delay_s, speed)}, clob_{engine_, config} {
    engine_.open();
    const auto book = sim::live_winner_book(engine_, sim::Venue::polymarket);
    const auto index = engine_.slate().books[static_cast<std::size_t>(book)].market;
    market_ = &engine_.slate().poly_markets[static_cast<std::size_t>(index)];
    port_ = server_.listen("127.0.0.1", 0);
    thread_ = std::thread{[this] { io_.run(); }};
  }

  ~PolymarketStage() {
    asio::post(io_, [this] {
      server_.close();
      io_.stop();
    });
    thread_.join();
  }

  /// Runs `action` on the venue's thread, and waits for what it returns.
  template <class Action>
  auto on(Action action) {
    std::packaged_task<decltype(action())()> task{std::move(action)};
    auto result = task.get_future();
    asio::post(io_, [&task] { task(); });
    return result.get();
  }

  /// Lets time pass as the simulator does.
  void pass(sim::UnixMillis ms) {
    on([this, ms] {
      for (const auto end = engine_.now_ms() + ms; engine_.now_ms() < end;) {
        const auto events = engine_.advance();
        server_.broadcast(events);
        clob_.on_events(events);
        clob_.on_time();
        server_.broadcast(engine_.take_events());
      }
    });
  }

  [[nodiscard]] std::uint16_t port() const { return port_; }

  MatchedGame match(bool wrong_exchange = false) {
    return on([this, wrong_exchange] {
      MatchedGame match;
      const auto tick = engine_.status(market_->book).tick;
      const auto delay = sim::seconds_delay(engine_, *market_);
      match.markets.push_back(
        {.id = market_id(Venue::polymarket, market_->condition),
         .ref = {.venue = Venue::polymarket,
                 .native_id = market_->condition,
                 .tokens = market_->tokens,
                 .outcomes = market_->outcomes},
         .price_bands = {{tick, complement(tick), tick}},
         .quantity_step = Quantity{10'000},
         .min_quantity = Quantity{5 * quantity_per_contract},
         .min_notional = Money{money_per_dollar},
         .fees = FeeSchedule{.rounding = Venue::polymarket, .taker_ppm = 50'000, .exponent = 1},
         .taker_delay = std::chrono::seconds{delay},
         .negative_risk = market_->neg_risk != wrong_exchange,
         .accepts_orders = true});
      return match;
    });
  }

  /// The best level that a buyer of `side` finds.
  sim::LadderLevel best_ask(Side side) {
    return on([this, side] {
      return sim::token_levels(engine_, *market_, static_cast<int>(side), sim::BookSide::ask)
        .front();
    });
  }

  /// Somebody else takes all that is offered of `side` at `limit` or better.
  void sweep(Side side, Price limit) {
    on([this, side, limit] {
      const auto yes = side == Side::yes;
      engine_.submit(market_->book, {.id = engine_.new_order_id(),
                                     .account = 77,
                                     .side = yes ? sim::BookSide::bid : sim::BookSide::ask,
                                     .limit = yes ? limit : complement(limit),
                                     .size = Quantity{1'000'000 * quantity_per_contract}});
      const auto events = engine_.take_events();
      clob_.on_events(events);
      server_.broadcast(events);
      server_.broadcast(engine_.take_events());
    });
  }

  /// The account cancels an order elsewhere, and nobody hears of it.
  void cancel_unheard(const std::string& order_id) {
    on([this, order_id] {
      sim::PolyTrader trader{engine_, clob_};
      auto known = ApiCredentials::decode(trader.key().address(),
                                          trader.login("GET", "/auth/derive-api-key").body);
      REQUIRE(known);
      trader.credentials.emplace(std::move(*known));
      CHECK(trader.call("DELETE", "/order", encode_polymarket_cancel(order_id)).status == 200);
      engine_.take_events();
    });
  }

  /// Cash of the only wallet.
  Money cash() {
    return on([this] { return clob_.accounts().wallets().begin()->second.cash; });
  }
  Quantity shares(Side side) {
    return on([this, side] {
      const auto index = engine_.poly_token(market_->tokens[0]).first;
      const auto& held = clob_.accounts().wallets().begin()->second.shares;
      const auto found = held.find({index, static_cast<int>(side)});
      return found == held.end() ? Quantity{} : found->second;
    });
  }
  std::size_t orders() {
    return on([this] { return clob_.accounts().orders().size(); });
  }
  std::size_t listeners() {
    return on([this] { return server_.feeds(); });
  }

  std::size_t resting() {
    return on([this] {
      std::size_t count = 0;
      for (const auto& [id, order] : clob_.accounts().orders()) {
        count += order.state == sim::PolyOrderState::live ? 1U : 0U;
      }
      return count;
    });
  }
  bool rests(const std::string& order_id) {
    return on([this, order_id] {
      const auto* const order = std::as_const(clob_).accounts().find(order_id);
      return order != nullptr && order->state == sim::PolyOrderState::live;
    });
  }

  /// The game is played to its end, or called off. @returns what YES pays
  Price decide(bool call_off) {
    if (call_off) {
      on([this] {
        const auto event = static_cast<std::size_t>(market_->event);
        engine_.cancel_game(engine_.slate().poly_events[event].game);
      });
    }
    const auto decided = [this] { return engine_.status(market_->book).decided; };
    for (auto i = 0; i < 2000 && !on(decided); ++i) {
      pass(50);
    }
    REQUIRE(on(decided));
    return on([this] { return engine_.status(market_->book).value; });
  }

  /// Requests of this path are answered with a failure.
  void break_path(const std::string& path) {
    on([this, path] { broken_ = path; });
  }

  /// The next heartbeat is met with an id that nobody was told.
  void mix_up_heartbeat() { mix_up_ = true; }

  sim::ClobPrivate& clob() { return clob_; }

  std::atomic<bool> blocked = false;          ///< what the geoblock says
  std::atomic<int> version = 2;               ///< of the exchange
  std::atomic<bool> allowed = true;           ///< false: one spender was never approved
  std::atomic<bool> closed_only = false;      ///< of the account
  std::atomic<std::uint64_t> order_posts = 0; ///< that reached the venue
  std::atomic<std::uint64_t> heartbeats = 0;  ///< that reached the venue

private:
  static sim::WorldConfig world(int sports_delay_s, double speed) {
    auto made = sim::world();
    made.epoch_ms = sim::wall_ms();
    made.speed = speed; // at a tenth minutes may pass, and no game ends
    made.sports_delay_s = sports_delay_s;
    return made;
  }

  /// What the simulator does not serve, or always in the same way.
  std::optional<sim::HttpReply> staged(const sim::HttpRequest& request) {
    if (!broken_.empty() && request.path == broken_) {
      return sim::clob_error(500, "internal error");
    }
    if (request.path == "/v1/heartbeats" && mix_up_.exchange(false)) {
      // Its answer is lost: the venue has gone on, and we have not.
      clob_.answer(request);
      return sim::clob_error(502, "bad gateway");
    }
    if (request.path == "/api/geoblock") {
      return sim::reply(
        boost::json::object{{"blocked", blocked.load()}, {"country", "ZZ"}, {"ip", "127.0.0.1"}});
    }
    if (request.path == "/version" && version != 2) {
      return sim::reply(boost::json::object{{"version", version.load()}});
    }
    if (request.path == "/auth/ban-status/closed-only" && closed_only) {
      return sim::reply(boost::json::object{{"closed_only", true}});
    }
    if (request.path == "/balance-allowance" && !allowed) {
      return sim::reply(boost::json::object{
        {"balance", "10000000000"},
        {"allowances",
         boost::json::object{{"0xE111180000d2663C0091e4f400237545B87B996B", "99000000000"},
                             {"0xe2222d279d744050d28e00520010520000310F59", "5000000"}}}});
    }
    return std::nullopt;
  }

  sim::HttpReply answer(const sim::HttpRequest& request) {
    heartbeats += request.path == "/v1/heartbeats" ? 1U : 0U;
    order_posts += request.method == "POST" && request.path == "/order" ? 1U : 0U;
    if (const auto own = staged(request)) {
      return *own;
    }
    if (auto open = sim::clob_public(engine_, request)) {
      return *std::move(open);
    }
    if (auto data = sim::data_api(clob_.accounts(), request)) {
      return *std::move(data);
    }
    auto reply = clob_.answer(request);
    server_.broadcast(engine_.take_events());
    return reply.value_or(sim::clob_error(404, "not found"));
  }

  std::string broken_;
  std::atomic<bool> mix_up_ = false;
  asio::io_context io_;
  sim::Engine engine_;
  sim::ClobPrivate clob_;
  const sim::PolyMarket* market_ = nullptr;
  sim::Server server_{io_,
                      {.name = "polymarket",
                       .answer =
                         [this](const sim::HttpRequest& request) { return answer(request); },
                       .open_feed =
                         [this](const sim::HttpRequest& /*request*/) {
                           return std::variant<sim::HttpReply, sim::Feed>{
                             sim::PolymarketUserSession{engine_, clob_.keys()}};
                         }}};
  std::uint16_t port_ = 0;
  std::thread thread_;
};

/// A TCP proxy that can swallow the answer to an order, or cut every connection.
class CuttingProxy {
public:
  explicit CuttingProxy(std::uint16_t upstream) : upstream_{upstream} {
    asio::co_spawn(io_, accept(), asio::detached);
    thread_ = std::thread{[this] { io_.run(); }};
  }
  ~CuttingProxy() {
    io_.stop();
    thread_.join();
  }

  [[nodiscard]] std::string authority() const {
    return "127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port());
  }

  /// The next order reaches the venue, but its answer does not come back.
  void swallow_next_answer() { swallow_ = true; }

  /// Whether new connections are closed at once.
  void refuse(bool refused) { refused_ = refused; }

  void cut_all() {
    std::promise<void> done;
    asio::post(io_, [&] {
      for (const auto& link : links_) {
        link->close();
      }
      links_.clear();
      done.set_value();
    });
    done.get_future().wait();
  }

private:
  struct Link {
    explicit Link(tcp::socket accepted)
      : client{std::move(accepted)}, server{client.get_executor()} {}
    void close() {
      boost::system::error_code ignored;
      client.close(ignored);
      server.close(ignored);
    }
    tcp::socket client;
    tcp::socket server;
    bool doomed = false;
  };

  asio::awaitable<void> accept() {
    for (;;) {
      auto link = std::make_shared<Link>(co_await acceptor_.async_accept(asio::use_awaitable));
      if (refused_) {
        link->close();
        continue;
      }
      co_await link->server.async_connect({asio::ip::address_v4::loopback(), upstream_},
                                          asio::use_awaitable);
      links_.push_back(link);
      asio::co_spawn(io_, forth(link), asio::detached);
      asio::co_spawn(io_, back(link), asio::detached);
    }
  }

  asio::awaitable<void> forth(std::shared_ptr<Link> link) {
    std::array<char, 8192> bytes{};
    for (;;) {
      boost::system::error_code ec;
      const auto size =
        co_await link->client.async_read_some(asio::buffer(bytes),
                                              asio::redirect_error(asio::use_awaitable, ec));
      if (ec) {
        link->close();
        co_return;
      }
      const std::string_view text{bytes.data(), size};
      link->doomed = link->doomed || (text.starts_with("POST /order ") && swallow_.exchange(false));
      co_await asio::async_write(link->server, asio::buffer(text),
                                 asio::redirect_error(asio::use_awaitable, ec));
    }
  }

  asio::awaitable<void> back(std::shared_ptr<Link> link) {
    std::array<char, 8192> bytes{};
    for (;;) {
      boost::system::error_code ec;
      const auto size =
        co_await link->server.async_read_some(asio::buffer(bytes),
                                              asio::redirect_error(asio::use_awaitable, ec));
      if (ec || link->doomed) {
        link->close();
        co_return;
      }
      co_await asio::async_write(link->client, asio::buffer(bytes, size),
                                 asio::redirect_error(asio::use_awaitable, ec));
    }
  }

  const std::uint16_t upstream_;
  asio::io_context io_{1};
  tcp::acceptor acceptor_{io_, {asio::ip::address_v4::loopback(), 0}};
  std::vector<std::shared_ptr<Link>> links_;
  std::atomic<bool> swallow_ = false;
  std::atomic<bool> refused_ = false;
  std::thread thread_;
};

} // namespace arbees::test
