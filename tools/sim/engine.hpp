#pragma once

#include <array>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "tools/sim/fee_changes.hpp"
#include "tools/sim/matching_engine.hpp"
#include "tools/sim/tape.hpp"

namespace arbees::sim {

struct BookChanged {
  int book = 0;
  LevelUpdate level;
};
struct Traded {
  int book = 0;
  Match match;
};
/// Kalshi's settlement timer of a decided market has run out: it pays.
struct BookSettled {
  int book = 0;
};

/// What the venue itself did to a market. Nobody is told of `closed`: clients watch the clock.
enum class Lifecycle : std::uint8_t { created, activated, deactivated, close_moved, closed };
struct LifecycleChanged {
  int book = 0;
  Lifecycle what = Lifecycle::created;
};
/// The fees of one event of Kalshi differ from its series' from now on, or no longer do.
struct EventFeeChanged {
  std::string event{}; ///< ticker
  std::optional<KalshiFee> fee{};
};

/// Something that only the clients of one account may see.
struct PrivateEvent {
  Venue venue = Venue::kalshi;
  int account = 0; ///< Kalshi's account, or Polymarket's API key
  int market = 0;  ///< index into the venue's markets
  std::string_view channel{};
  std::string message{}; ///< JSON
};
/// A market that has paid is paid anew, by another value.
struct BookReversed {
  int book = 0;
  Price value{}; ///< what YES pays after all
};
using MarketEvent =
  std::variant<BookChanged, Traded, TickChange, BookDecided, BookSettled, GameChanged,
               LifecycleChanged, EventFeeChanged, PrivateEvent, BookReversed>;

/// Kalshi's settlement timer, shortened.
inline constexpr UnixMillis settlement_timer_ms = 5000;

/// What a market shows beside its book.
struct MarketStatus {
  Price last_price; ///< 0 before the first trade
  BookSide last_taker = BookSide::bid;
  Quantity last_size;
  Quantity volume;
  Price tick; ///< Polymarket: the tick now
  bool decided = false;
  Price value;                         ///< what YES pays, once decided
  UnixMillis decided_at_ms = 0;        ///< by Engine::steady_ms()
  bool active = true;                  ///< not deactivated by the venue
  std::optional<UnixMillis> closes_ms; ///< where the venue has moved the end of trading
  bool swept = false;                  ///< closed, and its resting orders are gone
  UnixMillis hidden_until_ms = 0;      ///< the venue does not list it before
};

/// A trade and when it was.
struct PastTrade {
  Traded trade;
  UnixMillis at_ms = 0;
};

/// The world with its clients: the tape, applied to matching books that also hold client orders.
class Engine {
public:
  explicit Engine(const WorldConfig& config);

  /// The opening books. Call once, before advance().
  std::vector<MarketEvent> open();

  /// The next 5 ms.
  std::vector<MarketEvent> advance();

  /// Orders of clients. `book` must be open; events to show to everyone are added to `events()`.
  BookReport submit(int book, const Incoming& order);
  BookReport cancel(int book, OrderId id);

  /// Who sent an order that stands or stood in a book; null for the simulated makers.
  struct Sender {
    int account = 0;
    std::string client_id{};
  };
  [[nodiscard]] const Sender* sender(OrderId id) const;

  /// What the venue does to a market: stops its trading (a standstill, orders rest on), lets it go
  /// on, ends it at `at_ms`. A book that stands still misses what its makers do meanwhile.
  void deactivate(int book);
  void activate(int book);
  void move_close(int book, UnixMillis at_ms);
  /// Takes a market from the venue's lists, and lists it as a new one. Reads know it a moment later
  /// than the streams that announce it.
  void hide(int book);
  void list(int book);
  [[nodiscard]] bool hidden(int book) const { return status(book).hidden_until_ms > steady_ms(); }
  /// Whether trading has ended before the market is decided.
  [[nodiscard]] bool closed(int book) const;

  /// Moves the start of a game that has not begun, and what the venues list of it.
  void move_start(int game, UnixSeconds start) { tape_.move_start(game, start); }

  [[nodiscard]] FeeChanges& fees() { return fees_; }
  [[nodiscard]] const FeeChanges& fees() const { return fees_; }

  /// Lets no game move any more.
  void stop_games() { tape_.stop_games(); }

  /// Calls a game off.
  void cancel_game(int game) { tape_.cancel_game(game); }

  /// An id that no other order of either venue has.
  OrderId new_order_id() { return ++orders_; }

  /// Adds what only one account may see to `events()`, in its place among the rest.
  void tell(PrivateEvent event) { events_.emplace_back(std::move(event)); }

  /// Events of submit(), cancel() and tell() since the last call.
  std::vector<MarketEvent> take_events();

  [[nodiscard]] const Tape& tape() const { return tape_; }
  [[nodiscard]] const Slate& slate() const { return tape_.slate(); }
  [[nodiscard]] const MatchingBook& book(int index) const;
  [[nodiscard]] const MarketStatus& status(int book) const;
  /// The latest trades of both venues, oldest first.
  [[nodiscard]] const std::deque<PastTrade>& past_trades() const { return past_trades_; }
  /// A decided book pays `value` after all.
  void reverse(int book, Price value);

  /// The venues' clock, which stamps and judges stamps.
  [[nodiscard]] UnixMillis now_ms() const { return steady_ms() + skew_ms_; }
  /// The clock that measures how long something takes: it never jumps.
  [[nodiscard]] UnixMillis steady_ms() const;
  void set_skew(UnixMillis skew) { skew_ms_ = skew; }
  [[nodiscard]] UnixMillis skew_ms() const { return skew_ms_; }
  [[nodiscard]] UnixSeconds now() const { return now_ms() / 1000; }

  // Markets that are not listed (yet) are unknown.
  [[nodiscard]] int kalshi_market(std::string_view ticker) const; ///< index, or -1
  [[nodiscard]] int kalshi_event(std::string_view ticker) const;  ///< index, or -1
  /// Polymarket market and token (0 or 1) of a token id; {-1, 0} if unknown.
  [[nodiscard]] std::pair<int, int> poly_token(std::string_view token) const;
  [[nodiscard]] int poly_market(std::string_view condition) const; ///< index, or -1

private:
  void apply(const TapeEvent& event);
  void report(int book, BookReport& report);
  void change_level(int book, BookSide side, Price price, Quantity size);
  void catch_up(int book);
  void sweep(int book);
  void pass_time();
  [[nodiscard]] bool stands_still(int book) const { return !status(book).active || closed(book); }

  Tape tape_;
  FeeChanges fees_;
  std::set<int> closing_; ///< books with an end of trading that is still to come or to be swept
  std::vector<MatchingBook> books_;
  std::vector<MarketStatus> status_;
  std::vector<MarketEvent> events_;
  std::map<std::string, int, std::less<>> kalshi_markets_;
  std::map<std::string, int, std::less<>> kalshi_events_;
  std::map<std::string, std::pair<int, int>, std::less<>> tokens_;
  std::map<std::string, int, std::less<>> conditions_;
  std::map<OrderId, Sender> senders_;
  std::deque<int> unsettled_; ///< Kalshi's books in the order they were decided
  std::deque<PastTrade> past_trades_;
  std::uint64_t trades_ = 0;
  OrderId orders_ = 0;
  UnixMillis skew_ms_ = 0;
};

} // namespace arbees::sim
