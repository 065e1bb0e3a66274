#pragma once

#include <array>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <tuple>

#include "actors/messages/account.hpp"
#include "actors/messages/candle.hpp"
#include "actors/messages/control.hpp"
#include "actors/messages/position.hpp"

namespace arbees {

/// The top of a book: what is kept of a BookUpdate.
struct PriceRow {
  MarketId market;
  Venue venue = Venue::kalshi;
  BookStatus status = BookStatus::stale;
  StaleReason reason = StaleReason::none;
  std::optional<Level> bid; ///< YES prices
  std::optional<Level> ask;
  std::uint64_t version = 0;
  Timestamp exchange_time;
  Timestamp received_at;
};

struct GameRow {
  std::string_view event; ///< "discovered", "update", "ended"
  GameInfo game;
  GameState state;
};

/// A listing or game with what the matching said of it.
struct MatchRow {
  std::shared_ptr<const MatchedGame> whole; ///< null: rejected
  bool matched = false;
  std::optional<GameInfo> game;
  std::optional<Venue> venue;
  std::string listing;
  std::optional<std::int64_t> score;
  bool tradable = false;
  std::string gate;
  std::string detail;
  Timestamp at;
};

/// What a market id means.
struct MarketRow {
  MarketId market;
  MarketRef ref;
  GameId game;
  Timestamp at;
};

/// Why a signal was taken or not.
struct DecisionRow {
  SignalId signal;
  std::optional<PairId> pair; ///< none: rejected
  std::string filter;
  std::string measured;
  std::string limit;
  Timestamp at;
};

/// What a comparison of ledger and venue found.
struct DriftRow {
  Venue venue = Venue::kalshi;
  Drift drift;
  Timestamp at;
};

/// Rows of every table, in the order of arrival.
struct HistoryBatch {
  std::tuple<std::deque<PriceRow>, std::deque<GameRow>, std::deque<MatchRow>, std::deque<MarketRow>,
             std::deque<Signal>, std::deque<DecisionRow>, std::deque<ExecutionRequest>,
             std::deque<OrderReport>, std::deque<Fill>, std::deque<PairClosed>,
             std::deque<FeedStatus>, std::deque<BalanceUpdate>, std::deque<VenueStatus>,
             std::deque<Settlement>, std::deque<DriftRow>, std::deque<TradingControl>,
             std::deque<PositionUpdate>, std::deque<ExitEnded>, std::deque<Candle>>
    tables;

  [[nodiscard]] std::size_t size() const;
};

inline constexpr std::size_t history_table_count =
  std::tuple_size_v<decltype(HistoryBatch::tables)>;

/// Names of the tables, in the order of HistoryBatch::tables.
std::array<std::string, history_table_count> history_table_names();

/// How many rows of each table, in the order of HistoryBatch::tables.
using HistoryCounts = std::array<std::int64_t, history_table_count>;

} // namespace arbees
