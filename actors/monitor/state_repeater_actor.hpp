#pragma once

#include "actors/messages/cluster.hpp"

namespace arbees {

/// Who is told again.
using RepeatSink = caf::typed_actor<caf::reacts_to<BookUpdate>, caf::reacts_to<FeedStatus>,
                                    caf::reacts_to<GameDiscovered>, caf::reacts_to<MatchedGame>>;

struct StateRepeaterConfig {
  Duration feed_every{std::chrono::seconds{1}};
  Duration games_every{std::chrono::seconds{2}};
  /// A book that has not changed for so long is told again, and then every time that this passes.
  Duration books_after{std::chrono::seconds{2}};
};

struct StateRepeaterState {
  static constexpr auto name = "state_repeater";

  struct Book {
    BookUpdate update;
    Timestamp told_at;
  };
  struct Game {
    GameDiscovered discovered;
    std::optional<MatchedGame> match;
  };

  StateRepeaterConfig config;
  RepeatSink sink;
  std::map<MarketId, Book> books;
  std::map<Venue, FeedStatus> feeds;
  std::map<GameId, Game> games;
  Timestamp now;
  Timestamp feeds_at;
  Timestamp games_at;
};

/// Says again what still holds, so that a process that comes late, or lost a message, knows it
/// soon: feeds (silence means an outage), books that do not change, games and their matches. Runs
/// only where some of arbees is in another process.
StateRepeaterActor::behavior_type
state_repeater(StateRepeaterActor::stateful_pointer<StateRepeaterState> self, RepeatSink sink,
               StateRepeaterConfig config);

} // namespace arbees
