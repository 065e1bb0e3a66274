#pragma once

#include <caf/expected.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "bridges/net/order_answer.hpp"
#include "bridges/polymarket/polymarket_order_signer.hpp"

// Orders and the account at Polymarket's CLOB, in its words and back (venues/polymarket.md 3.2 to
// 3.5, 5.5).

namespace arbees {

/// GTD is a GTC with an end.
struct PolymarketPostOptions {
  std::string owner; ///< the API key
  TimeInForce time_in_force = TimeInForce::immediate_or_cancel;
  bool post_only = false;              ///< only of orders that rest
  std::optional<Timestamp> expires_at; ///< only of orders that rest; the venue ends it 60 s early
};

inline constexpr std::string_view polymarket_order_target = "/order";
inline constexpr std::string_view polymarket_cancel_all_target = "/cancel-all";
inline constexpr std::string_view polymarket_heartbeat_target = "/v1/heartbeats";
inline constexpr std::string_view polymarket_ban_target = "/auth/ban-status/closed-only";

/// The body of POST /order. Sign these very bytes (ApiCredentials::l2_headers) and send them.
/// @returns Errc::bad_frame for an empty owner, options that exclude each other, or an end less
/// than the 180 s after the order's creation that the venue demands
caf::expected<std::string>
encode_polymarket_order(const SignedPolymarketOrder& order, const PolymarketPostOptions& options);

std::string encode_polymarket_cancel(std::string_view order_id); ///< of DELETE /order
std::string encode_polymarket_heartbeat(std::string_view id);    ///< of POST /v1/heartbeats
/// Of DELETE /cancel-market-orders.
std::string encode_polymarket_cancel_market(std::string_view condition, std::string_view token);

/// Path and query of GET; the cursor is that of the page before, empty at the start.
std::string polymarket_orders_target(std::string_view condition, std::string_view cursor);
std::string polymarket_lookup_target(std::string_view order_id);
/// @param since leaves older trades out; none if it is the epoch
std::string
polymarket_trades_target(std::string_view condition, std::string_view cursor, Timestamp since = {});
std::string polymarket_trade_target(std::string_view trade_id);
/// Of the collateral if `token` is empty.
std::string polymarket_balance_target(std::string_view token, SignatureType type,
                                      ExchangeVersion exchange = ExchangeVersion::v2);

/// Makes the venue look at the chain again; the same parameters.
std::string polymarket_balance_update_target(std::string_view token, SignatureType type,
                                             ExchangeVersion exchange = ExchangeVersion::v2);

/// Seconds of a Retry-After header, at most an hour; nothing for a date or rubbish.
std::optional<Duration> parse_retry_after(std::string_view header);

/// What an error text of the venue means. @param status HTTP, also 200
/// @param reason becomes the text's stable name, or the text
struct PolymarketRefusal {
  Verdict verdict = Verdict::unknown;
  std::string reason;
  std::optional<VenueMode> mode;
};
PolymarketRefusal judge_polymarket_error(unsigned status, std::string_view text);

/// The answer to POST /order of `sent`. Never fails: what cannot be read may have been executed and
/// is `unknown`. Says nothing about fees: they are charged at the match, by the market's schedule.
/// A buy at better prices than its limit gets more shares than it asked for.
/// @param retry_after the header, empty if there was none
OrderAnswer
decode_polymarket_post(unsigned status, std::string_view body, std::string_view retry_after,
                       const SignedPolymarketOrder& sent, TimeInForce time_in_force);

/// The answer to a cancel of `order_id`. An order that is refused to be cancelled is `unknown`: it
/// may be filled, delayed, or gone.
CancelAnswer
decode_polymarket_cancel(unsigned status, std::string_view body, std::string_view order_id);

enum class PolymarketOrderState : std::uint8_t {
  live,
  matched,
  delayed,
  unmatched,
  canceled,
  invalid
};

/// An order as GET /data/orders and /data/order/{id} tell it.
struct PolymarketOpenOrder {
  std::string id;
  PolymarketOrderState state = PolymarketOrderState::live;
  std::string condition;
  std::string token;
  Action side = Action::buy;
  Price price;
  Quantity original; ///< as written: shares, or millions of shares where the venue means base units
  Quantity matched;  ///< in the unit of `original`
  std::vector<std::string> trades;
};

/// One maker's part of a match.
struct PolymarketMakerFill {
  std::string order_id;
  std::string token;
  Action side = Action::buy;
  Money price; ///< per share
  Quantity size;
};

enum class PolymarketTradeState : std::uint8_t { matched, mined, confirmed, retrying, failed };

/// A match. Booked when matched, final when confirmed, taken back when failed.
struct PolymarketTrade {
  std::string id;
  PolymarketTradeState state = PolymarketTradeState::matched;
  std::string taker_order_id;
  std::string condition;
  std::string token;
  Action side = Action::buy; ///< of the taker
  Money price;               ///< per share
  Quantity size;
  std::string transaction_hash; ///< empty until it is on the chain
  Timestamp matched_at;
  std::vector<PolymarketMakerFill> makers;
};

/// What is ours of a match.
struct PolymarketOwnFill {
  std::string token;
  Action side = Action::buy;
  Money price; ///< per share
  Quantity size;
  bool taker = false;
};

/// One page of a list.
template <class T>
struct PolymarketPage {
  std::vector<T> items;
  std::string cursor; ///< of the next page; empty at the end
};

/// Base units: 1e-6 pUSD or share. What exceeds 64 bits, as an unlimited allowance, is the largest
/// such number.
struct PolymarketBalance {
  struct Allowance {
    std::string spender;
    std::int64_t amount = 0;
  };
  std::int64_t balance = 0;
  std::vector<Allowance> allowances;
};

// Bodies of 2xx. @returns Errc::bad_frame, with the field, if something needed is missing or wrong
caf::expected<PolymarketPage<PolymarketOpenOrder>> decode_polymarket_orders(std::string_view body);
/// Nothing if the venue does not know the order.
caf::expected<std::optional<PolymarketOpenOrder>> decode_polymarket_lookup(std::string_view body);
caf::expected<PolymarketPage<PolymarketTrade>> decode_polymarket_trades(std::string_view body);
caf::expected<PolymarketBalance> decode_polymarket_balance(std::string_view body);

/// The parts of `trade` that belong to the order, in the order's own terms: a buyer of YES may have
/// met our bid for NO.
std::vector<PolymarketOwnFill> own_fills(const PolymarketTrade& trade, std::string_view order_id);

/// The fill as the rest of arbees knows it, without its fee.
Fill to_fill(const PolymarketTrade& trade, const PolymarketOwnFill& own, const OrderIntent& order);

/// What a looked-up order came to. `unknown` as long as its trades do not add up to what it says is
/// matched (to 0.01 share, to which the venue cuts sizes). Trades that failed on the chain do not
/// count, and then neither does the order's own sum.
/// @param trades of the account or of this order, in any order, repeats allowed
OrderAnswer answer_of(const PolymarketOpenOrder& listed, std::span<const PolymarketTrade> trades,
                      const SignedPolymarketOrder& sent, TimeInForce time_in_force);

} // namespace arbees
