#pragma once

#include "tools/sim/engine.hpp"
#include "tools/sim/http.hpp"

namespace arbees::sim {

/// Status of a market as the REST interface tells it: active, inactive, closed, determined or
/// finalized.
std::string_view kalshi_status(const Engine& engine, const KalshiMarket& market);

UnixSeconds open_time(const Engine& engine, const KalshiMarket& market);
UnixSeconds close_time(const Engine& engine, const KalshiMarket& market);
boost::json::array price_ranges_json(const KalshiMarket& market);

/// "yes", "no", or "scalar" where a contract pays a part of a dollar.
std::string_view kalshi_result(Price value);

/// Answers the public calls under /trade-api/v2 (fact sheet kalshi, section 5.1), or nothing if the
/// path is not one of them.
std::optional<HttpReply> kalshi_public(const Engine& engine, const HttpRequest& request);

/// An error in one of the shapes seen on the wire (section 5.7).
HttpReply kalshi_error(unsigned status, std::string_view code, std::string_view message,
                       std::string_view details = {});

/// Keeps at most `limit` of `items` from position `cursor` on. Kalshi's cursors are opaque; these
/// are positions in disguise. Nothing if `cursor` is not one of ours.
struct Page {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::string next{}; ///< empty on the last page
};
std::optional<Page> page(std::size_t count, std::size_t limit, std::string_view cursor);

} // namespace arbees::sim
