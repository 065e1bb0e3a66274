#pragma once

#include <optional>
#include <span>
#include <vector>

#include "bridges/net/order_tracker.hpp"
#include "bridges/polymarket/polymarket_user_codec.hpp"

// What Polymarket tells of an order of ours, in the words of the order tracker.

namespace arbees {

/// The executions of `trade` that belong to the order, priced by its market's fee schedule: the
/// venue itself does not tell fees. A failed trade is voided; before it is confirmed it may fail.
std::vector<FillEvent>
fill_events(const PolymarketTrade& trade, const OrderIntent& order, std::string_view order_id,
            const std::optional<FeeSchedule>& fees);

/// Why an order ended: the free text of a kill as the venue wrote it, else a stable word.
std::string end_reason(PolymarketOrderState state, std::string_view text);

/// What an event of the user channel says of the order. Nothing if only a look-up can tell: another
/// size than ours, or an end that does not say how much was matched before.
std::optional<OrderEvent> order_event(const PolymarketOrderEvent& event, const OrderIntent& order);

/// What a look-up says of the order, with the money of what is matched once `trades` agree with it
/// (to 0.01 share, to which the venue cuts sizes). Nothing if it is not this order.
/// @param trades of the account, in any order
std::optional<OrderEvent>
order_event(const PolymarketOpenOrder& listed, std::span<const PolymarketTrade> trades,
            const OrderIntent& order, const std::optional<FeeSchedule>& fees);

/// The fee of what an answer says is filled, at its average price: until its trades are known.
Money estimated_fee(const OrderAnswer& answer, const std::optional<FeeSchedule>& fees);

} // namespace arbees
