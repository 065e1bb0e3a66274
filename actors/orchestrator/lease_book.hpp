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
  /// Whether games move while all hosts are well, for the sake of balance.
  bool rebalance = true;
  int moves_at_once = 4; ///< that are under way
  /// A game stays so long where it was put, before it moves for the sake of balance.
  Duration settle{std::chrono::seconds{10}};
};

/// What a host in another process says of itself.
struct HostOffer {
  std::int32_t capacity = 0; ///< games
  std::vector<HeldGame> games;
  std::vector<League> leagues{}; ///< that it takes before others; none: all alike
};

/// A game that its host is to give up, because it goes to another.
struct Move {
  HostNumber from = 0;
  GameId game;
  std::uint64_t epoch = 0;
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
  /// How many games a host of another process may be given, whatever it offers; those that it has
  /// stay. All that it offers until this is called.
  void limit(HostNumber host, std::int32_t games);
  /// Whether the host is to have no games: those that it has move to others.
  void drain(HostNumber host, bool drains);
  /// Games that are to move now: each host is asked to give its own up, and is renewed no more.
  /// They go to another when it has, or when their leases are over.
  std::vector<Move> moves(Timestamp now);
  /// The host works no more on a game that it was to give up.
  std::vector<Grant> released(HostNumber host, GameId game, std::uint64_t epoch, Timestamp now);
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
  [[nodiscard]] std::size_t assigned_to(HostNumber host) const;
  [[nodiscard]] bool silent(HostNumber host, Timestamp now) const;

private:
  struct Host {
    std::int32_t capacity = 0;
    std::optional<Timestamp> heard_at{}; ///< none: of this process
    std::vector<League> leagues{};
    std::optional<std::int32_t> limit{};
    bool drains = false;
    std::int32_t games = 0; ///< leases that it has

    [[nodiscard]] std::int32_t room() const;
  };

  struct Lease {
    MatchedGame match;
    std::optional<HostNumber> host;
    std::uint64_t epoch = 0;
    Timestamp until;
    Timestamp free_at; ///< before it, whoever had the game may still work on it
    Timestamp placed_at;
    bool leaves = false; ///< its host was asked to give it up
  };

  struct Claim {
    HostNumber host = 0;
    std::uint64_t epoch = 0;
  };

  void learn_time(Timestamp now);
  void give(Lease& lease, HostNumber host);
  void take(Lease& lease);
  /// Takes all that the host has away from it, and forgets it.
  template <class F>
  void forget_host(HostNumber host, F each);
  [[nodiscard]] bool may_place(const Lease& lease, Timestamp now) const;
  [[nodiscard]] std::optional<HostNumber> most_free(League league, Timestamp now) const;
  [[nodiscard]] bool may_move(const Lease& lease, bool alone, Timestamp now) const;
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
