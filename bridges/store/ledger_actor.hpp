#pragma once

#include <functional>

#include "actors/messages/interfaces.hpp"

#include "bridges/net/backoff.hpp"
#include "bridges/store/ledger.hpp"

namespace arbees {

/// Records and intents that wait for the next commit, with whoever waits for its answer.
class LedgerDesk {
public:
  using Promise = caf::typed_response_promise<IntentCommitted>;
  using Clock = std::function<Timestamp()>;

  /// Keeps a commit, and what a batch holds up, short.
  static constexpr std::size_t max_batch = 256;

  /// How soon and how seldom a lost connection is tried again.
  static constexpr Duration first_retry = std::chrono::milliseconds{100};
  static constexpr Duration longest_retry = std::chrono::seconds{5};

  LedgerDesk(Ledger ledger, Clock clock);

  void add(LedgerRecord record);
  void add(const CommitIntent& intent, Promise promise);
  [[nodiscard]] bool full() const { return entries_.size() >= max_batch; }
  /// An intent waits, and with it an order.
  [[nodiscard]] bool urgent() const { return !intents_.empty(); }

  /// Commits all that waits and answers the intents. If the file or server fails, the intents are
  /// refused and the records stay, to be written before anything newer.
  void flush();
  /// The same, after taking up a lost connection if it is time to try.
  void tick();
  /// The same, at the end: now or never.
  void finish();
  /// The account by all that was heard until now, committed first. Both stamps are that moment.
  /// @returns Errc::ledger_refused while the file fails.
  caf::result<AccountView> account(const ReadAccount& question);
  [[nodiscard]] std::size_t waiting() const { return entries_.size() + doubtful_.size(); }
  [[nodiscard]] Metrics metrics() const;

private:
  struct Intent {
    std::size_t entry = 0; ///< index in entries_
    PairId pair;
    std::optional<Timestamp> triggered_by; ///< of a pair's first batch, whose latency counts
    Timestamp received_at;
    Promise promise;
  };

  void committed(const std::vector<LedgerOutcome>& outcomes, Timestamp started);
  void failed(const caf::error& why);
  void resume();
  void settle_doubt(const std::optional<std::vector<LedgerOutcome>>& outcomes);
  std::vector<LedgerEntry> unsent(const CommitIntent& intent);
  void answer(Intent& intent, const caf::error& refused, Timestamp now);
  void count_record(const LedgerEntry& entry, const LedgerOutcome& outcome);

  Ledger ledger_;
  Clock clock_;
  std::vector<LedgerEntry> entries_;
  std::vector<Intent> intents_;
  std::vector<LedgerEntry>
    doubtful_; ///< a batch that may be in the ledger; its intents are refused
  Backoff backoff_;
  Timestamp retry_at_;
  std::map<std::string, std::int64_t> counts_;
  std::uint64_t failures_in_a_row_ = 0;
  std::uint64_t failed_resumptions_ = 0;
  LatencyHistogram tick_to_intent_;
  LatencyHistogram tick_to_commit_;
  LatencyHistogram commit_;
};

struct LedgerState {
  static constexpr auto name = "ledger";

  ~LedgerState();

  std::optional<LedgerDesk> desk;
};

/// Commits what waits in the mailbox together. An intent never waits for more to come; records, of
/// which nobody awaits an answer, go with the next intent or tick, so that they seldom keep the
/// file busy when an intent comes. An exit is heeded after the messages that came before it.
LedgerActor::behavior_type
ledger(LedgerActor::stateful_pointer<LedgerState> self, Ledger file, LedgerDesk::Clock clock);

/// Spawns the one writer of `file` on a thread of its own.
/// @param clock of the stamps in IntentCommitted; called on that thread.
LedgerActor spawn_ledger(caf::actor_system& system, Ledger file, LedgerDesk::Clock clock);

} // namespace arbees
