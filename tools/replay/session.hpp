#pragma once

#include <array>
#include <deque>
#include <memory>
#include <queue>
#include <unordered_map>

#include "actors/executor/pair_desk.hpp"
#include "actors/game_shard/arbitrage_scan.hpp"
#include "actors/monitor/kalshi_books.hpp"
#include "actors/monitor/polymarket_books.hpp"
#include "actors/orchestrator/game_book.hpp"
#include "actors/orchestrator/lease_book.hpp"
#include "actors/signal_processor/filters.hpp"
#include "bridges/kalshi/kalshi_lifecycle.hpp"
#include "bridges/kalshi/kalshi_subscriptions.hpp"
#include "bridges/polymarket/polymarket_market_data_codec.hpp"
#include "tools/replay/session_listener.hpp"
#include "tools/replay/session_venue.hpp"
#include "tools/replay/tally.hpp"

namespace arbees::replay {

struct SessionConfig {
  MonitorConfig monitor;
  GameShardConfig shard;
  RiskConfig risk;
  ExecutorConfig executor;
  std::array<PaperVenueConfig, 2> paper{PaperVenueConfig{.venue = Venue::kalshi},
                                        PaperVenueConfig{.venue = Venue::polymarket}};
  std::map<League, LeagueTable> tables;
  Duration tick = std::chrono::milliseconds{50};
  Duration commit = std::chrono::milliseconds{2}; ///< what the ledger takes to be on disk
  Duration lease = std::chrono::seconds{15};
};

using SessionVenues = std::array<std::unique_ptr<SessionVenue>, 2>; ///< by Venue

SessionVenues paper_venues(const SessionConfig& config);

/// What `arbees run` decides, without actors, threads, sockets or a clock: the pure parts that its
/// actors own, called one after the other in one fixed order. Time is that of the inputs; ticks,
/// commits and venues' delays stand in one queue, by time and then by the order in which they were
/// put there. The same inputs therefore make the same decisions, bit for bit, on any machine and
/// beside whatever else runs: nothing in it is shared, random, or read from outside.
///
/// What differs from a live run: messages between its parts take no time, and the ledger answers
/// after `SessionConfig::commit` exactly.
class Session {
public:
  /// @param listener hears of everything; may be null, else must outlive the session
  Session(SessionConfig config, SessionVenues venues, SessionListener* listener = nullptr);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // Inputs, in the order of time. `at` moves time on first; what is due by then happens before.

  void scoreboard(const Scoreboard& scoreboard);
  void catalogue(const VenueCatalogue& catalogue);
  void connected(Venue venue, Timestamp at);
  void disconnected(Venue venue, const std::string& reason, Timestamp at);
  /// A text frame of the venue's market data socket.
  void frame(Venue venue, std::string_view text, Timestamp at);
  /// The answer to GET /book of Polymarket's CLOB.
  void polymarket_rest_book(std::string_view body, Timestamp at);

  // What a recording of the bus holds instead: books and games that were judged already.

  void book(const BookUpdate& update);
  void feed(const FeedStatus& status);
  void game(const GameDiscovered& event, Timestamp at);
  void game(const GameUpdate& event, Timestamp at);
  void game(const GameEnded& event, Timestamp at);
  void match(const MatchedGame& match);

  /// Lets time pass. It never goes back.
  void advance(Timestamp now);

  /// From here on no signal is looked for, as when a node stops.
  void stop_new_pairs() { opening_ = false; }
  [[nodiscard]] bool has_open_pairs() const { return desk_.metrics()["pairs_open"] > 0; }

  /// Lets time pass until every pair has ended, at most `patience`, and closes the tally.
  void finish(Duration patience = std::chrono::minutes{1});

  [[nodiscard]] Timestamp now() const { return now_; }
  [[nodiscard]] const Tally& tally() const { return tally_; }
  /// The tally, for who keeps it longer than the session: this one is over.
  Tally take_tally() { return std::move(tally_); }
  [[nodiscard]] SessionVenue& venue(Venue venue) {
    return *venues_[static_cast<std::size_t>(venue)];
  }
  /// The shards' counters: why routes came to nothing.
  [[nodiscard]] Metrics shard_metrics() const;
  [[nodiscard]] std::map<std::string, std::int64_t> monitor_counters(Venue venue) const;
  [[nodiscard]] std::map<std::string, std::int64_t> desk_counters() const {
    return desk_.metrics();
  }

private:
  struct TickDue {};
  struct Committed {
    PairId pair;
    std::uint32_t batch = 0;
  };
  struct Timed {
    Timestamp at;
    std::uint64_t number = 0;
    std::variant<TickDue, Committed> what;

    /// The queue yields the greatest.
    bool operator<(const Timed& other) const {
      return std::pair{other.at, other.number} < std::pair{at, number};
    }
  };
  struct Shard {
    ArbitrageScan scan;
    Timestamp lease_until;
    std::vector<MarketId> markets;
  };

  void schedule(Timestamp at, std::variant<TickDue, Committed> what);
  void begin(Timestamp at);
  void run_due(Timestamp limit);
  void happen(const TickDue& tick);
  void happen(const Committed& committed);

  // Market data.
  void carry_out(Venue venue, const MonitorActions& actions);
  void on_kalshi(std::string_view text, Timestamp at);
  void on_kalshi(const KalshiMarketEvent& event);
  void on_polymarket(const PolymarketFrame& frame, Timestamp at);
  void command(Venue venue, const std::vector<std::string>& commands);
  void watch(const WatchChange& change);
  void request(const RequestSnapshots& request, Venue venue);

  // Games.
  void handle(const std::vector<GameEvent>& events);
  void handle(const GameDiscovered& event);
  void handle(const GameUpdate& event);
  void handle(const GameEnded& event);
  void handle(const MatchedGame& event);
  void handle(const MatchRejected& event);
  void handle(const WatchChange& change) { watch(change); }
  void learn(const MatchedGame& match);
  void grant(const std::vector<Grant>& grants);
  void stop_shard(GameId game);

  // Decisions.
  void on_book(const BookUpdate& update);
  void judge_signal(const Signal& signal);
  void carry_out(const DeskAnswer& answer);
  void carry_out(PairId pair, const CommitBatch& batch);
  void carry_out(PairId pair, const SendOrder& send);
  void carry_out(PairId pair, const WithdrawOrder& withdraw);
  void carry_out(PairId pair, const RecordUnsent& unsent);
  void carry_out(PairId pair, const AskVenue& ask);
  void carry_out(PairId pair, const ClosePair& close);
  void carry_out(PairId pair, const EndExit& end);
  void carry_out(PairId pair, const RaiseAlert& alert);
  void carry_out(PairId pair, const IgnoreEvent& ignored);
  void deliver(SessionVenue::Events events);
  void hear(const OrderReport& report);
  void hear(const Fill& fill);
  void hear(const BalanceUpdate& balance);

  SessionConfig config_;
  SessionVenues venues_;
  SessionListener* listener_;
  SessionListener silent_;
  Tally tally_;
  Timestamp now_{};
  bool begun_ = false;
  bool opening_ = true;
  std::priority_queue<Timed> queue_;
  std::uint64_t numbers_ = 0;

  KalshiBooks kalshi_;
  PolymarketBooks polymarket_;
  KalshiSubscriptions subscriptions_;
  KalshiLifecycle lifecycle_;
  PolymarketAssets assets_;
  std::map<MarketId, MarketRef> polymarket_refs_;
  std::array<bool, 2> connected_{};
  bool polymarket_spoke_ = false;
  JsonScratch scratch_;

  GameBook games_;
  LeaseBook leases_;
  std::map<GameId, GameUpdate> updates_; ///< the last of each game
  std::map<GameId, Shard> shards_;
  std::unordered_map<MarketId, Shard*> shard_of_;
  Metrics retired_; ///< what shards of ended games had counted

  RiskState risk_;
  PairDesk desk_;
  std::deque<PaperEvent> inbox_; ///< of the executor: one after the other, as in a mailbox
  bool delivering_ = false;
};

} // namespace arbees::replay
