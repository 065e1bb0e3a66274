#include "bridges/polymarket/polymarket_gateway.hpp"

#include <spdlog/spdlog.h>

#include <mutex>

#include "bridges/polymarket/polymarket_account_reader.hpp"
#include "bridges/polymarket/polymarket_funds.hpp"
#include "bridges/polymarket/polymarket_order_traffic.hpp"
#include "bridges/polymarket/polymarket_user_stream.hpp"
#include "bridges/polymarket/polymarket_venue_watch.hpp"

namespace arbees {

namespace {

/// The gateway's half that lives on the worker's thread: one account's parts, put together.
class PolymarketGateway : public std::enable_shared_from_this<PolymarketGateway> {
public:
  PolymarketGateway(Network& network, const Clock& clock, PolymarketGatewayConfig config,
                    PolymarketLogin login, PolymarketClientConfig endpoints, Endpoint user_socket,
                    std::shared_ptr<Worker> worker)
    : network_{network},
      clock_{clock},
      config_{std::move(config)},
      user_socket_{std::move(user_socket)},
      worker_{std::move(worker)},
      signer_{std::move(login.signer)},
      desk_{signer_, config_.desk, clock.now()},
      client_{std::make_shared<PolymarketOrderClient>(
        network, clock, endpoints, std::move(login.credentials), login.clock_offset)},
      login_balance_{.venue = Venue::polymarket,
                     .available = Money{login.balance.balance},
                     .at = login.at} {
    desk_.learn_money_allowances(login.balance);
  }

  void start() {
    open_parts();
    open_stream();
    post(weak_from_this(), [](auto& self) {
      if (self.heartbeat_) {
        self.heartbeat_->start();
      }
      self.watch_->keep_ready();
      self.watch_->tell_standing();
    });
  }

  /// Runs `action` on the worker's thread, from any thread, unless the gateway has gone.
  template <class Action>
  static void post(const std::weak_ptr<PolymarketGateway>& weak, Action action) {
    if (const auto self = weak.lock()) {
      self->worker_->post(weak, [action = std::move(action)](auto& here) mutable {
        action(here);
        here.after_event();
      });
    }
  }

  // From any thread.

  void cancel_all(const std::string& reason) { orders_->cancel_all(reason); }
  [[nodiscard]] std::uint64_t stops() const { return orders_->stops(); }
  /// The account once it has been read.
  std::optional<caf::expected<AccountView>> take_view() {
    const std::lock_guard lock{shared_mutex_};
    return std::exchange(view_, std::nullopt);
  }
  /// As of the last tick.
  [[nodiscard]] Metrics metrics() const {
    const std::lock_guard lock{shared_mutex_};
    return {.source = "polymarket_gateway", .values = metrics_};
  }

  // On the worker's thread.

  void place(const OrderIntent& order, const OrderSink& sink, std::uint64_t stops) {
    subscribe(sink);
    sinks_.remember(order.client_order_id, sink);
    orders_->place(order, stops);
  }
  void query(const OrderIntent& order, const OrderSink& sink) {
    sinks_.remember(order.client_order_id, sink);
    orders_->query(order);
  }
  void cancel(const OrderIntent& order, const OrderSink& sink) {
    sinks_.remember(order.client_order_id, sink);
    orders_->cancel(order);
  }
  void learn(const MatchedGame& match) {
    desk_.learn(match);
    funds_->learn(match);
  }

  /// Whoever is new is told what is known.
  void subscribe(const OrderSink& sink) {
    if (!sinks_.subscribe(sink)) {
      return;
    }
    caf::anon_send(sink, funds_->balance());
    caf::anon_send(sink, watch_->status());
    for (const auto& settlement : account_->settlements().known()) {
      caf::anon_send(sink, settlement);
    }
  }

  /// Reads the account, for take_view().
  void read_account() {
    account_->read(
      config_.account_deadline,
      [weak = weak_from_this()](const caf::expected<PolymarketAccountReader::Account>& account) {
        if (const auto self = weak.lock()) {
          const std::lock_guard lock{self->shared_mutex_};
          self->view_ = account ? caf::expected<AccountView>{self->view_of(*account)}
                                : caf::expected<AccountView>{
                                  caf::make_error(Errc::io_failed, describe(account.error()))};
        }
      });
  }

  void tick() {
    const auto now = clock_.now();
    for (const auto& id : desk_.forget_old(now)) {
      sinks_.forget(id);
    }
    funds_->tick(now);
    watch_->tick(now);
    if (now >= last_settle_ + config_.settlement_period) {
      last_settle_ = now;
      account_->settle();
    }
    if (now >= last_terms_ + config_.terms_period) {
      last_terms_ = now;
      orders_->refresh_terms();
    }
    publish_metrics(now);
  }

private:
  /// `action` bound so that it does nothing once the gateway is gone.
  template <class Action>
  auto guarded(Action action) {
    return [weak = weak_from_this(), action](const auto&... args) {
      if (const auto self = weak.lock()) {
        action(*self, args...);
      }
    };
  }

  void open_parts() {
    const auto tell_all =
      guarded([](auto& self, const auto& event) { self.sinks_.tell_all(event); });
    const auto after_event = guarded([](auto& self) { self.after_event(); });
    const auto type = signer_.account().type;
    orders_ = std::make_shared<PolymarketOrderTraffic>(
      clock_, worker_, client_, desk_, sinks_,
      PolymarketTrafficEvents{.on_send = guarded(
                                [](auto& self, const auto& condition) { self.on_send(condition); }),
                              .on_executed = guarded([](auto& self) { self.funds_->moved(); }),
                              .on_bad_line = guarded([](auto& self) { self.watch_->keep_ready(); }),
                              .after_event = after_event});
    watch_ = std::make_shared<PolymarketVenueWatch>(
      clock_, worker_, client_, desk_.gate(),
      PolymarketVenueWatchConfig{.keep_ready_period = config_.keep_ready_period,
                                 .place_period = config_.place_period,
                                 .down_retry = config_.down_retry},
      login_balance_.at, tell_all, after_event);
    funds_ = std::make_shared<PolymarketFunds>(
      clock_, worker_, client_, desk_,
      PolymarketFundsConfig{.type = type,
                            .balance_period = config_.balance_period,
                            .allowance_period = config_.place_period},
      login_balance_, tell_all, after_event);
    account_ = std::make_shared<PolymarketAccountReader>(clock_, worker_, client_, type, tell_all);
    if (config_.heartbeat) {
      heartbeat_ =
        std::make_shared<PolymarketHeartbeat>(clock_, worker_, client_, config_.heartbeats,
                                              [weak = weak_from_this()] {
                                                post(weak, [](auto& self) { self.reconcile(); });
                                              });
    }
  }

  void open_stream() {
    stream_ = std::make_shared<PolymarketUserStream>(
      network_, clock_,
      PolymarketStreamConfig{.endpoint = user_socket_,
                             .ping_period = config_.ping_period,
                             .pong_timeout = config_.pong_timeout,
                             .first_retry = config_.first_retry,
                             .longest_retry = config_.longest_retry},
      client_,
      PolymarketStreamEvents{
        .on_open = [weak =
                      weak_from_this()] { post(weak, [](auto& self) { self.on_stream_open(); }); },
        .on_frame =
          [weak = weak_from_this()](PolymarketUserFrame frame) {
            post(weak, [frame = std::move(frame)](auto& self) { self.orders_->apply(frame); });
          },
        .on_close =
          [weak = weak_from_this()](const std::string& /*reason*/) {
            post(weak, [](auto& self) { self.stream_open_ = false; });
          }});
    stream_->start();
  }

  void reconcile() { desk_.reconcile(clock_.now()); }
  void on_stream_open() {
    stream_open_ = true;
    reconcile(); // what was missed is not told again
  }
  void on_send(const std::string& condition) {
    watch_->line_used(clock_.now());
    account_->follow(condition);
  }

  /// Whatever happened may have made checks due, or changed when the next is.
  void after_event() {
    const auto now = clock_.now();
    watch_->tell_standing();
    orders_->check_due(now);
    funds_->read_if_moved(now);
  }

  [[nodiscard]] AccountView view_of(const PolymarketAccountReader::Account& account) const {
    AccountView view{.venue = Venue::polymarket,
                     .holdings = polymarket_holdings(account.positions),
                     .available = account.available,
                     .asked_at = account.asked_at,
                     .at = account.at};
    for (const auto& order : account.orders) {
      view.working.push_back({.client_order_id = desk_.client_order_id(order.id),
                              .venue_order_id = order.id,
                              .native_id = order.condition,
                              .filled = desk_.matched(order)});
    }
    return view;
  }

  void publish_metrics(Timestamp now) {
    auto values = desk_.metrics(now);
    values.merge(orders_->counters());
    values["user_stream_open"] = stream_open_ ? 1 : 0;
    values["balance_micros"] = funds_->balance().available.value();
    values["venue_state"] = static_cast<std::int64_t>(watch_->status().state);
    values["allowance_missing"] = funds_->allowance_missing() ? 1 : 0;
    values["markets_followed"] = static_cast<std::int64_t>(account_->settlements().followed());
    if (heartbeat_) {
      const auto& beats = heartbeat_->counters();
      values["heartbeats_sent"] = beats.sent;
      values["heartbeats_taken"] = beats.taken;
      values["heartbeats_mended"] = beats.mended;
      values["heartbeats_failed"] = beats.failed;
      values["heartbeats_lost"] = beats.lost;
    }
    const std::lock_guard lock{shared_mutex_};
    metrics_ = std::move(values);
  }

  Network& network_;
  const Clock& clock_;
  const PolymarketGatewayConfig config_;
  const Endpoint user_socket_;
  std::shared_ptr<Worker> worker_;
  PolymarketOrderSigner signer_;
  PolymarketOrderDesk desk_;
  std::shared_ptr<PolymarketOrderClient> client_;
  const BalanceUpdate login_balance_;
  OrderSinks sinks_;
  std::shared_ptr<PolymarketOrderTraffic> orders_;
  std::shared_ptr<PolymarketVenueWatch> watch_;
  std::shared_ptr<PolymarketFunds> funds_;
  std::shared_ptr<PolymarketAccountReader> account_;
  std::shared_ptr<PolymarketHeartbeat> heartbeat_;
  std::shared_ptr<PolymarketUserStream> stream_;
  Timestamp last_settle_;
  Timestamp last_terms_;
  bool stream_open_ = false;
  mutable std::mutex shared_mutex_;
  std::map<std::string, std::int64_t> metrics_;
  std::optional<caf::expected<AccountView>> view_;
};

struct PolymarketGatewayState {
  static constexpr auto name = "polymarket_gateway";

  PolymarketGatewayState() = default;
  ~PolymarketGatewayState() {
    if (worker) {
      worker->stop(); // before the gateway goes, so that nothing runs in it
    }
  }
  PolymarketGatewayState(const PolymarketGatewayState&) = delete;
  PolymarketGatewayState& operator=(const PolymarketGatewayState&) = delete;

  std::shared_ptr<Worker> worker;
  std::shared_ptr<PolymarketGateway> gateway;
  std::vector<caf::typed_response_promise<AccountView>> asking; ///< for the account
};

/// Answers those who asked, once the gateway's thread has read the account.
void deliver_view(PolymarketGatewayState& state) {
  const auto view = state.gateway->take_view();
  if (!view) {
    return;
  }
  for (auto& promise : std::exchange(state.asking, {})) {
    if (*view) {
      promise.deliver(**view);
    } else {
      promise.deliver(view->error());
    }
  }
}

PolymarketGatewayActor::behavior_type
polymarket_gateway(PolymarketGatewayActor::stateful_pointer<PolymarketGatewayState> self,
                   std::shared_ptr<Worker> worker, std::shared_ptr<PolymarketGateway> gateway) {
  self->state.worker = std::move(worker);
  self->state.gateway = std::move(gateway);
  const auto post = [self](auto action) {
    PolymarketGateway::post(self->state.gateway, std::move(action));
  };
  return {
    [post](const MatchedGame& match) { post([match](auto& here) { here.learn(match); }); },
    [post](const CancelOrder& cancel, const OrderSink& sink) {
      post([order = cancel.order, sink](auto& here) { here.cancel(order, sink); });
    },
    [post](caf::subscribe_atom, const OrderSink& sink) {
      post([sink](auto& here) { here.subscribe(sink); });
    },
    [self, post](const Tick&) {
      deliver_view(self->state);
      post([](auto& here) { here.tick(); });
    },
    [self, post](const OrderIntent& order, const OrderSink& sink) {
      post([order, sink, stops = self->state.gateway->stops()](auto& here) {
        here.place(order, sink, stops);
      });
    },
    [post](const QueryOrder& query, const OrderSink& sink) {
      post([order = query.order, sink](auto& here) { here.query(order, sink); });
    },
    [self](const CancelAllOrders& all) { self->state.gateway->cancel_all(all.reason); },
    [self, post](const ReadAccount&) -> caf::result<AccountView> {
      auto promise = self->make_response_promise<AccountView>();
      self->state.asking.push_back(promise);
      if (self->state.asking.size() == 1) {
        post([](auto& here) { here.read_account(); });
      }
      return promise;
    },
    [self](caf::get_atom) { return self->state.gateway->metrics(); },
  };
}

struct Endpoints {
  Endpoint rest;
  Endpoint user; ///< the channel of the account
  Endpoint data;
  Endpoint geoblock;
};

caf::expected<Endpoints> parse_endpoints(const PolymarketAccountConfig& account) {
  Endpoints endpoints;
  for (const auto& [url, endpoint] : {std::pair{&account.rest_url, &endpoints.rest},
                                      {&account.user_ws_url, &endpoints.user},
                                      {&account.data_url, &endpoints.data},
                                      {&account.geoblock_url, &endpoints.geoblock}}) {
    auto parsed = parse_url(*url);
    if (!parsed) {
      return std::move(parsed.error());
    }
    *endpoint = std::move(*parsed);
  }
  return endpoints;
}

} // namespace

caf::expected<PolymarketGatewayActor>
spawn_polymarket_gateway(caf::actor_system& system, Network& network, const Clock& clock,
                         const PolymarketGatewayConfig& config) {
  auto endpoints = parse_endpoints(config.account);
  if (!endpoints) {
    return std::move(endpoints.error());
  }
  auto login = log_in_to_polymarket(network, clock, config.account);
  if (!login) {
    return std::move(login.error());
  }
  auto worker = std::make_shared<Worker>();
  PolymarketClientConfig client{.rest = std::move(endpoints->rest),
                                .data = std::move(endpoints->data),
                                .geoblock = std::move(endpoints->geoblock),
                                .wallet = to_string(login->signer.account().funder),
                                .order_deadline = config.order_deadline,
                                .read_deadline = config.read_deadline};
  auto gateway =
    std::make_shared<PolymarketGateway>(network, clock, config, std::move(*login),
                                        std::move(client), std::move(endpoints->user), worker);
  gateway->start();
  return system.spawn(polymarket_gateway, std::move(worker), std::move(gateway));
}

} // namespace arbees
