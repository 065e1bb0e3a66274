#pragma once

#include <map>
#include <set>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "tools/sim/kalshi_fees.hpp"
#include "tools/sim/kalshi_groups.hpp"
#include "tools/sim/kalshi_order.hpp"

namespace arbees::sim {

struct KalshiOrder {
  OrderId id = 0;
  std::string uuid{};
  std::string client_id{};
  std::string group{}; ///< id of its order group, or empty
  int account = 0;
  int market = 0;
  BookSide side = BookSide::bid;
  Price price{};
  Quantity initial{};
  Quantity filled{};
  Quantity resting{};
  std::map<Liquidity, Money> cost{};
  std::map<Liquidity, Money> fees{};
  FeeAccumulator rounding{};
  bool cancel_on_pause = false;
  UnixSeconds expires = 0;
  UnixMillis created_ms = 0;
  UnixMillis updated_ms = 0;
};

struct KalshiFill {
  std::string trade{}; ///< the id that the public trade has too
  OrderId order = 0;
  Price price{};
  Quantity size{};
  Liquidity liquidity = Liquidity::taker;
  Money fee{};
  UnixMillis at_ms = 0;
};

struct KalshiPosition {
  Quantity contracts{}; ///< positive: YES, negative: NO
  Money cost{};         ///< what the open contracts cost
  Money open_fees{};    ///< what was paid to open them
  Money realized{};
  Money fees{};
  Money traded{};
  Quantity volume{};
};

struct KalshiSettlement {
  int market = 0;
  Quantity contracts{}; ///< signed, before the market was decided
  Price value{};        ///< what YES paid
  Money revenue{};
  Money cost{}; ///< of `contracts`
  Money fees{}; ///< paid to open them
  UnixMillis at_ms = 0;
};

struct KalshiAccount {
  std::string key{};
  std::string user{};          ///< UUID
  std::map<int, Money> cash{}; ///< by shard
  std::map<int, KalshiPosition> positions{};
  std::vector<OrderId> orders{};
  std::vector<KalshiFill> fills{};
  std::vector<KalshiSettlement> settlements{};
  std::set<std::string> client_ids{};
};

struct KalshiConfig {
  /// Money of a new account by shard: most sports live on 0 and 3.
  std::map<int, Money> cash{{0, Money{5'000 * money_per_dollar}},
                            {3, Money{5'000 * money_per_dollar}}};
  /// How long the account's attestation of its location holds; a negative number: never made.
  UnixSeconds attested_for_s = 90LL * 86'400;
  /// Whether trading pauses in the weekly maintenance.
  bool weekly_pause = false;
};

/// Orders, fills, positions and cash at Kalshi, one account per API key (fact sheet kalshi,
/// sections 5.2 to 5.6). Money lies on shards and does not follow orders to another.
class KalshiAccounts {
public:
  explicit KalshiAccounts(Engine& engine, KalshiConfig config = {})
    : engine_(&engine), config_(std::move(config)) {}

  int account_of(std::string_view key);

  /// Takes an order in, or says why not.
  std::variant<HttpReply, const KalshiOrder*> place(int account, KalshiDraft draft);

  /// Gives a resting order another price and total; what then crosses trades at once. The order
  /// goes behind all others, also where the venue would leave it its place.
  std::optional<HttpReply>
  amend(OrderId id, Price price, Quantity total, const std::string& client_id);

  /// Cancels what rests of an order. Returns how much that was.
  Quantity cancel(OrderId id);

  /// Moves money between shards. Returns false if it is not there.
  bool transfer(int account, int from, int to, Money amount);

  /// Books what the tape did to resting orders, and pays out decided markets.
  void on_events(std::span<const MarketEvent> events);

  /// Ends orders whose time is over.
  void on_time();

  /// Trading pauses on a shard: ends the orders there that asked for it.
  void on_pause(int shard);

  /// Ends all resting orders of a market.
  void close(int market);

  // Order groups. @pre for all but the first: the account has such a group
  const KalshiOrderGroup& create_group(int account, int shard, Quantity limit);
  void reset_group(int account, std::string_view id);
  void trigger_group(int account, std::string_view id);
  void limit_group(int account, std::string_view id, Quantity limit);
  void delete_group(int account, std::string_view id);
  [[nodiscard]] const KalshiGroups& groups() const { return groups_; }

  [[nodiscard]] Money reserved(const KalshiAccount& account, int shard) const;
  [[nodiscard]] Money free(const KalshiAccount& account, int shard) const;
  [[nodiscard]] const KalshiOrder* find(std::string_view uuid) const; ///< null if unknown
  [[nodiscard]] const KalshiOrder& order(OrderId id) const { return orders_.at(id); }
  [[nodiscard]] const std::vector<KalshiAccount>& accounts() const { return accounts_; }
  [[nodiscard]] const KalshiAccount& at(int account) const {
    return accounts_[static_cast<std::size_t>(account)];
  }
  [[nodiscard]] const Engine& engine() const { return *engine_; }

private:
  [[nodiscard]] std::optional<HttpReply> check_account(int account, KalshiDraft& draft) const;
  [[nodiscard]] Money needed(const KalshiAccount& account, const KalshiDraft& draft) const;
  KalshiOrder& remember(OrderId id, int account, const KalshiDraft& draft, Quantity resting);
  void cancel_own_crossing(int account, const KalshiDraft& draft);
  void book_match(const Match& match);
  void book_fill(KalshiOrder& order, const Match& match, Liquidity liquidity);
  void close_part(KalshiPosition& position, Quantity closed, Money proceeds);
  void settle(int market);
  void end_overrun_groups();
  void cancel_group(const KalshiOrderGroup& group);
  void tell(const KalshiOrderGroup& group, std::string_view event);
  void tell(const KalshiOrder& order);
  void tell(const KalshiOrder& order, const KalshiFill& fill);
  void tell_position(int account, int market);
  [[nodiscard]] Money fee(int market, Price price, Quantity size, Liquidity liquidity) const;

  Engine* engine_;
  KalshiConfig config_;
  std::map<std::string, int, std::less<>> keys_;
  std::vector<KalshiAccount> accounts_;
  std::map<OrderId, KalshiOrder> orders_;
  std::map<std::string, OrderId, std::less<>> uuids_;
  std::set<OrderId> expiring_;
  KalshiGroups groups_;
  std::set<std::string> overrun_; ///< groups that a fill has just triggered
};

} // namespace arbees::sim
