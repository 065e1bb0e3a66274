#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "bridges/net/http_client.hpp"
#include "bridges/polymarket/polymarket_auth.hpp"
#include "bridges/polymarket/polymarket_data_codec.hpp"
#include "bridges/polymarket/polymarket_order_codec.hpp"

namespace arbees {

struct PolymarketClientConfig {
  Endpoint rest;
  Endpoint data{};      ///< the Data API: what the chain has of the account
  Endpoint geoblock{};  ///< with its path
  std::string wallet{}; ///< whose tokens and money the Data API is asked for
  Duration order_deadline = std::chrono::seconds{5}; ///< then the order is looked up
  Duration read_deadline = std::chrono::seconds{5};
};

/// What the reason of an order begins with whose answer never came.
inline constexpr std::string_view polymarket_no_answer = "no_answer";

/// The beginning of a text of the venue, fit for one line of a log.
std::string printable(std::string_view text);

/// What the venue says of one market: all that an order's hash and amounts depend on, what its fee
/// is, and when its book is cleared.
struct PolymarketMarketTerms {
  Price tick;
  bool negative_risk = false;
  std::optional<std::int64_t> taker_ppm{}; ///< of the fee; nothing if the venue does not tell it
  std::int32_t fee_exponent = 1;
  std::optional<Timestamp> cleared_at{}; ///< the game's start, if resting orders end with it
};

/// Whether orders are accepted from where we are.
struct PolymarketPlace {
  bool blocked = false;
  std::string country;
};
/// @returns Errc::bad_frame
caf::expected<PolymarketPlace> decode_polymarket_place(std::string_view body);
/// Whether the account may only close positions. @returns Errc::bad_frame
caf::expected<bool> decode_polymarket_closed_only(std::string_view body);

/// The answer to a heartbeat: the id that the next one must carry.
struct PolymarketHeartbeatAnswer {
  bool taken = false; ///< false: it carried another id than this
  std::string next_id;
};
/// @param status 200, or 400 for an id that does not fit. @returns Errc::bad_frame,
/// Errc::http_status
caf::expected<PolymarketHeartbeatAnswer>
decode_polymarket_heartbeat(unsigned status, std::string_view body);

/// @returns Errc::bad_frame if the tick is missing or none that the venue has
caf::expected<PolymarketMarketTerms> decode_polymarket_market_terms(std::string_view body);

/// Unix seconds. @returns Errc::bad_frame
caf::expected<std::int64_t> decode_polymarket_time(std::string_view body);

/// How far the venue's clock, which tells whole seconds, is ahead of ours: zero as long as it may
/// be none.
Duration clock_offset(std::int64_t venue_seconds, Timestamp asked_at, Timestamp answered_at);

/// The private calls of one account. Orders, cancels, the cancel of everything, heartbeats and
/// reads have a persistent connection each, so that none waits behind another kind.
class PolymarketOrderClient : public std::enable_shared_from_this<PolymarketOrderClient> {
public:
  template <class T>
  using Done = std::function<void(T)>;
  template <class T>
  using Result = std::function<void(caf::expected<T>)>;
  template <class T>
  using Results = Result<std::vector<T>>;

  /// What came back for an order; `answer` is unknown if nothing did.
  struct Posted {
    OrderAnswer answer;
    Timestamp at;
  };

  /// To be held by a shared pointer: answers that come after its end are dropped.
  /// @param network, clock must outlive the client
  PolymarketOrderClient(Network& network, const Clock& clock, const PolymarketClientConfig& config,
                        ApiCredentials credentials, Duration clock_offset);

  // From any thread; `done` is called once, on the network thread.

  /// Sends `order`, once. @pre it was made for this account
  /// @param options their owner is filled in
  void place(const SignedPolymarketOrder& order, PolymarketPostOptions options, Done<Posted> done);
  void cancel(const std::string& order_id, Done<CancelAnswer> done);
  /// Nothing waits in front of it.
  void cancel_all(Done<caf::error> done);
  /// Nothing: the venue does not know the order.
  void look_up(const std::string& order_id, Result<std::optional<PolymarketOpenOrder>> done);
  /// The account's trades in one market since about `since` of our clock, page by page.
  void trades(const std::string& condition, Timestamp since, Results<PolymarketTrade> done);
  /// All open orders; Errc::io_failed if they are more than are read.
  void open_orders(Results<PolymarketOpenOrder> done);
  /// Of the collateral if `token` is empty.
  void balance(SignatureType type, const std::string& token, Result<PolymarketBalance> done);
  /// The same, after the venue has looked at the chain again.
  void fresh_balance(SignatureType type, const std::string& token, Result<PolymarketBalance> done);
  void market_terms(const std::string& condition, Result<PolymarketMarketTerms> done);
  void market_result(const std::string& condition, Result<PolymarketMarketResult> done);
  /// All that the wallet holds; Errc::io_failed if it is more than is read.
  void positions(Results<PolymarketPosition> done);
  /// What happened on the chain, oldest first. @param conditions all if it is empty
  void activity(const std::vector<std::string>& conditions, Timestamp since,
                Results<PolymarketActivity> done);
  /// Tells the venue that we are there. @param id what the last one was answered; empty at first
  void heartbeat(const std::string& id, Duration deadline, Result<PolymarketHeartbeatAnswer> done);
  void place_of_orders(Result<PolymarketPlace> done);
  void closed_only(Result<bool> done);
  /// Reads the venue's clock on the connection for orders, and keeps all that writes open and
  /// ready.
  void keep_ready(Done<caf::error> done);

  [[nodiscard]] const ApiCredentials& credentials() const { return credentials_; }
  [[nodiscard]] Duration offset() const { return Duration{offset_.load()}; }

private:
  enum class Line : std::uint8_t { orders, cancels, cancel_all, heartbeats, reads };

  void send(Line line, HttpMethod method, std::string target, std::string body, Duration deadline,
            HttpClient::Callback done);
  HttpClient& connection(Line line);
  /// A private read, decoded if it is a 200.
  template <class T, class Decode>
  void get(std::string target, Decode decode, Result<T> done);
  /// A public read.
  template <class T, class Decode>
  void get(HttpClient& from, std::string target, Decode decode, Result<T> done);
  template <class T>
  struct List;
  template <class T>
  void read_on(const std::shared_ptr<List<T>>& list);
  template <class T>
  void take_page(const std::shared_ptr<List<T>>& list, caf::expected<PolymarketPage<T>> page);

  const Clock& clock_;
  PolymarketClientConfig config_;
  std::string prefix_;
  std::string data_prefix_;
  ApiCredentials credentials_;
  std::atomic<Duration::rep> offset_;
  HttpClient orders_;
  HttpClient cancels_;
  HttpClient cancel_all_;
  HttpClient heartbeats_;
  HttpClient reads_;
  HttpClient data_;
  HttpClient geoblock_;
};

} // namespace arbees
