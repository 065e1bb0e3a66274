#pragma once

#include "actors/signal_processor/risk_state.hpp"

namespace arbees {

/// A signal on its way through the filters, with what several of them look up.
class Candidate {
public:
  /// @param signal and `state` must outlive it, unchanged
  Candidate(const Signal& signal, const RiskState& state);

  [[nodiscard]] const Signal& signal() const { return signal_; }
  [[nodiscard]] std::span<const SignalLeg> legs() const { return legs_; }
  [[nodiscard]] bool is_arbitrage() const { return signal_.type == SignalType::arbitrage; }
  [[nodiscard]] Quantity quantity() const { return quantity_; }
  void cut(Quantity quantity);

  // Nothing if the signal speaks of what nobody matched; `hedged` lets none of these pass.
  [[nodiscard]] const MatchedGame* game() const { return game_; }
  [[nodiscard]] const Contract* contract() const { return contract_; }
  [[nodiscard]] const MarketSpec* market(std::size_t leg) const { return markets_[leg]; }
  /// Nothing if the rules of a venue are not known; the filter `settlement` lets none of these
  /// pass.
  [[nodiscard]] const std::optional<PairRules>& rules() const { return rules_; }

  // The most that it may cost. @pre the legs' markets have supported fees
  [[nodiscard]] Money cost(std::size_t leg, Quantity quantity) const;
  [[nodiscard]] Money cost(Quantity quantity) const; ///< of all legs
  [[nodiscard]] Money cost(std::size_t leg) const;   ///< of what is left
  [[nodiscard]] Money cost() const;

private:
  const Signal& signal_;
  std::span<const SignalLeg> legs_;
  Quantity quantity_;
  const MatchedGame* game_ = nullptr;
  const Contract* contract_ = nullptr;
  std::array<const MarketSpec*, 2> markets_{};
  std::optional<PairRules> rules_;
  mutable std::optional<std::array<Money, 2>> costs_; ///< of `quantity_`, once somebody asked
};

} // namespace arbees
