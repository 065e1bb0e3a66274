#include "actors/monitor/state_repeater_actor.hpp"

namespace arbees {

namespace {

using Self = StateRepeaterActor::stateful_pointer<StateRepeaterState>;

void repeat_feeds(Self self) {
  auto& state = self->state;
  if (state.now - state.feeds_at < state.config.feed_every) {
    return;
  }
  state.feeds_at = state.now;
  for (const auto& [venue, status] : state.feeds) {
    self->send(state.sink, status);
  }
}

void repeat_books(Self self) {
  auto& state = self->state;
  for (auto& [market, book] : state.books) {
    if (state.now - book.told_at >= state.config.books_after) {
      book.told_at = state.now;
      self->send(state.sink, book.update);
    }
  }
}

void repeat_games(Self self) {
  auto& state = self->state;
  if (state.now - state.games_at < state.config.games_every) {
    return;
  }
  state.games_at = state.now;
  for (const auto& [id, game] : state.games) {
    if (game.match) {
      self->send(state.sink, *game.match);
    } else {
      self->send(state.sink, game.discovered);
    }
  }
}

} // namespace

StateRepeaterActor::behavior_type
state_repeater(Self self, RepeatSink sink, StateRepeaterConfig config) {
  self->state.config = config;
  self->state.sink = std::move(sink);
  return {
    [self](const Tick& tick) {
      self->state.now = std::max(self->state.now, tick.now);
      repeat_feeds(self);
      repeat_books(self);
      repeat_games(self);
    },
    [self](const BookUpdate& update) {
      self->state.books[update.market] = {.update = update, .told_at = self->state.now};
    },
    [self](const FeedStatus& status) { self->state.feeds.insert_or_assign(status.venue, status); },
    [self](const GameDiscovered& event) { self->state.games[event.game.id].discovered = event; },
    [self](const GameUpdate& event) {
      // The score has a stream of its own.
      if (const auto game = self->state.games.find(event.game.id);
          game != self->state.games.end()) {
        game->second.discovered.game = event.game;
        game->second.discovered.state = event.state;
      }
    },
    [self](const GameEnded& event) { self->state.games.erase(event.game.id); },
    [self](const MatchedGame& match) {
      auto& game = self->state.games[match.game.id];
      game.discovered.game = match.game;
      game.match = match;
    },
    [](const MatchRejected&) {},
  };
}

} // namespace arbees
