#pragma once

#include <array>
#include <boost/asio/awaitable.hpp>
#include <map>

#include "bridges/kalshi/kalshi_signatures.hpp"
#include "bridges/net/clock_skew.hpp"

namespace arbees {

struct KalshiRestConfig {
  std::string rest_url = "https://external-api.kalshi.com/trade-api/v2";
  std::string key_id;
  std::string key_file; ///< PEM, readable by its owner only
};

/// Which of the persistent connections takes a request: a read must not stand in an order's way,
/// nor an order in the way of a cancel, nor anything in the way of a stop. The lane `stop` is for
/// cancelling everything; it has two connections, so that one is free while the other is kept warm.
enum class KalshiLane : std::uint8_t { orders, cancels, reads, stop };

/// Kalshi's REST as the account's owner sees it: its connections, signed headers, and the venue's
/// clock by what its answers say. A 401 makes it look at the clock and sign once more: the venue
/// refuses a signature before it looks at the request. All members are called on the network
/// thread.
class KalshiRest : public std::enable_shared_from_this<KalshiRest> {
public:
  using Done = std::function<void(caf::expected<HttpResponse>)>;

  /// @param network, clock must outlive this
  /// @returns Errc::bad_configuration for a bad URL, Errc::bad_credential for a bad key
  static caf::expected<std::shared_ptr<KalshiRest>>
  make(Network& network, const Clock& clock, const KalshiRestConfig& config);

  /// Sends a signed request. @param target without the base URL's path
  /// @param done is called once, unless this is destroyed before
  void send(KalshiLane lane, HttpMethod method, const std::string& target, std::string body,
            Duration deadline, Done done);

  /// A read, for coroutines on the network thread. It keeps nothing alive: if this is destroyed, so
  /// is the coroutine. @returns Errc::http_status for all but 200
  static boost::asio::awaitable<caf::expected<HttpResponse>>
  get(std::weak_ptr<KalshiRest> rest, KalshiLane lane, std::string target, Duration deadline);

  /// Makes the headers of the frequent requests ready, and of the private stream's upgrade.
  /// @param on_ready is called when the latter are
  void warm_up(const std::string& ws_path, std::function<void()> on_ready);
  void tick(Timestamp now);

  /// The headers of the private stream's upgrade. @returns Errc::timed_out if none are ready yet
  [[nodiscard]] caf::expected<HttpHeaders> upgrade_headers(const std::string& ws_path) const;

  /// True if nothing is under way on a connection of that lane.
  [[nodiscard]] bool idle(KalshiLane lane) const {
    return connections_[connection_of(lane)].under_way == 0;
  }

  /// What to add to our clock for the venue's.
  [[nodiscard]] Duration clock_offset() const { return signatures_.offset(); }

  /// Counters and gauges by stable name.
  [[nodiscard]] std::map<std::string, std::int64_t> metrics() const;

private:
  struct Call;
  KalshiRest(Network& network, const Clock& clock, const Endpoint& endpoint, KalshiSigner signer);
  void sign_and_send(std::shared_ptr<Call> call);
  void on_answer(const std::shared_ptr<Call>& call, caf::expected<HttpResponse> answer);
  void learn_clock(const HttpResponse& answer, Timestamp sent_at);

  const Clock& clock_;
  std::string prefix_;
  KalshiSignatures signatures_;
  struct Connection {
    std::unique_ptr<HttpClient> client;
    int under_way = 0;
    std::uint64_t last_used = 0; ///< number of the request
  };
  [[nodiscard]] std::size_t connection_of(KalshiLane lane) const;

  std::array<Connection, 5> connections_; ///< by lane, the last two for `stop`
  std::uint64_t requests_ = 0;
  ClockSkew skew_;
  bool skew_alarm_ = false;
  std::map<std::string, std::int64_t> counters_;
};

} // namespace arbees
