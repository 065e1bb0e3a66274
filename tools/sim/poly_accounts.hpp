#pragma once

#include <deque>
#include <map>
#include <set>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "tools/sim/poly_allowances.hpp"
#include "tools/sim/poly_order.hpp"

namespace arbees::sim {

struct PolyConfig {
  Money cash{10'000 * money_per_dollar}; ///< pUSD that a wallet has when it first logs in
  double ghost_fills = 0;                ///< share of trades that fail on the chain
  UnixMillis mined_after_ms = 700;
  UnixMillis final_after_ms = 2000;
  bool deposit_wallets_only = false; ///< as for new accounts: signature type 3 or nothing
  bool geoblocked = false;           ///< no orders from where the client is
  UnixMillis redeem_after_ms = 0;    ///< from a market's resolution to the money
  UnixMillis heartbeat_grace_ms = 0; ///< beyond the 10 s after which orders are cancelled
};

enum class PolyOrderState : std::uint8_t { delayed, live, matched, canceled };

struct PolyOrder {
  OrderId id = 0;
  int key = 0; ///< index of the API key that owns it
  PolyDraft draft;
  PolyOrderState state = PolyOrderState::live;
  std::string status{}; ///< as the venue writes it: LIVE, MATCHED, CANCELED_…
  Quantity matched{};   ///< also of trades that failed later
  Money notional{};     ///< of `matched`
  Quantity resting{};
  UnixMillis created_ms = 0;
  UnixMillis due_ms = 0; ///< end of the matching delay
  std::vector<std::uint64_t> trades{};
};

enum class PolyTradeState : std::uint8_t { matched, mined, confirmed, retrying, failed };

/// One match. The ids are 0 where simulated makers and takers stand.
struct PolyTrade {
  std::uint64_t number = 0;
  std::string id{};
  int market = 0;
  Price price{}; ///< of tokens[0]
  Quantity size{};
  BookSide taker_side = BookSide::bid; ///< of tokens[0]
  OrderId taker = 0;
  OrderId maker = 0;
  Money fee{}; ///< the taker's
  PolyTradeState state = PolyTradeState::matched;
  bool ghost = false; ///< will fail
  UnixMillis matched_ms = 0;
  UnixMillis updated_ms = 0;
};

/// What went through a wallet of one token, each sum by itself, so that a failed trade can be taken
/// out of it again.
struct PolyHolding {
  Quantity bought{};
  Quantity sold{};
  Quantity redeemed{};
  Money paid{}; ///< for what was bought, without fees
  Money earned{};
  Money fees_paid{}; ///< with what was bought
  Money payout{};
  UnixMillis changed_ms = 0;
};

/// Tokens of a decided market that turned into money. Negative if a trade failed afterwards.
struct PolyRedemption {
  Address owner{};
  int market = 0;
  int token = 0;
  Quantity size{};
  Price price{}; ///< what a token paid
  Money cash{};
  UnixMillis at_ms = 0;
};

/// Money and tokens of one wallet owner.
struct PolyWallet {
  Money cash{};
  Money fees{};
  Money paid_out{};                                 ///< for tokens of decided markets
  std::map<std::pair<int, int>, Quantity> shares{}; ///< by market and token
  std::map<int, std::string> makers{};              ///< funder by signature type
  std::set<OrderId> open{};
  std::map<std::pair<int, int>, PolyHolding> holdings{}; ///< by market and token
  PolyAllowances allowances{};
};

/// What a taken order did at once.
struct PolyPosted {
  const PolyOrder* order = nullptr;
  std::string_view status{}; ///< live, matched, delayed
};

/// The fee of a taker: rate p (1-p) dollars a share, in steps of 1e-5, half up (fact sheet
/// polymarket, section 7).
Money poly_taker_fee(Price price, Quantity size, int rate_ppm = poly_sports_rate_ppm);

/// Orders, trades, tokens and money at Polymarket. Matched sizes are cut to 0.01 share, so that all
/// money is exact in base units.
class PolyAccounts {
public:
  PolyAccounts(Engine& engine, const PolyKeys& keys, const PolyConfig& config)
    : engine_(&engine), keys_(&keys), config_(config), random_(engine.slate().config.seed + 991) {}

  /// Takes an order in, or says why not.
  std::variant<ClobRefusal, PolyPosted> place(int key, const PolyDraft& draft);

  /// Cancels an order of `key`. Returns why it could not, empty if it did.
  std::string cancel(int key, std::string_view hash);

  /// What the tape did: fills of resting orders, starts of games, decided markets.
  void on_events(std::span<const MarketEvent> events);

  /// What time did: delays that end, trades that reach the chain, orders that expire.
  void on_time();

  /// Whether resting orders outlive the start of a game, as they may if it was moved.
  void keep_at_start(int game) { kept_.insert(game); }
  void clear_at_start_again(int game) { kept_.erase(game); }

  [[nodiscard]] const std::vector<PolyRedemption>& redemptions() const { return redemptions_; }
  /// Whether the tokens of a decided market have turned into money.
  [[nodiscard]] bool redeemed(int market) const { return redeemed_.contains(market); }
  [[nodiscard]] const PolyConfig& config() const { return config_; }

  [[nodiscard]] const PolyOrder* find(std::string_view hash) const; ///< null if unknown
  [[nodiscard]] const PolyOrder& order(OrderId id) const { return orders_.at(id); }
  [[nodiscard]] const std::map<OrderId, PolyOrder>& orders() const { return orders_; }
  [[nodiscard]] const std::vector<PolyTrade>& trades() const { return trades_; }
  [[nodiscard]] const std::map<Address, PolyWallet>& wallets() const { return wallets_; }
  PolyWallet& wallet(int key);
  /// Null if no key of `owner` has traded or asked for its balance.
  PolyWallet* known_wallet(const Address& owner) {
    const auto found = wallets_.find(owner);
    return found == wallets_.end() ? nullptr : &found->second;
  }
  [[nodiscard]] Money reserved_cash(const PolyWallet& wallet) const;
  [[nodiscard]] Quantity reserved_shares(const PolyWallet& wallet, int market, int token) const;
  [[nodiscard]] const PolyKeys& keys() const { return *keys_; }
  [[nodiscard]] const Engine& engine() const { return *engine_; }

private:
  struct Plan; ///< how much of an order the book can fill now

  [[nodiscard]] std::optional<ClobRefusal> link(PolyWallet& wallet, const PolyDraft& draft) const;
  [[nodiscard]] std::optional<ClobRefusal>
  check_allowance(const PolyWallet& wallet, const PolyDraft& draft, std::int64_t amount) const;
  [[nodiscard]] std::optional<ClobRefusal>
  check_funds(const PolyWallet& wallet, const PolyDraft& draft, bool takes) const;
  [[nodiscard]] std::optional<ClobRefusal>
  check_account(int key, const PolyDraft& draft, bool crosses);
  [[nodiscard]] static std::string_view kill_reason(const PolyDraft& draft, const Plan& plan);
  [[nodiscard]] bool takes(const PolyDraft& draft) const;
  [[nodiscard]] bool in_play(const PolyMarket& market) const;
  [[nodiscard]] Plan plan(const PolyDraft& draft) const;
  Quantity match(PolyOrder& order, const Plan& plan);
  void end_delay(PolyOrder& order);
  void close(PolyOrder& order, PolyOrderState state, std::string status);
  void cancel_resting(PolyOrder& order, std::string status);
  void book_match(const Match& match, int market);
  void book_side(PolyOrder& order, const PolyTrade& trade, Money fee);
  void reverse(const PolyTrade& trade);
  void reverse_side(const PolyOrder& order, const PolyTrade& trade, Money fee);
  void advance(PolyTrade& trade);
  void move_shares(int key, int market, int token, Quantity change);
  void pay_out(PolyWallet& wallet, const Address& owner, std::pair<int, int> token, Quantity size);
  void settle(int market);
  void redeem(int market);
  void redeem_due();
  void note(const PolyOrder& order, const PolyTrade& trade, Money fee, int sign);
  [[nodiscard]] Money taker_fee(const PolyDraft& draft) const;
  void clear_at_start(int game);
  void tell(const PolyOrder& order, std::string_view type);
  void tell(const PolyTrade& trade);
  [[nodiscard]] const PolyMarket& market(int index) const;
  [[nodiscard]] Price value(int market, int token) const;

  Engine* engine_;
  const PolyKeys* keys_;
  PolyConfig config_;
  Random random_;
  std::map<OrderId, PolyOrder> orders_;
  std::map<std::string, OrderId, std::less<>> hashes_;
  std::vector<PolyTrade> trades_;
  std::vector<std::size_t> unsettled_; ///< trades that are not yet final
  std::map<Address, PolyWallet> wallets_;
  std::set<int> started_; ///< games whose books were cleared
  std::set<int> kept_;    ///< games whose start will clear nothing
  struct Due {
    int market = 0;
    UnixMillis at_ms = 0;
  };
  std::deque<Due> due_; ///< decided markets, to be redeemed
  std::set<int> redeemed_;
  std::vector<PolyRedemption> redemptions_;
};

} // namespace arbees::sim
