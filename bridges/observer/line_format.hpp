#pragma once

#include <functional>
#include <string>

#include "actors/messages/wire.hpp"

namespace arbees {

enum class Paint : std::uint8_t { plain, coloured };

/// Coloured if `descriptor` is a terminal and NO_COLOR is not set.
Paint paint_for(int descriptor);

/// How one output writes: each function appends one line without its end to a reused buffer.
struct LineFormat {
  std::function<void(std::string& out, const WireMessage& message)> message;
  std::function<void(std::string& out, const WireNotice& notice)> notice;
};

/// For people: `[2026-11-21T10:30:45.123Z] PRICE kalshi KXNBA… seq=17 bid=0.42 ask=0.44
/// liq=$598.57` and the like for BOOK, SIGNAL, EXEC, TRADE, GAME, MATCH, FEED, HEALTH, METRICS.
/// Whatever the payload holds, one line comes out, without control characters.
LineFormat pretty_format(Paint paint);
/// For programs: everything, one JSON object a line, with `recv_ts_us`.
LineFormat json_format();
/// Topic, number, latency and the payload's beginning.
LineFormat compact_format();

/// "2026-11-21T10:30:45.123Z"
std::string utc_text(Timestamp at);

} // namespace arbees
