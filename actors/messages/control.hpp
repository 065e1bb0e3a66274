#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "actors/messages/time.hpp"

#include <caf/meta/type_name.hpp>

namespace arbees {

/// What arbees may do with money. Latched: it holds across restarts until somebody changes it.
enum class TradingState : std::uint8_t {
  active,      ///< opens pairs
  reduce_only, ///< opens none, and ends the open ones as usual
  flatten,     ///< opens none, and sells what is held
  halted,      ///< sends no order at all; takes everything that rests out of the books
};

std::string_view to_string(TradingState state); ///< "active", "reduce_only", "flatten", "halted"
std::optional<TradingState> parse_trading_state(std::string_view text);

/// Somebody changed what arbees may do: the executor obeys at once, the ledger keeps it.
struct TradingControl {
  TradingState state = TradingState::active;
  std::string by;     ///< "file", "signal", "drift", "loss_limit", …
  std::string reason; ///< for people
  Timestamp at;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, TradingControl& x) {
  return f(caf::meta::type_name("TradingControl"), x.state, x.by, x.reason, x.at);
}

} // namespace arbees
