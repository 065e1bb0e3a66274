#include "actors/executor/pair_desk.hpp"

#include <algorithm>

namespace arbees {

namespace {

PairClosed refusal(const ExecutionRequest& request, std::string reason, Timestamp now) {
  return {.pair = request.pair,
          .signal = request.signal.id,
          .game = request.signal.game,
          .outcome = PairOutcome::void_,
          .requested = request.quantity,
          .triggered_by = request.signal.triggered_by,
          .opened_at = now,
          .closed_at = now,
          .reason = std::move(reason)};
}

} // namespace

PairDesk::PairDesk(ExecutorConfig config) : config_{config} {}

void PairDesk::learn(const MatchedGame& match) {
  for (const auto& market : match.markets) {
    markets_.insert_or_assign(market.id, market);
  }
}

DeskAnswer PairDesk::open(const ExecutionRequest& request) {
  now_ = std::max(now_, request.approved_at);
  if (!known_.insert(request.pair).second) {
    ++counters_["duplicate_requests"];
    return {.news = false};
  }
  DeskAnswer answer;
  if (auto why = why_refused(request); !why.empty()) {
    ++counters_["refused:" + why];
    record(request.pair,
           {ClosePair{.closed = refusal(request, std::move(why), now_), .ledger_knows = false}},
           answer);
    return answer;
  }
  ledger_retry_at_ = now_ + config_.ledger_retry;
  const auto& legs = request.signal.legs;
  const auto added =
    pairs_.emplace(request.pair,
                   PairMachine{request,
                               {markets_.at(legs[0].market), markets_.at(legs[1].market)},
                               {books_.at(legs[0].market), books_.at(legs[1].market)},
                               config_});
  open_.insert(request.pair);
  record(request.pair, added.first->second.open(now_), answer);
  return answer;
}

std::string PairDesk::why_refused(const ExecutionRequest& request) const {
  if (ledger_refuses_ && now_ < ledger_retry_at_) {
    return "ledger_refuses";
  }
  if (exposed_ > config_.exposed_budget) {
    return "exposed_budget";
  }
  for (const auto& leg : request.signal.legs) {
    if (!markets_.contains(leg.market)) {
      return "unknown_market";
    }
    if (!books_.contains(leg.market)) {
      return "no_book";
    }
  }
  return "";
}

DeskAnswer PairDesk::committed(PairId pair, std::uint32_t batch, Timestamp at) {
  now_ = std::max(now_, at);
  ledger_refuses_ = false;
  DeskAnswer answer;
  if (const auto found = pairs_.find(pair); found != pairs_.end()) {
    advance(pair, found->second, BatchCommitted{batch}, answer);
  }
  return answer;
}

DeskAnswer PairDesk::refused(PairId pair, std::uint32_t batch, const std::string& reason) {
  ++counters_["commit_refused"];
  ledger_refuses_ = true;
  ledger_retry_at_ = now_ + config_.ledger_retry;
  DeskAnswer answer;
  if (const auto found = pairs_.find(pair); found != pairs_.end()) {
    advance(pair, found->second, BatchRefused{batch, reason}, answer);
  }
  return answer;
}

DeskAnswer PairDesk::apply(const OrderReport& report) {
  now_ = std::max(now_, report.reported_at);
  DeskAnswer answer;
  const auto found = pairs_.find(report.pair);
  if (found == pairs_.end()) {
    ++counters_["ignored:foreign_report"];
    return {.news = false};
  }
  advance(report.pair, found->second, report, answer);
  return answer;
}

DeskAnswer PairDesk::apply(const Fill& fill) {
  DeskAnswer answer;
  const auto found = pairs_.find(fill.pair);
  if (found == pairs_.end()) {
    // Money moved all the same: the ledger, which knows every fill id, has to judge.
    ++counters_["fills_of_forgotten_pairs"];
    return answer;
  }
  advance(fill.pair, found->second, fill, answer);
  return answer;
}

DeskAnswer PairDesk::apply(const BookUpdate& update) {
  now_ = std::max(now_, update.received_at);
  books_.insert_or_assign(update.market, update);
  DeskAnswer answer;
  const auto open = open_; // pairs that close leave the set
  for (const auto pair : open) {
    auto& machine = pairs_.at(pair);
    const auto& legs = machine.request().signal.legs;
    if (legs[0].market == update.market || legs[1].market == update.market) {
      advance(pair, machine, update, answer);
    }
  }
  return answer;
}

DeskAnswer PairDesk::apply(const Tick& tick) {
  now_ = std::max(now_, tick.now);
  DeskAnswer answer;
  const auto open = open_;
  for (const auto pair : open) {
    advance(pair, pairs_.at(pair), tick, answer);
  }
  forget_old();
  return answer;
}

Money PairDesk::budget_left() const {
  return config_.exposed_budget - exposed_;
}

void PairDesk::advance(PairId pair, PairMachine& machine, const PairEvent& event,
                       DeskAnswer& answer) {
  record(pair, machine.apply(event, now_, budget_left()), answer);
}

void PairDesk::record(PairId pair, PairCommands commands, DeskAnswer& answer) {
  for (auto& command : commands) {
    count(command);
    if (std::holds_alternative<IgnoreEvent>(command)) {
      answer.news = false;
      continue;
    }
    if (const auto* close = std::get_if<ClosePair>(&command)) {
      open_.erase(pair);
      exposed_ += close->exposed;
    }
    answer.commands.push_back({pair, std::move(command)});
  }
}

void PairDesk::count(const PairCommand& command) {
  if (const auto* ignored = std::get_if<IgnoreEvent>(&command)) {
    ++counters_["ignored:" + ignored->why];
  } else if (const auto* alert = std::get_if<RaiseAlert>(&command)) {
    ++counters_["alerts:" + alert->what];
  } else if (std::holds_alternative<SendOrder>(command)) {
    ++counters_["orders_sent"];
  } else if (std::holds_alternative<AskVenue>(command)) {
    ++counters_["venue_queries"];
  } else if (const auto* close = std::get_if<ClosePair>(&command)) {
    ++counters_["pairs:" + std::string{to_string(close->closed.outcome)}];
    counters_["locked_profit_micros"] += close->closed.locked_profit.value();
    counters_["fees_micros"] += close->closed.fees.value();
  }
}

void PairDesk::forget_old() {
  std::erase_if(pairs_, [this](const auto& entry) {
    const auto& machine = entry.second;
    return machine.stage() == PairStage::closed
           && machine.closed_at() + config_.closed_retention <= now_;
  });
}

const ExecutionRequest* PairDesk::request(PairId pair) const {
  const auto found = pairs_.find(pair);
  return found == pairs_.end() ? nullptr : &found->second.request();
}

std::map<std::string, std::int64_t> PairDesk::metrics() const {
  auto values = counters_;
  values["pairs_open"] = static_cast<std::int64_t>(open_.size());
  values["exposed_micros"] = exposed_.value();
  values["ledger_refuses"] = ledger_refuses_ ? 1 : 0;
  std::int64_t unknown = 0;
  for (const auto pair : open_) {
    unknown += pairs_.at(pair).unknown_orders();
  }
  values["unknown_orders"] = unknown;
  return values;
}

} // namespace arbees
