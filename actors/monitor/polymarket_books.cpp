#include "actors/monitor/polymarket_books.hpp"

#include <algorithm>

#include "actors/market/grid.hpp"

namespace arbees {

namespace {

constexpr std::size_t most_held_back = 1000;

struct YesLevel {
  BookSide side;
  Level level;
};

/// What a change of either token means for the YES token's ladder.
YesLevel in_yes_prices(const PolymarketLevel& change) {
  if (change.token == Side::yes) {
    return {change.side, change.level};
  }
  return {change.side == BookSide::bid ? BookSide::ask : BookSide::bid,
          {complement(change.level.price), change.level.quantity}};
}

bool top_is(const Ladder& ladder, BookSide side, std::optional<Price> expected) {
  if (!expected) {
    return true;
  }
  const auto best = ladder.best(side);
  return best && best->price == *expected;
}

/// True if the venue's own best prices, as the last change of `token` states them, are ours.
bool tops_agree(const PolymarketChanges& frame, Side token, const Ladder& ladder) {
  const auto last = std::find_if(frame.changes.rbegin(), frame.changes.rend(),
                                 [token](const auto& change) { return change.token == token; });
  if (last == frame.changes.rend()) {
    return true;
  }
  if (token == Side::yes) {
    return top_is(ladder, BookSide::bid, last->best_bid)
           && top_is(ladder, BookSide::ask, last->best_ask);
  }
  const auto mirrored = [](std::optional<Price> price) {
    return price ? std::optional{complement(*price)} : std::nullopt;
  };
  return top_is(ladder, BookSide::bid, mirrored(last->best_ask))
         && top_is(ladder, BookSide::ask, mirrored(last->best_bid));
}

/// True if both tokens' changes of the frame leave the same totals: `ladder` has them all applied
/// in order, so whatever a token said last of a level must stand there.
bool mirrors_agree(const PolymarketChanges& frame, const Ladder& ladder) {
  for (const auto token : {Side::yes, Side::no}) {
    for (auto change = frame.changes.begin(); change != frame.changes.end(); ++change) {
      const auto repeated = [&](const PolymarketLevel& later) {
        return later.token == token && later.side == change->side
               && later.level.price == change->level.price;
      };
      if (change->token != token || std::any_of(std::next(change), frame.changes.end(), repeated)) {
        continue;
      }
      const auto [side, level] = in_yes_prices(*change);
      if (ladder.at(side, level.price) != level.quantity) {
        return false;
      }
    }
  }
  return true;
}

StaleReason fault(const PolymarketChanges& frame, const Ladder& ladder) {
  if (!mirrors_agree(frame, ladder) || !tops_agree(frame, Side::yes, ladder)
      || !tops_agree(frame, Side::no, ladder)) {
    return StaleReason::top_mismatch;
  }
  return ladder.crossed() ? StaleReason::crossed : StaleReason::none;
}

std::vector<PriceBand> bands_of(Price tick) {
  return {{.start = tick, .end = complement(tick), .step = tick}};
}

bool has_tick(const MarketSpec& spec, Price tick) {
  return spec.price_bands.size() == 1 && spec.price_bands.front().step == tick;
}

} // namespace

PolymarketBooks::PolymarketBooks(const MonitorConfig& config) : table_{Venue::polymarket, config} {}

BookTable& PolymarketBooks::begin() {
  table_.actions.clear();
  return table_;
}

const MonitorActions& PolymarketBooks::watch(const WatchMarkets& wish, Timestamp now) {
  begin().watch(wish.markets, now);
  return table_.actions;
}

const MonitorActions& PolymarketBooks::unwatch(const UnwatchMarkets& wish) {
  begin().unwatch(wish.markets);
  for (const auto market : wish.markets) {
    held_back_.erase(market);
    suspected_.erase(market);
  }
  return table_.actions;
}

const MonitorActions& PolymarketBooks::on(const FeedConnected& event) {
  held_back_.clear();
  suspected_.clear();
  begin().connect(event);
  return table_.actions;
}

const MonitorActions& PolymarketBooks::on(const FeedDisconnected& event) {
  held_back_.clear();
  suspected_.clear();
  begin().disconnect(event);
  return table_.actions;
}

const MonitorActions& PolymarketBooks::on(const FrameRejected& event) {
  auto& table = begin();
  table.heard(event.at);
  table.count("rejected:" + event.reason);
  // Nothing is numbered here: what was lost with the frame would never be missed.
  if (auto* const book = event.market ? table.find(*event.market) : nullptr) {
    if (book->whole) {
      table.distrust(*book, StaleReason::sequence_gap, event.at);
    }
  } else if (event.reason == "not_json") {
    table.reconnect("a frame that is no JSON");
  }
  return table.actions;
}

const MonitorActions& PolymarketBooks::on(const MarketClosed& event) {
  held_back_.erase(event.market);
  begin().close(event);
  return table_.actions;
}

const MonitorActions& PolymarketBooks::on(const PolymarketBook& snapshot) {
  auto& table = begin();
  if (!snapshot.from_rest) {
    table.heard(snapshot.received_at);
  }
  ++table.snapshots;
  auto* const book = table.find(snapshot.market);
  if (book == nullptr || book->closed) {
    table.count("unwatched");
  } else if (snapshot.token == Side::yes && snapshot.from_rest && book->whole) {
    audit(snapshot, *book);
  } else if (snapshot.token == Side::yes) {
    apply(snapshot, *book);
  } else {
    compare(snapshot, *book);
  }
  return table.actions;
}

const MonitorActions& PolymarketBooks::on(const PolymarketChanges& frame) {
  auto& table = begin();
  table.heard(frame.received_at);
  table.changes += static_cast<std::int64_t>(frame.changes.size());
  auto* const book = table.find(frame.market);
  if (book == nullptr || book->closed) {
    table.count("unwatched");
  } else if (!book->whole) {
    table.count("ignored:no_snapshot");
    hold_back(frame);
  } else {
    apply(frame, *book);
  }
  return table.actions;
}

const MonitorActions& PolymarketBooks::on(const PolymarketTickChange& change) {
  auto& table = begin();
  table.heard(change.received_at);
  auto* const book = table.find(change.market);
  // Both tokens announce it: the second time it is no news.
  if (book == nullptr || book->closed || has_tick(book->spec, change.new_tick)) {
    return table.actions;
  }
  new_grid(*book, change.new_tick);
  held_back_.erase(change.market);
  book->asked_at.reset();
  table.distrust(*book, StaleReason::tick_change, change.received_at);
  return table.actions;
}

const MonitorActions& PolymarketBooks::on(const Tick& tick) {
  begin().tick(tick.now);
  return table_.actions;
}

void PolymarketBooks::apply(const PolymarketBook& snapshot, TrackedBook& book) {
  if (book.whole && snapshot.exchange_time < book.exchange_time) {
    table_.count("ignored:older");
    return;
  }
  if (snapshot.tick && !has_tick(book.spec, *snapshot.tick)) {
    // The announcement of the new grid was lost, or the catalogue was older than the book.
    new_grid(book, *snapshot.tick);
  }
  const auto off = [&](const Level& level) { return !on_grid(book.spec.price_bands, level.price); };
  const auto at = snapshot.received_at;
  if (std::ranges::any_of(snapshot.bids, off) || std::ranges::any_of(snapshot.asks, off)) {
    return table_.distrust(book, StaleReason::off_grid, at);
  }
  if (!book.ladder.replace(snapshot.bids, snapshot.asks)) {
    return table_.distrust(book, StaleReason::negative_level, at);
  }
  if (book.ladder.crossed()) {
    return table_.distrust(book, StaleReason::crossed, at);
  }
  BookTable::healed(book);
  table_.publish(book, snapshot.exchange_time, at);
  if (snapshot.from_rest) {
    table_.count("rest_snapshots");
    replay(book);
  }
  held_back_.erase(book.spec.id);
}

/// The NO token's book at the same moment must be the mirror of ours. At other moments it says
/// nothing, because a change may stand between the two.
void PolymarketBooks::compare(const PolymarketBook& mirror, TrackedBook& book) {
  if (!book.whole || mirror.exchange_time != book.exchange_time) {
    return;
  }
  table_.count("mirrors_compared");
  const auto agrees = [&](const std::vector<Level>& levels, BookSide side) {
    std::size_t present = 0;
    for (const auto& level : levels) {
      if (level.quantity != Quantity{0}) {
        ++present;
        if (book.ladder.at(side, complement(level.price)) != level.quantity) {
          return false;
        }
      }
    }
    return present == book.ladder.levels(side).size();
  };
  if (!agrees(mirror.bids, BookSide::ask) || !agrees(mirror.asks, BookSide::bid)) {
    table_.distrust(book, StaleReason::audit, mirror.received_at);
  }
}

std::vector<PolymarketBooks::Difference>
PolymarketBooks::differences(const PolymarketBook& rest, const TrackedBook& book) {
  std::vector<Difference> found;
  for (const auto side : {BookSide::bid, BookSide::ask}) {
    std::map<Price, Quantity> told;
    for (const auto& level : side == BookSide::bid ? rest.bids : rest.asks) {
      told[level.price] = level.quantity;
    }
    for (const auto& level : book.ladder.levels(side)) {
      told.try_emplace(level.price, Quantity{0});
    }
    for (const auto& [price, quantity] : told) {
      const auto ours = book.ladder.at(side, price);
      if (ours != quantity) {
        found.push_back({side, price, ours});
      }
    }
  }
  return found;
}

void PolymarketBooks::audit(const PolymarketBook& rest, TrackedBook& book) {
  auto found = differences(rest, book);
  auto& before = suspected_[book.spec.id];
  const auto missed = std::ranges::any_of(found, [&](const Difference& difference) {
    return std::ranges::find(before, difference) != before.end();
  });
  table_.count(found.empty() ? "audits_agreed" : missed ? "audits_failed" : "audits_differed");
  if (missed) {
    suspected_.erase(book.spec.id);
    table_.distrust(book, StaleReason::audit, rest.received_at);
  } else {
    before = std::move(found);
  }
}

void PolymarketBooks::apply(const PolymarketChanges& frame, TrackedBook& book) {
  if (frame.exchange_time < book.exchange_time) {
    table_.count("ignored:older");
    return;
  }
  for (const auto& change : frame.changes) {
    const auto [side, level] = in_yes_prices(change);
    if (!on_grid(book.spec.price_bands, level.price)) {
      return table_.distrust(book, StaleReason::off_grid, frame.received_at);
    }
    if (!book.ladder.set_level(side, level.price, level.quantity)) {
      return table_.distrust(book, StaleReason::negative_level, frame.received_at);
    }
  }
  if (const auto reason = fault(frame, book.ladder); reason != StaleReason::none) {
    return table_.distrust(book, reason, frame.received_at);
  }
  table_.publish(book, frame.exchange_time, frame.received_at);
}

void PolymarketBooks::hold_back(const PolymarketChanges& frame) {
  auto& frames = held_back_[frame.market];
  if (frames.size() == most_held_back) {
    // Too long a wait for REST to fill: its book will be taken without them and the tops compared.
    frames.clear();
  }
  frames.push_back(frame);
}

/// Applies what came after the REST snapshot was taken (2.4.4).
void PolymarketBooks::replay(TrackedBook& book) {
  for (const auto& frame : std::exchange(held_back_[book.spec.id], {})) {
    if (book.whole && frame.exchange_time > book.exchange_time) {
      apply(frame, book);
    }
  }
}

void PolymarketBooks::new_grid(TrackedBook& book, Price tick) {
  book.spec.price_bands = bands_of(tick);
  ++book.epoch;
  table_.count("tick_changes");
}

} // namespace arbees
