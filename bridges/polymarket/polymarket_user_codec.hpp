#pragma once

#include <map>
#include <variant>

#include "bridges/polymarket/polymarket_order_codec.hpp"

// The user channel: what happens to our orders and trades (venues/polymarket.md 2.5).

namespace arbees {

enum class PolymarketOrderEventKind : std::uint8_t { placement, update, cancellation };

/// An order of ours came to rest, was matched or ended.
struct PolymarketOrderEvent {
  PolymarketOrderEventKind kind = PolymarketOrderEventKind::placement;
  std::string id;
  PolymarketOrderState state = PolymarketOrderState::live;
  std::string text; ///< the venue's status word, with the free text of a kill
  std::optional<Quantity> original;
  std::optional<Quantity> matched; ///< of all its trades; a kill names none
  std::vector<std::string> trades;
};

using PolymarketUserEvent = std::variant<PolymarketOrderEvent, PolymarketTrade>;

/// What one frame holds.
struct PolymarketUserFrame {
  std::vector<PolymarketUserEvent> events;
  std::vector<std::string> rejected; ///< stable reasons, for counting
};

/// Decodes a frame: an object or an array of such. Never fails: what cannot be read is told by its
/// reason, and the events beside it stand. Other types of events, PONG and the like are passed
/// over.
PolymarketUserFrame decode_polymarket_user_frame(std::string_view text);

} // namespace arbees
