#include <algorithm>

#include "bridges/polymarket/polymarket_order_desk.hpp"

// When orders are looked up, and what follows from it.

namespace arbees {

namespace {

/// So often must the venue not know an order before that is believed.
constexpr int misses_needed = 3;

} // namespace

PolymarketDeskOutput
PolymarketOrderDesk::checked(const std::string& client_order_id,
                             const caf::expected<std::optional<PolymarketOpenOrder>>& found,
                             const caf::expected<std::vector<PolymarketTrade>>& trades,
                             Timestamp now) {
  PolymarketDeskOutput output;
  const auto known = orders_.find(client_order_id);
  if (known == orders_.end()) {
    return output;
  }
  auto& order = known->second;
  order.checking = false;
  ++order.checks;
  ++counters_[found && trades ? "checks" : "checks_failed"];
  if (trades) {
    for (const auto& trade : *trades) {
      for (const auto& fill : fill_events(trade, order.intent, order.order_id, order.fees)) {
        take(order, fill, output.news, now);
      }
    }
  }
  if (found && *found) {
    const auto of_market = trades ? std::span{*trades} : std::span<const PolymarketTrade>{};
    auto told = order_event(**found, of_market, order.intent, order.fees);
    if (told && (*found)->id == order.order_id) {
      if (told->ended && !told->reason.empty()) {
        // A kill's free text may stand only in the stream.
        told->reason = end_reason((*found)->state, order.last_word);
      }
      append(output.news, tracker_.apply(*told, now));
    } else {
      ++counters_["listed_otherwise"];
    }
  } else if (found && trades) {
    missed(order, output.news, now);
  }
  plan(order, now);
  return output;
}

/// Neither the order nor more trades than are known: it was never taken in, or is long over.
void PolymarketOrderDesk::missed(Order& order, OrderNews& news, Timestamp now) {
  ++order.misses;
  if (order.misses < misses_needed || now < order.sent_at + order.delay + config_.not_found_after) {
    return;
  }
  const auto report = tracker_.report(order.intent.client_order_id, now);
  if (!report || terminal(report->status)) {
    return;
  }
  if (report->status == OrderStatus::unknown) {
    append(news, tracker_.not_found(order.intent.client_order_id, now));
  } else if (!may_rest(order.intent)) {
    // It was accepted and is kept no longer: what its trades say is all that came of it.
    append(news, tracker_.apply(OrderEvent{.venue_order_id = order.order_id,
                                           .ended = true,
                                           .filled = report->filled + report->voided,
                                           .reason = "not_kept_by_the_venue"},
                                now));
  }
}

bool PolymarketOrderDesk::settled(const Order& order, const OrderReport& report) const {
  Quantity sum;
  for (const auto& [id, fill] : order.fills) {
    if (fill.state == FillState::provisional) {
      return false;
    }
    sum += fill.quantity;
  }
  return sum + polymarket_dust > report.filled + report.voided;
}

std::optional<Duration>
PolymarketOrderDesk::check_interval(const Order& order, Timestamp now) const {
  const auto report = tracker_.report(order.intent.client_order_id, now);
  if (!report || (terminal(report->status) && settled(order, *report))) {
    return std::nullopt;
  }
  const auto backed_off = [&](Duration base) {
    return std::min(base * (1 << std::min(order.checks, 16)), config_.longest_check);
  };
  if (report->status == OrderStatus::unknown) {
    return backed_off(config_.first_check);
  }
  if (report->status == OrderStatus::accepted && may_rest(order.intent)) {
    return resting_interval(order, now);
  }
  if (report->status == OrderStatus::accepted) {
    // Once it has been matched its delay is over, and nobody may tell that the rest was killed.
    return order.fills.empty() ? order.delay + backed_off(config_.after_delay)
                               : backed_off(config_.first_check);
  }
  return backed_off(config_.settle_check);
}

/// At the latest when the order must have ended by itself: nobody promises to tell.
Duration PolymarketOrderDesk::resting_interval(const Order& order, Timestamp now) const {
  constexpr Duration margin = std::chrono::seconds{1};
  auto wait = config_.resting_check;
  const auto market = markets_.find(order.intent.ref.native_id);
  const auto cleared_at =
    market == markets_.end() ? std::optional<Timestamp>{} : market->second.cleared_at;
  for (const auto& end : {order.intent.expires_at, cleared_at}) {
    if (end && *end + margin > now) {
      wait = std::min(wait, *end + margin - now);
    }
  }
  return wait;
}

void PolymarketOrderDesk::plan(Order& order, Timestamp now) {
  const auto interval = check_interval(order, now);
  if (interval) {
    const auto at = now + *interval;
    order.next_check =
      order.next_check && *order.next_check > now ? std::min(*order.next_check, at) : at;
  } else {
    order.next_check.reset();
  }
}

void PolymarketOrderDesk::reconcile(Timestamp now) {
  for (auto& [id, order] : orders_) {
    if (check_interval(order, now)) {
      order.next_check = now;
    }
  }
}

std::vector<PolymarketCheck> PolymarketOrderDesk::due(Timestamp now) {
  std::vector<PolymarketCheck> checks;
  for (auto& [id, order] : orders_) {
    if (order.next_check && *order.next_check <= now && !order.checking) {
      order.checking = true;
      order.next_check.reset();
      checks.push_back({.client_order_id = id,
                        .order_id = order.order_id,
                        .condition = order.intent.ref.native_id,
                        .since = order.sent_at});
    }
  }
  return checks;
}

std::optional<Timestamp> PolymarketOrderDesk::next_due() const {
  std::optional<Timestamp> earliest;
  for (const auto& [id, order] : orders_) {
    if (order.next_check && !order.checking && (!earliest || *order.next_check < *earliest)) {
      earliest = order.next_check;
    }
  }
  return earliest;
}

} // namespace arbees
