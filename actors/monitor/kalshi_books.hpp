#pragma once

#include "actors/monitor/book_table.hpp"

namespace arbees {

/// Kalshi's books, whole and verified (venues/kalshi.md 3.5, 4). Every frame that has a position
/// passes through here, because one counter serves all markets of a subscription.
///
/// A gap makes all books of its subscription stale and asks for their snapshots. A second gap
/// before they have come, or no answer in time, drops the connection.
/// Each call returns what to do; the result is valid until the next call.
class KalshiBooks {
public:
  static constexpr auto venue = Venue::kalshi;

  explicit KalshiBooks(const MonitorConfig& config);

  const MonitorActions& watch(const WatchMarkets& wish, Timestamp now);
  const MonitorActions& unwatch(const UnwatchMarkets& wish);
  const MonitorActions& on(const FeedConnected& event);
  const MonitorActions& on(const FeedDisconnected& event);
  const MonitorActions& on(const FrameRejected& event);
  const MonitorActions& on(const MarketClosed& event);
  const MonitorActions& on(const KalshiSubscribed& event);
  const MonitorActions& on(const KalshiAck& event);
  const MonitorActions& on(const KalshiCommandFailed& event);
  const MonitorActions& on(const KalshiSnapshot& snapshot);
  const MonitorActions& on(const KalshiDelta& delta);
  const MonitorActions& on(const Tick& tick);

  [[nodiscard]] const BookTable& table() const { return table_; }

private:
  struct Subscription {
    std::uint64_t last_seq = 0;
    std::optional<Timestamp> broken_at; ///< a gap came and not all snapshots have followed
  };

  BookTable& begin();
  void advance(const KalshiSequence& position, Timestamp at);
  void on_gap(std::uint64_t sid, Subscription& subscription, Timestamp at);
  void mend(std::uint64_t sid);
  void apply(const KalshiSnapshot& snapshot, TrackedBook& book);
  void apply(const KalshiDelta& delta, TrackedBook& book);

  MonitorConfig config_;
  BookTable table_;
  std::map<std::uint64_t, Subscription> subscriptions_;
  Timestamp last_stamp_; ///< acknowledgements carry none of their own
};

} // namespace arbees
