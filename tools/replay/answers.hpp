#pragma once

#include <set>

#include "bridges/espn/scoreboard_codec.hpp"
#include "bridges/kalshi/kalshi_fees.hpp"
#include "tools/replay/session.hpp"

namespace arbees::replay {

/// Turns the answers to the pollers' GETs into the scoreboards and catalogues that the pollers made
/// of them. What asks, a capture or a simulator in the same process, asks in the pollers' order.
///
/// A catalogue is handed over when its last page was read. Fees that only CLOB's /clob-markets
/// tells are filled into the catalogue at hand, which is handed over again.
class Answers {
public:
  explicit Answers(const std::map<League, LeagueTable>& tables);

  /// @param target path and query
  /// @returns false if it is none of the calls that matter here
  bool take(Session& session, std::string_view target, unsigned status, std::string_view body,
            Timestamp at);

  /// What could not be understood or was refused, by call.
  [[nodiscard]] const std::map<std::string, std::uint64_t>& failed() const { return failed_; }

  // The pollers' targets, for who asks.
  [[nodiscard]] std::vector<std::string> scoreboard_targets(Timestamp now) const;
  [[nodiscard]] std::vector<std::string> kalshi_targets() const; ///< without further pages
  [[nodiscard]] std::vector<std::string> gamma_targets() const;  ///< after /sports was taken
  /// The target of the page that follows the last one taken, if there is one.
  [[nodiscard]] const std::optional<std::string>& next_page() const { return next_page_; }

private:
  struct LeagueCalls {
    LeagueRules rules;
    std::vector<std::string> kalshi_series;
  };
  using Query = std::map<std::string, std::string>;

  void fail(std::string_view call) { ++failed_[std::string{call}]; }
  bool scoreboard(Session& session, std::string_view path, std::string_view body, Timestamp at);
  void series(std::string_view body, Timestamp at);
  void series_changes(const std::string& series, std::string_view body, Timestamp at);
  void event_changes(std::string_view body, Timestamp at);
  void kalshi_events(Session& session, const Query& query, unsigned status, std::string_view body,
                     Timestamp at);
  void gamma_events(Session& session, const Query& query, unsigned status, std::string_view body,
                    Timestamp at);
  void
  market_fees(Session& session, const std::string& condition, std::string_view body, Timestamp at);
  void hand_over(Session& session, VenueCatalogue& catalogue, Timestamp at);

  std::map<League, LeagueCalls> leagues_;
  std::map<std::string, League> league_of_series_; ///< Kalshi's
  std::map<std::string, League> league_of_sport_;  ///< Gamma's series ids
  std::map<std::string, KalshiSeriesFees> fees_;
  KalshiFeeChanges changes_;
  std::map<std::string, std::vector<KalshiFeeChange>> event_changes_; ///< of the pages so far
  std::map<League, VenueCatalogue> kalshi_;
  std::map<League, VenueCatalogue> gamma_;
  std::map<std::string, FeeSchedule> clob_fees_; ///< by condition
  std::optional<std::string> next_page_;
  std::map<std::string, std::uint64_t> failed_;
};

} // namespace arbees::replay
