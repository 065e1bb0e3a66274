#pragma once

#include <array>
#include <caf/expected.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "actors/messages/game.hpp"

// What the venues pay when a game does not simply end, as data: config/settlement_rules.csv
// (venues/games.md section 4, venues/kalshi.md section 8, hazards.md 5).

namespace arbees {

/// How a game may end for the holder of a pair.
enum class Branch : std::uint8_t {
  win,       ///< the contract is true
  loss,      ///< it is not
  tie,       ///< level when the time that counts is over
  postponed, ///< beyond what at least one venue waits for, and played then
  cancelled, ///< never begun, no make-up game
  abandoned, ///< begun, never finished
  void_,     ///< the venue decides the market without a result
};

inline constexpr std::size_t branch_count = 7;

std::string_view to_string(Branch branch);

/// What a venue may pay in a branch: bits, because a rule may be known only as "one of these".
enum class Payment : std::uint8_t {
  result = 1,   ///< as the game ends, or its make-up game
  half = 2,     ///< half a dollar to either side
  no = 4,       ///< NO wins
  draw = 8,     ///< as if the game had been drawn
  anything = 16 ///< a price of the venue's choice, or a rule that nobody has read
};

using Payments = std::uint8_t; ///< of Payment; none: the branch cannot happen

/// The rules of one venue for one kind of market of one league.
struct SettlementProfile {
  bool overtime = true; ///< counts; false: regulation time alone decides
  Payments tie = 0;
  std::optional<std::int32_t> window_hours; ///< how long a make-up is waited for; none: always
  Payments postponed = 0;                   ///< beyond the window
  Payments cancelled = 0;
  Payments abandoned = 0;
  Payments void_ = 0;
  std::int32_t lockup_hours = 0; ///< expected, from the game's start to free money
  std::string source;
  std::string as_of; ///< YYYY-MM-DD
};

/// All profiles that are known. A market without one is not traded.
class SettlementTable {
public:
  void add(Venue venue, League league, MarketKind kind, SettlementProfile profile);
  /// Nothing if nobody has read the rules.
  [[nodiscard]] const SettlementProfile* find(Venue venue, League league, MarketKind kind) const;
  [[nodiscard]] std::size_t size() const;

private:
  std::vector<std::optional<SettlementProfile>> profiles_;
};

/// Parses config/settlement_rules.csv.
/// @returns Errc::bad_configuration with the line
caf::expected<SettlementTable> parse_settlement_rules(std::string_view csv);

/// One purchase of a pair.
struct HedgeLeg {
  const SettlementProfile& rules;
  Side side = Side::yes;
  bool pays_when_true = true; ///< `side` pays if the contract is true
};

/// What both legs together pay per contract.
struct Payoff {
  Money worst;
  Money best;

  bool operator==(const Payoff&) const = default;
};

/// By Branch; nothing for a branch that cannot happen.
using PayoffMatrix = std::array<std::optional<Payoff>, branch_count>;

/// What a pair on opposite sides of `contract` pays in each branch.
PayoffMatrix payoffs(const Contract& contract, const HedgeLeg& a, const HedgeLeg& b);

/// SettlementFlag bits of the branches in which the pair may pay less than a dollar per contract.
std::uint8_t tail_flags(const PayoffMatrix& matrix, const HedgeLeg& a, const HedgeLeg& b);

} // namespace arbees
