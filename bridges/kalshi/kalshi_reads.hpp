#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <functional>

#include "bridges/kalshi/kalshi_pacer.hpp"
#include "bridges/kalshi/kalshi_rest.hpp"

namespace arbees {

/// What the gateway asks of Kalshi again and again: each read pays its tokens, has its deadline,
/// and is counted by its name if it fails. All members are called on the network thread.
class KalshiReads : public std::enable_shared_from_this<KalshiReads> {
public:
  /// @param context, clock must outlive this
  KalshiReads(boost::asio::io_context& context, const Clock& clock,
              std::shared_ptr<KalshiRest> rest, std::shared_ptr<KalshiPacer> pacer,
              Duration deadline)
    : context_{context},
      clock_{clock},
      rest_{std::move(rest)},
      pacer_{std::move(pacer)},
      deadline_{deadline} {}

  /// Calls no `done` any more.
  void stop() { stopped_ = true; }

  /// A read that waits for its tokens, for coroutines; it keeps nothing alive.
  /// @returns Errc::timed_out if the tokens do not come in time, Errc::http_status for all but 200
  static boost::asio::awaitable<caf::expected<HttpResponse>>
  get(std::weak_ptr<KalshiReads> weak, KalshiLane lane, std::string target);

  /// Calls `done` with what `decode` makes of the body and when that came, or with the failure,
  /// which has been counted as "failed:`what`".
  /// @param decode from a body, and when it came, to a caf::expected
  template <class Decode, class Done>
  void read(std::string what, KalshiLane lane, std::string target, Decode decode, Done done) {
    spawn(run<Decode, Done>(weak_from_this(), std::move(what), lane, std::move(target),
                            std::move(decode), std::move(done)));
  }
  void spawn(boost::asio::awaitable<void> work) {
    boost::asio::co_spawn(context_, std::move(work), boost::asio::detached);
  }

  [[nodiscard]] bool idle(KalshiLane lane) const { return rest_->idle(lane); }

  /// Counts the failure, and logs the 1st, 2nd, 4th, 8th, …
  void failed(const std::string& what, const caf::error& error);
  [[nodiscard]] const std::map<std::string, std::int64_t>& counters() const { return counters_; }

private:
  static boost::asio::awaitable<bool> paid(std::weak_ptr<KalshiReads> weak);

  template <class Decode, class Done>
  static boost::asio::awaitable<void>
  run(std::weak_ptr<KalshiReads> weak, std::string what, KalshiLane lane, std::string target,
      Decode decode, Done done) {
    using Result = decltype(decode(std::string_view{}, Timestamp{}));
    const auto answer = co_await get(weak, lane, std::move(target));
    const auto self = weak.lock();
    if (!self || self->stopped_) {
      co_return;
    }
    auto result = answer ? decode(answer->body, answer->received_at) : Result{answer.error()};
    if (!result) {
      self->failed(what, result.error());
    }
    done(std::move(result), answer ? answer->received_at : self->clock_.now());
  }

  boost::asio::io_context& context_;
  const Clock& clock_;
  std::shared_ptr<KalshiRest> rest_;
  std::shared_ptr<KalshiPacer> pacer_;
  Duration deadline_;
  bool stopped_ = false;
  std::map<std::string, std::int64_t> counters_;
};

} // namespace arbees
