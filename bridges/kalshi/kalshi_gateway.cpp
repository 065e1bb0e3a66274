#include "bridges/kalshi/kalshi_gateway.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <mutex>

namespace arbees {

namespace asio = boost::asio;

namespace {

/// The gateway's half that lives on the network thread.
class GatewayDesk : public std::enable_shared_from_this<GatewayDesk> {
public:
  explicit GatewayDesk(asio::io_context& context) : context_{context} {}

  caf::expected<void> open(Network& network, const Clock& clock, const KalshiGatewayConfig& config);

  /// Runs `action` with the desk on the network thread, unless it has been stopped.
  template <class Action>
  void post(Action action) {
    asio::post(context_, [self = shared_from_this(), action = std::move(action)] {
      if (!self->stopped_) {
        action(*self);
      }
    });
  }

  void start() {
    client_->start(stream_->path(), [weak = std::weak_ptr{stream_}] {
      if (const auto stream = weak.lock()) {
        stream->start();
      }
    });
  }
  void stop() {
    stopped_ = true;
    client_->stop();
    stream_.reset();
    client_.reset();
  }

  void place(const OrderIntent& order, const OrderSink& sink) {
    remember(order.client_order_id, sink);
    client_->place(order);
  }
  void look_up(const OrderIntent& order, const OrderSink& sink) {
    remember(order.client_order_id, sink);
    client_->look_up(order);
  }
  void cancel(const OrderIntent& order, const OrderSink& sink) {
    remember(order.client_order_id, sink);
    client_->cancel(order.client_order_id, {});
  }
  void cancel_all(const std::string& reason) {
    spdlog::warn("kalshi_gateway.cancel_all reason=\"{}\"", reason);
    client_->cancel_all(0, [](const CancelAnswer& answer) {
      spdlog::info("kalshi_gateway.cancel_all_answered verdict={} reason=\"{}\"",
                   to_string(answer.verdict), answer.reason);
    });
  }
  void subscribe(const OrderSink& sink) {
    if (std::ranges::find(account_sinks_, sink) == account_sinks_.end()) {
      account_sinks_.push_back(sink);
      if (balance_) {
        caf::anon_send(sink, *balance_);
      }
    }
  }
  void tick(Timestamp now) {
    ++ticks_;
    client_->tick(now);
    publish_metrics();
  }

  [[nodiscard]] std::weak_ptr<KalshiOrderClient> client() const { return client_; }
  /// Of the last tick; from any thread.
  [[nodiscard]] Metrics metrics() const {
    const std::lock_guard lock{metrics_mutex_};
    return {.source = "kalshi_gateway", .values = metrics_};
  }

private:
  void remember(const std::string& client_order_id, const OrderSink& sink) {
    sinks_.insert_or_assign(client_order_id, sink);
    subscribe(sink);
  }
  template <class T>
  void tell(const std::string& client_order_id, const T& event) {
    if (const auto found = sinks_.find(client_order_id); found != sinks_.end()) {
      caf::anon_send(found->second, event);
    }
  }
  void on_news(const OrderNews& news) {
    for (const auto& fill : news.fills) {
      tell(fill.client_order_id, fill);
    }
    for (const auto& report : news.reports) {
      tell(report.client_order_id, report);
    }
  }
  void on_balance(const BalanceUpdate& balance) {
    balance_ = balance;
    for (const auto& sink : account_sinks_) {
      caf::anon_send(sink, balance);
    }
  }
  void publish_metrics() {
    auto values = client_->metrics();
    values.insert(stream_->counters().begin(), stream_->counters().end());
    values["ticks"] = ticks_;
    values["positions_heard_of"] = static_cast<std::int64_t>(positions_.size());
    const std::lock_guard lock{metrics_mutex_};
    metrics_ = std::move(values);
  }
  KalshiOrderClientEvents client_events();
  KalshiPrivateStreamEvents stream_events(std::weak_ptr<KalshiRest> rest);

  asio::io_context& context_;
  std::shared_ptr<KalshiOrderClient> client_;
  std::shared_ptr<KalshiPrivateStream> stream_;
  std::map<std::string, OrderSink> sinks_; ///< by client order id, as long as it is tracked
  std::vector<OrderSink> account_sinks_;
  std::optional<BalanceUpdate> balance_;
  std::map<std::string, Quantity> positions_; ///< by ticker, as the stream last told
  std::int64_t ticks_ = 0;
  bool stopped_ = false;
  mutable std::mutex metrics_mutex_;
  std::map<std::string, std::int64_t> metrics_;
};

KalshiOrderClientEvents GatewayDesk::client_events() {
  const auto weak = weak_from_this();
  return {
    .on_news =
      [weak](const OrderNews& news) {
        if (const auto self = weak.lock()) {
          self->on_news(news);
        }
      },
    .on_balance =
      [weak](const BalanceUpdate& balance) {
        if (const auto self = weak.lock()) {
          self->on_balance(balance);
        }
      },
    .on_forgotten =
      [weak](const std::string& client_order_id) {
        if (const auto self = weak.lock()) {
          self->sinks_.erase(client_order_id);
        }
      },
  };
}

KalshiPrivateStreamEvents GatewayDesk::stream_events(std::weak_ptr<KalshiRest> rest) {
  const auto client = std::weak_ptr{client_};
  const auto tell_client = [client](auto member) {
    return [client, member](const auto&... args) {
      if (const auto self = client.lock()) {
        ((*self).*member)(args...);
      }
    };
  };
  return {
    .headers = [rest, weak = weak_from_this()]() -> caf::expected<HttpHeaders> {
      const auto signer = rest.lock();
      const auto self = weak.lock();
      return signer && self && self->stream_ ? signer->upgrade_headers(self->stream_->path())
                                             : HttpHeaders{};
    },
    .on_open = tell_client(&KalshiOrderClient::stream_opened),
    .on_close = tell_client(&KalshiOrderClient::stream_closed),
    .on_order = tell_client(
      static_cast<void (KalshiOrderClient::*)(const OrderEvent&)>(&KalshiOrderClient::apply)),
    .on_fill = tell_client(
      static_cast<void (KalshiOrderClient::*)(const FillEvent&)>(&KalshiOrderClient::apply)),
    .on_position =
      [weak = weak_from_this()](const KalshiPositionEvent& event) {
        constexpr std::size_t most_markets = 10'000;
        const auto self = weak.lock();
        if (self
            && (self->positions_.size() < most_markets
                || self->positions_.contains(event.ticker))) {
          self->positions_[event.ticker] = event.position;
        }
      },
  };
}

caf::expected<void>
GatewayDesk::open(Network& network, const Clock& clock, const KalshiGatewayConfig& config) {
  auto rest = KalshiRest::make(network, clock, config.rest);
  if (!rest) {
    return std::move(rest.error());
  }
  client_ =
    std::make_shared<KalshiOrderClient>(context_, clock, *rest, config.orders, client_events());
  auto stream = KalshiPrivateStream::make(network, clock, config.stream, stream_events(*rest));
  if (!stream) {
    return std::move(stream.error());
  }
  stream_ = std::move(*stream);
  return caf::unit;
}

struct KalshiGatewayState {
  static constexpr auto name = "kalshi_gateway";
  KalshiGatewayState() = default;
  KalshiGatewayState(const KalshiGatewayState&) = delete;
  KalshiGatewayState& operator=(const KalshiGatewayState&) = delete;
  ~KalshiGatewayState() {
    if (desk) {
      desk->post([](GatewayDesk& its) { its.stop(); }); // where its timers and sockets live
    }
  }

  std::shared_ptr<GatewayDesk> desk;
};

LiveGatewayActor::behavior_type
kalshi_gateway(LiveGatewayActor::stateful_pointer<KalshiGatewayState> self,
               std::shared_ptr<GatewayDesk> desk) {
  self->state.desk = std::move(desk);
  return {
    [self](caf::subscribe_atom, const OrderSink& sink) {
      self->state.desk->post([sink](GatewayDesk& its) { its.subscribe(sink); });
    },
    [self](const Tick& tick) {
      self->state.desk->post([now = tick.now](GatewayDesk& its) { its.tick(now); });
    },
    [self](const OrderIntent& order, const OrderSink& sink) {
      self->state.desk->post([order, sink](GatewayDesk& its) { its.place(order, sink); });
    },
    [self](const QueryOrder& query, const OrderSink& sink) {
      self->state.desk->post(
        [order = query.order, sink](GatewayDesk& its) { its.look_up(order, sink); });
    },
    [self](const CancelOrder& cancel, const OrderSink& sink) {
      self->state.desk->post(
        [order = cancel.order, sink](GatewayDesk& its) { its.cancel(order, sink); });
    },
    [self](const CancelAllOrders& all) {
      self->state.desk->post([reason = all.reason](GatewayDesk& its) { its.cancel_all(reason); });
    },
    [](const ReadAccount&) -> caf::result<AccountView> {
      return caf::make_error(Errc::io_failed, "no view");
    },
    [self](caf::get_atom) { return self->state.desk->metrics(); },
  };
}

} // namespace

void KalshiCancels::cancel(const std::string& client_order_id, Done done) const {
  asio::post(network_->context(), [client = client_, client_order_id, done = std::move(done)] {
    if (const auto alive = client.lock()) {
      alive->cancel(client_order_id, done);
    }
  });
}

void KalshiCancels::cancel_all(std::int32_t subaccount, Done done) const {
  asio::post(network_->context(), [client = client_, subaccount, done = std::move(done)] {
    if (const auto alive = client.lock()) {
      alive->cancel_all(subaccount, done);
    }
  });
}

caf::expected<KalshiGateway>
spawn_kalshi_gateway(caf::actor_system& system, Network& network, const Clock& clock,
                     const KalshiGatewayConfig& config) {
  auto desk = std::make_shared<GatewayDesk>(network.context());
  if (auto opened = desk->open(network, clock, config); !opened) {
    return std::move(opened.error());
  }
  const KalshiCancels cancels{network, desk->client()};
  desk->post([](GatewayDesk& its) { its.start(); });
  return KalshiGateway{system.spawn(kalshi_gateway, std::move(desk)), cancels};
}

} // namespace arbees
