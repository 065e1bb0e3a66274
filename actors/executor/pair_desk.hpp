#pragma once

#include <map>
#include <set>

#include "actors/executor/pair_machine.hpp"
#include "actors/messages/control.hpp"
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
/// A request is refused, which closes its pair as void with a reason, if trading is not active, if
/// a market or book of it is unknown, if a venue of it is not open, was not found to agree with the
/// ledger or refuses order after order, if more is held unhedged than the budget allows, or if the
/// ledger refused the last commit. A refusing ledger is tried with one pair per `ledger_retry`
/// until it commits again: an intent that is not committed costs nothing, since nothing was sent.
class PairDesk {
public:
  explicit PairDesk(ExecutorConfig config);

  /// Pairs that an earlier process left open, before anything else happens.
  DeskAnswer restore(const std::vector<OpenPair>& pairs, Timestamp now);
  /// Pairs that have ended and still hold something: they may be sold.
  void hold(const std::vector<PairRestored>& pairs);

  void learn(const MatchedGame& match);
  void learn(const VenueStatus& status);
  void learn(const Reconciliation& reconciliation);
  /// @returns false if a later word holds
  bool obey(const TradingControl& control);
  /// Withdraws what rests where no new pair would be opened any more.
  DeskAnswer withdraw_rests();
  /// Opens no pair any more, and withdraws what rests.
  DeskAnswer leave();
  DeskAnswer open(const ExecutionRequest& request);
  /// Sells of a pair that has ended. Anything else is refused, and said so.
  DeskAnswer exit(const ExitRequest& request);
  DeskAnswer committed(PairId pair, std::uint32_t batch, Timestamp at);
  DeskAnswer refused(PairId pair, std::uint32_t batch, const std::string& reason);
  DeskAnswer apply(const OrderReport& report);
  DeskAnswer apply(const Fill& fill);
  DeskAnswer apply(const BookUpdate& update);
  DeskAnswer apply(const Settlement& settlement);
  DeskAnswer apply(const Tick& tick);

  [[nodiscard]] const ExecutorConfig& config() const { return config_; }
  [[nodiscard]] const TradingControl& trading() const { return trading_; }
  /// Whether ledger and venues agreed when last compared; always, if that is not required.
  [[nodiscard]] bool reconciled() const;
  [[nodiscard]] std::size_t pairs_open() const { return open_.size(); }
  /// The request of a pair that is not forgotten yet.
  [[nodiscard]] const ExecutionRequest* request(PairId pair) const;
  /// Counters and gauges by stable name.
  [[nodiscard]] std::map<std::string, std::int64_t> metrics() const;

private:
  /// What is known of a venue, apart from its books.
  struct VenueView {
    std::map<std::optional<std::int32_t>, VenueState> states; ///< by shard, none: all of it
    bool reconciled = false;                                  ///< the last comparison agreed
    int refusals = 0;                                         ///< of opening orders in a row
    Timestamp paused_until;
  };
  struct Exposure {
    Money money;
    MarketId market;
  };

  [[nodiscard]] std::string why_refused(const ExecutionRequest& request) const;
  [[nodiscard]] std::string why_not_sold(const ExitRequest& request) const;
  [[nodiscard]] std::string why_not_at(const MarketSpec& market) const;
  [[nodiscard]] std::string why_not_rest(const PairMachine& machine) const;
  [[nodiscard]] Money exposed() const;
  [[nodiscard]] std::optional<MarketSpec> market(MarketId id) const;
  /// The open pairs that trade `market`; valid until the next call.
  const std::vector<PairId>& open_pairs_of(MarketId market);
  void show_books(PairMachine& machine);
  void count_refusals(const OrderReport& report);
  template <class Event>
  DeskAnswer apply_to(PairId pair, const Event& event);
  [[nodiscard]] Money budget_left() const;
  void advance(PairId pair, PairMachine& machine, const PairEvent& event, DeskAnswer& answer);
  void record(PairId pair, PairCommands commands, DeskAnswer& answer);
  void count(const PairCommand& command);
  void count_end(const PairClosed& closed, int sign);
  void forget_old();

  ExecutorConfig config_;
  Timestamp now_;
  std::map<MarketId, MarketSpec> markets_;
  std::map<MarketId, BookUpdate> books_;
  std::map<PairId, PairMachine> pairs_; ///< open, and closed not long ago
  std::set<PairId> open_;
  std::set<PairId> known_;             ///< every pair ever requested
  std::map<PairId, Exposure> exposed_; ///< what ended pairs hold without hedge
  std::array<VenueView, 2> venues_;    ///< by Venue
  TradingControl trading_;
  std::vector<PairId> touched_; ///< see open_pairs_of(); kept for its memory
  bool leaving_ = false;
  bool ledger_refuses_ = false;
  Timestamp ledger_retry_at_;
  Timestamp forgotten_at_;
  std::map<std::string, std::int64_t> counters_;
};

} // namespace arbees
