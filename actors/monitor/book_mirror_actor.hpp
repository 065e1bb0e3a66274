#pragma once

#include "actors/messages/cluster.hpp"
#include "actors/monitor/subscribers.hpp"

namespace arbees {

struct BookMirrorConfig {
  Venue venue = Venue::kalshi;
  /// Nothing heard of the venue for longer means that its monitor, or the way to it, is gone.
  Duration silence{std::chrono::seconds{3}};
};

struct BookMirrorState {
  static constexpr auto name = "book_mirror";

  BookMirrorConfig config;
  std::map<MarketId, BookUpdate> books;
  std::optional<FeedStatus> feed;
  Timestamp now;
  Timestamp heard_at;
  Subscribers subscribers;
  std::int64_t updates = 0;
  std::int64_t repeated = 0;
  std::int64_t outages = 0;
};

/// Stands in for a monitor in a process without it: keeps the last book of every market of one
/// venue as it comes from the bus, for those here who want some of them. What was only repeated is
/// not passed on. When the bus falls silent, the feed is down and all books are stale.
/// Metrics: books, updates, repeated, outages, subscribers.
BookMirrorActor::behavior_type
book_mirror(BookMirrorActor::stateful_pointer<BookMirrorState> self, BookMirrorConfig config);

} // namespace arbees
