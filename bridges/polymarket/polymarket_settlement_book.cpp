#include "bridges/polymarket/polymarket_settlement_book.hpp"

#include <algorithm>
#include <set>

namespace arbees {

namespace {

constexpr Duration remembered = std::chrono::hours{24};

bool same(const Settlement& a, const Settlement& b) {
  return a.quantity == b.quantity && a.payout == b.payout;
}

} // namespace

void PolymarketSettlementBook::follow(const std::string& condition, Timestamp now) {
  auto& market = markets_[condition];
  market.touched_at = std::max(market.touched_at, now);
}

std::vector<std::string>
PolymarketSettlementBook::questions(const std::vector<PolymarketPosition>& positions,
                                    Timestamp now) {
  std::set<std::string> trading;
  for (const auto& position : positions) {
    if (position.size > Quantity{}) {
      follow(position.condition, now);
      if (!position.redeemable) {
        trading.insert(position.condition);
      }
    }
  }
  std::erase_if(markets_,
                [now](const auto& entry) { return entry.second.touched_at + remembered <= now; });
  std::vector<std::string> asked;
  for (const auto& [condition, market] : markets_) {
    if (!trading.contains(condition)) {
      asked.push_back(condition);
    }
  }
  return asked;
}

std::vector<Settlement>
PolymarketSettlementBook::learn(const std::string& condition,
                                const std::vector<Settlement>& settlements, Timestamp now) {
  std::vector<Settlement> news;
  auto& market = markets_[condition];
  const auto tell = [&](const Settlement& settlement) {
    market.told.insert_or_assign(settlement.side, settlement);
    market.touched_at = now;
    news.push_back(settlement);
  };
  for (const auto& settlement : settlements) {
    const auto told = market.told.find(settlement.side);
    if (told == market.told.end() || !same(told->second, settlement)) {
      tell(settlement);
    }
  }
  for (const auto side : {Side::yes, Side::no}) {
    const auto told = market.told.find(side);
    const auto stands = std::ranges::any_of(settlements, [side](const Settlement& settlement) {
      return settlement.side == side;
    });
    if (told != market.told.end() && !stands && told->second.quantity > Quantity{}) {
      auto reversed = told->second;
      reversed.quantity = {};
      reversed.payout = {};
      reversed.at = now;
      tell(reversed);
    }
  }
  return news;
}

std::vector<Settlement> PolymarketSettlementBook::known() const {
  std::vector<Settlement> all;
  for (const auto& [condition, market] : markets_) {
    for (const auto& [side, settlement] : market.told) {
      all.push_back(settlement);
    }
  }
  return all;
}

} // namespace arbees
