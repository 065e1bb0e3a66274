#pragma once

#include <map>
#include <set>

#include "actors/executor/pair_machine.hpp"
#include "actors/messages/game.hpp"

namespace arbees {

/// What one pair wants done.
struct DeskCommand {
  PairId pair;
  PairCommand what;
};

/// What an event led to.
struct DeskAnswer {
  std::vector<DeskCommand> commands;
  bool news = true; ///< false: a duplicate or out of date, not to be passed on
};

/// All pairs of the executor, and what it takes to open another one.
///
/// A request is refused, which closes its pair as void with a reason, if a market or book of it is
/// unknown, if more is held unhedged than the budget allows, or if the ledger refused the last
/// commit. A refusing ledger is tried with one pair per `ledger_retry` until it commits again: an
/// intent that is not committed costs nothing, since nothing was sent.
class PairDesk {
public:
  explicit PairDesk(ExecutorConfig config);

  void learn(const MatchedGame& match);
  DeskAnswer open(const ExecutionRequest& request);
  DeskAnswer committed(PairId pair, std::uint32_t batch, Timestamp at);
  DeskAnswer refused(PairId pair, std::uint32_t batch, const std::string& reason);
  DeskAnswer apply(const OrderReport& report);
  DeskAnswer apply(const Fill& fill);
  DeskAnswer apply(const BookUpdate& update);
  DeskAnswer apply(const Tick& tick);

  [[nodiscard]] const ExecutorConfig& config() const { return config_; }
  /// The request of a pair that is not forgotten yet.
  [[nodiscard]] const ExecutionRequest* request(PairId pair) const;
  /// Counters and gauges by stable name.
  [[nodiscard]] std::map<std::string, std::int64_t> metrics() const;

private:
  [[nodiscard]] std::string why_refused(const ExecutionRequest& request) const;
  [[nodiscard]] Money budget_left() const;
  void advance(PairId pair, PairMachine& machine, const PairEvent& event, DeskAnswer& answer);
  void record(PairId pair, PairCommands commands, DeskAnswer& answer);
  void count(const PairCommand& command);
  void forget_old();

  ExecutorConfig config_;
  Timestamp now_;
  std::map<MarketId, MarketSpec> markets_;
  std::map<MarketId, BookUpdate> books_;
  std::map<PairId, PairMachine> pairs_; ///< open, and closed not long ago
  std::set<PairId> open_;
  std::set<PairId> known_; ///< every pair ever requested
  Money exposed_;
  bool ledger_refuses_ = false;
  Timestamp ledger_retry_at_;
  std::map<std::string, std::int64_t> counters_;
};

} // namespace arbees
