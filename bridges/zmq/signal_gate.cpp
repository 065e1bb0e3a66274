#include "bridges/zmq/signal_gate.hpp"

#include <fmt/format.h>
#include <openssl/crypto.h>

#include <algorithm>

#include "actors/messages/errors.hpp"
#include "bridges/envelope/payload_codec.hpp"

namespace arbees {

namespace {

/// Takes as long whatever is wrong with it.
bool same(std::string_view a, std::string_view b) {
  return a.size() == b.size() && !a.empty() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

const Contract* find_contract(const MatchedGame& match, ContractId id) {
  const auto found = std::ranges::find(match.contracts, id, &Contract::id);
  return found == match.contracts.end() ? nullptr : &*found;
}

bool is_played(const MatchedGame& match, std::optional<Phase> phase, Timestamp now) {
  return (phase && *phase != Phase::scheduled) || now >= match.game.start;
}

} // namespace

SignalGate::SignalGate(SignalGateConfig config, Secret token, Timestamp now)
  : config_{config},
    token_{std::move(token)},
    rate_{{.capacity = config.burst, .refill_per_second = config.signals_per_second}, now} {}

SignalGate::Game* SignalGate::game(GameId id) {
  const auto known = games_.find(id);
  if (known != games_.end()) {
    return &known->second;
  }
  return games_.size() < max_games ? &games_[id] : nullptr;
}

void SignalGate::add(const MatchedGame& match) {
  if (auto* const known = game(match.game.id)) {
    known->match = match;
    known->matched = true;
  }
}

void SignalGate::add(const GameUpdate& update) {
  if (auto* const known = game(update.game.id)) {
    known->phase = update.state.phase;
  }
}

void SignalGate::add(const GameEnded& ended) {
  games_.erase(ended.game.id);
}

void SignalGate::add(const Signal& ours) {
  if (const auto known = games_.find(ours.game); known != games_.end()) {
    known->second.epoch = std::max(known->second.epoch, ours.assignment_epoch);
  }
}

std::variant<Signal, GateRefusal>
SignalGate::judge(std::string_view token, std::string_view payload, Timestamp now) {
  if (!same(token, token_.reveal())) {
    return GateRefusal{"bad_token", ""};
  }
  if (payload.size() > max_bytes) {
    return GateRefusal{"too_large", fmt::format("at most {} bytes", max_bytes)};
  }
  if (!rate_.take(1, Urgency::normal, now)) {
    return GateRefusal{"too_many", fmt::format("{} a second", config_.signals_per_second)};
  }
  auto signal = decode_payload<Signal>(payload);
  if (!signal) {
    return GateRefusal{"bad_signal", describe(signal.error())};
  }
  const auto known = games_.find(signal->game);
  if (known == games_.end() || !known->second.matched) {
    return GateRefusal{"unknown_game", "no match of that game is known"};
  }
  if (auto refusal = check(*signal, known->second, now)) {
    return *std::move(refusal);
  }
  // An id of its own: it must never be taken for one that a shard made.
  signal->id = SignalId{fnv1a(to_hex(signal->id), fnv1a("signal from outside"))};
  signal->triggered_by = now;
  signal->expires_at = std::min(signal->expires_at, now + config_.max_life);
  signal->assignment_epoch = known->second.epoch;
  return *std::move(signal);
}

std::optional<GateRefusal>
SignalGate::check(const Signal& signal, const Game& game, Timestamp now) const {
  if (signal.type != SignalType::arbitrage) {
    return GateRefusal{"unsupported_type", "arbitrage only: what is not hedged is not carried out"};
  }
  const auto* const contract = find_contract(game.match, signal.contract);
  if (contract == nullptr || !game.match.tradable) {
    return GateRefusal{"not_tradable", "the contract is unknown, or shown only"};
  }
  for (const auto& leg : signal.legs) {
    if (auto refusal = check_leg(leg, game, *contract, now)) {
      return refusal;
    }
  }
  if (signal.in_play != is_played(game.match, game.phase, now)) {
    return GateRefusal{"wrong_phase", signal.in_play ? "not in play" : "in play"};
  }
  if (now >= signal.expires_at) {
    return GateRefusal{"expired", ""};
  }
  return check_numbers(signal);
}

std::optional<GateRefusal> SignalGate::check_leg(const SignalLeg& leg, const Game& game,
                                                 const Contract& contract, Timestamp now) const {
  const auto market = std::ranges::find(game.match.markets, leg.market, &MarketSpec::id);
  const auto expresses = std::ranges::any_of(contract.expressions, [&](const Expression& each) {
    return each.market == leg.market;
  });
  if (market == game.match.markets.end() || !expresses || market->ref.venue != leg.venue) {
    return GateRefusal{"unknown_market", "a leg's market is not of the contract"};
  }
  if (leg.post_only) {
    return GateRefusal{"unsupported_rest", "orders that rest are the shards' own"};
  }
  if (leg.received_at > now || leg.exchange_time > now + std::chrono::seconds{1}) {
    return GateRefusal{"wrong_stamp", "a book of the future"};
  }
  if (now - leg.received_at > config_.max_book_age) {
    return GateRefusal{"stale_book",
                       fmt::format("older than {} ms",
                                   config_.max_book_age / std::chrono::milliseconds{1})};
  }
  return std::nullopt;
}

std::optional<GateRefusal> SignalGate::check_numbers(const Signal& signal) const {
  if (signal.quantity <= Quantity{0} || signal.quantity > config_.max_quantity) {
    return GateRefusal{"too_big", fmt::format("more than 0, at most {} contracts",
                                              to_string(config_.max_quantity))};
  }
  for (const auto& leg : signal.legs) {
    if (leg.quantity != signal.quantity || leg.cost < Money{0} || leg.fee < Money{0}
        || leg.cost > notional(leg.limit, leg.quantity, Rounding::up)) {
      return GateRefusal{"inconsistent", "a leg of another size, or dearer than its limit"};
    }
  }
  // Of each contract a dollar is paid, at most.
  if (signal.edge < Money{0} || signal.edge.value() > signal.quantity.value()) {
    return GateRefusal{"inconsistent", "edge is less than nothing, or more than is paid"};
  }
  const Money each{divide(Int128{signal.edge.value()} * quantity_per_contract,
                          signal.quantity.value(), Rounding::down)};
  if (signal.edge_per_contract > each) {
    return GateRefusal{"inconsistent", "edge_cents is more than edge by quantity"};
  }
  if (signal.edge_per_contract < config_.min_edge) {
    return GateRefusal{"edge_too_small", to_string(config_.min_edge) + " a contract"};
  }
  return std::nullopt;
}

} // namespace arbees
