#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "bridges/net/http_client.hpp"
#include "bridges/polymarket/polymarket_auth.hpp"
#include "bridges/polymarket/polymarket_order_codec.hpp"

namespace arbees {

struct PolymarketClientConfig {
  Endpoint rest;
  Duration order_deadline = std::chrono::seconds{5}; ///< then the order is looked up
  Duration read_deadline = std::chrono::seconds{5};
};

/// What the reason of an order begins with whose answer never came.
inline constexpr std::string_view polymarket_no_answer = "no_answer";

/// The beginning of a text of the venue, fit for one line of a log.
std::string printable(std::string_view text);

/// What the venue says of one market: all that an order's hash and amounts depend on.
struct PolymarketMarketTerms {
  Price tick;
  bool negative_risk = false;
};

/// @returns Errc::bad_frame if the tick is missing or none that the venue has
caf::expected<PolymarketMarketTerms> decode_polymarket_market_terms(std::string_view body);

/// Unix seconds. @returns Errc::bad_frame
caf::expected<std::int64_t> decode_polymarket_time(std::string_view body);

/// How far the venue's clock, which tells whole seconds, is ahead of ours: zero as long as it may
/// be none.
Duration clock_offset(std::int64_t venue_seconds, Timestamp asked_at, Timestamp answered_at);

/// The private calls of one account over two persistent connections: orders have one of their own,
/// so that no cancel or read waits behind them, nor they behind those.
class PolymarketOrderClient : public std::enable_shared_from_this<PolymarketOrderClient> {
public:
  template <class T>
  using Done = std::function<void(T)>;
  template <class T>
  using Result = std::function<void(caf::expected<T>)>;

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
  void place(const SignedPolymarketOrder& order, TimeInForce time_in_force, Done<Posted> done);
  void cancel(const std::string& order_id, Done<CancelAnswer> done);
  void cancel_all(Done<caf::error> done);
  /// Nothing: the venue does not know the order.
  void look_up(const std::string& order_id, Result<std::optional<PolymarketOpenOrder>> done);
  /// The account's trades in one market since about `since` of our clock, page by page.
  void
  trades(const std::string& condition, Timestamp since, Result<std::vector<PolymarketTrade>> done);
  void balance(SignatureType type, Result<PolymarketBalance> done);
  void market_terms(const std::string& condition, Result<PolymarketMarketTerms> done);
  /// Reads the venue's clock on the connection for orders, which keeps it open and ready.
  void keep_ready(Done<caf::error> done);

  [[nodiscard]] const ApiCredentials& credentials() const { return credentials_; }
  [[nodiscard]] Duration offset() const { return Duration{offset_.load()}; }

private:
  enum class Line : std::uint8_t { orders, others };

  void send(Line line, HttpMethod method, std::string target, std::string body, Duration deadline,
            HttpClient::Callback done);
  /// A read, decoded if it is a 200.
  template <class T, class Decode>
  void get(std::string target, Decode decode, Result<T> done);
  struct TradesCall;
  void more_trades(const std::shared_ptr<TradesCall>& call);

  const Clock& clock_;
  PolymarketClientConfig config_;
  std::string prefix_;
  ApiCredentials credentials_;
  std::atomic<Duration::rep> offset_;
  HttpClient orders_;
  HttpClient others_;
};

} // namespace arbees
