#pragma once

#include <spdlog/spdlog.h>

#include <bit>
#include <caf/io/middleman.hpp>
#include <set>
#include <string>

#include "actors/messages/errors.hpp"
#include "bridges/cluster/tls.hpp"
#include "bridges/net/backoff.hpp"

namespace arbees {

/// Where an actor of another process is published.
struct PeerAddress {
  std::string name; ///< for the log: "orchestrator"
  std::string host;
  std::uint16_t port = 0;
};

/// An actor of another process, sought again and again until it is there. Belongs to one actor,
/// in whose state it stands.
template <class Handle>
struct Peer {
  PeerAddress address;
  Handle actor; ///< none while it is out of reach
  bool asking = false;
  Timestamp retry_at;
  std::uint64_t attempts = 0; ///< without success
  Backoff backoff{std::chrono::milliseconds{100}, std::chrono::seconds{1}, 1};

  void fail(Timestamp now, const std::string& why) {
    asking = false;
    retry_at = now + backoff.next();
    if (std::has_single_bit(++attempts)) {
      spdlog::info("cluster.no_peer name={} host={} port={} attempts={} error=\"{}\"", address.name,
                   address.host, address.port, attempts, why);
    }
  }

  /// True if `down` was its end: it will be sought again.
  bool lost(const caf::down_msg& down, Timestamp now) {
    if (!actor || down.source != actor.address()) {
      return false;
    }
    spdlog::warn("cluster.peer_lost name={} reason=\"{}\"", address.name, describe(down.reason));
    actor = nullptr;
    retry_at = now + backoff.next();
    return true;
  }
};

/// Connects if the peer is not there and it is time to try; then `found()` is called.
/// @param peer stands in the state of `self`
template <class Self, class Handle, class Found>
void seek(Self self, Peer<Handle>& peer, Timestamp now, Found found) {
  if (peer.actor || peer.asking || now < peer.retry_at) {
    return;
  }
  peer.asking = true;
  self
    ->request(network_of(self->system()), std::chrono::seconds{5}, caf::connect_atom::value,
              peer.address.host, peer.address.port)
    .then(
      [self, &peer, now, found](const caf::node_id&, const caf::strong_actor_ptr& actor,
                                const std::set<std::string>& speaks) {
        auto& system = self->system();
        if (!actor || !system.assignable(speaks, system.template message_types<Handle>())) {
          peer.fail(now, "another program, or another version of arbees, has that port");
          return;
        }
        peer.asking = false;
        peer.attempts = 0;
        peer.backoff.reset();
        peer.actor = caf::actor_cast<Handle>(actor);
        self->monitor(peer.actor);
        spdlog::info("cluster.peer name={} host={} port={}", peer.address.name, peer.address.host,
                     peer.address.port);
        found();
      },
      [&peer, now](const caf::error& error) { peer.fail(now, describe(error)); });
}

} // namespace arbees
