#include "actors/position_tracker/position_tracker.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace arbees {

namespace {

/// How long a position that holds nothing is remembered: a fill may come late, and a decision may
/// be reversed for days.
constexpr Duration late_fills = std::chrono::minutes{10};
constexpr Duration late_decisions = std::chrono::days{30};

/// What a rule needs to be judged anew at once, and what can wait for the next mark.
bool same_standing(const PositionUpdate& a, const PositionUpdate& b) {
  const auto same_leg = [](const PositionLeg& x, const PositionLeg& y) {
    return x.quantity == y.quantity && x.cost == y.cost && x.realised == y.realised
           && x.fees == y.fees;
  };
  return a.state == b.state && a.reason == b.reason && same_leg(a.legs[0], b.legs[0])
         && same_leg(a.legs[1], b.legs[1]);
}

bool same_marks(const PositionUpdate& a, const PositionUpdate& b) {
  return a.unrealised == b.unrealised && a.legs[0].mark == b.legs[0].mark
         && a.legs[1].mark == b.legs[1].mark && a.lockup_hours == b.lockup_hours;
}

} // namespace

PositionTracker::PositionTracker(PositionConfig config,
                                 std::shared_ptr<const SettlementTable> rules)
  : config_{std::move(config)}, rules_{std::move(rules)} {}

TrackerNews PositionTracker::apply(const PairRestored& restored) {
  TrackerNews news;
  auto& it = tracked(restored.pair.request.pair);
  take_over(it, restored.pair.request, restored.pair.intent_at, news);
  for (const auto& fill : restored.pair.fills) {
    take_fill(it, fill);
  }
  it.closed = restored.closed;
  if (it.closed) {
    it.reason = std::string{to_string(it.closed->outcome)};
    now_ = std::max(now_, it.closed->closed_at);
  }
  look(it, news);
  return news;
}

TrackerNews PositionTracker::apply(const ExecutionRequest& request) {
  TrackerNews news;
  now_ = std::max(now_, request.approved_at);
  auto& it = tracked(request.pair);
  take_over(it, request, request.approved_at, news);
  look(it, news);
  return news;
}

TrackerNews PositionTracker::apply(const Fill& fill) {
  TrackerNews news;
  auto& it = tracked(fill.pair);
  take_fill(it, fill);
  look(it, news);
  return news;
}

TrackerNews PositionTracker::apply(const PairClosed& closed) {
  TrackerNews news;
  now_ = std::max(now_, closed.closed_at);
  auto& it = tracked(closed.pair);
  if (it.closed && closed.revision < it.closed->revision) {
    return news;
  }
  it.game = closed.game;
  it.closed = closed;
  it.reason = closed.reason.empty()
                ? std::string{to_string(closed.outcome)}
                : fmt::format("{}: {}", to_string(closed.outcome), closed.reason);
  look(it, news);
  return news;
}

TrackerNews PositionTracker::apply(const Settlement& settlement) {
  TrackerNews news;
  now_ = std::max(now_, settlement.at);
  settlements_.insert_or_assign({settlement.market, settlement.side}, settlement);
  for (auto& [id, it] : positions_) {
    const auto concerned = std::ranges::any_of(it.legs, [&](const LegBook& one) {
      return one.leg.market == settlement.market && one.leg.side == settlement.side;
    });
    if (concerned) {
      it.reason =
        fmt::format("{} paid {}", to_string(settlement.venue), to_string(settlement.payout));
      look(it, news);
    }
  }
  return news;
}

TrackerNews PositionTracker::apply(const TradingControl& control) {
  TrackerNews news;
  now_ = std::max(now_, control.at);
  trading_ = control.state;
  for (auto& [id, it] : positions_) {
    it.kept.clear();
    it.retry_at = {};
    if (holds(it)) {
      look(it, news);
    }
  }
  return news;
}

TrackerNews PositionTracker::apply(const ExitRejected& rejected) {
  TrackerNews news;
  const auto found = positions_.find(rejected.exit.position);
  if (found == positions_.end() || !found->second.exit
      || found->second.exit->id != rejected.exit.id) {
    return news;
  }
  ++counters_["exits_rejected"];
  auto& it = found->second;
  it.exit.reset();
  it.retry_at = now_ + config_.retry_after;
  it.reason = fmt::format("exit rejected: {} {}", rejected.filter, rejected.measured);
  look(it, news);
  return news;
}

TrackerNews PositionTracker::apply(const ExitEnded& ended) {
  TrackerNews news;
  now_ = std::max(now_, ended.at);
  const auto found = positions_.find(ended.position);
  if (found == positions_.end()) {
    return news;
  }
  ++counters_[ended.refused.empty() ? "exits_ended" : "exits_refused"];
  auto& it = found->second;
  it.exit.reset();
  it.retry_at = now_ + config_.retry_after;
  it.reason = ended.refused.empty()
                ? fmt::format("{}: sold {} and {}", to_string(ended.reason),
                              to_string(ended.sold[0]), to_string(ended.sold[1]))
                : fmt::format("exit refused: {}", ended.refused);
  look(it, news);
  return news;
}

TrackerNews PositionTracker::apply(const BookUpdate& book) {
  TrackerNews news;
  now_ = std::max(now_, book.received_at);
  if (!followed_.contains(book.market)) {
    return news;
  }
  books_.insert_or_assign(book.market, book);
  const auto holders = by_market_.find(book.market);
  if (holders == by_market_.end()) {
    return news;
  }
  for (const auto id : std::vector<PairId>{holders->second.begin(), holders->second.end()}) {
    look(positions_.at(id), news);
  }
  return news;
}

TrackerNews PositionTracker::apply(const Tick& tick) {
  TrackerNews news;
  now_ = std::max(now_, tick.now);
  if (now_ - looked_at_ < config_.mark_interval) {
    return news;
  }
  looked_at_ = now_;
  for (auto& [id, it] : positions_) {
    if (it.exit && now_ - it.exit->since > config_.exit_patience) {
      ++counters_["exits_unanswered"];
      it.exit.reset();
      it.reason = "exit without an answer";
    }
    if (holds(it)) {
      look(it, news);
    }
  }
  forget();
  return news;
}

void PositionTracker::apply(const MatchedGame& match) {
  for (const auto& spec : match.markets) {
    markets_.insert_or_assign(spec.id, spec);
  }
  games_.insert_or_assign(match.game.id, match);
}

TrackerNews PositionTracker::apply(const GameUpdate& update) {
  const auto known = games_.find(update.game.id);
  if (known != games_.end()) {
    known->second.game.start = update.game.start; // it may have been moved
  }
  return {};
}

/// The venues still have to pay: what is held stays, and is no longer sold once its books close.
TrackerNews PositionTracker::apply(const GameEnded& ended) {
  TrackerNews news;
  for (auto& [id, it] : positions_) {
    if (it.game == ended.game.id && holds(it)) {
      it.reason = "game ended: waits for its payment";
      look(it, news);
    }
  }
  return news;
}

PositionTracker::Tracked& PositionTracker::tracked(PairId id) {
  const auto [found, is_new] = positions_.try_emplace(id);
  if (is_new) {
    found->second.id = id;
    found->second.opened_at = now_;
  }
  return found->second;
}

void PositionTracker::take_over(Tracked& it, const ExecutionRequest& request, Timestamp opened_at,
                                TrackerNews& news) {
  if (it.request) {
    return; // an id is one pair's for ever
  }
  it.request = request;
  it.game = request.signal.game;
  it.opened_at = opened_at;
  it.reason = it.reason.empty() ? "opening" : it.reason;
  follow(it, news);
}

void PositionTracker::take_fill(Tracked& it, const Fill& fill) {
  if (!add(it.fills[fill.market], fill)) {
    ++counters_["fills_known"];
  }
}

/// Both legs anew, from all that was executed and paid.
void PositionTracker::recount(Tracked& it) {
  if (!it.request) {
    return; // executions that came before their request wait for it
  }
  for (std::size_t i = 0; i < 2; ++i) {
    const auto& wanted = it.request->signal.legs[i];
    const auto paid = settlements_.find({wanted.market, wanted.side});
    it.legs[i] =
      leg_book({.market = wanted.market, .venue = wanted.venue, .side = wanted.side},
               it.fills[wanted.market], paid == settlements_.end() ? nullptr : &paid->second);
    it.held_ever = it.held_ever || it.legs[i].leg.quantity > Quantity{};
    auto& holders = by_market_[wanted.market];
    if (it.legs[i].leg.quantity > Quantity{}) {
      holders.insert(it.id);
    } else {
      holders.erase(it.id);
      if (holders.empty()) {
        by_market_.erase(wanted.market);
      }
    }
  }
}

void PositionTracker::follow(const Tracked& it, TrackerNews& news) {
  for (const auto& leg : it.request->signal.legs) {
    if (followed_.insert(leg.market).second) {
      news.follow.emplace_back(leg.venue, leg.market);
    }
  }
}

bool PositionTracker::holds(const Tracked& it) {
  return it.legs[0].leg.quantity > Quantity{} || it.legs[1].leg.quantity > Quantity{};
}

PositionState PositionTracker::state(const Tracked& it) const {
  if (holds(it)) {
    return it.exit ? PositionState::exiting : PositionState::open;
  }
  return it.legs[0].paid || it.legs[1].paid ? PositionState::settled : PositionState::closed;
}

std::optional<League> PositionTracker::league(GameId game) const {
  const auto found = games_.find(game);
  return found == games_.end() ? std::nullopt : std::optional{found->second.game.league};
}

const MarketSpec* PositionTracker::market(MarketId id) const {
  const auto found = markets_.find(id);
  return found == markets_.end() ? nullptr : &found->second;
}

const BookUpdate* PositionTracker::book(MarketId id) const {
  const auto found = books_.find(id);
  return found == books_.end() ? nullptr : &found->second;
}

/// Until the slower of the legs that are held is free money, by its venue's profile.
std::optional<std::int32_t> PositionTracker::lockup_hours(const Tracked& it) const {
  const auto game = games_.find(it.game);
  if (!rules_ || !it.request || game == games_.end() || !holds(it)) {
    return std::nullopt;
  }
  const auto& match = game->second;
  const auto contract =
    std::ranges::find(match.contracts, it.request->signal.contract, &Contract::id);
  if (contract == match.contracts.end()) {
    return std::nullopt;
  }
  std::int64_t most = 0;
  for (const auto& leg : it.legs) {
    if (leg.leg.quantity <= Quantity{}) {
      continue;
    }
    const auto* const profile = rules_->find(leg.leg.venue, match.game.league, contract->kind);
    if (profile == nullptr) {
      return std::nullopt;
    }
    const auto left = std::chrono::ceil<std::chrono::hours>(match.game.start - now_).count();
    most = std::max(most, left + profile->lockup_hours);
  }
  return static_cast<std::int32_t>(std::min<std::int64_t>(most, 1'000'000));
}

PositionUpdate PositionTracker::update_of(const Tracked& it) const {
  PositionUpdate update{.id = it.id,
                        .game = it.game,
                        .contract = it.request ? it.request->signal.contract : ContractId{},
                        .state = state(it),
                        .legs = {it.legs[0].leg, it.legs[1].leg},
                        .lockup_hours = lockup_hours(it),
                        .reason = it.reason,
                        .opened_at = it.opened_at,
                        .at = now_};
  update.matched = std::min(update.legs[0].quantity, update.legs[1].quantity);
  std::optional<Money> unrealised = Money{};
  for (auto& leg : update.legs) {
    update.realised += leg.realised;
    update.fees += leg.fees;
    if (leg.quantity > Quantity{}) {
      mark(leg, market(leg.market), book(leg.market));
      unrealised =
        leg.mark && unrealised ? std::optional{*unrealised + *leg.mark - leg.cost} : std::nullopt;
    }
  }
  update.unrealised = unrealised;
  return update;
}

void PositionTracker::look(Tracked& it, TrackerNews& news) {
  recount(it);
  if (holds(it)) {
    seek_exit(it, news);
  }
  tell(it, news);
}

/// Asks the rules, unless the pair is at work, or an exit is under way or was just tried.
void PositionTracker::seek_exit(Tracked& it, TrackerNews& news) {
  if (!it.closed || it.exit || trading_ == TradingState::halted || now_ < it.retry_at) {
    return;
  }
  ExitQuestion question{.league = league(it.game),
                        .lockup_hours = lockup_hours(it),
                        .opened_at = it.opened_at,
                        .now = now_,
                        .flatten = trading_ == TradingState::flatten};
  for (std::size_t i = 0; i < 2; ++i) {
    const auto& leg = it.legs[i];
    question.legs[i] = {.leg = leg.leg,
                        .entry = leg.entry,
                        .market = market(leg.leg.market),
                        .book = book(leg.leg.market)};
  }
  const auto answer = judge_exit(question, config_);
  if (!answer.reason) {
    if (question.flatten && !answer.detail.empty()) {
      it.reason = answer.detail;
      if (it.kept.empty()) {
        it.kept = answer.detail;
        news.kept.push_back(update_of(it));
      }
    }
    return;
  }
  const auto stamp = static_cast<std::uint64_t>(now_.time_since_epoch().count());
  ExitSignal signal{.id = SignalId{fnv1a(to_hex(stamp), fnv1a("exit", it.id.value()))},
                    .position = it.id,
                    .game = it.game,
                    .reason = *answer.reason,
                    .legs = answer.legs,
                    .detail = answer.detail,
                    .triggered_by = now_,
                    .expires_at = now_ + config_.signal_ttl};
  ++counters_[fmt::format("exits:{}", to_string(signal.reason))];
  it.exit = PendingExit{.id = signal.id, .since = now_};
  it.reason = fmt::format("{}: {}", to_string(signal.reason), signal.detail);
  news.exits.push_back(std::move(signal));
}

/// What changed is told at once, marks alone only so often.
void PositionTracker::tell(Tracked& it, TrackerNews& news) {
  if (!it.held_ever) {
    return;
  }
  auto update = update_of(it);
  if (it.told && same_standing(*it.told, update)
      && (same_marks(*it.told, update) || now_ - it.told_at < config_.mark_interval)) {
    return;
  }
  it.told_at = now_;
  it.told = update;
  news.updates.push_back(std::move(update));
}

void PositionTracker::forget() {
  std::erase_if(positions_, [this](auto& entry) {
    auto& it = entry.second;
    const auto last = it.closed ? it.closed->closed_at : it.opened_at;
    if (!it.closed || holds(it)
        || now_ - last < (state(it) == PositionState::settled ? late_decisions : late_fills)) {
      return false;
    }
    if (it.held_ever) {
      ++(state(it) == PositionState::settled ? forgotten_settled_ : forgotten_closed_);
    }
    for (const auto& leg : it.legs) {
      forgotten_realised_ += leg.leg.realised;
      forgotten_fees_ += leg.leg.fees;
    }
    return true;
  });
}

std::optional<PositionUpdate> PositionTracker::position(PairId id) const {
  const auto found = positions_.find(id);
  return found == positions_.end() || !found->second.held_ever
           ? std::nullopt
           : std::optional{update_of(found->second)};
}

std::vector<PositionUpdate> PositionTracker::held() const {
  std::vector<PositionUpdate> all;
  for (const auto& [id, it] : positions_) {
    if (holds(it)) {
      all.push_back(update_of(it));
    }
  }
  return all;
}

PositionsSnapshot PositionTracker::snapshot() const {
  PositionsSnapshot snapshot{.positions = held(),
                             .settled = forgotten_settled_,
                             .closed = forgotten_closed_,
                             .realised = forgotten_realised_,
                             .fees = forgotten_fees_,
                             .at = now_};
  for (const auto& [id, it] : positions_) {
    for (const auto& leg : it.legs) {
      snapshot.realised += leg.leg.realised;
      snapshot.fees += leg.leg.fees;
    }
    if (it.held_ever && !holds(it)) {
      ++(state(it) == PositionState::settled ? snapshot.settled : snapshot.closed);
    }
  }
  return snapshot;
}

std::map<std::string, std::int64_t> PositionTracker::metrics() const {
  auto values = counters_;
  const auto now = snapshot();
  Money unrealised;
  std::int64_t unmarked = 0;
  for (const auto& position : now.positions) {
    unrealised += position.unrealised.value_or(Money{});
    unmarked += position.unrealised ? 0 : 1;
  }
  values["held"] = static_cast<std::int64_t>(now.positions.size());
  values["settled"] = now.settled;
  values["closed"] = now.closed;
  values["realised_micros"] = now.realised.value();
  values["unrealised_micros"] = unrealised.value();
  values["unmarked"] = unmarked;
  values["fees_micros"] = now.fees.value();
  return values;
}

} // namespace arbees
