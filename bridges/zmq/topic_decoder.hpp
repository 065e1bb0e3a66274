#pragma once

#include <string_view>
#include <variant>

#include "actors/messages/account.hpp"
#include "actors/messages/control.hpp"
#include "actors/messages/position.hpp"
#include "actors/messages/wire.hpp"
#include "bridges/envelope/payload_codec.hpp"

namespace arbees {

/// A topic that is nobody's message: what a later version adds.
struct UnknownTopic {};

using BusEvent =
  std::variant<UnknownTopic, BookUpdate, FeedStatus, GameDiscovered, GameUpdate, GameEnded,
               MatchedGame, MatchRejected, Signal, ExecutionRequest, SignalRejected, OrderReport,
               Fill, PairClosed, BalanceUpdate, VenueStatus, Settlement, Reconciliation,
               TradingControl, Metrics, NodeHealth, PositionUpdate, ExitSignal, ExitRequest,
               ExitRejected, ExitEnded, Candle>;

/// Which topic makes BookUpdates: `prices.*` has the top only, and half the bytes.
enum class BooksFrom : std::uint8_t { orderbook, prices };

/// The typed message of a WireMessage; the other book topic, and `signals.high_edge.*` which
/// repeats `signals.trade.*`, are UnknownTopic. @returns Errc::bad_frame with the field
caf::expected<BusEvent> decode_topic(const WireMessage& message, BooksFrom books);

} // namespace arbees
