#include "actors/candles/candles_actor.hpp"

namespace arbees {

namespace {

Metrics metrics(const CandlesState& state) {
  const auto& counters = state.maker.counters();
  return {.source = CandlesState::name,
          .values = {{"books", counters.counted},
                     {"not_whole", counters.not_whole},
                     {"one_sided", counters.one_sided},
                     {"too_late", counters.too_late},
                     {"candles", state.told},
                     {"making", static_cast<std::int64_t>(state.maker.open())}}};
}

} // namespace

CandlesActor::behavior_type candles(CandlesActor::stateful_pointer<CandlesState> self,
                                    CandleMakerConfig config, std::vector<CandleSink> sinks) {
  self->state.maker = CandleMaker{config};
  self->state.sinks = std::move(sinks);
  return {
    [self](const BookUpdate& book) { self->state.maker.apply(book); },
    [self](const Tick& tick) {
      for (const auto& candle : self->state.maker.ended_by(tick.now)) {
        ++self->state.told;
        for (const auto& sink : self->state.sinks) {
          self->send(sink, candle);
        }
      }
    },
    [self](caf::get_atom) { return metrics(self->state); },
  };
}

} // namespace arbees
