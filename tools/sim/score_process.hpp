#pragma once

#include <vector>

#include "tools/sim/slate.hpp"

namespace arbees::sim {

enum class Phase : std::uint8_t { scheduled, live, interval, final };

/// What a scoreboard shows of a game.
struct GameState {
  Phase phase = Phase::scheduled;
  int period = 0;   ///< quarter, inning, half; overtime goes on counting
  double clock = 0; ///< seconds left in the period; in soccer seconds played; 0 in baseball
  double left = 0;  ///< seconds of regulation left
  int home = 0;
  int away = 0;
  std::vector<int> home_line; ///< points by period
  std::vector<int> away_line;
  int half_home = 0; ///< score after the first half (baseball: five innings)
  int half_away = 0;
  bool half_done = false;
  bool bottom = false; ///< baseball: the home team bats
  int outs = 0;
  bool overtime = false;
  bool tied = false;     ///< over without a winner, where a game may end so
  bool canceled = false; ///< over without a result
  int plays = 0;         ///< counts scoring plays
};

/// Plays one game by its seed. Scores follow the pregame edge and total of the game; ties after
/// regulation are played off, except in soccer.
class ScoreProcess {
public:
  ScoreProcess(const Game& game, Random random);

  [[nodiscard]] const GameState& state() const { return state_; }

  /// Lets `seconds` of game time pass. `now` is the game's wall clock, which starts a scheduled
  /// game.
  void advance(double seconds, UnixSeconds now);

  /// A scheduled game begins at `start` instead.
  void move_start(UnixSeconds start) { game_.start = start; }

  /// The game is called off for good.
  void cancel();

private:
  void start();
  void play(double seconds);
  void next_period();
  void end_of_regulation_or_overtime();
  void finish();
  void score(TeamSide side, int points);
  void play_possessions(double seconds);
  void play_inning(double seconds);
  [[nodiscard]] int periods() const;
  [[nodiscard]] double period_seconds() const;
  [[nodiscard]] int points_of_a_score();
  [[nodiscard]] double scores_per_second(TeamSide side) const;
  [[nodiscard]] TeamSide other(TeamSide side) const;

  Game game_;
  Random random_;
  GameState state_;
  double interval_ = 0;   ///< seconds of the break that remain
  double possession_ = 0; ///< basketball: seconds until the shot
  TeamSide offense_ = TeamSide::home;
};

} // namespace arbees::sim
