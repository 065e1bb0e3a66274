#include "tools/sim/http_faults.hpp"

#include <boost/json.hpp>

#include "tools/sim/clob_rest.hpp"
#include "tools/sim/kalshi_rest.hpp"

namespace arbees::sim {

namespace json = boost::json;

namespace {

HttpReply html_page(unsigned status, const std::string& title) {
  return {.status = status,
          .body = "<html><head><title>" + title + "</title></head><body><center><h1>" + title
                  + "</h1></center></body></html>\r\n",
          .content_type = "text/html"};
}

HttpReply too_many(std::string_view face, Random& random) {
  if (face == "kalshi") { // without a hint when to come back
    return reply(json::object{{"error", "too many requests"}}, 429);
  }
  if (face == "polymarket" && random.chance(0.5)) { // the proxy's limit by address
    return {.status = 429, .body = "error code: 1015", .content_type = "text/plain"};
  }
  auto answer = clob_error(429, "Too Many Requests");
  answer.headers.emplace_back("Retry-After", "1");
  return answer;
}

HttpReply restarting() {
  auto answer = clob_error(425, "matching engine is restarting");
  answer.headers.emplace_back("Retry-After", "1");
  return answer;
}

/// Orders and cancels: what meets the matching engine.
bool meets_engine(const HttpRequest& request) {
  const auto path = std::string_view{request.path};
  return (request.method == "POST" || request.method == "DELETE")
         && (path == "/order" || path == "/orders" || path == "/cancel-all"
             || path == "/cancel-market-orders");
}

} // namespace

/// Nothing in it tells whether the order was taken: no text that the venue keeps for one of both.
HttpReply HttpFaults::server_error(std::string_view face) {
  switch (random_.range(0, 3)) {
    case 0:
      return html_page(502, "502 Bad Gateway");
    case 1:
      return html_page(504, "504 Gateway Time-out");
    case 2:
      return face == "kalshi" ? kalshi_error(503, "service_unavailable", "service unavailable")
                              : html_page(503, "503 Service Temporarily Unavailable");
    default:
      return face == "kalshi" ? kalshi_error(500, "internal_server_error", "internal server error")
                              : clob_error(500, "could not run the execution");
  }
}

HttpFate HttpFaults::decide(std::string_view face, const HttpRequest& request, bool upgrades) {
  using std::chrono::milliseconds;
  const auto delay = [&] { return milliseconds{random_.range(50, 1500)}; };
  const auto patience = [&] {
    return milliseconds{random_.range(shortest_hang_ms_, longest_hang_ms_)};
  };
  if (strikes(FaultClass::http_429)) {
    return {.reaches = false, .instead = too_many(face, random_)};
  }
  if (face == "polymarket" && meets_engine(request) && strikes(FaultClass::http_425)) {
    return {.reaches = false, .instead = restarting()};
  }
  if (strikes(FaultClass::http_500_before)) {
    return {.reaches = false, .instead = server_error(face)};
  }
  if (strikes(FaultClass::http_timeout_before)) {
    return {.reaches = false, .after = patience(), .hangs = true};
  }
  if (!upgrades && strikes(FaultClass::http_500_after)) {
    return {.instead = server_error(face)};
  }
  if (!upgrades && strikes(FaultClass::http_timeout_after)) {
    return {.after = patience(), .hangs = true};
  }
  if (!upgrades && strikes(FaultClass::http_cut)) {
    return {.cut_at = random_.uniform()};
  }
  if (!upgrades && strikes(FaultClass::http_garbage)) {
    return {.garbles = random_.next()};
  }
  if (strikes(FaultClass::http_delay)) { // on the way in or on the way out
    return upgrades || random_.chance(0.5) ? HttpFate{.before = delay()}
                                           : HttpFate{.after = delay()};
  }
  return {};
}

HttpReply rubbish(const HttpReply& answer, std::uint64_t seed) {
  Random random{seed};
  switch (random.range(0, 4)) {
    case 0:
      return {.body = answer.body.substr(0, answer.body.size() / 2)};
    case 1:
      return html_page(200, "Just a moment...");
    case 2:
      return {};
    case 3:
      return {.body = "[null,3]"};
    default: {
      HttpReply noise;
      for (auto i = random.range(1, 400); i > 0; --i) {
        noise.body += static_cast<char>(random.next() & 0xFFU);
      }
      return noise;
    }
  }
}

} // namespace arbees::sim
