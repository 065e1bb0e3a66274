#include <rapidcheck.h>

#include <catch2/catch.hpp>

#include "tests/actors/signal_processor/ask.hpp"

using namespace arbees;
using namespace arbees::test;

namespace {

constexpr std::array<std::uint64_t, 3> games = {77, 78, 79};

/// Three games of two leagues; the third one's Kalshi market is on another shard.
MatchedGame game_number(std::size_t number) {
  auto match = matched_game();
  const auto shift = 10 * number;
  match.game.id = GameId{games[number]};
  match.game.league = number == 0 ? League::nba : League::nhl;
  for (auto& market : match.markets) {
    market.id = MarketId{market.id.value() + shift};
    market.exchange_index = number == 2 && market.ref.venue == Venue::kalshi ? 3 : 0;
  }
  auto& contract = match.contracts[0];
  contract.id = ContractId{5 + shift};
  contract.game = match.game.id;
  for (auto& expression : contract.expressions) {
    expression.market = MarketId{expression.market.value() + shift};
  }
  return match;
}

std::shared_ptr<const SettlementTable> rules_of_both_leagues() {
  auto table = *sample_rules();
  for (const auto venue : {Venue::kalshi, Venue::polymarket}) {
    table.add(venue, League::nhl, MarketKind::winner,
              *table.find(venue, League::nba, MarketKind::winner));
  }
  return std::make_shared<const SettlementTable>(std::move(table));
}

/// What one approved pair must count with, kept apart from the code under test.
struct Model {
  ExecutionRequest request;
  std::array<Money, 2> reserved;
  std::array<Quantity, 2> bought{};
  std::array<Money, 2> spent{};
  std::array<bool, 2> paid{};
  bool closed = false;
  std::uint32_t revision = 0;

  [[nodiscard]] Money leg(std::size_t i, bool over) const {
    if (!closed) {
      return reserved[i];
    }
    return over || paid[i] || bought[i] == Quantity{0} ? Money{0} : spent[i];
  }
  [[nodiscard]] bool holds() const {
    return closed && (bought[0] > Quantity{0} || bought[1] > Quantity{0});
  }
};

class World {
public:
  World() {
    const auto up_to = [](std::int64_t dollars_most) {
      return Money{*rc::gen::inRange<std::int64_t>(0, dollars_most * money_per_dollar)};
    };
    config.settlement_rules = rules_of_both_leagues();
    config.max_contract_exposure = up_to(900);
    config.max_game_exposure = up_to(900);
    config.max_league_exposure = up_to(1'200);
    config.max_shard_exposure = up_to(700);
    config.max_venue_exposure = up_to(900);
    config.max_total_exposure = up_to(1'500);
    config.max_game_tail_loss = up_to(900);
    config.max_in_flight = *rc::gen::inRange(1, 6);
    config.max_pairs_per_minute = *rc::gen::inRange(1, 20);
    config.max_daily_loss = dollars(100'000);
    config.max_drawdown = dollars(100'000);
    state = RiskState{config};
    state.advance(now);
    for (std::size_t i = 0; i < games.size(); ++i) {
      state.add(game_number(i));
    }
    state.add(FeedStatus{.venue = Venue::kalshi, .connected = true});
    state.add(FeedStatus{.venue = Venue::polymarket, .connected = true});
  }

  void step() {
    now += std::chrono::seconds{*rc::gen::inRange(0, 20)};
    state.advance(now);
    switch (*rc::gen::inRange(0, 8)) {
      case 0:
      case 1:
      case 2:
        signal();
        break;
      case 3:
        fill();
        break;
      case 4:
      case 5:
        close();
        break;
      case 6:
        settle();
        break;
      default:
        if (*rc::gen::inRange(0, 10) == 0) {
          end_game();
        }
    }
    check();
  }

private:
  void signal() {
    const auto number = *rc::gen::inRange<std::size_t>(0, games.size());
    const auto shift = 10 * number;
    const auto rival = *rc::gen::arbitrary<bool>();
    auto made = sample_signal(contracts(*rc::gen::inRange<std::int64_t>(5, 700)));
    made.id = SignalId{++next};
    made.game = GameId{games[number]};
    made.contract = ContractId{5 + shift};
    made.legs[0].market = MarketId{(rival ? 2 : 1) + shift};
    made.legs[0].side = rival ? Side::no : Side::yes;
    made.legs[1].market = MarketId{3 + shift};
    made.expires_at = now + 500ms;
    made.legs[1].post_only = *rc::gen::arbitrary<bool>();
    for (auto& leg : made.legs) {
      leg.received_at = leg.exchange_time = now;
    }
    const auto decision = judge(made, state, config);
    if (const auto* const request = std::get_if<ExecutionRequest>(&decision)) {
      state.approve(*request);
      Model model{.request = *request, .reserved = {}};
      for (std::size_t i = 0; i < 2; ++i) {
        const auto& leg = made.legs[i];
        model.reserved[i] = worst_cost(leg, *state.market(leg.market), request->quantity);
      }
      pairs.push_back(model);
      ++passed;
    }
  }

  Model* any(bool closed) {
    std::vector<Model*> fitting;
    for (auto& pair : pairs) {
      if (pair.closed == closed) {
        fitting.push_back(&pair);
      }
    }
    return fitting.empty() ? nullptr : fitting[*rc::gen::inRange<std::size_t>(0, fitting.size())];
  }

  /// More of a leg is bought, up to what was approved.
  void fill() {
    if (auto* const pair = any(false)) {
      const auto leg = *rc::gen::inRange<std::size_t>(0, 2);
      const auto most = pair->request.quantity.value();
      pair->bought[leg] =
        Quantity{*rc::gen::inRange<std::int64_t>(pair->bought[leg].value(), most + 1)};
      report(*pair, leg);
    }
  }

  void report(Model& pair, std::size_t leg) {
    const auto& wanted = pair.request.signal.legs[leg];
    pair.spent[leg] = notional(wanted.limit, pair.bought[leg], Rounding::up);
    state.add(OrderReport{.pair = pair.request.pair,
                          .leg = static_cast<std::uint8_t>(leg),
                          .client_order_id = to_hex(pair.request.pair) + std::to_string(leg),
                          .market = wanted.market,
                          .venue = wanted.venue,
                          .side = wanted.side,
                          .status = OrderStatus::filled,
                          .filled = pair.bought[leg],
                          .notional = pair.spent[leg]});
  }

  /// The pair ends, or a fill of it turns out to be void and it ends once more.
  void close() {
    const auto again = *rc::gen::inRange(0, 4) == 0;
    auto* const pair = any(again);
    if (pair == nullptr) {
      return;
    }
    if (again) {
      const auto leg = *rc::gen::inRange<std::size_t>(0, 2);
      pair->bought[leg] =
        Quantity{*rc::gen::inRange<std::int64_t>(0, pair->bought[leg].value() + 1)};
      report(*pair, leg);
      ++pair->revision;
    }
    pair->closed = true;
    const auto matched = std::min(pair->bought[0], pair->bought[1]);
    const auto cost = pair->spent[0] + pair->spent[1];
    state.add(PairClosed{.pair = pair->request.pair,
                         .game = pair->request.signal.game,
                         .requested = pair->request.quantity,
                         .matched = matched,
                         .held = pair->bought,
                         .cost = cost,
                         .locked_profit = payout(matched) - cost,
                         .closed_at = now,
                         .revision = pair->revision});
  }

  /// A market is decided: every leg on it is paid.
  void settle() {
    if (const auto* const pair = any(true)) {
      const auto& leg = pair->request.signal.legs[*rc::gen::inRange<std::size_t>(0, 2)];
      state.add(Settlement{.venue = leg.venue,
                           .market = leg.market,
                           .side = leg.side,
                           .quantity = contracts(1'000),
                           .payout = *rc::gen::arbitrary<bool>() ? dollars(1'000) : Money{0},
                           .at = now});
      decided.emplace(leg.market, leg.side);
    }
  }

  void end_game() {
    const auto game = GameId{games[*rc::gen::inRange<std::size_t>(0, games.size())]};
    over.insert(game);
    state.add(GameEnded{.game = {.id = game}});
  }

  void check() {
    Money total;
    std::map<Venue, Money> venues;
    std::map<GameId, Money> of_games;
    PairCounts expected;
    for (auto& pair : pairs) {
      const auto& signal = pair.request.signal;
      const auto is_over = over.contains(signal.game);
      auto unpaid = false;
      for (std::size_t i = 0; i < 2; ++i) {
        pair.paid[i] = decided.contains({signal.legs[i].market, signal.legs[i].side});
        unpaid |= pair.bought[i] > Quantity{0} && !pair.paid[i];
        const auto counts = pair.leg(i, is_over);
        total += counts;
        venues[signal.legs[i].venue] += counts;
        of_games[signal.game] += counts;
      }
      ++expected.approved;
      ++(!pair.closed         ? expected.in_flight
         : !pair.holds()      ? expected.ended
         : is_over || !unpaid ? expected.settled
                              : expected.held);
    }
    const auto& book = state.pairs();
    RC_ASSERT(book.exposure() == total);
    RC_ASSERT(book.exposure(Venue::kalshi) == venues[Venue::kalshi]);
    RC_ASSERT(book.exposure(Venue::polymarket) == venues[Venue::polymarket]);
    RC_ASSERT(book.exposure(League::nba) + book.exposure(League::nhl) == total);
    RC_ASSERT(book.exposure(Venue::kalshi, 0) + book.exposure(Venue::kalshi, 3)
              == venues[Venue::kalshi]);
    for (std::size_t i = 0; i < games.size(); ++i) {
      const GameId game{games[i]};
      RC_ASSERT(book.exposure(game) == of_games[game]);
      RC_ASSERT(book.exposure(game) <= config.max_game_exposure);
      RC_ASSERT(book.exposure(ContractId{5 + 10 * i}) <= config.max_contract_exposure);
      for (std::size_t branch = 0; branch < branch_count; ++branch) {
        RC_ASSERT(book.tail_loss(game, static_cast<Branch>(branch)) <= config.max_game_tail_loss);
      }
    }
    RC_ASSERT(book.exposure() <= config.max_total_exposure);
    for (const auto league : {League::nba, League::nhl}) {
      RC_ASSERT(book.exposure(league) <= config.max_league_exposure);
    }
    for (const auto venue : {Venue::kalshi, Venue::polymarket}) {
      RC_ASSERT(book.exposure(venue) <= config.max_venue_exposure);
      for (const auto shard : {0, 3}) {
        RC_ASSERT(book.exposure(venue, shard) <= config.max_shard_exposure);
      }
    }
    RC_ASSERT(state.pairs_in_flight() <= static_cast<std::size_t>(config.max_in_flight));
    RC_ASSERT(state.approved_since(now - 1min) <= config.max_pairs_per_minute);
    const auto counts = book.counts();
    RC_ASSERT(counts.approved == expected.approved);
    RC_ASSERT(counts.in_flight == expected.in_flight);
    RC_ASSERT(counts.held == expected.held);
    RC_ASSERT(counts.in_flight + counts.held + counts.ended + counts.settled == counts.approved);
  }

public:
  int passed = 0;

private:
  RiskConfig config;
  RiskState state{RiskConfig{}};
  Timestamp now = noon;
  std::uint64_t next = 0;
  std::vector<Model> pairs;
  std::set<std::pair<MarketId, Side>> decided;
  std::set<GameId> over;
};

} // namespace

TEST_CASE("Whatever happens, no limit is passed and every approved pair is accounted for") {
  auto passed = 0;
  CHECK(rc::check([&] {
    World world;
    const auto steps = *rc::gen::inRange(1, 80);
    for (auto i = 0; i < steps; ++i) {
      world.step();
    }
    passed += world.passed;
  }));
  CHECK(passed > 100); // the limits are not so tight that nothing is tried
}
