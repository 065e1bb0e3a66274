#pragma once

#include "actors/messages/interfaces.hpp"
#include "tools/replay/session_listener.hpp"

namespace arbees::replay {

/// Puts what happens in a session onto the bus, through the same publisher that a run has. It waits
/// for the publisher now and then, so that a session that runs ahead does not fill the memory.
class BusListener : public SessionListener {
public:
  BusListener(caf::actor_system& system, PublisherActor publisher)
    : self_{system}, publisher_{std::move(publisher)} {}

  void on(const BookUpdate& x) override { send(x); }
  void on(const FeedStatus& x) override { send(x); }
  void on(const GameDiscovered& x) override { send(x); }
  void on(const GameUpdate& x) override { send(x); }
  void on(const GameEnded& x) override { send(x); }
  void on(const MatchedGame& x) override { send(x); }
  void on(const MatchRejected& x) override { send(x); }
  void on(const Signal& x) override { send(x); }
  void on(const ExecutionRequest& x) override { send(x); }
  void on(const SignalRejected& x) override { send(x); }
  void on(const OrderReport& x) override { send(x); }
  void on(const Fill& x) override { send(x); }
  void on(const BalanceUpdate& x) override { send(x); }
  void on(const PairClosed& x) override { send(x); }

  /// Waits until all is published. @returns the publisher's counters
  Metrics drain() {
    Metrics metrics;
    self_->request(publisher_, std::chrono::seconds{30}, caf::get_atom_v)
      .receive([&](const Metrics& values) { metrics = values; }, [](const caf::error&) {});
    return metrics;
  }

private:
  template <class Message>
  void send(const Message& message) {
    constexpr std::uint64_t ahead = 1'000;
    self_->send(publisher_, message);
    if (++sent_ % ahead == 0) {
      drain();
    }
  }

  caf::scoped_actor self_;
  PublisherActor publisher_;
  std::uint64_t sent_ = 0;
};

} // namespace arbees::replay
