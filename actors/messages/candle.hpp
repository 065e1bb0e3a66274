#pragma once

#include <caf/meta/type_name.hpp>

#include "actors/messages/market.hpp"

namespace arbees {

/// What one market's book did in one minute: the middle between its best YES bid and ask, over
/// every whole book that was received in it. A middle is a sum of two prices halved, which money
/// holds exactly.
struct Candle {
  MarketId market;
  Venue venue = Venue::kalshi;
  Timestamp start; ///< a whole minute, UTC, by when books were received
  Money open;      ///< dollars per contract
  Money high;
  Money low;
  Money close;
  Price close_bid; ///< YES, of the last book
  Price close_ask;
  std::int64_t updates = 0; ///< whole books with both sides; at least one

  bool operator==(const Candle&) const = default;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, Candle& x) {
  return f(caf::meta::type_name("Candle"), x.market, x.venue, x.start, x.open, x.high, x.low,
           x.close, x.close_bid, x.close_ask, x.updates);
}

} // namespace arbees
