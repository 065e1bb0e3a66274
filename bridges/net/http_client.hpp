#pragma once

#include <caf/expected.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "actors/messages/time.hpp"
#include "bridges/net/clock.hpp"
#include "bridges/net/network.hpp"
#include "bridges/net/url.hpp"

namespace arbees {

enum class HttpMethod : std::uint8_t { get, post, put, delete_resource };
/// As it stands on the wire: "GET".
std::string_view to_string(HttpMethod method);

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

struct HttpRequest {
  HttpMethod method = HttpMethod::get;
  std::string target = "/"; ///< path and query
  std::string body;
  HttpHeaders headers; ///< in addition to Host, User-Agent, Accept and Content-Length
};

struct HttpResponse {
  unsigned status = 0;
  HttpHeaders headers;
  std::string body;
  Timestamp received_at; ///< when the last byte had been read

  /// The first header of that name, whatever its case.
  [[nodiscard]] std::optional<std::string> header(std::string_view name) const;
};

struct HttpClientConfig {
  Endpoint endpoint; ///< its target is not used
  std::string user_agent = "arbees/0.1";
  std::size_t max_queued = 256;
  std::size_t max_body_bytes = 16U << 20U;
  std::size_t max_header_bytes = 64U << 10U;
};

/// One persistent connection to one HTTP server, one request in flight, the rest in line.
class HttpClient {
public:
  using Callback = std::function<void(caf::expected<HttpResponse>)>;

  /// @param network, clock must outlive the client, and its thread uses the clock
  HttpClient(Network& network, const Clock& clock, HttpClientConfig config);
  /// Requests that are not answered yet fail with Errc::io_failed, on the network thread.
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  /// Sends `request`, from any thread; `done` is called once, on the network thread. Any status is
  /// a response. A GET on a connection that the server had silently closed is repeated once on a
  /// new one; nothing else is ever repeated.
  /// @param deadline from now, the waiting in line included
  /// @returns through `done`: Errc::timed_out, or Errc::io_failed (the line is full, the connection
  /// failed, the response is too large or no HTTP). After either, a request other than GET may or
  /// may not have reached the server.
  void request(HttpRequest request, Duration deadline, Callback done);

private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

} // namespace arbees
