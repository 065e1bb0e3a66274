#include "actors/candles/candle_maker.hpp"

#include <algorithm>

namespace arbees {

namespace {

Timestamp minute_of(Timestamp at) {
  return std::chrono::floor<std::chrono::minutes>(at);
}

/// Half the sum of two prices: prices are in 1e-4 dollars, money in 1e-6, so no digit is lost.
Money middle(Price bid, Price ask) {
  constexpr std::int64_t money_per_half_price = 50;
  return Money{(std::int64_t{bid.value()} + ask.value()) * money_per_half_price};
}

} // namespace

void CandleMaker::apply(const BookUpdate& book) {
  if (book.status != BookStatus::ok) {
    ++counters_.not_whole;
    return;
  }
  if (book.bids.empty() || book.asks.empty()) {
    ++counters_.one_sided;
    return;
  }
  const auto at = book.received_at;
  const auto minute = minute_of(at);
  if (minute < told_until_) {
    ++counters_.too_late;
    return;
  }
  ++counters_.counted;
  const auto mid = middle(book.bids.best().price, book.asks.best().price);
  const auto [found, is_new] = open_.try_emplace({minute, book.market});
  auto& [candle, first, last] = found->second;
  if (is_new) {
    candle = {.market = book.market, .venue = book.venue, .start = minute, .high = mid, .low = mid};
  }
  if (is_new || at < first) {
    candle.open = mid;
    first = at;
  }
  // Of two at the same moment the later word holds.
  if (is_new || at >= last) {
    candle.close = mid;
    candle.close_bid = book.bids.best().price;
    candle.close_ask = book.asks.best().price;
    last = at;
  }
  candle.high = std::max(candle.high, mid);
  candle.low = std::min(candle.low, mid);
  ++candle.updates;
}

std::vector<Candle> CandleMaker::ended_by(Timestamp now) {
  told_until_ = std::max(told_until_, minute_of(now - config_.grace));
  const auto end = open_.lower_bound({told_until_, MarketId{0}});
  std::vector<Candle> ended;
  for (auto at = open_.begin(); at != end; ++at) {
    ended.push_back(at->second.candle);
  }
  open_.erase(open_.begin(), end);
  return ended;
}

} // namespace arbees
