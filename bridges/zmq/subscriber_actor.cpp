#include "bridges/zmq/subscriber_actor.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <bit>

namespace arbees {

namespace {

/// Messages taken per self-message: an exit gets in between, and a burst costs few of them.
constexpr auto burst = 64;

using Self = SubscriberActor::stateful_pointer<SubscriberState>;

void deliver(Self self, const WireMessage& message) {
  ++self->state.received;
  for (const auto& sink : self->state.sinks) {
    self->send(sink, message);
  }
}

void deliver(Self self, const WireRejected& rejected) {
  auto& total = self->state.rejected[rejected.reason];
  if (std::has_single_bit(static_cast<std::uint64_t>(++total))) {
    spdlog::warn("subscriber.rejected reason={} topic={} total={}", rejected.reason, rejected.topic,
                 total);
  }
  for (const auto& sink : self->state.sinks) {
    self->send(sink, rejected);
  }
}

void receive_burst(Self self) {
  auto received = self->state.subscriber->receive();
  for (auto i = 0; received && i < burst; ++i) {
    std::visit([self](const auto& message) { deliver(self, message); }, *received);
    received = i + 1 < burst ? self->state.subscriber->poll() : std::nullopt;
  }
}

void report_snapshots(const Subscriber& subscriber, Metrics& metrics) {
  const auto* const counters = subscriber.snapshot_counters();
  if (counters == nullptr) {
    return;
  }
  const auto put = [&](const char* name, std::uint64_t value) {
    metrics.values[std::string{"snapshot_"} + name] = static_cast<std::int64_t>(value);
  };
  put("asked", counters->asked);
  put("answered", counters->answered);
  put("late", counters->late);
  put("given_up", counters->given_up);
  put("refused", counters->refused);
  put("messages", counters->messages);
  put("doubles", counters->doubles);
  put("restarts", counters->restarts);
  put("gaps", counters->gaps);
  put("lost_ends", counters->lost_ends);
  put("overflows", counters->overflows);
}

void report_rails(const Subscriber& subscriber, Metrics& metrics) {
  const auto* const counters = subscriber.rail_counters();
  if (counters == nullptr) {
    return;
  }
  const auto put = [&](std::string name, std::uint64_t value) {
    metrics.values[std::move(name)] = static_cast<std::int64_t>(value);
  };
  for (const auto rail : {Rail::zmq, Rail::redis}) {
    const auto i = static_cast<std::size_t>(rail);
    put(fmt::format("rail_first:{}", to_string(rail)), counters->given[i]);
    put(fmt::format("rail_silences:{}", to_string(rail)), counters->silences[i]);
  }
  put("rail_doubles", counters->doubles);
  put("rail_late", counters->late);
}

} // namespace

SubscriberActor::behavior_type
subscriber_actor(SubscriberActor::stateful_pointer<SubscriberState> self, Subscriber subscriber,
                 std::vector<WireSink> sinks) {
  self->state.subscriber.emplace(std::move(subscriber));
  self->state.sinks = std::move(sinks);
  self->send(self, PollAtom{});
  return {
    [self](PollAtom) {
      receive_burst(self);
      self->send(self, PollAtom{});
    },
    [self](caf::get_atom) {
      Metrics metrics{.source = SubscriberState::name};
      metrics.values["received"] = static_cast<std::int64_t>(self->state.received);
      metrics.values["failed"] = static_cast<std::int64_t>(self->state.subscriber->failed());
      for (const auto& [reason, total] : self->state.rejected) {
        metrics.values["rejected:" + reason] = total;
      }
      report_snapshots(*self->state.subscriber, metrics);
      report_rails(*self->state.subscriber, metrics);
      return metrics;
    },
  };
}

} // namespace arbees
