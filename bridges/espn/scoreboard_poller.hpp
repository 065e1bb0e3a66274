#pragma once

#include "actors/messages/interfaces.hpp"
#include "bridges/espn/scoreboard_codec.hpp"
#include "bridges/net/poll_session.hpp"

namespace arbees {

struct EspnLeague {
  League league = League::nba;
  std::string path;   ///< "basketball/nba"
  std::string params; ///< "groups=50&limit=400"
  EspnClock clock = EspnClock::left;
};

struct ScoreboardPollerConfig {
  std::string base_url = "https://site.api.espn.com";
  std::vector<EspnLeague> leagues;
  Duration live_interval = std::chrono::seconds{5};
  Duration soon_interval = std::chrono::seconds{60}; ///< from an hour before a start
  Duration idle_interval = std::chrono::minutes{10};
  Duration timeout = std::chrono::seconds{5};
  Duration spacing = std::chrono::milliseconds{500}; ///< two requests a second to the host
};

/// Reads ESPN's scoreboards in turn, one request at a time, as often as each league's games ask
/// for (venues/games.md section 1), and sends them to the orchestrator.
class ScoreboardPoller {
public:
  /// @param network must outlive the poller
  /// @returns Errc::bad_configuration
  static caf::expected<std::unique_ptr<ScoreboardPoller>>
  make(Network& network, const Clock& clock, ScoreboardPollerConfig config, ListingSink sink);
  ~ScoreboardPoller();
  ScoreboardPoller(const ScoreboardPoller&) = delete;
  ScoreboardPoller& operator=(const ScoreboardPoller&) = delete;

private:
  explicit ScoreboardPoller(std::shared_ptr<PollSession> session) : session_{std::move(session)} {}

  std::shared_ptr<PollSession> session_;
};

/// Path and query for the Eastern day of `now`, and for the day before until 06:00 Eastern.
std::string scoreboard_target(const EspnLeague& league, Timestamp now);

/// When a league's scoreboard is due again.
Duration scoreboard_interval(const ScoreboardPollerConfig& config, const Scoreboard& scoreboard);

} // namespace arbees
