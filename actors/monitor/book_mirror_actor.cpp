#include "actors/monitor/book_mirror_actor.hpp"

#include <spdlog/spdlog.h>

namespace arbees {

namespace {

using Self = BookMirrorActor::stateful_pointer<BookMirrorState>;

void pass_on(Self self, const BookUpdate& update) {
  self->state.subscribers.for_each(update.market, [&](const caf::actor& sink) {
    self->send(caf::actor_cast<BookSink>(sink), update);
  });
}

void report(Self self, const FeedStatus& status) {
  self->state.subscribers.for_each_feed_sink(
    [&](const caf::actor& sink) { self->send(caf::actor_cast<FeedStatusSink>(sink), status); });
}

bool is_repeated(const BookUpdate& known, const BookUpdate& update) {
  return known.version == update.version && known.epoch == update.epoch
         && known.status == update.status && known.reason == update.reason
         && known.received_at == update.received_at;
}

void take(Self self, const BookUpdate& update) {
  auto& state = self->state;
  state.heard_at = state.now;
  const auto [entry, is_new] = state.books.try_emplace(update.market, update);
  if (!is_new) {
    if (is_repeated(entry->second, update)) {
      ++state.repeated;
      return;
    }
    entry->second = update;
  }
  ++state.updates;
  pass_on(self, update);
}

void take(Self self, const FeedStatus& status) {
  auto& state = self->state;
  state.heard_at = state.now;
  const auto changed = !state.feed || state.feed->connected != status.connected;
  state.feed = status;
  if (changed) {
    spdlog::info("book_mirror.feed venue={} connected={} reason=\"{}\"", to_string(status.venue),
                 status.connected, status.reason);
    report(self, status);
  }
}

/// Whoever trades on a book must hear at once that nobody keeps it any more.
void lose(Self self) {
  auto& state = self->state;
  ++state.outages;
  spdlog::warn("book_mirror.silent venue={} books={}", to_string(state.config.venue),
               state.books.size());
  state.feed = FeedStatus{.venue = state.config.venue,
                          .connected = false,
                          .reason = "bus_silent",
                          .markets_stale = state.books.size(),
                          .at = state.now};
  report(self, *state.feed);
  for (auto& [market, book] : state.books) {
    if (book.status == BookStatus::ok) {
      book = BookUpdate{.market = market,
                        .venue = book.venue,
                        .status = BookStatus::stale,
                        .reason = StaleReason::disconnected,
                        .epoch = book.epoch,
                        .version = book.version,
                        .exchange_time = book.exchange_time,
                        .received_at = book.received_at};
      pass_on(self, book);
    }
  }
}

void add(Self self, const BookInterest& interest, const BookSink& sink) {
  auto& state = self->state;
  self->monitor(sink);
  state.subscribers.add(interest, sink);
  if (interest.markets.empty()) {
    for (const auto& [market, book] : state.books) {
      self->send(sink, book);
    }
  }
  for (const auto market : interest.markets) {
    if (const auto book = state.books.find(market); book != state.books.end()) {
      self->send(sink, book->second);
    }
  }
}

Metrics metrics_of(const BookMirrorState& state) {
  return {.source = fmt::format("{}:{}", BookMirrorState::name, to_string(state.config.venue)),
          .values = {{"books", static_cast<std::int64_t>(state.books.size())},
                     {"updates", state.updates},
                     {"repeated", state.repeated},
                     {"outages", state.outages},
                     {"subscribers", static_cast<std::int64_t>(state.subscribers.size())}}};
}

} // namespace

BookMirrorActor::behavior_type book_mirror(Self self, BookMirrorConfig config) {
  self->state.config = config;
  self->set_down_handler(
    [self](const caf::down_msg& down) { self->state.subscribers.remove(down.source); });
  return {
    [self](const BookUpdate& update) {
      if (update.venue == self->state.config.venue) {
        take(self, update);
      }
    },
    [self](const FeedStatus& status) {
      if (status.venue == self->state.config.venue) {
        take(self, status);
      }
    },
    [self](const Tick& tick) {
      auto& state = self->state;
      if (state.now == Timestamp{}) {
        state.heard_at = tick.now; // what was heard before the first tick has no time yet
      }
      state.now = std::max(state.now, tick.now);
      if (state.feed && state.feed->connected
          && state.now - state.heard_at > state.config.silence) {
        lose(self);
      }
    },
    [self](caf::subscribe_atom, const FeedSink& sink) {
      add(self, {}, sink);
      self->state.subscribers.add(sink);
      if (self->state.feed) {
        self->send(sink, *self->state.feed);
      }
    },
    [self](caf::subscribe_atom, const FeedStatusSink& sink) {
      self->monitor(sink);
      self->state.subscribers.add(sink);
      if (self->state.feed) {
        self->send(sink, *self->state.feed);
      }
    },
    [self](caf::subscribe_atom, const BookInterest& interest, const BookSink& sink) {
      add(self, interest, sink);
    },
    [self](caf::unsubscribe_atom, const BookSink& sink) { self->state.subscribers.remove(sink); },
    [self](caf::get_atom) { return metrics_of(self->state); },
  };
}

} // namespace arbees
