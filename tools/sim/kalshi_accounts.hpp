#pragma once

#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "tools/sim/engine.hpp"
#include "tools/sim/http.hpp"
#include "tools/sim/kalshi_fees.hpp"

namespace arbees::sim {

/// Orders, fills, positions and cash of Kalshi's clients, one account per API key (fact sheet
/// kalshi, sections 5.2 to 5.7). An account starts with $10,000.
class KalshiAccounts {
public:
  explicit KalshiAccounts(Engine& engine) : engine_(&engine) {}

  /// Answers a call under /trade-api/v2/portfolio for the account of `key`, or nothing if the path
  /// is not one of them.
  std::optional<HttpReply> answer(const HttpRequest& request, std::string_view key);

  /// Books what the tape did to resting orders, and pays out decided markets.
  void on_events(std::span<const MarketEvent> events);

private:
  struct Order {
    OrderId id = 0;
    std::string uuid{};
    std::string client_id{};
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
    UnixMillis created_ms = 0;
    UnixMillis updated_ms = 0;
  };
  struct Fill {
    std::uint64_t number = 0;
    OrderId order = 0;
    Price price{};
    Quantity size{};
    Liquidity liquidity = Liquidity::taker;
    Money fee{};
    UnixMillis at_ms = 0;
  };
  struct Position {
    Quantity contracts{}; ///< positive: YES, negative: NO
    Money cost{};         ///< what the open contracts cost
    Money realized{};
    Money fees{};
    Money traded{};
  };
  struct Account {
    Money cash{10'000 * money_per_dollar};
    std::map<int, Position> positions{};
    std::vector<OrderId> orders{};
    std::vector<Fill> fills{};
    std::set<std::string> client_ids{};
    double write_tokens = 0;
    UnixMillis tokens_at_ms = 0;
  };
  struct Draft; ///< a create request that passed its checks

  int account_of(std::string_view key);
  bool spend(Account& account, double cost);
  HttpReply create(int account, const HttpRequest& request);
  [[nodiscard]] std::variant<HttpReply, Draft> check(int account, const HttpRequest& request) const;
  [[nodiscard]] std::variant<HttpReply, Draft> check_fields(const boost::json::object& body) const;
  [[nodiscard]] std::optional<HttpReply>
  check_flags(const boost::json::object& body, Draft& draft) const;
  HttpReply cancel(int account, const HttpRequest& request, std::string_view id);
  void cancel_own_crossing(int account, const Draft& draft);
  void cancel_resting(Order& order);
  void book_match(const Match& match);
  void book_fill(Order& order, const Match& match, Liquidity liquidity);
  void settle(int market, Price value);
  [[nodiscard]] Money reserved(const Account& account) const;
  [[nodiscard]] Money needed(const Account& account, const Draft& draft) const;
  [[nodiscard]] HttpReply list_orders(const Account& account, const HttpRequest& request) const;
  [[nodiscard]] HttpReply list_fills(const Account& account, const HttpRequest& request) const;
  [[nodiscard]] HttpReply list_positions(const Account& account, const HttpRequest& request) const;
  [[nodiscard]] HttpReply balance(const Account& account) const;
  [[nodiscard]] boost::json::object order_json(const Order& order) const;
  [[nodiscard]] const KalshiMarket& market(int index) const;
  [[nodiscard]] const LeagueFacts& league(int market) const;

  Engine* engine_;
  std::map<std::string, int, std::less<>> keys_;
  std::vector<Account> accounts_;
  std::map<OrderId, Order> orders_;
  std::map<std::string, OrderId, std::less<>> uuids_;
  std::uint64_t next_fill_ = 1;
};

} // namespace arbees::sim
