#pragma once

#include "tools/sim/kalshi_accounts.hpp"
#include "tools/sim/token_bucket.hpp"

namespace arbees::sim {

/// What of the exchange stands still: trading alone lets cancels through, the exchange does not.
enum class KalshiPause : std::uint8_t { none, trading, exchange };

/// Kalshi's calls that need an account, and what says whether it trades (fact sheet kalshi,
/// sections 5.1 to 5.7 and 7).
class KalshiPrivate {
public:
  explicit KalshiPrivate(Engine& engine, KalshiConfig config = {})
    : engine_(&engine), weekly_pause_(config.weekly_pause), accounts_(engine, config) {
    attest(config.attested_for_s);
  }

  /// Whether a call for `path` needs an account.
  [[nodiscard]] static bool is_private(std::string_view path);

  /// Answers a call for the account of `key`, or nothing if the path is not one of them.
  std::optional<HttpReply> answer(const HttpRequest& request, std::string_view key);

  /// GET /exchange/status: top-level flags describe shard 0 alone.
  [[nodiscard]] HttpReply exchange_status() const;

  /// Halts a shard, or all of them, for `seconds`.
  void pause(KalshiPause kind, UnixSeconds seconds, std::optional<int> shard);
  [[nodiscard]] KalshiPause paused(int shard) const;

  void on_events(std::span<const MarketEvent> events) { accounts_.on_events(events); }
  void on_time();

  /// Lets a deactivated market trade again.
  void activate(int market);
  /// The location is attested for so long from now; a negative number: never.
  void attest(UnixSeconds seconds);

  void repay(int market) { accounts_.repay(market); }
  void run_dry(int shard, UnixMillis until_ms) { accounts_.run_dry(shard, until_ms); }

  [[nodiscard]] int account_of(std::string_view key) { return accounts_.account_of(key); }
  [[nodiscard]] const KalshiAccounts& accounts() const { return accounts_; }

private:
  /// The Advanced tier.
  struct Buckets {
    static constexpr double write_per_second = 300;
    static constexpr double write_capacity = 600;
    TokenBucket read{300, 600};
    std::map<int, TokenBucket> write{}; ///< by shard; 0 is the unscoped one
  };
  struct Halt {
    KalshiPause kind = KalshiPause::none;
    UnixMillis until_ms = 0;
  };

  std::optional<HttpReply> write(int account, const HttpRequest& request, std::string_view path);
  [[nodiscard]] std::optional<HttpReply>
  read(int account, const HttpRequest& request, std::string_view path) const;
  HttpReply create(int account, const boost::json::object& body);
  HttpReply change(int account, std::string_view target, const boost::json::object& body);
  HttpReply write_batch(int account, const boost::json::object* body, bool creates);
  HttpReply create_batch(int account, const boost::json::array& bodies);
  HttpReply
  cancel(int account, std::string_view uuid, std::string_view ticker, std::optional<int> shard);
  HttpReply cancel_batch(int account, const boost::json::array& wanted);
  HttpReply cancel_all(int account);
  HttpReply write_group(int account, const HttpRequest& request, std::string_view target,
                        const boost::json::object* body);
  HttpReply create_group(int account, const boost::json::object& body);
  HttpReply change_group(int account, const HttpRequest& request, std::string_view target,
                         const boost::json::object* body);
  [[nodiscard]] std::optional<HttpReply> read_groups(int account, std::string_view path) const;
  [[nodiscard]] std::optional<HttpReply> refuse_unattested() const;
  HttpReply transfer(int account, const boost::json::object& body);
  [[nodiscard]] bool bill(int account, double cost, std::optional<int> shard);
  [[nodiscard]] std::optional<HttpReply> refuse_halted(int shard, bool cancels) const;
  [[nodiscard]] HttpReply limits(int account) const;
  [[nodiscard]] HttpReply api_keys(int account) const;
  [[nodiscard]] HttpReply list_orders(int account, const HttpRequest& request) const;
  [[nodiscard]] HttpReply list_fills(int account, const HttpRequest& request) const;
  [[nodiscard]] HttpReply list_positions(int account, const HttpRequest& request) const;
  [[nodiscard]] HttpReply list_settlements(int account, const HttpRequest& request) const;
  [[nodiscard]] HttpReply balance(int account, const HttpRequest& request) const;

  Engine* engine_;
  bool weekly_pause_;
  bool in_maintenance_ = false;
  std::optional<UnixSeconds> attested_until_;
  KalshiAccounts accounts_;
  std::map<int, Buckets> buckets_;
  std::map<int, Halt> halts_;
  std::uint64_t transfers_ = 0;
};

} // namespace arbees::sim
