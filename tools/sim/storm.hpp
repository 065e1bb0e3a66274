#pragma once

#include <vector>

#include "tools/sim/clob_private.hpp"
#include "tools/sim/http_faults.hpp"
#include "tools/sim/kalshi_private.hpp"

namespace arbees::sim {

/// Everything that goes wrong, at the venues and on the way to them.
class Storm {
public:
  /// @param engine, kalshi and polymarket must outlive it
  Storm(Engine& engine, KalshiPrivate& kalshi, ClobPrivate& polymarket, const FaultConfig& config);
  Storm(const Storm&) = delete;
  Storm& operator=(const Storm&) = delete;

  /// Markets that pay now may be paid anew later.
  void on_events(std::span<const MarketEvent> events);
  /// What goes wrong by itself, drawn for once a second.
  void on_time();

  /// Other rates from now on. What is no longer on ends: clocks are right again, money is there,
  /// what was paid stays paid. Pauses, freezes and held answers run out by themselves.
  void change(const FaultRates& rates);

  /// Answers GET and POST /sim/faults, or nothing if the path is another.
  std::optional<HttpReply> control(const HttpRequest& request);

  [[nodiscard]] HttpFaults& http() { return http_; }
  [[nodiscard]] const FaultPlan& plan() const { return plan_; }

private:
  struct Reversal {
    UnixMillis due_ms = 0;
    int book = 0;
  };

  [[nodiscard]] bool strikes(FaultClass fault) { return plan_.strikes(fault, random_); }
  void new_second(UnixMillis now);
  void jump(UnixMillis now);
  void run_dry(UnixMillis now);
  void pause();
  void restart();
  void calm(UnixMillis now);
  void reverse(int book);
  [[nodiscard]] boost::json::object status() const;

  Engine* engine_;
  KalshiPrivate* kalshi_;
  ClobPrivate* polymarket_;
  FaultPlan plan_;
  HttpFaults http_;
  Random random_;
  Random ghosts_;
  UnixMillis second_ms_ = 0;
  UnixMillis jumped_until_ms_ = 0; ///< 0 while the clock is right
  std::vector<Reversal> reversals_;
};

} // namespace arbees::sim
