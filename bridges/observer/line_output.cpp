#include "bridges/observer/line_output.hpp"

#include <spdlog/spdlog.h>
#include <bit>

namespace arbees {

namespace {

/// Lines of one batch, in the order of their time as far as the batch knows it: notices are rare
/// and go first, as they say what happened before the message that shows it.
void fill(LineOutputState& state, const OutputBatch& batch) {
  state.buffer.clear();
  for (const auto& notice : batch.notices) {
    state.format.notice(state.buffer, notice);
    state.buffer += '\n';
  }
  for (const auto& message : batch.messages) {
    state.format.message(state.buffer, message);
    state.buffer += '\n';
  }
}

OutputDone write(LineOutputState& state, const OutputBatch& batch) {
  fill(state, batch);
  const auto failed =
    std::visit([&](auto& target) { return target.write(state.buffer); }, *state.target);
  const auto written = batch.messages.size() + batch.notices.size() - failed;
  const auto failed_before = state.failed;
  state.failed += failed;
  state.written += written;
  if (std::bit_width(state.failed) > std::bit_width(failed_before)) {
    spdlog::warn("line_output.write_failed total={}", state.failed);
  }
  return {.output = batch.output, .written = written, .failed = failed};
}

} // namespace

OutputActor::behavior_type line_output(OutputActor::stateful_pointer<LineOutputState> self,
                                       LineTarget target, LineFormat format) {
  self->state.target.emplace(std::move(target));
  self->state.format = std::move(format);
  return {
    [self](const OutputBatch& batch) {
      const auto done = write(self->state, batch);
      if (const auto observer = caf::actor_cast<caf::actor>(self->current_sender())) {
        self->send(caf::actor_cast<ObserverActor>(observer), done);
      }
    },
    [self](caf::get_atom) {
      return Metrics{.source = LineOutputState::name,
                     .values = {{"written", static_cast<std::int64_t>(self->state.written)},
                                {"failed", static_cast<std::int64_t>(self->state.failed)}}};
    },
  };
}

} // namespace arbees
