#include "actors/messages/ids.hpp"

#include <charconv>

namespace arbees {

std::string_view to_string(Venue venue) {
  return venue == Venue::kalshi ? "kalshi" : "polymarket";
}

std::optional<Venue> parse_venue(std::string_view text) {
  if (text == "kalshi") {
    return Venue::kalshi;
  }
  if (text == "polymarket") {
    return Venue::polymarket;
  }
  return std::nullopt;
}

MarketId market_id(Venue venue, std::string_view native_id) {
  return MarketId{fnv1a(native_id, fnv1a(venue == Venue::kalshi ? "kalshi:" : "polymarket:"))};
}

GameId game_id(std::string_view key) {
  return GameId{fnv1a(key, fnv1a("game:"))};
}

std::string to_hex(std::uint64_t id) {
  return fmt::format("{:016x}", id);
}

std::optional<std::uint64_t> parse_hex(std::string_view text) {
  std::uint64_t id = 0;
  const auto* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, id, 16);
  if (text.size() != 16 || error != std::errc{} || rest != end) {
    return std::nullopt;
  }
  return id;
}

} // namespace arbees
