#pragma once

#include <tuple>

#include "actors/messages/interfaces.hpp"
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
        VenueStatus, Settlement, Reconciliation, TradingControl, Metrics>
    sinks_;
};

struct DecoderState {
  static constexpr auto name = "decoder";

  EventRoutes routes;
  BooksFrom books = BooksFrom::orderbook;
  std::map<std::string, std::int64_t> counters;
};

/// Makes typed messages of the bus for actors of this process.
/// Metrics: decoded, unknown_topic, rejected:<topic family>.
DecoderActor::behavior_type decoder_actor(DecoderActor::stateful_pointer<DecoderState> self,
                                          EventRoutes routes, BooksFrom books);

} // namespace arbees
