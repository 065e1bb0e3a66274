#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <functional>

#include "actors/executor/pair_desk.hpp"
#include "actors/game_shard/arbitrage_scan.hpp"
#include "tests/actors/executor/tape_venue.hpp"
#include "tests/actors/signal_processor/sample_signal.hpp"

using namespace arbees;
using namespace arbees::test;

// The leg policies on the same tapes: shard, filters and executor as they are, the venues and
// everybody else simulated.

namespace {

constexpr Duration kalshi_latency = 60ms; ///< from the send to the engine
constexpr Duration poly_latency = 90ms;
constexpr Duration news_latency = 40ms; ///< from an engine, or a book, to us
constexpr Duration ledger_latency = 2ms;

/// What a policy came to.
struct Figures {
  double unhedged_share_seconds = 0;
  double matched_shares = 0;
  double dollars = 0; ///< what it earned, fees paid, what is unhedged in the end at the fair price
  std::map<PairOutcome, int> outcomes;

  [[nodiscard]] double exposure() const {
    return unhedged_share_seconds / std::max(matched_shares, 1.0);
  }
  [[nodiscard]] int pairs() const {
    int sum = 0;
    for (const auto& [outcome, count] : outcomes) {
      sum += outcome == PairOutcome::void_ ? 0 : count;
    }
    return sum;
  }
  void add(const Figures& other) {
    unhedged_share_seconds += other.unhedged_share_seconds;
    matched_shares += other.matched_shares;
    dollars += other.dollars;
    for (const auto& [outcome, count] : other.outcomes) {
      outcomes[outcome] += count;
    }
  }
};

double as_double(Quantity quantity) {
  return static_cast<double>(quantity.value()) / quantity_per_contract;
}
double as_double(Money money) {
  return static_cast<double>(money.value()) / money_per_dollar;
}

MatchedGame game_with(Duration delay) {
  auto match = matched_game();
  match.markets = {kalshi_spec(), poly_spec()};
  match.markets[1].taker_delay = delay;
  std::erase_if(match.contracts[0].expressions,
                [](const Expression& e) { return e.market == kalshi_rival; });
  return match;
}

/// One tape through one policy.
class Evening {
public:
  Evening(const DelayedTape& tape, std::uint64_t seed, const ArbitrageLimits& limits)
    : tape_{tape},
      random_{seed + 17},
      match_{game_with(tape.model().delay)},
      scan_{GameShardConfig{.arbitrage = limits}},
      risk_config_{risk_config(limits)},
      risk_{ready_state(risk_config_, match_)},
      desk_{ExecutorConfig{.leg_policy = limits.leg_policy}} {
    scan_.assign({.match = match_, .epoch = 3, .lease_until = Timestamp::max()});
    desk_.learn(match_);
  }

  Figures run() {
    for (std::size_t i = 0; i < tape_.steps(); ++i) {
      run_until(noon + static_cast<std::int64_t>(i) * DelayedTape::step);
      step(i);
    }
    run_until(now_ + 1min);
    finish();
    return figures_;
  }

private:
  struct Position {
    std::array<Quantity, 2> held;
    std::array<Side, 2> sides{};
  };
  struct Order {
    OrderIntent intent;
    OrderReport report;
    OrderFees fees;
    int fills = 0;
  };

  static RiskConfig risk_config(const ArbitrageLimits& limits) {
    auto config = with_rules();
    config.arbitrage = limits;
    config.max_game_exposure = config.max_contract_exposure = config.max_league_exposure =
      config.max_total_exposure = dollars(1'000'000);
    config.max_game_tail_loss = config.max_venue_exposure = config.max_shard_exposure =
      dollars(1'000'000);
    config.max_daily_loss = config.max_drawdown = dollars(1'000'000);
    config.paper_balance = {dollars(1'000'000), dollars(1'000'000)};
    return config;
  }

  TapeVenue& venue(Venue which) { return which == Venue::kalshi ? kalshi_ : poly_; }
  static Duration latency(Venue which) {
    return which == Venue::kalshi ? kalshi_latency : poly_latency;
  }

  void at(Timestamp when, std::function<void()> what) { agenda_.emplace(when, std::move(what)); }

  void run_until(Timestamp limit) {
    while (!agenda_.empty() && agenda_.begin()->first <= limit) {
      auto next = agenda_.extract(agenda_.begin());
      pass_time(next.key());
      next.mapped()();
    }
    pass_time(limit);
  }

  void pass_time(Timestamp now) {
    figures_.unhedged_share_seconds +=
      as_double(unhedged_) * std::chrono::duration<double>{now - now_}.count();
    now_ = now;
  }

  void step(std::size_t i) {
    step_ = i;
    if (i % 200 == 0) {
      scan_.observe(game_update(Phase::live, now_));
    }
    for (const auto which : {Venue::kalshi, Venue::polymarket}) {
      push_[static_cast<std::size_t>(which)] *= 0.99; // makers come back within seconds
      venue(which).quote(tape_.center(which, i) + push_[static_cast<std::size_t>(which)], i);
    }
    for (const auto& taker : tape_.takers(i)) {
      strangers_take(taker.hits_bids, taker.hits_bids ? 1 : 99, taker.size);
    }
    informed_takers(i);
    tell_books();
    carry_out(desk_.apply(Tick{now_}));
  }

  /// Who sees that our order is dearer than it should be takes it, after Polymarket's delay.
  void informed_takers(std::size_t i) {
    const auto rest = poly_.resting();
    if (!rest || informed_) {
      return;
    }
    const auto [bids, price] = *rest;
    const auto gain = bids ? price - tape_.fair(i) : tape_.fair(i) - price;
    if (gain > 0.5 && std::bernoulli_distribution{0.2}(random_)) {
      informed_ = true;
      at(now_ + 100ms + tape_.model().delay, [this, bids = bids, price = price] {
        informed_ = false;
        strangers_take(bids, price, contracts(1'000));
      });
    }
  }

  void strangers_take(bool hits_bids, int limit, Quantity size) {
    if (const auto ours = poly_.strangers_take(hits_bids, limit, size)) {
      auto& order = orders_.at(ours->client_order_id);
      book(order, *ours, Liquidity::maker);
      if (order.report.filled == order.intent.quantity) {
        order.report.status = OrderStatus::filled;
      }
      tell(order.report);
    }
  }

  void tell_books() {
    for (const auto which : {Venue::kalshi, Venue::polymarket}) {
      const auto id = which == Venue::kalshi ? kalshi_market : poly_market;
      if (auto update = venue(which).news(id, now_)) {
        at(now_ + news_latency, [this, update = *update]() mutable {
          update.received_at = now_;
          risk_.advance(now_);
          carry_out(desk_.apply(update));
          for (const auto& signal : scan_.update(update)) {
            consider(signal);
          }
        });
      }
    }
  }

  void consider(const Signal& signal) {
    if (now_ > noon + tape_.model().length - 1min) {
      return; // what is open shall end on the tape
    }
    const auto decision = judge(signal, risk_, risk_config_);
    if (const auto* const request = std::get_if<ExecutionRequest>(&decision)) {
      risk_.approve(*request);
      auto& position = positions_[request->pair];
      position.sides = {signal.legs[0].side, signal.legs[1].side};
      carry_out(desk_.open(*request));
    }
  }

  void carry_out(const DeskAnswer& answer) {
    for (const auto& command : answer.commands) {
      std::visit([&](const auto& what) { carry_out(command.pair, what); }, command.what);
    }
  }
  void carry_out(PairId pair, const CommitBatch& commit) {
    at(now_ + ledger_latency,
       [this, pair, batch = commit.batch] { carry_out(desk_.committed(pair, batch, now_)); });
  }
  void carry_out(PairId, const SendOrder& send) {
    at(now_ + latency(send.order.ref.venue), [this, order = send.order] { arrive(order); });
  }
  void carry_out(PairId, const WithdrawOrder& withdraw) {
    at(now_ + latency(withdraw.order.ref.venue), [this, order = withdraw.order] {
      if (venue(order.ref.venue).cancel(order.client_order_id)) {
        end(orders_.at(order.client_order_id), "cancelled");
      }
    });
  }
  void carry_out(PairId, const ClosePair& close) {
    risk_.add(close.closed);
    closed_[close.closed.pair] = close.closed;
  }
  void carry_out(PairId, const EndExit&) {}
  void carry_out(PairId, const AskVenue& ask) {
    const auto known = orders_.find(ask.order.client_order_id);
    if (known != orders_.end()) {
      tell(known->second.report);
    }
  }
  void carry_out(PairId, const RecordUnsent&) {}
  void carry_out(PairId, const RaiseAlert&) {}
  void carry_out(PairId, const IgnoreEvent&) {}

  void arrive(const OrderIntent& intent) {
    auto& order = orders_[intent.client_order_id];
    order.intent = intent;
    order.report = {.pair = intent.pair,
                    .leg = intent.leg,
                    .client_order_id = intent.client_order_id,
                    .market = intent.market,
                    .venue = intent.ref.venue,
                    .side = intent.side,
                    .action = intent.action,
                    .status = OrderStatus::accepted};
    if (intent.time_in_force == TimeInForce::good_till_cancelled) {
      if (venue(intent.ref.venue).rest(intent)) {
        tell(order.report);
      } else {
        order.report.status = OrderStatus::rejected;
        order.report.reason = "post_only_cross";
        tell(order.report);
      }
      return;
    }
    const auto waits = intent.ref.venue == Venue::polymarket ? tape_.model().delay : Duration{};
    at(now_ + waits, [this, &order] {
      for (const auto& trade : venue(order.intent.ref.venue).match(order.intent)) {
        book(order, trade, Liquidity::taker);
      }
      end(order, "no_liquidity_at_limit");
    });
  }

  /// A trade of ours: everybody sees it, and makers at the other venue may move away from us.
  void book(Order& order, const TapeTrade& trade, Liquidity liquidity) {
    const auto& intent = order.intent;
    const auto yes = cents(trade.price);
    const auto price = intent.side == Side::yes ? yes : complement(yes);
    const auto buys = intent.action == Action::buy;
    const auto value = notional(price, trade.quantity, buys ? Rounding::up : Rounding::down);
    const auto& fees = match_.markets[intent.leg].fees;
    const auto fee = order.fees.charge(*fees, liquidity, price, trade.quantity, intent.action);
    order.report.filled += trade.quantity;
    order.report.notional += value;
    order.report.fee += fee;
    cash_ += (buys ? -value : value) - fee;
    hold(intent, buys ? trade.quantity : Quantity{} - trade.quantity);
    tell(Fill{.fill_id = std::to_string(order.fills++),
              .client_order_id = intent.client_order_id,
              .pair = intent.pair,
              .market = intent.market,
              .side = intent.side,
              .action = intent.action,
              .price = price,
              .quantity = trade.quantity,
              .fee = fee,
              .at = now_});
    makers_react(intent);
  }

  void makers_react(const OrderIntent& intent) {
    if (!tape_.model().makers_react || !std::bernoulli_distribution{0.6}(random_)) {
      return;
    }
    const auto after =
      std::chrono::milliseconds{std::uniform_int_distribution<std::int64_t>{100, 400}(random_)};
    const auto up = (intent.action == Action::buy) == (intent.side == Side::yes);
    const auto by = std::uniform_real_distribution<double>{0.5, 2.0}(random_);
    const auto other = intent.ref.venue == Venue::kalshi ? Venue::polymarket : Venue::kalshi;
    at(now_ + after, [this, other, by = up ? by : -by] {
      auto& push = push_[static_cast<std::size_t>(other)];
      push = std::clamp(push + by, -4.0, 4.0);
      venue(other).quote(tape_.center(other, step_) + push, step_);
    });
  }

  void hold(const OrderIntent& intent, Quantity change) {
    auto& held = positions_.at(intent.pair).held;
    const auto apart = [&] { return held[0] > held[1] ? held[0] - held[1] : held[1] - held[0]; };
    unhedged_ -= apart();
    held[intent.leg] += change;
    unhedged_ += apart();
  }

  void end(Order& order, const std::string& reason) {
    auto& report = order.report;
    report.status = report.filled == order.intent.quantity ? OrderStatus::filled
                    : report.filled > Quantity{}           ? OrderStatus::partial
                                                           : OrderStatus::unfilled;
    report.reason = report.status == OrderStatus::filled ? "" : reason;
    tell(report);
  }

  template <class T>
  void tell(const T& event) {
    at(now_ + news_latency, [this, event = T{event}]() mutable {
      if constexpr (std::is_same_v<T, OrderReport>) {
        event.reported_at = now_;
      }
      risk_.add(event);
      carry_out(desk_.apply(event));
    });
  }

  void finish() {
    auto worth = as_double(cash_);
    for (const auto& [pair, position] : positions_) {
      const auto both = std::min(position.held[0], position.held[1]);
      worth += as_double(payout(both));
      for (std::size_t leg = 0; leg < 2; ++leg) {
        const auto yes = tape_.fair(tape_.steps()) / 100;
        worth +=
          as_double(position.held[leg] - both) * (position.sides[leg] == Side::yes ? yes : 1 - yes);
      }
      figures_.matched_shares += as_double(both);
    }
    figures_.dollars = worth;
    CHECK(closed_.size() == positions_.size()); // every pair has ended
    Money spent;
    for (const auto& [pair, closed] : closed_) {
      spent += closed.cost + closed.fees;
    }
    CHECK(spent == -cash_);
    for (const auto& [pair, closed] : closed_) {
      ++figures_.outcomes[closed.outcome];
      CHECK(closed.held == positions_.at(pair).held);
    }
  }

  const DelayedTape& tape_;
  std::mt19937_64 random_;
  MatchedGame match_;
  ArbitrageScan scan_;
  RiskConfig risk_config_;
  RiskState risk_;
  PairDesk desk_;
  TapeVenue kalshi_{Venue::kalshi, tape_};
  TapeVenue poly_{Venue::polymarket, tape_};
  Timestamp now_ = noon;
  std::size_t step_ = 0;
  std::multimap<Timestamp, std::function<void()>> agenda_;
  std::map<std::string, Order> orders_;
  std::map<PairId, Position> positions_;
  std::map<PairId, PairClosed> closed_;
  std::array<double, 2> push_{};
  bool informed_ = false;
  Quantity unhedged_;
  Money cash_;
  Figures figures_;
};

/// A policy as the configuration has it, or without what a delay must earn on top: then more is
/// taken.
ArbitrageLimits limits_of(LegPolicy policy, bool premium = true) {
  ArbitrageLimits limits;
  limits.leg_policy = policy;
  if (!premium) {
    limits.delay_premium = Money{};
  }
  return limits;
}

Figures run_all(const TapeModel& model, std::uint64_t tapes, const ArbitrageLimits& limits) {
  Figures sum;
  for (std::uint64_t seed = 1; seed <= tapes; ++seed) {
    const DelayedTape tape{seed, model};
    sum.add(Evening{tape, seed, limits}.run());
  }
  return sum;
}

void print_header(const TapeModel& model, std::uint64_t tapes) {
  fmt::print("\ntakers wait {} s, makers {} to our trades; {} tapes of 10 minutes\n",
             std::chrono::duration_cast<std::chrono::seconds>(model.delay).count(),
             model.makers_react ? "react" : "do not react", tapes);
  fmt::print("  {:<24} {:>10} {:>10} {:>9} {:>8} {:>7} {:>9} {:>8} {:>8} {:>6}\n", "policy",
             "unhedged s", "P&L $", "matched", "c/share", "pairs", "balanced", "unwound", "exposed",
             "void");
}

void print(const std::string& name, const Figures& figures) {
  const auto count = [&](PairOutcome outcome) {
    const auto found = figures.outcomes.find(outcome);
    return found == figures.outcomes.end() ? 0 : found->second;
  };
  fmt::print("  {:<24} {:>10.3f} {:>10.2f} {:>9.0f} {:>8.2f} {:>7} {:>9} {:>8} {:>8} {:>6}\n", name,
             figures.exposure(), figures.dollars, figures.matched_shares,
             100 * figures.dollars / std::max(figures.matched_shares, 1.0), figures.pairs(),
             count(PairOutcome::complete) + count(PairOutcome::balanced_partial),
             count(PairOutcome::unwound), count(PairOutcome::exposed), count(PairOutcome::void_));
}

/// ARBEES_TAPES asks for more of them.
std::uint64_t tapes_wanted() {
  const auto* const wanted = std::getenv("ARBEES_TAPES");
  return wanted ? std::strtoull(wanted, nullptr, 10) : 6;
}

} // namespace

// Every number of the world is TapeModel's; what follows from them is in Evening:
// - Polymarket's takers, ours and all others, wait `delay`; makers' orders and cancels do not.
// - Orders take 60 and 90 ms to the venues, what happens there 40 ms to us, a commit 2 ms.
// - Polymarket's makers follow the fair price later than Kalshi's, and stray further from it: that
//   is where all edges come from, a taker's and a maker's.
// - After a trade of ours, makers of the other venue step back by half a cent to two cents with
//   probability 0.6, 100 to 400 ms later, and return within seconds. This holds for every policy
//   and both directions.
// - Who comes to our resting order: takers that know nothing, and takers that have seen the fair
//   price go through it. It stands behind all that was shown at its price when it came.
// - Nothing is voided, no message is lost: the storms of pair_random_test.cpp are for that.
// - Unhedged share-seconds are counted at the venues from fill to fill, to the end of the tape if
//   need be; P&L is cash, a dollar a matched pair, and the fair price for what is left over.
TEST_CASE("leg policies on the same tapes of a delayed venue") {
  const auto tapes = tapes_wanted();
  for (const auto& [delay, react] : {std::pair{Duration{1s}, true}, std::pair{Duration{3s}, true},
                                     std::pair{Duration{1s}, false}}) {
    TapeModel model;
    model.delay = delay;
    model.makers_react = react;
    print_header(model, tapes);
    const auto run = [&](const std::string& name, const ArbitrageLimits& limits) {
      const auto figures = run_all(model, tapes, limits);
      print(name, figures);
      return figures;
    };
    const auto parallel = run("parallel", limits_of(LegPolicy::parallel));
    const auto eager = run("parallel, no premium", limits_of(LegPolicy::parallel, false));
    run("delayed_first", limits_of(LegPolicy::delayed_first));
    run("delayed_first, no premium", limits_of(LegPolicy::delayed_first, false));
    const auto automatic = run("auto (rests)", limits_of(LegPolicy::automatic));
    CHECK(automatic.matched_shares > 1'000);
    CHECK(eager.matched_shares > 500);
    for (const auto& both_at_once : {parallel, eager}) {
      CHECK((both_at_once.pairs() == 0 || automatic.exposure() * 5 <= both_at_once.exposure()));
      CHECK(automatic.dollars > both_at_once.dollars);
    }
  }
}
