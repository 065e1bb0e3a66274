#pragma once

#include <chrono>
#include <optional>

#include "tools/sim/faults.hpp"
#include "tools/sim/http.hpp"

namespace arbees::sim {

/// What becomes of one request and its answer.
struct HttpFate {
  std::chrono::milliseconds before{0};    ///< until the venue sees the request
  bool reaches = true;                    ///< whether the venue sees it at all
  std::chrono::milliseconds after{0};     ///< until the answer goes out
  std::optional<HttpReply> instead{};     ///< the answer, whatever the venue said
  bool hangs = false;                     ///< no answer: the connection closes after `after`
  std::optional<double> cut_at{};         ///< share of the answer's bytes after which it ends
  std::optional<std::uint64_t> garbles{}; ///< seed of the rubbish that is sent instead
};

/// Decides about requests. `face` is the name of the port: kalshi, polymarket, gamma or espn.
/// An upgrade to a WebSocket has no answer to spoil: it is refused, delayed, hangs or passes.
class HttpFaults {
public:
  /// @param plan must outlive it
  HttpFaults(FaultPlan& plan, const FaultConfig& config)
    : plan_(&plan),
      random_(plan.stream(1)),
      shortest_hang_ms_(config.shortest_hang_ms),
      longest_hang_ms_(config.longest_hang_ms) {}

  [[nodiscard]] bool active() const { return plan_->active(); }
  HttpFate decide(std::string_view face, const HttpRequest& request, bool upgrades);
  [[nodiscard]] FaultPlan& plan() { return *plan_; }

private:
  [[nodiscard]] bool strikes(FaultClass fault) { return plan_->strikes(fault, random_); }
  HttpReply server_error(std::string_view face);

  FaultPlan* plan_;
  Random random_;
  int shortest_hang_ms_;
  int longest_hang_ms_;
};

/// An answer of status 200 that says nothing: half of `answer`, a page, nothing, other JSON, bytes.
HttpReply rubbish(const HttpReply& answer, std::uint64_t seed);

} // namespace arbees::sim
