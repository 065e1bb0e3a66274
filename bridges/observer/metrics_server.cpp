#include "bridges/observer/metrics_server.hpp"

#include <fmt/format.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

namespace arbees {

namespace {

namespace beast = boost::beast;
namespace http = beast::http;
using boost::asio::ip::tcp;

constexpr std::size_t longest_head = 8'192;

http::response<http::string_body>
answer(const http::request<http::empty_body>& request, const std::function<std::string()>& page) {
  http::response<http::string_body> response{http::status::ok, request.version()};
  response.set(http::field::content_type, "text/plain; version=0.0.4; charset=utf-8");
  response.keep_alive(false);
  if (request.method() != http::verb::get) {
    response.result(http::status::method_not_allowed);
  } else if (request.target() != "/metrics") {
    response.result(http::status::not_found);
    response.body() = "the page is /metrics\n";
  } else {
    response.body() = page();
  }
  response.prepare_payload();
  return response;
}

} // namespace

struct MetricsServer::Impl : std::enable_shared_from_this<Impl> {
  Impl(Network& network, std::function<std::string()> its_page)
    : acceptor{network.context()}, page{std::move(its_page)} {}

  /// One connection: a request, an answer, the end.
  struct Session : std::enable_shared_from_this<Session> {
    Session(tcp::socket socket, std::shared_ptr<Impl> its_server)
      : stream{std::move(socket)}, server{std::move(its_server)} {
      ++server->connections;
    }
    ~Session() { --server->connections; }

    void read() {
      stream.expires_after(patience);
      parser.header_limit(longest_head);
      http::async_read(stream, buffer, parser,
                       beast::bind_front_handler(&Session::on_read, shared_from_this()));
    }

    void on_read(beast::error_code error, std::size_t) {
      if (error) {
        return;
      }
      response = answer(parser.get(), server->page);
      http::async_write(stream, response,
                        beast::bind_front_handler(&Session::on_write, shared_from_this()));
    }

    void on_write(beast::error_code, std::size_t) {
      beast::error_code ignored;
      stream.socket().shutdown(tcp::socket::shutdown_send, ignored);
    }

    beast::tcp_stream stream;
    std::shared_ptr<Impl> server;
    beast::flat_buffer buffer{2 * longest_head};
    http::request_parser<http::empty_body> parser;
    http::response<http::string_body> response;
  };

  caf::error listen(std::uint16_t number) {
    beast::error_code error;
    const tcp::endpoint endpoint{boost::asio::ip::address_v4::loopback(), number};
    acceptor.open(endpoint.protocol(), error);
    if (!error) {
      acceptor.set_option(tcp::acceptor::reuse_address{true}, error);
    }
    if (!error) {
      acceptor.bind(endpoint, error);
    }
    if (!error) {
      acceptor.listen(max_connections, error);
    }
    if (error) {
      return caf::make_error(Errc::io_failed,
                             fmt::format("cannot serve /metrics at 127.0.0.1:{}: {}", number,
                                         error.message()));
    }
    port = acceptor.local_endpoint().port();
    return {};
  }

  void accept() {
    acceptor.async_accept([self = shared_from_this()](beast::error_code error, tcp::socket socket) {
      if (self->stopped) {
        return;
      }
      if (!error && self->connections < max_connections) {
        std::make_shared<Session>(std::move(socket), self)->read();
      }
      self->accept();
    });
  }

  tcp::acceptor acceptor;
  std::function<std::string()> page;
  std::uint16_t port = 0;
  // On the network thread.
  int connections = 0;
  bool stopped = false;
};

MetricsServer::MetricsServer(std::shared_ptr<Impl> impl) : impl_{std::move(impl)} {}

caf::expected<std::unique_ptr<MetricsServer>>
MetricsServer::open(Network& network, std::uint16_t port, std::function<std::string()> page) {
  auto impl = std::make_shared<Impl>(network, std::move(page));
  if (auto failed = impl->listen(port)) {
    return failed;
  }
  boost::asio::post(network.context(), [impl] { impl->accept(); });
  return std::unique_ptr<MetricsServer>{new MetricsServer{std::move(impl)}};
}

MetricsServer::~MetricsServer() {
  boost::asio::post(impl_->acceptor.get_executor(), [impl = impl_] {
    impl->stopped = true;
    impl->acceptor.close();
  });
}

std::uint16_t MetricsServer::port() const {
  return impl_->port;
}

} // namespace arbees
