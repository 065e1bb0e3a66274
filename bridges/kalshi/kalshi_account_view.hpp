#pragma once

#include <map>

#include "actors/messages/account.hpp"
#include "bridges/kalshi/kalshi_order_codec.hpp"

namespace arbees {

/// What the account can spend, as the executor and the signal processor hear of it.
BalanceUpdate to_balance_update(const KalshiBalance& balance, Timestamp at);

/// The account as the rest of arbees knows it, from Kalshi's lists: one holding per market, of the
/// side that is held, because Kalshi nets YES and NO. What a list repeats counts once.
AccountView to_account_view(const std::vector<KalshiPosition>& positions,
                            const std::vector<KalshiOrder>& resting, const KalshiBalance& balance,
                            Timestamp asked_at, Timestamp at);

/// What was paid for each side of one decided market. A side of which nothing was held is left out.
std::vector<Settlement> to_settlements(const KalshiSettlement& settlement);

/// Which of the listed settlements are new: never told, or told with another amount. Pure.
class SettlementNews {
public:
  /// @param listed in any order, repeats allowed; of one market the latest counts. What is stamped
  /// earlier than what was told may be an old page: it counts when two lists in a row say it, for
  /// the venue's clock may have been wrong.
  std::vector<Settlement> take(std::vector<KalshiSettlement> listed);
  /// All that was told and not forgotten, in the order of their markets.
  [[nodiscard]] std::vector<Settlement> told() const;
  /// The latest stamp that was told; nothing before the first.
  [[nodiscard]] std::optional<Timestamp> latest() const { return latest_; }
  void forget_before(Timestamp at);

private:
  using Key = std::pair<std::string, Side>; ///< ticker and side

  std::map<Key, Settlement> told_;
  std::map<Key, Settlement> doubted_; ///< of the last list
  std::optional<Timestamp> latest_;
};

} // namespace arbees
