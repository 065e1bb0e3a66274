#pragma once

#include <variant>

#include "actors/messages/interfaces.hpp"
#include "bridges/observer/line_format.hpp"
#include "bridges/observer/rotating_file.hpp"

namespace arbees {

/// Where lines go: a terminal, or a file that begins anew now and then.
using LineTarget = std::variant<LineWriter, RotatingFile>;

struct LineOutputState {
  static constexpr auto name = "line_output";

  std::optional<LineTarget> target;
  LineFormat format;
  std::string buffer;
  std::uint64_t written = 0;
  std::uint64_t failed = 0;
};

/// Writes batches as lines, and answers each with how many it wrote. Spawned detached: writing may
/// wait for a terminal or a disk. Metrics: written, failed.
OutputActor::behavior_type line_output(OutputActor::stateful_pointer<LineOutputState> self,
                                       LineTarget target, LineFormat format);

} // namespace arbees
