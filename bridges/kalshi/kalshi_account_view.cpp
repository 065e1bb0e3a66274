#include "bridges/kalshi/kalshi_account_view.hpp"

#include <algorithm>

namespace arbees {

BalanceUpdate to_balance_update(const KalshiBalance& balance, Timestamp at) {
  BalanceUpdate update{.venue = Venue::kalshi, .available = balance.total, .at = at};
  for (const auto& shard : balance.shards) {
    update.shards.push_back({shard.exchange_index, shard.available});
  }
  std::ranges::sort(update.shards, {}, &ShardBalance::exchange_index);
  return update;
}

AccountView to_account_view(const std::vector<KalshiPosition>& positions,
                            const std::vector<KalshiOrder>& resting, const KalshiBalance& balance,
                            Timestamp asked_at, Timestamp at) {
  AccountView view{.venue = Venue::kalshi,
                   .holdings = {},
                   .working = {},
                   .available = balance.total,
                   .asked_at = asked_at,
                   .at = at};
  std::map<std::string, Quantity> held;
  for (const auto& position : positions) {
    held[position.ticker] = position.position;
  }
  for (const auto& [ticker, net] : held) {
    if (net != Quantity{0}) {
      view.holdings.push_back({.market = market_id(Venue::kalshi, ticker),
                               .native_id = ticker,
                               .side = net > Quantity{0} ? Side::yes : Side::no,
                               .quantity = net > Quantity{0} ? net : Quantity{0} - net});
    }
  }
  std::map<std::string, const KalshiOrder*> orders;
  for (const auto& order : resting) {
    orders[order.order_id] = &order;
  }
  for (const auto& [id, order] : orders) {
    if (order->state == KalshiOrderState::resting) {
      view.working.push_back({.client_order_id = order->client_order_id,
                              .venue_order_id = id,
                              .native_id = order->ticker,
                              .filled = order->filled});
    }
  }
  return view;
}

std::vector<Settlement> to_settlements(const KalshiSettlement& settlement) {
  // Of a scalar market that settled both sides the venue does not say what it paid for which: all
  // of it is told of the side that was more.
  const auto all_for_yes =
    settlement.result == KalshiSettlement::Result::yes
    || (settlement.result == KalshiSettlement::Result::scalar && settlement.yes > settlement.no);
  std::vector<Settlement> paid;
  for (const auto side : {Side::yes, Side::no}) {
    const auto quantity = side == Side::yes ? settlement.yes : settlement.no;
    if (quantity > Quantity{0}) {
      paid.push_back({.venue = Venue::kalshi,
                      .market = market_id(Venue::kalshi, settlement.ticker),
                      .native_id = settlement.ticker,
                      .side = side,
                      .quantity = quantity,
                      .payout = (side == Side::yes) == all_for_yes ? settlement.revenue : Money{},
                      .fee = Money{},
                      .at = settlement.at});
    }
  }
  return paid;
}

namespace {

bool same_payment(const Settlement& left, const Settlement& right) {
  return left.quantity == right.quantity && left.payout == right.payout;
}

} // namespace

std::vector<Settlement> SettlementNews::take(std::vector<KalshiSettlement> listed) {
  std::ranges::stable_sort(listed, {}, &KalshiSettlement::at);
  std::map<Key, Settlement> current;
  for (const auto& row : listed) {
    for (auto& paid : to_settlements(row)) {
      current.insert_or_assign({row.ticker, paid.side}, std::move(paid));
    }
  }
  std::vector<Settlement> news;
  std::map<Key, Settlement> doubted;
  for (auto& [key, paid] : current) {
    const auto last = told_.find(key);
    if (last != told_.end() && same_payment(last->second, paid)) {
      continue;
    }
    if (last != told_.end() && last->second.at > paid.at) {
      const auto before = doubted_.find(key);
      if (before == doubted_.end() || !same_payment(before->second, paid)) {
        doubted.emplace(key, std::move(paid));
        continue;
      }
    }
    latest_ = std::max(latest_.value_or(paid.at), paid.at);
    told_.insert_or_assign(key, paid);
    news.push_back(std::move(paid));
  }
  doubted_ = std::move(doubted);
  return news;
}

std::vector<Settlement> SettlementNews::told() const {
  std::vector<Settlement> all;
  for (const auto& [key, paid] : told_) {
    all.push_back(paid);
  }
  return all;
}

void SettlementNews::forget_before(Timestamp at) {
  std::erase_if(told_, [at](const auto& entry) { return entry.second.at < at; });
}

} // namespace arbees
