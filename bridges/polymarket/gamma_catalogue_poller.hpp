#pragma once

#include "actors/messages/interfaces.hpp"
#include "bridges/net/poll_session.hpp"
#include "bridges/polymarket/gamma_catalogue_codec.hpp"

namespace arbees {

struct GammaLeague {
  League league = League::nba;
  std::string sport; ///< its name in `/sports` and in slugs: "nba", "cfb"
};

struct GammaCataloguePollerConfig {
  std::string base_url = "https://gamma-api.polymarket.com";
  std::string clob_url = "https://clob.polymarket.com"; ///< for fees that Gamma lacks
  std::vector<GammaLeague> leagues;
  Duration interval = std::chrono::seconds{60}; ///< from the end of a round to the next
  Duration sports_interval = std::chrono::hours{6};
  Duration timeout = std::chrono::seconds{10};
  Duration spacing = std::chrono::milliseconds{100};
  int fee_lookups_per_round = 50;
};

/// Reads Polymarket's open game events of each league, by the series that `/sports` names, and
/// sends them to the orchestrator as one catalogue per league.
class GammaCataloguePoller {
public:
  /// @param network must outlive the poller
  /// @returns Errc::bad_configuration
  static caf::expected<std::unique_ptr<GammaCataloguePoller>>
  make(Network& network, const Clock& clock, GammaCataloguePollerConfig config, ListingSink sink);
  ~GammaCataloguePoller();
  GammaCataloguePoller(const GammaCataloguePoller&) = delete;
  GammaCataloguePoller& operator=(const GammaCataloguePoller&) = delete;

private:
  GammaCataloguePoller(std::shared_ptr<PollSession> gamma, std::shared_ptr<PollSession> clob)
    : gamma_{std::move(gamma)}, clob_{std::move(clob)} {}

  std::shared_ptr<PollSession> gamma_;
  std::shared_ptr<PollSession> clob_;
};

} // namespace arbees
