#include "actors/signal_processor/filters.hpp"

#include "actors/signal_processor/filter_list.hpp"

namespace arbees {

namespace {

constexpr std::array all_filters = {
  Filter{"trading_state", filter::trading_state},
  Filter{"expiry", filter::expiry},
  Filter{"signal_type", filter::signal_type},
  Filter{"lease_epoch", filter::lease_epoch},
  Filter{"hedged", filter::hedged},
  Filter{"settlement", filter::settlement},
  Filter{"venue_state", filter::venue_state},
  Filter{"feed_up", filter::feed_up},
  Filter{"reconciled", filter::reconciled},
  Filter{"void_rate", filter::void_rate},
  Filter{"freshness", filter::freshness},
  Filter{"sanity", filter::sanity},
  Filter{"side_prices", filter::side_prices},
  Filter{"min_edge", filter::min_edge},
  Filter{"lock_up", filter::lock_up},
  Filter{"price_band", filter::price_band},
  Filter{"daily_loss", filter::daily_loss},
  Filter{"drawdown", filter::drawdown},
  Filter{"duplicate", filter::duplicate},
  Filter{"unknown_leg", filter::unknown_leg},
  Filter{"in_flight", filter::in_flight},
  Filter{"pairs_in_flight", filter::pairs_in_flight},
  Filter{"pair_rate", filter::pair_rate},
  Filter{"depth", filter::depth},
  Filter{"kelly", filter::kelly},
  Filter{"pair_size", filter::pair_size},
  Filter{"contract_exposure", filter::contract_exposure},
  Filter{"game_exposure", filter::game_exposure},
  Filter{"league_exposure", filter::league_exposure},
  Filter{"shard_exposure", filter::shard_exposure},
  Filter{"venue_exposure", filter::venue_exposure},
  Filter{"total_exposure", filter::total_exposure},
  Filter{"tail_loss", filter::tail_loss},
  Filter{"balance", filter::balance},
  Filter{"grid", filter::grid},
  Filter{"worst_case", filter::worst_case},
};

} // namespace

std::span<const Filter> filters() {
  return all_filters;
}

PairId pair_id(SignalId signal) {
  return PairId{fnv1a("pair", signal.value())};
}

std::variant<ExecutionRequest, SignalRejected>
judge(const Signal& signal, const RiskState& state, const RiskConfig& config) {
  Candidate candidate{signal, state};
  for (const auto& one : filters()) {
    auto verdict = one.check(candidate, state, config);
    if (auto* const reject = std::get_if<Reject>(&verdict)) {
      return SignalRejected{signal, std::string{one.name}, std::move(reject->measured),
                            std::move(reject->limit), state.now()};
    }
    if (const auto* const cut = std::get_if<Cut>(&verdict)) {
      candidate.cut(cut->quantity);
    }
  }
  return ExecutionRequest{.pair = pair_id(signal.id),
                          .signal = signal,
                          .quantity = candidate.quantity(),
                          .limits = {signal.legs[0].limit, signal.legs[1].limit},
                          .approved_at = state.now()};
}

} // namespace arbees
