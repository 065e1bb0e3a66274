#pragma once

#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "actors/signal_processor/candidate.hpp"

namespace arbees {

struct Pass {};

/// The signal may go on, but with no more than `quantity` contracts per leg.
struct Cut {
  Quantity quantity;
};

struct Reject {
  std::string measured;
  std::string limit;
};

using FilterVerdict = std::variant<Pass, Cut, Reject>;

/// A rule that every signal must pass. It sees the signal as the filters before it left it: its
/// quantity may have been cut, costs and fees are still those of the whole.
struct Filter {
  std::string_view name; ///< stable, for counting
  FilterVerdict (*check)(const Candidate&, const RiskState&, const RiskConfig&);
};

/// All filters in the order in which they are asked: first what makes a signal void, then what
/// makes it unwise, then what cuts it to size, last the venues' grids.
std::span<const Filter> filters();

/// What the filters made of a signal: a request with the quantity that they left, or the first
/// rejection. The state is not changed.
std::variant<ExecutionRequest, SignalRejected>
judge(const Signal& signal, const RiskState& state, const RiskConfig& config);

/// A rule that every exit must pass. Exits are for less risk: what only bounds new risk does not
/// stop them.
struct ExitFilter {
  std::string_view name; ///< stable, for counting
  FilterVerdict (*check)(const ExitSignal&, const RiskState&, const RiskConfig&);
};

std::span<const ExitFilter> exit_filters();

/// What the filters for exits made of one. The state is not changed.
std::variant<ExitRequest, ExitRejected>
judge(const ExitSignal& exit, const RiskState& state, const RiskConfig& config);

/// The pair that a signal becomes: always the same one.
PairId pair_id(SignalId signal);

} // namespace arbees
