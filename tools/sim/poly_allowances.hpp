#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <string>

#include "tools/sim/poly_signature.hpp"

namespace arbees::sim {

enum class PolyAsset : std::uint8_t { collateral, conditional };

/// What the exchanges' contracts may move of a wallet, in base units (fact sheet polymarket,
/// sections 3.2 and 5.1). The venue sees at once that an approval was withdrawn, but that one was
/// given only when it is told to look at the chain again.
class PolyAllowances {
public:
  static constexpr auto unlimited = std::numeric_limits<std::int64_t>::max();

  [[nodiscard]] std::int64_t seen(PolyAsset asset, PolyExchange exchange) const {
    return at(asset, exchange).seen;
  }

  /// The owner approves `amount` on the chain.
  void approve(PolyAsset asset, PolyExchange exchange, std::int64_t amount);

  /// The venue reads the chain.
  void refresh(PolyAsset asset);

  /// A limited allowance shrinks by what was spent of it; what comes back restores it.
  void spend(PolyExchange exchange, std::int64_t amount);

private:
  struct Allowance {
    std::int64_t granted = unlimited;
    std::int64_t seen = unlimited;
  };

  [[nodiscard]] const Allowance& at(PolyAsset asset, PolyExchange exchange) const {
    return all_[static_cast<std::size_t>(asset)][static_cast<std::size_t>(exchange)];
  }
  Allowance& at(PolyAsset asset, PolyExchange exchange) {
    return all_[static_cast<std::size_t>(asset)][static_cast<std::size_t>(exchange)];
  }

  std::array<std::array<Allowance, 3>, 2> all_{};
};

/// An allowance as the venue writes it; a contract's unlimited one is 2^256 - 1.
std::string allowance_text(std::int64_t amount);

} // namespace arbees::sim
