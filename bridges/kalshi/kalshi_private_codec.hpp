#pragma once

#include <variant>

#include "bridges/kalshi/kalshi_order_codec.hpp"
#include "bridges/net/order_tracker.hpp"

// The account's own channels of Kalshi's WebSocket: fill, user_orders, market_positions
// (venues/kalshi.md 3.2 to 3.4).

namespace arbees {

/// A frame that says nothing of our account: acknowledgements, other channels, new types.
struct KalshiPrivateIgnored {};

struct KalshiPrivateSubscribed {
  std::string channel;
};

struct KalshiPrivateFailed {
  std::int64_t code = 0;
  std::string text;
};

/// The position of one market, which may be older than fills that were heard before (section 9.3).
struct KalshiPositionEvent {
  std::string ticker;
  Quantity position; ///< below 0: NO
};

using KalshiPrivateFrame =
  std::variant<KalshiPrivateIgnored, KalshiPrivateSubscribed, KalshiPrivateFailed, OrderEvent,
               FillEvent, KalshiPositionEvent>;

/// Decodes one text frame. Strict in what it needs, deaf to the rest: the deprecated `side`,
/// `action` and `is_yes` are not read. Money of `user_order` is not read either, because it is not
/// told to be of our side; the fills tell it.
/// @returns Errc::bad_frame whose text is a stable reason: "not_json", "fill: field order_id", …
caf::expected<KalshiPrivateFrame> decode_kalshi_private(std::string_view text);

/// The command that subscribes to all three channels, for all markets.
std::string kalshi_subscribe_private(std::uint64_t id);

/// What a listed order and a listed fill say to the tracker.
OrderEvent to_order_event(const KalshiOrder& order);
FillEvent to_fill_event(const KalshiFill& fill);

} // namespace arbees
