#include "actors/messages/topics.hpp"

#include <fmt/format.h>

namespace arbees::topic {

namespace {

std::string_view short_name(Venue venue) {
  return venue == Venue::kalshi ? "kalshi" : "poly";
}

std::string_view outcome_word(OrderStatus status) {
  switch (status) {
    case OrderStatus::filled:
      return "executed";
    case OrderStatus::partial:
      return "partial";
    case OrderStatus::unfilled:
      return "cancelled";
    case OrderStatus::rejected:
      return "rejected";
    case OrderStatus::accepted:
      return "accepted";
    case OrderStatus::unknown:
      return "unknown";
  }
  return "unknown";
}

} // namespace

std::string prices(const MarketRef& ref) {
  return fmt::format("prices.{}.{}", short_name(ref.venue), ref.native_id);
}

std::string orderbook(const MarketRef& ref) {
  return fmt::format("orderbook.{}.{}", short_name(ref.venue), ref.native_id);
}

std::string candle(const MarketRef& ref) {
  return fmt::format("market.candle.1m.{}", ref.native_id);
}

std::string game_discovered(const GameInfo& game) {
  return fmt::format("games.discovered.{}", game.key);
}

std::string game(const GameInfo& game) {
  return fmt::format("games.{}.{}", to_string(game.league), game.key);
}

std::string game_ended(const GameInfo& game) {
  return fmt::format("games.ended.{}", game.key);
}

std::string market_matched(const GameInfo& game) {
  return fmt::format("markets.matched.{}", game.key);
}

std::string market_rejected(const MatchRejected& rejected) {
  return fmt::format("markets.rejected.{}",
                     rejected.candidate ? rejected.candidate->key : rejected.listing);
}

std::string signal(const Signal& signal) {
  return fmt::format("signals.trade.{}", to_hex(signal.id));
}

std::string signal_high_edge(const Signal& signal) {
  return fmt::format("signals.high_edge.{}", to_hex(signal.id));
}

std::string execution_request(PairId pair) {
  return fmt::format("execution.request.{}", to_hex(pair));
}

std::string execution_rejected(SignalId signal) {
  return fmt::format("execution.rejected.{}", to_hex(signal));
}

std::string trade(const OrderReport& report) {
  return fmt::format("trades.{}.{}", outcome_word(report.status), to_hex(report.pair));
}

std::string fill(PairId pair) {
  return fmt::format("trades.fill.{}", to_hex(pair));
}

std::string pair_completed(PairId pair) {
  return fmt::format("trades.completed.{}", to_hex(pair));
}

std::string health(std::string_view node) {
  return fmt::format("telemetry.health.{}", node);
}

std::string feed_status(Venue venue) {
  return fmt::format("telemetry.feed.{}", to_string(venue));
}

std::string balance(Venue venue) {
  return fmt::format("telemetry.balance.{}", to_string(venue));
}

std::string venue_status(Venue venue) {
  return fmt::format("telemetry.venue.{}", to_string(venue));
}

std::string reconciliation(Venue venue) {
  return fmt::format("telemetry.reconciliation.{}", to_string(venue));
}

std::string settlement(const Settlement& settlement) {
  return fmt::format("trades.settled.{}", settlement.native_id);
}

std::string position(PairId pair) {
  return fmt::format("positions.{}", to_hex(pair));
}

std::string exit_signal(PairId pair) {
  return fmt::format("signals.exit.{}", to_hex(pair));
}

std::string exit_request(PairId pair) {
  return fmt::format("execution.exit.{}", to_hex(pair));
}

std::string exit_rejected(PairId pair) {
  return fmt::format("execution.exit_rejected.{}", to_hex(pair));
}

std::string exit_ended(PairId pair) {
  return fmt::format("trades.exit.{}", to_hex(pair));
}

std::string_view family(std::string_view topic) {
  return topic.substr(0, topic.find('.'));
}

} // namespace arbees::topic
