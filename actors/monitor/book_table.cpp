#include "actors/monitor/book_table.hpp"

#include <algorithm>

#include "actors/market/grid.hpp"

namespace arbees {

namespace {

bool fits(const Ladder& ladder, std::span<const PriceBand> bands) {
  const auto on = [bands](const Level& level) { return on_grid(bands, level.price); };
  return std::ranges::all_of(ladder.levels(BookSide::bid), on)
         && std::ranges::all_of(ladder.levels(BookSide::ask), on);
}

} // namespace

void MonitorActions::clear() {
  updates.clear();
  requests.clear();
  reconnect.reset();
  feed_status.reset();
}

BookTable::BookTable(Venue venue, const MonitorConfig& config)
  : venue_{venue}, config_{config}, watch_{config.silence_limit} {}

void BookTable::watch(const std::vector<MarketSpec>& markets, Timestamp now) {
  if (books_.empty()) {
    // Silence counts from the moment that there was something to hear.
    watch_.heard(now);
  }
  for (const auto& spec : markets) {
    auto [place, is_new] = books_.try_emplace(spec.id);
    auto& book = place->second;
    const auto new_grid = !is_new && book.spec.price_bands != spec.price_bands;
    book.spec = spec;
    if (is_new) {
      // Subscribing brings a snapshot by itself: it is asked for only if it is late.
      book.asked_at = now;
    } else if (book.closed && spec.accepts_orders) {
      book.closed = false;
      distrust(book, StaleReason::no_snapshot, now);
    } else if (new_grid) {
      ++book.epoch;
      if (book.whole && !fits(book.ladder, spec.price_bands)) {
        distrust(book, StaleReason::tick_change, now);
      } else if (book.whole && book.reason == StaleReason::none) {
        publish(book, book.exchange_time, book.received_at);
      }
    }
  }
}

void BookTable::unwatch(const std::vector<MarketId>& markets) {
  for (const auto market : markets) {
    books_.erase(market);
  }
}

TrackedBook* BookTable::find(MarketId market) {
  const auto place = books_.find(market);
  return place == books_.end() ? nullptr : &place->second;
}

std::optional<BookUpdate> BookTable::current(MarketId market) const {
  const auto place = books_.find(market);
  if (place == books_.end()) {
    return std::nullopt;
  }
  return describe(place->second);
}

std::vector<MarketId> BookTable::markets() const {
  std::vector<MarketId> ids;
  ids.reserve(books_.size());
  for (const auto& [id, book] : books_) {
    ids.push_back(id);
  }
  std::ranges::sort(ids);
  return ids;
}

void BookTable::connect(const FeedConnected& event) {
  watch_.connected(event.at);
  count("connects");
  for (const auto id : markets()) {
    auto& book = books_.at(id);
    book.whole = false;
    book.sid = 0;
    book.requests = 0;
    book.asked_at = event.at;
    if (book.reason == StaleReason::none && !book.closed) {
      // The feed died without a word.
      book.reason = StaleReason::disconnected;
      announce(book, event.at);
    }
  }
  feed_status_ =
    FeedStatus{.venue = venue_, .connected = true, .reason = "connected", .at = event.at};
  actions.feed_status = feed_status_;
}

void BookTable::disconnect(const FeedDisconnected& event) {
  watch_.disconnected();
  count("disconnects");
  std::uint64_t lost = 0;
  for (const auto id : markets()) {
    auto& book = books_.at(id);
    const auto was_ok = book.reason == StaleReason::none && !book.closed;
    book.whole = false;
    book.asked_at.reset();
    if (was_ok) {
      ++lost;
      book.reason = StaleReason::disconnected;
      announce(book, event.at);
    }
  }
  feed_status_ = FeedStatus{.venue = venue_,
                            .connected = false,
                            .reason = event.reason,
                            .markets_stale = lost,
                            .at = event.at};
  actions.feed_status = feed_status_;
}

void BookTable::close(const MarketClosed& event) {
  auto* const book = find(event.market);
  if (book == nullptr || book->closed) {
    return;
  }
  count("closed");
  book->closed = true;
  book->whole = false;
  book->ladder.clear();
  book->asked_at.reset();
  announce(*book, event.at);
}

void BookTable::publish(TrackedBook& book, Timestamp exchange_time, Timestamp received_at) {
  book.reason = StaleReason::none;
  book.exchange_time = exchange_time;
  book.received_at = received_at;
  book.version = ++last_version_;
  actions.updates.push_back(describe(book));
}

void BookTable::distrust(TrackedBook& book, StaleReason reason, Timestamp at) {
  book.whole = false;
  suspend(book, reason, at);
  if (!book.asked_at) {
    request(book, at);
  }
}

void BookTable::suspend(TrackedBook& book, StaleReason reason, Timestamp at) {
  if (book.reason != reason) {
    book.reason = reason;
    announce(book, at);
  }
}

void BookTable::announce(TrackedBook& book, Timestamp at) {
  if (!book.closed) {
    count("stale:" + std::string{to_string(book.reason)});
  }
  book.received_at = at;
  book.version = ++last_version_;
  actions.updates.push_back(describe(book));
}

void BookTable::request(TrackedBook& book, Timestamp at) {
  book.asked_at = at;
  ++book.requests;
  if (!connected()) {
    return;
  }
  count("resyncs");
  auto& requests = actions.requests;
  auto place =
    std::ranges::find_if(requests, [&](const auto& request) { return request.sid == book.sid; });
  if (place == requests.end()) {
    place = requests.insert(place, RequestSnapshots{.sid = book.sid});
  }
  place->markets.push_back(book.spec.id);
}

void BookTable::healed(TrackedBook& book) {
  book.whole = true;
  book.requests = 0;
  book.asked_at.reset();
}

bool BookTable::overdue(const TrackedBook& book, Timestamp now) const {
  constexpr std::uint32_t most_doublings = 5;
  return book.asked_at && !book.closed
         && now - *book.asked_at
              >= config_.snapshot_timeout * (1 << std::min(book.requests, most_doublings));
}

void BookTable::tick(Timestamp now) {
  if (!connected()) {
    return;
  }
  for (const auto id : markets()) {
    if (auto& book = books_.at(id); overdue(book, now)) {
      request(book, now);
    }
  }
  if (const auto silent_for = books_.empty() ? std::nullopt : watch_.newly_silent(now)) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(*silent_for).count();
    count("silent");
    reconnect("no data for " + std::to_string(seconds) + " s");
  }
}

void BookTable::reconnect(std::string reason) {
  count("reconnects_asked");
  actions.reconnect = ReconnectFeed{.reason = std::move(reason)};
}

BookUpdate BookTable::describe(const TrackedBook& book) const {
  BookUpdate update{.market = book.spec.id,
                    .venue = venue_,
                    .status = BookStatus::stale,
                    .reason = book.reason,
                    .epoch = book.epoch,
                    .version = book.version,
                    .exchange_time = book.exchange_time,
                    .received_at = book.received_at};
  if (book.closed) {
    update.status = BookStatus::closed;
    update.reason = StaleReason::none;
  } else if (book.reason == StaleReason::none) {
    update.status = BookStatus::ok;
    update.bids = book.ladder.depth(BookSide::bid);
    update.asks = book.ladder.depth(BookSide::ask);
  }
  return update;
}

std::map<std::string, std::int64_t> BookTable::counters() const {
  auto counters = counters_;
  counters["markets"] = static_cast<std::int64_t>(books_.size());
  counters["books_ok"] = std::ranges::count_if(books_, [](const auto& entry) {
    return !entry.second.closed && entry.second.reason == StaleReason::none;
  });
  counters["connected"] = connected() ? 1 : 0;
  counters["snapshots"] = snapshots;
  counters["changes"] = changes;
  return counters;
}

} // namespace arbees
