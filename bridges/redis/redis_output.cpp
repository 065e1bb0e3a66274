#include "bridges/redis/redis_output.hpp"

namespace arbees {

namespace {

using Self = RedisOutputActor::stateful_pointer<RedisOutputState>;

void advance(Self self) {
  auto& state = self->state;
  const auto done = state.writer->advance();
  if (done && state.observer) {
    self->send(caf::actor_cast<ObserverActor>(state.observer), *done);
    state.observer = nullptr;
  }
}

} // namespace

RedisOutputActor::behavior_type redis_output(Self self, RedisWriterConfig config) {
  self->state.writer.emplace(std::move(config));
  self->set_exit_handler([self](const caf::exit_msg& message) {
    self->state.writer->say_goodbye();
    self->quit(message.reason);
  });
  self->send(self, PollAtom::value);
  return {
    [self](PollAtom) {
      advance(self);
      self->delayed_send(self, self->state.writer->rest(), PollAtom::value);
    },
    [self](const OutputBatch& batch) {
      if (!self->state.writer->idle()) {
        return; // the observer gives one batch at a time
      }
      self->state.observer = caf::actor_cast<caf::actor>(self->current_sender());
      self->state.writer->take(batch);
      advance(self);
    },
    [self](caf::get_atom) { return self->state.writer->metrics(); },
  };
}

} // namespace arbees
