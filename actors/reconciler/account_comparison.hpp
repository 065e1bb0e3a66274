#pragma once

#include <array>
#include <map>
#include <optional>

#include "actors/messages/account.hpp"

namespace arbees {

/// One thing in which two views of an account differ, and by how much: two views that are taken
/// while money moves differ for a moment, but not by the same amount for long.
struct Difference {
  Drift drift;
  std::int64_t by = 0; ///< what the venue has more, in 1e-6 contract or dollar; 1 for an order
};

/// Compares holdings, orders that rest at the venue without the ledger knowing of it, and free
/// money. Kalshi nets both sides of a market: the ledger's two are netted for it. Money is compared
/// only while nothing rests, because what rests may be held back.
std::vector<Difference>
compare(const AccountView& ledger, const AccountView& venue, Money money_tolerance);

/// What one comparison after the other amounts to, venue by venue.
class AccountComparison {
public:
  explicit AccountComparison(Money money_tolerance) : money_tolerance_{money_tolerance} {}

  /// @returns nothing while views differ for the first time: the next comparison tells
  std::optional<Reconciliation> judge(const AccountView& ledger, const AccountView& venue);

private:
  using Seen = std::map<std::pair<std::string, std::string>, std::int64_t>; ///< what, subject

  Money money_tolerance_;
  std::array<Seen, 2> seen_; ///< by Venue, at the last comparison
};

} // namespace arbees
