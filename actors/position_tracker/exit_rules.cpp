#include "actors/position_tracker/exit_rules.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "actors/market/fees.hpp"
#include "actors/market/grid.hpp"
#include "actors/market/side_view.hpp"

namespace arbees {

namespace {

constexpr Quantity one{quantity_per_contract};

/// What one contract brings at `price` after the taker fee.
Money net(const MarketSpec& market, Price price) {
  return notional(price, one, Rounding::down) - taker_fee_bound(*market.fees, price, one);
}

bool usable(const ExitView& view) {
  return view.market != nullptr && view.book != nullptr && view.book->status == BookStatus::ok
         && view.market->fees && supported(*view.market->fees);
}

bool takes(const MarketSpec& market, Side side, Price limit, Quantity quantity) {
  const auto yes = side == Side::yes ? limit : complement(limit);
  return tradable(limit) && on_grid(market.price_bands, yes) && quantity > Quantity{}
         && quantity >= market.min_quantity;
}

/// The bids for one leg's side, and how far they are used up.
struct Ladder {
  Depth bids;
  std::size_t at = 0;
  Quantity used; ///< of that level

  [[nodiscard]] bool done() const { return at == bids.levels().size(); }
  [[nodiscard]] const Level& level() const { return bids.levels()[at]; }
  void take(Quantity quantity) {
    used += quantity;
    if (used >= level().quantity) {
      ++at;
      used = {};
    }
  }
};

ExitLeg leg_of(const ExitView& view) {
  return {.market = view.leg.market,
          .venue = view.leg.venue,
          .side = view.leg.side,
          .book_version = view.book != nullptr ? view.book->version : 0,
          .received_at = view.book != nullptr ? view.book->received_at : Timestamp{}};
}

/// How many contracts of all legs still bring `least` each.
Quantity deep_enough(const std::array<ExitView, 2>& legs, std::array<bool, 2> sells, Quantity most,
                     Money least) {
  std::array<Ladder, 2> ladders;
  for (std::size_t i = 0; i < 2; ++i) {
    if (sells[i]) {
      ladders[i].bids = sell_levels(*legs[i].book, legs[i].leg.side);
    }
  }
  Quantity sum;
  while (sum < most) {
    Money each;
    auto part = most - sum;
    for (std::size_t i = 0; i < 2; ++i) {
      if (sells[i]) {
        if (ladders[i].done()) {
          return sum;
        }
        each += net(*legs[i].market, ladders[i].level().price);
        part = std::min(part, ladders[i].level().quantity - ladders[i].used);
      }
    }
    if (each < least) {
      return sum;
    }
    for (std::size_t i = 0; i < 2; ++i) {
      if (sells[i]) {
        ladders[i].take(part);
      }
    }
    sum += part;
  }
  return sum;
}

/// Fills in what selling `quantity` brings and the worst level that it needs.
void price(ExitLeg& leg, const ExitView& view, Quantity quantity) {
  leg.quantity = quantity;
  for (const auto& level : sell_levels(*view.book, leg.side).levels()) {
    const auto part = std::min(level.quantity, quantity);
    if (part <= Quantity{}) {
      return;
    }
    leg.limit = level.price;
    leg.proceeds += notional(level.price, part, Rounding::down);
    leg.fee += taker_fee_bound(*view.market->fees, level.price, part);
    quantity -= part;
  }
}

/// What a contract of the legs in `sells` cost on average, rounded up.
Money cost_each(const std::array<ExitView, 2>& legs, std::array<bool, 2> sells) {
  Money sum;
  for (std::size_t i = 0; i < 2; ++i) {
    if (sells[i] && legs[i].leg.quantity > Quantity{}) {
      sum += Money{divide(Int128{std::max(legs[i].entry, Money{}).value()} * quantity_per_contract,
                          legs[i].leg.quantity.value(), Rounding::up)};
    }
  }
  return sum;
}

std::string cents(Money money) {
  return fmt::format("{} cents", format_decimal(money.value(), 4, 2));
}

Money of_league(const std::map<League, Money>& by_league, std::optional<League> league,
                Money else_) {
  const auto found = league ? by_league.find(*league) : by_league.end();
  return found == by_league.end() ? else_ : found->second;
}

/// One part of a position, with or without hedge.
class Part {
public:
  Part(const ExitQuestion& question, const PositionConfig& config, std::array<bool, 2> sells,
       Quantity most)
    : question_{question},
      config_{config},
      sells_{sells},
      most_{most},
      cost_{cost_each(question.legs, sells)},
      best_{best_net(question.legs, sells)} {}

  [[nodiscard]] ExitAnswer flatten() const {
    const auto least = cost_ - config_.flatten_max_loss;
    auto answer = sell(ExitReason::flatten, least, "");
    if (!answer.reason) {
      answer.detail = best_ ? fmt::format("flatten: brings {}, cost {}, may lose {}", cents(*best_),
                                          cents(cost_), cents(config_.flatten_max_loss))
                            : "flatten: nobody bids";
    }
    return answer;
  }

  [[nodiscard]] ExitAnswer stop_loss() const {
    const auto limit = of_league(config_.league_stop_loss, question_.league, config_.stop_loss);
    if (!best_ || !held_long_enough() || *best_ > cost_ - limit) {
      return {};
    }
    return sell(ExitReason::stop_loss, *best_ - config_.max_slippage,
                fmt::format("{} below {}", cents(cost_ - *best_), cents(cost_)));
  }

  [[nodiscard]] ExitAnswer take_profit() const {
    const auto limit = of_league(config_.league_take_profit, question_.league, config_.take_profit);
    if (!best_ || !held_long_enough() || *best_ < cost_ + limit) {
      return {};
    }
    return sell(ExitReason::take_profit, cost_ + limit,
                fmt::format("{} above {}", cents(*best_ - cost_), cents(cost_)));
  }

  [[nodiscard]] ExitAnswer early_exit() const {
    if (!config_.early_exit || !best_ || !question_.lockup_hours) {
      return {};
    }
    const auto worth = locked_value(cost_, *question_.lockup_hours, config_.hurdle_percent);
    return sell(ExitReason::early_exit, worth + config_.early_exit_margin,
                fmt::format("brings {}, locked {} for {} h", cents(*best_), cents(worth),
                            *question_.lockup_hours));
  }

private:
  [[nodiscard]] bool held_long_enough() const {
    return question_.now - question_.opened_at >= config_.min_hold;
  }

  [[nodiscard]] ExitAnswer sell(ExitReason reason, Money least, std::string detail) const {
    if (auto legs = plan_exit(question_.legs, sells_, most_, least)) {
      return {.reason = reason, .legs = *legs, .detail = std::move(detail)};
    }
    return {};
  }

  const ExitQuestion& question_;
  const PositionConfig& config_;
  std::array<bool, 2> sells_;
  Quantity most_;
  Money cost_;
  std::optional<Money> best_;
};

bool fresh(const ExitQuestion& question, const PositionConfig& config, std::array<bool, 2> sells) {
  for (std::size_t i = 0; i < 2; ++i) {
    const auto& view = question.legs[i];
    if (sells[i]
        && (!usable(view) || question.now - view.book->received_at > config.max_book_age)) {
      return false;
    }
  }
  return true;
}

using Rule = ExitAnswer (Part::*)() const;

/// The first rule that says something.
ExitAnswer ask(const ExitQuestion& question, const PositionConfig& config,
               std::array<bool, 2> sells, Quantity most, std::initializer_list<Rule> rules) {
  if (!fresh(question, config, sells)) {
    return {.detail = question.flatten ? "flatten: no fresh book" : ""};
  }
  const Part part{question, config, sells, most};
  if (question.flatten) {
    return part.flatten();
  }
  for (const auto rule : rules) {
    if (auto answer = (part.*rule)(); answer.reason) {
      return answer;
    }
  }
  return {};
}

} // namespace

Money locked_value(Money cost, std::int32_t hours, std::int32_t hurdle_percent) {
  constexpr std::int64_t year = 100 * 365 * 24; // percent of its hours
  const auto waits =
    Int128{std::max(cost, Money{}).value()} * std::max(hours, 0) * std::max(hurdle_percent, 0);
  return Money{money_per_dollar} - Money{divide(waits, year, Rounding::down)};
}

std::optional<Money> best_net(const std::array<ExitView, 2>& legs, std::array<bool, 2> sells) {
  Money sum;
  for (std::size_t i = 0; i < 2; ++i) {
    if (!sells[i]) {
      continue;
    }
    if (!usable(legs[i])) {
      return std::nullopt;
    }
    const auto bids = sell_levels(*legs[i].book, legs[i].leg.side);
    if (bids.empty()) {
      return std::nullopt;
    }
    sum += net(*legs[i].market, bids.best().price);
  }
  return sum;
}

std::optional<std::array<ExitLeg, 2>>
plan_exit(const std::array<ExitView, 2>& legs, std::array<bool, 2> sells, Quantity most,
          Money least) {
  std::int64_t step = 1;
  for (std::size_t i = 0; i < 2; ++i) {
    if (sells[i]) {
      if (!usable(legs[i]) || legs[i].market->quantity_step <= Quantity{}) {
        return std::nullopt;
      }
      step = std::lcm(step, legs[i].market->quantity_step.value());
    }
  }
  const auto quantity = floor_to(deep_enough(legs, sells, most, least), Quantity{step});
  std::array<ExitLeg, 2> result{leg_of(legs[0]), leg_of(legs[1])};
  for (std::size_t i = 0; i < 2; ++i) {
    if (sells[i]) {
      price(result[i], legs[i], quantity);
      if (!takes(*legs[i].market, legs[i].leg.side, result[i].limit, quantity)) {
        return std::nullopt;
      }
    }
  }
  return result;
}

ExitAnswer judge_exit(const ExitQuestion& question, const PositionConfig& config) {
  const auto a = question.legs[0].leg.quantity;
  const auto b = question.legs[1].leg.quantity;
  const auto matched = std::min(a, b);
  const auto excess = std::max(a, b) - matched;
  ExitAnswer said;
  if (excess > config.dust) {
    const std::array<bool, 2> sells{a > b, b > a};
    said = ask(question, config, sells, excess, {&Part::stop_loss, &Part::take_profit});
    if (said.reason) {
      return said;
    }
  }
  if (matched <= config.dust) {
    return said;
  }
  constexpr std::array both{true, true};
  auto hedged = config.hold_to_settlement
                  ? ask(question, config, both, matched, {&Part::early_exit})
                  : ask(question, config, both, matched,
                        {&Part::early_exit, &Part::stop_loss, &Part::take_profit});
  if (!hedged.reason && hedged.detail.empty()) {
    hedged.detail = std::move(said.detail);
  }
  return hedged;
}

} // namespace arbees
