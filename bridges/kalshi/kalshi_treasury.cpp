#include "bridges/kalshi/kalshi_treasury.hpp"

#include <algorithm>

namespace arbees {

void KalshiTreasury::learn(const BalanceUpdate& balance) {
  available_.clear();
  for (const auto& shard : balance.shards) {
    available_[shard.exchange_index] = shard.available;
  }
  std::erase_if(proposed_, [this](const auto& entry) {
    const auto shard = available_.find(entry.first);
    return shard != available_.end() && shard->second >= entry.second.needed;
  });
}

std::optional<TransferProposal> KalshiTreasury::need(std::int32_t shard, Money needed) {
  if (available_.empty()) {
    return std::nullopt; // nothing is known, or the venue does not tell shards apart
  }
  const auto own = available_.find(shard);
  const auto available = own == available_.end() ? Money{} : own->second;
  const auto lacking = needed - available;
  const auto last = proposed_.find(shard);
  if (lacking <= Money{0}
      || (last != proposed_.end() && needed < last->second.needed + last->second.needed)) {
    return std::nullopt;
  }
  const auto richest = std::ranges::max_element(available_, {}, [shard](const auto& entry) {
    return entry.first == shard ? Money{-1} : entry.second;
  });
  if (richest->first == shard || richest->second < lacking) {
    return std::nullopt;
  }
  const TransferProposal proposal{.from = richest->first,
                                  .to = shard,
                                  .amount = lacking,
                                  .available = available,
                                  .needed = needed};
  proposed_.insert_or_assign(shard, proposal);
  return proposal;
}

Money most_needed(const OrderIntent& order) {
  if (order.action == Action::sell) {
    return {};
  }
  // A quarter of 0.14 a contract, rounded up: the dearest fee that the venue has had (twice 0.07).
  const auto fees = Money{divide(Int128{order.quantity.value()} * 35, 1000, Rounding::up)};
  return notional(order.limit, order.quantity, Rounding::up) + fees;
}

} // namespace arbees
