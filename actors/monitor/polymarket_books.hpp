#pragma once

#include "actors/monitor/book_table.hpp"

namespace arbees {

/// Polymarket's books, whole and verified although the venue numbers nothing
/// (venues/polymarket.md 2.4).
///
/// One ladder a market, in prices of the YES token. The venue mirrors every level to the NO token
/// (bid p = ask 1-p of the other), so a change of the NO token is the same change told again: it
/// must agree with the YES token's within its frame, and is never counted twice.
/// A book from REST beside one that is whole is an audit (2.4.6). Both are seen at different
/// moments, so that one difference proves nothing; a level that stands still here, and of which
/// REST tells another total twice in a row, was missed. Each call returns what to do; the result is
/// valid until the next call.
class PolymarketBooks {
public:
  static constexpr auto venue = Venue::polymarket;

  explicit PolymarketBooks(const MonitorConfig& config);

  const MonitorActions& watch(const WatchMarkets& wish, Timestamp now);
  const MonitorActions& unwatch(const UnwatchMarkets& wish);
  const MonitorActions& on(const FeedConnected& event);
  const MonitorActions& on(const FeedDisconnected& event);
  const MonitorActions& on(const FrameRejected& event);
  const MonitorActions& on(const MarketClosed& event);
  const MonitorActions& on(const PolymarketBook& snapshot);
  const MonitorActions& on(const PolymarketChanges& frame);
  const MonitorActions& on(const PolymarketTickChange& change);
  const MonitorActions& on(const Tick& tick);

  [[nodiscard]] const BookTable& table() const { return table_; }

private:
  /// A level of which REST tells another total than ours.
  struct Difference {
    BookSide side;
    Price price;
    Quantity ours;

    bool operator==(const Difference&) const = default;
  };

  BookTable& begin();
  static std::vector<Difference> differences(const PolymarketBook& rest, const TrackedBook& book);
  void apply(const PolymarketBook& snapshot, TrackedBook& book);
  void compare(const PolymarketBook& mirror, TrackedBook& book);
  void audit(const PolymarketBook& rest, TrackedBook& book);
  void apply(const PolymarketChanges& frame, TrackedBook& book);
  void hold_back(const PolymarketChanges& frame);
  void replay(TrackedBook& book);
  void new_grid(TrackedBook& book, Price tick);

  BookTable table_;
  /// Changes that came while a book was not whole: replayed if REST answers (2.4.4).
  std::map<MarketId, std::vector<PolymarketChanges>> held_back_;
  std::map<MarketId, std::vector<Difference>> suspected_; ///< by the last audit
};

} // namespace arbees
