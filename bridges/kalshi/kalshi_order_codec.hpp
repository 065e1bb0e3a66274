#pragma once

#include <caf/expected.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "actors/messages/errors.hpp"
#include "bridges/net/order_answer.hpp"

// Orders and the account at Kalshi, in its words and back (venues/kalshi.md 5.2 to 5.7). Targets
// are relative to the REST base, "/trade-api/v2".

namespace arbees {

/// On the YES leg, which is the only one that orders are written in.
enum class KalshiBookSide : std::uint8_t { bid, ask };

/// buy YES p: bid p; sell YES p: ask p; buy NO q: ask 1-q; sell NO q: bid 1-q.
struct KalshiLeg {
  KalshiBookSide side = KalshiBookSide::bid;
  Price price; ///< of YES

  bool operator==(const KalshiLeg&) const = default;
};

constexpr KalshiLeg to_kalshi_leg(Side side, Action action, Price price) {
  const auto bid = (side == Side::yes) == (action == Action::buy);
  return {bid ? KalshiBookSide::bid : KalshiBookSide::ask,
          side == Side::yes ? price : complement(price)};
}

/// Whose order goes when ours would meet ours.
enum class KalshiSelfTrade : std::uint8_t { taker_at_cross, maker };

struct KalshiOrderOptions {
  KalshiSelfTrade self_trade = KalshiSelfTrade::taker_at_cross;
  bool post_only = false;              ///< only of orders that rest
  bool reduce_only = false;            ///< only of immediate-or-cancel
  bool cancel_order_on_pause = false;  ///< else the order outlives a trading pause
  std::optional<Timestamp> expires_at; ///< only of orders that rest; in whole seconds
  std::string order_group_id{};        ///< empty: none
};

/// How an order is sent. One that rests is guarded by the venue itself: it names the shard's order
/// group and ends with a trading pause. An immediate sell of no more than what is held may only
/// reduce it. A larger one may not say so: Kalshi nets YES and NO, and so holds less of a side than
/// two pairs that hold both sides; it would cut the sell.
/// @param group of the order's shard
/// @param net the market's net position, below 0 for NO, if it is known
KalshiOrderOptions
to_kalshi_options(const OrderIntent& order, const std::string& group, std::optional<Quantity> net);

inline constexpr std::string_view kalshi_orders_target = "/portfolio/events/orders";

/// The body of POST `kalshi_orders_target`.
/// @returns Errc::bad_frame for what the venue would refuse: a client order id that is empty,
/// longer than 64 or not of [A-Za-z0-9_-], a price at or beyond 0 and 1, a quantity that is not a
/// positive multiple of 0.01, a negative shard, options that exclude each other
caf::expected<std::string>
encode_kalshi_create(const OrderIntent& order, const KalshiOrderOptions& options = {});

/// The target of DELETE for one order. It names the shard: without one the venue looks on shard 0.
std::string kalshi_cancel_target(std::string_view order_id, std::int32_t exchange_index);

/// The target of DELETE for all orders of a subaccount, on all shards. It may also hit orders that
/// are placed in the following minute.
std::string kalshi_cancel_all_target(std::int32_t subaccount);

struct KalshiAmend {
  std::string order_id;
  std::string updated_client_order_id; ///< the order's client id afterwards
  Price limit;                         ///< of the intent's side
  Quantity total;                      ///< filled so far + what is to rest
};

std::string kalshi_amend_target(std::string_view order_id);
/// The body of the amend of `order`. @returns Errc::bad_frame as encode_kalshi_create()
caf::expected<std::string> encode_kalshi_amend(const OrderIntent& order, const KalshiAmend& amend);

/// An error of the venue in any of its three shapes: {"code",…}, {"error":{"code",…}} and
/// {"error":"text"}.
struct KalshiError {
  std::string code; ///< of the text shape: the text
  std::string message;
  std::string details;
};

/// Nothing if `body` holds no error.
std::optional<KalshiError> decode_kalshi_error(std::string_view body);

/// What the answer to a write means by its error. @param status HTTP, also 2xx
Verdict judge_kalshi_error(unsigned status, const KalshiError& error);

/// The answer to the create of `order`. Never fails: what cannot be read may have been executed and
/// is `unknown`.
OrderAnswer decode_kalshi_create(unsigned status, std::string_view body, const OrderIntent& order);

/// The answer to a cancel. 404 is `unknown`: filled, cancelled, on another shard or never there.
CancelAnswer
decode_kalshi_cancel(unsigned status, std::string_view body, std::string_view order_id);

/// The answer to the cancel of all orders: `taken` if the venue has done so.
CancelAnswer decode_kalshi_cancel_all(unsigned status, std::string_view body);

enum class KalshiOrderState : std::uint8_t { resting, canceled, executed };

/// An order as GET /portfolio/orders lists it.
struct KalshiOrder {
  std::string order_id;
  std::string client_order_id; ///< empty if the order has none
  std::string ticker;
  KalshiBookSide side = KalshiBookSide::bid;
  KalshiOrderState state = KalshiOrderState::resting;
  Price yes_price;
  Quantity initial;
  Quantity filled;
  Quantity remaining;
  Money fees; ///< as taker and as maker
  std::int32_t exchange_index = 0;
};

/// One match as GET /portfolio/fills lists it.
struct KalshiFill {
  std::string fill_id;
  std::string order_id;
  std::string ticker;
  KalshiBookSide side = KalshiBookSide::bid;
  Price yes_price;
  Quantity count;
  Money fee;
  bool taker = false;
  Timestamp at; ///< epoch if the venue gave no stamp
  std::int32_t exchange_index = 0;
};

struct KalshiPosition {
  std::string ticker;
  Quantity position; ///< below 0: NO
  Money exposure;
  Money realized;
  Money fees;
  std::int32_t exchange_index = 0;
};

/// What the venue paid for the contracts of one decided market, as GET /portfolio/settlements lists
/// it. Only net positions are settled, so that one of the counts is zero as a rule.
struct KalshiSettlement {
  enum class Result : std::uint8_t { yes, no, scalar };

  std::string ticker;
  Result result = Result::yes;
  Quantity yes;
  Quantity no;
  Money revenue; ///< credited for both
  Timestamp at;
};

/// What one shard can spend. Money on another shard does not help an order.
struct KalshiShardBalance {
  std::int32_t exchange_index = 0;
  Money available;
};

struct KalshiBalance {
  Money total;
  std::vector<KalshiShardBalance> shards;
};

struct KalshiAccountLimits {
  std::int64_t read_per_second = 0;
  std::int64_t read_capacity = 0;
  std::int64_t write_per_second = 0;
  std::int64_t write_capacity = 0;
};

/// One page of a list.
template <class T>
struct KalshiPage {
  std::vector<T> items;
  std::string cursor; ///< of the next page; empty at the end
};

// Bodies of 2xx. @returns Errc::bad_frame, with the field, if something needed is missing or wrong
caf::expected<KalshiPage<KalshiOrder>> decode_kalshi_orders(std::string_view body);
caf::expected<KalshiOrder> decode_kalshi_order(std::string_view body); ///< {"order":{…}}
caf::expected<KalshiPage<KalshiFill>> decode_kalshi_fills(std::string_view body);
caf::expected<KalshiPage<KalshiPosition>> decode_kalshi_positions(std::string_view body);
caf::expected<KalshiPage<KalshiSettlement>> decode_kalshi_settlements(std::string_view body);
caf::expected<KalshiBalance> decode_kalshi_balance(std::string_view body);
caf::expected<KalshiAccountLimits> decode_kalshi_limits(std::string_view body);
/// The time up to which the account's lists are complete, by the venue's clock; nothing if the body
/// of GET /exchange/user_data_timestamp does not tell.
std::optional<Timestamp> decode_kalshi_data_timestamp(std::string_view body);

/// The fill as the rest of arbees knows it. @pre the fill belongs to `order`
Fill to_fill(const KalshiFill& fill, const OrderIntent& order);

/// What a looked-up order came to. Money and fees are summed over its fills, each counted once,
/// because the list's own sums are not told to be of our side. `unknown` as long as the fills do
/// not add up to what the order says is filled: the venue's reads lag.
/// @param fills of the whole account or of this order, in any order, repeats allowed
OrderAnswer
answer_of(const KalshiOrder& listed, std::span<const KalshiFill> fills, const OrderIntent& order);

/// The listed order with the client order id of `order`; nothing if it is not there.
const KalshiOrder* find_order(std::span<const KalshiOrder> listed, const OrderIntent& order);

} // namespace arbees
