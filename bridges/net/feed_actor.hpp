#pragma once

#include <memory>

#include "actors/messages/interfaces.hpp"

namespace arbees {

template <class Feed>
struct FeedState {
  static constexpr auto name = Feed::name;
  std::shared_ptr<Feed> feed; ///< dies with the actor, and closes its sockets
};

/// The actor of a venue's market data: hands each wish to the half that lives on the network
/// thread.
template <class Feed>
FeedActor::behavior_type
feed_actor(FeedActor::stateful_pointer<FeedState<Feed>> self, std::shared_ptr<Feed> feed) {
  self->state.feed = std::move(feed);
  return {
    [self](const WatchMarkets& wish) { self->state.feed->watch(wish); },
    [self](const UnwatchMarkets& wish) { self->state.feed->unwatch(wish); },
    [self](const RequestSnapshots& request) { self->state.feed->request(request); },
    [self](const ReconnectFeed& order) { self->state.feed->reconnect(order); },
  };
}

} // namespace arbees
