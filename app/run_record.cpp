#include "app/run_record.hpp"

namespace arbees {

RunRecorderActor::behavior_type
run_recorder(RunRecorderActor::stateful_pointer<RunRecorderState> self,
             std::shared_ptr<RunRecord> record) {
  self->state.record = std::move(record);
  return {
    [](const GameDiscovered&) {},
    [](const GameUpdate&) {},
    [](const GameEnded&) {},
    [self](const MatchedGame& match) {
      auto& run = *self->state.record;
      run.matched[match.game.id] = match;
    },
    [self](const MatchRejected& rejected) {
      auto& run = *self->state.record;
      run.rejected_listings[std::string{to_string(rejected.venue)} + " " + rejected.listing] =
        rejected.gate;
    },
    [self](const Signal&) { ++self->state.record->signals; },
    [self](const ExecutionRequest&) { ++self->state.record->requests; },
    [self](const SignalRejected& rejected) { ++self->state.record->rejections[rejected.filter]; },
    [](const OrderReport&) {},
    [](const Fill&) {},
    [self](const PairClosed& closed) {
      auto& run = *self->state.record;
      const auto add = [&run](const PairClosed& end, std::int64_t sign) {
        run.pairs[std::string{to_string(end.outcome)}] += sign;
        run.locked_profit += Money{sign * end.locked_profit.value()};
        run.fees += Money{sign * end.fees.value()};
        run.matched_contracts += Quantity{sign * end.matched.value()};
      };
      const auto found = run.closed.find(closed.pair);
      if (found != run.closed.end()) {
        add(found->second, -1); // the pair was taken up again
      }
      add(closed, 1);
      run.closed.insert_or_assign(closed.pair, closed);
    },
    [](const ExitRequest&) {},
    [self](const ExitRejected&) { ++self->state.record->exits_rejected; },
    [self](const ExitEnded& ended) {
      ++(ended.refused.empty() ? self->state.record->exits : self->state.record->exits_refused);
    },
    [](const BalanceUpdate&) {},
    [](const VenueStatus&) {},
    [](const Settlement&) {},
    [self](const Reconciliation& reconciliation) {
      self->state.record->drifts += reconciliation.drifts.size();
    },
    [](const TradingControl&) {},
  };
}

} // namespace arbees
