#pragma once

#include <map>
#include <string>
#include <string_view>
#include <variant>

#include "actors/messages/candle.hpp"
#include "actors/messages/control.hpp"
#include "actors/messages/position.hpp"
#include "actors/messages/telemetry.hpp"
#include "bridges/envelope/market_directory.hpp"

#include <caf/expected.hpp>

// Messages to the payloads of architecture section 4, and back. Every encoder appends one JSON
// object to `out`. Prices are dollars, quantities contracts, amounts dollars, all as exact decimal
// JSON numbers; stamps are microseconds (`_us`) or, where the name says so, milliseconds.
// Decoders need what the message needs, ignore other keys, and return Errc::bad_frame with the
// name of the first field that is missing or wrong.

namespace arbees {

/// Top of the book, and the dollars that takers could spend on the levels shown: buying YES from
/// the asks and NO from the bids. Both prices are null unless the book is whole (status ok).
void encode_prices(std::string& out, const BookUpdate& update, const MarketListing& listing);
/// All levels of the message, as [price, size].
void encode_orderbook(std::string& out, const BookUpdate& update, const MarketListing& listing);

/// `mid` prices have up to five decimals: half a unit of a price.
void encode_payload(std::string& out, const Candle& candle, const MarketListing& listing);

void encode_payload(std::string& out, const GameDiscovered& event);
void encode_payload(std::string& out, const GameUpdate& event);
void encode_payload(std::string& out, const GameEnded& event);
void encode_payload(std::string& out, const MatchedGame& match);
void encode_payload(std::string& out, const MatchRejected& rejected);

void encode_payload(std::string& out, const Signal& signal, const MarketDirectory& directory);
void encode_payload(std::string& out, const ExecutionRequest& request,
                    const MarketDirectory& directory);
void encode_payload(std::string& out, const SignalRejected& rejected,
                    const MarketDirectory& directory);

void encode_payload(std::string& out, const OrderReport& report, const MarketDirectory& directory);
void encode_payload(std::string& out, const Fill& fill, const MarketDirectory& directory);
void encode_payload(std::string& out, const PairClosed& pair, const MarketDirectory& directory);
void encode_payload(std::string& out, const BalanceUpdate& balance);

void encode_payload(std::string& out, const VenueStatus& status);
void encode_payload(std::string& out, const Settlement& settlement);
void encode_payload(std::string& out, const Reconciliation& reconciliation);
void encode_payload(std::string& out, const TradingControl& control);

void encode_payload(std::string& out, const PositionUpdate& position,
                    const MarketDirectory& directory);
void encode_payload(std::string& out, const PositionsSnapshot& snapshot,
                    const MarketDirectory& directory);
void encode_payload(std::string& out, const ExitSignal& exit, const MarketDirectory& directory);
void encode_payload(std::string& out, const ExitRequest& request, const MarketDirectory& directory);
void encode_payload(std::string& out, const ExitRejected& rejected,
                    const MarketDirectory& directory);
void encode_payload(std::string& out, const ExitEnded& ended);

void encode_payload(std::string& out, const FeedStatus& status);
void encode_payload(std::string& out, const Metrics& metrics);

/// A node's own word that it is alive.
struct NodeHealth {
  std::string node;
  std::string run;
  Timestamp started_at;
  Timestamp at;
  std::map<std::string, std::int64_t> counters;
};
void encode_payload(std::string& out, const NodeHealth& health);

/// From `prices.*`: a book of one level a side.
caf::expected<BookUpdate> decode_prices(std::string_view payload);
caf::expected<BookUpdate> decode_orderbook(std::string_view payload);

/// T: Candle, GameDiscovered, GameUpdate, GameEnded, MatchedGame, MatchRejected, Signal,
/// ExecutionRequest, SignalRejected, OrderReport, Fill, PairClosed, BalanceUpdate, VenueStatus,
/// Settlement, Reconciliation, TradingControl, PositionUpdate, ExitSignal, ExitRequest,
/// ExitRejected, ExitEnded, FeedStatus, Metrics, NodeHealth.
template <class T>
caf::expected<T> decode_payload(std::string_view payload);

} // namespace arbees
