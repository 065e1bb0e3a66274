#pragma once

#include <string>
#include <string_view>

#include "actors/messages/position.hpp"

namespace arbees {

// Topic names of the bus (architecture section 4). Prefixes end with a dot.
namespace topic {

std::string prices(const MarketRef& ref); ///< prices.kalshi.{ticker}, prices.poly.{condition_id}
std::string orderbook(const MarketRef& ref);
std::string candle(const MarketRef& ref); ///< market.candle.1m.{market}, the venue's name of it
std::string game_discovered(const GameInfo& game);
std::string game(const GameInfo& game); ///< games.{league}.{game_id}
std::string game_ended(const GameInfo& game);
std::string market_matched(const GameInfo& game);
std::string market_rejected(const MatchRejected& rejected);
std::string signal(const Signal& signal);
std::string signal_high_edge(const Signal& signal);
std::string execution_request(PairId pair);
std::string execution_rejected(SignalId signal);
std::string trade(const OrderReport& report); ///< trades.{executed,partial,…}.{request_id}
std::string fill(PairId pair);                ///< trades.fill.{request_id}
std::string pair_completed(PairId pair);
inline constexpr std::string_view metrics = "telemetry.metrics";
std::string health(std::string_view node);
std::string feed_status(Venue venue);                 ///< telemetry.feed.{venue}
std::string balance(Venue venue);                     ///< telemetry.balance.{venue}
std::string venue_status(Venue venue);                ///< telemetry.venue.{venue}
std::string reconciliation(Venue venue);              ///< telemetry.reconciliation.{venue}
std::string settlement(const Settlement& settlement); ///< trades.settled.{market_id}
inline constexpr std::string_view trading = "telemetry.trading";
std::string position(PairId pair);      ///< positions.{position_id}
std::string exit_signal(PairId pair);   ///< signals.exit.{position_id}
std::string exit_request(PairId pair);  ///< execution.exit.{position_id}
std::string exit_rejected(PairId pair); ///< execution.exit_rejected.{position_id}
std::string exit_ended(PairId pair);    ///< trades.exit.{position_id}
inline constexpr std::string_view positions = "telemetry.positions";

/// The part before the first dot: "prices", "games", …
std::string_view family(std::string_view topic);

} // namespace topic

} // namespace arbees
