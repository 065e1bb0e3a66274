#pragma once

#include "actors/messages/account.hpp"

namespace arbees {

/// What is held of one side of one market, at average cost.
struct Position {
  Quantity quantity; ///< negative if more was sold than bought
  Money cost;        ///< paid for `quantity`, without fees; negative if it is
  Money realized;    ///< gained by what was sold again or paid out, without fees
  Money fees;

  bool operator==(const Position&) const = default;
};

/// `position` after `fill` of the same market and side. Whatever is rounded, cost - realized stays
/// the exact sum of what was paid less what was received.
/// @throws std::overflow_error if an amount leaves 64 bits.
Position after(Position position, const Fill& fill);

/// The part of a venue's payment that is for contracts which the ledger holds: the account may have
/// held more, from before the ledger began.
struct OwnSettlement {
  Quantity quantity;
  Money payout;
  Money fee;

  bool operator==(const OwnSettlement&) const = default;
};

OwnSettlement own_part(const Position& position, const Settlement& settlement);

/// `position` without the contracts that were paid for.
Position after(Position position, const OwnSettlement& paid);

struct PositionRecord {
  MarketId market;
  std::string native_id; ///< empty if no order of ours named the market
  std::optional<Venue> venue;
  Side side = Side::yes;
  Position position; ///< without what was paid for
};

struct SettlementRecord {
  Settlement settlement;
  OwnSettlement own;
};

/// How much free money at `venue` grew by all that the ledger knows of: sales, purchases, fees,
/// payments, also those for contracts that are not the ledger's. Kalshi nets both sides of a market
/// and gives a dollar for each contract pair at once (venues/kalshi.md); a side that is owed takes
/// it. What rests in a book counts nothing.
Money money_moved(Venue venue, const std::vector<PositionRecord>& positions,
                  const std::vector<SettlementRecord>& settlements);

} // namespace arbees
