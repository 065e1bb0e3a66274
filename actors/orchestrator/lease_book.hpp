#pragma once

#include <map>
#include <set>

#include "actors/messages/game.hpp"

namespace arbees {

/// A shard host, numbered by its actor's owner.
using HostNumber = std::uint64_t;

/// An assignment and who gets it.
struct Grant {
  HostNumber host = 0;
  GameAssignment assignment;
};

/// Which shard host works on which game, and until when. Epochs grow over restarts of the
/// orchestrator, because they come from its clock.
class LeaseBook {
public:
  /// Leases last for `length` and are renewed when a third of it has passed.
  explicit LeaseBook(Duration length) : length_{length} {}

  /// Games that waited for a host get one.
  std::vector<Grant> add_host(HostNumber host, Timestamp now);
  /// The host is gone: its games move, with a higher epoch.
  std::vector<Grant> remove_host(HostNumber host, Timestamp now);
  /// The game's match is new or has changed. Only a tradable game gets a host; one that has a host
  /// hears of every change.
  std::vector<Grant> offer(const MatchedGame& match, Timestamp now);
  /// Renewals that are due, and games that waited.
  std::vector<Grant> tick(Timestamp now);
  /// The game is over. @returns who had it
  std::optional<HostNumber> end(GameId game);

  [[nodiscard]] std::optional<HostNumber> host_of(GameId game) const;
  [[nodiscard]] std::size_t waiting() const;
  [[nodiscard]] std::size_t assigned() const;

private:
  struct Lease {
    MatchedGame match;
    std::optional<HostNumber> host;
    std::uint64_t epoch = 0;
    Timestamp until;
  };

  std::optional<Grant> place(Lease& lease, Timestamp now);
  Grant renew(Lease& lease, Timestamp now) const;
  std::vector<Grant> place_all(Timestamp now);

  Duration length_;
  std::set<HostNumber> hosts_;
  std::map<GameId, Lease> leases_;
  std::uint64_t last_epoch_ = 0;
};

} // namespace arbees
