#include "actors/market/grid.hpp"

#include <algorithm>
#include <limits>
#include <numeric>

namespace arbees {

namespace {

constexpr Price lowest{price_zero.value() + 1};
constexpr Price highest{price_one.value() - 1};

/// A cent in the unit of quantity * price, 1e-10 dollar.
constexpr std::int64_t cent = 100'000'000;

std::optional<Quantity> common_multiple(Quantity a, Quantity b) {
  const auto reduced = a.value() / std::gcd(a.value(), b.value());
  std::int64_t product = 0;
  if (__builtin_mul_overflow(reduced, b.value(), &product)) {
    return std::nullopt;
  }
  return Quantity{product};
}

std::optional<Price> flip(std::optional<Price> price) {
  if (price) {
    return complement(*price);
  }
  return std::nullopt;
}

bool over_minimums(const MarketSpec& market, Price limit, Quantity quantity) {
  return quantity > Quantity{0} && quantity >= market.min_quantity
         && notional(limit, quantity, Rounding::down) >= market.min_notional;
}

} // namespace

bool on_grid(std::span<const PriceBand> bands, Price price) {
  return tradable(price) && std::ranges::any_of(bands, [&](const PriceBand& band) {
           return band.step > price_zero && band.start <= price && price <= band.end
                  && price.value() % band.step.value() == 0;
         });
}

std::optional<Price> floor_to_grid(std::span<const PriceBand> bands, Price price) {
  std::optional<Price> best;
  for (const auto& band : bands) {
    if (band.step <= price_zero) {
      continue;
    }
    const auto step = band.step.value();
    const auto top = std::min({price, band.end, highest}).value();
    const Price snapped{top < 0 ? -1 : top / step * step};
    if (snapped >= std::max(band.start, lowest)) {
      best = std::max(best.value_or(snapped), snapped);
    }
  }
  return best;
}

std::optional<Price> ceil_to_grid(std::span<const PriceBand> bands, Price price) {
  std::optional<Price> best;
  for (const auto& band : bands) {
    if (band.step <= price_zero || band.step > price_one) {
      continue;
    }
    const auto step = band.step.value();
    const auto bottom = std::min(std::max({price, band.start, lowest}), price_one).value();
    const Price snapped{(bottom + step - 1) / step * step};
    if (snapped <= std::min(band.end, highest)) {
      best = std::min(best.value_or(snapped), snapped);
    }
  }
  return best;
}

std::optional<Price> side_floor(const MarketSpec& market, Side side, Price price) {
  if (side == Side::yes) {
    return floor_to_grid(market.price_bands, price);
  }
  return flip(ceil_to_grid(market.price_bands, complement(price)));
}

std::optional<Price> side_ceil(const MarketSpec& market, Side side, Price price) {
  if (side == Side::yes) {
    return ceil_to_grid(market.price_bands, price);
  }
  return flip(floor_to_grid(market.price_bands, complement(price)));
}

std::optional<Quantity> buy_step(const MarketSpec& market, Price limit) {
  const auto step = market.quantity_step;
  if (step <= Quantity{0} || !tradable(limit)) {
    return std::nullopt;
  }
  if (market.ref.venue != Venue::polymarket) {
    return step;
  }
  // The least k with k * step * limit a whole number of cents (venues/polymarket.md 3.3).
  const auto per_step = static_cast<std::int64_t>(Int128{step.value()} * limit.value() % cent);
  const auto factor = cent / std::gcd(per_step, cent);
  std::int64_t coarse = 0;
  if (__builtin_mul_overflow(step.value(), factor, &coarse)) {
    return std::nullopt;
  }
  return Quantity{coarse};
}

bool accepts_buy(const MarketSpec& market, Price limit, Quantity quantity) {
  const auto step = buy_step(market, limit);
  return step && on_grid(market.price_bands, limit) && quantity.value() % step->value() == 0
         && over_minimums(market, limit, quantity);
}

std::optional<Quantity> pair_quantity(const PairLeg& a, const PairLeg& b, Quantity at_most) {
  const auto step_a = buy_step(a.market, a.limit);
  const auto step_b = buy_step(b.market, b.limit);
  if (!step_a || !step_b || !on_grid(a.market.price_bands, a.limit)
      || !on_grid(b.market.price_bands, b.limit)) {
    return std::nullopt;
  }
  const auto step = common_multiple(*step_a, *step_b);
  if (!step || at_most < *step) {
    return std::nullopt;
  }
  const auto quantity = floor_to(at_most, *step);
  // Minimums only ask for more, so that the largest multiple meets them or none does.
  return over_minimums(a.market, a.limit, quantity) && over_minimums(b.market, b.limit, quantity)
           ? std::optional{quantity}
           : std::nullopt;
}

} // namespace arbees
