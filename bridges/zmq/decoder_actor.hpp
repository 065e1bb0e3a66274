#pragma once

#include <tuple>

#include "actors/messages/cluster.hpp"
#include "bridges/zmq/topic_decoder.hpp"

namespace arbees {

template <class T>
using SinkOf = caf::typed_actor<caf::reacts_to<T>>;

/// Who of this process gets which messages of the bus: the wiring adds each consumer for exactly
/// the types whose producers are elsewhere.
class EventRoutes {
public:
  /// @param sink any actor that reacts to T.
  template <class T>
  EventRoutes& add(SinkOf<T> sink) {
    std::get<std::vector<SinkOf<T>>>(sinks_).push_back(std::move(sink));
    return *this;
  }

  template <class T>
  [[nodiscard]] const std::vector<SinkOf<T>>& sinks() const {
    return std::get<std::vector<SinkOf<T>>>(sinks_);
  }

private:
  template <class... Ts>
  using Table = std::tuple<std::vector<SinkOf<Ts>>...>;

  Table<BookUpdate, FeedStatus, GameDiscovered, GameUpdate, GameEnded, MatchedGame, MatchRejected,
        Signal, ExecutionRequest, SignalRejected, OrderReport, Fill, PairClosed, BalanceUpdate,
        VenueStatus, Settlement, Reconciliation, TradingControl, Metrics, PositionUpdate,
        ExitSignal, ExitRequest, ExitRejected, ExitEnded, Candle>
    sinks_;
};

/// What a decoder knows of the bus besides who wants what.
struct DecoderConfig {
  BooksFrom books = BooksFrom::orderbook;
  /// This process's own publisher: what it said has reached its neighbours already.
  std::string own_run;
  /// Told when messages of `watched` were lost; the subscriber must read all of its topics.
  BusGapSink gaps;
  std::string watched;
};

struct DecoderState {
  static constexpr auto name = "decoder";

  EventRoutes routes;
  DecoderConfig config;
  std::string watched_run;
  std::uint64_t watched_next = 0; ///< the number that its next message must have
  std::map<std::string, std::int64_t> counters;
};

/// Makes typed messages of the bus for actors of this process.
/// Metrics: decoded, own, gaps, unknown_topic, rejected:<topic family>.
DecoderActor::behavior_type decoder_actor(DecoderActor::stateful_pointer<DecoderState> self,
                                          EventRoutes routes, DecoderConfig config);

} // namespace arbees
