#include "actors/monitor/book_mirror_actor.hpp"

#include "actors/monitor/state_repeater_actor.hpp"
#include "tests/actor_fixture.hpp"
#include "tests/actors/monitor/books_fixture.hpp"

using namespace arbees;
using namespace arbees::test;

namespace {

BookUpdate book_of(std::uint64_t market, std::uint64_t version) {
  return {.market = MarketId{market},
          .status = BookStatus::ok,
          .reason = StaleReason::none,
          .version = version,
          .received_at = at(1s)};
}

class MirrorFixture : public ActorFixture {
public:
  BookMirrorActor mirror = spawn(book_mirror, BookMirrorConfig{.venue = Venue::kalshi});

  template <class Message>
  void say(const Message& message) {
    self->send(mirror, message);
    sched.run();
  }
};

} // namespace

SCENARIO_METHOD(MirrorFixture, "a consumer gets what is known of its markets, then each change") {
  say(book_of(1, 5));
  say(book_of(2, 1));
  self->send(mirror, caf::subscribe_atom_v, BookInterest{{MarketId{1}}}, sink<BookSink>());
  sched.run();
  const auto known = next<BookUpdate>();
  REQUIRE(known);
  CHECK(known->version == 5);
  say(book_of(1, 5)); // repeated
  say(book_of(2, 2)); // another's
  auto foreign = book_of(1, 9);
  foreign.venue = Venue::polymarket;
  say(foreign);
  CHECK_FALSE(next<BookUpdate>());
  say(book_of(1, 6));
  CHECK(next<BookUpdate>()->version == 6);
}

SCENARIO_METHOD(MirrorFixture, "silence of the bus is an outage, and its end is the end of it") {
  self->send(mirror, caf::subscribe_atom_v, sink<FeedSink>());
  say(Tick{at(0s)});
  say(FeedStatus{.venue = Venue::kalshi, .connected = true});
  say(book_of(1, 5));
  CHECK(next<FeedStatus>()->connected);
  CHECK(next<BookUpdate>()->status == BookStatus::ok);
  say(Tick{at(3s)});
  CHECK_FALSE(self->has_next_message());
  say(Tick{at(3'001ms)});
  const auto down = next<FeedStatus>();
  REQUIRE(down);
  CHECK_FALSE(down->connected);
  const auto stale = next<BookUpdate>();
  REQUIRE(stale);
  CHECK(stale->status == BookStatus::stale);
  CHECK(stale->bids.empty());
  say(Tick{at(9s)});
  CHECK_FALSE(self->has_next_message());
  // The same state, told again, is news now.
  say(FeedStatus{.venue = Venue::kalshi, .connected = true});
  say(book_of(1, 5));
  CHECK(next<FeedStatus>()->connected);
  CHECK(next<BookUpdate>()->status == BookStatus::ok);
}

SCENARIO_METHOD(ActorFixture, "what still holds is said again, what is over is not") {
  const auto repeater =
    spawn(state_repeater, sink<RepeatSink>(),
          StateRepeaterConfig{.feed_every = 1s, .games_every = 2s, .books_after = 2s});
  const auto say = [&](const auto& message) {
    self->send(repeater, message);
    sched.run();
  };
  say(Tick{at(0s)});
  MatchedGame match;
  match.game.id = game_id("nba:1");
  say(FeedStatus{.venue = Venue::kalshi, .connected = true});
  say(book_of(1, 5));
  say(match);
  CHECK_FALSE(self->has_next_message());
  say(Tick{at(1s)});
  CHECK(next<FeedStatus>());
  CHECK_FALSE(self->has_next_message());
  say(Tick{at(2s)});
  CHECK(next<FeedStatus>());
  CHECK(next<BookUpdate>()->version == 5);
  CHECK(next<MatchedGame>());
  say(GameEnded{.game = match.game});
  say(book_of(1, 6)); // was published just now
  say(Tick{at(3'900ms)});
  CHECK(next<FeedStatus>());
  CHECK_FALSE(self->has_next_message());
}

SCENARIO_METHOD(MirrorFixture, "what is heard before the first tick is not silence") {
  self->send(mirror, caf::subscribe_atom_v, sink<FeedStatusSink>());
  say(FeedStatus{.venue = Venue::kalshi, .connected = true});
  CHECK(next<FeedStatus>()->connected);
  say(Tick{at(0s)});
  CHECK_FALSE(self->has_next_message());
}
