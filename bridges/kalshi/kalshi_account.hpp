#pragma once

#include "bridges/kalshi/kalshi_account_view.hpp"
#include "bridges/kalshi/kalshi_lists.hpp"
#include "bridges/kalshi/kalshi_reads.hpp"
#include "bridges/kalshi/kalshi_treasury.hpp"

namespace arbees {

struct KalshiAccountConfig {
  Duration balance_every = std::chrono::seconds{5};
  Duration balance_after_fill = std::chrono::milliseconds{100};
  Duration settlements_every = std::chrono::seconds{30};
  /// A position that went away may have been paid: looked at soon.
  Duration settlements_after_close = std::chrono::seconds{1};
  /// All of `look_back` is read again, because a decision may be reversed.
  Duration settlements_again_every = std::chrono::minutes{10};
  Duration look_back = std::chrono::hours{72}; ///< for what was settled before we started
  Duration settlements_overlap = std::chrono::hours{1};
  /// How far the lists may be behind, where the venue does not tell.
  Duration reads_lag = std::chrono::seconds{10};
};

/// All are called on the network thread.
struct KalshiAccountEvents {
  std::function<void(const BalanceUpdate&)> on_balance;
  std::function<void(const Settlement&)> on_settlement;
  /// The answer to read_view().
  std::function<void(caf::expected<AccountView>)> on_view;
};

/// What Kalshi says of our account, apart from orders: balances by shard, settlements, and on
/// demand all of it at once. All members are called on the network thread.
class KalshiAccount : public std::enable_shared_from_this<KalshiAccount> {
public:
  /// @param clock must outlive this
  KalshiAccount(const Clock& clock, std::shared_ptr<KalshiReads> reads,
                std::shared_ptr<KalshiRest> rest, KalshiAccountConfig config,
                KalshiAccountEvents events);

  void tick(Timestamp now);
  /// Calls no event any more.
  void stop() { events_ = {}; }

  /// Money has moved.
  void balance_changed();
  /// The position of one market, as the stream tells it; 0 if it was closed or paid.
  void position_changed(const std::string& ticker, Quantity position);
  /// Proposes a transfer to a person if the order's shard cannot pay for it and another could.
  void check_funds(const OrderIntent& order);
  /// Reads positions, resting orders and the balance; answered by one on_view. An answer that is
  /// under way serves a second call.
  void read_view();

  [[nodiscard]] const std::optional<BalanceUpdate>& balance() const { return balance_; }
  [[nodiscard]] std::vector<Settlement> settlements() const { return settlements_.told(); }
  /// The net position of a market if the stream told it: below 0 is NO.
  [[nodiscard]] std::optional<Quantity> position(const std::string& ticker) const;
  [[nodiscard]] std::map<std::string, std::int64_t> metrics() const;

private:
  [[nodiscard]] KalshiGet lists() const;
  void read_balance();
  void learn(const KalshiBalance& balance, Timestamp at);
  static boost::asio::awaitable<void> read_all(std::weak_ptr<KalshiAccount> weak);
  static boost::asio::awaitable<caf::expected<AccountView>>
  view_of(std::weak_ptr<KalshiAccount> weak);
  static boost::asio::awaitable<void>
  read_settlements(std::weak_ptr<KalshiAccount> weak, Timestamp since);

  const Clock& clock_;
  std::shared_ptr<KalshiReads> reads_;
  std::shared_ptr<KalshiRest> rest_;
  KalshiAccountConfig config_;
  KalshiAccountEvents events_;
  KalshiTreasury treasury_;
  SettlementNews settlements_;
  std::optional<BalanceUpdate> balance_;
  std::map<std::string, Quantity> positions_; ///< by ticker, as the stream last told
  Timestamp balance_at_;                      ///< when it is due
  Timestamp settlements_at_;
  Timestamp settlements_again_at_;
  bool reading_view_ = false;
  bool reading_settlements_ = false;
  std::map<std::string, std::int64_t> counters_;
};

} // namespace arbees
