#include <rapidcheck.h>

#include <random>

#include "actors/game_shard/rest_plan.hpp"
#include "actors/market/grid.hpp"
#include "actors/market/side_view.hpp"
#include "tests/actors/executor/pair_fixture.hpp"

using namespace arbees;
using namespace arbees::test;

// A million random cases through everything that makes an order: rapidcheck chooses the seeds, so
// that a failure names one, and a fast generator draws ten thousand cases from each.

namespace {

/// What the venues' documents say of an order, written down apart from the code that makes them
/// (venues/kalshi.md 4, venues/polymarket.md 3.3).
bool venue_takes(const MarketSpec& market, Side side, Action action, Price limit,
                 Quantity quantity) {
  const auto yes = (side == Side::yes ? limit : complement(limit)).value();
  auto in_band = false;
  for (const auto& band : market.price_bands) {
    in_band = in_band
              || (band.step.value() > 0 && yes >= band.start.value() && yes <= band.end.value()
                  && yes % band.step.value() == 0);
  }
  if (!in_band || yes <= 0 || yes >= 10'000 || quantity.value() <= 0
      || quantity.value() % market.quantity_step.value() != 0 || quantity < market.min_quantity) {
    return false;
  }
  const auto cost = Int128{limit.value()} * quantity.value(); // in 1e-10 dollar
  const auto whole_cents = market.ref.venue == Venue::kalshi || cost % 100'000'000 == 0;
  return action == Action::sell
         || (whole_cents && cost >= Int128{market.min_notional.value()} * 10'000);
}

class Cases {
public:
  explicit Cases(std::uint64_t seed) : random_{seed} {}

  std::int64_t number(std::int64_t low, std::int64_t high) {
    return std::uniform_int_distribution<std::int64_t>{low, high}(random_);
  }
  bool chance(int one_in) { return number(1, one_in) == 1; }
  Side side() { return chance(2) ? Side::yes : Side::no; }
  Price price() { return Price{static_cast<std::int32_t>(number(1, 9'999))}; }
  Quantity quantity() {
    const auto any = number(1, chance(3) ? 500'000'000 : 20'000'000);
    return Quantity{chance(2) ? any : any / 10'000 * 10'000 + 10'000};
  }
  template <class T, std::size_t n>
  T any_of(const T (&all)[n]) {
    return all[static_cast<std::size_t>(number(0, n - 1))];
  }

  /// A documented structure, or bands that nobody would publish.
  std::vector<PriceBand> bands() {
    static const std::int32_t steps[] = {1, 10, 25, 50, 100, 500, 1'000};
    switch (number(0, 4)) {
      case 0:
        return {{Price{0}, Price{10'000}, Price{100}}};
      case 1:
        return {{Price{0}, Price{1'000}, Price{10}},
                {Price{1'000}, Price{9'000}, Price{100}},
                {Price{9'000}, Price{10'000}, Price{10}}};
      case 2:
        return {{Price{0}, Price{100}, Price{1}},
                {Price{100}, Price{9'900}, Price{10}},
                {Price{9'900}, Price{10'000}, Price{1}}};
      case 3: {
        const auto tick = any_of(steps);
        return {{Price{tick}, Price{10'000 - tick}, Price{tick}}};
      }
      default: {
        const auto middle = price();
        return {{Price{0}, middle, Price{any_of(steps)}},
                {middle, Price{10'000}, Price{any_of(steps)}}};
      }
    }
  }

  MarketSpec market(Venue venue) {
    static const std::int64_t steps[] = {10'000, 250'000, 1'000'000};
    static const std::int64_t minimums[] = {0, 10'000, 5'000'000, 15'000'000};
    auto spec = venue == Venue::kalshi ? kalshi_market() : poly_market();
    spec.price_bands = bands();
    spec.quantity_step = Quantity{any_of(steps)};
    spec.min_quantity = Quantity{any_of(minimums)};
    spec.min_notional = chance(2) ? Money{} : dollars(1);
    return spec;
  }

  /// Up to three levels a side, on the grid or off it.
  BookUpdate book(const MarketSpec& market) {
    auto update = book_of(market.id, market.ref.venue, {}, {});
    auto bid = price().value();
    auto ask = static_cast<std::int32_t>(number(bid + 1, 10'000));
    for (int i = 0; i < 3; ++i) {
      if (bid > 0) {
        update.bids.push_back({Price{bid}, quantity()});
      }
      if (ask < 10'000) {
        update.asks.push_back({Price{ask}, quantity()});
      }
      bid -= static_cast<std::int32_t>(number(1, 300));
      ask += static_cast<std::int32_t>(number(1, 300));
    }
    return update;
  }

private:
  std::mt19937_64 random_;
};

/// How many orders each maker of orders has made, so that none is proven by silence.
struct Made {
  int pair_quantity = 0;
  int completion = 0;
  int unwind = 0;
  int rest = 0;
  int sent = 0;
};

void size_a_pair(Cases& cases, Made& made) {
  const auto kalshi = cases.market(Venue::kalshi);
  const auto poly = cases.market(Venue::polymarket);
  const auto a = side_floor(kalshi, Side::yes, cases.price());
  const auto b = side_floor(poly, Side::yes, cases.price());
  if (!a || !b) {
    return;
  }
  const auto quantity = pair_quantity({kalshi, *a}, {poly, *b}, cases.quantity());
  if (quantity) {
    ++made.pair_quantity;
    RC_ASSERT(venue_takes(kalshi, Side::yes, Action::buy, *a, *quantity));
    RC_ASSERT(venue_takes(poly, Side::yes, Action::buy, *b, *quantity));
  }
}

void complete(Cases& cases, Made& made) {
  const auto market = cases.market(cases.chance(2) ? Venue::kalshi : Venue::polymarket);
  const auto side = cases.side();
  const auto gap = cases.quantity();
  const auto cost = Money{cases.number(0, payout(gap).value())};
  const auto plan = plan_completion(market, cases.book(market), side, gap, cost);
  if (plan.terms) {
    ++made.completion;
    RC_ASSERT(venue_takes(market, side, Action::buy, plan.terms->limit, plan.terms->quantity));
    RC_ASSERT(plan.terms->quantity <= gap);
  }
}

void unwind(Cases& cases, Made& made) {
  const auto market = cases.market(cases.chance(2) ? Venue::kalshi : Venue::polymarket);
  const auto side = cases.side();
  const auto excess = cases.quantity();
  const auto concession = Price{static_cast<std::int32_t>(cases.number(0, 10'000))};
  const auto plan = plan_unwind(market, cases.book(market), side, excess, concession);
  if (plan.terms) {
    ++made.unwind;
    RC_ASSERT(venue_takes(market, side, Action::sell, plan.terms->limit, plan.terms->quantity));
    RC_ASSERT(plan.terms->quantity <= excess);
  }
}

void rest(Cases& cases, Made& made) {
  const auto kalshi = cases.market(Venue::kalshi);
  const auto poly = cases.market(Venue::polymarket);
  const auto side = cases.side();
  const auto take = buy_levels(cases.book(kalshi), opposite(side));
  const auto book = cases.book(poly);
  if (take.empty()) {
    return;
  }
  const auto maker_fees = as_maker(*poly.fees);
  const auto required = Money{cases.number(0, 20'000)};
  const auto plan = plan_rest({{take, *kalshi.fees}, poly, maker_fees, side, book}, required, 50);
  if (plan) {
    ++made.rest;
    const auto limit = plan->legs[1].limit;
    RC_ASSERT(venue_takes(poly, side, Action::buy, limit, plan->quantity));
    RC_ASSERT(plan->edge_per_contract >= required);
    const auto offers = buy_levels(book, side);
    const auto takes = !offers.empty() && limit >= offers.best().price;
    RC_ASSERT_FALSE(takes);
  }
}

/// A pair through its life while its markets change their grids under it: what is sent must suit
/// the market as it was last told.
class ChangingGrids {
public:
  ChangingGrids(Cases& cases, Made& made)
    : cases_{cases},
      made_{made},
      markets_{cases.market(Venue::kalshi), cases.market(Venue::polymarket)},
      machine_{request(), markets_, books(), {}} {}

  void run() {
    carry_out(machine_.open(now_));
    for (int i = 0; i < 40 && machine_.stage() != PairStage::closed; ++i) {
      now_ += std::chrono::milliseconds{cases_.number(1, 400)};
      change();
      const auto leg = static_cast<std::size_t>(cases_.number(0, 1));
      carry_out(machine_.apply(cases_.book(markets_[leg]), now_, dollars(20)));
      if (committing_ && cases_.chance(2)) {
        committing_ = false;
        carry_out(machine_.apply(BatchCommitted{batch_}, now_, dollars(20)));
      }
      answer();
    }
  }

private:
  ExecutionRequest request() {
    auto asked = cases_.chance(2) ? request_for({}) : resting_request({});
    asked.signal.expires_at = now_ + 10s;
    for (std::size_t leg = 0; leg < 2; ++leg) {
      asked.limits[leg] =
        side_floor(markets_[leg], asked.signal.legs[leg].side, Price{4'400}).value_or(Price{4'400});
    }
    asked.quantity =
      pair_quantity({markets_[0], asked.limits[0]}, {markets_[1], asked.limits[1]}, contracts(100))
        .value_or(contracts(50));
    return asked;
  }
  std::array<BookUpdate, 2> books() {
    auto calm = calm_books();
    return {calm[0], calm[1]};
  }

  void change() {
    if (cases_.chance(4)) {
      auto& market = markets_[static_cast<std::size_t>(cases_.number(0, 1))];
      market.price_bands = cases_.bands();
      machine_.learn(market);
    }
  }

  void carry_out(const PairCommands& commands) {
    for (const auto& command : commands) {
      if (const auto* const commit = std::get_if<CommitBatch>(&command)) {
        batch_ = commit->batch;
        committing_ = true;
      } else if (const auto* const send = std::get_if<SendOrder>(&command)) {
        const auto& order = send->order;
        ++made_.sent;
        RC_ASSERT(
          venue_takes(markets_[order.leg], order.side, order.action, order.limit, order.quantity));
        open_.push_back(order);
      }
    }
  }

  /// Some part of the oldest order is filled, and it ends.
  void answer() {
    if (open_.empty() || cases_.chance(3)) {
      return;
    }
    const auto order = open_.front();
    open_.erase(open_.begin());
    const auto filled = Quantity{cases_.number(0, order.quantity.value())};
    carry_out(machine_.apply(OrderReport{.pair = order.pair,
                                         .leg = order.leg,
                                         .client_order_id = order.client_order_id,
                                         .market = order.market,
                                         .side = order.side,
                                         .action = order.action,
                                         .status = filled == order.quantity ? OrderStatus::filled
                                                                            : OrderStatus::partial,
                                         .filled = filled,
                                         .notional = notional(order.limit, filled, Rounding::up)},
                             now_, dollars(20)));
  }

  Cases& cases_;
  Made& made_;
  Timestamp now_ = start;
  std::array<MarketSpec, 2> markets_;
  PairMachine machine_;
  std::vector<OrderIntent> open_;
  std::uint32_t batch_ = 0;
  bool committing_ = false;
};

} // namespace

TEST_CASE("none of a million random orders is off the grid or below a minimum") {
  constexpr int cases_per_seed = 10'000;
  Made made;
  CHECK(rc::check([&] {
    Cases cases{*rc::gen::arbitrary<std::uint64_t>()};
    for (int i = 0; i < cases_per_seed; ++i) {
      switch (i % 4) {
        case 0:
          size_a_pair(cases, made);
          break;
        case 1:
          complete(cases, made);
          break;
        case 2:
          unwind(cases, made);
          break;
        default:
          rest(cases, made);
      }
      if (i % 100 == 0) {
        ChangingGrids{cases, made}.run();
      }
    }
  }));
  CHECK(made.pair_quantity > 10'000);
  CHECK(made.completion > 10'000);
  CHECK(made.unwind > 10'000);
  CHECK(made.rest > 1'000);
  CHECK(made.sent > 1'000);
}
