#include "tools/sim/fixtures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <set>

namespace arbees::sim {

namespace {

constexpr UnixSeconds five_minutes = 300;

/// Pairings (away, home) that hold the traps of fact sheet games: differing codes, same-city teams
/// on one evening, shared nicknames. The rest of a league is drawn by the seed.
struct Fixture {
  std::string_view away;
  std::string_view home;
};

std::vector<Fixture> wanted(League league) {
  switch (league) {
    case League::nba:
      return {{"LAL", "GS"}, {"LAC", "SA"}, {"BOS", "NY"}, {"UTAH", "PHX"}, {"NO", "WSH"}};
    case League::nfl:
      return {{"LAR", "JAX"}, {"LAC", "LV"}, {"NYG", "WSH"}, {"NYJ", "NE"}, {"ARI", "NO"}};
    case League::nhl:
      return {{"NYR", "NJ"}, {"NYI", "UTAH"}, {"VGK", "LA"}, {"MTL", "TOR"}, {"CGY", "SJ"}};
    case League::mlb:
      return {{"NYY", "BAL"}, {"NYY", "BAL"}, {"ATH", "SEA"}, {"MIA", "ARI"},
              {"CHC", "LAD"}, {"CHW", "LAA"}, {"NYM", "KC"}};
    case League::epl:
      return {{"MAN", "MNC"}, {"ARS", "TOT"}, {"CHE", "LIV"}};
  }
  return {};
}

/// Typical total, deviation of the pregame edge, and how much longer a game lasts than its clock.
struct Habits {
  double total;
  double edge_deviation;
  double stretch;
};

Habits habits(League league) {
  switch (league) {
    case League::nba:
      return {225, 5.0, 2.8};
    case League::nfl:
      return {46, 5.0, 3.1};
    case League::nhl:
      return {6.1, 0.4, 2.4};
    case League::mlb:
      return {8.7, 0.7, 1.05};
    case League::epl:
      return {2.8, 0.4, 1.2};
  }
  return {};
}

/// Chooses league by league.
class Chooser {
public:
  Chooser(const WorldConfig& config, Random& random) : config_(config), random_(random) {}

  Fixtures choose() && {
    const auto counts = games_per_league();
    for (const auto league : all_leagues) {
      add_league(league, counts[static_cast<std::size_t>(league)]);
    }
    add_decoy_games();
    return std::move(chosen_);
  }

private:
  [[nodiscard]] std::array<int, 5> games_per_league() const {
    // Out of every 12 games: 4 basketball, 3 football, 2 hockey, 2 baseball, 1 soccer.
    constexpr std::array<std::size_t, 12> turn{0, 1, 2, 3, 0, 1, 3, 2, 0, 1, 0, 4};
    std::array<int, 5> counts{};
    for (auto i = 0, misses = 0; i - misses < config_.games && misses < 200; ++i) {
      const auto league = turn[static_cast<std::size_t>(i) % turn.size()];
      const auto limit = static_cast<int>(teams(all_leagues[league]).size()) / 2 - 3;
      counts[league] < limit ? ++counts[league] : ++misses;
    }
    return counts;
  }

  void add_league(League league, int count) {
    auto fixtures = wanted(league);
    std::set<std::string_view> used;
    for (auto i = 0; i < count; ++i) {
      const auto fixture = i < static_cast<int>(fixtures.size())
                             ? fixtures[static_cast<std::size_t>(i)]
                             : draw(league, used);
      used.insert(fixture.away);
      used.insert(fixture.home);
      chosen_.games.push_back(make_game(league, fixture, i));
    }
    used_[static_cast<std::size_t>(league)] = used;
  }

  Fixture draw(League league, const std::set<std::string_view>& used) {
    std::vector<std::string_view> free;
    for (const auto& team : teams(league)) {
      if (!used.contains(team.espn)) {
        free.push_back(team.espn);
      }
    }
    assert(free.size() >= 2);
    const auto away = random_.range(0, static_cast<int>(free.size()) - 1);
    const auto shift = random_.range(1, static_cast<int>(free.size()) - 1);
    const auto home =
      (static_cast<std::size_t>(away) + static_cast<std::size_t>(shift)) % free.size();
    return {free[static_cast<std::size_t>(away)], free[home]};
  }

  Game make_game(League league, Fixture fixture, int number) {
    const auto usual = habits(league);
    Game game{.league = league,
              .away = &team(league, fixture.away),
              .home = &team(league, fixture.home)};
    game.espn_id = fmt::format("4019{}{:04}", 1 + static_cast<int>(league), next_espn_id_++);
    game.home_edge = std::clamp(random_.normal() * usual.edge_deviation, -2 * usual.edge_deviation,
                                2 * usual.edge_deviation);
    game.total = usual.total * random_.uniform(0.93, 1.07);
    schedule(game, number, usual.stretch);
    return game;
  }

  /// Of every six games four are under way, one is about to start and one ends soon. Numbers 0 and
  /// 1 of a league share their evening: they are the same-city pairs, and baseball's doubleheader.
  void schedule(Game& game, int number, double stretch) {
    const auto epoch = config_.epoch();
    const auto length = regulation_seconds(game.league);
    const auto twin_bill = game.league == League::mlb && number < 2;
    if (twin_bill) {
      game.doubleheader = number + 1;
    }
    if ((twin_bill && number == 1) || number % 6 == 4) {
      const auto wait = twin_bill ? 1500 : random_.range(60, 600);
      game.start = (epoch + wait + five_minutes) / five_minutes * five_minutes;
      return;
    }
    game.opening = Opening::live;
    game.elapsed = number % 6 == 5 ? length - config_.speed * random_.uniform(15, 60)
                                   : length * random_.uniform(0.05, 0.85);
    if (number == 1 && !twin_bill && !chosen_.games.empty()) {
      game.elapsed = chosen_.games.back().elapsed;
    }
    game.elapsed = std::clamp(game.elapsed, length * 0.02, length - 5);
    const auto ago = static_cast<UnixSeconds>(game.elapsed * stretch);
    game.start = (epoch - ago) / five_minutes * five_minutes;
  }

  /// Games of which only a part may be matched: on one venue only, or with a broken clock.
  void add_decoy_games() {
    auto& used = used_[0];
    const auto add = [&](bool kalshi, bool polymarket, int number) {
      const auto fixture = draw(League::nba, used);
      used.insert(fixture.away);
      used.insert(fixture.home);
      auto game = make_game(League::nba, fixture, number);
      game.on_kalshi = kalshi;
      game.on_polymarket = polymarket;
      chosen_.games.push_back(game);
    };
    add(true, false, 2);
    add(false, true, 3);
    add(true, false, 8);
    chosen_.broken_clock = static_cast<int>(chosen_.games.size()) - 1;
  }

  const WorldConfig& config_;
  Random& random_;
  Fixtures chosen_;
  std::array<std::set<std::string_view>, 5> used_;
  int next_espn_id_ = 101;
};

} // namespace

Fixtures choose_games(const WorldConfig& config, Random& random) {
  return Chooser{config, random}.choose();
}

} // namespace arbees::sim
