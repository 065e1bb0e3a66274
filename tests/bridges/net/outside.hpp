#pragma once

#include <atomic>
#include <boost/asio.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast.hpp>
#include <boost/beast/ssl.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <string>
#include <thread>

#include "tests/bridges/net/local_server.hpp"
#include "tests/bridges/net/throw_away_ca.hpp"

namespace arbees::test {

/// A thread for servers that a test starts: it ends with them.
class Outside {
public:
  Outside() = default;
  ~Outside() {
    io.stop();
    thread_.join();
  }
  Outside(const Outside&) = delete;
  Outside& operator=(const Outside&) = delete;

  boost::asio::io_context io;

private:
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{io.get_executor()};
  std::thread thread_{[this] { io.run(); }};
};

using Acceptor = boost::asio::ip::tcp::acceptor;
using Socket = boost::asio::ip::tcp::socket;

template <class T>
using Await = boost::asio::awaitable<T>;

/// A venue behind TLS on loopback: answers a request with its target, a WebSocket message with
/// itself, and keeps its connections open.
class TlsVenue {
public:
  TlsVenue(Outside& outside, const Identity& identity) : acceptor_{outside.io, loopback()} {
    tls_.use_certificate_chain(boost::asio::buffer(identity.certificate));
    tls_.use_private_key(boost::asio::buffer(identity.key), boost::asio::ssl::context::pem);
    boost::asio::co_spawn(outside.io, accept(), boost::asio::detached);
  }

  [[nodiscard]] std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
  /// Connections so far, also those that did not get through the handshake.
  [[nodiscard]] int connections() const { return connections_; }

  Channel<std::string> handshakes; ///< "good" or what went wrong, of each connection

  static boost::asio::ip::tcp::endpoint loopback() {
    return {boost::asio::ip::address_v4::loopback(), 0};
  }

private:
  using Stream = boost::beast::ssl_stream<boost::beast::tcp_stream>;

  Await<void> accept() {
    for (;;) {
      auto socket = co_await acceptor_.async_accept(boost::asio::use_awaitable);
      ++connections_;
      boost::asio::co_spawn(acceptor_.get_executor(), serve(std::move(socket)),
                            boost::asio::detached);
    }
  }

  Await<void> serve(Socket socket) {
    namespace http = boost::beast::http;
    Stream stream{boost::beast::tcp_stream{std::move(socket)}, tls_};
    boost::system::error_code ec;
    co_await stream.async_handshake(Stream::server,
                                    boost::asio::redirect_error(boost::asio::use_awaitable, ec));
    handshakes.push(ec ? ec.message() : "good");
    boost::beast::flat_buffer buffer;
    while (!ec) {
      http::request<http::string_body> request;
      co_await http::async_read(stream, buffer, request,
                                boost::asio::redirect_error(boost::asio::use_awaitable, ec));
      if (ec) {
        co_return;
      }
      if (boost::beast::websocket::is_upgrade(request)) {
        co_return co_await echo(std::move(stream), std::move(request));
      }
      http::response<http::string_body> response{http::status::ok, 11,
                                                 std::string{request.target()}};
      response.keep_alive(true);
      response.prepare_payload();
      co_await http::async_write(stream, response, boost::asio::use_awaitable);
    }
  }

  static Await<void>
  echo(Stream stream, boost::beast::http::request<boost::beast::http::string_body> request) {
    boost::beast::websocket::stream<Stream> socket{std::move(stream)};
    co_await socket.async_accept(request, boost::asio::use_awaitable);
    for (boost::beast::flat_buffer buffer;; buffer.clear()) {
      co_await socket.async_read(buffer, boost::asio::use_awaitable);
      co_await socket.async_write(buffer.data(), boost::asio::use_awaitable);
    }
  }

  boost::asio::ssl::context tls_{boost::asio::ssl::context::tls_server};
  Acceptor acceptor_;
  std::atomic<int> connections_ = 0;
};

/// A CONNECT proxy on loopback that leads every name to one port here, or answers with what the
/// test wants instead.
class ConnectProxy {
public:
  /// @param answer written instead of opening a tunnel; the connection is closed then. Nothing: a
  /// tunnel to `port`
  ConnectProxy(Outside& outside, std::uint16_t port, std::optional<std::string> answer = {})
    : answer_{std::move(answer)}, port_{port}, acceptor_{outside.io, TlsVenue::loopback()} {
    boost::asio::co_spawn(outside.io, accept(), boost::asio::detached);
  }

  [[nodiscard]] std::string url() const {
    return "http://127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port());
  }

  Channel<std::string> heads; ///< what clients asked for, up to the empty line

private:
  Await<void> accept() {
    for (;;) {
      auto socket =
        std::make_shared<Socket>(co_await acceptor_.async_accept(boost::asio::use_awaitable));
      boost::asio::co_spawn(acceptor_.get_executor(), serve(std::move(socket)),
                            boost::asio::detached);
    }
  }

  Await<void> serve(std::shared_ptr<Socket> client) {
    std::string head;
    co_await boost::asio::async_read_until(*client, boost::asio::dynamic_buffer(head), "\r\n\r\n",
                                           boost::asio::use_awaitable);
    heads.push(head);
    if (answer_) {
      co_await boost::asio::async_write(*client, boost::asio::buffer(*answer_),
                                        boost::asio::use_awaitable);
      co_return;
    }
    const auto server = std::make_shared<Socket>(acceptor_.get_executor());
    co_await server->async_connect({boost::asio::ip::address_v4::loopback(), port_},
                                   boost::asio::use_awaitable);
    static constexpr std::string_view opened = "HTTP/1.1 200 Connection established\r\n\r\n";
    co_await boost::asio::async_write(*client, boost::asio::buffer(opened),
                                      boost::asio::use_awaitable);
    boost::asio::co_spawn(acceptor_.get_executor(), relay(client, server), boost::asio::detached);
    co_await relay(server, client);
  }

  static Await<void> relay(std::shared_ptr<Socket> from, std::shared_ptr<Socket> to) {
    std::array<char, 4096> bytes{};
    boost::system::error_code ec;
    while (!ec) {
      const auto size =
        co_await from->async_read_some(boost::asio::buffer(bytes),
                                       boost::asio::redirect_error(boost::asio::use_awaitable, ec));
      if (!ec) {
        co_await boost::asio::async_write(*to, boost::asio::buffer(bytes.data(), size),
                                          boost::asio::redirect_error(boost::asio::use_awaitable,
                                                                      ec));
      }
    }
    boost::system::error_code ignored;
    to->shutdown(Socket::shutdown_send, ignored);
  }

  std::optional<std::string> answer_;
  std::uint16_t port_;
  Acceptor acceptor_;
};

} // namespace arbees::test
