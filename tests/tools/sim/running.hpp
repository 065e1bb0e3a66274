#pragma once

#include <boost/asio.hpp>
#include <boost/beast.hpp>
#include <boost/json.hpp>
#include <catch2/catch.hpp>
#include <map>
#include <thread>

#include "tools/sim/simulator.hpp"

namespace arbees::sim {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
namespace json = boost::json;
namespace websocket = boost::beast::websocket;
using asio::ip::tcp;

/// A running simulator on free ports, on a thread of its own.
struct Running {
  asio::io_context io;
  SimulatorConfig config;
  Simulator simulator{io, config};
  Ports ports = simulator.start();
  std::thread thread{[this] { io.run(); }};

  explicit Running(SimulatorConfig wanted = usual()) : config(std::move(wanted)) {}

  static SimulatorConfig usual() {
    return {.world = {.games = 24, .seed = 3, .epoch_ms = wall_ms()}, .ports = {0, 0, 0, 0}};
  }

  ~Running() {
    asio::post(io, [this] {
      simulator.stop();
      io.stop();
    });
    thread.join();
  }
};

struct Answer {
  unsigned status = 0;
  json::value body;
  std::string text;
};

using Headers = std::vector<std::pair<std::string, std::string>>;

/// What Kalshi takes from anyone as long as no key is registered.
inline Headers any_kalshi_headers(UnixMillis stamp) {
  return {{"KALSHI-ACCESS-KEY", "test-key"},
          {"KALSHI-ACCESS-TIMESTAMP", std::to_string(stamp)},
          {"KALSHI-ACCESS-SIGNATURE", "c2lnbmF0dXJl"}};
}

inline http::request<http::string_body>
make_request(http::verb verb, const std::string& target, const std::string& body,
             const Headers& headers) {
  http::request<http::string_body> request{verb, target, 11};
  request.set(http::field::host, "127.0.0.1");
  for (const auto& [name, value] : headers) {
    request.set(name, value);
  }
  request.body() = body;
  request.prepare_payload();
  return request;
}

inline Answer call(std::uint16_t port, http::verb verb, const std::string& target,
                   const std::string& body, const Headers& headers) {
  asio::io_context io;
  beast::tcp_stream stream{io};
  stream.connect(tcp::endpoint{asio::ip::make_address("127.0.0.1"), port});
  http::write(stream, make_request(verb, target, body, headers));
  beast::flat_buffer buffer;
  http::response_parser<http::string_body> parser;
  parser.body_limit(64U << 20U);
  http::read(stream, buffer, parser);
  return {parser.get().result_int(), json::parse(parser.get().body()), parser.get().body()};
}

inline Answer
call(std::uint16_t port, http::verb verb, const std::string& target, const std::string& body = {}) {
  return call(port, verb, target, body, any_kalshi_headers(wall_ms()));
}

inline Answer get(std::uint16_t port, const std::string& target) {
  return call(port, http::verb::get, target);
}

/// A WebSocket client that blocks; every read has a deadline.
class Client {
public:
  Client(std::uint16_t port, const std::string& path, UnixMillis stamp)
    : Client(port, path, any_kalshi_headers(stamp)) {}

  Client(std::uint16_t port, const std::string& path, const Headers& headers) {
    auto& socket = beast::get_lowest_layer(stream_);
    socket.connect(tcp::endpoint{asio::ip::make_address("127.0.0.1"), port});
    stream_.set_option(websocket::stream_base::decorator([headers](websocket::request_type& to) {
      for (const auto& [name, value] : headers) {
        to.set(name, value);
      }
    }));
    stream_.handshake(response_, "127.0.0.1", path, error_);
  }

  [[nodiscard]] beast::error_code error() const { return error_; }
  [[nodiscard]] unsigned status() const { return response_.result_int(); }

  void send(const std::string& text) { stream_.write(asio::buffer(text)); }

  std::string read() {
    beast::flat_buffer buffer;
    std::optional<beast::error_code> done;
    beast::get_lowest_layer(stream_).expires_after(std::chrono::seconds{10});
    stream_.async_read(buffer, [&](beast::error_code error, std::size_t) { done = error; });
    io_.restart();
    while (!done) {
      io_.run_one();
    }
    if (*done) {
      throw beast::system_error{*done};
    }
    return beast::buffers_to_string(buffer.data());
  }

private:
  asio::io_context io_;
  websocket::stream<beast::tcp_stream> stream_{io_};
  websocket::response_type response_;
  beast::error_code error_;
};

} // namespace arbees::sim
