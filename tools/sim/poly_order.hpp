#pragma once

#include <boost/json.hpp>
#include <string>
#include <variant>

#include "tools/sim/engine.hpp"
#include "tools/sim/poly_keys.hpp"
#include "tools/sim/poly_signature.hpp"

namespace arbees::sim {

enum class PolyOrderType : std::uint8_t { gtc, gtd, fok, fak };
std::string_view name(PolyOrderType type);

/// Why the CLOB does not take an order.
struct ClobRefusal {
  unsigned status = 400;
  std::string text{};
};

/// A posted order that is in itself right: authentic, on the grid, above the minimum.
struct PolyDraft {
  std::string hash{}; ///< the order's id
  std::string maker{};
  int signature_type = 0;
  int market = 0;
  int token = 0;
  bool buys = true;
  PolyOrderType type = PolyOrderType::gtc;
  bool post_only = false;
  UnixSeconds expiration = 0;
  Price price{};     ///< the limit, of its own token
  Quantity shares{}; ///< asked for or offered
  Money dollars{};   ///< offered or asked for

  [[nodiscard]] bool rests() const {
    return type == PolyOrderType::gtc || type == PolyOrderType::gtd;
  }
};

/// Checks the body of POST /order as far as it needs neither book nor account: fields, owner, maker
/// and signer by signature type, signature and id, tick, amounts, minimum, expiration (fact sheet
/// polymarket, sections 3.3, 5).
std::variant<ClobRefusal, PolyDraft>
check_posted(const Engine& engine, const boost::json::value& body, const PolyKey& key);

/// The exchange that settles a market: its ledger decides, and on the older one its neg-risk flag.
PolyExchange exchange_of(const PolyMarket& market);

/// Decimals of computed amounts on a grid of `tick` (section 3.3).
int amount_decimals(Price tick);

} // namespace arbees::sim
