#include "bridges/net/ticker.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cassert>

namespace arbees {

struct Ticker::Impl : std::enable_shared_from_this<Impl> {
  Impl(Network& network, const Clock& its_clock, Duration its_period)
    : timer{network.context()}, clock{its_clock}, period{its_period} {}

  void wait() {
    timer.async_wait([self = shared_from_this()](boost::system::error_code ec) {
      if (!ec && !self->stopped) {
        self->tick();
      }
    });
  }

  void tick() {
    const auto message = caf::make_message(Tick{.now = clock.now()});
    for (const auto& sink : sinks) {
      caf::anon_send(sink, message);
    }
    // From the planned moment, not from now: ticks do not drift. After a stall none is made up.
    const auto now = std::chrono::steady_clock::now();
    auto next = timer.expiry() + period;
    if (next <= now) {
      next = now + period;
    }
    timer.expires_at(next);
    wait();
  }

  boost::asio::steady_timer timer;
  const Clock& clock;
  Duration period;
  std::vector<caf::actor> sinks;
  bool stopped = false; // on the network thread
};

Ticker::Ticker(Network& network, const Clock& clock, Duration period,
               const std::vector<TickSink>& sinks)
  : impl_{std::make_shared<Impl>(network, clock, period)} {
  assert(period > Duration::zero() && "a ticker needs a period");
  for (const auto& sink : sinks) {
    impl_->sinks.push_back(caf::actor_cast<caf::actor>(sink));
  }
  boost::asio::post(network.context(), [impl = impl_] {
    impl->timer.expires_after(impl->period);
    impl->wait();
  });
}

Ticker::~Ticker() {
  boost::asio::post(impl_->timer.get_executor(), [impl = impl_] {
    impl->stopped = true;
    impl->timer.cancel();
  });
}

} // namespace arbees
