#pragma once

#include <boost/json.hpp>
#include <optional>
#include <string>
#include <variant>

#include "tools/sim/engine.hpp"
#include "tools/sim/http.hpp"

namespace arbees::sim {

/// Nobody trades more in one order, and nothing computed from it overflows.
inline constexpr Quantity largest_count{100'000'000 * quantity_per_contract};

/// A create request that is in itself right.
struct KalshiDraft {
  int market = 0;
  BookSide side = BookSide::bid;
  Price price{};
  Quantity count{};
  bool rests = false;
  bool all_or_nothing = false;
  bool post_only = false;
  bool reduce_only = false;
  bool stp_maker = false;
  bool cancel_on_pause = false;
  UnixSeconds expires = 0; ///< 0: never
  std::string client_id{};
  std::string group{}; ///< id of an order group, or empty
};

/// Checks the body of POST /portfolio/events/orders as far as it needs neither book nor account
/// (fact sheet kalshi, sections 5.2, 5.3). The reply is the refusal.
std::variant<HttpReply, KalshiDraft>
check_create(const Engine& engine, const boost::json::object& body);

/// Refuses every call for an order of a market whose trading has ended.
std::optional<HttpReply> refuse_closed(const Engine& engine, int market);
/// Refuses also what the venue has stopped for a while: there only cancels are taken.
std::optional<HttpReply> refuse_standstill(const Engine& engine, int market);

/// The shard that the body or query of a write names; nothing if the call is routed by its ticker.
std::optional<int> named_shard(const boost::json::object& body);

/// The flat error shape of the specification; kalshi_error() is the nested one of the wire.
HttpReply flat_error(unsigned status, std::string_view code, std::string_view message,
                     std::string_view details = {});

HttpReply bad_body();
HttpReply order_not_found();

inline constexpr int kalshi_shards = 4;

const KalshiMarket& kalshi_market_at(const Engine& engine, int index);
int shard_of(const Engine& engine, int market);

} // namespace arbees::sim
