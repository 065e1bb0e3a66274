#pragma once

#include <deque>
#include <map>
#include <optional>

#include "actors/market/fees.hpp"
#include "tests/actors/executor/delayed_tape.hpp"

// A matching engine of one market on a DelayedTape, with the makers of the tape and our orders.

namespace arbees::test {

/// A trade of ours, in YES prices in cents.
struct TapeTrade {
  std::string client_order_id;
  int price = 0;
  Quantity quantity;
};

class TapeVenue {
public:
  TapeVenue(Venue venue, const DelayedTape& tape) : venue_{venue}, tape_{&tape} {}

  /// Makers stand around `center`. The queue before our order is what stood there when it came, and
  /// no longer than what is shown.
  void quote(double center, std::size_t i) {
    const auto half = tape_->model().half_spread;
    const auto bid = static_cast<int>(std::floor(center - half));
    const auto ask = static_cast<int>(std::ceil(center + half));
    const auto block = i / 100;
    if (bid == best_bid_ && ask == best_ask_ && block == block_) {
      return;
    }
    best_bid_ = bid;
    best_ask_ = ask;
    block_ = block;
    bids_.clear();
    asks_.clear();
    for (int depth = 0; depth < 6; ++depth) {
      show(bids_, bid - depth, i);
      show(asks_, ask + depth, i);
    }
    // Makers do not cross our order: who wants to trade with it comes as a taker.
    if (rest_) {
      auto& across = rest_->bids ? asks_ : bids_;
      std::erase_if(across, [&](const auto& level) {
        return rest_->bids ? level.first <= rest_->price : level.first >= rest_->price;
      });
      const auto& own = rest_->bids ? bids_ : asks_;
      const auto level = own.find(rest_->price);
      rest_->ahead = std::min(rest_->ahead, level == own.end() ? Quantity{} : level->second);
    }
    changed_ = true;
  }

  /// Takes what is better than `limit`, best first. Our own order stands behind the makers that
  /// were at its price before it. @returns what of it met our resting order
  std::optional<TapeTrade> strangers_take(bool hits_bids, int limit, Quantity size) {
    auto& levels = hits_bids ? bids_ : asks_;
    std::optional<TapeTrade> ours;
    while (size > Quantity{}) {
      const auto makers = best(levels, hits_bids);
      const auto rests = rest_ && rest_->bids == hits_bids;
      if (!makers && !rests) {
        break;
      }
      const auto first = rests && (!makers || better(rest_->price, *makers, hits_bids));
      const auto price = rests && (first || *makers == rest_->price) ? rest_->price : *makers;
      if (hits_bids ? price < limit : price > limit) {
        break;
      }
      if (rests && price == rest_->price) {
        take(levels, price, rest_->ahead, size);
        if (size > Quantity{}) {
          const auto part = std::min(size, rest_->left);
          ours = TapeTrade{rest_->order.client_order_id, price,
                           part + (ours ? ours->quantity : Quantity{})};
          rest_->left -= part;
          size -= part;
          if (rest_->left == Quantity{}) {
            rest_.reset();
          }
        }
      } else {
        auto all = levels.at(price);
        take(levels, price, all, size);
      }
    }
    return ours;
  }

  /// What an immediate order of ours gets.
  std::vector<TapeTrade> match(const OrderIntent& order) {
    const auto hits_bids = takes_bids(order);
    auto& levels = hits_bids ? bids_ : asks_;
    const auto limit = in_yes(order);
    auto left = order.quantity;
    std::vector<TapeTrade> trades;
    while (left > Quantity{}) {
      const auto price = best(levels, hits_bids);
      if (!price || (hits_bids ? *price < limit : *price > limit)) {
        break;
      }
      auto part = std::min(left, levels.at(*price));
      trades.push_back({order.client_order_id, *price, part});
      left -= part;
      take(levels, *price, part, part);
    }
    return trades;
  }

  /// False: it would take. @pre none of ours rests
  bool rest(const OrderIntent& order) {
    const auto bids = !takes_bids(order);
    const auto price = in_yes(order);
    const auto across = best(bids ? asks_ : bids_, !bids);
    if (rest_ || (across && (bids ? *across <= price : *across >= price))) {
      return false;
    }
    const auto& own = bids ? bids_ : asks_;
    const auto level = own.find(price);
    rest_ =
      Rest{order, bids, price, order.quantity, level == own.end() ? Quantity{} : level->second};
    return true;
  }

  /// True if it still rested.
  bool cancel(const std::string& client_order_id) {
    if (!rest_ || rest_->order.client_order_id != client_order_id) {
      return false;
    }
    rest_.reset();
    return true;
  }

  /// What of ours rests there: side and YES price in cents.
  [[nodiscard]] std::optional<std::pair<bool, int>> resting() const {
    return rest_ ? std::optional{std::pair{rest_->bids, rest_->price}} : std::nullopt;
  }

  /// The book of the makers, if it has changed.
  std::optional<BookUpdate> news(MarketId market, Timestamp now) {
    if (!changed_) {
      return std::nullopt;
    }
    changed_ = false;
    BookUpdate update{.market = market,
                      .venue = venue_,
                      .status = BookStatus::ok,
                      .reason = StaleReason::none,
                      .epoch = 1,
                      .version = ++version_,
                      .exchange_time = now,
                      .received_at = now};
    for (auto level = bids_.rbegin(); level != bids_.rend(); ++level) {
      update.bids.push_back({cents(level->first), level->second});
    }
    for (const auto& [price, quantity] : asks_) {
      update.asks.push_back({cents(price), quantity});
    }
    return update;
  }

private:
  struct Rest {
    OrderIntent order;
    bool bids = false;
    int price = 0;
    Quantity left;
    Quantity ahead;
  };
  using Levels = std::map<int, Quantity>;

  static bool takes_bids(const OrderIntent& order) {
    return (order.action == Action::buy) == (order.side == Side::no);
  }
  static int in_yes(const OrderIntent& order) {
    return (order.side == Side::yes ? order.limit : complement(order.limit)).value() / 100;
  }
  static std::optional<int> best(const Levels& levels, bool bids) {
    if (levels.empty()) {
      return std::nullopt;
    }
    return bids ? levels.rbegin()->first : levels.begin()->first;
  }
  static bool better(int a, int b, bool bids) { return bids ? a > b : a < b; }

  void show(Levels& levels, int price, std::size_t i) {
    if (price > 0 && price < 100) {
      levels[price] = tape_->size(venue_, price, i);
    }
  }

  /// Up to `most` of a level goes to whoever wants `size`; both shrink by it.
  void take(Levels& levels, int price, Quantity& most, Quantity& size) {
    const auto level = levels.find(price);
    const auto part = level == levels.end() ? Quantity{} : std::min({most, size, level->second});
    if (&most != &size) {
      most -= part;
    }
    size -= part;
    if (level != levels.end()) {
      level->second -= part;
      if (level->second == Quantity{}) {
        levels.erase(level);
      }
      changed_ = true;
    }
    if (rest_ && rest_->price == price && &most != &rest_->ahead) {
      rest_->ahead = std::min(rest_->ahead, levels.contains(price) ? levels.at(price) : Quantity{});
    }
  }

  Venue venue_;
  const DelayedTape* tape_;
  Levels bids_;
  Levels asks_;
  int best_bid_ = 0;
  int best_ask_ = 0;
  std::size_t block_ = 0;
  std::optional<Rest> rest_;
  std::uint64_t version_ = 0;
  bool changed_ = false;
};

} // namespace arbees::test
