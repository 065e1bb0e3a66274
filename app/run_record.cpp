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
      ++run.pairs[std::string{to_string(closed.outcome)}];
      run.locked_profit += closed.locked_profit;
      run.fees += closed.fees;
      run.matched_contracts += closed.matched;
    },
    [](const BalanceUpdate&) {},
  };
}

} // namespace arbees
