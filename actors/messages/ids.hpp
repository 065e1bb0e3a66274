#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "actors/messages/strong.hpp"

namespace arbees {

enum class Venue : std::uint8_t { kalshi, polymarket };

std::string_view to_string(Venue venue); ///< "kalshi", "polymarket"
std::optional<Venue> parse_venue(std::string_view text);

struct MarketTag {
  static constexpr auto name = "MarketId";
};
struct GameTag {
  static constexpr auto name = "GameId";
};
struct ContractTag {
  static constexpr auto name = "ContractId";
};
struct SignalTag {
  static constexpr auto name = "SignalId";
};
struct PairTag {
  static constexpr auto name = "PairId";
};

// Ids are 64-bit hashes of the outside's own text: the same in every process and in every run, so
// that no table has to be shared, and a replay makes the same ones. The orchestrator refuses a
// market or game whose id is taken by another text.

/// One binary market of one venue: a Kalshi market ticker or a Polymarket condition.
using MarketId = Strong<MarketTag, std::uint64_t>;
/// One game, whatever sources report it.
using GameId = Strong<GameTag, std::uint64_t>;
/// One proposition about one game.
using ContractId = Strong<ContractTag, std::uint64_t>;
using SignalId = Strong<SignalTag, std::uint64_t>;
/// One execution request and the pair of orders that it becomes.
using PairId = Strong<PairTag, std::uint64_t>;

/// FNV-1a, 64 bit; `seed` chains parts.
constexpr std::uint64_t fnv1a(std::string_view text, std::uint64_t seed = 0xcbf29ce484222325) {
  for (const char c : text) {
    seed = (seed ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  }
  return seed;
}

/// @param native_id Kalshi market ticker or Polymarket condition id.
MarketId market_id(Venue venue, std::string_view native_id);

/// @param key league and ESPN id, "nba:401990102".
GameId game_id(std::string_view key);

/// 16 lower-case hexadecimal digits, as ids appear in topics, payloads and the ledger.
std::string to_hex(std::uint64_t id);
std::optional<std::uint64_t> parse_hex(std::string_view text);

template <class Tag>
std::string to_hex(const Strong<Tag, std::uint64_t>& id) {
  return to_hex(id.value());
}

} // namespace arbees
