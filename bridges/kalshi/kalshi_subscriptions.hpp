#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "actors/messages/feed.hpp"

namespace arbees {

/// Which markets one Kalshi connection is subscribed to, and the commands that make it what is
/// wanted (venues/kalshi.md 3.1). No I/O: every call returns the commands to send, in order.
///
/// All markets share one subscription; with it goes one to the lives of all markets. Commands are
/// bounded in size, and a refused one is halved until the one market that the venue does not take
/// stands alone.
class KalshiSubscriptions {
public:
  explicit KalshiSubscriptions(std::size_t markets_per_command = 100);

  std::vector<std::string> watch(const WatchMarkets& wish);
  std::vector<std::string> unwatch(const UnwatchMarkets& wish);
  std::vector<std::string> request(const RequestSnapshots& request);

  std::vector<std::string> on_open();
  void on_close();
  std::vector<std::string> on(const KalshiSubscribed& event);
  std::vector<std::string> on(const KalshiAck& event);
  std::vector<std::string> on(const KalshiCommandFailed& event);

  /// Markets that the venue does not take.
  [[nodiscard]] const std::set<std::string>& refused() const { return refused_; }

private:
  using Tickers = std::vector<std::string>;

  std::vector<std::string> reconcile();
  std::vector<Tickers> batches(const Tickers& tickers) const;
  std::string send_subscribe(const Tickers& tickers);
  std::string send_add(const Tickers& tickers);

  std::size_t markets_per_command_;
  std::map<MarketId, std::string> wanted_;
  std::set<std::string> sent_; ///< subscribed, or asked to be
  std::set<std::string> refused_;
  std::map<std::uint64_t, Tickers> in_flight_; ///< commands that add markets, by id
  std::optional<std::uint64_t> subscribing_;   ///< the command that will bring the sid
  std::optional<std::uint64_t> sid_;
  std::uint64_t last_id_ = 0;
  bool open_ = false;
  bool follows_lives_ = false; ///< of the markets: asked for on this connection
};

} // namespace arbees
