#include "actors/monitor/kalshi_books.hpp"

#include <algorithm>

#include "actors/market/grid.hpp"

namespace arbees {

namespace {

StaleReason fault(const KalshiSnapshot& snapshot, const TrackedBook& book) {
  const auto off = [&](const Level& level) { return !on_grid(book.spec.price_bands, level.price); };
  if (std::ranges::any_of(snapshot.bids, off) || std::ranges::any_of(snapshot.asks, off)) {
    return StaleReason::off_grid;
  }
  // An honest book is never crossed: if this one is, its NO levels came in the other convention
  // than the one that we asked for (use_yes_price, venues/kalshi.md section 4).
  return book.ladder.crossed() ? StaleReason::crossed : StaleReason::none;
}

} // namespace

KalshiBooks::KalshiBooks(const MonitorConfig& config)
  : config_{config}, table_{Venue::kalshi, config} {}

BookTable& KalshiBooks::begin() {
  table_.actions.clear();
  return table_;
}

const MonitorActions& KalshiBooks::watch(const WatchMarkets& wish, Timestamp now) {
  begin().watch(wish.markets, now);
  return table_.actions;
}

const MonitorActions& KalshiBooks::unwatch(const UnwatchMarkets& wish) {
  begin().unwatch(wish.markets);
  for (const auto& [sid, subscription] : subscriptions_) {
    mend(sid);
  }
  return table_.actions;
}

const MonitorActions& KalshiBooks::on(const FeedConnected& event) {
  subscriptions_.clear();
  last_stamp_ = event.at;
  begin().connect(event);
  return table_.actions;
}

const MonitorActions& KalshiBooks::on(const FeedDisconnected& event) {
  subscriptions_.clear();
  begin().disconnect(event);
  return table_.actions;
}

const MonitorActions& KalshiBooks::on(const FrameRejected& event) {
  auto& table = begin();
  table.heard(event.at);
  table.count("rejected:" + event.reason);
  return table.actions;
}

const MonitorActions& KalshiBooks::on(const MarketClosed& event) {
  begin().close(event);
  return table_.actions;
}

const MonitorActions& KalshiBooks::on(const KalshiSubscribed& event) {
  auto& table = begin();
  table.count("subscribed");
  subscriptions_.try_emplace(event.sid);
  return table.actions;
}

const MonitorActions& KalshiBooks::on(const KalshiAck& event) {
  begin();
  advance(event.position, last_stamp_);
  return table_.actions;
}

const MonitorActions& KalshiBooks::on(const KalshiCommandFailed& event) {
  constexpr std::int32_t buffer_overflow = 25;
  auto& table = begin();
  table.count("command_failed:" + std::to_string(event.code));
  if (event.code == buffer_overflow) {
    // The venue dropped data of a subscription that it does not name.
    table.reconnect("subscription buffer overflow (code 25)");
  }
  return table.actions;
}

const MonitorActions& KalshiBooks::on(const KalshiSnapshot& snapshot) {
  auto& table = begin();
  table.heard(snapshot.received_at);
  ++table.snapshots;
  advance(snapshot.position, snapshot.received_at);
  if (auto* const book = table.find(snapshot.market)) {
    apply(snapshot, *book);
    mend(snapshot.position.sid);
  } else {
    table.count("unwatched");
  }
  return table.actions;
}

const MonitorActions& KalshiBooks::on(const KalshiDelta& delta) {
  auto& table = begin();
  table.heard(delta.received_at);
  ++table.changes;
  advance(delta.position, delta.received_at);
  if (auto* const book = table.find(delta.market)) {
    apply(delta, *book);
  } else {
    table.count("unwatched");
  }
  return table.actions;
}

const MonitorActions& KalshiBooks::on(const Tick& tick) {
  auto& table = begin();
  table.tick(tick.now);
  for (auto& [sid, subscription] : subscriptions_) {
    if (subscription.broken_at && tick.now - *subscription.broken_at >= config_.snapshot_timeout) {
      subscription.broken_at.reset();
      table.reconnect("no snapshots after a sequence gap on sid " + std::to_string(sid));
    }
  }
  return table.actions;
}

void KalshiBooks::advance(const KalshiSequence& position, Timestamp at) {
  last_stamp_ = at;
  auto& subscription = subscriptions_[position.sid];
  const auto expected = subscription.last_seq + 1;
  // The first position of a subscription is taken as it is: no book rests on what was before.
  const auto in_order = subscription.last_seq == 0 || position.seq == expected;
  subscription.last_seq = position.seq;
  if (!in_order) {
    on_gap(position.sid, subscription, at);
  }
}

void KalshiBooks::on_gap(std::uint64_t sid, Subscription& subscription, Timestamp at) {
  table_.count("gaps");
  for (const auto id : table_.markets()) {
    auto& book = *table_.find(id);
    if (book.sid == sid && !book.closed) {
      table_.distrust(book, StaleReason::sequence_gap, at);
    }
  }
  if (subscription.broken_at) {
    subscription.broken_at.reset();
    table_.reconnect("second sequence gap on sid " + std::to_string(sid));
    return;
  }
  subscription.broken_at = at;
  mend(sid);
}

/// The subscription is whole again as soon as none of its books waits because of the gap.
void KalshiBooks::mend(std::uint64_t sid) {
  auto& subscription = subscriptions_[sid];
  if (!subscription.broken_at) {
    return;
  }
  const auto ids = table_.markets();
  const auto waits = std::ranges::any_of(ids, [&](MarketId id) {
    const auto& book = *table_.find(id);
    return book.sid == sid && !book.whole && !book.closed
           && book.reason == StaleReason::sequence_gap;
  });
  if (!waits) {
    subscription.broken_at.reset();
  }
}

void KalshiBooks::apply(const KalshiSnapshot& snapshot, TrackedBook& book) {
  if (book.closed) {
    return;
  }
  book.sid = snapshot.position.sid;
  if (!book.ladder.replace(snapshot.bids, snapshot.asks)) {
    return table_.distrust(book, StaleReason::negative_level, snapshot.received_at);
  }
  if (const auto reason = fault(snapshot, book); reason != StaleReason::none) {
    return table_.distrust(book, reason, snapshot.received_at);
  }
  BookTable::healed(book);
  // A snapshot has no stamp of the venue's: it is as young as its arrival.
  table_.publish(book, snapshot.received_at, snapshot.received_at);
}

void KalshiBooks::apply(const KalshiDelta& delta, TrackedBook& book) {
  if (!book.whole || book.closed) {
    table_.count("ignored:no_snapshot");
    return;
  }
  if (!on_grid(book.spec.price_bands, delta.price)) {
    return table_.distrust(book, StaleReason::off_grid, delta.received_at);
  }
  if (!book.ladder.apply_delta(delta.side, delta.price, delta.change)) {
    return table_.distrust(book, StaleReason::negative_level, delta.received_at);
  }
  if (book.ladder.crossed()) {
    // Between the two deltas of one match a book may cross for an instant. The sequence proves
    // that nothing was lost, so the next delta may end it; if none does, a snapshot must.
    if (!book.asked_at) {
      book.asked_at = delta.received_at;
    }
    return table_.suspend(book, StaleReason::crossed, delta.received_at);
  }
  book.asked_at.reset();
  table_.publish(book, delta.exchange_time, delta.received_at);
}

} // namespace arbees
