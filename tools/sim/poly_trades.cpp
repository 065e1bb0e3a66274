#include <algorithm>

#include "tools/sim/poly_accounts.hpp"
#include "tools/sim/poly_book.hpp"
#include "tools/sim/poly_json.hpp"

// Trades and what they move: matches on their way to the chain, tokens, and the money of decided
// markets.

namespace arbees::sim {

void PolyAccounts::book_match(const Match& match, int market) {
  const auto taker = orders_.find(match.taker);
  const auto maker = orders_.find(match.maker);
  if (taker == orders_.end() && maker == orders_.end()) {
    return;
  }
  const auto number = trades_.size() + 1;
  Random id{number * 7'919 + 17};
  trades_.push_back({.number = number,
                     .id = make_uuid(id),
                     .market = market,
                     .price = match.price,
                     .size = match.size,
                     .taker_side = match.taker_side,
                     .taker = match.taker,
                     .maker = match.maker,
                     .fee = taker == orders_.end()
                              ? Money{0}
                              : poly_taker_fee(match.price, match.size,
                                               poly_rate_ppm(*engine_, this->market(market))),
                     .ghost = random_.chance(config_.ghost_fills) || (ask_ghost_ && ask_ghost_()),
                     .matched_ms = engine_->now_ms(),
                     .born_ms = engine_->steady_ms(),
                     .updated_ms = engine_->now_ms()});
  unsettled_.push_back(trades_.size() - 1);
  const auto trade = trades_.back();
  if (taker != orders_.end()) {
    book_side(taker->second, trade, trade.fee);
  }
  if (maker != orders_.end()) {
    auto& order = maker->second;
    order.resting -= trade.size;
    book_side(order, trade, Money{0});
    if (order.resting == Quantity{0}) {
      close(order, PolyOrderState::matched, "MATCHED");
    }
    tell(order, "UPDATE");
  }
  tell(trade);
}

void PolyAccounts::book_side(PolyOrder& order, const PolyTrade& trade, Money fee) {
  const auto price = token_price(order.draft.token, trade.price);
  const auto value = notional(price, trade.size, Rounding::half_up);
  auto& owner = wallet(order.key);
  owner.cash += (order.draft.buys ? -value : value) - fee;
  owner.fees += fee;
  note(order, trade, fee, 1);
  move_shares(order.key, trade.market, order.draft.token,
              order.draft.buys ? trade.size : Quantity{0} - trade.size);
  order.matched += trade.size;
  order.notional += value;
  order.trades.push_back(trade.number);
}

/// Adds a side of a trade to its wallet's sums, or takes it out again (`sign` -1).
void PolyAccounts::note(const PolyOrder& order, const PolyTrade& trade, Money fee, int sign) {
  const auto price = token_price(order.draft.token, trade.price);
  const auto size = Quantity{sign * trade.size.value()};
  const auto value = Money{sign * notional(price, trade.size, Rounding::half_up).value()};
  auto& owner = wallet(order.key);
  auto& sums = owner.holdings[{trade.market, order.draft.token}];
  sums.changed_ms = engine_->now_ms();
  if (!order.draft.buys) {
    sums.sold += size;
    sums.earned += value;
    return;
  }
  sums.bought += size;
  sums.paid += value;
  sums.fees_paid += Money{sign * fee.value()};
  owner.allowances.spend(exchange_of(market(trade.market)), value.value() + sign * fee.value());
}

/// Tokens of a redeemed market are money, also those that a failed trade takes back.
void PolyAccounts::move_shares(int key, int market, int token, Quantity change) {
  auto& owner = wallet(key);
  if (!redeemed(market)) {
    owner.shares[{market, token}] += change;
  } else {
    pay_out(owner, keys_->at(key).owner, {market, token}, change, value(market, token));
  }
}

/// @param size negative to take a payout back
void PolyAccounts::pay_out(PolyWallet& wallet, const Address& owner, std::pair<int, int> token,
                           Quantity size, Price price) {
  if (size == Quantity{0}) {
    return;
  }
  const auto whole = size < Quantity{0} ? Quantity{0} - size : size;
  const auto paid = notional(price, whole, Rounding::half_up);
  const auto cash = size < Quantity{0} ? -paid : paid;
  wallet.cash += cash;
  wallet.paid_out += cash;
  auto& sums = wallet.holdings[token];
  sums.redeemed += size;
  sums.payout += cash;
  sums.changed_ms = engine_->now_ms();
  redemptions_.push_back({.owner = owner,
                          .market = token.first,
                          .token = token.second,
                          .size = size,
                          .price = price,
                          .cash = cash,
                          .at_ms = engine_->now_ms()});
}

void PolyAccounts::reverse_side(const PolyOrder& order, const PolyTrade& trade, Money fee) {
  const auto price = token_price(order.draft.token, trade.price);
  const auto value = notional(price, trade.size, Rounding::half_up);
  auto& owner = wallet(order.key);
  owner.cash += (order.draft.buys ? value : -value) + fee;
  owner.fees -= fee;
  note(order, trade, fee, -1);
  move_shares(order.key, trade.market, order.draft.token,
              order.draft.buys ? Quantity{0} - trade.size : trade.size);
}

void PolyAccounts::reverse(const PolyTrade& trade) {
  if (const auto taker = orders_.find(trade.taker); taker != orders_.end()) {
    reverse_side(taker->second, trade, trade.fee);
  }
  if (const auto maker = orders_.find(trade.maker); maker != orders_.end()) {
    reverse_side(maker->second, trade, Money{0});
  }
}

void PolyAccounts::advance(PolyTrade& trade) {
  const auto age = engine_->steady_ms() - trade.born_ms;
  const auto first = trade.state == PolyTradeState::matched;
  if (age < (first ? config_.mined_after_ms : config_.final_after_ms)) {
    return;
  }
  if (first) {
    trade.state = trade.ghost ? PolyTradeState::retrying : PolyTradeState::mined;
  } else {
    trade.state = trade.ghost ? PolyTradeState::failed : PolyTradeState::confirmed;
    if (trade.ghost) {
      reverse(trade);
    }
  }
  trade.updated_ms = engine_->now_ms();
  tell(trade);
}

Price PolyAccounts::value(int index, int token) const {
  const auto yes = engine_->status(market(index).book).value;
  return token_price(token, yes);
}

void PolyAccounts::settle(int index) {
  for (auto& [id, order] : orders_) {
    if (order.draft.market == index
        && (order.state == PolyOrderState::live || order.state == PolyOrderState::delayed)) {
      cancel_resting(order, "CANCELED_MARKET_RESOLVED");
    }
  }
  due_.push_back({index, engine_->steady_ms() + config_.redeem_after_ms});
  redeem_due();
}

/// In the order of resolution, for all wait equally long.
void PolyAccounts::redeem_due() {
  while (!due_.empty() && due_.front().at_ms <= engine_->steady_ms()) {
    redeem(due_.front().market);
    due_.pop_front();
  }
}

void PolyAccounts::redeem(int index) {
  redeemed_.insert(index);
  for (auto& [owner, wallet] : wallets_) {
    for (const auto token : {0, 1}) {
      const auto found = wallet.shares.find({index, token});
      if (found != wallet.shares.end()) {
        pay_out(wallet, owner, {index, token}, std::exchange(found->second, Quantity{0}),
                value(index, token));
      }
    }
  }
}

/// What was redeemed is taken back at its old price and redeemed anew; what was not yet redeemed
/// will be at the new one.
void PolyAccounts::repay(int index, Price before) {
  for (auto& [owner, wallet] : wallets_) {
    for (const auto token : {0, 1}) {
      const auto found = wallet.holdings.find({index, token});
      const auto size = found == wallet.holdings.end() ? Quantity{0} : found->second.redeemed;
      pay_out(wallet, owner, {index, token}, Quantity{0} - size, token_price(token, before));
      pay_out(wallet, owner, {index, token}, size, value(index, token));
    }
  }
}

} // namespace arbees::sim
