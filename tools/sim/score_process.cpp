#include "tools/sim/score_process.hpp"

#include <algorithm>

namespace arbees::sim {

namespace {

constexpr double half_inning = 540;
constexpr double longest_step = 1.0; ///< a play at most per step keeps rates honest

} // namespace

ScoreProcess::ScoreProcess(const Game& game, Random random) : game_(game), random_(random) {
  state_.left = regulation_seconds(game.league);
  if (game.opening == Opening::live) {
    start();
    auto elapsed = game.elapsed;
    while (elapsed > 0 && state_.phase != Phase::final) {
      const auto step = std::min(elapsed, longest_step);
      if (state_.phase == Phase::interval) {
        state_.phase = Phase::live;
        next_period();
      }
      play(step);
      elapsed -= step;
    }
  }
}

int ScoreProcess::periods() const {
  switch (game_.league) {
    case League::nba:
    case League::nfl:
      return 4;
    case League::nhl:
      return 3;
    case League::mlb:
      return 9;
    case League::epl:
      return 2;
  }
  return 0;
}

double ScoreProcess::period_seconds() const {
  if (state_.period <= periods()) {
    return regulation_seconds(game_.league) / periods();
  }
  return game_.league == League::nfl ? 600 : game_.league == League::mlb ? 2 * half_inning : 300;
}

TeamSide ScoreProcess::other(TeamSide side) const {
  return side == TeamSide::home ? TeamSide::away : TeamSide::home;
}

void ScoreProcess::start() {
  state_.phase = Phase::live;
  state_.period = 0;
  next_period();
}

void ScoreProcess::next_period() {
  ++state_.period;
  state_.home_line.push_back(0);
  state_.away_line.push_back(0);
  state_.overtime = state_.period > periods();
  state_.clock = game_.league == League::epl ? (state_.period - 1) * 2700.0 : period_seconds();
  state_.bottom = false;
  state_.outs = 0;
  possession_ = random_.uniform(8, 21);
}

void ScoreProcess::advance(double seconds, UnixSeconds now) {
  if (state_.phase == Phase::scheduled && now >= game_.start) {
    start();
  }
  while (seconds > 0 && (state_.phase == Phase::live || state_.phase == Phase::interval)) {
    const auto step = std::min(seconds, longest_step);
    seconds -= step;
    if (state_.phase == Phase::live) {
      play(step);
      continue;
    }
    interval_ -= step;
    if (interval_ <= 0) {
      state_.phase = Phase::live;
      next_period();
    }
  }
}

void ScoreProcess::play(double seconds) {
  if (game_.league == League::mlb) {
    play_inning(seconds);
    return;
  }
  const auto soccer = game_.league == League::epl;
  const auto end = soccer ? state_.period * 2700.0 : 0.0;
  const auto remaining = soccer ? end - state_.clock : state_.clock;
  const auto played = std::min(seconds, remaining);
  if (game_.league == League::nba) {
    play_possessions(played);
  } else {
    for (const auto side : {TeamSide::home, TeamSide::away}) {
      if (random_.chance(scores_per_second(side) * played)) {
        score(side, points_of_a_score());
      }
    }
  }
  state_.clock += soccer ? played : -played;
  if (!state_.overtime) {
    state_.left = std::max(0.0, state_.left - played);
  }
  const auto sudden_death = state_.overtime && game_.league != League::nba;
  if (remaining - played <= 1e-9 || (sudden_death && state_.home != state_.away)) {
    end_of_regulation_or_overtime();
  }
}

void ScoreProcess::play_possessions(double seconds) {
  possession_ -= seconds;
  if (possession_ > 0) {
    return;
  }
  const auto edge = offense_ == TeamSide::home ? game_.home_edge : -game_.home_edge;
  // 100 possessions a team and game, 2.15 points a basket.
  if (random_.chance((game_.total + edge) / 2 / 100 / 2.15)) {
    score(offense_, points_of_a_score());
  }
  offense_ = other(offense_);
  possession_ += random_.uniform(8, 21);
}

void ScoreProcess::play_inning(double seconds) {
  const auto batting = state_.bottom ? TeamSide::home : TeamSide::away;
  // Both halves of an inning share its clock, which baseball's scoreboard never shows.
  if (random_.chance(2 * scores_per_second(batting) * seconds)) {
    score(batting, 1);
  }
  state_.clock -= seconds;
  if (!state_.overtime) {
    state_.left = std::max(0.0, state_.left - seconds);
  }
  const auto in_half = state_.bottom ? half_inning - state_.clock : 2 * half_inning - state_.clock;
  state_.outs = std::min(2, static_cast<int>(3 * in_half / half_inning));
  const auto last = state_.period >= periods();
  if (last && state_.bottom && state_.home > state_.away) {
    finish(); // walk-off
  } else if (!state_.bottom && state_.clock <= half_inning) {
    if (last && state_.home > state_.away) {
      finish();
      return;
    }
    state_.bottom = true;
    state_.outs = 0;
  } else if (state_.clock <= 1e-9) {
    end_of_regulation_or_overtime();
  }
}

void ScoreProcess::end_of_regulation_or_overtime() {
  const auto half_period = game_.league == League::mlb ? 5 : periods() / 2;
  if (state_.period == half_period) {
    state_.half_home = state_.home;
    state_.half_away = state_.away;
    state_.half_done = true;
  }
  if (state_.period >= periods()) {
    // Football's regular season knows one overtime, and then a tie.
    const auto ends_tied = game_.league == League::nfl && state_.overtime;
    if (state_.home != state_.away || game_.league == League::epl || ends_tied) {
      finish();
      return;
    }
    if (game_.league == League::nhl && state_.overtime) { // shootout: period 5, one goal
      next_period();
      score(random_.chance(0.5) ? TeamSide::home : TeamSide::away, 1);
      finish();
      return;
    }
  }
  state_.phase = Phase::interval;
  interval_ = state_.period == periods() / 2 && game_.league != League::mlb ? 120 : 30;
}

void ScoreProcess::cancel() {
  finish();
  state_.tied = false;
  state_.canceled = true;
}

void ScoreProcess::finish() {
  state_.phase = Phase::final;
  state_.left = 0;
  state_.tied = state_.home == state_.away && game_.league == League::nfl;
  state_.clock = game_.league == League::epl ? 5400 : 0;
}

void ScoreProcess::score(TeamSide side, int points) {
  (side == TeamSide::home ? state_.home : state_.away) += points;
  (side == TeamSide::home ? state_.home_line : state_.away_line).back() += points;
  ++state_.plays;
}

int ScoreProcess::points_of_a_score() {
  if (game_.league == League::nba) {
    const auto u = random_.uniform();
    return u < 0.55 ? 2 : u < 0.85 ? 3 : 1;
  }
  if (game_.league == League::nfl) {
    return random_.chance(0.55) ? 7 : 3;
  }
  return 1;
}

double ScoreProcess::scores_per_second(TeamSide side) const {
  const auto edge = side == TeamSide::home ? game_.home_edge : -game_.home_edge;
  const auto points = std::max(0.2, (game_.total + edge) / 2);
  const auto value = game_.league == League::nfl ? 5.2 : 1.0;
  return points / value / regulation_seconds(game_.league);
}

} // namespace arbees::sim
