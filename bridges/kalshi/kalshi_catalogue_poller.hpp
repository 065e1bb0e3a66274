#pragma once

#include "actors/messages/interfaces.hpp"
#include "bridges/kalshi/kalshi_catalogue_codec.hpp"
#include "bridges/net/poll_session.hpp"

namespace arbees {

struct KalshiLeague {
  League league = League::nba;
  std::vector<std::string> series; ///< "KXNBAGAME", "KXNBASPREAD", "KXNBATOTAL"
};

struct KalshiCataloguePollerConfig {
  std::string base_url = "https://external-api.kalshi.com/trade-api/v2";
  std::vector<KalshiLeague> leagues;
  Duration interval = std::chrono::seconds{60};     ///< from the end of a round to the next
  Duration fees_interval = std::chrono::minutes{5}; ///< fees and what is announced of them
  Duration timeout = std::chrono::seconds{10};
  Duration spacing = std::chrono::milliseconds{100};
};

/// Reads Kalshi's open events of each league, series by series, with the fees in force, and sends
/// them to the orchestrator as one catalogue per league: again as soon as fees change.
class KalshiCataloguePoller {
public:
  /// @param network must outlive the poller
  /// @returns Errc::bad_configuration
  static caf::expected<std::unique_ptr<KalshiCataloguePoller>>
  make(Network& network, const Clock& clock, KalshiCataloguePollerConfig config, ListingSink sink);
  ~KalshiCataloguePoller();
  KalshiCataloguePoller(const KalshiCataloguePoller&) = delete;
  KalshiCataloguePoller& operator=(const KalshiCataloguePoller&) = delete;

private:
  explicit KalshiCataloguePoller(std::shared_ptr<PollSession> session)
    : session_{std::move(session)} {}

  std::shared_ptr<PollSession> session_;
};

} // namespace arbees
