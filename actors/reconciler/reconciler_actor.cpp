#include "actors/reconciler/reconciler_actor.hpp"

#include <spdlog/spdlog.h>

namespace arbees {

namespace {

using Self = ReconcilerActor::stateful_pointer<ReconcilerState>;

void end_round(ReconcilerState& state, ReconcilerState::Round& round) {
  round.under_way = false;
  round.next_at = state.now + (round.told ? state.config.interval : state.config.until_told);
}

/// Views that differ are judged once an interval only: what stays the same for less may be on its
/// way to the ledger.
bool is_too_soon(const ReconcilerState& state, const ReconcilerState::Round& round,
                 const AccountView& ledger, const AccountView& venue) {
  return round.judged_at && state.now - *round.judged_at < state.config.interval
         && !compare(ledger, venue, state.config.money_tolerance).empty();
}

void failed(Self self, std::size_t at, const ExecutorActor& executor, const caf::error& error) {
  auto& state = self->state;
  auto& round = state.rounds[at];
  end_round(state, round);
  ++state.counters["failed:" + std::string{to_string(round.venue.venue)}];
  if (++round.failures == state.config.failures_before_telling) {
    const auto why = describe(error);
    spdlog::warn("reconciler.failed venue={} times={} error={}", to_string(round.venue.venue),
                 round.failures, why);
    self->send(executor,
               Reconciliation{.venue = round.venue.venue, .failed = why, .at = state.now});
  }
}

void judge(Self self, std::size_t at, const ExecutorActor& executor, const AccountView& ledger,
           const AccountView& venue) {
  auto& state = self->state;
  auto& round = state.rounds[at];
  round.failures = 0;
  ++state.counters["compared:" + std::string{to_string(venue.venue)}];
  if (is_too_soon(state, round, ledger, venue)) {
    return end_round(state, round);
  }
  round.judged_at = state.now;
  const auto result = state.comparison.judge(ledger, venue);
  round.told = round.told || result.has_value();
  end_round(state, round);
  if (result) {
    state.counters["drifts:" + std::string{to_string(venue.venue)}] =
      static_cast<std::int64_t>(result->drifts.size());
    self->send(executor, *result);
  }
}

void begin(Self self, std::size_t at, const AccountSource& ledger, const ExecutorActor& executor) {
  auto& round = self->state.rounds[at];
  round.under_way = true;
  const auto timeout = self->state.config.timeout;
  const ReadAccount read{.venue = round.venue.venue};
  const auto fail = [=](const caf::error& error) { failed(self, at, executor, error); };
  self->request(round.venue.source, timeout, read)
    .then(
      [=](const AccountView& venue) {
        self->request(ledger, timeout, read)
          .then([=](const AccountView& ours) { judge(self, at, executor, ours, venue); }, fail);
      },
      fail);
}

} // namespace

ReconcilerActor::behavior_type
reconciler(Self self, ReconcilerConfig config, AccountSource ledger,
           std::vector<ReconcilerVenue> venues, ExecutorActor executor) {
  self->state.config = config;
  self->state.comparison = AccountComparison{config.money_tolerance};
  for (auto& venue : venues) {
    self->state.rounds.push_back({.venue = std::move(venue)});
  }
  return {
    [=](const Tick& tick) {
      self->state.now = tick.now;
      for (std::size_t at = 0; at < self->state.rounds.size(); ++at) {
        const auto& round = self->state.rounds[at];
        if (!round.under_way && tick.now >= round.next_at) {
          begin(self, at, ledger, executor);
        }
      }
    },
    [=](caf::get_atom) {
      return Metrics{.source = ReconcilerState::name, .values = self->state.counters};
    },
  };
}

} // namespace arbees
