#include "bridges/polymarket/polymarket_order_desk.hpp"

#include <algorithm>

#include "actors/market/grid.hpp"
#include "bridges/polymarket/polymarket_account_fields.hpp"

namespace arbees {

namespace {

/// Of one order; more are nonsense, and must not fill the memory.
constexpr std::size_t most_fills = 4096;
/// On this grid every price stands, and amounts come out as on a market's own.
constexpr Price finest_tick{1};

/// Orders that mend an open pair go before those that open one.
Urgency urgency_of(const OrderIntent& order) {
  return order.purpose == OrderPurpose::open ? Urgency::normal : Urgency::urgent;
}

/// The minimum size is one of orders that rest, the minimum value one of buys that take. What is
/// left of a position may always be sold.
bool acceptable(const OrderIntent& order, const MarketSpec& spec) {
  if (order.action == Action::buy && !may_rest(order)) {
    return accepts_buy(spec, order.limit, order.quantity);
  }
  const auto step = spec.quantity_step;
  return on_grid(spec.price_bands, order.limit) && order.quantity > Quantity{} && step > Quantity{}
         && floor_to(order.quantity, step) == order.quantity
         && (!may_rest(order) || order.quantity >= spec.min_quantity);
}

/// The venue ends an order so much before its expiration, and refuses one that is nearer than 180 s
/// (venues/polymarket.md 3.3).
constexpr Duration early_end = std::chrono::seconds{60};
constexpr Duration shortest_life = std::chrono::seconds{120};

/// What does not fit together in the order itself.
std::optional<std::string> contradiction(const OrderIntent& order, Timestamp now) {
  if ((order.post_only || order.expires_at) && !may_rest(order)) {
    return "only_resting_orders_are_post_only_or_expire";
  }
  // It is sent within a second, and must be long enough for the venue's clock too.
  if (order.expires_at && *order.expires_at < now + shortest_life + std::chrono::seconds{2}) {
    return "expires_too_soon";
  }
  return std::nullopt;
}

std::string lower_case(std::string_view text) {
  std::string result{text};
  std::ranges::transform(result, result.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  });
  return result;
}

std::map<std::string, std::int64_t> by_contract(const PolymarketBalance& balance) {
  std::map<std::string, std::int64_t> allowed;
  for (const auto& each : balance.allowances) {
    allowed.insert_or_assign(lower_case(each.spender), each.amount);
  }
  return allowed;
}

} // namespace

PolymarketOrderDesk::PolymarketOrderDesk(const PolymarketOrderSigner& signer,
                                         PolymarketDeskConfig config, Timestamp now)
  : signer_{signer},
    config_{config},
    order_bucket_{config.orders, now},
    cancel_bucket_{config.cancels, now} {}

void PolymarketOrderDesk::learn(const MatchedGame& match) {
  for (const auto& spec : match.markets) {
    if (spec.ref.venue != Venue::polymarket || spec.price_bands.empty()) {
      continue;
    }
    auto& market = markets_[spec.ref.native_id];
    market.spec = spec;
    market.terms = {.tick = spec.price_bands.front().step,
                    .negative_risk = spec.negative_risk,
                    .exchange = exchange_of(spec.ref.tokens[0])};
  }
}

void PolymarketOrderDesk::learn(const std::string& condition, const PolymarketMarketTerms& terms) {
  auto& market = markets_[condition];
  market.terms.tick = terms.tick;
  market.terms.negative_risk = terms.negative_risk;
  market.cleared_at = terms.cleared_at;
  if (terms.taker_ppm && !market.spec.fees) {
    // An order of an earlier run is asked for before the market is matched again.
    market.spec.fees = FeeSchedule{.rounding = Venue::polymarket,
                                   .taker_ppm = *terms.taker_ppm,
                                   .exponent = terms.fee_exponent,
                                   .source = "terms"};
  }
  if (terms.taker_ppm && market.spec.fees
      && (market.spec.fees->taker_ppm != *terms.taker_ppm
          || market.spec.fees->exponent != terms.fee_exponent)) {
    ++counters_["fees_changed"];
    market.spec.fees->taker_ppm = *terms.taker_ppm;
    market.spec.fees->exponent = terms.fee_exponent;
    for (auto& [id, order] : orders_) {
      if (order.intent.ref.native_id == condition) {
        order.fees = market.spec.fees; // what is matched from now on is charged by it
      }
    }
  }
}

PolymarketDeskOutput
PolymarketOrderDesk::refuse(const OrderIntent& order, std::string why, Timestamp now) {
  ++counters_["refused:" + why.substr(0, why.find(':'))];
  const OrderAnswer answer{.verdict = Verdict::rejected,
                           .status = OrderStatus::rejected,
                           .reason = std::move(why)};
  PolymarketDeskOutput output;
  output.news.reports.push_back(to_report(answer, order, now, now));
  return output;
}

std::optional<std::string>
PolymarketOrderDesk::objection(const OrderIntent& order, const Market& market,
                               Timestamp now) const {
  if (auto why = gate_.why_not(order, now)) {
    return why;
  }
  if (!market.spec.accepts_orders && order.purpose == OrderPurpose::open) {
    return "market_takes_no_orders";
  }
  if (auto why = contradiction(order, now)) {
    return why;
  }
  if (auto why = lacks_allowance(order, market)) {
    return why;
  }
  return acceptable(order, market.spec) ? std::nullopt
                                        : std::optional<std::string>{"off_grid_or_below_minimum"};
}

/// A buy needs the market's exchange to be allowed to take its money, a sell its tokens. What opens
/// a pair must be sure to find the way out as well.
std::optional<std::string>
PolymarketOrderDesk::lacks_allowance(const OrderIntent& order, const Market& market) const {
  const auto contract =
    lower_case(exchange_contract(market.terms.exchange, market.terms.negative_risk));
  const auto cost = notional(order.limit, order.quantity, Rounding::up).value();
  if (order.action == Action::buy && money_allowances_) {
    const auto found = money_allowances_->find(contract);
    if (found == money_allowances_->end() || found->second < cost) {
      return "no_allowance: approve pUSD for " + contract;
    }
  }
  const auto needs_tokens = order.action == Action::sell || order.purpose == OrderPurpose::open;
  const auto tokens = token_allowances_.find(contract);
  if (needs_tokens && tokens != token_allowances_.end()
      && tokens->second < order.quantity.value()) {
    return "no_token_allowance: approve the outcome tokens for " + contract;
  }
  return std::nullopt;
}

void PolymarketOrderDesk::learn_money_allowances(const PolymarketBalance& balance) {
  money_allowances_ = by_contract(balance);
  const auto any =
    std::ranges::any_of(*money_allowances_, [](const auto& entry) { return entry.second > 0; });
  gate_.learn_allowance(any ? "" : "no_allowance: no exchange may move the account's pUSD");
}

void PolymarketOrderDesk::learn_token_allowances(const PolymarketBalance& balance) {
  for (const auto& [contract, amount] : by_contract(balance)) {
    token_allowances_.insert_or_assign(contract, amount);
  }
}

PolymarketDeskOutput PolymarketOrderDesk::place(const OrderIntent& order, Timestamp now) {
  if (auto known = tracker_.report(order.client_order_id, now)) {
    ++counters_["placed_again"];
    PolymarketDeskOutput output;
    output.news.reports.push_back(std::move(*known));
    return output;
  }
  const auto market = markets_.find(order.ref.native_id);
  if (market == markets_.end()) {
    return refuse(order, "unknown_market", now);
  }
  if (auto why = objection(order, market->second, now)) {
    return refuse(order, std::move(*why), now);
  }
  if (!order_bucket_.take(1, urgency_of(order), now)) {
    const auto wait = order_bucket_.wait_for(1, urgency_of(order), now);
    if (!wait || *wait > config_.longest_pacing) {
      return refuse(order, "paced", now);
    }
    ++counters_["orders_paced"];
    PolymarketDeskOutput output;
    output.wait = *wait;
    return output;
  }
  auto made = signer_.sign(order, market->second.terms, order.created_at);
  if (!made) {
    return refuse(order, "not_signable: " + describe(made.error()), now);
  }
  if (tracker_.track(order, now, made->order_id) != TrackResult::added) {
    return refuse(order, "too_many_orders", now);
  }
  add(order, made->order_id, &market->second, now);
  ++counters_["orders_sent"];
  PolymarketDeskOutput output;
  output.send =
    PolymarketSend{.client_order_id = order.client_order_id,
                   .condition = order.ref.native_id,
                   .order = std::move(*made),
                   .options = {.time_in_force = order.time_in_force, .post_only = order.post_only}};
  if (order.expires_at) {
    output.send->options.expires_at = *order.expires_at + early_end;
  }
  if (may_rest(order) && !market->second.cleared_at) {
    output.condition = order.ref.native_id; // when does its book end?
  }
  return output;
}

void PolymarketOrderDesk::add(const OrderIntent& order, std::string order_id, const Market* market,
                              Timestamp sent_at) {
  by_order_id_.insert_or_assign(order_id, order.client_order_id);
  Order added{.intent = order, .order_id = std::move(order_id), .sent_at = sent_at};
  if (market != nullptr) {
    added.fees = market->spec.fees;
    added.delay = market->spec.taker_delay;
  }
  orders_.insert_or_assign(order.client_order_id, std::move(added));
}

PolymarketDeskOutput PolymarketOrderDesk::query(const OrderIntent& order, Timestamp now) {
  PolymarketDeskOutput output;
  const auto market = markets_.find(order.ref.native_id);
  if (!orders_.contains(order.client_order_id)) {
    if (market == markets_.end()) {
      output.condition = order.ref.native_id;
      return output;
    }
    auto terms = market->second.terms;
    terms.tick = finest_tick;
    terms.exchange = exchange_of(order.ref.tokens[0]);
    const auto made = signer_.sign(order, terms, order.created_at);
    const auto tracked =
      made && tracker_.track(order, order.created_at, made->order_id) == TrackResult::added;
    if (!tracked) {
      // Nothing can be said of it, and least that it was not executed.
      const OrderAnswer answer{.reason = made ? "too_many_orders" : describe(made.error())};
      output.news.reports.push_back(to_report(answer, order, order.created_at, now));
      return output;
    }
    add(order, made->order_id, &market->second, order.created_at);
    ++counters_["orders_recovered"];
  }
  auto& known = orders_.at(order.client_order_id);
  known.next_check = now;
  if (auto report = tracker_.report(order.client_order_id, now)) {
    output.news.reports.push_back(std::move(*report));
  }
  return output;
}

PolymarketDeskOutput PolymarketOrderDesk::answered(const std::string& client_order_id,
                                                   OrderAnswer answer, Timestamp now) {
  PolymarketDeskOutput output;
  const auto found = orders_.find(client_order_id);
  if (found == orders_.end()) {
    return output;
  }
  auto& order = found->second;
  order.answered = true;
  answer.reason = printable(answer.reason);
  answer.fee = estimated_fee(answer, order.fees);
  gate_.learn(answer, now);
  ++counters_["answers:" + std::string{to_string(answer.verdict)}];
  if (answer.reason == "rate_limited") {
    order_bucket_.drain(now);
  }
  if (answer.reason == "off_grid" || answer.reason == "order_version_mismatch") {
    output.condition = order.intent.ref.native_id;
  }
  output.news = tracker_.answered(client_order_id, answer, now);
  if (order.cancel_wanted && may_rest(order.intent)) {
    output.cancel = order.order_id;
  }
  plan(order, now);
  return output;
}

PolymarketOrderDesk::Order* PolymarketOrderDesk::find_by_id(const std::string& order_id) {
  const auto known = by_order_id_.find(order_id);
  return known == by_order_id_.end() ? nullptr : &orders_.at(known->second);
}

PolymarketDeskOutput PolymarketOrderDesk::apply(const PolymarketTrade& trade, Timestamp now) {
  PolymarketDeskOutput output;
  std::vector<std::string> ids{trade.taker_order_id};
  for (const auto& maker : trade.makers) {
    ids.push_back(maker.order_id);
  }
  std::ranges::sort(ids);
  ids.erase(std::ranges::unique(ids).begin(), ids.end());
  auto ours = false;
  for (const auto& id : ids) {
    if (auto* const order = find_by_id(id)) {
      ours = true;
      for (const auto& fill : fill_events(trade, order->intent, id, order->fees)) {
        take(*order, fill, output.news, now);
      }
      plan(*order, now);
    }
  }
  if (!ours) {
    ++counters_["foreign_trades"];
  }
  return output;
}

void PolymarketOrderDesk::take(Order& order, const FillEvent& fill, OrderNews& news,
                               Timestamp now) {
  if (order.fills.size() >= most_fills && !order.fills.contains(fill.fill_id)) {
    ++counters_["fills_beyond_limit"];
    return;
  }
  const auto [known, added] = order.fills.try_emplace(fill.fill_id, fill);
  if (!added && known->second.state == FillState::provisional) {
    known->second.state = fill.state;
  }
  append(news, tracker_.apply(fill, now));
}

PolymarketDeskOutput PolymarketOrderDesk::apply(const PolymarketOrderEvent& event, Timestamp now) {
  PolymarketDeskOutput output;
  auto* const order = find_by_id(event.id);
  if (order == nullptr) {
    ++counters_["foreign_order_events"];
    return output;
  }
  if (const auto told = order_event(event, order->intent)) {
    output.news = tracker_.apply(*told, now);
    plan(*order, now);
  } else {
    // The answer to the order or more events may be on their way: a look-up has the time.
    const auto soon = now + config_.first_check;
    order->next_check = std::min(order->next_check.value_or(soon), soon);
    order->last_word = printable(event.text);
  }
  return output;
}

std::optional<std::string>
PolymarketOrderDesk::cancel(const std::string& client_order_id, Timestamp now) {
  const auto found = orders_.find(client_order_id);
  if (found == orders_.end() || !cancel_bucket_.take(1, Urgency::urgent, now)) {
    ++counters_[found == orders_.end() ? "cancels_of_unknown" : "cancels_paced"];
    return std::nullopt;
  }
  ++counters_["cancels_sent"];
  return found->second.order_id;
}

Duration PolymarketOrderDesk::cancel_wait(Timestamp now) {
  return cancel_bucket_.wait_for(1, Urgency::urgent, now).value_or(std::chrono::seconds{1});
}

void PolymarketOrderDesk::canceled_all(Timestamp now) {
  for (auto& [id, order] : orders_) {
    order.cancel_wanted = order.cancel_wanted || !order.answered;
  }
  reconcile(now);
}

std::string PolymarketOrderDesk::client_order_id(const std::string& order_id) const {
  const auto found = by_order_id_.find(order_id);
  return found == by_order_id_.end() ? std::string{} : found->second;
}

Quantity PolymarketOrderDesk::matched(const PolymarketOpenOrder& order) const {
  const auto found = by_order_id_.find(order.id);
  if (found == by_order_id_.end()) {
    return order.matched;
  }
  const auto asked = orders_.at(found->second).intent.quantity;
  return matched_shares(order.original, order.matched, asked).value_or(order.matched);
}

std::vector<std::string> PolymarketOrderDesk::open_conditions() const {
  std::vector<std::string> conditions;
  for (const auto& id : tracker_.open()) {
    if (const auto found = orders_.find(id); found != orders_.end()) {
      conditions.push_back(found->second.intent.ref.native_id);
    }
  }
  std::ranges::sort(conditions);
  conditions.erase(std::ranges::unique(conditions).begin(), conditions.end());
  return conditions;
}

void PolymarketOrderDesk::canceled(const std::string& client_order_id, Timestamp now) {
  if (const auto found = orders_.find(client_order_id); found != orders_.end()) {
    found->second.next_check = now;
  }
}

std::vector<std::string> PolymarketOrderDesk::forget_old(Timestamp now) {
  auto gone = tracker_.forget_old(now);
  for (const auto& id : gone) {
    if (const auto found = orders_.find(id); found != orders_.end()) {
      by_order_id_.erase(found->second.order_id);
      orders_.erase(found);
    }
  }
  return gone;
}

std::map<std::string, std::int64_t> PolymarketOrderDesk::metrics(Timestamp now) const {
  auto values = counters_;
  for (const auto& [name, count] : tracker_.counters()) {
    values["tracker:" + name] = count;
  }
  values["orders_tracked"] = static_cast<std::int64_t>(tracker_.size());
  values["orders_open"] = static_cast<std::int64_t>(tracker_.open().size());
  values["orders_unresolved"] = static_cast<std::int64_t>(tracker_.unresolved().size());
  values["venue_mode"] = gate_.mode(now);
  values["venue_refuses"] = gate_.refusal().empty() ? 0 : 1;
  return values;
}

} // namespace arbees
