#include "bridges/zmq/topic_decoder.hpp"

#include <array>

#include "actors/messages/topics.hpp"

namespace arbees {

namespace {

using Decoder = caf::expected<BusEvent> (*)(std::string_view payload);

template <class T>
caf::expected<BusEvent> as_event(caf::expected<T> message) {
  if (!message) {
    return message.error();
  }
  return BusEvent{std::move(*message)};
}

template <class T>
caf::expected<BusEvent> decode_as(std::string_view payload) {
  return as_event(decode_payload<T>(payload));
}

struct Route {
  std::string_view prefix;
  Decoder decode;
};

/// The first prefix that fits decides: `games.{league}.` stands behind its siblings.
constexpr std::array routes = {
  Route{"games.discovered.", decode_as<GameDiscovered>},
  Route{"games.ended.", decode_as<GameEnded>},
  Route{"games.state.", nullptr},
  Route{"games.", decode_as<GameUpdate>},
  Route{"markets.matched.", decode_as<MatchedGame>},
  Route{"markets.rejected.", decode_as<MatchRejected>},
  Route{"market.candle.1m.", decode_as<Candle>},
  Route{"signals.trade.", decode_as<Signal>},
  Route{"signals.exit.", decode_as<ExitSignal>},
  Route{"execution.request.", decode_as<ExecutionRequest>},
  Route{"execution.rejected.", decode_as<SignalRejected>},
  Route{"execution.exit.", decode_as<ExitRequest>},
  Route{"execution.exit_rejected.", decode_as<ExitRejected>},
  Route{"positions.", decode_as<PositionUpdate>},
  Route{"trades.exit.", decode_as<ExitEnded>},
  Route{"trades.settled.", decode_as<Settlement>},
  Route{"trades.completed.", decode_as<PairClosed>},
  Route{"trades.fill.", decode_as<Fill>},
  Route{"trades.", decode_as<OrderReport>},
  Route{"telemetry.feed.", decode_as<FeedStatus>},
  Route{"telemetry.balance.", decode_as<BalanceUpdate>},
  Route{"telemetry.venue.", decode_as<VenueStatus>},
  Route{"telemetry.reconciliation.", decode_as<Reconciliation>},
  Route{"telemetry.trading", decode_as<TradingControl>},
  Route{"telemetry.health.", decode_as<NodeHealth>},
  Route{"telemetry.metrics", decode_as<Metrics>},
};

} // namespace

caf::expected<BusEvent> decode_topic(const WireMessage& message, BooksFrom books) {
  const std::string_view topic = message.topic;
  if (topic.starts_with("orderbook.")) {
    return books == BooksFrom::orderbook ? as_event(decode_orderbook(message.payload))
                                         : BusEvent{UnknownTopic{}};
  }
  if (topic.starts_with("prices.")) {
    return books == BooksFrom::prices ? as_event(decode_prices(message.payload))
                                      : BusEvent{UnknownTopic{}};
  }
  for (const auto& route : routes) {
    if (topic.starts_with(route.prefix)) {
      return route.decode == nullptr ? BusEvent{UnknownTopic{}} : route.decode(message.payload);
    }
  }
  return BusEvent{UnknownTopic{}};
}

} // namespace arbees
