#pragma once

#include "bridges/cluster/executor_view.hpp"
#include "bridges/cluster/peer.hpp"

namespace arbees {

struct ExecutorLinkConfig {
  PeerAddress executor;
  std::string mode = "paper";
  std::vector<PastSink> sinks;
  Duration ask_every{std::chrono::seconds{1}}; ///< whether it is alive; and the past, if need be
  /// No answer for so long, and no pair is opened any more.
  std::chrono::milliseconds alive_timeout{3'000};
  std::chrono::milliseconds past_timeout{10'000};
  Duration patience{std::chrono::seconds{3}}; ///< of ExecutorView
};

struct ExecutorLinkState {
  static constexpr auto name = "executor_link";

  ExecutorLinkConfig config;
  ExecutorView view{Duration{}};
  Peer<RemoteExecutorActor> executor;
  bool ready = false;   ///< the past was heard since the connection stands
  bool reading = false; ///< it was asked for
  bool stale = true;    ///< it must be asked for anew
  Timestamp asked_at;
  Timestamp alive_asked_at;
  std::optional<TradingControl> untold; ///< of the loss limit, until the executor obeys
  std::map<std::string, std::int64_t> counters;
};

/// The executor's voice in a process without it: what it says comes from the bus, what it said
/// before from its ledger, asked for whenever the connection is new or messages were lost. While it
/// does not answer, both venues are told to be down: nothing is approved that nobody can send. A
/// pair that it never heard of is ended here.
/// Metrics: ready, pasts, gaps, lost, given_up, unheard, refused.
ExecutorLinkActor::behavior_type
executor_link(ExecutorLinkActor::stateful_pointer<ExecutorLinkState> self,
              ExecutorLinkConfig config);

/// Takes what a signal processor says to its executor where that is elsewhere: requests go over the
/// bus, the loss limit over the link.
RequestSink::behavior_type request_relay(RequestSink::pointer self, ExecutorLinkActor link);

} // namespace arbees
