#pragma once

#include <map>
#include <vector>

#include "actors/messages/book.hpp"
#include "actors/messages/candle.hpp"

namespace arbees {

struct CandleMakerConfig {
  /// A minute ends so long after its last moment: what was received in it may still be under way.
  Duration grace = std::chrono::seconds{2};
};

/// One-minute candles out of books, market by market. A minute in which no whole book came has
/// none. A book counts when it was received, in whatever order books are heard of.
class CandleMaker {
public:
  struct Counters {
    std::int64_t counted = 0;
    std::int64_t not_whole = 0; ///< stale or closed: they have no prices
    std::int64_t one_sided = 0; ///< there is no middle
    std::int64_t too_late = 0;  ///< of a minute that has ended
  };

  explicit CandleMaker(CandleMakerConfig config = {}) : config_{config} {}

  void apply(const BookUpdate& book);
  /// The candles that are over by `now`, the oldest first, then by market; each is told once.
  std::vector<Candle> ended_by(Timestamp now);

  [[nodiscard]] const Counters& counters() const { return counters_; }
  /// How many candles are being made.
  [[nodiscard]] std::size_t open() const { return open_.size(); }

private:
  struct Making {
    Candle candle;
    Timestamp first; ///< when the book of `open` was received
    Timestamp last;  ///< when the book of `close` was
  };

  CandleMakerConfig config_;
  std::map<std::pair<Timestamp, MarketId>, Making> open_; ///< by the minute's start
  Timestamp told_until_;                                  ///< minutes before it have ended
  Counters counters_;
};

} // namespace arbees
