#include "bridges/kalshi/kalshi_gateway.hpp"

#include <spdlog/spdlog.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <mutex>

#include "bridges/net/order_sinks.hpp"

namespace arbees {

namespace asio = boost::asio;

namespace {

/// What the network thread tells the gateway's actor, beside what everybody may.
using FailedAtom = caf::atom_constant<caf::atom("failed")>;
using DeskSink =
  caf::typed_actor<caf::reacts_to<AccountView>, caf::reacts_to<FailedAtom, std::string>>;
using KalshiGatewayActor = DeskSink::extend_with<LiveGatewayActor>;

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

  void start(const caf::actor_addr& actor) {
    actor_ = actor;
    client_->start(stream_->path(), [weak = std::weak_ptr{stream_}] {
      if (const auto stream = weak.lock()) {
        stream->start();
      }
    });
    watch_->tick(clock_->now());
    account_->tick(clock_->now());
  }
  void stop() {
    stopped_ = true;
    client_->stop();
    account_->stop();
    watch_->stop();
    reads_->stop();
    stream_.reset();
    client_.reset();
    account_.reset();
    watch_.reset();
    groups_.reset();
    reads_.reset();
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
    client_->cancel(order);
  }
  void cancel_all(const std::string& reason) {
    client_->cancel_all();
    spdlog::warn("kalshi_gateway.cancel_all reason=\"{}\"", reason);
  }
  void read_account() { account_->read_view(); }
  void subscribe(const OrderSink& sink) {
    if (!sinks_.subscribe(sink)) {
      return;
    }
    for (const auto& status : watch_->told()) {
      caf::anon_send(sink, status);
    }
    if (account_->balance()) {
      caf::anon_send(sink, *account_->balance());
    }
    for (const auto& paid : account_->settlements()) {
      caf::anon_send(sink, paid);
    }
  }
  void tick(Timestamp now) {
    ++ticks_;
    watch_->tick(now);
    account_->tick(now);
    groups_->tick(now);
    client_->tick(now);
    publish_metrics();
  }

  /// Of the last tick; from any thread.
  [[nodiscard]] Metrics metrics() const {
    const std::lock_guard lock{metrics_mutex_};
    return {.source = "kalshi_gateway", .values = metrics_};
  }

private:
  /// `member` bound so that it does nothing once the desk is gone.
  template <class... Args>
  auto guarded(void (GatewayDesk::*member)(Args...)) {
    return [weak = weak_from_this(), member](Args... args) {
      if (const auto self = weak.lock(); self && !self->stopped_) {
        ((*self).*member)(std::forward<Args>(args)...);
      }
    };
  }

  void remember(const std::string& client_order_id, const OrderSink& sink) {
    sinks_.remember(client_order_id, sink);
    subscribe(sink);
  }
  void forget(const std::string& client_order_id) { sinks_.forget(client_order_id); }
  void on_news(const OrderNews& news) { sinks_.tell(news); }
  void on_balance(const BalanceUpdate& balance) {
    if (venue_->accept(KalshiRefusal::key)) {
      spdlog::info("kalshi_gateway.resumed"); // the venue takes our key again
    }
    groups_->want(balance.shards);
    sinks_.tell_all(balance);
  }
  void on_settlement(const Settlement& paid) { sinks_.tell_all(paid); }
  void on_status(const VenueStatus& status) { sinks_.tell_all(status); }
  void on_view(caf::expected<AccountView> view) {
    const auto actor = caf::actor_cast<DeskSink>(actor_);
    if (!actor) {
      return;
    }
    if (view) {
      caf::anon_send(actor, std::move(*view));
    } else {
      caf::anon_send(actor, FailedAtom::value, describe(view.error()));
    }
  }
  void on_position(const KalshiPositionEvent& event) {
    account_->position_changed(event.ticker, event.position);
  }
  void publish_metrics();
  void open_parts(const Clock& clock, const std::shared_ptr<KalshiRest>& rest,
                  const KalshiGatewayConfig& config);
  KalshiPrivateStreamEvents stream_events(std::weak_ptr<KalshiRest> rest);

  asio::io_context& context_;
  const Clock* clock_ = nullptr;
  caf::actor_addr actor_; ///< weak: the actor owns the desk
  std::shared_ptr<KalshiVenueState> venue_;
  std::shared_ptr<KalshiReads> reads_;
  std::shared_ptr<KalshiVenueWatch> watch_;
  std::shared_ptr<KalshiAccount> account_;
  std::shared_ptr<KalshiOrderGroups> groups_;
  std::shared_ptr<KalshiOrderClient> client_;
  std::shared_ptr<KalshiPrivateStream> stream_;
  OrderSinks sinks_; ///< of orders as long as they are tracked
  std::int64_t ticks_ = 0;
  bool stopped_ = false;
  mutable std::mutex metrics_mutex_;
  std::map<std::string, std::int64_t> metrics_;
};

void GatewayDesk::publish_metrics() {
  auto values = client_->metrics();
  for (const auto& part : {reads_->counters(), watch_->metrics(), account_->metrics(),
                           groups_->metrics(), stream_->counters()}) {
    values.insert(part.begin(), part.end());
  }
  values["ticks"] = ticks_;
  const std::lock_guard lock{metrics_mutex_};
  metrics_ = std::move(values);
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
    .on_position = guarded(&GatewayDesk::on_position),
  };
}

void GatewayDesk::open_parts(const Clock& clock, const std::shared_ptr<KalshiRest>& rest,
                             const KalshiGatewayConfig& config) {
  const auto pacer = std::make_shared<KalshiPacer>(clock.now());
  clock_ = &clock;
  venue_ = std::make_shared<KalshiVenueState>(config.venue.rules);
  reads_ = std::make_shared<KalshiReads>(context_, clock, rest, pacer, config.orders.read_deadline);
  watch_ = std::make_shared<KalshiVenueWatch>(reads_, venue_, config.venue,
                                              guarded(&GatewayDesk::on_status));
  account_ = std::make_shared<KalshiAccount>(
    clock, reads_, rest, config.account,
    KalshiAccountEvents{.on_balance = guarded(&GatewayDesk::on_balance),
                        .on_settlement = guarded(&GatewayDesk::on_settlement),
                        .on_view = guarded(&GatewayDesk::on_view)});
  groups_ = std::make_shared<KalshiOrderGroups>(clock, rest, pacer, config.groups);
  client_ = std::make_shared<KalshiOrderClient>(
    context_, clock, KalshiOrderClientParts{rest, pacer, reads_, venue_, watch_, account_, groups_},
    config.orders,
    KalshiOrderClientEvents{.on_news = guarded(&GatewayDesk::on_news),
                            .on_forgotten = guarded(&GatewayDesk::forget)});
}

caf::expected<void>
GatewayDesk::open(Network& network, const Clock& clock, const KalshiGatewayConfig& config) {
  auto rest = KalshiRest::make(network, clock, config.rest);
  if (!rest) {
    return std::move(rest.error());
  }
  open_parts(clock, *rest, config);
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

  /// Everybody who waits for a view gets this one.
  template <class Answer>
  void answer(const Answer& with) {
    for (auto& question : std::exchange(questions, {})) {
      question.deliver(with);
    }
  }

  std::shared_ptr<GatewayDesk> desk;
  Duration account_deadline{};
  std::vector<caf::typed_response_promise<AccountView>> questions;
  std::optional<Timestamp> asked_at; ///< by the ticks
};

KalshiGatewayActor::behavior_type
kalshi_gateway(KalshiGatewayActor::stateful_pointer<KalshiGatewayState> self,
               std::shared_ptr<GatewayDesk> desk, Duration account_deadline) {
  self->state.desk = std::move(desk);
  self->state.account_deadline = account_deadline;
  self->state.desk->post([addr = self->address()](GatewayDesk& its) { its.start(addr); });
  return {
    [self](const AccountView& view) { self->state.answer(view); },
    [self](FailedAtom, const std::string& why) {
      self->state.answer(caf::make_error(Errc::io_failed, why));
    },
    [self](caf::subscribe_atom, const OrderSink& sink) {
      self->state.desk->post([sink](GatewayDesk& its) { its.subscribe(sink); });
    },
    [self](const Tick& tick) {
      auto& state = self->state;
      state.desk->post([now = tick.now](GatewayDesk& its) { its.tick(now); });
      state.asked_at =
        state.questions.empty() ? std::nullopt : std::optional{state.asked_at.value_or(tick.now)};
      if (state.asked_at && tick.now - *state.asked_at >= state.account_deadline) {
        state.answer(caf::make_error(Errc::timed_out, std::string{"the account was not read"}));
      }
    },
    [self](const ReadAccount& question) -> caf::result<AccountView> {
      if (question.venue != Venue::kalshi) {
        return caf::make_error(Errc::io_failed, std::string{"another venue's account"});
      }
      self->state.questions.push_back(self->make_response_promise<AccountView>());
      self->state.desk->post([](GatewayDesk& its) { its.read_account(); });
      return self->state.questions.back();
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
    [self](caf::get_atom) { return self->state.desk->metrics(); },
  };
}

} // namespace

caf::expected<LiveGatewayActor>
spawn_kalshi_gateway(caf::actor_system& system, Network& network, const Clock& clock,
                     const KalshiGatewayConfig& config) {
  auto desk = std::make_shared<GatewayDesk>(network.context());
  if (auto opened = desk->open(network, clock, config); !opened) {
    return std::move(opened.error());
  }
  return LiveGatewayActor{system.spawn(kalshi_gateway, std::move(desk), config.account_deadline)};
}

} // namespace arbees
