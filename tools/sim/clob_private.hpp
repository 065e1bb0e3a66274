#pragma once

#include "tools/sim/poly_accounts.hpp"
#include "tools/sim/token_bucket.hpp"

namespace arbees::sim {

/// Whether Polymarket's matching engine takes orders.
enum class ClobMode : std::uint8_t { open, restarting, post_only, cancel_only, disabled };

/// The CLOB's private calls: log-in, orders, cancels, lists, balances, heartbeats (fact sheet
/// polymarket, sections 3.2 to 3.7).
class ClobPrivate {
public:
  ClobPrivate(Engine& engine, const PolyConfig& config)
    : engine_(&engine), geoblocked_(config.geoblocked), accounts_(engine, keys_, config) {}

  /// The answer, or nothing if the path is none of a private call.
  std::optional<HttpReply> answer(const HttpRequest& request);

  void on_events(std::span<const MarketEvent> events) { accounts_.on_events(events); }
  void on_time();

  /// The engine restarts: 425 for `seconds`, then only post-only orders for `post_only`.
  void restart(UnixSeconds seconds, UnixSeconds post_only);
  /// No orders for `seconds`: cancels are taken if `mode` is cancel_only.
  void pause(ClobMode mode, UnixSeconds seconds);
  [[nodiscard]] ClobMode mode() const;

  /// The accounts, for control calls.
  [[nodiscard]] PolyAccounts& accounts() { return accounts_; }
  [[nodiscard]] const PolyKeys& keys() const { return keys_; }
  [[nodiscard]] const PolyAccounts& accounts() const { return accounts_; }

private:
  /// What an API key has beside its orders.
  struct Session {
    TokenBucket orders{40, 60};
    TokenBucket cancels{80, 120};
    std::string heartbeat{};
    UnixMillis heard_ms = 0; ///< of the last heartbeat, 0 before the first
  };

  HttpReply private_call(const HttpRequest& request, const PolyKey& key);
  std::optional<HttpReply> orders(const HttpRequest& request, const PolyKey& key);
  std::optional<HttpReply> reads(const HttpRequest& request, const PolyKey& key);
  HttpReply post_order(const HttpRequest& request, const PolyKey& key);
  HttpReply post_orders(const HttpRequest& request, const PolyKey& key);
  std::variant<ClobRefusal, PolyPosted> place(const boost::json::value& body, const PolyKey& key);
  HttpReply cancel(const std::vector<std::string>& hashes, const PolyKey& key);
  HttpReply cancel_some(const HttpRequest& request, const PolyKey& key);
  HttpReply cancel_open(std::string_view condition, std::string_view token, const PolyKey& key);
  HttpReply heartbeat(const HttpRequest& request, const PolyKey& key);
  [[nodiscard]] HttpReply list_orders(const HttpRequest& request, const PolyKey& key) const;
  [[nodiscard]] HttpReply list_trades(const HttpRequest& request, const PolyKey& key) const;
  [[nodiscard]] HttpReply one_order(std::string_view hash, const PolyKey& key) const;
  HttpReply balance(const HttpRequest& request, const PolyKey& key);
  [[nodiscard]] std::optional<HttpReply> refuse_by_mode(bool cancels) const;
  [[nodiscard]] std::vector<const PolyOrder*> open_orders(const PolyKey& key) const;
  Session& session(const PolyKey& key) { return sessions_[key.index]; }

  Engine* engine_;
  bool geoblocked_;
  PolyKeys keys_;
  PolyAccounts accounts_;
  std::map<int, Session> sessions_;
  std::uint64_t heartbeats_ = 0;
  ClobMode paused_ = ClobMode::open;
  UnixMillis paused_until_ms_ = 0;
  UnixMillis post_only_until_ms_ = 0;
};

} // namespace arbees::sim
