#include "bridges/net/order_tracker.hpp"

#include <algorithm>

namespace arbees {

namespace {

/// A billion contracts or dollars: sums of thousands of them stay within 64 bits.
constexpr std::int64_t largest = 1'000'000'000 * quantity_per_contract;

bool sane(Quantity quantity) {
  return quantity >= Quantity{0} && quantity.value() <= largest;
}

bool sane(Money money) {
  return money.value() >= -largest && money.value() <= largest;
}

bool sane(const OrderEvent& event) {
  return sane(event.filled) && sane(event.notional.value_or(Money{}))
         && event.notional.value_or(Money{}) >= Money{} && sane(event.fee.value_or(Money{}));
}

bool sane(const FillEvent& event) {
  return !event.fill_id.empty() && event.quantity > Quantity{0} && sane(event.quantity)
         && event.price >= price_zero && event.price <= price_one && sane(event.fee);
}

Money value_of(const OrderIntent& order, Price price, Quantity quantity) {
  return notional(price, quantity, order.action == Action::buy ? Rounding::up : Rounding::down);
}

bool same(const OrderReport& a, const OrderReport& b) {
  return a.venue_order_id == b.venue_order_id && a.status == b.status && a.filled == b.filled
         && a.notional == b.notional && a.fee == b.fee && a.reason == b.reason
         && a.voided == b.voided;
}

} // namespace

void append(OrderNews& news, OrderNews newer) {
  news.fills.insert(news.fills.end(), std::make_move_iterator(newer.fills.begin()),
                    std::make_move_iterator(newer.fills.end()));
  news.reports.insert(news.reports.end(), std::make_move_iterator(newer.reports.begin()),
                      std::make_move_iterator(newer.reports.end()));
}

bool may_rest(const OrderIntent& order) {
  return order.time_in_force == TimeInForce::good_till_cancelled;
}

OrderTracker::OrderTracker(OrderTrackerConfig config) : config_{config} {}

TrackResult
OrderTracker::track(const OrderIntent& order, Timestamp now, std::string venue_order_id) {
  if (orders_.contains(order.client_order_id)) {
    return TrackResult::known;
  }
  if (orders_.size() >= config_.max_orders) {
    ++counters_["refused_full"];
    return TrackResult::full;
  }
  auto& added = orders_[order.client_order_id];
  added.intent = order;
  added.sent_at = now;
  added.changed_at = now;
  learn_venue_id(added, venue_order_id);
  return TrackResult::added;
}

OrderNews OrderTracker::waiting_for(const std::string& client_order_id, Timestamp now) {
  OrderNews news;
  const auto found = orders_.find(client_order_id);
  if (found != orders_.end()) {
    replay(found->second, news);
    if (!news.fills.empty() || found->second.at_venue) {
      finish(found->second, now, news);
    }
  }
  return news;
}

OrderNews OrderTracker::answered(const std::string& client_order_id, const OrderAnswer& answer,
                                 Timestamp now) {
  OrderNews news;
  const auto found = orders_.find(client_order_id);
  if (found == orders_.end()) {
    ++counters_["answers_of_untracked"];
    return news;
  }
  auto& order = found->second;
  switch (answer.verdict) {
    case Verdict::taken:
      order.at_venue = true;
      order.ended = order.ended || terminal(answer.status);
      order.doubtful = order.doubtful && !order.ended;
      state_totals(order, answer.filled, answer.notional, answer.fee);
      break;
    case Verdict::no_fill:
      order.ended = true;
      break;
    case Verdict::rejected:
    case Verdict::paused:
    case Verdict::retry_later:
    case Verdict::fatal:
      order.refused = !order.at_venue;
      if (order.at_venue && !order.ended) {
        ++counters_["refusals_contradicted"];
        order.doubtful = true;
      }
      break;
    case Verdict::duplicate:
    case Verdict::unknown:
      order.doubtful = true;
      break;
  }
  if (!answer.reason.empty()) {
    order.reason = answer.reason;
  }
  learn_venue_id(order, answer.venue_order_id);
  replay(order, news);
  finish(order, now, news);
  return news;
}

OrderNews OrderTracker::apply(const OrderEvent& event, Timestamp now) {
  return receive(event, now);
}

OrderNews OrderTracker::apply(const FillEvent& event, Timestamp now) {
  return receive(event, now);
}

OrderNews OrderTracker::not_found(const std::string& client_order_id, Timestamp now) {
  OrderNews news;
  const auto found = orders_.find(client_order_id);
  if (found == orders_.end()) {
    return news;
  }
  auto& order = found->second;
  if (order.at_venue) {
    ++counters_["not_found_contradicted"];
    return news;
  }
  order.refused = true;
  order.reason = "not_found";
  finish(order, now, news);
  return news;
}

template <class Event>
OrderNews OrderTracker::receive(const Event& event, Timestamp now) {
  OrderNews news;
  if (!sane(event)) {
    ++counters_["bad_events"];
    return news;
  }
  auto* const order = find(event);
  if (order == nullptr) {
    keep_for_later(event, now);
    return news;
  }
  if (!event.venue_order_id.empty() && !order->venue_order_id.empty()
      && event.venue_order_id != order->venue_order_id) {
    ++counters_["conflicting_ids"]; // venues have answered about other orders before
    return news;
  }
  take(*order, event, news);
  if (order->venue_order_id.empty() && !event.venue_order_id.empty()) {
    learn_venue_id(*order, event.venue_order_id);
    replay(*order, news);
  }
  finish(*order, now, news);
  return news;
}

template <class Event>
OrderTracker::Order* OrderTracker::find(const Event& event) {
  if (!event.client_order_id.empty()) {
    const auto found = orders_.find(event.client_order_id);
    return found == orders_.end() ? nullptr : &found->second;
  }
  const auto named = by_venue_id_.find(event.venue_order_id);
  return named == by_venue_id_.end() ? nullptr : &orders_.at(named->second);
}

void OrderTracker::learn_venue_id(Order& order, const std::string& venue_order_id) {
  if (!venue_order_id.empty() && order.venue_order_id.empty()) {
    order.venue_order_id = venue_order_id;
    by_venue_id_.emplace(venue_order_id, order.intent.client_order_id);
  }
}

void OrderTracker::take(Order& order, const OrderEvent& event, OrderNews& /*news*/) {
  order.at_venue = true;
  order.ended = order.ended || event.ended;
  if (order.ended || may_rest(order.intent)) {
    order.doubtful = false;
  }
  if (event.ended || !event.reason.empty()) {
    order.reason = event.reason;
  }
  state_totals(order, event.filled, event.notional, event.fee);
}

void OrderTracker::take(Order& order, const FillEvent& event, OrderNews& news) {
  order.at_venue = true;
  if (!order.fills.contains(event.fill_id) && order.fills.size() >= config_.max_fills_per_order) {
    ++counters_["fills_beyond_limit"];
    return;
  }
  const auto& intent = order.intent;
  const auto price = event.price_of == intent.side ? event.price : complement(event.price);
  const auto [entry, added] =
    order.fills.try_emplace(event.fill_id,
                            KnownFill{.price = price,
                                      .quantity = event.quantity,
                                      .notional = value_of(intent, price, event.quantity),
                                      .fee = event.fee,
                                      .at = event.at,
                                      .state = event.state});
  auto& known = entry->second;
  if (!added && (known.state != FillState::provisional || event.state == known.state)) {
    ++counters_[event.state == known.state || event.state == FillState::provisional
                  ? "repeated_fills"
                  : "finals_contradicted"];
    return;
  }
  known.state = event.state;
  const auto is_void = event.state == FillState::voided;
  if (is_void) {
    ++counters_["voided_fills"];
  }
  if (is_void && !known.told) {
    return; // nobody has booked it
  }
  known.told = true;
  // As it was first told but for its state: whoever booked it takes back what was booked.
  news.fills.push_back({.fill_id = event.fill_id,
                        .client_order_id = intent.client_order_id,
                        .pair = intent.pair,
                        .market = intent.market,
                        .side = intent.side,
                        .action = intent.action,
                        .price = known.price,
                        .quantity = known.quantity,
                        .fee = known.fee,
                        .at = known.at,
                        .state = known.state});
}

void OrderTracker::state_totals(Order& order, Quantity filled, std::optional<Money> notional,
                                std::optional<Money> fee) {
  order.stated = std::max(order.stated, filled);
  const auto newer = !order.stated_money || filled > order.stated_money->filled;
  if (notional && fee && newer) {
    order.stated_money = Totals{.filled = filled, .notional = *notional, .fee = *fee};
  }
}

/// Takes the events that had come too early; they are the order's by either id. One of them may
/// tell the venue's id, by which earlier ones are found.
void OrderTracker::replay(Order& order, OrderNews& news) {
  const auto known_id = order.venue_order_id;
  std::erase_if(early_, [&](const auto& entry) {
    return std::visit(
      [&](const auto& event) {
        const auto mine =
          event.client_order_id.empty()
            ? !order.venue_order_id.empty() && event.venue_order_id == order.venue_order_id
            : event.client_order_id == order.intent.client_order_id;
        if (mine) {
          take(order, event, news);
          learn_venue_id(order, event.venue_order_id);
        }
        return mine;
      },
      entry.second);
  });
  if (order.venue_order_id != known_id) {
    replay(order, news);
  }
}

void OrderTracker::keep_for_later(EarlyEvent event, Timestamp now) {
  ++counters_["early_events"];
  if (early_.size() >= config_.max_early_events) {
    ++counters_["early_events_dropped"];
    early_.pop_front();
  }
  early_.emplace_back(now, std::move(event));
}

void OrderTracker::finish(Order& order, Timestamp now, OrderNews& news) {
  auto report = make_report(order, now);
  if (order.told && same(*order.told, report)) {
    return;
  }
  order.changed_at = now;
  order.told = report;
  news.reports.push_back(std::move(report));
}

OrderTracker::Totals OrderTracker::live(const Order& order) {
  Totals sum;
  for (const auto& [id, fill] : order.fills) {
    if (fill.state != FillState::voided) {
      sum.filled += fill.quantity;
      sum.notional += fill.notional;
      sum.fee += fill.fee;
    }
  }
  return sum;
}

OrderTracker::Totals OrderTracker::voided(const Order& order) {
  Totals sum;
  for (const auto& [id, fill] : order.fills) {
    if (fill.state == FillState::voided) {
      sum.filled += fill.quantity;
      sum.notional += fill.notional;
      sum.fee += fill.fee;
    }
  }
  return sum;
}

Quantity OrderTracker::gross(const Order& order) {
  return std::max(order.stated, live(order).filled + voided(order).filled);
}

/// The largest net totals of which the money is known; exact executions before averages.
OrderTracker::Totals OrderTracker::priced(const Order& order) {
  const auto exact = live(order);
  const auto& stated = order.stated_money;
  const auto gone = voided(order);
  if (!stated || stated->filled - gone.filled <= exact.filled) {
    return exact;
  }
  return {.filled = stated->filled - gone.filled,
          .notional = std::max(stated->notional - gone.notional, Money{}),
          .fee = stated->fee - gone.fee};
}

Quantity OrderTracker::net(const Order& order) {
  return gross(order) - voided(order).filled;
}

OrderStatus OrderTracker::status(const Order& order) {
  if (order.refused && !order.at_venue) {
    return OrderStatus::rejected;
  }
  const auto filled = net(order);
  const auto full = filled >= order.intent.quantity;
  if ((order.ended || full) && priced(order).filled == filled) {
    return full                   ? OrderStatus::filled
           : filled > Quantity{0} ? OrderStatus::partial
                                  : OrderStatus::unfilled;
  }
  return order.at_venue ? OrderStatus::accepted : OrderStatus::unknown;
}

OrderReport OrderTracker::make_report(const Order& order, Timestamp now) {
  const auto& intent = order.intent;
  const auto now_status = status(order);
  const auto money = priced(order);
  return {.pair = intent.pair,
          .leg = intent.leg,
          .client_order_id = intent.client_order_id,
          .venue_order_id = order.venue_order_id,
          .market = intent.market,
          .venue = intent.ref.venue,
          .side = intent.side,
          .action = intent.action,
          .status = now_status,
          .filled = money.filled,
          .notional = money.notional,
          .fee = money.fee,
          .reason = now_status == OrderStatus::filled ? std::string{} : order.reason,
          .sent_at = order.sent_at,
          .reported_at = now,
          .voided = voided(order).filled};
}

bool OrderTracker::settled(const Order& order) {
  return terminal(status(order)) && std::ranges::none_of(order.fills, [](const auto& entry) {
           return entry.second.state == FillState::provisional;
         });
}

std::optional<OrderReport>
OrderTracker::report(const std::string& client_order_id, Timestamp now) const {
  const auto found = orders_.find(client_order_id);
  return found == orders_.end() ? std::nullopt : std::optional{make_report(found->second, now)};
}

const OrderIntent* OrderTracker::intent(const std::string& client_order_id) const {
  const auto found = orders_.find(client_order_id);
  return found == orders_.end() ? nullptr : &found->second.intent;
}

std::string OrderTracker::venue_order_id(const std::string& client_order_id) const {
  const auto found = orders_.find(client_order_id);
  return found == orders_.end() ? std::string{} : found->second.venue_order_id;
}

std::optional<Timestamp> OrderTracker::sent_at(const std::string& client_order_id) const {
  const auto found = orders_.find(client_order_id);
  return found == orders_.end() ? std::nullopt : std::optional{found->second.sent_at};
}

std::vector<std::string> OrderTracker::unresolved() const {
  std::vector<std::string> ids;
  for (const auto& [id, order] : orders_) {
    const auto missing_money = priced(order).filled != net(order);
    if (!terminal(status(order)) && (order.doubtful || missing_money)) {
      ids.push_back(id);
    }
  }
  return ids;
}

bool OrderTracker::has_untold(const Order& order) {
  return live(order).filled + voided(order).filled < order.stated;
}

std::vector<std::string> OrderTracker::untold() const {
  std::vector<std::string> ids;
  for (const auto& [id, order] : orders_) {
    if (terminal(status(order)) && has_untold(order)) {
      ids.push_back(id);
    }
  }
  return ids;
}

bool OrderTracker::is_complete(const std::string& client_order_id) const {
  const auto found = orders_.find(client_order_id);
  return found != orders_.end() && terminal(status(found->second)) && !has_untold(found->second);
}

std::vector<std::string> OrderTracker::open() const {
  std::vector<std::string> ids;
  for (const auto& [id, order] : orders_) {
    if (!terminal(status(order))) {
      ids.push_back(id);
    }
  }
  return ids;
}

std::vector<std::string> OrderTracker::forget_old(Timestamp now) {
  std::vector<std::string> gone;
  for (const auto& [id, order] : orders_) {
    if (settled(order) && order.changed_at + config_.retention <= now) {
      gone.push_back(id);
    }
  }
  for (const auto& id : gone) {
    by_venue_id_.erase(orders_.at(id).venue_order_id);
    orders_.erase(id);
  }
  while (!early_.empty() && early_.front().first + config_.early_retention <= now) {
    ++counters_["early_events_expired"];
    early_.pop_front();
  }
  return gone;
}

} // namespace arbees
