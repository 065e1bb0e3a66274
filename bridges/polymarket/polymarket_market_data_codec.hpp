#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

#include "actors/messages/feed.hpp"
#include "bridges/net/json_scratch.hpp"

namespace arbees {

/// What a token id stands for.
struct PolymarketAsset {
  MarketId market;
  Side token = Side::yes;
};

struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const {
    return std::hash<std::string_view>{}(text);
  }
};

/// Wanted token ids; looked up without a copy.
using PolymarketAssets =
  std::unordered_map<std::string, PolymarketAsset, TextHash, std::equal_to<>>;

using PolymarketEvent =
  std::variant<PolymarketBook, PolymarketChanges, PolymarketTickChange, MarketClosed>;

/// An event that could not be understood.
struct PolymarketRejected {
  std::string reason;             ///< stable: "not_json", "book_levels", …
  std::optional<MarketId> market; ///< whose book is no longer known because of it
};

/// What a frame holds. A frame may be an array of many events; one that cannot be understood does
/// not take the others with it.
struct PolymarketFrame {
  std::vector<PolymarketEvent> events;
  std::vector<PolymarketRejected> rejected;
};

/// Decodes one text frame of the market channel (venues/polymarket.md 2.2). Events of tokens that
/// are not in `assets`, and plain texts (PONG, NO NEW ASSETS), are left out.
PolymarketFrame decode_polymarket_frame(JsonScratch& scratch, std::string_view text,
                                        Timestamp received_at, const PolymarketAssets& assets);

/// Decodes the answer of REST `GET /book` (venues/polymarket.md 3.1).
PolymarketFrame decode_polymarket_rest_book(JsonScratch& scratch, std::string_view text,
                                            Timestamp received_at, const PolymarketAssets& assets);

// What the client says (venues/polymarket.md 2.1).

std::string polymarket_first_message(const std::vector<std::string>& tokens);

enum class PolymarketOperation : std::uint8_t { subscribe, unsubscribe };
std::string
polymarket_operation(PolymarketOperation operation, const std::vector<std::string>& tokens);

} // namespace arbees
