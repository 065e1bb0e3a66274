#pragma once

#include <spdlog/spdlog.h>

#include "actors/messages/interfaces.hpp"
#include "actors/monitor/book_table.hpp"
#include "actors/monitor/subscribers.hpp"

namespace arbees {

/// What both monitors do alike: `Books` decides, this carries it out. `Self` is the actor.
template <class Self, class Books>
struct MonitorState {
  explicit MonitorState(Self* its_self) : self{its_self} {
    self->set_down_handler([this](const caf::down_msg& down) { on_down(down); });
  }

  void carry_out(const MonitorActions& actions) {
    for (const auto& update : actions.updates) {
      publish(update);
    }
    if (feed) {
      for (const auto& request : actions.requests) {
        self->send(feed, request);
      }
      if (actions.reconnect) {
        spdlog::warn("{}.reconnect reason=\"{}\"", self->state.name, actions.reconnect->reason);
        self->send(feed, *actions.reconnect);
      }
    }
    if (actions.feed_status) {
      report(*actions.feed_status);
    }
  }

  void set_feed(const FeedActor& its_feed) {
    feed = its_feed;
    self->monitor(feed);
    WatchMarkets wish;
    for (const auto& [id, spec] : watched) {
      wish.markets.push_back(spec);
    }
    if (!wish.markets.empty()) {
      self->send(feed, wish);
    }
  }

  void watch(const WatchMarkets& wish) {
    for (const auto& spec : wish.markets) {
      watched.insert_or_assign(spec.id, spec);
    }
    // To the socket first: its subscription must stand when a snapshot is asked for.
    if (feed) {
      self->send(feed, wish);
    }
    carry_out(books->watch(wish, now));
  }

  void unwatch(const UnwatchMarkets& wish) {
    for (const auto market : wish.markets) {
      watched.erase(market);
    }
    if (feed) {
      self->send(feed, wish);
    }
    carry_out(books->unwatch(wish));
  }

  void add(const BookInterest& interest, const BookSink& sink) {
    self->monitor(sink);
    subscribers.add(interest, sink);
    const auto markets = interest.markets.empty() ? books->table().markets() : interest.markets;
    for (const auto market : markets) {
      if (const auto update = books->table().current(market)) {
        self->send(sink, *update);
      }
    }
  }

  void add(const FeedSink& sink) {
    add(BookInterest{}, sink);
    subscribers.add(sink);
    if (const auto& status = books->table().feed_status()) {
      self->send(sink, *status);
    }
  }

  void add(const FeedStatusSink& sink) {
    self->monitor(sink);
    subscribers.add(sink);
    if (const auto& status = books->table().feed_status()) {
      self->send(sink, *status);
    }
  }

  void tick(const Tick& tick) {
    now = std::max(now, tick.now);
    carry_out(books->on(tick));
  }

  [[nodiscard]] Metrics metrics() const {
    auto values = books->table().counters();
    values["subscribers"] = static_cast<std::int64_t>(subscribers.size());
    values["updates"] = updates;
    return {.source = self->state.name, .values = std::move(values)};
  }

  Self* self;
  FeedActor feed;
  std::optional<Books> books;
  Subscribers subscribers;
  std::map<MarketId, MarketSpec> watched; ///< what a new feed must be told
  Timestamp now;                          ///< of the last tick
  std::int64_t updates = 0;

private:
  void publish(const BookUpdate& update) {
    ++updates;
    if (update.status == BookStatus::stale) {
      spdlog::debug("{}.stale market={:016x} reason={}", self->state.name, update.market.value(),
                    to_string(update.reason));
    }
    // One message for all: CAF counts references, nobody changes it.
    const auto message = caf::make_message(update);
    subscribers.for_each(update.market, [&](const caf::actor& sink) { pass(sink, message); });
  }

  void report(const FeedStatus& status) {
    if (status.connected) {
      spdlog::info("{}.feed_up", self->state.name);
    } else {
      spdlog::warn("{}.feed_down reason=\"{}\" books_stale={}", self->state.name, status.reason,
                   status.markets_stale);
    }
    const auto message = caf::make_message(status);
    subscribers.for_each_feed_sink([&](const caf::actor& sink) { pass(sink, message); });
  }

  /// `send` for a message that is made already, whose type a typed actor cannot check; what it
  /// holds is checked where the sinks come in. The context keeps both actors on one worker.
  void pass(const caf::actor& sink, const caf::message& message) {
    sink->eq_impl(caf::make_message_id(), self->ctrl(), self->context(), message);
  }

  void on_down(const caf::down_msg& down) {
    if (feed && down.source == feed.address()) {
      spdlog::error("{}.feed_gone reason=\"{}\"", self->state.name, describe(down.reason));
      feed = nullptr;
      carry_out(books->on(
        FeedDisconnected{.venue = venue(), .reason = "the feed's actor ended", .at = now}));
    } else {
      subscribers.remove(down.source);
    }
  }

  static Venue venue() { return Books::venue; }
};

} // namespace arbees
