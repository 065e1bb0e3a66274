#pragma once

#include "tools/bench/race.hpp"

namespace arbees::bench {

/// A frame's bytes to the applied book.
Race kalshi_delta();
Race polymarket_price_change();

/// An intent to what is sent. The keys are made for the run and thrown away.
std::vector<Race> polymarket_sign();
std::vector<Race> kalshi_sign();

/// A book to signals, a signal to a request.
std::vector<Race> shard_update();
Race filters_judge();

/// A message to the bus.
Race publish_book();

} // namespace arbees::bench
