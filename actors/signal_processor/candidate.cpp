#include "actors/signal_processor/candidate.hpp"

namespace arbees {

Candidate::Candidate(const Signal& signal, const RiskState& state)
  : signal_(signal),
    legs_(legs_of(signal)),
    quantity_(signal.quantity),
    game_(state.game(signal.game)),
    contract_(state.contract(signal)) {
  for (std::size_t i = 0; i < legs_.size(); ++i) {
    markets_[i] = state.market(legs_[i].market);
  }
  if (game_ != nullptr && contract_ != nullptr) {
    rules_ = state.rules(signal, game_->game.league, *contract_);
  }
}

void Candidate::cut(Quantity quantity) {
  quantity_ = quantity;
  costs_.reset();
}

Money Candidate::cost(std::size_t leg, Quantity quantity) const {
  return worst_cost(legs_[leg], *markets_[leg], quantity);
}

Money Candidate::cost(Quantity quantity) const {
  Money sum;
  for (std::size_t i = 0; i < legs_.size(); ++i) {
    sum += cost(i, quantity);
  }
  return sum;
}

Money Candidate::cost(std::size_t leg) const {
  if (!costs_) {
    costs_.emplace();
    for (std::size_t i = 0; i < legs_.size(); ++i) {
      (*costs_)[i] = cost(i, quantity_);
    }
  }
  return (*costs_)[leg];
}

Money Candidate::cost() const {
  auto sum = cost(0);
  for (std::size_t i = 1; i < legs_.size(); ++i) {
    sum += cost(i);
  }
  return sum;
}

} // namespace arbees
