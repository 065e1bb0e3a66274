#include "bridges/polymarket/polymarket_gateway.hpp"

#include <pthread.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <bit>
#include <boost/asio.hpp>
#include <mutex>
#include <thread>

#include "bridges/polymarket/polymarket_user_stream.hpp"

namespace arbees {

namespace asio = boost::asio;

namespace {

/// The gateway's thread: signing must hold up neither the hot path nor the sockets.
class Worker {
public:
  Worker() {
    thread_ = std::thread{[this] {
      pthread_setname_np(pthread_self(), "arbees-poly");
      run();
    }};
  }
  ~Worker() { stop(); }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  /// When it returns nothing runs on the thread any more. Not to be called on it.
  void stop() {
    context_.stop();
    if (thread_.joinable()) {
      thread_.join();
    }
  }

  asio::io_context& context() { return context_; }

private:
  void run() {
    for (;;) {
      try {
        context_.run();
        return;
      } catch (const std::exception& problem) {
        // One order's bug must not leave all the others without an end.
        spdlog::error("polymarket_gateway.handler_threw what=\"{}\"", problem.what());
      }
    }
  }

  asio::io_context context_{1};
  asio::executor_work_guard<asio::io_context::executor_type> work_{context_.get_executor()};
  std::thread thread_;
};

/// The gateway's half that lives on the worker's thread.
class PolymarketGateway : public std::enable_shared_from_this<PolymarketGateway> {
public:
  PolymarketGateway(Network& network, const Clock& clock, PolymarketGatewayConfig config,
                    PolymarketLogin login, const Endpoint& rest, Endpoint user_socket,
                    std::shared_ptr<Worker> worker)
    : network_{network},
      clock_{clock},
      config_{std::move(config)},
      user_socket_{std::move(user_socket)},
      worker_{std::move(worker)},
      signer_{std::move(login.signer)},
      desk_{signer_, config_.desk, clock.now()},
      client_{std::make_shared<PolymarketOrderClient>(
        network, clock,
        PolymarketClientConfig{.rest = rest,
                               .order_deadline = config_.order_deadline,
                               .read_deadline = config_.read_deadline},
        std::move(login.credentials), login.clock_offset)},
      timer_{worker_->context()},
      balance_{.venue = Venue::polymarket, .available = login.balance, .at = login.at} {}

  void start() {
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
            post(weak, [frame = std::move(frame)](auto& self) { self.on_frame(frame); });
          },
        .on_close =
          [weak = weak_from_this()](const std::string& /*reason*/) {
            post(weak, [](auto& self) { self.stream_open_ = false; });
          }});
    stream_->start();
    post(weak_from_this(), [](auto& self) { self.keep_ready(); });
  }

  /// Runs `action` on the worker's thread, from any thread, unless the gateway has gone.
  template <class Action>
  static void post(const std::weak_ptr<PolymarketGateway>& weak, Action action) {
    if (const auto self = weak.lock()) {
      asio::post(self->worker_->context(), [weak, action = std::move(action)]() mutable {
        // Handlers that never ran die with the worker, and must not keep the gateway alive.
        if (const auto here = weak.lock()) {
          action(*here);
          here->after_event();
        }
      });
    }
  }

  // On the worker's thread.

  void place(const OrderIntent& order, const OrderSink& sink) {
    if (std::ranges::find(balance_sinks_, sink) == balance_sinks_.end()) {
      balance_sinks_.push_back(sink);
    }
    sinks_.insert_or_assign(order.client_order_id, sink);
    carry_out(order, desk_.place(order, clock_.now()));
  }

  void query(const OrderIntent& order, const OrderSink& sink) {
    sinks_.insert_or_assign(order.client_order_id, sink);
    auto output = desk_.query(order, clock_.now());
    if (!output.condition) {
      return carry_out(order, std::move(output));
    }
    read_terms(*output.condition, [order](auto& self, bool known) {
      if (known) {
        self.carry_out(order, self.desk_.query(order, self.clock_.now()));
      } else {
        self.report_unknown(order, "the market's terms cannot be read");
      }
    });
  }

  void cancel(const OrderIntent& order, const OrderSink& sink) {
    sinks_.insert_or_assign(order.client_order_id, sink);
    const auto order_id = desk_.cancel(order.client_order_id, clock_.now());
    if (!order_id) {
      spdlog::warn("polymarket_gateway.cancel_not_sent order={}", order.client_order_id);
      return;
    }
    client_->cancel(*order_id, [weak = weak_from_this(),
                                id = order.client_order_id](const CancelAnswer& answer) {
      spdlog::info("polymarket_gateway.cancel_answered order={} verdict={} reason=\"{}\"", id,
                   to_string(answer.verdict), answer.reason);
      post(weak, [id](auto& self) { self.desk_.canceled(id, self.clock_.now()); });
    });
  }

  void cancel_all(const std::string& reason) {
    spdlog::warn("polymarket_gateway.cancel_all reason=\"{}\"", reason);
    client_->cancel_all([](const caf::error& error) {
      if (error) {
        spdlog::error("polymarket_gateway.cancel_all_failed error={}", describe(error));
      } else {
        spdlog::info("polymarket_gateway.cancel_all_done");
      }
    });
  }

  void learn(const MatchedGame& match) { desk_.learn(match); }

  void subscribe(const OrderSink& sink) {
    if (std::ranges::find(balance_sinks_, sink) == balance_sinks_.end()) {
      balance_sinks_.push_back(sink);
    }
    caf::anon_send(sink, balance_);
  }

  void tick() {
    const auto now = clock_.now();
    for (const auto& id : desk_.forget_old(now)) {
      sinks_.erase(id);
    }
    if (now >= last_balance_ + config_.balance_period) {
      read_balance();
    }
    if (now >= last_order_ + config_.keep_ready_period) {
      keep_ready();
    }
    publish_metrics(now);
  }

  /// As of the last tick; from any thread.
  [[nodiscard]] Metrics metrics() const {
    const std::lock_guard lock{metrics_mutex_};
    return {.source = "polymarket_gateway", .values = metrics_};
  }

private:
  void carry_out(const OrderIntent& order, PolymarketDeskOutput output) {
    tell(output.news);
    if (output.send) {
      send(std::move(*output.send));
    }
    if (output.wait) {
      auto timer = std::make_shared<asio::steady_timer>(worker_->context(), *output.wait);
      timer->async_wait([weak = weak_from_this(), order, timer](boost::system::error_code ec) {
        const auto self = weak.lock();
        if (!ec && self) {
          self->carry_out(order, self->desk_.place(order, self->clock_.now()));
          self->after_event();
        }
      });
    }
    if (output.condition) {
      read_terms(*output.condition, [](auto&, bool) {});
    }
  }

  void send(PolymarketSend order) {
    last_order_ = clock_.now();
    client_->place(order.order, order.time_in_force,
                   [weak = weak_from_this(),
                    id = order.client_order_id](const PolymarketOrderClient::Posted& posted) {
                     post(weak, [id, posted](auto& self) { self.on_answer(id, posted); });
                   });
  }

  void on_answer(const std::string& id, const PolymarketOrderClient::Posted& posted) {
    const auto& answer = posted.answer;
    const auto bad = answer.verdict == Verdict::fatal;
    const auto level = bad                                  ? spdlog::level::err
                       : answer.verdict == Verdict::unknown ? spdlog::level::warn
                                                            : spdlog::level::debug;
    spdlog::log(level, "polymarket_gateway.order_answered order={} verdict={} reason=\"{}\"", id,
                to_string(answer.verdict), answer.reason);
    if (answer.reason == "unauthorized" || answer.reason.starts_with(polymarket_no_answer)) {
      keep_ready(); // the clocks may have drifted apart; the connection has to be made anew
    }
    auto output = desk_.answered(id, answer, posted.at);
    tell(output.news);
    if (output.condition) {
      read_terms(*output.condition, [](auto&, bool) {});
    }
  }

  void on_stream_open() {
    stream_open_ = true;
    desk_.reconcile(clock_.now()); // what was missed is not told again
  }

  void on_frame(const PolymarketUserFrame& frame) {
    const auto now = clock_.now();
    for (const auto& event : frame.events) {
      std::visit([&](const auto& each) { tell(desk_.apply(each, now).news); }, event);
    }
    for (const auto& reason : frame.rejected) {
      ++rejected_[reason];
      if (std::has_single_bit(static_cast<std::uint64_t>(++rejected_total_))) {
        spdlog::warn("polymarket_user.frame_rejected total={} reason=\"{}\"", rejected_total_,
                     reason);
      }
    }
    if (!frame.rejected.empty()) {
      desk_.reconcile(now); // it may have been about an order of ours
    }
  }

  void tell(const OrderNews& news) {
    for (const auto& fill : news.fills) {
      if (fill.state == FillState::voided) {
        spdlog::error("polymarket_gateway.fill_voided order={} fill={} quantity={}",
                      fill.client_order_id, fill.fill_id, to_string(fill.quantity));
      }
      tell(fill.client_order_id, fill);
    }
    for (const auto& report : news.reports) {
      tell(report.client_order_id, report);
      balance_moved_ = balance_moved_ || report.filled > Quantity{};
    }
  }

  template <class T>
  void tell(const std::string& client_order_id, const T& event) {
    if (const auto sink = sinks_.find(client_order_id); sink != sinks_.end()) {
      caf::anon_send(sink->second, event);
    }
  }

  void report_unknown(const OrderIntent& order, std::string why) {
    const OrderAnswer answer{.reason = std::move(why)};
    tell(order.client_order_id, to_report(answer, order, order.created_at, clock_.now()));
  }

  /// `done` gets the gateway and whether the terms are known now.
  template <class Done>
  void read_terms(const std::string& condition, Done done) {
    client_->market_terms(condition, [weak = weak_from_this(), condition,
                                      done](caf::expected<PolymarketMarketTerms> terms) {
      post(weak, [condition, done, terms = std::move(terms)](auto& self) {
        if (terms) {
          self.desk_.learn(condition, *terms);
        } else {
          spdlog::warn("polymarket_gateway.terms_unread condition={} reason=\"{}\"", condition,
                       describe(terms.error()));
        }
        done(self, static_cast<bool>(terms));
      });
    });
  }

  /// First the order, then the trades: what is matched in between is in both, not in neither.
  void check(const PolymarketCheck& check) {
    client_->look_up(check.order_id, [weak = weak_from_this(), check](
                                       caf::expected<std::optional<PolymarketOpenOrder>> found) {
      post(weak, [check, found = std::move(found)](auto& self) {
        self.client_->trades(check.condition, check.since,
                             [weak = self.weak_from_this(), check,
                              found](caf::expected<std::vector<PolymarketTrade>> trades) {
                               post(weak, [check, found, trades = std::move(trades)](auto& again) {
                                 again.on_checked(check, found, trades);
                               });
                             });
      });
    });
  }

  void on_checked(const PolymarketCheck& check,
                  const caf::expected<std::optional<PolymarketOpenOrder>>& found,
                  const caf::expected<std::vector<PolymarketTrade>>& trades) {
    if (!found || !trades) {
      spdlog::warn("polymarket_gateway.check_failed order={} reason=\"{}\"", check.client_order_id,
                   describe(found ? trades.error() : found.error()));
    }
    tell(desk_.checked(check.client_order_id, found, trades, clock_.now()).news);
  }

  void read_balance() {
    if (balance_asked_) {
      return;
    }
    balance_asked_ = true;
    last_balance_ = clock_.now();
    balance_moved_ = false;
    client_->balance(signer_.account().type, [weak = weak_from_this()](
                                               caf::expected<PolymarketBalance> balance) {
      post(weak, [balance = std::move(balance)](auto& self) { self.on_balance(balance); });
    });
  }

  void on_balance(const caf::expected<PolymarketBalance>& balance) {
    balance_asked_ = false;
    if (!balance) {
      spdlog::warn("polymarket_gateway.balance_unread reason=\"{}\"", describe(balance.error()));
      return;
    }
    balance_.available = Money{balance->balance};
    balance_.at = clock_.now();
    for (const auto& sink : balance_sinks_) {
      caf::anon_send(sink, balance_);
    }
  }

  void keep_ready() {
    last_order_ = clock_.now();
    client_->keep_ready([](const caf::error& error) {
      if (error) {
        spdlog::warn("polymarket_gateway.not_ready reason=\"{}\"", describe(error));
      }
    });
  }

  /// Whatever happened may have made checks due, or changed when the next is.
  void after_event() {
    constexpr Duration settling = std::chrono::seconds{1};
    const auto now = clock_.now();
    for (const auto& due : desk_.due(now)) {
      check(due);
    }
    if (balance_moved_ && now >= last_balance_ + settling) {
      read_balance();
    }
    const auto next = desk_.next_due();
    if (!next) {
      timer_.cancel();
      return;
    }
    timer_.expires_after(*next - now);
    timer_.async_wait([weak = weak_from_this()](boost::system::error_code ec) {
      const auto self = weak.lock();
      if (!ec && self) {
        self->after_event();
      }
    });
  }

  void publish_metrics(Timestamp now) {
    auto values = desk_.metrics(now);
    for (const auto& [reason, count] : rejected_) {
      values["rejected:" + reason] = count;
    }
    values["user_stream_open"] = stream_open_ ? 1 : 0;
    values["balance_micros"] = balance_.available.value();
    const std::lock_guard lock{metrics_mutex_};
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
  std::shared_ptr<PolymarketUserStream> stream_;
  asio::steady_timer timer_;
  std::map<std::string, OrderSink> sinks_; ///< by client order id
  std::vector<OrderSink> balance_sinks_;
  BalanceUpdate balance_;
  Timestamp last_balance_ = balance_.at;
  Timestamp last_order_;
  std::map<std::string, std::int64_t> rejected_; ///< frames, by reason
  std::int64_t rejected_total_ = 0;
  bool stream_open_ = false;
  bool balance_moved_ = false;
  bool balance_asked_ = false; ///< one read at a time: a slow venue is not asked ever more
  mutable std::mutex metrics_mutex_;
  std::map<std::string, std::int64_t> metrics_;
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
};

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
    [post](const Tick&) { post([](auto& here) { here.tick(); }); },
    [post](const OrderIntent& order, const OrderSink& sink) {
      post([order, sink](auto& here) { here.place(order, sink); });
    },
    [post](const QueryOrder& query, const OrderSink& sink) {
      post([order = query.order, sink](auto& here) { here.query(order, sink); });
    },
    [post](const CancelAllOrders& all) {
      post([reason = all.reason](auto& here) { here.cancel_all(reason); });
    },
    [](const ReadAccount&) -> caf::result<AccountView> {
      return caf::make_error(Errc::io_failed, "no view");
    },
    [self](caf::get_atom) { return self->state.gateway->metrics(); },
  };
}

} // namespace

caf::expected<PolymarketGatewayActor>
spawn_polymarket_gateway(caf::actor_system& system, Network& network, const Clock& clock,
                         const PolymarketGatewayConfig& config) {
  const auto rest = parse_url(config.account.rest_url);
  if (!rest) {
    return rest.error();
  }
  auto user_socket = parse_url(config.account.user_ws_url);
  if (!user_socket) {
    return std::move(user_socket.error());
  }
  auto login = log_in_to_polymarket(network, clock, config.account);
  if (!login) {
    return std::move(login.error());
  }
  auto worker = std::make_shared<Worker>();
  auto gateway = std::make_shared<PolymarketGateway>(network, clock, config, std::move(*login),
                                                     *rest, std::move(*user_socket), worker);
  gateway->start();
  return system.spawn(polymarket_gateway, std::move(worker), std::move(gateway));
}

} // namespace arbees
