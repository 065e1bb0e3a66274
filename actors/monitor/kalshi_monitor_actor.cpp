#include "actors/monitor/kalshi_monitor_actor.hpp"

namespace arbees {

KalshiMonitorActor::behavior_type
kalshi_monitor(KalshiMonitorPointer self, const MonitorConfig& config) {
  self->state.books.emplace(config);
  const auto judge = [self](const auto& event) {
    self->state.carry_out(self->state.books->on(event));
  };
  return {
    [judge](const KalshiSubscribed& event) { judge(event); },
    [judge](const KalshiAck& event) { judge(event); },
    [self, judge](const KalshiCommandFailed& event) {
      spdlog::warn("{}.command_failed id={} code={} text=\"{}\"", self->state.name,
                   event.command_id, event.code, event.text);
      judge(event);
    },
    [judge](const KalshiSnapshot& event) { judge(event); },
    [judge](const KalshiDelta& event) { judge(event); },
    [self](caf::put_atom, const FeedActor& feed) { self->state.set_feed(feed); },
    [self](const WatchMarkets& wish) { self->state.watch(wish); },
    [self](const UnwatchMarkets& wish) { self->state.unwatch(wish); },
    [self](caf::subscribe_atom, const BookInterest& interest, const BookSink& sink) {
      self->state.add(interest, sink);
    },
    [self](caf::subscribe_atom, const FeedSink& sink) { self->state.add(sink); },
    [self](caf::subscribe_atom, const FeedStatusSink& sink) { self->state.add(sink); },
    [self](caf::unsubscribe_atom, const BookSink& sink) { self->state.subscribers.remove(sink); },
    [self](const Tick& tick) { self->state.tick(tick); },
    [judge](const FeedConnected& event) { judge(event); },
    [judge](const FeedDisconnected& event) { judge(event); },
    [judge](const FrameRejected& event) { judge(event); },
    [judge](const MarketClosed& event) { judge(event); },
    [self](caf::get_atom) { return self->state.metrics(); },
  };
}

} // namespace arbees
