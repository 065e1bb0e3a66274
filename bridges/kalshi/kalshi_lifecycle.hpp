#pragma once

#include <map>
#include <optional>
#include <variant>
#include <vector>

#include "bridges/kalshi/kalshi_market_data_codec.hpp"

namespace arbees {

/// What the monitor is told: a market trades no more, or trades again.
using KalshiLifeNews = std::variant<std::monostate, MarketClosed, WatchMarkets>;

/// Which of the wanted markets the venue has stopped (venues/kalshi.md 3.4 and 8). No I/O.
///
/// The catalogue is up to a minute older than the socket: what it still lists as active does not
/// reopen a market that the socket has said to be stopped. A halted one that it has listed as
/// inactive and then as active again is open, whatever the socket may have missed.
class KalshiLifecycle {
public:
  /// Takes note of what is wanted. @returns what is said again, because the wish reopens it
  std::vector<MarketClosed> watch(const WatchMarkets& wish, Timestamp now);
  void unwatch(const UnwatchMarkets& wish);

  KalshiLifeNews on(const KalshiMarketEvent& event);

  /// A new connection: what was halted may trade again, and nobody has told.
  /// @returns what counts as open until the venue or the catalogue says otherwise
  WatchMarkets on_open();

  /// Nothing if the market is not wanted.
  [[nodiscard]] const MarketSpec* wanted(MarketId market) const;

private:
  enum class State : std::uint8_t { open, halted, past_close, ended };

  struct Market {
    MarketSpec spec;
    State state = State::open;
  };

  static KalshiLifeNews stop(Market& market, State state, Timestamp at);
  static KalshiLifeNews resume(Market& market);

  std::map<MarketId, Market> markets_;
};

} // namespace arbees
