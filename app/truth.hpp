#pragma once

#include <caf/expected.hpp>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "actors/messages/game.hpp"

namespace arbees {

/// What a simulator says its markets are: the measure of our matching.
class Truth {
public:
  /// Reads the simulator's /sim/truth. @returns Errc::bad_frame, naming what is missing
  static caf::expected<Truth> parse(std::string_view json);

  /// One line for each match that is not so: a market of another game, or a contract whose markets
  /// do not pay on the same thing.
  [[nodiscard]] std::vector<std::string>
  false_matches(const std::vector<MatchedGame>& matches) const;

private:
  struct Market {
    std::string game;                   ///< "nba:401990102"
    std::array<std::string, 2> pays_if; ///< by Side
  };

  [[nodiscard]] std::string fault(const MatchedGame& match) const;

  std::map<std::pair<Venue, std::string>, Market> markets_;
};

} // namespace arbees
