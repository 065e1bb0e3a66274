#pragma once

#include <deque>
#include <map>
#include <unordered_map>
#include <variant>

#include "actors/executor/paper_fill.hpp"
#include "actors/messages/game.hpp"

namespace arbees {

struct PaperVenueConfig {
  Venue venue = Venue::kalshi;
  Duration latency = std::chrono::milliseconds{60}; ///< from the send to the matching engine
  Money balance{10'000 * money_per_dollar};         ///< to start with
  /// How much later than its arrival a tick may fill an order: a book that was read before the
  /// arrival may still be on its way here.
  Duration quiet_grace = std::chrono::milliseconds{10};
  /// Of what stood in the book while an order was on its way, how much others who want the same
  /// leave to it: per cent. What has become cheaper meanwhile nobody else wants: all of it is ours.
  std::int32_t share_percent = 75;
  Duration retention = std::chrono::minutes{15}; ///< how long ended orders can be looked up
};

using PaperEvent = std::variant<OrderReport, Fill, BalanceUpdate>;

/// What a venue says to the owner of one order; `owner` is the key that it was placed with.
struct PaperOutput {
  std::uint64_t owner = 0;
  PaperEvent event;
};

/// A venue on paper: orders on their way, ordered by arrival, and the books to fill them from.
///
/// An order sent at t reaches the venue at t + latency, where it is refused or taken; it matches
/// after the market's taker delay, reported as accepted meanwhile (venues/polymarket.md 3.8). It is
/// filled from the last book whose update was received before that moment, and only as far as what
/// its limit could take had been shown ever since it was sent: a venue may fill more, never promise
/// it.
///
/// An order that rests is refused if it would take, and is filled only by trades through its price:
/// by what a later book offers at its limit or better. It ends when a cancel arrives, which takes
/// the same latency, when it expires, or with its market.
class PaperVenue {
public:
  explicit PaperVenue(PaperVenueConfig config);

  void learn(const MatchedGame& match);

  /// Fills what arrived before the update, then applies it.
  std::vector<PaperOutput> apply(const BookUpdate& update);

  /// Fills what has arrived although no book changed.
  std::vector<PaperOutput> apply_tick(Timestamp now);

  /// Puts the order on its way now. A second order of the same client order id is not taken: the
  /// venue keeps the first one, of which the answer tells.
  std::vector<PaperOutput> place(const OrderIntent& order, std::uint64_t owner);

  /// Puts a cancel on its way. Told of at once is an order that does not rest, or never came.
  std::vector<PaperOutput> cancel(const OrderIntent& order, std::uint64_t owner);
  /// The same for every order that rests.
  void cancel_all();

  /// What is known of an order; rejected as not_found if it never came.
  [[nodiscard]] OrderReport look_up(const OrderIntent& order) const;

  [[nodiscard]] const PaperAccount& account() const { return account_; }
  [[nodiscard]] const std::map<std::string, std::int64_t>& counters() const { return counters_; }
  [[nodiscard]] std::size_t on_the_way() const { return due_.size(); }

private:
  struct Placed {
    OrderIntent order;
    std::uint64_t owner = 0;
    OrderReport report;
    bool accepted = false;
    bool rests = false;
    OrderFees fees{}; ///< of its fills while it rests
    std::size_t fills = 0;
    Quantity stood;            ///< the least that was shown for it since it was sent
    std::optional<Price> best; ///< of its side of the book, when it was sent
  };
  /// What arrives at the venue, or happens there by itself.
  struct Due {
    std::string client_order_id;
    std::string ends_because{}; ///< of a cancel or an expiry
  };

  std::vector<PaperOutput> run_until(Timestamp limit);
  void forget_old();
  [[nodiscard]] Quantity shown_for(const OrderIntent& order) const;
  [[nodiscard]] std::optional<Price> best_for(const OrderIntent& order) const;
  [[nodiscard]] Quantity share_of(const Placed& placed) const;
  void arrive(Placed& placed, Timestamp at, std::vector<PaperOutput>& out);
  void match(Placed& placed, Timestamp at, std::vector<PaperOutput>& out);
  void rest(Placed& placed, Timestamp at, std::vector<PaperOutput>& out);
  void end_resting(Placed& placed, const std::string& reason, Timestamp at,
                   std::vector<PaperOutput>& out);
  void
  trade_through(const BookUpdate& book, std::vector<Placed*> open, std::vector<PaperOutput>& out);
  void tell(Placed& placed, const PaperResult& result, Timestamp at, std::vector<PaperOutput>& out);
  void finish(Placed& placed, PaperResult result, Timestamp at, std::vector<PaperOutput>& out);

  PaperVenueConfig config_;
  PaperAccount account_;
  Timestamp now_;
  std::map<MarketId, MarketSpec> markets_;
  std::map<MarketId, BookUpdate> books_;
  std::map<MarketId, TakenLiquidity> taken_;
  std::map<std::string, Placed> orders_;
  /// Those that have not ended, oldest first. Books come far more often than orders do.
  std::unordered_map<MarketId, std::vector<Placed*>> open_;
  std::map<std::pair<Timestamp, std::uint64_t>, Due> due_; ///< by arrival, then by send
  std::uint64_t sequence_ = 0;
  std::deque<std::pair<Timestamp, std::string>> finished_; ///< to be forgotten one day
  std::map<std::string, std::int64_t> counters_;
};

} // namespace arbees
