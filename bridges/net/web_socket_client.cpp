#include "bridges/net/web_socket_client.hpp"

#include <openssl/ssl.h>
#include <spdlog/spdlog.h>

#include <boost/asio.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast.hpp>
#include <boost/beast/ssl.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <deque>

#include "actors/messages/errors.hpp"
#include "bridges/net/connection_tap.hpp"
#include "bridges/net/proxy.hpp"

namespace arbees {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;
using asio::ip::tcp;
using beast::error_code;

namespace {

using Strand = asio::strand<asio::io_context::executor_type>;
using TlsStream = beast::ssl_stream<beast::tcp_stream>;

/// What a session tells its client.
struct SessionEvents {
  std::function<void()> opened;
  std::function<void(std::string_view)> text;
  std::function<void(const std::string&)> failed; ///< once, the last
};

/// A session whatever lies below it.
class Session {
public:
  virtual ~Session() = default;
  virtual void run() = 0;
  virtual void send(std::string text) = 0;
  /// Closes without a word to the client.
  virtual void abandon() = 0;
};

/// One connection from the name's resolution to its end. `Next` is tcp_stream or TlsStream.
template <class Next>
class SessionOver final : public Session, public std::enable_shared_from_this<SessionOver<Next>> {
public:
  template <class... Args>
  SessionOver(Network& network, const WebSocketConfig& config, HttpHeaders headers,
              SessionEvents events, Strand strand, Args&&... next)
    : config_{config},
      headers_{std::move(headers)},
      events_{std::move(events)},
      proxy_{network.proxy_to(config.endpoint)},
      tap_{network.capture(), config.name, config.endpoint.tls ? "wss" : "ws", config.endpoint},
      resolver_{strand},
      timer_{strand},
      keepalive_{strand},
      socket_{strand, std::forward<Args>(next)...} {}

  void run() override {
    limit("resolve");
    resolver_.async_resolve(proxy_ ? proxy_->host() : config_.endpoint.host,
                            proxy_ ? proxy_->port() : config_.endpoint.port,
                            bind(&SessionOver::on_resolve));
  }

  void send(std::string text) override {
    if (!open_ || ended_) {
      return;
    }
    if (outgoing_.size() >= config_.max_queued) {
      return fail("send: the server does not read");
    }
    outgoing_.push_back(std::move(text));
    if (outgoing_.size() == 1) {
      write();
    }
  }

  void abandon() override {
    tap_.close("dropped");
    ended_ = true;
    close();
  }

private:
  template <class Member>
  auto bind(Member member) {
    return beast::bind_front_handler(member, this->shared_from_this());
  }

  beast::tcp_stream& tcp() { return beast::get_lowest_layer(socket_); }

  /// The step `name` begins: it must end in time.
  void limit(std::string_view name) {
    step_ = name;
    timer_.expires_after(config_.step_timeout);
    timer_.async_wait([self = this->shared_from_this(), name](error_code ec) {
      if (!ec && self->step_ == name) {
        self->fail(std::string{name} + ": timed out");
      }
    });
  }

  void on_resolve(error_code ec, const tcp::resolver::results_type& addresses) {
    if (ec || ended_) {
      return fail(ec, proxy_ ? "resolve proxy" : "resolve");
    }
    limit("connect");
    tcp().async_connect(addresses, bind(&SessionOver::on_connect));
  }

  void on_connect(error_code ec, const tcp::endpoint& /*address*/) {
    if (ec || ended_) {
      return fail(ec, proxy_ ? "connect to proxy " + proxy_->authority() : "connect");
    }
    tcp().socket().set_option(tcp::no_delay{true}, ec);
    if (proxy_ == nullptr) {
      return on_tunnel({});
    }
    limit("proxy");
    proxy_->open_tunnel(tcp(), config_.endpoint,
                        [self = this->shared_from_this()](const std::string& problem) {
                          self->on_tunnel(problem);
                        });
  }

  void on_tunnel(const std::string& problem) {
    if (!problem.empty() || ended_) {
      return fail(problem);
    }
    if constexpr (std::is_same_v<Next, TlsStream>) {
      const auto& host = config_.endpoint.host;
      auto& tls = socket_.next_layer();
      if (SSL_set_tlsext_host_name(tls.native_handle(), host.c_str()) != 1) {
        return fail(asio::error::invalid_argument, "sni");
      }
      tls.set_verify_callback(asio::ssl::host_name_verification{host});
      limit("tls handshake");
      tls.async_handshake(asio::ssl::stream_base::client, bind(&SessionOver::on_tls_handshake));
    } else {
      on_tls_handshake({});
    }
  }

  void on_tls_handshake(error_code ec) {
    if (ec || ended_) {
      return fail(ec, "tls handshake");
    }
    limit("upgrade");
    // From here on the WebSocket's own timer watches over silence; it also sends pings.
    socket_.set_option(
      websocket::stream_base::timeout{config_.step_timeout, config_.idle_timeout, true});
    socket_.set_option(websocket::stream_base::decorator([this](websocket::request_type& request) {
      request.set(http::field::user_agent, config_.user_agent);
      for (const auto& [name, value] : headers_) {
        request.set(name, value);
      }
      tap_.tell_request(request);
    }));
    socket_.control_callback([this](websocket::frame_type kind, beast::string_view payload) {
      if (kind != websocket::frame_type::close) { // what ends the connection says so itself
        tap_.tell(kind == websocket::frame_type::ping ? CaptureKind::ping : CaptureKind::pong,
                  CaptureDirection::in, {payload.data(), payload.size()});
      }
    });
    socket_.read_message_max(config_.max_message_bytes);
    socket_.async_handshake(response_, config_.endpoint.authority(), config_.endpoint.target,
                            bind(&SessionOver::on_upgrade));
  }

  void on_upgrade(error_code ec) {
    if (!ec || ec == websocket::error::upgrade_declined) {
      tap_.tell_response(response_, config_.endpoint.target);
    }
    if (ec == websocket::error::upgrade_declined) {
      // The body says what is wrong, and Date whether our clock is.
      constexpr std::size_t enough = 300;
      return fail(fmt::format("upgrade: HTTP {} date=\"{}\" body=\"{}\"", response_.result_int(),
                              std::string_view{response_[http::field::date]},
                              std::string_view{response_.body()}.substr(0, enough)));
    }
    if (ec || ended_) {
      return fail(ec, "upgrade");
    }
    step_ = {};
    timer_.cancel();
    open_ = true;
    events_.opened();
    keep_alive();
    read();
  }

  void keep_alive() {
    if (config_.keepalive_text.empty() || ended_) {
      return;
    }
    keepalive_.expires_after(config_.keepalive_period);
    keepalive_.async_wait([self = this->shared_from_this()](error_code ec) {
      if (!ec && !self->ended_) {
        self->send(self->config_.keepalive_text);
        self->keep_alive();
      }
    });
  }

  void read() {
    if (!ended_) {
      socket_.async_read(buffer_, bind(&SessionOver::on_read));
    }
  }

  void on_read(error_code ec, std::size_t /*bytes*/) {
    if (ec || ended_) {
      return fail(ec, "read");
    }
    const auto bytes = buffer_.cdata();
    if (tap_.on()) {
      tap_.tell(socket_.got_text() ? CaptureKind::text : CaptureKind::binary, CaptureDirection::in,
                {static_cast<const char*>(bytes.data()), bytes.size()});
    }
    events_.text({static_cast<const char*>(bytes.data()), bytes.size()});
    buffer_.consume(buffer_.size());
    read();
  }

  void write() {
    socket_.text(true);
    tap_.tell(CaptureKind::text, CaptureDirection::out, outgoing_.front());
    socket_.async_write(asio::buffer(outgoing_.front()), bind(&SessionOver::on_write));
  }

  void on_write(error_code ec, std::size_t /*bytes*/) {
    if (ec || ended_) {
      return fail(ec, "write");
    }
    outgoing_.pop_front();
    if (!outgoing_.empty()) {
      write();
    }
  }

  void fail(error_code ec, const std::string& step) {
    auto reason = step + ": " + ec.message();
    if (ec == websocket::error::closed) {
      reason =
        fmt::format("closed by the server: code {} {}",
                    static_cast<unsigned>(socket_.reason().code), socket_.reason().reason.c_str());
    }
    fail(reason);
  }

  void fail(const std::string& reason) {
    if (std::exchange(ended_, true)) {
      return;
    }
    tap_.close(reason);
    close();
    events_.failed(reason);
  }

  void close() {
    resolver_.cancel();
    timer_.cancel();
    keepalive_.cancel();
    error_code ignored;
    tcp().socket().close(ignored);
  }

  const WebSocketConfig config_;
  HttpHeaders headers_;
  SessionEvents events_;
  const Proxy* proxy_; // none: straight to the venue
  ConnectionTap tap_;
  tcp::resolver resolver_;
  asio::steady_timer timer_;
  asio::steady_timer keepalive_;
  websocket::stream<Next> socket_;
  websocket::response_type response_;
  beast::flat_buffer buffer_;
  std::deque<std::string> outgoing_;
  std::string_view step_;
  bool open_ = false;
  bool ended_ = false;
};

} // namespace

struct WebSocketClient::Impl : std::enable_shared_from_this<Impl> {
  Impl(Network& its_network, const Clock& its_clock, WebSocketConfig its_config,
       WebSocketEvents its_events)
    : network{its_network},
      clock{its_clock},
      config{std::move(its_config)},
      events{std::move(its_events)},
      strand{asio::make_strand(its_network.context())},
      timer{strand} {}

  void connect_after(Duration wait) {
    timer.expires_after(wait);
    timer.async_wait([self = shared_from_this()](error_code ec) {
      if (!ec && !self->stopped) {
        self->connect();
      }
    });
  }

  void connect() {
    HttpHeaders headers;
    if (events.headers) {
      auto made = events.headers();
      if (!made) {
        return on_failed(describe(made.error()));
      }
      headers = std::move(*made);
    }
    if (config.endpoint.tls) {
      session = std::make_shared<SessionOver<TlsStream>>(network, config, std::move(headers),
                                                         session_events(), strand, network.tls());
    } else {
      session =
        std::make_shared<SessionOver<beast::tcp_stream>>(network, config, std::move(headers),
                                                         session_events(), strand);
    }
    session->run();
  }

  SessionEvents session_events() {
    // Weak: the session's handlers must not keep a client alive that its owner has given up.
    return {
      .opened = [weak = weak_from_this()] { call(weak, &Impl::on_opened); },
      .text = [weak =
                 weak_from_this()](std::string_view text) { call(weak, &Impl::on_text, text); },
      .failed = [weak = weak_from_this()](
                  const std::string& reason) { call(weak, &Impl::on_failed, reason); },
    };
  }

  template <class Member, class... Args>
  static void call(const std::weak_ptr<Impl>& weak, Member member, const Args&... args) {
    if (const auto self = weak.lock(); self && !self->stopped) {
      ((*self).*member)(args...);
    }
  }

  void on_opened() {
    open = true;
    failures = 0;
    spdlog::info("{}.connected host={}", config.name, config.endpoint.authority());
    events.on_open(clock.now());
  }

  void on_text(const std::string_view& text) {
    const auto received_at = clock.now();
    // Only a server that talks has proved that it is back.
    config.backoff.reset();
    events.on_text(text, received_at);
  }

  void on_failed(const std::string& reason) {
    session.reset();
    const auto was_open = std::exchange(open, false);
    const auto wait = config.backoff.next();
    const auto wait_ms = std::chrono::duration_cast<std::chrono::milliseconds>(wait).count();
    if (was_open) {
      spdlog::warn("{}.disconnected reason=\"{}\" retry_in_ms={}", config.name, reason, wait_ms);
      events.on_close(reason, clock.now());
    } else {
      spdlog::warn("{}.connect_failed host={} attempt={} reason=\"{}\" retry_in_ms={}", config.name,
                   config.endpoint.authority(), ++failures, reason, wait_ms);
    }
    connect_after(wait);
  }

  void stop() {
    stopped = true;
    timer.cancel();
    if (session) {
      session->abandon();
      session.reset();
    }
    events = {};
  }

  Network& network;
  const Clock& clock;
  WebSocketConfig config;
  WebSocketEvents events;
  Strand strand;
  asio::steady_timer timer;
  std::shared_ptr<Session> session;
  std::uint64_t failures = 0;
  bool open = false;
  bool stopped = false;
};

WebSocketClient::WebSocketClient(Network& network, const Clock& clock, WebSocketConfig config,
                                 WebSocketEvents events)
  : impl_{std::make_shared<Impl>(network, clock, std::move(config), std::move(events))} {}

WebSocketClient::~WebSocketClient() {
  asio::post(impl_->strand, [impl = impl_] { impl->stop(); });
}

void WebSocketClient::start() {
  asio::post(impl_->strand, [impl = impl_] { impl->connect_after(impl->config.start_delay); });
}

void WebSocketClient::post(std::function<void()> action) {
  asio::post(impl_->strand, [impl = impl_, action = std::move(action)] {
    if (!impl->stopped) {
      action();
    }
  });
}

void WebSocketClient::send(std::string text) {
  if (impl_->session) {
    impl_->session->send(std::move(text));
  }
}

void WebSocketClient::reconnect(const std::string& reason) {
  if (impl_->session && impl_->open) {
    impl_->session->abandon();
    impl_->on_failed(reason);
  }
}

} // namespace arbees
