#pragma once

#include <boost/asio.hpp>
#include <boost/beast.hpp>
#include <catch2/catch.hpp>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <string>

namespace arbees::test {

/// What the network thread reports to the test, in order.
template <class T>
class Channel {
public:
  void push(T value) {
    {
      const std::lock_guard lock{mutex_};
      values_.push_back(std::move(value));
    }
    filled_.notify_one();
  }

  /// The next report; the test fails if none comes within 10 s.
  T pop() {
    std::unique_lock lock{mutex_};
    const auto came =
      filled_.wait_for(lock, std::chrono::seconds{10}, [this] { return !values_.empty(); });
    REQUIRE(came);
    auto value = std::move(values_.front());
    values_.pop_front();
    return value;
  }

private:
  std::mutex mutex_;
  std::condition_variable filled_;
  std::deque<T> values_;
};

/// A server on a free loopback port, driven by the test step by step: each call waits until its
/// step is done, so that the test itself is the server's program.
class LocalServer {
public:
  [[nodiscard]] std::string authority() const {
    return "127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port());
  }

  [[nodiscard]] boost::asio::ip::tcp::socket accept() { return acceptor_.accept(); }

private:
  boost::asio::io_context context_;
  boost::asio::ip::tcp::acceptor acceptor_{context_, {boost::asio::ip::address_v4::loopback(), 0}};
};

/// The server's end of one HTTP connection.
class HttpPeer {
public:
  using Request = boost::beast::http::request<boost::beast::http::string_body>;

  explicit HttpPeer(LocalServer& server) : socket_{server.accept()} {}

  Request read() {
    Request request;
    boost::beast::http::read(socket_, buffer_, request);
    return request;
  }

  void answer(unsigned status, const std::string& body, bool keep_alive = true) {
    boost::beast::http::response<boost::beast::http::string_body> response{
      boost::beast::http::int_to_status(status), 11, body};
    response.set("Retry-After", "7");
    response.keep_alive(keep_alive);
    response.prepare_payload();
    boost::beast::http::write(socket_, response);
  }

  void write_raw(const std::string& bytes) {
    boost::asio::write(socket_, boost::asio::buffer(bytes));
  }

  void close() { socket_.close(); }

private:
  boost::asio::ip::tcp::socket socket_;
  boost::beast::flat_buffer buffer_;
};

/// The server's end of one WebSocket.
class WebSocketPeer {
public:
  explicit WebSocketPeer(LocalServer& server) : socket_{server.accept()} {
    boost::beast::http::read(socket_.next_layer(), buffer_, upgrade);
    socket_.accept(upgrade);
  }

  std::string read() {
    boost::beast::flat_buffer buffer;
    socket_.read(buffer);
    return boost::beast::buffers_to_string(buffer.data());
  }

  void write(const std::string& text) { socket_.write(boost::asio::buffer(text)); }

  void ping() { socket_.ping("heartbeat"); }

  void drop() { socket_.next_layer().close(); }

  boost::beast::http::request<boost::beast::http::string_body> upgrade;

private:
  boost::beast::websocket::stream<boost::asio::ip::tcp::socket> socket_;
  boost::beast::flat_buffer buffer_;
};

} // namespace arbees::test
