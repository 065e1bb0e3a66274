#pragma once

#include "actors/messages/money.hpp"

namespace arbees::sim {

enum class Liquidity : std::uint8_t { taker, maker };

/// Kalshi's model fee of one fill, ceiled to $0.000001: 0.07 M C P (1-P) for the taker, a quarter
/// of it, or what else the fee type says, for the maker (fact sheet kalshi, section 6).
/// `multiplier_milli` is M x 1000.
Money model_fee(Price price, Quantity size, int multiplier_milli, Liquidity liquidity,
                int maker_percent = 25);

/// Charges the fills of one order on an account whose balance moves in steps of $0.0001. What
/// rounding takes too much is paid back in whole steps once it adds up.
class FeeAccumulator {
public:
  /// The net fee of a fill that otherwise changes the balance by `revenue`.
  Money charge(Money revenue, Money fee);

private:
  Money rounding_;
};

} // namespace arbees::sim
