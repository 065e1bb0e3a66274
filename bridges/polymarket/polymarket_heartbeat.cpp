#include "bridges/polymarket/polymarket_heartbeat.hpp"

namespace arbees {

namespace {

/// In a row; then the chain is broken in a way that sending at once does not mend.
constexpr int most_mends = 3;

} // namespace

PolymarketHeartbeat::PolymarketHeartbeat(const Clock& clock, std::shared_ptr<Worker> worker,
                                         std::shared_ptr<PolymarketOrderClient> client,
                                         PolymarketHeartbeatConfig config,
                                         std::function<void()> on_lost)
  : clock_{clock},
    worker_{std::move(worker)},
    client_{std::move(client)},
    config_{config},
    on_lost_{std::move(on_lost)},
    timer_{worker_->context()} {}

void PolymarketHeartbeat::start() {
  taken_at_ = clock_.now();
  beat();
}

void PolymarketHeartbeat::beat() {
  ++counters_.sent;
  client_->heartbeat(id_, config_.deadline,
                     [weak = weak_from_this()](caf::expected<PolymarketHeartbeatAnswer> answer) {
                       if (const auto self = weak.lock()) {
                         self->worker_->post(weak, [answer = std::move(answer)](auto& here) {
                           here.on_answer(answer);
                         });
                       }
                     });
}

void PolymarketHeartbeat::on_answer(const caf::expected<PolymarketHeartbeatAnswer>& answer) {
  const auto now = clock_.now();
  if (answer) {
    id_ = answer->next_id;
  }
  if (answer && !answer->taken && ++mends_ <= most_mends) {
    ++counters_.mended; // an answer was lost, or the venue began a new chain
    return beat();
  }
  mends_ = 0;
  if (answer && answer->taken) {
    ++counters_.taken;
    taken_at_ = now;
    lost_ = false;
    return wait(config_.period);
  }
  ++counters_.failed;
  spdlog::warn("polymarket_heartbeat.failed reason=\"{}\"",
               answer ? "no id fits" : describe(answer.error()));
  if (now >= taken_at_ + config_.limit && !std::exchange(lost_, true)) {
    ++counters_.lost;
    spdlog::error("polymarket_heartbeat.lost silent_s={}",
                  std::chrono::duration_cast<std::chrono::seconds>(now - taken_at_).count());
    on_lost_();
  }
  wait(config_.period / 5); // there is little time left
}

void PolymarketHeartbeat::wait(Duration duration) {
  timer_.expires_after(duration);
  timer_.async_wait([weak = weak_from_this()](boost::system::error_code ec) {
    const auto self = weak.lock();
    if (!ec && self) {
      self->beat();
    }
  });
}

} // namespace arbees
