#include "actors/executor/paper_fill.hpp"

#include <algorithm>

#include "actors/executor/leg_plan.hpp"
#include "actors/market/fees.hpp"
#include "actors/market/grid.hpp"
#include "actors/market/side_view.hpp"

namespace arbees {

namespace {

/// Buying YES and selling NO take asks, the others take bids.
Side taken_side(const OrderIntent& order) {
  return (order.action == Action::buy) == (order.side == Side::yes) ? Side::yes : Side::no;
}

Price in_yes_prices(Side side, Price price) {
  return side == Side::yes ? price : complement(price);
}

bool within(const OrderIntent& order, Price price) {
  return order.action == Action::buy ? price <= order.limit : price >= order.limit;
}

Quantity position_of(const PaperAccount& account, const OrderIntent& order) {
  const auto found = account.positions.find({order.market, order.side});
  return found == account.positions.end() ? Quantity{} : found->second;
}

/// What an order still wants at a price. Polymarket fills whole hundredths of a share, and an
/// immediate buy there names dollars: what better prices save is spent on more shares than were
/// asked for (venues/polymarket.md 3.5). Everywhere else an order names its contracts.
class Appetite {
public:
  Appetite(const OrderIntent& order, const MarketSpec& market)
    : hundredths_{market.ref.venue == Venue::polymarket},
      by_dollars_{hundredths_ && order.action == Action::buy
                  && order.time_in_force != TimeInForce::good_till_cancelled},
      contracts_{order.quantity},
      dollars_{notional(order.limit, order.quantity, Rounding::down)} {}

  [[nodiscard]] Quantity at(Price price) const {
    const auto wanted = by_dollars_ ? Quantity{divide(Int128{dollars_.value()} * price_one.value(),
                                                      price.value(), Rounding::down)}
                                    : contracts_;
    return cut(wanted);
  }

  /// How much of `shown` an order that wants `wanted` may get.
  [[nodiscard]] Quantity of(Quantity shown, Quantity wanted) const {
    return std::min(cut(shown), wanted);
  }

  void feed(Price price, Quantity quantity) {
    contracts_ -= quantity;
    dollars_ -= notional(price, quantity, Rounding::up);
  }

private:
  [[nodiscard]] Quantity cut(Quantity quantity) const {
    constexpr Quantity hundredth{quantity_per_contract / 100};
    return hundredths_ ? floor_to(std::max(quantity, Quantity{}), hundredth) : quantity;
  }

  bool hundredths_;
  bool by_dollars_;
  Quantity contracts_;
  Money dollars_;
};

struct Reachable {
  std::vector<Level> levels;
  bool whole = false; ///< nothing more is wanted
};

/// The levels that the order may take, less what was taken before, as far as it goes and as far as
/// `stood` does.
Reachable reachable(const OrderIntent& order, const MarketSpec& market, const BookUpdate& book,
                    const TakenLiquidity& taken, Quantity stood) {
  Reachable result;
  Appetite appetite{order, market};
  const auto depth =
    order.action == Action::buy ? buy_levels(book, order.side) : sell_levels(book, order.side);
  for (const auto& level : depth.levels()) {
    if (!within(order, level.price) || result.whole) {
      break;
    }
    const auto yes_price = in_yes_prices(order.side, level.price);
    const auto left = std::min(stood, taken.left(taken_side(order), yes_price, level.quantity));
    const auto wanted = appetite.at(level.price);
    const auto quantity = appetite.of(left, wanted);
    result.whole = quantity == wanted;
    if (quantity > Quantity{}) {
      result.levels.push_back({level.price, quantity});
      appetite.feed(level.price, quantity);
      stood -= quantity;
    }
  }
  return result;
}

/// Money moves by this much; false if the account cannot pay it.
bool settle(const OrderIntent& order, const Fill& fill, Money value, PaperAccount& account) {
  auto& position = account.positions[{order.market, order.side}];
  if (order.action == Action::sell) {
    account.available += value - fill.fee;
    position -= fill.quantity;
    return true;
  }
  if (account.available < value + fill.fee) {
    return false;
  }
  account.available -= value + fill.fee;
  position += fill.quantity;
  return true;
}

OrderStatus status_of(const OrderIntent& order, Quantity filled) {
  if (filled == Quantity{}) {
    return OrderStatus::unfilled;
  }
  return filled >= order.quantity ? OrderStatus::filled : OrderStatus::partial;
}

} // namespace

void TakenLiquidity::observe(const BookUpdate& book) {
  if (book.epoch != epoch_) {
    taken_ = {};
    epoch_ = book.epoch;
  }
  if (book.status != BookStatus::ok) {
    return; // shows nothing, which does not mean that nothing is there
  }
  const auto forget = [](std::map<Price, Quantity>& taken, const Depth& shown, auto deeper) {
    std::erase_if(taken, [&](const auto& entry) {
      const auto levels = shown.levels();
      const auto still_shown =
        std::ranges::any_of(levels, [&](const Level& level) { return level.price == entry.first; });
      const auto hidden = shown.full() && deeper(entry.first, levels.back().price);
      return !still_shown && !hidden;
    });
  };
  forget(taken_[static_cast<std::size_t>(Side::yes)], book.asks, std::greater<Price>{});
  forget(taken_[static_cast<std::size_t>(Side::no)], book.bids, std::less<Price>{});
}

void TakenLiquidity::take(Side yes_price_side, Price yes_price, Quantity quantity) {
  taken_[static_cast<std::size_t>(yes_price_side)][yes_price] += quantity;
}

Quantity TakenLiquidity::left(Side yes_price_side, Price yes_price, Quantity shown) const {
  const auto& side = taken_[static_cast<std::size_t>(yes_price_side)];
  const auto found = side.find(yes_price);
  return found == side.end() ? shown : std::max(shown - found->second, Quantity{});
}

std::string
paper_refusal(const OrderIntent& order, const MarketSpec& market, const PaperAccount& account) {
  if (!market.accepts_orders || !market.fees || !supported(*market.fees)) {
    return "market_not_tradable";
  }
  if (order.time_in_force == TimeInForce::good_till_cancelled && !order.post_only) {
    return "resting_orders_not_on_paper";
  }
  if (!tradable(order.limit) || side_floor(market, order.side, order.limit) != order.limit) {
    return "price_off_grid";
  }
  if (order.action == Action::sell) {
    if (!accepts_sell(market, order.side, {order.limit, order.quantity})) {
      return "invalid_quantity";
    }
    return position_of(account, order) < order.quantity ? "insufficient_position" : "";
  }
  if (order.quantity <= Quantity{} || !accepts_buy(market, order.limit, order.quantity)) {
    return "invalid_quantity";
  }
  const auto liquidity = order.post_only ? Liquidity::maker : Liquidity::taker;
  const auto reserve = notional(order.limit, order.quantity, Rounding::up)
                       + fee_bound(*market.fees, liquidity, order.limit, order.quantity);
  return account.available < reserve ? "insufficient_balance" : "";
}

Quantity
shown_on_paper(const OrderIntent& order, const BookUpdate& book, const TakenLiquidity& taken) {
  Quantity shown;
  const auto depth =
    order.action == Action::buy ? buy_levels(book, order.side) : sell_levels(book, order.side);
  for (const auto& level : depth.levels()) {
    if (within(order, level.price)) {
      shown +=
        taken.left(taken_side(order), in_yes_prices(order.side, level.price), level.quantity);
    }
  }
  return shown;
}

PaperResult
fill_on_paper(const OrderIntent& order, const MarketSpec& market, const BookUpdate& book,
              Quantity stood, TakenLiquidity& taken, PaperAccount& account) {
  if (book.status != BookStatus::ok) {
    return {.reason = book.status == BookStatus::closed ? "book_closed" : "book_stale"};
  }
  const auto [levels, whole] = reachable(order, market, book, taken, stood);
  if (order.time_in_force == TimeInForce::fill_or_kill && !whole) {
    return {.reason = "fill_or_kill"};
  }
  PaperResult result;
  OrderFees fees;
  const auto rounding = order.action == Action::buy ? Rounding::up : Rounding::down;
  for (const auto& level : levels) {
    const auto fee =
      fees.charge(*market.fees, Liquidity::taker, level.price, level.quantity, order.action);
    const auto value = notional(level.price, level.quantity, rounding);
    const Fill fill{.client_order_id = order.client_order_id,
                    .pair = order.pair,
                    .market = order.market,
                    .side = order.side,
                    .action = order.action,
                    .price = level.price,
                    .quantity = level.quantity,
                    .fee = fee};
    if (!settle(order, fill, value, account)) {
      result.reason = "insufficient_balance";
      break;
    }
    taken.take(taken_side(order), in_yes_prices(order.side, level.price), level.quantity);
    result.fills.push_back(fill);
    result.filled += level.quantity;
    result.notional += value;
    result.fee += fee;
  }
  result.status = status_of(order, result.filled);
  if (result.status != OrderStatus::filled && result.reason.empty()) {
    result.reason = "no_liquidity_at_limit";
  }
  return result;
}

bool crosses(const OrderIntent& order, const BookUpdate& book) {
  if (book.status != BookStatus::ok) {
    return false;
  }
  const auto depth =
    order.action == Action::buy ? buy_levels(book, order.side) : sell_levels(book, order.side);
  const auto levels = depth.levels();
  return !levels.empty() && within(order, levels.front().price);
}

PaperResult fill_resting(const OrderIntent& order, Quantity filled, const MarketSpec& market,
                         const BookUpdate& book, TakenLiquidity& taken, OrderFees& fees,
                         PaperAccount& account) {
  PaperResult result{.status = OrderStatus::accepted};
  auto rest = order;
  rest.quantity = order.quantity - filled;
  if (book.status != BookStatus::ok || rest.quantity <= Quantity{}) {
    return result;
  }
  const auto rounding = order.action == Action::buy ? Rounding::up : Rounding::down;
  for (const auto& level : reachable(rest, market, book, taken, rest.quantity).levels) {
    const auto value = notional(order.limit, level.quantity, rounding);
    const Fill fill{.client_order_id = order.client_order_id,
                    .pair = order.pair,
                    .market = order.market,
                    .side = order.side,
                    .action = order.action,
                    .price = order.limit,
                    .quantity = level.quantity,
                    .fee = fees.charge(*market.fees, Liquidity::maker, order.limit, level.quantity,
                                       order.action)};
    if (!settle(order, fill, value, account)) {
      result.status = status_of(order, filled + result.filled);
      result.reason = "insufficient_balance";
      return result;
    }
    taken.take(taken_side(order), in_yes_prices(order.side, level.price), level.quantity);
    result.fills.push_back(fill);
    result.filled += level.quantity;
    result.notional += value;
    result.fee += fill.fee;
  }
  if (filled + result.filled == order.quantity) {
    result.status = OrderStatus::filled;
  }
  return result;
}

} // namespace arbees
