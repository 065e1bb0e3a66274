#include "bridges/zmq/decoder_actor.hpp"

#include <spdlog/spdlog.h>
#include <bit>

#include "actors/messages/topics.hpp"

namespace arbees {

namespace {

using Self = DecoderActor::stateful_pointer<DecoderState>;

template <class T>
void route(Self self, const T& message) {
  ++self->state.counters["decoded"];
  for (const auto& sink : self->state.routes.sinks<T>()) {
    self->send(sink, message);
  }
}

void route(Self self, const UnknownTopic&) {
  ++self->state.counters["unknown_topic"];
}

/// Health is for people; no actor decides by it.
void route(Self self, const NodeHealth&) {
  ++self->state.counters["decoded"];
}

/// Names of families come from outside; only the bus's own become counters.
std::string family_counter(std::string_view topic) {
  for (const std::string_view known : {"prices", "orderbook", "games", "markets", "signals",
                                       "execution", "trades", "positions", "telemetry"}) {
    if (topic::family(topic) == known) {
      return "rejected:" + std::string{known};
    }
  }
  return "rejected:other";
}

void decode(Self self, const WireMessage& message) {
  const auto event = decode_topic(message, self->state.books);
  if (event) {
    std::visit([self](const auto& typed) { route(self, typed); }, *event);
    return;
  }
  auto& total = self->state.counters[family_counter(message.topic)];
  if (std::has_single_bit(static_cast<std::uint64_t>(++total))) {
    spdlog::warn("decoder.rejected topic={} source={} seq={} total={} error=\"{}\"", message.topic,
                 message.source, message.seq, total, describe(event.error()));
  }
}

} // namespace

DecoderActor::behavior_type decoder_actor(DecoderActor::stateful_pointer<DecoderState> self,
                                          EventRoutes routes, BooksFrom books) {
  self->state.routes = std::move(routes);
  self->state.books = books;
  return {
    [self](const WireMessage& message) { decode(self, message); },
    [self](const WireRejected&) { ++self->state.counters["rejected:envelope"]; },
    [self](caf::get_atom) {
      return Metrics{.source = DecoderState::name, .values = self->state.counters};
    },
  };
}

} // namespace arbees
