#pragma once

#include <map>
#include <string>
#include <vector>

#include "bridges/polymarket/polymarket_data_codec.hpp"

namespace arbees {

/// Which markets may have been decided, and what was told of their settlements. Pure: time is
/// handed in.
class PolymarketSettlementBook {
public:
  /// The account may hold tokens of `condition`.
  void follow(const std::string& condition, Timestamp now);

  /// The followed markets of which nothing is held that could still be traded: sold, or decided.
  /// Those that were settled are asked for a day on, for a decision may be reversed.
  std::vector<std::string>
  questions(const std::vector<PolymarketPosition>& positions, Timestamp now);

  /// What of `settlements` is new or differs from what was told. One that is no longer true is told
  /// with nothing paid.
  std::vector<Settlement>
  learn(const std::string& condition, const std::vector<Settlement>& settlements, Timestamp now);

  /// All that was told, in the order of conditions and sides.
  [[nodiscard]] std::vector<Settlement> known() const;
  [[nodiscard]] std::size_t followed() const { return markets_.size(); }

private:
  struct Market {
    std::map<Side, Settlement> told;
    Timestamp touched_at; ///< when it was last traded, held or settled anew
  };
  std::map<std::string, Market> markets_; ///< by condition
};

} // namespace arbees
