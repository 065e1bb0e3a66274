#pragma once

#include <caf/expected.hpp>
#include <map>

#include "actors/messages/errors.hpp"
#include "bridges/net/catalogue_page.hpp"

namespace arbees {

/// One row of `GET /sports`. Series ids change each season.
struct GammaSport {
  std::string sport; ///< "nba"
  std::string series;
};

/// Decodes `GET /sports`. @returns Errc::bad_frame
caf::expected<std::vector<GammaSport>> decode_gamma_sports(std::string_view text);

/// Decodes events of Gamma: a keyset page, the array of `/events`, or the object of
/// `/events/slug/…` (venues/polymarket.md 8.1, 8.2). Markets other than moneyline, spreads and
/// totals are left out without a word.
/// @returns Errc::bad_frame if it is none of these
caf::expected<CataloguePage> decode_gamma_events(std::string_view text, Timestamp fetched_at);

/// Decodes the fees of `GET /clob-markets/{condition}` (`fd`), which Gamma may lack.
/// @returns Errc::bad_frame
caf::expected<FeeSchedule> decode_clob_market_fees(std::string_view text, Timestamp fetched_at);

} // namespace arbees
