#pragma once

#include <caf/expected.hpp>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "actors/messages/errors.hpp"
#include "actors/messages/feed.hpp"
#include "bridges/net/json_scratch.hpp"

namespace arbees {

/// A frame that says nothing of books, positions or commands.
struct KalshiIgnored {};

enum class KalshiMarketChange : std::uint8_t {
  deactivated, ///< no trading until it is activated
  activated,
  close_moved,
  ended, ///< closed, determined or settled
};

/// What `market_lifecycle_v2` says of one market. It comes for every market of the exchange.
struct KalshiMarketEvent {
  MarketId market;
  KalshiMarketChange change = KalshiMarketChange::deactivated;
  Timestamp closes_at; ///< of close_moved, in whole seconds
  Timestamp received_at;
};

using KalshiFrame = std::variant<KalshiIgnored, KalshiSubscribed, KalshiAck, KalshiCommandFailed,
                                 KalshiSnapshot, KalshiDelta, KalshiMarketEvent>;

/// How the NO side's prices are written: `use_yes_price` of the subscription
/// (venues/kalshi.md section 4).
enum class KalshiPrices : std::uint8_t { yes_leg, no_leg };

/// Decodes one text frame of Kalshi's WebSocket (venues/kalshi.md 3.2, 3.4). Markets are named by
/// `market_id(Venue::kalshi, ticker)`, whether anyone watches them or not: their position in the
/// sequence counts all the same.
/// @returns Errc::bad_frame whose text is a stable reason: "not_json", "legacy_form",
/// "snapshot_levels", …
caf::expected<KalshiFrame>
decode_kalshi_frame(JsonScratch& scratch, std::string_view text, Timestamp received_at,
                    KalshiPrices prices = KalshiPrices::yes_leg);

// Commands (venues/kalshi.md 3.1).

std::string kalshi_subscribe(std::uint64_t id, std::span<const std::string> tickers);
/// The lives of all markets: the venue does not let one choose (venues/kalshi.md 3.3).
std::string kalshi_subscribe_lifecycle(std::uint64_t id);

enum class KalshiUpdate : std::uint8_t { add_markets, delete_markets, get_snapshot };
std::string kalshi_update(std::uint64_t id, std::uint64_t sid, KalshiUpdate action,
                          std::span<const std::string> tickers);

} // namespace arbees
