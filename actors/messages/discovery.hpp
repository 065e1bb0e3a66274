#pragma once

#include "actors/messages/cluster.hpp"

// Which games are matched, and with which markets: asked and answered. Only who asks includes this.

namespace arbees {

/// Asks for matched games: one by its key, those that teams play, or all of a league.
struct DiscoveryRequest {
  std::string id;                 ///< the asker's own, given back
  std::optional<League> league;   ///< with teams: where they play
  std::string game;               ///< "nba:401990102"; empty: by teams or league
  std::vector<std::string> teams; ///< one or two, by code or full name
  Timestamp deadline;             ///< a later answer is of no use
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, DiscoveryRequest& x) {
  return f(caf::meta::type_name("DiscoveryRequest"), x.id, x.league, x.game, x.teams, x.deadline);
}

/// Why there is no answer. Nothing is ever guessed.
enum class DiscoveryProblem : std::uint8_t {
  unknown,     ///< no such game or team is in view
  not_matched, ///< the game is known, its markets are not proven to be the same
  ambiguous,   ///< several games fit
  too_many,    ///< more than one answer holds
  too_late,    ///< past its deadline
  malformed,   ///< not a question
};

inline std::string_view to_string(DiscoveryProblem problem) {
  switch (problem) {
    case DiscoveryProblem::unknown:
      return "unknown";
    case DiscoveryProblem::not_matched:
      return "not_matched";
    case DiscoveryProblem::ambiguous:
      return "ambiguous";
    case DiscoveryProblem::too_many:
      return "too_many";
    case DiscoveryProblem::too_late:
      return "too_late";
    case DiscoveryProblem::malformed:
      return "malformed";
  }
  return "malformed";
}

/// The games that were asked for, each proven and tradable; or why there are none.
struct DiscoveryAnswer {
  std::string id;
  std::vector<MatchedGame> games;
  std::optional<DiscoveryProblem> problem;
  std::string reason; ///< of the problem, for people
  Timestamp at;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, DiscoveryAnswer& x) {
  return f(caf::meta::type_name("DiscoveryAnswer"), x.id, x.games, x.problem, x.reason, x.at);
}

/// Answers from what the orchestrator has said, at once.
using DiscoveryActor =
  caf::typed_actor<caf::replies_to<DiscoveryRequest>::with<DiscoveryAnswer>,
                   // Deadlines are judged by it.
                   caf::reacts_to<Tick>>::extend_with<GameSink>::extend_with<MetricsSource>;

} // namespace arbees

CAF_BEGIN_TYPE_ID_BLOCK(arbees_discovery, caf::id_block::arbees_cluster::end)

  CAF_ADD_TYPE_ID(arbees_discovery, (arbees::DiscoveryAnswer))
  CAF_ADD_TYPE_ID(arbees_discovery, (arbees::DiscoveryRequest))

CAF_END_TYPE_ID_BLOCK(arbees_discovery)
