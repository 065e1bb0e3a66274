#include "actors/executor/paper_venue.hpp"

#include <algorithm>

#include "actors/market/side_view.hpp"

namespace arbees {

namespace {

OrderReport report_of(const OrderIntent& order, Venue venue, Timestamp sent_at) {
  return {.pair = order.pair,
          .leg = order.leg,
          .client_order_id = order.client_order_id,
          .market = order.market,
          .venue = venue,
          .side = order.side,
          .action = order.action,
          .status = OrderStatus::accepted,
          .sent_at = sent_at,
          .reported_at = sent_at};
}

} // namespace

PaperVenue::PaperVenue(PaperVenueConfig config)
  : config_{config}, account_{.available = config.balance} {}

void PaperVenue::learn(const MatchedGame& match) {
  for (const auto& market : match.markets) {
    if (market.ref.venue == config_.venue) {
      markets_.insert_or_assign(market.id, market);
    }
  }
}

std::vector<PaperOutput> PaperVenue::apply(const BookUpdate& update) {
  if (update.venue != config_.venue) {
    ++counters_["foreign_books"];
    return {};
  }
  // Arrivals up to this stamp come first: they met the book that is about to be replaced.
  auto out = run_until(update.received_at);
  now_ = std::max(now_, update.received_at);
  taken_[update.market].observe(update);
  books_.insert_or_assign(update.market, update);
  for (const auto& [arrival, id] : due_) {
    auto& placed = orders_.at(id);
    if (placed.order.market == update.market) {
      placed.stood = std::min(placed.stood, shown_for(placed.order));
    }
  }
  return out;
}

Quantity PaperVenue::shown_for(const OrderIntent& order) const {
  const auto book = books_.find(order.market);
  const auto taken = taken_.find(order.market);
  return book == books_.end() || taken == taken_.end()
           ? Quantity{}
           : shown_on_paper(order, book->second, taken->second);
}

std::optional<Price> PaperVenue::best_for(const OrderIntent& order) const {
  const auto book = books_.find(order.market);
  if (book == books_.end()) {
    return std::nullopt;
  }
  const auto levels = order.action == Action::buy ? buy_levels(book->second, order.side)
                                                  : sell_levels(book->second, order.side);
  return levels.empty() ? std::nullopt : std::optional{levels.best().price};
}

/// Who is fast takes what is good and leaves what has gone bad: an order that is filled in full is
/// no good news (hazards section 12).
Quantity PaperVenue::share_of(const Placed& placed) const {
  // Another order of ours may have come before this one.
  const auto shown = std::min(placed.stood, shown_for(placed.order));
  const auto best = best_for(placed.order);
  const auto worsened =
    placed.order.action == Action::buy && best && placed.best && *best < *placed.best;
  return worsened
           ? shown
           : Quantity{divide(Int128{shown.value()} * config_.share_percent, 100, Rounding::down)};
}

std::vector<PaperOutput> PaperVenue::apply_tick(Timestamp now) {
  now_ = std::max(now_, now);
  forget_old();
  return run_until(now - config_.quiet_grace);
}

std::vector<PaperOutput> PaperVenue::place(const OrderIntent& order, std::uint64_t owner) {
  if (const auto known = orders_.find(order.client_order_id); known != orders_.end()) {
    ++counters_["duplicates"];
    return {{owner, known->second.report}};
  }
  ++counters_["orders"];
  orders_.emplace(order.client_order_id, Placed{.order = order,
                                                .owner = owner,
                                                .report = report_of(order, config_.venue, now_),
                                                .stood = shown_for(order),
                                                .best = best_for(order)});
  due_.emplace(std::pair{now_ + config_.latency, sequence_++}, order.client_order_id);
  return {};
}

OrderReport PaperVenue::look_up(const OrderIntent& order) const {
  if (const auto known = orders_.find(order.client_order_id); known != orders_.end()) {
    return known->second.report;
  }
  auto report = report_of(order, config_.venue, now_);
  report.status = OrderStatus::rejected;
  report.reason = "not_found";
  return report;
}

std::vector<PaperOutput> PaperVenue::run_until(Timestamp limit) {
  std::vector<PaperOutput> out;
  while (!due_.empty() && due_.begin()->first.first <= limit) {
    const auto at = due_.begin()->first.first;
    const auto id = due_.begin()->second;
    due_.erase(due_.begin());
    auto& placed = orders_.at(id);
    if (placed.accepted) {
      match(placed, at, out);
    } else {
      arrive(placed, at, out);
    }
  }
  return out;
}

void PaperVenue::forget_old() {
  while (!finished_.empty() && finished_.front().first + config_.retention <= now_) {
    orders_.erase(finished_.front().second);
    finished_.pop_front();
  }
}

void PaperVenue::arrive(Placed& placed, Timestamp at, std::vector<PaperOutput>& out) {
  const auto market = markets_.find(placed.order.market);
  const auto refusal = market == markets_.end()
                         ? "unknown_market"
                         : paper_refusal(placed.order, market->second, account_);
  placed.accepted = true;
  if (!refusal.empty()) {
    ++counters_["rejected:" + refusal];
    finish(placed, {.status = OrderStatus::rejected, .reason = refusal}, at, out);
    return;
  }
  placed.report.venue_order_id = "paper-" + placed.order.client_order_id;
  const auto delay = market->second.taker_delay;
  if (delay <= Duration::zero()) {
    match(placed, at, out);
    return;
  }
  placed.report.reason = "delayed";
  placed.report.reported_at = at;
  out.push_back({placed.owner, placed.report});
  due_.emplace(std::pair{at + delay, sequence_++}, placed.order.client_order_id);
}

void PaperVenue::match(Placed& placed, Timestamp at, std::vector<PaperOutput>& out) {
  const auto& order = placed.order;
  const auto& market = markets_.at(order.market);
  // The account and the market may have changed during the delay.
  if (const auto refusal = paper_refusal(order, market, account_); !refusal.empty()) {
    ++counters_["rejected:" + refusal];
    finish(placed, {.status = OrderStatus::rejected, .reason = refusal}, at, out);
    return;
  }
  const auto book = books_.find(order.market);
  if (book == books_.end()) {
    finish(placed, {.reason = "no_book"}, at, out);
    return;
  }
  const auto stood = share_of(placed);
  auto& taken = taken_[order.market];
  finish(placed, fill_on_paper(order, market, book->second, stood, taken, account_), at, out);
}

void PaperVenue::finish(Placed& placed, PaperResult result, Timestamp at,
                        std::vector<PaperOutput>& out) {
  auto& report = placed.report;
  report.status = result.status;
  report.filled = result.filled;
  report.notional = result.notional;
  report.fee = result.fee;
  report.reason = result.reason;
  report.reported_at = at;
  ++counters_["reports:" + std::string{to_string(report.status)}];
  finished_.emplace_back(at, placed.order.client_order_id);
  for (std::size_t i = 0; i < result.fills.size(); ++i) {
    auto& fill = result.fills[i];
    fill.fill_id = placed.order.client_order_id + "-" + std::to_string(i);
    fill.at = at;
    out.push_back({placed.owner, fill});
  }
  out.push_back({placed.owner, report});
  if (!result.fills.empty()) {
    out.push_back(
      {placed.owner,
       BalanceUpdate{.venue = config_.venue, .available = account_.available, .at = at}});
  }
}

} // namespace arbees
