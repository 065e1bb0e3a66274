#include "bridges/kalshi/kalshi_reads.hpp"

#include <spdlog/spdlog.h>

#include <bit>
#include <boost/asio.hpp>

namespace arbees {

namespace asio = boost::asio;

/// Waits until the read's tokens are there. @returns false if that takes too long
asio::awaitable<bool> KalshiReads::paid(std::weak_ptr<KalshiReads> weak) {
  std::optional<Timestamp> give_up_at;
  for (;;) {
    auto self = weak.lock();
    if (!self || self->stopped_) {
      co_return false;
    }
    const auto now = self->clock_.now();
    give_up_at = give_up_at.value_or(now + self->deadline_);
    const auto wait = self->pacer_->take_read(kalshi_read_cost, Urgency::normal, now);
    if (wait == Duration::zero()) {
      co_return true;
    }
    if (now + wait > *give_up_at) {
      co_return false;
    }
    asio::steady_timer timer{self->context_, wait};
    self.reset();
    co_await timer.async_wait(asio::use_awaitable);
  }
}

asio::awaitable<caf::expected<HttpResponse>>
KalshiReads::get(std::weak_ptr<KalshiReads> weak, KalshiLane lane, std::string target) {
  if (!co_await paid(weak)) {
    co_return caf::make_error(Errc::timed_out, std::string{"no tokens for reads"});
  }
  auto self = weak.lock();
  if (!self) {
    co_return caf::make_error(Errc::io_failed, std::string{"stopped"});
  }
  const std::weak_ptr<KalshiRest> rest = self->rest_;
  const auto deadline = self->deadline_;
  self.reset();
  co_return co_await KalshiRest::get(rest, lane, std::move(target), deadline);
}

void KalshiReads::failed(const std::string& what, const caf::error& error) {
  const auto total = ++counters_["failed:" + what];
  if (std::has_single_bit(static_cast<std::uint64_t>(total))) {
    spdlog::warn("kalshi_gateway.{}_failed total={} error=\"{}\"", what, total, describe(error));
  }
}

} // namespace arbees
