#pragma once

#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "actors/book/ladder.hpp"
#include "actors/messages/book.hpp"
#include "actors/messages/feed.hpp"
#include "actors/messages/telemetry.hpp"
#include "actors/monitor/feed_watch.hpp"

namespace arbees {

struct MonitorConfig {
  /// A snapshot that was asked for and has not come is asked for again after this; the wait doubles
  /// with each one that did not help (venues/polymarket.md 2.4.1).
  Duration snapshot_timeout = std::chrono::seconds{2};
  /// The whole connection is dropped if it brought no data for so long.
  Duration silence_limit = std::chrono::seconds{30};
};

/// What a monitor does about what it was told. Filled anew by each call, in place, so that the
/// steady state allocates nothing.
struct MonitorActions {
  std::vector<BookUpdate> updates;
  std::vector<RequestSnapshots> requests;
  std::optional<ReconnectFeed> reconnect;
  std::optional<FeedStatus> feed_status;

  void clear();
};

/// Why a market's book may or may not be shown; one of a monitor's books.
struct TrackedBook {
  MarketSpec spec;
  Ladder ladder;
  bool whole = false; ///< the ladder is the venue's book, as far as we can tell
  bool closed = false;
  StaleReason reason = StaleReason::no_snapshot; ///< none: it is shown as ok
  std::uint32_t epoch = 0;
  std::uint64_t version = 0;         ///< of the last update, 0: none has been sent
  std::uint64_t sid = 0;             ///< Kalshi: the subscription that carried the snapshot
  std::uint32_t requests = 0;        ///< snapshots asked for since the book was last whole
  std::optional<Timestamp> asked_at; ///< when a snapshot was last asked for, or began to be due
  Timestamp exchange_time;
  Timestamp received_at;
};

/// The books of one venue: which are wanted, which can be trusted, and what to tell of them. What
/// makes a book trustworthy is the business of KalshiBooks and PolymarketBooks.
class BookTable {
public:
  BookTable(Venue venue, const MonitorConfig& config);

  /// Wants these markets. A known one keeps its book if that fits the new grid.
  void watch(const std::vector<MarketSpec>& markets, Timestamp now);
  void unwatch(const std::vector<MarketId>& markets);

  /// Nothing if the market is not wanted.
  [[nodiscard]] TrackedBook* find(MarketId market);
  /// The state of a market as an update: what a new subscriber is told.
  [[nodiscard]] std::optional<BookUpdate> current(MarketId market) const;
  /// Of every wanted market, sorted by id, so that a replay does the same.
  [[nodiscard]] std::vector<MarketId> markets() const;
  [[nodiscard]] const std::optional<FeedStatus>& feed_status() const { return feed_status_; }
  [[nodiscard]] bool connected() const { return feed_status_ && feed_status_->connected; }

  void connect(const FeedConnected& event);
  void disconnect(const FeedDisconnected& event);
  void close(const MarketClosed& event);

  /// The connection brought something.
  void heard(Timestamp at) { watch_.heard(at); }

  /// The book can be trusted: publishes it.
  void publish(TrackedBook& book, Timestamp exchange_time, Timestamp received_at);
  /// The book cannot be trusted until a new snapshot comes: says so once, and asks for one.
  void distrust(TrackedBook& book, StaleReason reason, Timestamp at);
  /// The book is what the venue says, but must not be traded on until it looks sane again.
  void suspend(TrackedBook& book, StaleReason reason, Timestamp at);
  /// Asks for a snapshot of `book`; requests of one call for the same subscription are one.
  void request(TrackedBook& book, Timestamp at);
  /// Takes note of a snapshot that passed: the next distrust asks at once again.
  static void healed(TrackedBook& book);

  /// Asks for snapshots that are overdue, and reports silence.
  void tick(Timestamp now);

  void reconnect(std::string reason);
  void count(const std::string& name, std::int64_t by = 1) { counters_[name] += by; }

  MonitorActions actions; ///< of the present call

  [[nodiscard]] std::map<std::string, std::int64_t> counters() const;

  // The hot path's counters stand apart: no look-up by name.
  std::int64_t snapshots = 0;
  std::int64_t changes = 0;

private:
  BookUpdate describe(const TrackedBook& book) const;
  void announce(TrackedBook& book, Timestamp at);
  [[nodiscard]] bool overdue(const TrackedBook& book, Timestamp now) const;

  Venue venue_;
  MonitorConfig config_;
  FeedWatch watch_;
  std::optional<FeedStatus> feed_status_;
  std::unordered_map<MarketId, TrackedBook> books_;
  std::uint64_t last_version_ = 0;
  std::map<std::string, std::int64_t> counters_;
};

} // namespace arbees
