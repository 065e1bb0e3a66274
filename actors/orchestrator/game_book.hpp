#pragma once

#include "actors/messages/feed.hpp"
#include "actors/orchestrator/league_match.hpp"

namespace arbees {

struct GameBookConfig {
  Duration forget_after = std::chrono::hours{6};         ///< of silence on the scoreboard
  Duration catalogue_max_age = std::chrono::minutes{15}; ///< an older one proves nothing
};

/// Markets that a venue's monitor shall follow from now on, or no longer.
struct WatchChange {
  Venue venue = Venue::kalshi;
  std::vector<MarketSpec> watch;
  std::vector<MarketId> unwatch;
};

using GameEvent =
  std::variant<GameDiscovered, GameUpdate, GameEnded, MatchedGame, MatchRejected, WatchChange>;

/// All games in view, what the venues list for them, and what was proven. A game that was once
/// matched keeps its markets when the proof no longer holds, but is no longer tradable: positions
/// must still be priced. What changed is returned, in order, once per change.
class GameBook {
public:
  GameBook(std::map<League, LeagueTable> tables, GameBookConfig config);

  std::vector<GameEvent> apply(const Scoreboard& scoreboard);
  std::vector<GameEvent> apply(const VenueCatalogue& catalogue);
  /// Forgets games that no scoreboard lists any more, and notices catalogues that grow old.
  std::vector<GameEvent> tick(Timestamp now);

  /// What a new subscriber must hear to know what stands.
  [[nodiscard]] std::vector<GameEvent> present() const;

  /// Counters and gauges by stable name.
  [[nodiscard]] std::map<std::string, std::int64_t> values() const;

private:
  struct Game {
    ScoreboardGame listed; ///< with canonical team ids
    std::optional<Meeting> meeting;
    std::string no_meeting; ///< why there is none
    Timestamp last_listed;
    std::optional<MatchedGame> match;
    std::string match_text;                  ///< of what was last published
    std::map<MarketId, std::uint64_t> rules; ///< hash of the rules at the first match
    bool ended = false;
  };
  struct Catalogue {
    std::map<std::string, VenueEvent> events;
    Interpretations interpretations;
    Timestamp fetched_at;
    std::size_t names_known = 0;
  };
  struct LeagueBook {
    LeagueTable table;
    std::map<GameId, Game> games;
    std::array<Catalogue, 2> catalogues;                           ///< by Venue
    std::map<std::pair<Venue, std::string>, std::string> rejected; ///< what was last said
    Timestamp rematched_at;
  };
  using Events = std::vector<GameEvent>;

  void take(LeagueBook& book, const ScoreboardGame& listed, Timestamp at, Events& out);
  static void publish_state(const Game& game, const ScoreboardGame& before, Events& out);
  void end(Game& game, Events& out);
  void interpret(LeagueBook& book, Venue venue);
  void rematch(LeagueBook& book, Timestamp now, Events& out);
  void
  publish_match(LeagueBook& book, Game& game, const GameMatch* found, Timestamp now, Events& out);
  MatchedGame make_match(LeagueBook& book, Game& game, const GameMatch& found, Timestamp now);
  void publish_rejections(LeagueBook& book, const std::vector<Rejection>& rejections, Timestamp now,
                          Events& out);
  static void
  watch(const std::vector<MarketSpec>& before, const std::vector<MarketSpec>& after, Events& out);
  [[nodiscard]] std::vector<std::string>
  doubts(const LeagueBook& book, const Game& game, const MatchedGame& match, Timestamp now) const;
  /// False if the id already belongs to another text.
  bool claim(std::uint64_t id, const std::string& text);

  std::map<League, LeagueBook> leagues_;
  GameBookConfig config_;
  std::map<std::uint64_t, std::string> ids_;
  std::map<std::string, std::int64_t> counters_;
};

} // namespace arbees
