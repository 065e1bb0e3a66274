#include <fmt/format.h>

#include "tools/sim/poly_accounts.hpp"
#include "tools/sim/poly_book.hpp"

// What an order must satisfy before it is taken in: money, allowances, and whose it is (fact sheet
// polymarket, section 3).

namespace arbees::sim {

namespace {

constexpr Money least_taker_buy{money_per_dollar};

std::string dollars(Money money) {
  return format_decimal(money.value(), 6, 0);
}

} // namespace

/// A wallet is known by its first order: later ones of the type must come from the same.
std::optional<ClobRefusal> PolyAccounts::link(PolyWallet& wallet, const PolyDraft& draft) const {
  const auto fresh_type = draft.signature_type == 3 || !config_.deposit_wallets_only;
  const auto [known, added] = wallet.makers.try_emplace(draft.signature_type, draft.maker);
  if (!fresh_type || known->second != draft.maker) {
    return ClobRefusal{400, "maker address not allowed, please use the deposit wallet flow"};
  }
  return std::nullopt;
}

bool PolyAccounts::takes(const PolyDraft& draft) const {
  const auto asks = token_levels(*engine_, market(draft.market), draft.token,
                                 draft.buys ? BookSide::ask : BookSide::bid);
  return !asks.empty()
         && (draft.buys ? asks.front().price <= draft.price : asks.front().price >= draft.price);
}

bool PolyAccounts::in_play(const PolyMarket& market) const {
  const auto game = engine_->slate().poly_events[static_cast<std::size_t>(market.event)].game;
  if (game < 0 || market.sports_type.empty()) {
    return false;
  }
  const auto phase = engine_->tape().game(game).phase;
  return phase == Phase::live || phase == Phase::interval;
}

/// What an order that takes in full at its limit pays.
Money PolyAccounts::taker_fee(const PolyDraft& draft) const {
  return poly_taker_fee(draft.price, draft.shares, poly_rate_ppm(*engine_, market(draft.market)));
}

Money PolyAccounts::reserved_cash(const PolyWallet& wallet) const {
  Money sum{0};
  for (const auto id : wallet.open) {
    const auto& order = orders_.at(id);
    if (order.draft.buys) {
      sum += order.state == PolyOrderState::delayed
               ? order.draft.dollars + taker_fee(order.draft)
               : notional(order.draft.price, order.resting, Rounding::up);
    }
  }
  return sum;
}

Quantity PolyAccounts::reserved_shares(const PolyWallet& wallet, int market, int token) const {
  Quantity sum{0};
  for (const auto id : wallet.open) {
    const auto& order = orders_.at(id);
    if (!order.draft.buys && order.draft.market == market && order.draft.token == token) {
      sum += order.state == PolyOrderState::delayed ? order.draft.shares : order.resting;
    }
  }
  return sum;
}

/// Orders are charged to the contract that will settle them.
std::optional<ClobRefusal>
PolyAccounts::check_allowance(const PolyWallet& wallet, const PolyDraft& draft,
                              std::int64_t amount) const {
  const auto exchange = exchange_of(market(draft.market));
  const auto allowed =
    wallet.allowances.seen(draft.buys ? PolyAsset::collateral : PolyAsset::conditional, exchange);
  if (allowed == PolyAllowances::unlimited) {
    return std::nullopt;
  }
  std::int64_t active = 0;
  for (const auto id : wallet.open) {
    const auto& order = orders_.at(id);
    if (draft.buys && order.draft.buys && exchange_of(market(order.draft.market)) == exchange) {
      active += order.state == PolyOrderState::delayed
                  ? (order.draft.dollars + taker_fee(order.draft)).value()
                  : notional(order.draft.price, order.resting, Rounding::up).value();
    }
  }
  if (allowed - active >= amount) {
    return std::nullopt;
  }
  return ClobRefusal{
    400, fmt::format("not enough balance / allowance: the allowance is not enough -> spender: {}, "
                     "allowance: {}, sum of active orders: {}, order amount: {}",
                     contract_of(exchange), allowance_text(allowed), active, amount)};
}

std::optional<ClobRefusal>
PolyAccounts::check_funds(const PolyWallet& wallet, const PolyDraft& draft, bool takes) const {
  auto balance = wallet.cash.value();
  auto active = reserved_cash(wallet).value();
  auto amount = (draft.dollars + (takes ? taker_fee(draft) : Money{0})).value();
  if (!draft.buys) {
    const auto held = wallet.shares.find({draft.market, draft.token});
    balance = held == wallet.shares.end() ? 0 : held->second.value();
    active = reserved_shares(wallet, draft.market, draft.token).value();
    amount = draft.shares.value();
  }
  const auto dry = draft.buys && engine_->steady_ms() < dry_until_ms_;
  balance = dry ? std::min(balance, active) : balance;
  if (balance - active >= amount) {
    return check_allowance(wallet, draft, amount);
  }
  return ClobRefusal{400, fmt::format("not enough balance / allowance: the balance is not enough "
                                      "-> balance: {}, sum of active orders: {}, order amount: {}",
                                      balance, active, amount)};
}

std::optional<ClobRefusal>
PolyAccounts::check_account(int key, const PolyDraft& draft, bool crosses) {
  if (hashes_.contains(draft.hash)) {
    return ClobRefusal{400, fmt::format("order {} is invalid. Duplicated.", draft.hash)};
  }
  auto& owner = wallet(key);
  if (auto refusal = link(owner, draft)) {
    return refusal;
  }
  if (draft.post_only && crosses) {
    return ClobRefusal{400, "invalid post-only order: order crosses book"};
  }
  if (draft.buys && (crosses || !draft.rests()) && draft.dollars < least_taker_buy) {
    return ClobRefusal{400, fmt::format("invalid amount for a marketable BUY order (${}), min "
                                        "size: $1. The amount is lower than the minimum",
                                        dollars(draft.dollars))};
  }
  return check_funds(owner, draft, crosses);
}

} // namespace arbees::sim
