#pragma once

#include <boost/json.hpp>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tools/sim/engine.hpp"

namespace arbees::sim {

/// One client of Kalshi's WebSocket: commands in, frames out, no socket (fact sheet kalshi,
/// section 3). The sequence counts per sid and is shared by its markets; `ok` and `unsubscribed`
/// frames of a sid consume a number too.
class KalshiSession {
public:
  /// @param account whose private channels it may see; none if it has not authenticated
  explicit KalshiSession(const Engine& engine, std::optional<int> account = std::nullopt)
    : engine_(&engine), account_(account) {}

  /// Frames that answer one text frame of the client.
  std::vector<std::string> on_text(std::string_view text);

  /// Frames for what happened in the world, in order.
  std::vector<std::string> on_events(std::span<const MarketEvent> events);

private:
  enum class Channel : std::uint8_t {
    orderbook_delta,
    trade,
    ticker,
    market_lifecycle_v2,
    fill,
    user_orders,
    market_positions,
    order_group_updates
  };

  struct Subscription {
    Channel channel = Channel::orderbook_delta;
    std::uint64_t seq = 0;
    bool all_markets = false;
    bool yes_price = false; ///< NO levels at the YES price
    bool skip_ack = false;
    std::set<int> markets{};
  };

  struct Tickers {
    std::set<int> markets{};
    std::vector<std::string> unknown{};
    bool named = false; ///< whether the command names markets at all
  };

  void subscribe(std::int64_t id, const boost::json::object& params);
  void subscribe_channel(std::int64_t id, Channel channel, const boost::json::object& params);
  void merge(std::int64_t id, int sid, const std::set<int>& markets);
  void unsubscribe(std::int64_t id, const boost::json::object& params);
  void update(std::int64_t id, const boost::json::object& params);
  void update_markets(std::int64_t id, int sid, std::string_view action, const Tickers& tickers);
  void list(std::int64_t id);
  void error(std::int64_t id, int code, std::string_view message, std::string_view ticker = {});
  void ok(std::int64_t id, int sid);
  void snapshot(int sid, int market);
  void ticker(int sid, int market);
  void on_book(const BookChanged& event);
  void on_trade(const Traded& event);
  void on_decided(const BookDecided& event);
  void on_settled(const BookSettled& event);
  void on_lifecycle(const LifecycleChanged& event);
  void on_fee(const EventFeeChanged& event);
  void
  tell_lifecycle(const boost::json::object& body, std::string_view type = "market_lifecycle_v2");
  [[nodiscard]] boost::json::object created(const KalshiMarket& market) const;
  void on_private(const PrivateEvent& event);
  void send(const boost::json::value& frame);
  [[nodiscard]] Tickers tickers(const boost::json::object& params) const;
  [[nodiscard]] static const char* name(Channel channel);
  [[nodiscard]] static bool is_private(Channel channel);
  [[nodiscard]] static std::optional<Channel> channel(std::string_view name);
  [[nodiscard]] const KalshiMarket& market(int index) const;
  [[nodiscard]] std::optional<int> kalshi_market_of(int book) const;

  const Engine* engine_;
  std::optional<int> account_;
  std::map<int, Subscription> subscriptions_;
  int next_sid_ = 1;
  std::vector<std::string> out_;
};

} // namespace arbees::sim
