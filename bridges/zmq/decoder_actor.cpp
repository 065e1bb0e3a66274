#include "bridges/zmq/decoder_actor.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
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

/// Repeated state carries the number that it had: only a leap forward is a loss.
void watch_numbers(Self self, const WireMessage& message) {
  auto& state = self->state;
  if (!state.config.gaps || message.source != state.config.watched) {
    return;
  }
  const auto restarted = message.run != state.watched_run;
  if (restarted || message.seq > state.watched_next) {
    // The first message of all is no loss: the past is asked for at the start anyway.
    if (!state.watched_run.empty()) {
      ++state.counters["gaps"];
      spdlog::warn("decoder.gap source={} restarted={} expected={} seq={}", message.source,
                   restarted, state.watched_next, message.seq);
    }
    self->send(state.config.gaps, BusGap{.source = message.source});
  }
  state.watched_run = message.run;
  state.watched_next = restarted ? message.seq + 1 : std::max(state.watched_next, message.seq + 1);
}

void decode(Self self, const WireMessage& message) {
  if (!message.run.empty() && message.run == self->state.config.own_run) {
    ++self->state.counters["own"];
    return;
  }
  watch_numbers(self, message);
  const auto event = decode_topic(message, self->state.config.books);
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
                                          EventRoutes routes, DecoderConfig config) {
  self->state.routes = std::move(routes);
  self->state.config = std::move(config);
  return {
    [self](const WireMessage& message) { decode(self, message); },
    [self](const WireRejected&) { ++self->state.counters["rejected:envelope"]; },
    [self](caf::get_atom) {
      return Metrics{.source = DecoderState::name, .values = self->state.counters};
    },
  };
}

} // namespace arbees
