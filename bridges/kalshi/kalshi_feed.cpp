#include "bridges/kalshi/kalshi_feed.hpp"

#include <spdlog/spdlog.h>

#include <bit>

#include "bridges/kalshi/kalshi_lifecycle.hpp"
#include "bridges/kalshi/kalshi_market_data_codec.hpp"
#include "bridges/kalshi/kalshi_signer.hpp"
#include "bridges/kalshi/kalshi_subscriptions.hpp"
#include "bridges/net/feed_actor.hpp"
#include "bridges/net/web_socket_client.hpp"

namespace arbees {

namespace {

std::string_view word_of(KalshiMarketChange change) {
  switch (change) {
    case KalshiMarketChange::deactivated:
      return "deactivated";
    case KalshiMarketChange::activated:
      return "activated";
    case KalshiMarketChange::close_moved:
      return "close_moved";
    case KalshiMarketChange::ended:
      return "ended";
  }
  return "";
}

/// The feed's half that lives on the network thread.
class KalshiFeed : public std::enable_shared_from_this<KalshiFeed> {
  /// `member` bound so that it does nothing once the actor has let go of the feed.
  template <class... Args>
  auto guarded(void (KalshiFeed::*member)(Args...)) {
    return [alive = weak_from_this(), member](Args... args) {
      if (const auto self = alive.lock()) {
        ((*self).*member)(args...);
      }
    };
  }

public:
  static constexpr auto name = "kalshi_feed";

  KalshiFeed(const Clock& clock, std::optional<KalshiSigner> signer, KalshiMonitorActor monitor)
    : clock_{clock}, signer_{std::move(signer)}, monitor_{std::move(monitor)} {}

  void start(Network& network, const WebSocketConfig& config) {
    const auto path = config.endpoint.target;
    socket_ = std::make_unique<WebSocketClient>(
      network, clock_, config,
      WebSocketEvents{
        .headers = [this, alive = weak_from_this(), path]() -> caf::expected<HttpHeaders> {
          const auto self = alive.lock();
          return self ? sign(path) : HttpHeaders{};
        },
        .on_open = guarded(&KalshiFeed::on_open),
        .on_text = guarded(&KalshiFeed::on_text),
        .on_close = guarded(&KalshiFeed::on_close),
      });
    socket_->start();
  }

  // From the actor's thread.

  void watch(const WatchMarkets& wish) {
    post([this, wish] {
      send(subscriptions_.watch(wish));
      for (const auto& stopped : lifecycle_.watch(wish, clock_.now())) {
        caf::anon_send(monitor_, stopped);
      }
    });
  }
  void unwatch(const UnwatchMarkets& wish) {
    post([this, wish] {
      send(subscriptions_.unwatch(wish));
      lifecycle_.unwatch(wish);
    });
  }
  void request(const RequestSnapshots& request) {
    post([this, request] { send(subscriptions_.request(request)); });
  }
  void reconnect(const ReconnectFeed& order) {
    post([this, order] { socket_->reconnect(order.reason); });
  }

private:
  template <class Action>
  void post(Action action) {
    socket_->post([self = shared_from_this(), action = std::move(action)] { action(); });
  }

  caf::expected<HttpHeaders> sign(const std::string& path) const {
    return signer_ ? signer_->headers(clock_.now(), "GET", path) : HttpHeaders{};
  }

  void on_open(Timestamp at) {
    caf::anon_send(monitor_, FeedConnected{.venue = Venue::kalshi, .at = at});
    if (auto reopened = lifecycle_.on_open(); !reopened.markets.empty()) {
      caf::anon_send(monitor_, std::move(reopened));
    }
    send(subscriptions_.on_open());
  }

  void on_close(const std::string& reason, Timestamp at) {
    subscriptions_.on_close();
    caf::anon_send(monitor_, FeedDisconnected{.venue = Venue::kalshi, .reason = reason, .at = at});
  }

  void on_text(std::string_view text, Timestamp received_at) {
    auto frame = decode_kalshi_frame(scratch_, text, received_at);
    if (!frame) {
      // The codec's errors hold a reason and nothing else.
      return reject(frame.error().context().get_as<std::string>(0), received_at);
    }
    if (const auto* const event = std::get_if<KalshiMarketEvent>(&*frame)) {
      return on_lifecycle(*event);
    }
    std::visit([this](auto& event) { forward(event); }, *frame);
  }

  void on_lifecycle(const KalshiMarketEvent& event) {
    const auto* const market = lifecycle_.wanted(event.market);
    if (market == nullptr) {
      return;
    }
    spdlog::info("kalshi_feed.market_{} market={}{}", word_of(event.change), market->ref.native_id,
                 event.change == KalshiMarketChange::close_moved
                   ? fmt::format(" closes_at_ms={}", to_ms(event.closes_at))
                   : "");
    std::visit(
      [this](auto&& news) {
        if constexpr (!std::is_same_v<std::decay_t<decltype(news)>, std::monostate>) {
          caf::anon_send(monitor_, std::move(news));
        }
      },
      lifecycle_.on(event));
  }

  template <class Event>
  void forward(Event& event) {
    if constexpr (!std::is_same_v<Event,
                                  KalshiIgnored> && !std::is_same_v<Event, KalshiMarketEvent>) {
      // Commands follow from these; whole books and changes are the monitor's alone.
      if constexpr (requires { subscriptions_.on(event); }) {
        send(subscriptions_.on(event));
      }
      caf::anon_send(monitor_, std::move(event));
    }
  }

  void reject(const std::string& reason, Timestamp at) {
    if (std::has_single_bit(++rejected_)) { // 1, 2, 4, …: bursts stay readable
      spdlog::warn("kalshi_feed.frame_rejected total={} reason=\"{}\"", rejected_, reason);
    }
    caf::anon_send(monitor_,
                   FrameRejected{.venue = Venue::kalshi, .reason = reason, .market = {}, .at = at});
  }

  void send(const std::vector<std::string>& commands) {
    for (const auto& command : commands) {
      socket_->send(command);
    }
  }

  const Clock& clock_;
  std::optional<KalshiSigner> signer_;
  KalshiMonitorActor monitor_;
  std::unique_ptr<WebSocketClient> socket_;
  KalshiSubscriptions subscriptions_;
  KalshiLifecycle lifecycle_;
  JsonScratch scratch_;
  std::uint64_t rejected_ = 0;
};

} // namespace

caf::expected<FeedActor>
spawn_kalshi_feed(caf::actor_system& system, Network& network, const Clock& clock,
                  const KalshiFeedConfig& config, KalshiMonitorActor monitor) {
  auto endpoint = parse_url(config.ws_url);
  if (!endpoint) {
    return std::move(endpoint.error());
  }
  std::optional<KalshiSigner> signer;
  if (!config.key_id.empty() || !config.key_file.empty()) {
    auto loaded = KalshiSigner::load(config.key_id, config.key_file);
    if (!loaded) {
      return std::move(loaded.error());
    }
    signer = std::move(*loaded);
  }
  auto feed = std::make_shared<KalshiFeed>(clock, std::move(signer), std::move(monitor));
  feed->start(network, {.name = "kalshi_feed",
                        .endpoint = std::move(*endpoint),
                        .idle_timeout = config.idle_timeout,
                        .backoff = Backoff{config.first_retry, config.longest_retry, config.seed}});
  return system.spawn(feed_actor<KalshiFeed>, std::move(feed));
}

} // namespace arbees
