#pragma once

#include <map>
#include <optional>

#include "actors/messages/order.hpp"

namespace arbees {

/// Money that should move from one shard to another. It is proposed to a person and never moved.
struct TransferProposal {
  std::int32_t from = 0;
  std::int32_t to = 0;
  Money amount;
  Money available; ///< on the shard that lacks it
  Money needed;    ///< there

  bool operator==(const TransferProposal&) const = default;
};

/// Sees when an order lacks money on its shard while another shard has it (venues/kalshi.md 5.6:
/// funds do not follow an order). Each lack is told once: again only after the shard had enough, or
/// when twice as much is needed as was told. Pure.
class KalshiTreasury {
public:
  void learn(const BalanceUpdate& balance);
  /// An order on `shard` needs so much. Nothing is proposed if the shard has it, if no other shard
  /// could spare the difference, or if it was told already.
  std::optional<TransferProposal> need(std::int32_t shard, Money needed);
  /// What stands proposed, by the shard that lacks it.
  [[nodiscard]] const std::map<std::int32_t, TransferProposal>& proposed() const {
    return proposed_;
  }

private:
  std::map<std::int32_t, Money> available_;
  std::map<std::int32_t, TransferProposal> proposed_;
};

/// The most that a buy can take from the shard's balance, fees included; nothing for a sell of what
/// is held. Kalshi's taker fee is at most 0.07 * 2 a contract at a price of a half.
Money most_needed(const OrderIntent& order);

} // namespace arbees
