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
  if (const auto open = open_.find(update.market); open != open_.end()) {
    for (auto* const placed : open->second) {
      if (!placed->rests) {
        placed->stood = std::min(placed->stood, shown_for(placed->order));
      }
    }
    trade_through(update, open->second, out);
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
  auto& placed = orders_[order.client_order_id];
  placed = {.order = order,
            .owner = owner,
            .report = report_of(order, config_.venue, now_),
            .stood = shown_for(order),
            .best = best_for(order)};
  open_[order.market].push_back(&placed);
  due_.emplace(std::pair{now_ + config_.latency, sequence_++}, Due{order.client_order_id});
  return {};
}

std::vector<PaperOutput> PaperVenue::cancel(const OrderIntent& order, std::uint64_t owner) {
  const auto known = orders_.find(order.client_order_id);
  if (known == orders_.end() || terminal(known->second.report.status)
      || order.time_in_force != TimeInForce::good_till_cancelled) {
    return {{owner, look_up(order)}}; // what a venue holds for its delay cannot be cancelled
  }
  ++counters_["cancels"];
  due_.emplace(std::pair{now_ + config_.latency, sequence_++},
               Due{order.client_order_id, "cancelled"});
  return {};
}

void PaperVenue::cancel_all() {
  for (const auto& [id, placed] : orders_) {
    if (placed.order.time_in_force == TimeInForce::good_till_cancelled
        && !terminal(placed.report.status)) {
      cancel(placed.order, placed.owner);
    }
  }
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
    const auto due = due_.begin()->second;
    due_.erase(due_.begin());
    const auto known = orders_.find(due.client_order_id);
    if (known == orders_.end()) {
      continue; // it ended before it expired, and is forgotten
    }
    auto& placed = known->second;
    if (!due.ends_because.empty()) {
      end_resting(placed, due.ends_because, at, out);
    } else if (placed.accepted) {
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
  if (placed.order.time_in_force == TimeInForce::good_till_cancelled) {
    rest(placed, at, out);
    return;
  }
  const auto delay = market->second.taker_delay;
  if (delay <= Duration::zero()) {
    match(placed, at, out);
    return;
  }
  placed.report.reason = "delayed";
  placed.report.reported_at = at;
  out.push_back({placed.owner, placed.report});
  due_.emplace(std::pair{at + delay, sequence_++}, Due{placed.order.client_order_id});
}

/// A maker's order does not wait for the takers' delay.
void PaperVenue::rest(Placed& placed, Timestamp at, std::vector<PaperOutput>& out) {
  const auto& order = placed.order;
  const auto book = books_.find(order.market);
  if (book == books_.end() || book->second.status != BookStatus::ok) {
    finish(placed, {.status = OrderStatus::rejected, .reason = "no_book"}, at, out);
    return;
  }
  if (crosses(order, book->second)) {
    finish(placed, {.status = OrderStatus::rejected, .reason = "post_only_cross"}, at, out);
    return;
  }
  placed.rests = true;
  placed.report.reported_at = at;
  out.push_back({placed.owner, placed.report});
  if (order.expires_at) {
    due_.emplace(std::pair{std::max(*order.expires_at, at), sequence_++},
                 Due{order.client_order_id, "expired"});
  }
}

void PaperVenue::end_resting(Placed& placed, const std::string& reason, Timestamp at,
                             std::vector<PaperOutput>& out) {
  if (!placed.rests) {
    return;
  }
  const auto part = placed.report.filled > Quantity{};
  finish(placed, {.status = part ? OrderStatus::partial : OrderStatus::unfilled, .reason = reason},
         at, out);
}

/// What a book offers through the prices of orders that rest, oldest first, is theirs.
/// @param open by value: an order that ends leaves the list
void PaperVenue::trade_through(const BookUpdate& book, std::vector<Placed*> open,
                               std::vector<PaperOutput>& out) {
  for (auto* const placed : open) {
    if (!placed->rests) {
      continue;
    }
    if (book.status == BookStatus::closed) {
      end_resting(*placed, "book_closed", book.received_at, out);
      continue;
    }
    auto result = fill_resting(placed->order, placed->report.filled, markets_.at(book.market), book,
                               taken_[book.market], placed->fees, account_);
    if (terminal(result.status)) {
      finish(*placed, std::move(result), book.received_at, out);
    } else if (!result.fills.empty()) {
      tell(*placed, result, book.received_at, out);
    }
  }
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
  placed.rests = false;
  placed.report.status = result.status;
  ++counters_["reports:" + std::string{to_string(result.status)}];
  finished_.emplace_back(at, placed.order.client_order_id);
  const auto open = open_.find(placed.order.market);
  std::erase(open->second, &placed);
  if (open->second.empty()) {
    open_.erase(open);
  }
  tell(placed, result, at, out);
}

/// Adds to what was filled before, and tells it.
void PaperVenue::tell(Placed& placed, const PaperResult& result, Timestamp at,
                      std::vector<PaperOutput>& out) {
  auto& report = placed.report;
  report.filled += result.filled;
  report.notional += result.notional;
  report.fee += result.fee;
  report.reason = result.reason;
  report.reported_at = at;
  for (auto fill : result.fills) {
    fill.fill_id = placed.order.client_order_id + "-" + std::to_string(placed.fills++);
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
