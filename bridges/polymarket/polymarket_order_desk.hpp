#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "bridges/net/order_tracker.hpp"
#include "bridges/net/token_bucket.hpp"
#include "bridges/polymarket/polymarket_limits.hpp"
#include "bridges/polymarket/polymarket_order_client.hpp"
#include "bridges/polymarket/polymarket_order_events.hpp"
#include "bridges/polymarket/polymarket_venue_gate.hpp"

namespace arbees {

struct PolymarketDeskConfig {
  TokenBucketConfig orders = polymarket_order_bucket;
  TokenBucketConfig cancels = polymarket_cancel_bucket;
  Duration longest_pacing = std::chrono::milliseconds{250}; ///< else an order is refused instead
  Duration first_check = std::chrono::milliseconds{100};    ///< of an order of unknown outcome
  Duration after_delay = std::chrono::milliseconds{500};    ///< check of a delayed order
  Duration settle_check = std::chrono::seconds{2};          ///< of fills that are not final
  Duration resting_check = std::chrono::seconds{30};
  Duration longest_check = std::chrono::seconds{30};
  /// A request that we gave up may still be taken in: only after so long a time is an order that
  /// the venue does not know believed never to come.
  Duration not_found_after = std::chrono::seconds{10};
};

/// An order that is to be sent now, once.
struct PolymarketSend {
  std::string client_order_id;
  std::string condition;
  SignedPolymarketOrder order;
  PolymarketPostOptions options{}; ///< without the owner
};

/// An order that is to be looked up, with the trades of its market.
struct PolymarketCheck {
  std::string client_order_id;
  std::string order_id;
  std::string condition;
  Timestamp since; ///< no trade of it can be older
};

/// What follows from an event.
struct PolymarketDeskOutput {
  OrderNews news;
  std::optional<PolymarketSend> send;
  std::optional<Duration> wait;         ///< the same order is to be handed in again after so long
  std::optional<std::string> condition; ///< its terms are to be read from the venue
  std::optional<std::string> cancel;    ///< this order of the venue is to be cancelled now
};

/// Everything about our orders at Polymarket but the sockets: which may be sent, what is known of
/// each from answers, user channel and look-ups, and which must be looked up when. Pure but for the
/// wallet's signature: time is handed in. For one thread.
class PolymarketOrderDesk {
public:
  PolymarketOrderDesk(const PolymarketOrderSigner& signer, PolymarketDeskConfig config,
                      Timestamp now);

  /// The markets of a game: grids, minimums, fees, delays and which exchange settles them.
  void learn(const MatchedGame& match);
  /// What the venue itself says of a market: it changed its grid, or no game names it (any more).
  void learn(const std::string& condition, const PolymarketMarketTerms& terms);
  /// What the exchanges may move of the account: of its money, or of its tokens.
  void learn_money_allowances(const PolymarketBalance& balance);
  void learn_token_allowances(const PolymarketBalance& balance);

  /// Signs the order, or refuses it with a report.
  PolymarketDeskOutput place(const OrderIntent& order, Timestamp now);
  /// An order of which somebody wants to know: also of an earlier run, whose id is made again.
  PolymarketDeskOutput query(const OrderIntent& order, Timestamp now);

  /// The answer to what `place` had signed.
  PolymarketDeskOutput
  answered(const std::string& client_order_id, OrderAnswer answer, Timestamp now);
  PolymarketDeskOutput apply(const PolymarketTrade& trade, Timestamp now);
  PolymarketDeskOutput apply(const PolymarketOrderEvent& event, Timestamp now);
  /// What a check brought. @param found nothing: the venue does not know the order
  PolymarketDeskOutput
  checked(const std::string& client_order_id,
          const caf::expected<std::optional<PolymarketOpenOrder>>& found,
          const caf::expected<std::vector<PolymarketTrade>>& trades, Timestamp now);

  /// Whatever is open or not final must be looked up: events may have been missed.
  void reconcile(Timestamp now);
  /// The checks that are due, each until it was answered by `checked`.
  std::vector<PolymarketCheck> due(Timestamp now);
  [[nodiscard]] std::optional<Timestamp> next_due() const;

  /// The id by which a cancel of the order names it; nothing if it is unknown or cancels must wait.
  std::optional<std::string> cancel(const std::string& client_order_id, Timestamp now);
  /// True if the order is known here.
  [[nodiscard]] bool knows(const std::string& client_order_id) const {
    return orders_.contains(client_order_id);
  }
  /// How long until the next cancel may be sent.
  [[nodiscard]] Duration cancel_wait(Timestamp now);
  /// Everything is being cancelled: an order on its way may come to rest afterwards, and is then
  /// cancelled by itself.
  void canceled_all(Timestamp now);
  /// Ours of an order of the venue; empty if it is not known here.
  [[nodiscard]] std::string client_order_id(const std::string& order_id) const;
  /// How much of an order is matched, in shares.
  [[nodiscard]] Quantity matched(const PolymarketOpenOrder& order) const;
  /// The markets with orders that are not done: their terms may change.
  [[nodiscard]] std::vector<std::string> open_conditions() const;
  /// The cancel was answered: only a look-up tells what is left.
  void canceled(const std::string& client_order_id, Timestamp now);

  /// Drops what is long done. @returns the client order ids
  std::vector<std::string> forget_old(Timestamp now);

  PolymarketVenueGate& gate() { return gate_; }
  [[nodiscard]] const PolymarketVenueGate& gate() const { return gate_; }
  [[nodiscard]] std::map<std::string, std::int64_t> metrics(Timestamp now) const;

private:
  struct Market {
    MarketSpec spec;
    PolymarketTerms terms;
    std::optional<Timestamp> cleared_at; ///< when its resting orders end by themselves
  };
  struct Order {
    OrderIntent intent;
    std::string order_id;
    std::optional<FeeSchedule> fees;
    Duration delay{};
    Timestamp sent_at;
    std::map<std::string, FillEvent> fills;
    std::string last_word; ///< status of a stream's event that did not say how it ended
    std::optional<Timestamp> next_check;
    int checks = 0;
    int misses = 0; ///< look-ups that found neither the order nor a trade of it
    bool checking = false;
    bool answered = false;      ///< the venue has answered to it
    bool cancel_wanted = false; ///< as soon as it rests
  };
  using Allowances = std::map<std::string, std::int64_t>; ///< by contract, in lower case

  PolymarketDeskOutput refuse(const OrderIntent& order, std::string why, Timestamp now);
  [[nodiscard]] std::optional<std::string>
  objection(const OrderIntent& order, const Market& market, Timestamp now) const;
  [[nodiscard]] std::optional<std::string>
  lacks_allowance(const OrderIntent& order, const Market& market) const;
  [[nodiscard]] Duration resting_interval(const Order& order, Timestamp now) const;
  void add(const OrderIntent& order, std::string order_id, const Market* market, Timestamp sent_at);
  void take(Order& order, const FillEvent& fill, OrderNews& news, Timestamp now);
  void missed(Order& order, OrderNews& news, Timestamp now);
  void plan(Order& order, Timestamp now);
  [[nodiscard]] std::optional<Duration> check_interval(const Order& order, Timestamp now) const;
  [[nodiscard]] bool settled(const Order& order, const OrderReport& report) const;
  Order* find_by_id(const std::string& order_id);

  const PolymarketOrderSigner& signer_;
  PolymarketDeskConfig config_;
  TokenBucket order_bucket_;
  TokenBucket cancel_bucket_;
  PolymarketVenueGate gate_;
  OrderTracker tracker_;
  std::map<std::string, Market> markets_; ///< by condition
  std::map<std::string, Order> orders_;   ///< by client order id
  std::map<std::string, std::string> by_order_id_;
  std::optional<Allowances> money_allowances_;
  Allowances token_allowances_; ///< of the exchanges that were asked about
  std::map<std::string, std::int64_t> counters_;
};

} // namespace arbees
