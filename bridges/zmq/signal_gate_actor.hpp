#pragma once

#include <zmq.hpp>

#include "actors/messages/interfaces.hpp"
#include "bridges/zmq/signal_gate.hpp"

namespace arbees {

/// Signals from programs of the user's own, over a local socket (README, "Your own signals").
using SignalGateActor = caf::typed_actor<
  // One bounded wait for what is asked; sent by itself.
  caf::reacts_to<PollAtom>>::extend_with<GameSink>::extend_with<SignalSink>::
  extend_with<MetricsSource>;

/// Binds the socket of the gate: `endpoint` is ipc:// in a folder of ours that nobody else may
/// enter.
/// @returns Errc::bad_credential if others may, Errc::bad_configuration for any other transport,
///   Errc::io_failed if it cannot be bound.
caf::expected<zmq::socket_t> open_signal_gate(zmq::context_t& context, const std::string& endpoint);

struct SignalGateState {
  static constexpr auto name = "signal_gate";

  std::optional<SignalGate> gate;
  zmq::socket_t socket;
  std::function<Timestamp()> clock;
  SignalSink processor;
  std::int64_t accepted = 0;
  std::int64_t unanswered = 0;
  std::map<std::string, std::int64_t> refused; ///< by reason
};

/// Hands signals from outside to the signal processor, which judges them as any other. A request is
/// two frames, token and Signal as on the bus; the answer {"accepted":true,"signal_id":…} or
/// {"accepted":false,"reason":…,"detail":…}. Spawned detached. Metrics: accepted, unanswered,
/// refused:<reason>.
SignalGateActor::behavior_type
signal_gate_actor(SignalGateActor::stateful_pointer<SignalGateState> self, zmq::socket_t socket,
                  SignalGateConfig config, Secret token, std::function<Timestamp()> clock,
                  SignalSink processor);

} // namespace arbees
