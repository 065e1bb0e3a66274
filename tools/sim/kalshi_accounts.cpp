#include "tools/sim/kalshi_accounts.hpp"

#include <algorithm>

#include "tools/sim/kalshi_exchange.hpp"
#include "tools/sim/kalshi_json.hpp"
#include "tools/sim/kalshi_rest.hpp"

namespace arbees::sim {

namespace json = boost::json;

namespace {

std::string uuid_of(std::uint64_t number, std::uint64_t salt) {
  Random random{number * 1'000'003 + salt};
  return make_uuid(random);
}

/// Dollars a contract of this side costs at a YES price.
Price leg_price(BookSide side, Price price) {
  return side == BookSide::bid ? price : complement(price);
}

Quantity magnitude(Quantity quantity) {
  return quantity < Quantity{0} ? Quantity{0} - quantity : quantity;
}

/// The part of `whole` that falls to `part` of `all`.
Money share_of(Money whole, Quantity part, Quantity all) {
  return Money{divide(Int128{whole.value()} * part.value(), all.value(), Rounding::half_up)};
}

} // namespace

/// The model fee by the rules of this moment.
Money KalshiAccounts::fee(int market, Price price, Quantity size, Liquidity liquidity) const {
  const auto event = static_cast<std::size_t>(kalshi_market_at(*engine_, market).event);
  const auto rule = fee_of(*engine_, engine_->slate().kalshi_events[event]);
  return model_fee(price, size, rule.multiplier_milli, liquidity, maker_percent(rule.type));
}

int KalshiAccounts::account_of(std::string_view key) {
  const auto found = keys_.find(key);
  if (found != keys_.end()) {
    return found->second;
  }
  const auto index = static_cast<int>(accounts_.size());
  accounts_.push_back({.key = std::string{key},
                       .user = uuid_of(static_cast<std::uint64_t>(index), 7),
                       .cash = config_.cash});
  keys_.emplace(std::string{key}, index);
  return index;
}

const KalshiOrder* KalshiAccounts::find(std::string_view uuid) const {
  const auto found = uuids_.find(uuid);
  return found == uuids_.end() ? nullptr : &orders_.at(found->second);
}

Money KalshiAccounts::reserved(const KalshiAccount& account, int shard) const {
  Money sum{0};
  for (const auto id : account.orders) {
    const auto& order = orders_.at(id);
    if (order.resting > Quantity{0} && shard_of(*engine_, order.market) == shard) {
      sum += notional(leg_price(order.side, order.price), order.resting, Rounding::up);
    }
  }
  return sum;
}

Money KalshiAccounts::free(const KalshiAccount& account, int shard) const {
  const auto found = account.cash.find(shard);
  return found == account.cash.end() ? Money{0} : found->second - reserved(account, shard);
}

bool KalshiAccounts::transfer(int index, int from, int to, Money amount) {
  auto& account = accounts_[static_cast<std::size_t>(index)];
  if (amount <= Money{0} || free(account, from) < amount || !account.cash.contains(to)) {
    return false;
  }
  account.cash[from] -= amount;
  account.cash[to] += amount;
  return true;
}

/// Cash for the worst case: the part that opens contracts at the limit, with the taker's fee.
/// Orders already resting are assumed not to close anything, which is the careful side.
Money KalshiAccounts::needed(const KalshiAccount& account, const KalshiDraft& draft) const {
  const auto found = account.positions.find(draft.market);
  const auto held = found == account.positions.end() ? Quantity{0} : found->second.contracts;
  const auto closes = draft.side == BookSide::ask ? std::max(held, Quantity{0})
                                                  : std::max(Quantity{0} - held, Quantity{0});
  const auto opens = draft.count - std::min(draft.count, closes);
  return notional(leg_price(draft.side, draft.price), opens, Rounding::up)
         + fee(draft.market, Price{5000}, opens, Liquidity::taker);
}

std::optional<HttpReply> KalshiAccounts::check_account(int index, KalshiDraft& draft) const {
  const auto& account = at(index);
  if (!draft.client_id.empty() && account.client_ids.contains(draft.client_id)) {
    return kalshi_error(409, "order_already_exists", "order already exists");
  }
  if (draft.reduce_only) {
    const auto held = account.positions.find(draft.market);
    const auto open = held == account.positions.end() ? Quantity{0} : held->second.contracts;
    const auto closes = draft.side == BookSide::ask ? open : Quantity{0} - open;
    draft.count = std::min(draft.count, std::max(closes, Quantity{0}));
  }
  const auto shard = shard_of(*engine_, draft.market);
  if (!draft.group.empty()) {
    const auto* const group = groups_.find(index, draft.group);
    if (group == nullptr || group->shard != shard) {
      return kalshi_error(404, "order_group_not_found", "order group not found");
    }
    if (group->triggered) {
      return kalshi_error(409, "order_group_triggered", "order group is triggered, reset it first");
    }
  }
  if (!account.cash.contains(shard)) {
    return kalshi_error(404, "user_not_found", "user not found");
  }
  if (needed(account, draft) > free(account, shard)) {
    return kalshi_error(400, "insufficient_balance", "insufficient balance");
  }
  return std::nullopt;
}

std::variant<HttpReply, const KalshiOrder*> KalshiAccounts::place(int index, KalshiDraft draft) {
  if (auto refusal = check_account(index, draft)) {
    return *std::move(refusal);
  }
  if (draft.stp_maker) {
    cancel_own_crossing(index, draft);
  }
  const auto id = engine_->new_order_id();
  const auto report = engine_->submit(kalshi_market_at(*engine_, draft.market).book,
                                      {.id = id,
                                       .account = index,
                                       .side = draft.side,
                                       .limit = draft.price,
                                       .size = draft.count,
                                       .may_rest = draft.rests,
                                       .all_or_nothing = draft.all_or_nothing,
                                       .post_only = draft.post_only,
                                       .client_id = draft.client_id});
  if (report.result == SubmitResult::killed) {
    return kalshi_error(409, "fill_or_kill_insufficient_resting_volume",
                        "fill or kill order could not be filled");
  }
  if (report.result == SubmitResult::would_cross) {
    return flat_error(400, "invalid_order", "invalid order", "post only cross");
  }
  auto& order = remember(id, index, draft, report.resting);
  for (const auto& match : report.matches) {
    book_match(match);
  }
  tell(order);
  end_overrun_groups();
  return &order;
}

KalshiOrder&
KalshiAccounts::remember(OrderId id, int index, const KalshiDraft& draft, Quantity resting) {
  const auto now = engine_->now_ms();
  auto& order = orders_[id] = {.id = id,
                               .uuid = uuid_of(id, 11),
                               .client_id = draft.client_id,
                               .group = draft.group,
                               .account = index,
                               .market = draft.market,
                               .side = draft.side,
                               .price = draft.price,
                               .initial = draft.count,
                               .resting = resting,
                               .cancel_on_pause = draft.cancel_on_pause,
                               .expires = draft.expires,
                               .created_ms = now,
                               .updated_ms = now};
  uuids_.emplace(order.uuid, id);
  auto& account = accounts_[static_cast<std::size_t>(index)];
  account.orders.push_back(id);
  account.client_ids.insert(draft.client_id);
  if (auto* const group = groups_.find(index, draft.group)) {
    group->orders.push_back(id);
  }
  if (draft.expires != 0 && resting > Quantity{0}) {
    expiring_.insert(id);
  }
  return order;
}

std::optional<HttpReply>
KalshiAccounts::amend(OrderId id, Price price, Quantity total, const std::string& client_id) {
  auto& order = orders_.at(id);
  auto& account = accounts_[static_cast<std::size_t>(order.account)];
  if (client_id != order.client_id && account.client_ids.contains(client_id)) {
    return kalshi_error(409, "order_already_exists", "order already exists");
  }
  const auto held = notional(leg_price(order.side, order.price), order.resting, Rounding::up);
  const auto wanted = needed(
    account,
    {.market = order.market, .side = order.side, .price = price, .count = total - order.filled});
  if (wanted > free(account, shard_of(*engine_, order.market)) + held) {
    return kalshi_error(400, "insufficient_balance", "insufficient balance");
  }
  const auto book = kalshi_market_at(*engine_, order.market).book;
  engine_->cancel(book, id);
  const auto report = engine_->submit(book, {.id = id,
                                             .account = order.account,
                                             .side = order.side,
                                             .limit = price,
                                             .size = total - order.filled,
                                             .may_rest = true,
                                             .client_id = client_id});
  order.price = price;
  order.initial = total;
  order.resting = report.resting;
  order.client_id = client_id;
  order.updated_ms = engine_->now_ms();
  account.client_ids.insert(client_id);
  for (const auto& match : report.matches) {
    book_match(match);
  }
  tell(order);
  end_overrun_groups();
  return std::nullopt;
}

void KalshiAccounts::cancel_own_crossing(int index, const KalshiDraft& draft) {
  for (const auto id : accounts_[static_cast<std::size_t>(index)].orders) {
    const auto& order = orders_.at(id);
    const auto crosses =
      draft.side == BookSide::bid ? order.price <= draft.price : order.price >= draft.price;
    if (order.market == draft.market && order.side != draft.side && crosses) {
      cancel(id);
    }
  }
}

Quantity KalshiAccounts::cancel(OrderId id) {
  auto& order = orders_.at(id);
  const auto left = std::exchange(order.resting, Quantity{0});
  if (left > Quantity{0}) {
    engine_->cancel(kalshi_market_at(*engine_, order.market).book, id);
    order.updated_ms = engine_->now_ms();
    tell(order);
  }
  return left;
}

// --- fills and money ---

void KalshiAccounts::book_match(const Match& match) {
  if (const auto taker = orders_.find(match.taker); taker != orders_.end()) {
    book_fill(taker->second, match, Liquidity::taker);
  }
  if (const auto maker = orders_.find(match.maker); maker != orders_.end()) {
    maker->second.resting -= match.size;
    book_fill(maker->second, match, Liquidity::maker);
    tell(maker->second);
  }
}

void KalshiAccounts::close_part(KalshiPosition& position, Quantity closed, Money proceeds) {
  const auto held = magnitude(position.contracts);
  const auto cost = share_of(position.cost, closed, held);
  position.realized += proceeds - cost;
  position.cost -= cost;
  position.open_fees -= share_of(position.open_fees, closed, held);
}

/// A contract is bought at its leg's price, or closes one of the other leg, which returns a dollar
/// less that price: both change the cash by the same formula, minus cost plus the dollars freed.
void KalshiAccounts::book_fill(KalshiOrder& order, const Match& match, Liquidity liquidity) {
  auto& account = accounts_[static_cast<std::size_t>(order.account)];
  auto& position = account.positions[order.market];
  const auto buys = order.side == BookSide::bid;
  const auto held = position.contracts;
  const auto opposite_held =
    buys ? std::max(Quantity{0} - held, Quantity{0}) : std::max(held, Quantity{0});
  const auto closed = std::min(match.size, opposite_held);
  const auto price = leg_price(order.side, match.price);
  const auto cost = notional(price, match.size, Rounding::up);
  const auto revenue = payout(closed) - cost;
  const auto charged =
    order.rounding.charge(revenue, fee(order.market, match.price, match.size, liquidity));
  if (closed > Quantity{0}) {
    close_part(position, closed, payout(closed) - notional(price, closed, Rounding::up));
  }
  if (closed < match.size) {
    position.cost += notional(price, match.size - closed, Rounding::up);
    position.open_fees += share_of(charged, match.size - closed, match.size);
  }
  position.contracts = buys ? held + match.size : held - match.size;
  position.fees += charged;
  position.traded += cost;
  position.volume += match.size;
  account.cash[shard_of(*engine_, order.market)] += revenue - charged;
  order.filled += match.size;
  order.cost[liquidity] += cost;
  order.fees[liquidity] += charged;
  order.updated_ms = engine_->now_ms();
  account.fills.push_back({.trade = kalshi_trade_id(match.number),
                           .order = order.id,
                           .price = match.price,
                           .size = match.size,
                           .liquidity = liquidity,
                           .fee = charged,
                           .at_ms = engine_->now_ms()});
  if (!order.group.empty() && groups_.add_match(order.group, engine_->now_ms(), match.size)) {
    overrun_.insert(order.group);
  }
  tell(order, account.fills.back());
  tell_position(order.account, order.market);
}

void KalshiAccounts::on_events(std::span<const MarketEvent> events) {
  for (const auto& event : events) {
    if (const auto* const trade = std::get_if<Traded>(&event)) {
      book_match(trade->match);
      end_overrun_groups();
    } else if (const auto* const decided = std::get_if<BookDecided>(&event)) {
      const auto& spec = engine_->slate().books[static_cast<std::size_t>(decided->book)];
      if (spec.venue == Venue::kalshi) {
        close(spec.market);
      }
    } else if (const auto* const settled = std::get_if<BookSettled>(&event)) {
      settle(engine_->slate().books[static_cast<std::size_t>(settled->book)].market);
    } else if (const auto* const changed = std::get_if<LifecycleChanged>(&event)) {
      const auto& spec = engine_->slate().books[static_cast<std::size_t>(changed->book)];
      if (changed->what == Lifecycle::closed && spec.venue == Venue::kalshi) {
        close(spec.market);
      }
    }
  }
}

void KalshiAccounts::on_time() {
  std::erase_if(expiring_, [&](OrderId id) {
    const auto over = engine_->now() >= orders_.at(id).expires;
    if (over) {
      cancel(id);
    }
    return over;
  });
}

void KalshiAccounts::on_pause(int shard) {
  for (const auto& [id, order] : orders_) {
    if (order.cancel_on_pause && shard_of(*engine_, order.market) == shard) {
      cancel(id);
    }
  }
}

void KalshiAccounts::close(int index) {
  for (const auto& [id, order] : orders_) {
    if (order.market == index) {
      cancel(id);
    }
  }
}

void KalshiAccounts::settle(int index) {
  const auto value = engine_->status(kalshi_market_at(*engine_, index).book).value;
  for (std::size_t i = 0; i < accounts_.size(); ++i) {
    auto& account = accounts_[i];
    const auto found = account.positions.find(index);
    if (found == account.positions.end()) {
      continue;
    }
    auto& position = found->second;
    const auto pays = position.contracts > Quantity{0} ? value : complement(value);
    const auto paid = notional(pays, magnitude(position.contracts), Rounding::down);
    account.cash[shard_of(*engine_, index)] += paid;
    account.settlements.push_back({.market = index,
                                   .contracts = position.contracts,
                                   .value = value,
                                   .revenue = paid,
                                   .cost = position.cost,
                                   .fees = position.open_fees,
                                   .at_ms = engine_->now_ms()});
    position.realized += paid - position.cost;
    position.cost = position.open_fees = Money{0};
    position.contracts = Quantity{0};
    tell_position(static_cast<int>(i), index);
  }
}

// --- order groups ---

void KalshiAccounts::cancel_group(const KalshiOrderGroup& group) {
  const auto orders = group.orders;
  for (const auto id : orders) {
    cancel(id);
  }
}

/// A fill triggers its group once the order that brought it is through with the book: what it
/// matched stands, what is left of it goes with the rest.
void KalshiAccounts::end_overrun_groups() {
  for (const auto& id : std::exchange(overrun_, {})) {
    for (std::size_t account = 0; account < accounts_.size(); ++account) {
      if (const auto* const group = groups_.find(static_cast<int>(account), id)) {
        tell(*group, "triggered");
        cancel_group(*group);
      }
    }
  }
}

const KalshiOrderGroup& KalshiAccounts::create_group(int account, int shard, Quantity limit) {
  const auto& group = groups_.create(account, shard, limit);
  tell(group, "created");
  return group;
}

void KalshiAccounts::reset_group(int account, std::string_view id) {
  auto& group = *groups_.find(account, id);
  KalshiGroups::reset(group);
  tell(group, "reset");
}

void KalshiAccounts::trigger_group(int account, std::string_view id) {
  auto& group = *groups_.find(account, id);
  group.triggered = true;
  tell(group, "triggered");
  cancel_group(group);
}

void KalshiAccounts::limit_group(int account, std::string_view id, Quantity limit) {
  auto& group = *groups_.find(account, id);
  const auto triggers = KalshiGroups::set_limit(group, engine_->now_ms(), limit);
  tell(group, "limit_updated");
  if (triggers) {
    tell(group, "triggered");
    cancel_group(group);
  }
}

void KalshiAccounts::delete_group(int account, std::string_view id) {
  const auto& group = *groups_.find(account, id);
  cancel_group(group);
  tell(group, "deleted");
  groups_.remove(std::string{id});
}

// --- private events ---

void KalshiAccounts::tell(const KalshiOrderGroup& group, std::string_view event) {
  json::object message{{"event_type", event},
                       {"order_group_id", group.id},
                       {"ts_ms", engine_->now_ms()}};
  if (event == "created" || event == "limit_updated") {
    message["contracts_limit_fp"] = to_string(group.limit);
  }
  engine_->tell({.venue = Venue::kalshi,
                 .account = group.account,
                 .channel = "order_group_updates",
                 .message = json_text(message)});
}

void KalshiAccounts::tell(const KalshiOrder& order) {
  engine_->tell({.venue = Venue::kalshi,
                 .account = order.account,
                 .market = order.market,
                 .channel = "user_orders",
                 .message = json_text(user_order_message(*this, order))});
}

void KalshiAccounts::tell(const KalshiOrder& order, const KalshiFill& fill) {
  engine_->tell({.venue = Venue::kalshi,
                 .account = order.account,
                 .market = order.market,
                 .channel = "fill",
                 .message = json_text(fill_message(*this, order, fill))});
}

void KalshiAccounts::tell_position(int account, int market) {
  engine_->tell({.venue = Venue::kalshi,
                 .account = account,
                 .market = market,
                 .channel = "market_positions",
                 .message = json_text(position_message(*this, account, market))});
}

} // namespace arbees::sim
