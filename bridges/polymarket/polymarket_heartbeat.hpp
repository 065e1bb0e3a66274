#pragma once

#include <functional>
#include <memory>

#include "bridges/polymarket/polymarket_order_client.hpp"
#include "bridges/polymarket/polymarket_worker.hpp"

namespace arbees {

struct PolymarketHeartbeatConfig {
  Duration period = std::chrono::seconds{5};
  Duration deadline = std::chrono::seconds{3}; ///< of one; less than the period
  Duration limit = std::chrono::seconds{10};   ///< then the venue cancels every order of the key
};

/// The venue's dead-man switch (venues/polymarket.md 3.6): as long as we say in time that we are
/// there, our orders rest; if this process, its machine or its network fails, the venue takes them
/// out. One at a time, each with the id that the one before was answered. All of it runs on the
/// worker's thread. To be held by a shared pointer; nothing is sent after its end.
class PolymarketHeartbeat : public std::enable_shared_from_this<PolymarketHeartbeat> {
public:
  struct Counters {
    std::int64_t sent = 0;
    std::int64_t taken = 0;
    std::int64_t mended = 0; ///< the venue expected another id, and told it
    std::int64_t failed = 0;
    std::int64_t lost = 0; ///< times that the venue must have cancelled everything
  };

  /// @param on_lost the venue has heard nothing for too long: what rested was cancelled
  PolymarketHeartbeat(const Clock& clock, std::shared_ptr<Worker> worker,
                      std::shared_ptr<PolymarketOrderClient> client,
                      PolymarketHeartbeatConfig config, std::function<void()> on_lost);

  void start();
  [[nodiscard]] const Counters& counters() const { return counters_; }

private:
  void beat();
  void on_answer(const caf::expected<PolymarketHeartbeatAnswer>& answer);
  void wait(Duration duration);

  const Clock& clock_;
  std::shared_ptr<Worker> worker_;
  std::shared_ptr<PolymarketOrderClient> client_;
  PolymarketHeartbeatConfig config_;
  std::function<void()> on_lost_;
  boost::asio::steady_timer timer_;
  std::string id_;
  Timestamp taken_at_;
  int mends_ = 0; ///< in a row
  bool lost_ = false;
  Counters counters_;
};

} // namespace arbees
