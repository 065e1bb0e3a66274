#pragma once

#include <array>
#include <caf/expected.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "actors/messages/account.hpp"
#include "bridges/polymarket/polymarket_order_codec.hpp"

// What the chain has of the account, as the Data API tells (venues/polymarket.md 1, section 10),
// and how markets were decided.

namespace arbees {

/// Tokens of one outcome that the account holds.
struct PolymarketPosition {
  std::string condition;
  Side side = Side::yes; ///< the place of the outcome in the market's list
  Quantity size;
  Price price;             ///< now, or what a token pays once it is redeemable
  bool redeemable = false; ///< decided, and not yet turned into money
};

enum class PolymarketActivityKind : std::uint8_t { trade, split, merge, redeem, other };

/// Something that happened to the account on the chain.
struct PolymarketActivity {
  PolymarketActivityKind kind = PolymarketActivityKind::other;
  std::string condition;
  Side side = Side::yes;       ///< of a trade
  Action action = Action::buy; ///< of a trade
  Quantity size;               ///< tokens
  Money cash;                  ///< pUSD that moved
  Timestamp at;
};

/// How a market stands.
struct PolymarketMarketResult {
  bool closed = false;
  std::array<bool, 2> winner{};
  std::array<Price, 2> price{};
};

// Bodies of 200. @returns Errc::bad_frame, with the field

caf::expected<PolymarketPage<PolymarketPosition>>
decode_polymarket_positions(std::string_view body);
caf::expected<PolymarketPage<PolymarketActivity>> decode_polymarket_activity(std::string_view body);
/// Of `GET /markets/{condition}`.
caf::expected<PolymarketMarketResult> decode_polymarket_market_result(std::string_view body);

/// Path and query; the cursor is that of the page before, empty at the start.
std::string polymarket_positions_target(std::string_view wallet, std::string_view cursor);
/// @param conditions all if it is empty
/// @param since leaves out what is older; none if it is the epoch
std::string
polymarket_activity_target(std::string_view wallet, const std::vector<std::string>& conditions,
                           Timestamp since, std::string_view cursor);

/// Without decided tokens that pay nothing: of those no money will come.
std::vector<Holding> polymarket_holdings(const std::vector<PolymarketPosition>& positions);

/// What the venue has paid for a decided market, by side: what was held is the sum of all that the
/// account did with its tokens. A side that pays is settled once its money has come, the other at
/// once; nothing as long as the market is open. A tie counts only if the account's own tokens show
/// it: prices of 0.50 are also those of a market that waits for its decision.
/// @param activity all of the account in this market
/// @param held what the account holds now, of any market
std::vector<Settlement>
polymarket_settlements(const std::string& condition, const PolymarketMarketResult& result,
                       const std::vector<PolymarketActivity>& activity,
                       const std::vector<PolymarketPosition>& held);

} // namespace arbees
