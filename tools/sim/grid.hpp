#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "actors/messages/money.hpp"

namespace arbees::sim {

/// A band of prices, multiples of `step` between `start` and `end`.
struct PriceRange {
  Price start;
  Price end;
  Price step;
};

/// The prices a market accepts. 0 and 1 are never tradable; a boundary belongs to both bands
/// (fact sheet kalshi, section 4).
class Grid {
public:
  explicit Grid(std::vector<PriceRange> ranges);

  [[nodiscard]] const std::vector<PriceRange>& ranges() const { return ranges_; }
  [[nodiscard]] bool contains(Price price) const;
  /// The nearest price of the grid on that side, or nothing if the grid ends before it.
  [[nodiscard]] std::optional<Price> at_or_below(double probability) const;
  [[nodiscard]] std::optional<Price> at_or_above(double probability) const;
  [[nodiscard]] Price above(Price price) const; ///< the next higher price, or the highest

private:
  std::vector<PriceRange> ranges_;
  std::vector<Price> prices_; ///< every tradable price, ascending
};

/// Kalshi's labels (fact sheet kalshi, section 4).
enum class PriceStructure : std::uint8_t { linear_cent, deci_cent, tapered_deci_cent };
std::string_view name(PriceStructure structure);
const Grid& kalshi_grid(PriceStructure structure);

/// Polymarket's grid: multiples of `tick` from tick to 1 - tick.
const Grid& polymarket_grid(Price tick);

} // namespace arbees::sim
