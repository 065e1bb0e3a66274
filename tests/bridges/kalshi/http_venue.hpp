#pragma once

#include <boost/asio.hpp>
#include <boost/beast.hpp>
#include <functional>
#include <list>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace arbees::test {

struct VenueRequest {
  std::string method;
  std::string target;
  std::string body;
  std::map<std::string, std::string> headers; ///< names as sent

  [[nodiscard]] bool is(std::string_view its_method, std::string_view part_of_target) const {
    return method == its_method && target.find(part_of_target) != std::string::npos;
  }
};

struct VenueAnswer {
  unsigned status = 200;
  std::string body = "{}";
  std::string date{};   ///< the Date header, if not empty
  bool hang_up = false; ///< closes the connection instead of answering
};

/// A venue's REST on a free loopback port. A function answers each request, on a thread of the
/// request's connection, and may block: other connections go on.
class HttpVenue {
public:
  using Program = std::function<VenueAnswer(const VenueRequest&)>;

  explicit HttpVenue(Program program)
    : program_{std::move(program)}, thread_{[this] { accept(); }} {}

  ~HttpVenue() {
    ::shutdown(acceptor_.native_handle(), SHUT_RDWR);
    thread_.join();
    {
      const std::lock_guard lock{mutex_};
      for (auto& socket : sockets_) {
        ::shutdown(socket.native_handle(), SHUT_RDWR);
      }
    }
    for (auto& server : servers_) {
      server.join();
    }
  }
  HttpVenue(const HttpVenue&) = delete;
  HttpVenue& operator=(const HttpVenue&) = delete;

  [[nodiscard]] std::string url() const {
    return "http://127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port())
           + "/trade-api/v2";
  }

  /// Those seen so far of that method whose target has this in it.
  [[nodiscard]] std::vector<VenueRequest>
  seen(std::string_view method, std::string_view part_of_target) const {
    const std::lock_guard lock{mutex_};
    std::vector<VenueRequest> result;
    for (const auto& request : seen_) {
      if (request.is(method, part_of_target)) {
        result.push_back(request);
      }
    }
    return result;
  }

private:
  using Socket = boost::asio::ip::tcp::socket;

  void accept() {
    for (;;) {
      boost::system::error_code ec;
      auto socket = acceptor_.accept(ec);
      if (ec) {
        return;
      }
      const std::lock_guard lock{mutex_};
      auto& kept = sockets_.emplace_back(std::move(socket));
      servers_.emplace_back([this, &kept] { serve(kept); });
    }
  }

  void serve(Socket& socket) {
    namespace http = boost::beast::http;
    boost::beast::flat_buffer buffer;
    for (;;) {
      http::request<http::string_body> request;
      boost::system::error_code ec;
      http::read(socket, buffer, request, ec);
      if (ec) {
        return;
      }
      VenueRequest wanted{.method = std::string{request.method_string()},
                          .target = std::string{request.target()},
                          .body = request.body(),
                          .headers = {}};
      for (const auto& field : request) {
        wanted.headers.emplace(field.name_string(), field.value());
      }
      {
        const std::lock_guard lock{mutex_};
        seen_.push_back(wanted);
      }
      const auto answer = program_(wanted);
      if (answer.hang_up) {
        socket.shutdown(Socket::shutdown_both, ec);
        return;
      }
      http::response<http::string_body> response{http::int_to_status(answer.status), 11,
                                                 answer.body};
      if (!answer.date.empty()) {
        response.set(http::field::date, answer.date);
      }
      response.prepare_payload();
      http::write(socket, response, ec);
    }
  }

  Program program_;
  boost::asio::io_context context_;
  boost::asio::ip::tcp::acceptor acceptor_{context_, {boost::asio::ip::address_v4::loopback(), 0}};
  mutable std::mutex mutex_;
  std::vector<VenueRequest> seen_;
  std::list<Socket> sockets_;
  std::list<std::thread> servers_;
  std::thread thread_; // last: it uses the others
};

/// Sends `request` on to the server at `port` and brings its answer: a proxy's work.
inline VenueAnswer forward(const VenueRequest& request, std::uint16_t port) {
  namespace http = boost::beast::http;
  boost::asio::io_context context;
  boost::beast::tcp_stream stream{context};
  stream.connect({boost::asio::ip::address_v4::loopback(), port});
  http::request<http::string_body> upstream{http::string_to_verb(request.method), request.target,
                                            11, request.body};
  for (const auto& [name, value] : request.headers) {
    upstream.set(name, value);
  }
  upstream.prepare_payload();
  http::write(stream, upstream);
  boost::beast::flat_buffer buffer;
  http::response_parser<http::string_body> parser;
  parser.body_limit(64U << 20U);
  http::read(stream, buffer, parser);
  return {.status = parser.get().result_int(), .body = parser.get().body()};
}

} // namespace arbees::test
