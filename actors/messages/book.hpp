#pragma once

#include <array>
#include <cassert>
#include <cstddef>
#include <span>
#include <vector>

#include "actors/messages/market.hpp"

namespace arbees {

struct Level {
  Price price;
  Quantity quantity;

  bool operator==(const Level&) const = default;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, Level& x) {
  return f(caf::meta::type_name("Level"), x.price, x.quantity);
}

/// The best levels of one side of a book, best first, held in place: a price update costs no
/// allocation of its own. Levels beyond `capacity` are not shown.
class Depth {
public:
  static constexpr std::size_t capacity = 16;

  [[nodiscard]] std::span<const Level> levels() const { return {levels_.data(), size_}; }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] bool full() const { return size_ == capacity; }
  [[nodiscard]] const Level& best() const {
    assert(size_ > 0);
    return levels_[0];
  }
  /// Appends a level that is worse than all before it. @pre !full()
  void push_back(const Level& level) {
    assert(size_ < capacity);
    levels_[size_++] = level;
  }

  friend bool operator==(const Depth& a, const Depth& b) {
    return std::equal(a.levels().begin(), a.levels().end(), b.levels().begin(), b.levels().end());
  }

  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, Depth& x) {
    std::vector<Level> levels{x.levels().begin(), x.levels().end()};
    if constexpr (Inspector::writes_state) {
      const auto load = [&]() -> caf::error {
        x.size_ = std::min(levels.size(), capacity);
        std::copy_n(levels.begin(), x.size_, x.levels_.begin());
        return caf::none;
      };
      return f(levels, caf::meta::load_callback(load));
    } else {
      return f(caf::meta::type_name("Depth"), levels);
    }
  }

private:
  std::array<Level, capacity> levels_{};
  std::size_t size_ = 0;
};

enum class BookStatus : std::uint8_t { ok, stale, closed };

/// Why a book must not be traded on.
enum class StaleReason : std::uint8_t {
  none,
  no_snapshot, ///< nothing verified has come yet
  disconnected,
  sequence_gap,
  crossed,
  negative_level,
  off_grid,
  top_mismatch, ///< the venue's own best bid and ask differ from ours
  tick_change,  ///< a new price grid: the old levels are void
  audit,        ///< REST shows another book
};

std::string_view to_string(BookStatus status); ///< "ok", "stale", "closed"
std::string_view to_string(StaleReason reason);
std::optional<BookStatus> parse_book_status(std::string_view text);

/// The whole state of one market's book, YES prices: a later one replaces an earlier one, so that
/// a consumer that falls behind may skip. Levels stand in it only if `status` is ok.
struct BookUpdate {
  MarketId market;
  Venue venue = Venue::kalshi;
  BookStatus status = BookStatus::stale;
  StaleReason reason = StaleReason::no_snapshot;
  std::uint32_t epoch = 0;   ///< rises with every new price grid
  std::uint64_t version = 0; ///< rises with every update of this market from this monitor
  Depth bids;
  Depth asks;
  Timestamp exchange_time; ///< the venue's stamp of the last change
  Timestamp received_at;   ///< when the frame was read from the socket
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, BookUpdate& x) {
  return f(caf::meta::type_name("BookUpdate"), x.market, x.venue, x.status, x.reason, x.epoch,
           x.version, x.bids, x.asks, x.exchange_time, x.received_at);
}

/// The connection to a venue's market data came up or went down.
struct FeedStatus {
  Venue venue = Venue::kalshi;
  bool connected = false;
  std::string reason;
  std::uint64_t markets_stale = 0; ///< how many books it took with it
  Timestamp at;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, FeedStatus& x) {
  return f(caf::meta::type_name("FeedStatus"), x.venue, x.connected, x.reason, x.markets_stale,
           x.at);
}

} // namespace arbees
