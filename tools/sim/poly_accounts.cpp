#include "tools/sim/poly_accounts.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "tools/sim/poly_book.hpp"
#include "tools/sim/poly_json.hpp"

namespace arbees::sim {

namespace {

constexpr Quantity hundredth{quantity_per_contract / 100};
constexpr Money least_taker_buy{money_per_dollar};
constexpr UnixSeconds early_end_s = 60; ///< GTD orders end that long before their expiration

Price own_price(int token, Price yes) {
  return token == 0 ? yes : complement(yes);
}

/// The side of the book of tokens[0] on which an order of `token` stands.
BookSide book_side_of(const PolyDraft& draft) {
  return draft.buys == (draft.token == 0) ? BookSide::bid : BookSide::ask;
}

std::string dollars(Money money) {
  return format_decimal(money.value(), 6, 0);
}

} // namespace

Money poly_taker_fee(Price price, Quantity size, int rate_ppm) {
  // Shares and the rate in 1e-6 and two prices in 1e-4 make 1e-20; steps of 1e-5 remain.
  const auto product = Int128{size.value()} * price.value() * complement(price).value() * rate_ppm;
  return Money{divide(product, Int128{1'000'000'000'000'000}, Rounding::half_up) * 10};
}

/// How much of an order the book would fill now, in shares of 0.01.
struct PolyAccounts::Plan {
  Quantity size{};
  bool whole = false; ///< nothing is left but dust
};

const PolyMarket& PolyAccounts::market(int index) const {
  return engine_->slate().poly_markets[static_cast<std::size_t>(index)];
}

PolyWallet& PolyAccounts::wallet(int key) {
  return wallets_.try_emplace(keys_->at(key).owner, PolyWallet{.cash = config_.cash}).first->second;
}

const PolyOrder* PolyAccounts::find(std::string_view hash) const {
  const auto found = hashes_.find(hash);
  return found == hashes_.end() ? nullptr : &orders_.at(found->second);
}

// --- taking orders in ---

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

std::variant<ClobRefusal, PolyPosted> PolyAccounts::place(int key, const PolyDraft& draft) {
  const auto crosses = takes(draft);
  if (auto refusal = check_account(key, draft, crosses)) {
    return *std::move(refusal);
  }
  const auto id = engine_->new_order_id();
  auto& order = orders_[id];
  order = {.id = id, .key = key, .draft = draft, .created_ms = engine_->now_ms()};
  hashes_.emplace(draft.hash, id);
  const auto delay = seconds_delay(*engine_, market(draft.market));
  if (crosses && delay > 0 && in_play(market(draft.market))) {
    order.state = PolyOrderState::delayed;
    order.status = "DELAYED";
    order.due_ms = engine_->now_ms() + 1000 * delay;
    wallet(key).open.insert(id);
    tell(order, "PLACEMENT");
    return PolyPosted{&order, "delayed"};
  }
  const auto possible = plan(draft);
  if (const auto reason = kill_reason(draft, possible); !reason.empty()) {
    close(order, PolyOrderState::canceled, fmt::format("CANCELED_{}", reason));
    tell(order, "CANCELLATION"); // the user channel hears of it as well
    return ClobRefusal{400, std::string{reason}};
  }
  match(order, possible);
  return PolyPosted{&order, order.matched > Quantity{0} ? "matched" : "live"};
}

/// Why an immediate order dies instead of matching as planned; empty if it does not.
std::string_view PolyAccounts::kill_reason(const PolyDraft& draft, const Plan& plan) {
  if (draft.type == PolyOrderType::fok && !plan.whole) {
    return "order couldn't be fully filled. FOK orders are fully filled or killed.";
  }
  if (draft.type == PolyOrderType::fak && plan.size == Quantity{0}) {
    return "no orders found to match with FAK order. FAK orders are partially filled or killed if "
           "no match is found.";
  }
  return {};
}

PolyAccounts::Plan PolyAccounts::plan(const PolyDraft& draft) const {
  // An immediate buy is limited by what it may spend, every other order by its shares.
  const auto by_dollars = draft.buys && !draft.rests();
  auto shares = floor_to(draft.shares, hundredth);
  auto money = draft.dollars;
  Plan found;
  for (const auto& level : token_levels(*engine_, market(draft.market), draft.token,
                                        draft.buys ? BookSide::ask : BookSide::bid)) {
    if (draft.buys ? level.price > draft.price : level.price < draft.price) {
      break;
    }
    auto wanted = shares - found.size;
    if (by_dollars) {
      wanted =
        floor_to(Quantity{money.value() * price_one.value() / level.price.value()}, hundredth);
    }
    const auto size = std::min(wanted, floor_to(level.size, hundredth));
    found.size += size;
    money -= notional(level.price, size, Rounding::up);
    if (size == wanted) {
      found.whole = true;
      break;
    }
  }
  return found;
}

/// Matches as planned and lets the rest stand, if the order may. Returns what was matched now.
Quantity PolyAccounts::match(PolyOrder& order, const Plan& plan) {
  const auto& draft = order.draft;
  const auto asked = draft.rests() ? floor_to(draft.shares, hundredth) : plan.size;
  // An account of its own: this venue knows no prevention of self-trades.
  const auto report =
    engine_->submit(market(draft.market).book, {.id = order.id,
                                                .account = -static_cast<int>(order.id),
                                                .side = book_side_of(draft),
                                                .limit = own_price(draft.token, draft.price),
                                                .size = asked,
                                                .may_rest = draft.rests()});
  order.resting = report.resting;
  if (report.resting > Quantity{0}) {
    order.state = PolyOrderState::live;
    order.status = "LIVE";
    wallet(order.key).open.insert(order.id);
  } else {
    close(order, PolyOrderState::matched, "MATCHED");
  }
  if (order.due_ms == 0) { // a delayed order has been shown before
    tell(order, "PLACEMENT");
  }
  for (const auto& match : report.matches) {
    book_match(match, draft.market);
  }
  if (!report.matches.empty()) {
    tell(order, "UPDATE");
  }
  return report.filled;
}

void PolyAccounts::end_delay(PolyOrder& order) {
  const auto possible = plan(order.draft);
  if (const auto reason = kill_reason(order.draft, possible); !reason.empty()) {
    close(order, PolyOrderState::canceled, fmt::format("CANCELED_{}", reason));
    tell(order, "CANCELLATION");
    return;
  }
  if (match(order, possible) == Quantity{0}) {
    order.status = "UNMATCHED"; // marketable when it came, now it rests
    tell(order, "UPDATE");
  }
}

void PolyAccounts::close(PolyOrder& order, PolyOrderState state, std::string status) {
  order.state = state;
  order.status = std::move(status);
  order.resting = Quantity{0};
  wallet(order.key).open.erase(order.id);
}

void PolyAccounts::cancel_resting(PolyOrder& order, std::string status) {
  if (order.state == PolyOrderState::live) {
    engine_->cancel(market(order.draft.market).book, order.id);
  }
  close(order, PolyOrderState::canceled, std::move(status));
  tell(order, "CANCELLATION");
}

std::string PolyAccounts::cancel(int key, std::string_view hash) {
  const auto found = hashes_.find(hash);
  if (found == hashes_.end() || orders_.at(found->second).key != key) {
    return "order can't be found - already canceled or matched";
  }
  auto& order = orders_.at(found->second);
  switch (order.state) {
    case PolyOrderState::delayed:
      return "the order is in its matching delay";
    case PolyOrderState::matched:
      return "matched orders can't be canceled";
    case PolyOrderState::canceled:
      return "the order is already canceled";
    case PolyOrderState::live:
      break;
  }
  cancel_resting(order, "CANCELED");
  return {};
}

// --- trades and money ---

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
                     .ghost = random_.chance(config_.ghost_fills),
                     .matched_ms = engine_->now_ms(),
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
  const auto price = own_price(order.draft.token, trade.price);
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
  const auto price = own_price(order.draft.token, trade.price);
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
    pay_out(owner, keys_->at(key).owner, {market, token}, change);
  }
}

/// @param size negative to take a payout back
void PolyAccounts::pay_out(PolyWallet& wallet, const Address& owner, std::pair<int, int> token,
                           Quantity size) {
  if (size == Quantity{0}) {
    return;
  }
  const auto price = value(token.first, token.second);
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
  const auto price = own_price(order.draft.token, trade.price);
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
  const auto age = engine_->now_ms() - trade.matched_ms;
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

// --- what happens by itself ---

void PolyAccounts::on_time() {
  redeem_due();
  std::vector<OrderId> open;
  for (const auto& [owner, wallet] : wallets_) {
    open.insert(open.end(), wallet.open.begin(), wallet.open.end());
  }
  std::ranges::sort(open);
  for (const auto id : open) {
    auto& order = orders_.at(id);
    const auto end = order.draft.expiration - early_end_s;
    if (order.state == PolyOrderState::delayed && engine_->now_ms() >= order.due_ms) {
      end_delay(order);
    } else if (order.state == PolyOrderState::live && order.draft.expiration != 0
               && engine_->now() >= end) {
      cancel_resting(order, "CANCELED");
    }
  }
  for (const auto at : unsettled_) {
    advance(trades_[at]);
  }
  std::erase_if(unsettled_, [&](std::size_t at) {
    return trades_[at].state == PolyTradeState::confirmed
           || trades_[at].state == PolyTradeState::failed;
  });
}

void PolyAccounts::on_events(std::span<const MarketEvent> events) {
  const auto& books = engine_->slate().books;
  for (const auto& event : events) {
    if (const auto* const traded = std::get_if<Traded>(&event)) {
      const auto& spec = books[static_cast<std::size_t>(traded->book)];
      if (spec.venue == Venue::polymarket) {
        book_match(traded->match, spec.market);
      }
    } else if (const auto* const decided = std::get_if<BookDecided>(&event)) {
      const auto& spec = books[static_cast<std::size_t>(decided->book)];
      if (spec.venue == Venue::polymarket) {
        settle(spec.market);
      }
    } else if (const auto* const game = std::get_if<GameChanged>(&event)) {
      clear_at_start(game->game);
    }
  }
}

/// Resting orders do not survive the start of their game (fact sheet polymarket, section 8.3).
void PolyAccounts::clear_at_start(int game) {
  const auto phase = engine_->tape().game(game).phase;
  const auto& listed = engine_->slate().games[static_cast<std::size_t>(game)];
  if (phase == Phase::scheduled || listed.opening == Opening::live || !started_.insert(game).second
      || kept_.contains(game)) {
    return;
  }
  for (auto& [id, order] : orders_) {
    const auto& its = market(order.draft.market);
    const auto event = static_cast<std::size_t>(its.event);
    if (order.state == PolyOrderState::live && !its.sports_type.empty()
        && engine_->slate().poly_events[event].game == game) {
      cancel_resting(order, "CANCELED");
    }
  }
}

Price PolyAccounts::value(int index, int token) const {
  const auto yes = engine_->status(market(index).book).value;
  return own_price(token, yes);
}

void PolyAccounts::settle(int index) {
  for (auto& [id, order] : orders_) {
    if (order.draft.market == index
        && (order.state == PolyOrderState::live || order.state == PolyOrderState::delayed)) {
      cancel_resting(order, "CANCELED_MARKET_RESOLVED");
    }
  }
  due_.push_back({index, engine_->now_ms() + config_.redeem_after_ms});
  redeem_due();
}

/// In the order of resolution, for all wait equally long.
void PolyAccounts::redeem_due() {
  while (!due_.empty() && due_.front().at_ms <= engine_->now_ms()) {
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
        pay_out(wallet, owner, {index, token}, std::exchange(found->second, Quantity{0}));
      }
    }
  }
}

void PolyAccounts::tell(const PolyOrder& order, std::string_view type) {
  engine_->tell({.venue = Venue::polymarket,
                 .account = order.key,
                 .market = order.draft.market,
                 .channel = "order",
                 .message = json_text(order_event(*this, order, type))});
}

void PolyAccounts::tell(const PolyTrade& trade) {
  std::set<int> keys;
  for (const auto id : {trade.taker, trade.maker}) {
    if (const auto found = orders_.find(id); found != orders_.end()) {
      keys.insert(found->second.key);
    }
  }
  for (const auto key : keys) {
    engine_->tell({.venue = Venue::polymarket,
                   .account = key,
                   .market = trade.market,
                   .channel = "trade",
                   .message = json_text(trade_event(*this, trade, key))});
  }
}

} // namespace arbees::sim
