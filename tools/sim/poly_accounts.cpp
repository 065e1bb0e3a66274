#include "tools/sim/poly_accounts.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "tools/sim/poly_book.hpp"
#include "tools/sim/poly_json.hpp"

namespace arbees::sim {

namespace {

constexpr Quantity hundredth{quantity_per_contract / 100};
constexpr UnixSeconds early_end_s = 60; ///< GTD orders end that long before their expiration

/// The side of the book of tokens[0] on which an order of `token` stands.
BookSide book_side_of(const PolyDraft& draft) {
  return draft.buys == (draft.token == 0) ? BookSide::bid : BookSide::ask;
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
    order.due_ms = engine_->steady_ms() + 1000 * delay;
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
                                                .limit = token_price(draft.token, draft.price),
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
    if (order.state == PolyOrderState::delayed && engine_->steady_ms() >= order.due_ms) {
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
