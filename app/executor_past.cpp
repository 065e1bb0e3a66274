#include "app/executor_past.hpp"

namespace arbees {

Duration patience_with_held_pairs(const Config& config) {
  return config.mode == "live" ? std::chrono::days{60} : std::chrono::days{1};
}

caf::expected<std::vector<Settlement>>
settlements_of(Ledger& ledger, const std::vector<PairRestored>& pairs) {
  auto settlements = ledger.settlements();
  if (!settlements) {
    return settlements.error();
  }
  std::set<MarketId> markets;
  for (const auto& pair : pairs) {
    for (const auto& leg : pair.pair.request.signal.legs) {
      markets.insert(leg.market);
    }
  }
  std::vector<Settlement> paid;
  for (auto& record : *settlements) {
    if (markets.contains(record.settlement.market)) {
      paid.push_back(std::move(record.settlement));
    }
  }
  return paid;
}

caf::expected<ExecutorPast> read_executor_past(const Config& config, Timestamp now) {
  auto ledger = Ledger::open(ledger_config(config, DatabaseAccess::read));
  if (!ledger) {
    return ledger.error();
  }
  auto pairs = ledger->kept_pairs(std::chrono::floor<std::chrono::days>(now),
                                  now - patience_with_held_pairs(config));
  if (!pairs) {
    return pairs.error();
  }
  auto paid = settlements_of(*ledger, *pairs);
  auto trading = ledger->trading_control();
  if (!paid || !trading) {
    return !paid ? paid.error() : trading.error();
  }
  return ExecutorPast{.at = now,
                      .trading = trading->value_or(TradingControl{}),
                      .pairs = std::move(*pairs),
                      .settlements = std::move(*paid)};
}

} // namespace arbees
