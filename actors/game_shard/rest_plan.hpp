#pragma once

#include "actors/game_shard/sweep.hpp"

namespace arbees {

/// The venue on which a pair would rest, and the one on which its fills are hedged.
struct RestSides {
  SweepSide take;                ///< what the hedge can be bought for
  const MarketSpec& maker;       ///< of the market to rest on
  const FeeSchedule& maker_fees; ///< what it charges makers, as if they were takers
  Side side = Side::yes;         ///< to be bought there
  const BookUpdate& book;        ///< of that market
};

/// Plans an order that rests as dear as it may be to earn `required` per contract once its fills
/// are bought on the other venue, but below what is offered and not below the best bid, where
/// nobody would meet it. Of the other venue's depth within that price `depth_percent` are counted.
/// The second leg of the result is the one that rests. Nothing if there is no such order.
/// @pre the fees are supported; allocates nothing
std::optional<Sweep> plan_rest(const RestSides& sides, Money required, std::int32_t depth_percent);

/// `fees` with the makers' coefficient in the takers' place.
FeeSchedule as_maker(const FeeSchedule& fees);

} // namespace arbees
