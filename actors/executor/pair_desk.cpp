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
    for (auto& [pair, machine] : pairs_) {
      if (machine.holds() || open_.contains(pair)) {
        machine.learn(market);
      }
    }
  }
}

void PairDesk::learn(const VenueStatus& status) {
  venues_[static_cast<std::size_t>(status.venue)].states[status.exchange_index] = status.state;
}

void PairDesk::learn(const Reconciliation& reconciliation) {
  now_ = std::max(now_, reconciliation.at);
  // A comparison that failed says nothing: what was known stays.
  if (reconciliation.failed.empty()) {
    venues_[static_cast<std::size_t>(reconciliation.venue)].reconciled = agrees(reconciliation);
  }
}

bool PairDesk::reconciled() const {
  return !config_.require_reconciled
         || std::ranges::all_of(venues_, [](const VenueView& venue) { return venue.reconciled; });
}

bool PairDesk::obey(const TradingControl& control) {
  if (control.at < trading_.at) {
    return false;
  }
  now_ = std::max(now_, control.at);
  trading_ = control;
  return true;
}

DeskAnswer PairDesk::restore(const std::vector<OpenPair>& pairs, Timestamp now) {
  now_ = std::max(now_, now);
  DeskAnswer answer;
  for (const auto& pair : pairs) {
    const auto id = pair.request.pair;
    const auto& legs = pair.request.signal.legs;
    const auto [entry, is_new] =
      pairs_.emplace(id,
                     PairMachine::restore(pair, {market(legs[0].market), market(legs[1].market)},
                                          config_, now_));
    if (is_new) {
      known_.insert(id);
      open_.insert(id);
      ++counters_["pairs_restored"];
      advance(id, entry->second, Tick{now_}, answer);
    }
  }
  return answer;
}

void PairDesk::hold(const std::vector<PairRestored>& pairs) {
  for (const auto& [pair, closed] : pairs) {
    const auto& legs = pair.request.signal.legs;
    const auto [entry, is_new] =
      pairs_.emplace(pair.request.pair,
                     PairMachine::restore(pair, {market(legs[0].market), market(legs[1].market)},
                                          config_, now_));
    if (is_new && closed) {
      entry->second.hold(*closed);
      known_.insert(pair.request.pair);
      ++counters_["pairs_held"];
    }
  }
}

DeskAnswer PairDesk::exit(const ExitRequest& request) {
  now_ = std::max(now_, request.approved_at);
  DeskAnswer answer;
  const auto& exit = request.exit;
  if (auto why = why_not_sold(request); !why.empty()) {
    record(exit.position,
           {EndExit{{.exit = exit.id,
                     .position = exit.position,
                     .reason = exit.reason,
                     .refused = std::move(why),
                     .at = now_}}},
           answer);
    return answer;
  }
  auto& machine = pairs_.at(exit.position);
  show_books(machine);
  open_.insert(exit.position);
  record(exit.position, machine.exit(request, now_, budget_left()), answer);
  if (machine.stage() == PairStage::closed) {
    open_.erase(exit.position);
  }
  return answer;
}

/// Exits stay allowed while no pair is opened, but nothing is sent when trading is halted.
std::string PairDesk::why_not_sold(const ExitRequest& request) const {
  if (trading_.state == TradingState::halted) {
    return "trading_halted";
  }
  if (ledger_refuses_ && now_ < ledger_retry_at_) {
    return "ledger_refuses";
  }
  const auto found = pairs_.find(request.exit.position);
  if (found == pairs_.end()) {
    return "unknown_pair";
  }
  return found->second.stage() == PairStage::closed ? "" : "pair_at_work";
}

std::optional<MarketSpec> PairDesk::market(MarketId id) const {
  const auto found = markets_.find(id);
  return found == markets_.end() ? std::nullopt : std::optional{found->second};
}

const std::vector<PairId>& PairDesk::open_pairs_of(MarketId market) {
  touched_.clear();
  for (const auto pair : open_) {
    const auto& legs = pairs_.at(pair).request().signal.legs;
    if (legs[0].market == market || legs[1].market == market) {
      touched_.push_back(pair);
    }
  }
  return touched_;
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
  if (leaving_) {
    return "leaving";
  }
  if (trading_.state != TradingState::active) {
    return "trading_" + std::string{to_string(trading_.state)};
  }
  if (ledger_refuses_ && now_ < ledger_retry_at_) {
    return "ledger_refuses";
  }
  if (exposed() > config_.exposed_budget) {
    return "exposed_budget";
  }
  for (const auto& leg : request.signal.legs) {
    const auto found = markets_.find(leg.market);
    if (found == markets_.end()) {
      return "unknown_market";
    }
    if (!books_.contains(leg.market)) {
      return "no_book";
    }
    if (auto why = why_not_at(found->second); !why.empty()) {
      return why;
    }
  }
  return "";
}

/// Why no pair is opened at a market's venue, or on its shard.
std::string PairDesk::why_not_at(const MarketSpec& market) const {
  const auto name = std::string{to_string(market.ref.venue)};
  const auto& venue = venues_[static_cast<std::size_t>(market.ref.venue)];
  for (const auto& [shard, state] : venue.states) {
    if (state != VenueState::open
        && shard.value_or(market.exchange_index) == market.exchange_index) {
      return "venue_" + std::string{to_string(state)} + ":" + name;
    }
  }
  if (config_.require_reconciled && !venue.reconciled) {
    return "not_reconciled:" + name;
  }
  return now_ < venue.paused_until ? "venue_refuses:" + name : "";
}

/// Why an order of the pair must not rest any longer, apart from the pair's own reasons.
std::string PairDesk::why_not_rest(const PairMachine& machine) const {
  if (leaving_) {
    return "leaving";
  }
  if (trading_.state != TradingState::active) {
    return "trading_" + std::string{to_string(trading_.state)};
  }
  if (ledger_refuses_) {
    return "ledger_refuses"; // and no hedge goes without it
  }
  for (const auto& leg : machine.request().signal.legs) {
    const auto known = markets_.find(leg.market);
    auto why = known == markets_.end() ? "unknown_market" : why_not_at(known->second);
    if (!why.empty()) {
      return why;
    }
  }
  return "";
}

DeskAnswer PairDesk::withdraw_rests() {
  DeskAnswer answer;
  const auto open = open_;
  for (const auto pair : open) {
    if (auto& machine = pairs_.at(pair); machine.rests()) {
      advance(pair, machine, Tick{now_}, answer);
    }
  }
  return answer;
}

DeskAnswer PairDesk::leave() {
  leaving_ = true;
  return withdraw_rests();
}

Money PairDesk::exposed() const {
  Money sum;
  for (const auto& [pair, exposure] : exposed_) {
    sum += exposure.money;
  }
  return sum;
}

void PairDesk::show_books(PairMachine& machine) {
  for (const auto& leg : machine.request().signal.legs) {
    if (const auto book = books_.find(leg.market); book != books_.end()) {
      machine.show(book->second);
    }
  }
}

/// A venue that refuses one opening order after the other is left alone for a while.
void PairDesk::count_refusals(const OrderReport& report) {
  auto& venue = venues_[static_cast<std::size_t>(report.venue)];
  // A maker is refused when the price has come to meet him, and an order that is not found never
  // came, as those that a killed run had not sent yet: the venue is well.
  if (report.action != Action::buy || !terminal(report.status) || report.reason == "post_only_cross"
      || report.reason == "not_found") {
    return;
  }
  if (report.status != OrderStatus::rejected) {
    venue.refusals = 0;
  } else if (++venue.refusals >= config_.refusals_before_pause) {
    venue.refusals = 0;
    venue.paused_until = now_ + config_.refusal_pause;
    ++counters_["venue_pauses:" + std::string{to_string(report.venue)}];
  }
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
  if (!pairs_.contains(report.pair)) {
    ++counters_["ignored:foreign_report"];
    return {.news = false};
  }
  auto answer = apply_to(report.pair, report);
  if (answer.news) {
    count_refusals(report);
  }
  return answer;
}

/// The pair may have ended before: then it sees the present books, and may be open again after.
template <class Event>
DeskAnswer PairDesk::apply_to(PairId pair, const Event& event) {
  DeskAnswer answer;
  auto& machine = pairs_.at(pair);
  const auto had_ended = machine.stage() == PairStage::closed;
  if (had_ended) {
    show_books(machine);
  }
  open_.insert(pair);
  advance(pair, machine, event, answer);
  if (machine.stage() == PairStage::closed) {
    open_.erase(pair);
  } else if (had_ended) {
    ++counters_["pairs_taken_up_again"];
  }
  return answer;
}

DeskAnswer PairDesk::apply(const Fill& fill) {
  if (!pairs_.contains(fill.pair)) {
    // Money moved all the same: the ledger, which knows every fill id, has to judge.
    ++counters_["fills_of_forgotten_pairs"];
    return {};
  }
  return apply_to(fill.pair, fill);
}

DeskAnswer PairDesk::apply(const Settlement& settlement) {
  now_ = std::max(now_, settlement.at);
  std::erase_if(exposed_,
                [&](const auto& entry) { return entry.second.market == settlement.market; });
  for (auto& [pair, machine] : pairs_) {
    machine.decide(settlement.market);
  }
  DeskAnswer answer;
  const auto touched = open_pairs_of(settlement.market);
  for (const auto pair : touched) {
    advance(pair, pairs_.at(pair), MarketDecided{settlement.market}, answer);
  }
  return answer;
}

DeskAnswer PairDesk::apply(const BookUpdate& update) {
  now_ = std::max(now_, update.received_at);
  books_.insert_or_assign(update.market, update);
  DeskAnswer answer;
  for (const auto pair : open_pairs_of(update.market)) {
    advance(pair, pairs_.at(pair), update, answer);
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
  return config_.exposed_budget - exposed();
}

void PairDesk::advance(PairId pair, PairMachine& machine, const PairEvent& event,
                       DeskAnswer& answer) {
  const auto may_send = trading_.state != TradingState::halted;
  if (machine.rests()) {
    machine.let_open(why_not_rest(machine));
  }
  record(pair, machine.apply(event, now_, budget_left(), may_send), answer);
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
      exposed_.erase(pair);
      if (close->exposed > Money{}) {
        exposed_.emplace(pair, Exposure{close->exposed, close->exposed_in});
      }
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
  } else if (const auto* withdrawn = std::get_if<WithdrawOrder>(&command)) {
    ++counters_["withdrawals:" + withdrawn->reason];
  } else if (std::holds_alternative<AskVenue>(command)) {
    ++counters_["venue_queries"];
  } else if (const auto* exit = std::get_if<EndExit>(&command)) {
    const auto& refused = exit->ended.refused;
    ++counters_[refused.empty() ? "exits" : "exits_refused:" + refused];
  } else if (const auto* close = std::get_if<ClosePair>(&command)) {
    count_end(close->closed, 1);
    if (close->replaces) {
      count_end(*close->replaces, -1);
    }
  }
}

void PairDesk::count_end(const PairClosed& closed, int sign) {
  const auto name = "pairs:" + std::string{to_string(closed.outcome)};
  if ((counters_[name] += sign) == 0) {
    counters_.erase(name);
  }
  counters_["locked_profit_micros"] += sign * closed.locked_profit.value();
  counters_["fees_micros"] += sign * closed.fees.value();
}

void PairDesk::forget_old() {
  if (now_ - forgotten_at_ < std::chrono::seconds{1}) {
    return;
  }
  forgotten_at_ = now_;
  std::erase_if(pairs_, [this](const auto& entry) {
    const auto& machine = entry.second;
    return machine.final()
           && (!machine.holds() || machine.closed_at() + config_.held_retention <= now_)
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
  values["exposed_micros"] = exposed().value();
  values["trading_state"] = static_cast<std::int64_t>(trading_.state);
  values["ledger_refuses"] = ledger_refuses_ ? 1 : 0;
  std::int64_t unknown = 0;
  for (const auto pair : open_) {
    unknown += pairs_.at(pair).unknown_orders();
  }
  values["unknown_orders"] = unknown;
  return values;
}

} // namespace arbees
