#include "tools/sim/poly_allowances.hpp"

#include <algorithm>

namespace arbees::sim {

void PolyAllowances::approve(PolyAsset asset, PolyExchange exchange, std::int64_t amount) {
  auto& its = at(asset, exchange);
  its.granted = amount;
  its.seen = std::min(its.seen, amount);
}

void PolyAllowances::refresh(PolyAsset asset) {
  for (auto& its : all_[static_cast<std::size_t>(asset)]) {
    its.seen = its.granted;
  }
}

void PolyAllowances::spend(PolyExchange exchange, std::int64_t amount) {
  auto& its = at(PolyAsset::collateral, exchange);
  for (auto* const value : {&its.granted, &its.seen}) {
    *value -= *value == unlimited ? 0 : amount;
  }
}

std::string allowance_text(std::int64_t amount) {
  return amount == PolyAllowances::unlimited
           ? "115792089237316195423570985008687907853269984665640564039457584007913129639935"
           : std::to_string(std::max<std::int64_t>(amount, 0));
}

} // namespace arbees::sim
