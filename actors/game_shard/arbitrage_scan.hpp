#pragma once

#include <map>
#include <span>

#include "actors/game_shard/rest_plan.hpp"
#include "actors/market/arbitrage_limits.hpp"
#include "actors/messages/signal.hpp"
#include "actors/messages/telemetry.hpp"

namespace arbees {

struct GameShardConfig {
  ArbitrageLimits arbitrage;

  Duration signal_ttl{std::chrono::milliseconds{500}};

  /// While an opportunity stays open it is signalled again only if it has become better by one of
  /// these: dollars per contract, or per cent of the quantity.
  Money rearm_edge{2'500};
  std::int32_t rearm_quantity_percent = 50;

  /// While it stays open, an order is asked to rest on it again no sooner than this: the last one
  /// may be resting still, or has just been withdrawn.
  Duration rest_interval{std::chrono::seconds{2}};

  /// A best edge that misses the required one by no more than this is counted as a near miss.
  Money near_miss{5'000};
};

/// Looks for arbitrage between two venues' books of one game, on whole ladders, after fees.
/// Time comes with the messages. An update allocates nothing.
class ArbitrageScan {
public:
  explicit ArbitrageScan(const GameShardConfig& config) : config_(config) {}

  /// Takes the game over, or renews its lease. Routes that stay keep what was signalled on them.
  /// False if the assignment's epoch is older than the present one: nothing changes then.
  bool assign(const GameAssignment& assignment);

  /// Takes in score, clock and phase.
  void observe(const GameUpdate& update);

  /// Moves time forward; it never goes back.
  void advance(Timestamp now);

  /// Takes in a book and returns the signals that it makes, best first: at most one per contract,
  /// and no two on the same liquidity. Valid until the next call.
  std::span<const Signal> update(const BookUpdate& book);

  /// Why there were signals or none: counters by stable name, and `best_edge_micros`, the best edge
  /// per contract after fees that any route showed, in 1e-6 dollar.
  [[nodiscard]] Metrics metrics() const;

private:
  /// Why an update was not scanned at all.
  enum class Gate : std::uint8_t {
    open,
    not_assigned,
    unknown_market,
    lease_over,
    not_tradable,
    no_game_state,
    phase,
    game_age,
    count_,
  };

  /// What a route came to.
  enum class Verdict : std::uint8_t {
    signal,
    no_book,    ///< the other market's book has not come yet
    book_stale, ///< one of the books is not whole
    book_age,
    exchange_age,
    one_sided, ///< nothing is offered on one leg
    no_edge,
    near_miss, ///< no edge, but close to one
    rounding,  ///< too few contracts: the venues' rounding eats the edge
    sanity_edge,
    sanity_gross,
    not_rearmed, ///< already signalled, and not materially better
    claimed,     ///< another route's signal wants the same liquidity
    outranked,   ///< another route of the contract earns more
    count_,
  };

  /// Liquidity that a signal is about to take, with the market that its other leg buys on.
  struct Claim {
    Timestamp until{};
    MarketId partner;
  };

  struct Slot {
    MarketSpec spec;
    std::optional<BookUpdate> book;
    std::vector<std::uint32_t> routes; ///< that buy on this market
    std::array<Claim, 2> claims{};     ///< by side bought
    FeeSchedule maker_fees{};          ///< as_maker()
  };

  struct Signalled {
    Money edge_per_contract;
    Quantity quantity;
  };

  struct Route {
    std::uint32_t contract = 0;           ///< index
    std::array<std::uint32_t, 2> slots{}; ///< Kalshi first
    std::array<Side, 2> sides{};
    std::optional<Signalled> signalled;   ///< while the opportunity stays open
    std::optional<Timestamp> rested_at{}; ///< when an order was last asked to rest
  };

  struct Candidate {
    std::uint32_t route = 0;
    Sweep sweep;
    bool rests = false; ///< on the second leg
  };

  void rebuild(const MatchedGame& match);
  void add_routes(std::uint32_t contract, std::vector<Route>& routes) const;
  [[nodiscard]] std::optional<std::uint32_t> find_slot(MarketId market) const;
  [[nodiscard]] bool in_play() const;
  [[nodiscard]] const InputAges& ages() const;
  [[nodiscard]] Gate gate() const;
  [[nodiscard]] Verdict fresh(const BookUpdate& book) const;
  Verdict judge(Candidate& candidate);
  Verdict judge_taking(Route& route, const Sweep& swept, Money required);
  [[nodiscard]] std::optional<Sweep> rest_on(const Route& route, const Depth& take) const;
  [[nodiscard]] Verdict judge_edge(const Sweep& swept, Money required) const;
  [[nodiscard]] bool improved(const Route& route, const Sweep& swept) const;
  [[nodiscard]] bool claimed(const Route& route) const;
  void claim(const Route& route);
  void choose(const BookUpdate& trigger);
  [[nodiscard]] Signal make_signal(const Candidate& candidate, const BookUpdate& trigger) const;
  void count(Verdict verdict) { ++verdicts_[static_cast<std::size_t>(verdict)]; }

  GameShardConfig config_;
  std::optional<GameAssignment> assignment_;
  std::optional<GameState> state_;
  Timestamp now_{};
  std::vector<Slot> slots_; ///< sorted by market id
  std::vector<Route> routes_;
  std::vector<Candidate> candidates_; ///< scratch
  std::vector<Signal> signals_;       ///< scratch

  std::int64_t updates_ = 0;
  std::int64_t scans_ = 0; ///< routes looked at
  std::int64_t old_epochs_ = 0;
  std::int64_t rests_ = 0; ///< signals of orders that rest
  std::optional<Money> best_edge_;
  std::array<std::int64_t, static_cast<std::size_t>(Gate::count_)> gates_{};
  std::array<std::int64_t, static_cast<std::size_t>(Verdict::count_)> verdicts_{};
};

} // namespace arbees
