#pragma once

#include <vector>

#include "actors/messages/book.hpp"

// What the venues' market data sockets say, decoded and not yet judged: from bridges/kalshi and
// bridges/polymarket to the monitors, and what the monitors ask of them.

namespace arbees {

enum class BookSide : std::uint8_t { bid, ask };

struct FeedConnected {
  Venue venue = Venue::kalshi;
  Timestamp at;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, FeedConnected& x) {
  return f(caf::meta::type_name("FeedConnected"), x.venue, x.at);
}

struct FeedDisconnected {
  Venue venue = Venue::kalshi;
  std::string reason;
  Timestamp at;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, FeedDisconnected& x) {
  return f(caf::meta::type_name("FeedDisconnected"), x.venue, x.reason, x.at);
}

/// A frame that no codec understood, by a stable reason for counting.
struct FrameRejected {
  Venue venue = Venue::kalshi;
  std::string reason;
  std::optional<MarketId> market; ///< whose book it would have changed, if that much is known
  Timestamp at;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, FrameRejected& x) {
  return f(caf::meta::type_name("FrameRejected"), x.venue, x.reason, x.market, x.at);
}

/// Position of a Kalshi frame in its subscription (venues/kalshi.md 3.5).
struct KalshiSequence {
  std::uint64_t sid = 0;
  std::uint64_t seq = 0;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, KalshiSequence& x) {
  return f(caf::meta::type_name("KalshiSequence"), x.sid, x.seq);
}

/// A subscription came into being.
struct KalshiSubscribed {
  std::uint64_t command_id = 0;
  std::uint64_t sid = 0;
  std::string channel;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, KalshiSubscribed& x) {
  return f(caf::meta::type_name("KalshiSubscribed"), x.command_id, x.sid, x.channel);
}

/// Any other frame that carries a position: it advances the counter, or a gap would be seen where
/// there is none.
struct KalshiAck {
  std::uint64_t command_id = 0;
  KalshiSequence position;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, KalshiAck& x) {
  return f(caf::meta::type_name("KalshiAck"), x.command_id, x.position);
}

/// The venue refused a command (venues/kalshi.md 3.2).
struct KalshiCommandFailed {
  std::uint64_t command_id = 0;
  std::int32_t code = 0;
  std::string text;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, KalshiCommandFailed& x) {
  return f(caf::meta::type_name("KalshiCommandFailed"), x.command_id, x.code, x.text);
}

/// A whole book, in YES prices, levels in any order.
struct KalshiSnapshot {
  KalshiSequence position;
  MarketId market;
  std::vector<Level> bids;
  std::vector<Level> asks;
  Timestamp received_at;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, KalshiSnapshot& x) {
  return f(caf::meta::type_name("KalshiSnapshot"), x.position, x.market, x.bids, x.asks,
           x.received_at);
}

/// A signed change of one level's total, in YES prices.
struct KalshiDelta {
  KalshiSequence position;
  MarketId market;
  BookSide side = BookSide::bid;
  Price price;
  Quantity change;
  Timestamp exchange_time;
  Timestamp received_at;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, KalshiDelta& x) {
  return f(caf::meta::type_name("KalshiDelta"), x.position, x.market, x.side, x.price, x.change,
           x.exchange_time, x.received_at);
}

/// A whole book of one outcome token, in that token's own prices, levels in any order.
struct PolymarketBook {
  MarketId market;
  Side token = Side::yes;
  std::vector<Level> bids;
  std::vector<Level> asks;
  std::optional<Price> tick;
  bool from_rest = false;
  Timestamp exchange_time;
  Timestamp received_at;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, PolymarketBook& x) {
  return f(caf::meta::type_name("PolymarketBook"), x.market, x.token, x.bids, x.asks, x.tick,
           x.from_rest, x.exchange_time, x.received_at);
}

/// The new total of one level of one token, in that token's own prices; zero deletes it.
struct PolymarketLevel {
  Side token = Side::yes;
  BookSide side = BookSide::bid;
  Level level;
  std::optional<Price> best_bid; ///< the token's best after the change, as the venue says
  std::optional<Price> best_ask;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, PolymarketLevel& x) {
  return f(caf::meta::type_name("PolymarketLevel"), x.token, x.side, x.level, x.best_bid,
           x.best_ask);
}

/// All changes of one frame to one market: the venue's own tops are compared after the last.
struct PolymarketChanges {
  MarketId market;
  std::vector<PolymarketLevel> changes;
  Timestamp exchange_time;
  Timestamp received_at;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, PolymarketChanges& x) {
  return f(caf::meta::type_name("PolymarketChanges"), x.market, x.changes, x.exchange_time,
           x.received_at);
}

struct PolymarketTickChange {
  MarketId market;
  Price new_tick;
  Timestamp exchange_time;
  Timestamp received_at;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, PolymarketTickChange& x) {
  return f(caf::meta::type_name("PolymarketTickChange"), x.market, x.new_tick, x.exchange_time,
           x.received_at);
}

/// The venue says that the market will trade no more.
struct MarketClosed {
  MarketId market;
  Timestamp at;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, MarketClosed& x) {
  return f(caf::meta::type_name("MarketClosed"), x.market, x.at);
}

/// These markets are wanted from now on. Known ones are replaced.
struct WatchMarkets {
  std::vector<MarketSpec> markets;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, WatchMarkets& x) {
  return f(caf::meta::type_name("WatchMarkets"), x.markets);
}

struct UnwatchMarkets {
  std::vector<MarketId> markets;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, UnwatchMarkets& x) {
  return f(caf::meta::type_name("UnwatchMarkets"), x.markets);
}

/// Asks the venue for fresh snapshots of `markets`; Kalshi answers on subscription `sid`.
struct RequestSnapshots {
  std::vector<MarketId> markets;
  std::uint64_t sid = 0;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, RequestSnapshots& x) {
  return f(caf::meta::type_name("RequestSnapshots"), x.markets, x.sid);
}

/// Drops the connection and makes a new one.
struct ReconnectFeed {
  std::string reason;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, ReconnectFeed& x) {
  return f(caf::meta::type_name("ReconnectFeed"), x.reason);
}

} // namespace arbees
