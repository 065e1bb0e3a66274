#include "actors/observer/observer_actor.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>

namespace arbees {

namespace {

using Self = ObserverActor::stateful_pointer<ObserverState>;

bool concerns(const ObserverState::Output& output, const WireMessage& message) {
  if (message.from_snapshot && output.snapshots == SnapshotWish::skip) {
    return false;
  }
  return output.topics.empty()
         || std::ranges::any_of(output.topics, [&](const std::string& prefix) {
              return message.topic.starts_with(prefix);
            });
}

bool concerns(const ObserverState::Output&, const WireNotice&) {
  return true;
}

template <class Item>
void offer(Self self, const Item& item) {
  for (auto& output : self->state.outputs) {
    if (!concerns(output, item) || !output.filter.wants(item)) {
      continue;
    }
    output.queue.push(item);
    if (auto batch = output.queue.take()) {
      self->send(output.actor, std::move(*batch));
    }
  }
}

/// What a person should hear of; nothing for the usual.
std::optional<WireNotice> notice_of(const StreamFinding& finding, const WireMessage& message) {
  if (finding.event == StreamEvent::in_order || finding.event == StreamEvent::untracked
      || finding.event == StreamEvent::snapshot) {
    return std::nullopt;
  }
  return WireNotice{.event = std::string{to_string(finding.event)},
                    .source = message.source,
                    .run = message.run,
                    .text = fmt::format("seq={} missing={} topic={}", message.seq, finding.missing,
                                        message.topic),
                    .at = message.received_at};
}

/// Says which outputs have begun to lose messages, and what those lost that have caught up.
void report_losses(Self self, Timestamp now) {
  std::vector<WireNotice> notices;
  for (auto& output : self->state.outputs) {
    const auto news = output.queue.news();
    if (!news) {
      continue;
    }
    const auto* const event = news->overflowing ? "output_overflow" : "output_caught_up";
    spdlog::warn("observer.{} output={} lost={} lost_ever={}", event, output.name, news->lost,
                 output.queue.dropped());
    notices.push_back({.event = event,
                       .source = ObserverState::name,
                       .text = fmt::format("output={} lost={}", output.name, news->lost),
                       .at = now});
  }
  for (const auto& notice : notices) {
    offer(self, notice);
  }
}

void report_silence(Self self, Timestamp now) {
  for (const auto& silence : self->state.watch->newly_silent(now)) {
    ++self->state.silences;
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(silence.silent_for);
    offer(self, WireNotice{.event = "silence",
                           .source = silence.source,
                           .run = silence.run,
                           .text = fmt::format("silent_for_s={}", seconds.count()),
                           .at = now});
  }
}

std::string statistics_text(const ObserverState& state, Duration since) {
  const auto& totals = state.watch->totals();
  const auto& latency = state.watch->latency();
  const auto seconds = std::chrono::duration<double>(since).count();
  const auto rate = static_cast<double>(totals.messages - state.messages_then) / seconds;
  auto text = fmt::format(
    "messages={} rate={:.0f}/s gaps={} gap_messages={} overflows={} restarts={} latency_p50_us={} "
    "latency_p99_us={}",
    totals.messages, rate, totals.gaps, totals.gap_messages, state.watch->publisher_overflows(),
    totals.restarts, latency.quantile_us(0.5), latency.quantile_us(0.99));
  if (totals.from_snapshot > 0) {
    text += fmt::format(" from_snapshot={}", totals.from_snapshot);
  }
  if (const auto prices = state.watch->end_to_end().find("prices");
      prices != state.watch->end_to_end().end()) {
    text += fmt::format(" prices_end_to_end_p99_us={}", prices->second.quantile_us(0.99));
  }
  for (const auto& output : state.outputs) {
    text += fmt::format(" dropped:{}={} sampled_out:{}={}", output.name, output.queue.dropped(),
                        output.name, output.filter.sampled_out());
  }
  return text;
}

void report_statistics(Self self, Timestamp now) {
  auto& state = self->state;
  if (!state.statistics_at) {
    state.statistics_at = now;
    return;
  }
  const auto since = now - *state.statistics_at;
  if (since < state.config.statistics_every) {
    return;
  }
  offer(self, WireNotice{.event = "statistics",
                         .source = ObserverState::name,
                         .text = statistics_text(state, since),
                         .at = now});
  state.statistics_at = now;
  state.messages_then = state.watch->totals().messages;
}

void next_batch(Self self, const OutputDone& done) {
  if (done.output >= self->state.outputs.size()) {
    return;
  }
  auto& output = self->state.outputs[done.output];
  output.queue.done(done);
  if (auto batch = output.queue.take()) {
    self->send(output.actor, std::move(*batch));
  }
}

Metrics metrics_of(const ObserverState& state) {
  Metrics metrics{.source = ObserverState::name};
  const auto put = [&](const std::string& name, auto value) {
    metrics.values[name] = static_cast<std::int64_t>(value);
  };
  for (const auto& [family, count] : state.watch->families()) {
    put("messages:" + family, count);
  }
  const auto& totals = state.watch->totals();
  put("gaps", totals.gaps);
  put("gap_messages", totals.gap_messages);
  put("restarts", totals.restarts);
  put("duplicates", totals.duplicates);
  put("reorders", totals.reorders);
  put("untracked", totals.untracked);
  put("clocks_ahead", totals.ahead);
  put("from_snapshot", totals.from_snapshot);
  put("publisher_overflows", state.watch->publisher_overflows());
  put("silences", state.silences);
  state.watch->latency().report("latency_us", metrics.values);
  for (const auto& [family, latency] : state.watch->latencies()) {
    put("latency_p50_us:" + family, latency.quantile_us(0.5));
    put("latency_p99_us:" + family, latency.quantile_us(0.99));
    put("latency_max_us:" + family, latency.max_us());
  }
  for (const auto& [family, latency] : state.watch->end_to_end()) {
    put("end_to_end_p50_us:" + family, latency.quantile_us(0.5));
    put("end_to_end_p99_us:" + family, latency.quantile_us(0.99));
    put("end_to_end_max_us:" + family, latency.max_us());
    put("end_to_end_count:" + family, latency.count());
  }
  for (const auto& [reason, count] : state.rejected) {
    put("rejected:" + reason, count);
  }
  for (const auto& output : state.outputs) {
    put("written:" + output.name, output.queue.written());
    put("dropped:" + output.name, output.queue.dropped());
    put("waiting:" + output.name, output.queue.waiting());
    put("write_failed:" + output.name, output.queue.failed());
    put("sampled_out:" + output.name, output.filter.sampled_out());
  }
  return metrics;
}

void prepare(ObserverState& state, ObserverConfig config, std::vector<ObserverOutput> outputs) {
  state.config = config;
  state.watch.emplace(config.view, config.silence_after);
  for (std::uint32_t i = 0; i < outputs.size(); ++i) {
    auto& output = outputs[i];
    state.outputs.push_back({.name = std::move(output.name),
                             .actor = std::move(output.actor),
                             .topics = std::move(output.topics),
                             .snapshots = output.snapshots,
                             .filter = LevelFilter{output.level, output.prices_per_second},
                             .queue = OutputQueue{i, output.capacity, output.batch}});
  }
}

} // namespace

ObserverActor::behavior_type observer(ObserverActor::stateful_pointer<ObserverState> self,
                                      ObserverConfig config, std::vector<ObserverOutput> outputs) {
  prepare(self->state, config, std::move(outputs));
  return {
    [self](const OutputDone& done) { next_batch(self, done); },
    [self](const Tick& tick) {
      report_losses(self, tick.now);
      report_silence(self, tick.now);
      report_statistics(self, tick.now);
    },
    [self](const WireMessage& message) {
      const auto finding = self->state.watch->heard(message);
      if (const auto notice = notice_of(finding, message)) {
        offer(self, *notice);
      }
      offer(self, message);
    },
    [self](const WireRejected& rejected) {
      ++self->state.rejected[rejected.reason];
      offer(self,
            WireNotice{.event = "rejected",
                       .text = fmt::format("reason={} topic={}", rejected.reason, rejected.topic),
                       .at = rejected.received_at});
    },
    [self](caf::get_atom) { return metrics_of(self->state); },
  };
}

} // namespace arbees
