#pragma once

#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <functional>

#include "bridges/kalshi/kalshi_pacer.hpp"
#include "bridges/kalshi/kalshi_rest.hpp"
#include "bridges/kalshi/kalshi_venue_state.hpp"
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
  /// An order that is in no list this long after its deadline was never taken. Reads lag behind
  /// the engine, and a request may be late.
  Duration absent_after = std::chrono::seconds{10};
  Duration status_every = std::chrono::seconds{5};
  Duration balance_every = std::chrono::seconds{5};
  Duration balance_after_fill = std::chrono::milliseconds{100};
  Duration limits_every = std::chrono::minutes{10};
  Duration open_orders_every = std::chrono::seconds{5}; ///< looked up while the stream is down
  KalshiVenueConfig venue;
  OrderTrackerConfig tracker;
};

struct KalshiOrderClientEvents {
  std::function<void(const OrderNews&)> on_news;
  std::function<void(const BalanceUpdate&)> on_balance;
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
///   reported rejected without being sent.
class KalshiOrderClient : public std::enable_shared_from_this<KalshiOrderClient> {
public:
  using CancelDone = std::function<void(const CancelAnswer&)>;

  /// @param context, clock must outlive this
  KalshiOrderClient(boost::asio::io_context& context, const Clock& clock,
                    std::shared_ptr<KalshiRest> rest, KalshiOrderClientConfig config,
                    KalshiOrderClientEvents events);

  /// Reads limits, status and balance, and makes signatures ready.
  /// @param on_ready is called when the private stream at `ws_path` can be opened
  void start(const std::string& ws_path, std::function<void()> on_ready);
  /// Calls no event any more.
  void stop();

  void place(const OrderIntent& order);
  /// Reports what is known, at once if that is the end of it, else after a look-up.
  void look_up(const OrderIntent& order);
  /// Cancels what rests of an order. @param done may be empty; the report comes by itself
  void cancel(const std::string& client_order_id, CancelDone done);
  /// Cancels everything of a subaccount on all shards. It may also hit orders that are placed in
  /// the following minute (venues/kalshi.md 5.4), so that all open orders are looked up then.
  void cancel_all(std::int32_t subaccount, CancelDone done);

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
    std::function<void()> give_up;
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
  void queue_create(const OrderIntent& order, std::string body, Timestamp give_up_at);
  void on_created(const OrderIntent& order, const std::string& body, Timestamp give_up_at,
                  const caf::expected<HttpResponse>& answer);
  void note(const OrderAnswer& answer, std::int32_t shard, unsigned status);
  void send_cancel(const OrderIntent& order, const std::string& order_id, const CancelDone& done);
  void on_cancelled(const OrderIntent& order, const std::string& order_id,
                    const caf::expected<HttpResponse>& answer, const CancelDone& done);

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

  static boost::asio::awaitable<void> read_balance(std::weak_ptr<KalshiOrderClient> weak);
  static boost::asio::awaitable<void> read_status(std::weak_ptr<KalshiOrderClient> weak);
  static boost::asio::awaitable<void> read_limits(std::weak_ptr<KalshiOrderClient> weak);
  void spawn(boost::asio::awaitable<void> work);
  /// True, and the next one planned, if something that is done each `period` is due.
  static bool due(Timestamp& at, Duration period, Timestamp now);
  void failed(const char* what, const caf::error& error);

  boost::asio::io_context& context_;
  const Clock& clock_;
  std::shared_ptr<KalshiRest> rest_;
  KalshiOrderClientConfig config_;
  KalshiOrderClientEvents events_;
  OrderTracker tracker_;
  KalshiPacer pacer_;
  KalshiVenueState venue_;
  std::deque<Waiting> waiting_;
  boost::asio::steady_timer pace_timer_;
  std::map<std::string, LookUp> look_ups_;
  int creates_under_way_ = 0;
  std::string halted_; ///< why no new pair is sent; empty if all is well
  bool halted_by_key_ = false;
  bool stream_open_ = false;
  bool stopped_ = false;
  Timestamp stream_heard_at_;
  Timestamp status_at_;
  Timestamp balance_at_;
  Timestamp limits_at_;
  Timestamp open_orders_at_;
  std::map<std::string, std::int64_t> counters_;
};

} // namespace arbees
