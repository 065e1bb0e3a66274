#pragma once

#include "actors/candles/candle_maker.hpp"
#include "actors/messages/interfaces.hpp"

namespace arbees {

struct CandlesState {
  static constexpr auto name = "candles";

  CandleMaker maker;
  std::vector<CandleSink> sinks;
  std::int64_t told = 0;
};

/// Tells `sinks` every candle once its minute is over. The minutes under way when it stops are not
/// told: they would look like whole ones.
/// Metrics: books, not_whole, one_sided, too_late, candles, making.
CandlesActor::behavior_type candles(CandlesActor::stateful_pointer<CandlesState> self,
                                    CandleMakerConfig config, std::vector<CandleSink> sinks);

} // namespace arbees
