#include "bridges/polymarket/polymarket_feed.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <bit>
#include <set>

#include "bridges/net/feed_actor.hpp"
#include "bridges/net/http_client.hpp"
#include "bridges/net/web_socket_client.hpp"
#include "bridges/polymarket/polymarket_market_data_codec.hpp"

namespace arbees {

namespace {

constexpr std::size_t tokens_per_market = 2;

/// The feed's half that lives on the network thread.
class PolymarketFeed : public std::enable_shared_from_this<PolymarketFeed> {
  /// One socket and the markets on it; both tokens of a market share a socket.
  struct Shard {
    std::unique_ptr<WebSocketClient> socket;
    std::set<MarketId> markets;
    bool open = false;
    bool spoke = false; ///< its first message has been sent
  };

public:
  static constexpr auto name = "polymarket_feed";

  PolymarketFeed(Network& network, const Clock& clock, PolymarketFeedConfig config,
                 Endpoint socket_endpoint, const Endpoint& rest_endpoint,
                 PolymarketMonitorActor monitor)
    : network_{network},
      clock_{clock},
      config_{std::move(config)},
      endpoint_{std::move(socket_endpoint)},
      monitor_{std::move(monitor)},
      rest_{network, clock, {.endpoint = rest_endpoint}},
      audits_{network, clock, {.endpoint = rest_endpoint}},
      audit_timer_{network.context()} {}

  /// The first socket is opened at once: being connected must not wait for the first market.
  void start() {
    add_shard();
    thread_ = shards_.front()->socket.get();
    if (config_.audit_period > Duration::zero()) {
      post([this] { schedule_audit(); });
    }
  }

  // From the actor's thread.

  void watch(const WatchMarkets& wish) {
    post([this, wish] { on_watch(wish); });
  }
  void unwatch(const UnwatchMarkets& wish) {
    post([this, wish] { on_unwatch(wish); });
  }
  void request(const RequestSnapshots& request) {
    post([this, request] { on_request(request); });
  }
  void reconnect(const ReconnectFeed& order) {
    post([this, order] { reconnect_all(order.reason); });
  }

private:
  /// Runs `action` on the network thread.
  template <class Action>
  void post(Action action) {
    thread_->post([self = shared_from_this(), action = std::move(action)] { action(); });
  }

  void add_shard() {
    const auto index = shards_.size();
    auto shard = std::make_unique<Shard>();
    const auto bind = [weak = weak_from_this(), raw = shard.get()](auto member) {
      return [weak, raw, member](const auto&... args) {
        if (const auto self = weak.lock()) {
          ((*self).*member)(*raw, args...);
        }
      };
    };
    shard->socket = std::make_unique<WebSocketClient>(
      network_, clock_,
      WebSocketConfig{.name = "polymarket_feed",
                      .endpoint = endpoint_,
                      .idle_timeout = config_.pong_timeout,
                      .keepalive_text = "PING",
                      .keepalive_period = config_.ping_period,
                      .start_delay = config_.stagger * static_cast<Duration::rep>(index),
                      .backoff =
                        Backoff{config_.first_retry, config_.longest_retry, config_.seed + index}},
      WebSocketEvents{.headers = nullptr,
                      .on_open = bind(&PolymarketFeed::on_open),
                      .on_text = bind(&PolymarketFeed::on_text),
                      .on_close = bind(&PolymarketFeed::on_close)});
    shard->socket->start();
    shards_.push_back(std::move(shard));
  }

  void on_open(Shard& shard, const Timestamp& at) {
    shard.open = true;
    shard.spoke = false;
    if (up_) {
      return send_first(shard); // a socket that was added
    }
    if (std::ranges::all_of(shards_, [](const auto& each) { return each->open; })) {
      up_ = true;
      asked_.clear();
      caf::anon_send(monitor_, FeedConnected{.venue = Venue::polymarket, .at = at});
      for (const auto& each : shards_) {
        send_first(*each);
      }
    }
  }

  void on_close(Shard& shard, const std::string& reason, const Timestamp& at) {
    shard.open = false;
    if (std::exchange(up_, false)) {
      caf::anon_send(monitor_,
                     FeedDisconnected{.venue = Venue::polymarket, .reason = reason, .at = at});
      reconnect_all("another socket of the feed broke");
    }
  }

  void reconnect_all(const std::string& reason) {
    for (const auto& shard : shards_) {
      if (shard->open) {
        shard->socket->reconnect(reason);
      }
    }
  }

  void on_text(Shard& /*shard*/, const std::string_view& text, const Timestamp& received_at) {
    if (up_) {
      forward(decode_polymarket_frame(scratch_, text, received_at, assets_), received_at);
    }
  }

  void forward(PolymarketFrame frame, Timestamp at) {
    for (auto& event : frame.events) {
      if (const auto* const book = std::get_if<PolymarketBook>(&event)) {
        if (book->token == Side::yes) {
          asked_.erase(book->market);
        }
      }
      std::visit([this](auto& each) { caf::anon_send(monitor_, std::move(each)); }, event);
    }
    for (const auto& rejected : frame.rejected) {
      if (std::has_single_bit(++rejected_)) { // 1, 2, 4, …: bursts stay readable
        spdlog::warn("polymarket_feed.frame_rejected total={} reason={}", rejected_,
                     rejected.reason);
      }
      caf::anon_send(monitor_, FrameRejected{.venue = Venue::polymarket,
                                             .reason = rejected.reason,
                                             .market = rejected.market,
                                             .at = at});
    }
  }

  void on_watch(const WatchMarkets& wish) {
    std::map<Shard*, std::vector<std::string>> added;
    for (const auto& market : wish.markets) {
      if (refs_.contains(market.id)) {
        continue; // subscribed already: again would bring nothing (venues/polymarket.md 2.1)
      }
      refs_.emplace(market.id, market.ref);
      for (const auto token : {Side::yes, Side::no}) {
        const auto& id = market.ref.tokens[static_cast<std::size_t>(token)];
        assets_.insert_or_assign(id, PolymarketAsset{market.id, token});
      }
      auto& shard = with_room();
      shard.markets.insert(market.id);
      const auto& tokens = market.ref.tokens;
      added[&shard].insert(added[&shard].end(), tokens.begin(), tokens.end());
    }
    for (const auto& [shard, tokens] : added) {
      operate(*shard, PolymarketOperation::subscribe, tokens);
    }
  }

  void on_unwatch(const UnwatchMarkets& wish) {
    for (const auto market : wish.markets) {
      auto* const shard = shard_of(market);
      if (shard == nullptr) {
        continue;
      }
      const auto tokens = tokens_of({market});
      operate(*shard, PolymarketOperation::unsubscribe, tokens);
      for (const auto& token : tokens) {
        assets_.erase(token);
      }
      shard->markets.erase(market);
      refs_.erase(market);
      asked_.erase(market);
    }
  }

  /// First by subscribing anew, which keeps the order of events; if that brought nothing, by REST.
  void on_request(const RequestSnapshots& request) {
    for (const auto market : request.markets) {
      auto* const shard = shard_of(market);
      if (shard == nullptr || !up_) {
        continue;
      }
      if (asked_.insert(market).second) {
        const auto tokens = tokens_of({market});
        operate(*shard, PolymarketOperation::unsubscribe, tokens);
        operate(*shard, PolymarketOperation::subscribe, tokens);
      } else {
        fetch(market);
      }
    }
  }

  /// Sockets have stayed open for hours and brought nothing (2.4.6): one book after the other is
  /// read by REST, and the monitor compares it with its own.
  void schedule_audit() {
    audit_timer_.expires_after(config_.audit_period);
    audit_timer_.async_wait([weak = weak_from_this()](boost::system::error_code ec) {
      const auto self = weak.lock();
      if (!ec && self) {
        self->audit();
        self->schedule_audit();
      }
    });
  }

  void audit() {
    if (!up_ || refs_.empty() || std::exchange(auditing_, true)) {
      return; // a slow venue is not asked ever more
    }
    auto next = refs_.upper_bound(audited_);
    if (next == refs_.end()) {
      next = refs_.begin();
    }
    audited_ = next->first;
    fetch(audits_, audited_);
  }

  void fetch(MarketId market) { fetch(rest_, market); }

  void fetch(HttpClient& from, MarketId market) {
    const auto& token = refs_.at(market).tokens[static_cast<std::size_t>(Side::yes)];
    from.request({.target = "/book?token_id=" + token}, config_.rest_timeout,
                 [weak = weak_from_this(),
                  is_audit = &from == &audits_](const caf::expected<HttpResponse>& response) {
                   if (const auto self = weak.lock()) {
                     self->auditing_ = self->auditing_ && !is_audit;
                     self->on_book_response(response);
                   }
                 });
  }

  void on_book_response(const caf::expected<HttpResponse>& response) {
    constexpr unsigned ok = 200;
    if (!response || response->status != ok) {
      if (std::has_single_bit(++failed_requests_)) {
        spdlog::warn("polymarket_feed.book_request_failed total={} reason=\"{}\"", failed_requests_,
                     response ? fmt::format("HTTP {}", response->status)
                              : describe(response.error()));
      }
      return;
    }
    if (up_) {
      forward(decode_polymarket_rest_book(scratch_, response->body, response->received_at, assets_),
              response->received_at);
    }
  }

  void send_first(Shard& shard) {
    operate(shard, PolymarketOperation::subscribe, tokens_of(shard.markets));
  }

  /// Does nothing on a socket that is not open yet: its first message will hold all markets.
  void
  operate(Shard& shard, PolymarketOperation operation, const std::vector<std::string>& tokens) {
    if (!up_ || !shard.open || tokens.empty()) {
      return;
    }
    const auto is_first =
      operation == PolymarketOperation::subscribe && !std::exchange(shard.spoke, true);
    shard.socket->send(is_first ? polymarket_first_message(tokens)
                                : polymarket_operation(operation, tokens));
  }

  Shard& with_room() {
    for (const auto& shard : shards_) {
      if ((shard->markets.size() + 1) * tokens_per_market <= config_.tokens_per_socket) {
        return *shard;
      }
    }
    add_shard();
    return *shards_.back();
  }

  Shard* shard_of(MarketId market) {
    for (const auto& shard : shards_) {
      if (shard->markets.contains(market)) {
        return shard.get();
      }
    }
    return nullptr;
  }

  [[nodiscard]] std::vector<std::string> tokens_of(const std::set<MarketId>& markets) const {
    std::vector<std::string> tokens;
    for (const auto market : markets) {
      const auto& ref = refs_.at(market);
      tokens.insert(tokens.end(), ref.tokens.begin(), ref.tokens.end());
    }
    return tokens;
  }

  Network& network_;
  const Clock& clock_;
  PolymarketFeedConfig config_;
  Endpoint endpoint_;
  PolymarketMonitorActor monitor_;
  HttpClient rest_;
  HttpClient audits_;
  boost::asio::steady_timer audit_timer_;
  MarketId audited_{}; ///< the last in rotation
  bool auditing_ = false;
  std::uint64_t failed_requests_ = 0;
  std::vector<std::unique_ptr<Shard>> shards_;
  WebSocketClient* thread_ = nullptr; ///< the first socket stands for it: it is never removed
  std::map<MarketId, MarketRef> refs_;
  PolymarketAssets assets_;
  std::set<MarketId> asked_; ///< a snapshot was asked for on the socket and has not come
  JsonScratch scratch_;
  std::uint64_t rejected_ = 0;
  bool up_ = false; ///< every socket is open
};

} // namespace

caf::expected<FeedActor>
spawn_polymarket_feed(caf::actor_system& system, Network& network, const Clock& clock,
                      const PolymarketFeedConfig& config, PolymarketMonitorActor monitor) {
  auto socket_endpoint = parse_url(config.ws_url);
  if (!socket_endpoint) {
    return std::move(socket_endpoint.error());
  }
  const auto rest_endpoint = parse_url(config.rest_url);
  if (!rest_endpoint) {
    return rest_endpoint.error();
  }
  if (config.tokens_per_socket < tokens_per_market) {
    return caf::make_error(Errc::bad_configuration,
                           std::string{"a Polymarket socket must hold at least 2 tokens"});
  }
  auto feed = std::make_shared<PolymarketFeed>(network, clock, config, std::move(*socket_endpoint),
                                               *rest_endpoint, std::move(monitor));
  feed->start();
  return system.spawn(feed_actor<PolymarketFeed>, std::move(feed));
}

} // namespace arbees
