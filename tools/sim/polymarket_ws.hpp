#pragma once

#include <boost/json.hpp>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tools/sim/engine.hpp"

namespace arbees::sim {

/// One client of Polymarket's market channel: text in, frames out, no socket (fact sheet
/// polymarket, section 2). There are no acknowledgements and no sequence numbers.
class PolymarketSession {
public:
  explicit PolymarketSession(const Engine& engine) : engine_(&engine) {}

  /// Frames that answer one text frame of the client.
  std::vector<std::string> on_text(std::string_view text);

  /// Frames for what happened in the world, in order; books that trades or a new tick call for come
  /// last, when they agree with all changes before them.
  std::vector<std::string> on_events(std::span<const MarketEvent> events);

private:
  using Token = std::pair<int, int>; ///< market, 0 or 1

  void first_message(const boost::json::object& message);
  void operation(std::string_view operation, const boost::json::object& message);
  [[nodiscard]] std::vector<Token> assets(const boost::json::object& message) const;
  [[nodiscard]] const PolyMarket* watched(int book) const;
  void on_book(const PolyMarket& market, const LevelUpdate& level);
  void on_trade(const PolyMarket& market, const Match& match);
  void on_tick(const PolyMarket& market, const TickChange& change);
  void on_decided(const PolyMarket& market, Price value);
  void on_listed(const PolyMarket& market);
  void send(const boost::json::value& frame);
  [[nodiscard]] boost::json::object book_frame(Token token) const;

  const Engine* engine_;
  std::set<Token> subscribed_;
  std::set<Token> books_due_;
  bool extra_events_ = false; ///< custom_feature_enabled
  std::vector<std::string> out_;
};

} // namespace arbees::sim
