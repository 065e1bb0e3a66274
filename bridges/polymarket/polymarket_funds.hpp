#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "bridges/polymarket/polymarket_order_desk.hpp"
#include "bridges/polymarket/polymarket_worker.hpp"

namespace arbees {

struct PolymarketFundsConfig {
  SignatureType type = SignatureType::deposit_wallet;
  Duration balance_period = std::chrono::seconds{30};
  Duration allowance_period = std::chrono::minutes{10}; ///< of the tokens' allowances
};

/// The account's money, and what the exchanges may move of it and of its tokens, as the venue says.
/// The order desk hears of it first. All of it runs on the worker's thread. To be held by a shared
/// pointer.
class PolymarketFunds : public std::enable_shared_from_this<PolymarketFunds> {
public:
  /// @param desk must outlive the funds' work
  /// @param balance as read at the log-in
  /// @param told each balance that was read
  /// @param learned is called after each answer
  PolymarketFunds(const Clock& clock, std::shared_ptr<Worker> worker,
                  std::shared_ptr<PolymarketOrderClient> client, PolymarketOrderDesk& desk,
                  PolymarketFundsConfig config, BalanceUpdate balance,
                  std::function<void(const BalanceUpdate&)> told, std::function<void()> learned);

  void tick(Timestamp now);
  /// The tokens' allowances of the exchanges that settle these markets are to be known.
  void learn(const MatchedGame& match);
  /// Something was executed.
  void moved() { moved_ = true; }
  /// Reads the balance if money moved, but not after every execution.
  void read_if_moved(Timestamp now);

  [[nodiscard]] const BalanceUpdate& balance() const { return balance_; }
  [[nodiscard]] bool allowance_missing() const { return allowance_missing_; }

private:
  void read_balance();
  void on_balance(const caf::expected<PolymarketBalance>& balance);
  void read_token_allowance(const std::string& token);

  const Clock& clock_;
  std::shared_ptr<Worker> worker_;
  std::shared_ptr<PolymarketOrderClient> client_;
  PolymarketOrderDesk& desk_;
  PolymarketFundsConfig config_;
  std::function<void(const BalanceUpdate&)> told_;
  std::function<void()> learned_;
  BalanceUpdate balance_;
  Timestamp last_balance_;
  Timestamp last_allowances_;
  std::map<ExchangeVersion, std::string> token_samples_;
  bool allowance_missing_ = false;
  bool moved_ = false;
  bool asked_ = false; ///< one read at a time: a slow venue is not asked ever more
};

} // namespace arbees
