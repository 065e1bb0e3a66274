#pragma once

#include <map>
#include <string>
#include <string_view>
#include <variant>

#include "actors/messages/game.hpp"
#include "actors/messages/signal.hpp"
#include "bridges/net/secret.hpp"
#include "bridges/net/token_bucket.hpp"

namespace arbees {

struct SignalGateConfig {
  std::int64_t signals_per_second = 5;
  std::int64_t burst = 20;
  Quantity max_quantity{100'000'000};              ///< contracts of one signal: 100
  Money min_edge{10'000};                          ///< per contract after fees: 1 cent
  Duration max_life = std::chrono::seconds{2};     ///< a later end is brought forward
  Duration max_book_age = std::chrono::seconds{5}; ///< of the books that the sender has read
};

/// Why a signal from outside went no further.
struct GateRefusal {
  std::string reason; ///< stable, for counting
  std::string detail;
};

/// Judges signals from outside before the filters of the signal processor do. The sender's word is
/// taken for prices and sizes, which those filters and the executor check against fees and books,
/// and for nothing that could weaken them: who assigned the game, when it happened, whether it is
/// played. Directional signals are refused, as the executor carries out pairs only.
class SignalGate {
public:
  static constexpr std::size_t max_bytes = 16 * 1024;
  static constexpr std::size_t max_games = 4'096;

  SignalGate(SignalGateConfig config, Secret token, Timestamp now);

  // What is known to be played and traded.
  void add(const MatchedGame& match);
  void add(const GameUpdate& update);
  void add(const GameEnded& ended);
  /// A signal of our own shards: their lease's epoch is the one that counts.
  void add(const Signal& ours);

  /// The signal as it may be judged on, or why not: bad_token, too_large, too_many, bad_signal,
  /// unsupported_type, unsupported_rest, unknown_game, not_tradable, unknown_market, wrong_phase,
  /// wrong_stamp, stale_book, expired, too_big, edge_too_small, inconsistent.
  std::variant<Signal, GateRefusal>
  judge(std::string_view token, std::string_view payload, Timestamp now);

private:
  struct Game {
    MatchedGame match;
    bool matched = false;
    std::optional<Phase> phase;
    std::uint64_t epoch = 0;
  };

  [[nodiscard]] std::optional<GateRefusal>
  check(const Signal& signal, const Game& game, Timestamp now) const;
  [[nodiscard]] std::optional<GateRefusal>
  check_leg(const SignalLeg& leg, const Game& game, const Contract& contract, Timestamp now) const;
  [[nodiscard]] std::optional<GateRefusal> check_numbers(const Signal& signal) const;
  Game* game(GameId id);

  SignalGateConfig config_;
  Secret token_;
  TokenBucket rate_;
  std::map<GameId, Game> games_;
};

} // namespace arbees
