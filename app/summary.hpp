#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "app/run_record.hpp"

namespace arbees {

/// What a run came to.
struct Summary {
  struct Latency {
    std::int64_t p50 = 0;
    std::int64_t p99 = 0;
    std::int64_t max = 0;
    std::int64_t count = 0;
  };

  Duration ran{};
  std::string mode; ///< paper, live
  std::map<std::string, std::uint64_t> matched_by_league;
  std::uint64_t games_matched = 0;
  std::uint64_t games_rejected = 0; ///< listings that no game could be proven for
  std::map<std::string, std::uint64_t> rejected_by_gate;
  std::optional<std::uint64_t> false_matches; ///< none: there was no truth to compare with
  std::uint64_t signals = 0;
  std::uint64_t requests = 0;
  std::map<std::string, std::uint64_t> rejections; ///< signals, by filter
  std::map<std::string, std::int64_t> pairs;       ///< by terminal state
  std::map<std::string, std::uint64_t> exits;      ///< made, rejected by risk, refused
  std::uint64_t pairs_open = 0;                    ///< at the end
  Money pnl; ///< locked in by closed pairs, after fees; unhedged contracts count nothing
  Money fees;
  Latency tick_to_intent_us; ///< frame read from the socket to intent at the ledger
  Latency tick_to_commit_us; ///< … to intent on disk
  std::map<std::string, std::uint64_t> messages; ///< by topic family, as the observer saw them
  std::uint64_t gaps = 0;  ///< missing messages on the bus, as the observer saw them
  std::uint64_t drops = 0; ///< messages that some queue gave up
  std::map<std::string, std::uint64_t> feed_events; ///< stale books and reconnects, by reason
};

/// @param metrics by actor, as each answered at the end.
Summary summarise(const RunRecord& record, const std::map<std::string, Metrics>& metrics,
                  std::optional<std::uint64_t> false_matches, Duration ran, std::string mode);

std::string to_json(const Summary& summary);
/// Several lines for a person.
std::string to_text(const Summary& summary);

} // namespace arbees
