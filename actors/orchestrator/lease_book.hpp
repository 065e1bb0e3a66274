#pragma once

#include <map>
#include <vector>

#include "actors/messages/cluster.hpp"

namespace arbees {

/// A shard host, numbered by its actor's owner.
using HostNumber = std::uint64_t;

/// An assignment and who gets it.
struct Grant {
  HostNumber host = 0;
  GameAssignment assignment;
};

struct LeaseConfig {
  Duration length{std::chrono::seconds{15}};
  /// How much longer than its lease a game of a host that is out of sight stays untouched: for
  /// clocks that differ.
  Duration margin{std::chrono::seconds{2}};
  /// A host in another process that says nothing for longer gets no renewals.
  Duration silence{std::chrono::seconds{3}};
  /// Another orchestrator may have given leases just before this one started: until they are over,
  /// a game goes only to a host that says it has it.
  bool may_follow_another = false;
};

/// What a host in another process says of itself.
struct HostOffer {
  std::int32_t capacity = 0; ///< games
  std::vector<HeldGame> games;
};

/// Which shard host works on which game, and until when. Epochs grow over restarts of the
/// orchestrator, because they come from its clock.
class LeaseBook {
public:
  explicit LeaseBook(LeaseConfig config) : config_{config} {}
  /// Leases last for `length` and are renewed when a third of it has passed.
  explicit LeaseBook(Duration length) : LeaseBook(LeaseConfig{.length = length}) {}

  /// A host of this process, whose end is seen at once. Games that waited for a host get one.
  std::vector<Grant> add_host(HostNumber host, Timestamp now);
  /// A host of another process. Games that it has, and that nobody else got, stay with it.
  std::vector<Grant> add_host(HostNumber host, const HostOffer& offer, Timestamp now);
  /// It is alive.
  std::vector<Grant> hear(HostNumber host, const HostOffer& offer, Timestamp now);
  /// The host has ended: its games move at once, with a higher epoch.
  std::vector<Grant> remove_host(HostNumber host, Timestamp now);
  /// The host is out of sight and may still work: its games move when their leases are over.
  void lose_host(HostNumber host);
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
  struct Host {
    std::int32_t capacity = 0;
    std::optional<Timestamp> heard_at; ///< none: of this process
  };

  struct Lease {
    MatchedGame match;
    std::optional<HostNumber> host;
    std::uint64_t epoch = 0;
    Timestamp until;
    Timestamp free_at; ///< before it, whoever had the game may still work on it
  };

  struct Claim {
    HostNumber host = 0;
    std::uint64_t epoch = 0;
  };

  [[nodiscard]] bool silent(HostNumber host, Timestamp now) const;
  void learn_time(Timestamp now);
  [[nodiscard]] bool may_place(const Lease& lease, Timestamp now) const;
  [[nodiscard]] std::optional<HostNumber> most_free(Timestamp now) const;
  std::vector<Grant> take_claims(HostNumber host, const HostOffer& offer, Timestamp now);
  Grant take_back(Lease& lease, const Claim& claim, Timestamp now);
  std::optional<Grant> place(Lease& lease, Timestamp now);
  Grant renew(Lease& lease, Timestamp now) const;
  void give_up_silent(Timestamp now);
  std::vector<Grant> place_all(Timestamp now);

  LeaseConfig config_;
  std::optional<Timestamp> follows_until_; ///< set with the first time that is heard
  std::map<HostNumber, Host> hosts_;
  std::map<GameId, Lease> leases_;
  std::map<GameId, Claim> claims_; ///< of games that are not matched yet
  std::uint64_t last_epoch_ = 0;
};

} // namespace arbees
