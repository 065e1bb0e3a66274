#pragma once

#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <functional>

#include "bridges/kalshi/kalshi_account.hpp"
#include "bridges/kalshi/kalshi_order_groups.hpp"
#include "bridges/kalshi/kalshi_venue_watch.hpp"
#include "bridges/net/order_tracker.hpp"

namespace arbees {

struct KalshiOrderClientConfig {
  Duration order_deadline = std::chrono::seconds{2}; ///< for the answer to a create or cancel
  Duration read_deadline = std::chrono::seconds{3};
  Duration longest_pacing = std::chrono::milliseconds{500}; ///< then an order is refused unsent
  Duration look_up_every = std::chrono::milliseconds{250};  ///< doubles up to `longest_look_up`
  Duration longest_look_up = std::chrono::seconds{15};
  /// The stream gets this long to tell what the answer did not.
  Duration stream_grace = std::chrono::milliseconds{300};
  /// How often it is asked whether an order has ended of which executions were not told: only the
  /// books wait for them.
  Duration untold_every = std::chrono::seconds{1};
  /// An order that is in no list this long after its deadline was never taken. Reads lag behind
  /// the engine, and a request may be late.
  Duration absent_after = std::chrono::seconds{10};
  Duration limits_every = std::chrono::minutes{10};
  Duration open_orders_every = std::chrono::seconds{5};    ///< looked up while the stream is down
  Duration cancel_again_after = std::chrono::seconds{3};   ///< what still rests then
  Duration stop_deadline = std::chrono::milliseconds{500}; ///< for one attempt to cancel all
  Duration stop_again_after = std::chrono::milliseconds{100}; ///< after an attempt that failed
  int stop_attempts = 60;
  OrderTrackerConfig tracker;
};

/// What an order client works with, all on the same account.
struct KalshiOrderClientParts {
  std::shared_ptr<KalshiRest> rest;
  std::shared_ptr<KalshiPacer> pacer;
  std::shared_ptr<KalshiReads> reads;
  std::shared_ptr<KalshiVenueState> venue;
  std::shared_ptr<KalshiVenueWatch> watch;
  std::shared_ptr<KalshiAccount> account;
  std::shared_ptr<KalshiOrderGroups> groups;
};

struct KalshiOrderClientEvents {
  std::function<void(const OrderNews&)> on_news;
  std::function<void(const std::string& client_order_id)> on_forgotten;
};

/// Our orders at Kalshi: sends, cancels and looks them up, and keeps what is known of them in an
/// OrderTracker (architecture section 6.6). All members are called on the network thread.
///
/// - A create is sent at most once, but for the answers 401 and 429, which the venue gives before
///   it looks at the order. Everything else that is no answer is unknown, and looked up by the
///   client order id in the lists of orders and fills, until it is known.
/// - An order that must wait longer than `longest_pacing` for tokens is refused unsent. Cancels and
///   orders that complete or unwind a pair go first, and into the buckets' reserve.
/// - An order on a shard that does not trade, and any new pair after the venue refused our key, is
///   reported rejected without being sent; so is one that would rest without the venue's own stop.
/// - Cancelling everything waits for nothing: a connection of its own, no tokens. It is repeated
///   until it is answered, orders that wait for tokens are not sent any more, and what is still
///   open is cancelled one by one until it is gone.
class KalshiOrderClient : public std::enable_shared_from_this<KalshiOrderClient> {
public:
  /// @param context, clock must outlive this
  KalshiOrderClient(boost::asio::io_context& context, const Clock& clock,
                    KalshiOrderClientParts parts, KalshiOrderClientConfig config,
                    KalshiOrderClientEvents events);

  /// Makes signatures ready.
  /// @param on_ready is called when the private stream at `ws_path` can be opened
  void start(const std::string& ws_path, std::function<void()> on_ready);
  /// Calls no event any more.
  void stop();

  void place(const OrderIntent& order);
  /// Reports what is known, at once if that is the end of it, else after a look-up.
  void look_up(const OrderIntent& order);
  /// Cancels what rests of an order, again and again until nothing does; the report tells so.
  void cancel(const OrderIntent& order);
  /// Cancels everything of the account on all shards. It may also hit orders that are placed in the
  /// following minute (venues/kalshi.md 5.4).
  void cancel_all();

  // What the private stream says.
  void apply(const OrderEvent& event);
  void apply(const FillEvent& event);
  /// Subscribed: what was missed is read from the lists.
  void stream_opened();
  void stream_closed();

  void tick(Timestamp now);

  [[nodiscard]] const OrderTracker& tracker() const { return tracker_; }
  [[nodiscard]] std::map<std::string, std::int64_t> metrics() const;

private:
  struct Waiting {
    std::int32_t shard = 0;
    std::int64_t cost = 0;
    Urgency urgency = Urgency::normal;
    Timestamp give_up_at;
    std::function<void()> go;
    std::function<void(const std::string& reason)> give_up;
    bool creates = false;
  };
  struct LookUp {
    Timestamp next_at;
    int attempts = 0;
    bool exists = false; ///< the venue said so: absence only means that the lists lag
    bool asked = false;  ///< somebody waits for a report, even an unchanged one
    bool busy = false;
  };

  void tell(const OrderNews& news);
  void refuse(const std::string& client_order_id, Verdict verdict, std::string reason);
  [[nodiscard]] std::string objection(const OrderIntent& order, Timestamp now) const;

  void enqueue(Waiting waiting);
  void pump();
  void pump_after(Duration wait);
  struct Create {
    OrderIntent order;
    std::string body;
    Timestamp give_up_at;
    int stops = 0; ///< how often all was cancelled before
  };
  void queue_create(const Create& create);
  void on_created(const Create& create, const caf::expected<HttpResponse>& answer);
  void note(const OrderAnswer& answer, std::int32_t shard, unsigned status);
  void cancel_due(Timestamp now);
  void queue_cancel(const OrderIntent& order, const std::string& order_id);
  void send_cancel(const OrderIntent& order, const std::string& order_id);
  void on_cancelled(const OrderIntent& order, const std::string& order_id,
                    const caf::expected<HttpResponse>& answer);
  void send_stop(int attempt);
  void on_stopped(int attempt, const caf::expected<HttpResponse>& answer);

  void want_look_up(const std::string& client_order_id, Timestamp at, bool exists, bool asked);
  void look_up_due(Timestamp now);
  void look_up_open(Timestamp now);
  static boost::asio::awaitable<void>
  run_look_up(std::weak_ptr<KalshiOrderClient> weak, OrderIntent order);
  static boost::asio::awaitable<caf::expected<bool>>
  look_for(std::weak_ptr<KalshiOrderClient> weak, OrderIntent order);
  static boost::asio::awaitable<bool>
  proven_absent(std::weak_ptr<KalshiOrderClient> weak, OrderIntent order);
  void looked_up(const OrderIntent& order, const caf::expected<bool>& found, bool absent);
  static boost::asio::awaitable<void>
  reconcile(std::weak_ptr<KalshiOrderClient> weak, Timestamp since);

  [[nodiscard]] KalshiGet lists() const;
  void read_limits();
  /// True, and the next one planned, if something that is done each `period` is due.
  static bool due(Timestamp& at, Duration period, Timestamp now);

  const Clock& clock_;
  KalshiOrderClientParts parts_;
  KalshiOrderClientConfig config_;
  KalshiOrderClientEvents events_;
  OrderTracker tracker_;
  std::deque<Waiting> waiting_;
  boost::asio::steady_timer pace_timer_;
  boost::asio::steady_timer stop_timer_;
  std::map<std::string, LookUp> look_ups_;
  std::map<std::string, Timestamp> cancels_; ///< when a cancel is due, by client order id
  int stops_ = 0;                            ///< how often all was cancelled
  bool stream_open_ = false;
  bool stopped_ = false;
  Timestamp stream_heard_at_;
  Timestamp limits_at_;
  Timestamp open_orders_at_;
  Timestamp untold_at_;
  std::map<std::string, std::int64_t> counters_;
};

} // namespace arbees
