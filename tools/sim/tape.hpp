#pragma once

#include <array>
#include <map>
#include <span>
#include <variant>
#include <vector>

#include "tools/sim/dislocations.hpp"
#include "tools/sim/score_process.hpp"

namespace arbees::sim {

/// The simulated makers' size at a price is now `size`.
struct LevelSet {
  int book = 0;
  BookSide side = BookSide::bid;
  Price price;
  Quantity size;
};

/// A simulated taker takes `size` from the simulated level at `price`; a LevelSet follows.
struct TakerTrade {
  int book = 0;
  BookSide taker = BookSide::bid; ///< bid: the taker buys the book's YES
  Price price;
  Quantity size;
};

/// A Polymarket book moves to a finer grid; it is empty at this moment.
struct TickChange {
  int book = 0;
  Price old_tick;
  Price new_tick;
};

/// The proposition is decided and its book empty; it trades no more.
struct BookDecided {
  int book = 0;
  Price value; ///< what YES pays: a dollar, nothing, or a part of it after a tie or a void
};

/// Score, period or phase of a game changed.
struct GameChanged {
  int game = 0;
};

using TapeEvent = std::variant<LevelSet, TakerTrade, TickChange, BookDecided, GameChanged>;

/// The whole world as a function of the seed, advanced in steps of 5 ms. It knows nothing of
/// clients and reads no clock, so the same seed and settings give the same events.
class Tape {
public:
  static constexpr std::int64_t step_ms = 5;

  explicit Tape(const WorldConfig& config);

  [[nodiscard]] const Slate& slate() const { return slate_; }
  [[nodiscard]] const GameState& game(int index) const;
  [[nodiscard]] const Ladder& ladder(int book) const;
  [[nodiscard]] const std::vector<Dislocation>& dislocations() const { return dislocations_; }
  [[nodiscard]] std::int64_t now_ms() const { return now_ms_; } ///< since the tape's start
  /// The scoreboard's wall clock: the start plus game time.
  [[nodiscard]] UnixSeconds game_clock() const;

  /// The first ladders of every book. Call once, before step().
  std::vector<TapeEvent> open();

  /// Moves the start of a game that is still scheduled, and with it what is listed. A start that
  /// was moved may leave resting orders alive.
  void move_start(int game, UnixSeconds start);

  /// Lets no game move any more: nothing is decided from now on, books go on flickering.
  void stop_games() { games_stand_ = true; }

  /// Calls a game off: all its books are decided at the next turn of the games.
  void cancel_game(int game);

  /// What happens in the next 5 ms.
  std::vector<TapeEvent> step();

private:
  /// Books that one maker quotes together.
  struct Group {
    Venue venue = Venue::kalshi;
    int game = -1;
    Kind kind = Kind::winner;
    std::vector<int> books;
    double noise = 0;  ///< the venue's own opinion, towards the home team
    double offset = 0; ///< of a dislocation
    double base_spread = 0.01;
    double quoted = -1; ///< fair value of the first book when it was last quoted
    bool closed = false;
  };

  void make_groups();
  void advance_games();
  void react(int game, double before);
  void refresh(Group& group, bool urgent);
  void quote(Group& group);
  void close(Group& group);
  [[nodiscard]] Price settlement(const Group& group, int book) const;
  void maybe_finer_tick(const Group& group, int book, double mid);
  void start_dislocation();
  void try_dislocation(int game, Venue wrong, double sign, double limit, DislocationCause cause);
  void end_dislocations();
  void activity(Venue venue);
  void flicker(Group& group);
  void trade(Group& group);
  void emit(int book, std::span<const LevelChange> changes);
  [[nodiscard]] Group* pick_group(Venue venue);
  [[nodiscard]] Group* winner_group(int game, Venue venue);
  [[nodiscard]] double fair(const Proposition& proposition) const;
  [[nodiscard]] double half_spread(const Group& group, double p) const;
  [[nodiscard]] double lean(const Group& group, const Proposition& proposition) const;
  [[nodiscard]] Quoter quoter(const Group& group) const;
  [[nodiscard]] double weight(const Group& group) const;

  Slate slate_;
  std::vector<ScoreProcess> scores_;
  std::vector<Ladder> ladders_;
  std::vector<Price> ticks_; ///< Polymarket books only
  std::vector<Group> groups_;
  std::vector<Dislocation> dislocations_;
  std::vector<std::size_t> running_;                 ///< indices of dislocations not over yet
  std::map<int, std::map<int, double>> canceled_at_; ///< fair values by game and book
  std::vector<TapeEvent> out_;
  std::array<double, 2> tokens_{};
  std::array<double, 2> total_weight_{};
  std::array<Random, 2> activity_random_; ///< one per venue: a rate does not disturb the other
  Random quote_random_;
  Random dislocation_random_;
  double next_dislocation_s_ = 1;
  std::int64_t now_ms_ = 0;
  bool games_stand_ = false;
};

/// Adds `events` to a running fingerprint of a tape. Two tapes are the same if it is.
std::uint64_t fingerprint(std::uint64_t hash, std::span<const TapeEvent> events);

} // namespace arbees::sim
