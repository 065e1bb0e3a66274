#include <catch2/catch.hpp>
#include <cmath>
#include <set>

#include "tests/tools/sim/world.hpp"
#include "tools/sim/price_model.hpp"

namespace arbees::sim {

namespace {

constexpr int steps_per_second = 1000 / Tape::step_ms;

std::uint64_t play(std::uint64_t seed, int seconds) {
  Tape tape{world(seed)};
  auto hash = fingerprint(1, tape.open());
  for (auto i = 0; i < seconds * steps_per_second; ++i) {
    hash = fingerprint(hash, tape.step());
  }
  return hash;
}

} // namespace

TEST_CASE("the same seed plays the same tape", "[sim]") {
  CHECK(play(7, 20) == play(7, 20));
  CHECK(play(7, 20) != play(8, 20));
}

TEST_CASE("clients do not change the tape", "[sim]") {
  Engine alone{world()};
  Engine crowded{world()};
  alone.open();
  crowded.open();
  const auto book = live_winner_book(crowded, Venue::kalshi);
  REQUIRE(book >= 0);
  for (auto i = 0; i < 10 * steps_per_second; ++i) {
    alone.advance();
    crowded.advance();
    const auto ask = crowded.book(book).best(BookSide::ask);
    if (i % 50 == 0 && ask) {
      crowded.submit(book, {.id = static_cast<OrderId>(i + 1),
                            .account = 1,
                            .side = BookSide::bid,
                            .limit = *ask,
                            .size = Quantity{30 * quantity_per_contract},
                            .may_rest = true});
    }
  }
  for (std::size_t i = 0; i < alone.slate().books.size(); ++i) {
    for (const auto side : {BookSide::bid, BookSide::ask}) {
      REQUIRE(alone.tape().ladder(static_cast<int>(i)).side(side)
              == crowded.tape().ladder(static_cast<int>(i)).side(side));
    }
  }
}

TEST_CASE("no book is ever crossed or off its grid", "[sim]") {
  const auto seed = GENERATE(1U, 2U, 3U);
  Engine engine{world(seed)};
  const auto check = [&](const std::vector<MarketEvent>& events) {
    for (const auto& event : events) {
      if (const auto* const changed = std::get_if<BookChanged>(&event)) {
        const auto& level = changed->level;
        if (level.best_bid && level.best_ask && *level.best_bid >= *level.best_ask) {
          FAIL("crossed");
        }
        if (level.total < Quantity{0} || level.total.value() % 10'000 != 0) {
          FAIL("odd size");
        }
        const auto& spec = engine.slate().books[static_cast<std::size_t>(changed->book)];
        const auto& grid =
          spec.venue == Venue::polymarket
            ? polymarket_grid(Price{10})
            : kalshi_grid(
              engine.slate().kalshi_markets[static_cast<std::size_t>(spec.market)].structure);
        if (!grid.contains(level.price)) {
          FAIL("off grid " << to_string(level.price));
        }
      }
    }
  };
  check(engine.open());
  for (auto i = 0; i < 60 * steps_per_second; ++i) {
    check(engine.advance());
  }
  for (std::size_t i = 0; i < engine.slate().books.size(); ++i) {
    const auto& ladder = engine.tape().ladder(static_cast<int>(i));
    for (const auto side : {BookSide::bid, BookSide::ask}) {
      for (const auto& level : ladder.side(side)) {
        REQUIRE(ladder.grid().contains(level.price));
      }
      REQUIRE(engine.book(static_cast<int>(i)).levels(side) == ladder.side(side));
    }
  }
}

namespace {

/// Best home-team prices of a game's winner on one venue.
std::optional<TopOfBook> home_top(const Engine& engine, int game, Venue venue) {
  const auto& books = engine.slate().books;
  for (std::size_t i = 0; i < books.size(); ++i) {
    const auto& proposition = books[i].proposition;
    if (books[i].venue != venue || proposition.game != game || proposition.kind != Kind::winner) {
      continue;
    }
    const auto bid = engine.book(static_cast<int>(i)).best(BookSide::bid);
    const auto ask = engine.book(static_cast<int>(i)).best(BookSide::ask);
    if (!bid || !ask) {
      return std::nullopt;
    }
    return proposition.side == TeamSide::home ? TopOfBook{*bid, *ask}
                                              : TopOfBook{complement(*ask), complement(*bid)};
  }
  return std::nullopt;
}

double best_edge(const Engine& engine, int game) {
  const auto kalshi = home_top(engine, game, Venue::kalshi);
  const auto poly = home_top(engine, game, Venue::polymarket);
  if (!kalshi || !poly) {
    return -1;
  }
  const auto league = engine.slate().games[static_cast<std::size_t>(game)].league;
  return std::max(
    edge_after_fees(*kalshi->bid, Venue::kalshi, *poly->ask, Venue::polymarket, league),
    edge_after_fees(*poly->bid, Venue::polymarket, *kalshi->ask, Venue::kalshi, league));
}

} // namespace

TEST_CASE("dislocations pay both fees and leave 1 to 6 cents", "[sim]") {
  Engine engine{world()};
  engine.open();
  std::size_t seen = 0;
  for (auto i = 0; i < 120 * steps_per_second; ++i) {
    engine.advance();
    const auto& all = engine.tape().dislocations();
    for (; seen < all.size(); ++seen) {
      const auto& spell = all[seen];
      CHECK(spell.edge >= 0.01);
      CHECK(spell.edge <= 0.06);
      CHECK(spell.end_ms - spell.begin_ms >= 300);
      CHECK(spell.end_ms - spell.begin_ms <= 3000);
      // The books themselves show it at this very moment.
      CHECK(best_edge(engine, spell.game) == Approx(spell.edge).margin(0.011));
    }
  }
  CHECK(seen >= 20); // one each few seconds
}

TEST_CASE("without a dislocation no pair of quotes pays", "[sim]") {
  Engine engine{world(5)};
  engine.open();
  for (auto i = 0; i < 60 * steps_per_second; ++i) {
    engine.advance();
    std::set<int> disturbed;
    for (const auto& spell : engine.tape().dislocations()) {
      if (spell.end_ms >= engine.tape().now_ms()) {
        disturbed.insert(spell.game);
      }
    }
    for (std::size_t game = 0; game < engine.slate().games.size(); ++game) {
      const auto& listed = engine.slate().games[game];
      if (listed.league != League::epl && listed.on_kalshi && listed.on_polymarket
          && !disturbed.contains(static_cast<int>(game))) {
        REQUIRE(best_edge(engine, static_cast<int>(game)) <= 0);
      }
    }
  }
}

TEST_CASE("both Kalshi markets of a game agree", "[sim]") {
  Engine engine{world(9)};
  engine.open();
  for (auto i = 0; i < 30 * steps_per_second; ++i) {
    engine.advance();
    for (const auto& event : engine.slate().kalshi_events) {
      if (event.scope != "Game" || event.markets.size() != 2) {
        continue;
      }
      auto bids = Price{0};
      for (const auto index : event.markets) {
        const auto& market = engine.slate().kalshi_markets[static_cast<std::size_t>(index)];
        bids = Price{bids.value()
                     + engine.book(market.book).best(BookSide::bid).value_or(price_zero).value()};
      }
      REQUIRE(bids <= price_one); // else selling both would pay for sure
    }
  }
}

TEST_CASE("books change at about the asked rate", "[sim]") {
  const auto rate = GENERATE(400, 2000);
  auto config = world();
  config.rate = rate;
  config.speed = 1;
  Engine engine{config};
  engine.open();
  std::array<int, 2> messages{};
  constexpr auto seconds = 20;
  for (auto i = 0; i < seconds * steps_per_second; ++i) {
    for (const auto& event : engine.advance()) {
      if (const auto* const changed = std::get_if<BookChanged>(&event)) {
        const auto venue = engine.slate().books[static_cast<std::size_t>(changed->book)].venue;
        ++messages[static_cast<std::size_t>(venue)];
      }
    }
  }
  for (const auto count : messages) {
    CHECK(count / seconds > rate * 0.8);
    CHECK(count / seconds < rate * 1.2);
  }
}

TEST_CASE("games score, end and decide their markets", "[sim]") {
  auto config = world();
  config.speed = 300;
  Engine engine{config};
  engine.open();
  auto decided = 0;
  for (auto i = 0; i < 90 * steps_per_second; ++i) {
    for (const auto& event : engine.advance()) {
      decided += std::holds_alternative<BookDecided>(event) ? 1 : 0;
    }
  }
  auto finals = 0;
  for (std::size_t i = 0; i < engine.slate().games.size(); ++i) {
    const auto& state = engine.tape().game(static_cast<int>(i));
    if (state.phase == Phase::final) {
      ++finals;
      CHECK((engine.slate().games[i].league == League::epl || state.home != state.away));
    }
  }
  CHECK(finals >= 20);
  CHECK(decided >= finals * 4);
  for (const auto& event : engine.slate().kalshi_events) {
    auto winners = 0;
    auto all_decided = true;
    for (const auto index : event.markets) {
      const auto& market = engine.slate().kalshi_markets[static_cast<std::size_t>(index)];
      const auto& status = engine.status(market.book);
      all_decided = all_decided && status.decided;
      winners += status.decided && status.value == price_one ? 1 : 0;
      if (status.decided) {
        CHECK(engine.book(market.book).levels(BookSide::bid).empty());
      }
    }
    if (event.scope == "Game" && all_decided) {
      CHECK(winners == 1);
    }
  }
}

TEST_CASE("fair value follows the normal model of the fact sheet", "[sim]") {
  // Home lead, seconds left, home spread, P(home): fact sheet games, section 5.
  struct Row {
    int lead;
    double left;
    double spread;
    double expected;
  };
  const auto row =
    GENERATE(Row{0, 2880, 0, 0.5}, Row{0, 2880, -6.5, 0.7002}, Row{5, 2160, 0, 0.6777},
             Row{-8, 1440, -6.5, 0.2984}, Row{10, 1440, 0, 0.8707}, Row{3, 60, 0, 0.9454},
             Row{0, 0, -6.5, 0.5666});
  Game game{.league = League::nba};
  game.home_edge = -row.spread;
  GameState state{.phase = Phase::live};
  state.left = row.left;
  state.home = 100 + row.lead;
  state.away = 100;
  const auto home = fair_value({Kind::winner, 0, TeamSide::home, 0}, game, state);
  CHECK(home == Approx(row.expected).margin(5e-4));
  CHECK(fair_value({Kind::winner, 0, TeamSide::away, 0}, game, state) == Approx(1 - home));
}

} // namespace arbees::sim
