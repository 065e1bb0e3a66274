#pragma once

#include <optional>

#include "actors/messages/position.hpp"
#include "actors/position_tracker/position_config.hpp"

// When a position is sold, and at what prices. Pure: the same position, books and time give the
// same answer.

namespace arbees {

/// One leg as the rules see it.
struct ExitView {
  PositionLeg leg;
  Money entry; ///< what `leg.quantity` cost, with the fees of buying it
  const MarketSpec* market = nullptr;
  const BookUpdate* book = nullptr;
};

struct ExitQuestion {
  std::array<ExitView, 2> legs;
  std::optional<League> league;
  std::optional<std::int32_t> lockup_hours; ///< none: not known, so that nothing is early
  Timestamp opened_at;
  Timestamp now;
  bool flatten = false;
};

/// What should be sold, or why it is not.
struct ExitAnswer {
  std::optional<ExitReason> reason; ///< none: nothing
  std::array<ExitLeg, 2> legs;
  /// The numbers of the rule that fired, or, when flattening, what stands in its way.
  std::string detail;
};

/// Asks the rules in this order: flatten; contracts without hedge: stop-loss, take-profit; hedged
/// ones: early exit, and stop-loss and take-profit unless they are held to settlement. Of a
/// position that has both, what is without hedge goes first.
ExitAnswer judge_exit(const ExitQuestion& question, const PositionConfig& config);

/// A sale of up to `most` contracts of the legs in `sells`, in equal amounts and only as deep into
/// the books as each contract still brings `least` from all of them together, after taker fees.
/// Quantities fit both markets' steps and minimums; nothing if there is no such sale.
std::optional<std::array<ExitLeg, 2>>
plan_exit(const std::array<ExitView, 2>& legs, std::array<bool, 2> sells, Quantity most,
          Money least);

/// What one contract of the legs in `sells` brings together at the best bids, after taker fees;
/// nothing if a bid is missing or a book must not be traded on.
std::optional<Money> best_net(const std::array<ExitView, 2>& legs, std::array<bool, 2> sells);

/// What a dollar that is paid in `hours` is worth now to money that cost `cost` and should earn
/// `hurdle_percent` in a year.
Money locked_value(Money cost, std::int32_t hours, std::int32_t hurdle_percent);

} // namespace arbees
