#include "bridges/net/http_client.hpp"

#include <openssl/ssl.h>

#include <boost/asio.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast.hpp>
#include <boost/beast/ssl.hpp>
#include <deque>
#include <variant>

#include "actors/messages/errors.hpp"
#include "bridges/net/connection_tap.hpp"
#include "bridges/net/proxy.hpp"

namespace arbees {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
using beast::error_code;

namespace {

using Strand = asio::strand<asio::io_context::executor_type>;
using PlainStream = beast::tcp_stream;
using TlsStream = beast::ssl_stream<beast::tcp_stream>;
using Parser = http::response_parser<http::string_body>;

http::verb to_verb(HttpMethod method) {
  switch (method) {
    case HttpMethod::get:
      return http::verb::get;
    case HttpMethod::post:
      return http::verb::post;
    case HttpMethod::put:
      return http::verb::put;
    case HttpMethod::delete_resource:
      return http::verb::delete_;
  }
  return http::verb::get;
}

struct Failure {
  error_code ec;
  std::string reason; ///< the step and what went wrong in it
};

/// One connection. It connects on the first exchange and lives until an exchange fails or the
/// server asks to close.
class HttpSession : public std::enable_shared_from_this<HttpSession> {
public:
  using Done = std::function<void(std::variant<Failure, HttpResponse>)>;

  HttpSession(Network& network, const Clock& clock, const HttpClientConfig& config, Strand strand)
    : clock_{clock},
      config_{config},
      proxy_{network.proxy_to(config.endpoint)},
      resolver_{strand},
      tap_{network.capture(), "http", config.endpoint.tls ? "https" : "http", config.endpoint} {
    if (config.endpoint.tls) {
      stream_.emplace<TlsStream>(PlainStream{strand}, network.tls());
    } else {
      stream_.emplace<PlainStream>(strand);
    }
  }

  /// True once an exchange has succeeded: a failure now may only mean that the server had closed.
  [[nodiscard]] bool used() const { return used_; }
  [[nodiscard]] bool reusable() const { return !closed_; }

  void exchange(http::request<http::string_body> request, Done done) {
    request_ = std::move(request);
    done_ = std::move(done);
    if (connected_) {
      write();
      return;
    }
    resolver_.async_resolve(proxy_ ? proxy_->host() : config_.endpoint.host,
                            proxy_ ? proxy_->port() : config_.endpoint.port,
                            beast::bind_front_handler(&HttpSession::on_resolve,
                                                      shared_from_this()));
  }

  void close() {
    tap_.close("dropped");
    closed_ = true;
    done_ = nullptr;
    resolver_.cancel();
    error_code ignored;
    lowest().socket().close(ignored);
  }

private:
  PlainStream& lowest() {
    return std::visit(
      [](auto& stream) -> PlainStream& {
        if constexpr (std::is_same_v<std::decay_t<decltype(stream)>, std::monostate>) {
          throw std::logic_error{"a session without a stream"};
        } else {
          return beast::get_lowest_layer(stream);
        }
      },
      stream_);
  }

  template <class Action>
  void with_stream(Action action) {
    if (auto* const tls = std::get_if<TlsStream>(&stream_)) {
      action(*tls);
    } else {
      action(std::get<PlainStream>(stream_));
    }
  }

  void on_resolve(error_code ec, const tcp::resolver::results_type& addresses) {
    if (ec || closed_) {
      return fail(ec, proxy_ ? "resolve proxy" : "resolve");
    }
    lowest().async_connect(addresses,
                           beast::bind_front_handler(&HttpSession::on_connect, shared_from_this()));
  }

  void on_connect(error_code ec, const tcp::endpoint& /*address*/) {
    if (ec || closed_) {
      return fail(ec, proxy_ ? "connect to proxy " + proxy_->authority() : "connect");
    }
    lowest().socket().set_option(tcp::no_delay{true}, ec);
    if (proxy_ == nullptr) {
      return on_tunnel({});
    }
    proxy_->open_tunnel(lowest(), config_.endpoint,
                        [self = shared_from_this()](const std::string& problem) {
                          self->on_tunnel(problem);
                        });
  }

  void on_tunnel(const std::string& problem) {
    if (!problem.empty() || closed_) {
      return fail(Failure{{}, problem});
    }
    auto* const tls = std::get_if<TlsStream>(&stream_);
    if (tls == nullptr) {
      return on_handshake({});
    }
    const auto& host = config_.endpoint.host;
    if (SSL_set_tlsext_host_name(tls->native_handle(), host.c_str()) != 1) {
      return fail(asio::error::invalid_argument, "sni");
    }
    tls->set_verify_callback(asio::ssl::host_name_verification{host});
    tls->async_handshake(asio::ssl::stream_base::client,
                         beast::bind_front_handler(&HttpSession::on_handshake, shared_from_this()));
  }

  void on_handshake(error_code ec) {
    if (ec || closed_) {
      return fail(ec, "tls handshake");
    }
    connected_ = true;
    write();
  }

  void write() {
    tap_.tell_request(request_);
    with_stream([this](auto& stream) {
      http::async_write(stream, request_,
                        beast::bind_front_handler(&HttpSession::on_write, shared_from_this()));
    });
  }

  void on_write(error_code ec, std::size_t /*bytes*/) {
    if (ec || closed_) {
      return fail(ec, "write");
    }
    parser_.emplace();
    parser_->body_limit(config_.max_body_bytes);
    parser_->header_limit(static_cast<std::uint32_t>(config_.max_header_bytes));
    with_stream([this](auto& stream) {
      http::async_read(stream, buffer_, *parser_,
                       beast::bind_front_handler(&HttpSession::on_read, shared_from_this()));
    });
  }

  void on_read(error_code ec, std::size_t /*bytes*/) {
    const auto received_at = clock_.now();
    if (ec || closed_) {
      return fail(ec, "read");
    }
    used_ = true;
    auto message = parser_->release();
    tap_.tell_response(message, request_.target());
    closed_ = closed_ || !message.keep_alive();
    HttpResponse response{.status = message.result_int(), .received_at = received_at};
    for (const auto& field : message) {
      response.headers.emplace_back(field.name_string(), field.value());
    }
    response.body = std::move(message.body());
    finish(std::move(response));
  }

  void fail(error_code ec, const std::string& step) {
    fail(Failure{ec, step + ": " + ec.message()});
  }

  void fail(Failure failure) {
    closed_ = true;
    tap_.close(failure.reason);
    finish(std::move(failure));
  }

  void finish(std::variant<Failure, HttpResponse> result) {
    // Cleared first: the callback may start the next exchange on this session.
    if (const auto done = std::exchange(done_, nullptr)) {
      done(std::move(result));
    }
  }

  const Clock& clock_;
  const HttpClientConfig config_; // its own: late handlers may outlive the client
  const Proxy* proxy_;            // none: straight to the server
  tcp::resolver resolver_;
  std::variant<std::monostate, PlainStream, TlsStream> stream_;
  http::request<http::string_body> request_;
  std::optional<Parser> parser_;
  beast::flat_buffer buffer_;
  Done done_;
  ConnectionTap tap_;
  bool connected_ = false;
  bool closed_ = false;
  bool used_ = false;
};

} // namespace

std::string_view to_string(HttpMethod method) {
  return http::to_string(to_verb(method));
}

std::optional<std::string> HttpResponse::header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (beast::iequals(key, name)) {
      return value;
    }
  }
  return std::nullopt;
}

struct HttpClient::Impl : std::enable_shared_from_this<Impl> {
  struct Pending {
    HttpRequest request;
    std::chrono::steady_clock::time_point deadline;
    Callback done;
  };

  Impl(Network& its_network, const Clock& its_clock, HttpClientConfig its_config)
    : network{its_network},
      clock{its_clock},
      config{std::move(its_config)},
      strand{asio::make_strand(its_network.context())},
      timer{strand} {}

  void enqueue(Pending pending) {
    if (stopped) {
      return answer(pending.done, caf::make_error(Errc::io_failed, where() + ": client stopped"));
    }
    if (queue.size() >= config.max_queued) {
      return answer(pending.done,
                    caf::make_error(Errc::io_failed, where() + ": too many requests in line"));
    }
    queue.push_back(std::move(pending));
    if (!current) {
      next();
    }
  }

  void next() {
    if (queue.empty()) {
      return;
    }
    current = std::move(queue.front());
    queue.pop_front();
    timer.expires_at(current->deadline);
    timer.async_wait([self = shared_from_this()](error_code ec) {
      if (!ec && self->current && self->current->deadline <= std::chrono::steady_clock::now()) {
        self->drop_session();
        self->finish(caf::make_error(Errc::timed_out, self->where() + self->path()));
      }
    });
    attempt();
  }

  void attempt() {
    if (!session || !session->reusable()) {
      drop_session();
      session = std::make_shared<HttpSession>(network, clock, config, strand);
    }
    const auto may_repeat = session->used() && current->request.method == HttpMethod::get;
    // Weak: the session is ours, and where the network ended first nothing else would part the two.
    session->exchange(make_request(), [weak = weak_from_this(), may_repeat](auto result) {
      if (const auto self = weak.lock()) {
        self->on_result(std::move(result), may_repeat);
      }
    });
  }

  void on_result(std::variant<Failure, HttpResponse> result, bool may_repeat) {
    if (auto* const response = std::get_if<HttpResponse>(&result)) {
      return finish(std::move(*response));
    }
    drop_session();
    const auto& failure = std::get<Failure>(result);
    const auto server_had_closed =
      failure.ec == http::error::end_of_stream || failure.ec == asio::error::connection_reset
      || failure.ec == asio::error::broken_pipe || failure.ec == asio::ssl::error::stream_truncated;
    if (may_repeat && server_had_closed) {
      return attempt();
    }
    finish(caf::make_error(Errc::io_failed, where() + path() + ": " + failure.reason));
  }

  http::request<http::string_body> make_request() const {
    const auto& wanted = current->request;
    http::request<http::string_body> request{to_verb(wanted.method), wanted.target, 11};
    request.set(http::field::host, config.endpoint.authority());
    request.set(http::field::user_agent, config.user_agent);
    request.set(http::field::accept, "application/json");
    for (const auto& [name, value] : wanted.headers) {
      request.set(name, value);
    }
    request.body() = wanted.body;
    request.prepare_payload();
    return request;
  }

  void finish(caf::expected<HttpResponse> result) {
    const auto done = std::move(current->done);
    current.reset();
    timer.cancel();
    answer(done, std::move(result));
    // The callback may have enqueued and so started one already.
    if (!current) {
      next();
    }
  }

  void stop() {
    stopped = true;
    drop_session();
    auto abandoned = std::exchange(queue, {});
    if (current) {
      abandoned.push_front(std::move(*current));
      current.reset();
    }
    timer.cancel();
    for (const auto& pending : abandoned) {
      answer(pending.done, caf::make_error(Errc::io_failed, where() + ": client stopped"));
    }
  }

  void drop_session() {
    if (session) {
      session->close();
      session.reset();
    }
  }

  static void answer(const Callback& done, caf::expected<HttpResponse> result) {
    if (done) {
      done(std::move(result));
    }
  }

  [[nodiscard]] std::string where() const { return config.endpoint.authority(); }
  /// Without the query, which may hold what no log should.
  [[nodiscard]] std::string path() const {
    const auto& target = current->request.target;
    return target.substr(0, target.find('?'));
  }

  Network& network;
  const Clock& clock;
  HttpClientConfig config;
  Strand strand;
  asio::steady_timer timer;
  std::shared_ptr<HttpSession> session;
  std::deque<Pending> queue;
  std::optional<Pending> current;
  bool stopped = false;
};

HttpClient::HttpClient(Network& network, const Clock& clock, HttpClientConfig config)
  : impl_{std::make_shared<Impl>(network, clock, std::move(config))} {}

HttpClient::~HttpClient() {
  asio::post(impl_->strand, [impl = impl_] { impl->stop(); });
}

void HttpClient::request(HttpRequest request, Duration deadline, Callback done) {
  Impl::Pending pending{.request = std::move(request),
                        .deadline = std::chrono::steady_clock::now() + deadline,
                        .done = std::move(done)};
  asio::post(impl_->strand, [impl = impl_, pending = std::move(pending)]() mutable {
    impl->enqueue(std::move(pending));
  });
}

} // namespace arbees
