#include "actors/orchestrator/lease_book.hpp"

#include <algorithm>

namespace arbees {

namespace {

/// Of a host in this process: as many as one machine is meant for, to be comparable with others.
constexpr std::int32_t local_capacity = 1'000;

/// A game moves for balance only if the other host stays clearly less full with it: else two alike
/// would pass it to and fro.
constexpr std::int64_t clearly_fuller_percent = 125;

} // namespace

std::int32_t LeaseBook::Host::room() const {
  const auto may_have = drains ? 0 : std::min(capacity, limit.value_or(capacity));
  return std::max(may_have - games, 0);
}

std::vector<Grant> LeaseBook::add_host(HostNumber host, Timestamp now) {
  hosts_[host] = {.capacity = local_capacity};
  return place_all(now);
}

std::vector<Grant> LeaseBook::add_host(HostNumber host, const HostOffer& offer, Timestamp now) {
  learn_time(now);
  hosts_[host] = {.capacity = offer.capacity, .heard_at = now, .leagues = offer.leagues};
  auto grants = take_claims(host, offer, now);
  auto placed = place_all(now);
  grants.insert(grants.end(), placed.begin(), placed.end());
  return grants;
}

std::vector<Grant> LeaseBook::hear(HostNumber host, const HostOffer& offer, Timestamp now) {
  const auto known = hosts_.find(host);
  if (known == hosts_.end()) {
    return {};
  }
  known->second.capacity = offer.capacity;
  known->second.heard_at = now;
  return take_claims(host, offer, now);
}

template <class F>
void LeaseBook::forget_host(HostNumber host, F each) {
  std::erase_if(claims_, [&](const auto& claim) { return claim.second.host == host; });
  for (auto& [game, lease] : leases_) {
    if (lease.host == host) {
      take(lease);
      each(lease);
    }
  }
  hosts_.erase(host);
}

std::vector<Grant> LeaseBook::remove_host(HostNumber host, Timestamp now) {
  forget_host(host, [](const Lease&) {});
  return place_all(now);
}

void LeaseBook::lose_host(HostNumber host) {
  forget_host(host, [&](Lease& lease) { lease.free_at = lease.until + config_.margin; });
}

void LeaseBook::limit(HostNumber host, std::int32_t games) {
  if (const auto known = hosts_.find(host); known != hosts_.end()) {
    known->second.limit = games;
  }
}

void LeaseBook::drain(HostNumber host, bool drains) {
  if (const auto known = hosts_.find(host); known != hosts_.end()) {
    known->second.drains = drains;
  }
}

std::vector<Move> LeaseBook::moves(Timestamp now) {
  std::int64_t room = 0;
  for (const auto& [number, host] : hosts_) {
    room += silent(number, now) ? 0 : host.room();
  }
  auto under_way =
    std::ranges::count_if(leases_, [](const auto& entry) { return entry.second.leaves; });
  const auto most = std::min<std::int64_t>(config_.moves_at_once, room);
  std::vector<Move> result;
  for (auto& [game, lease] : leases_) {
    if (under_way >= most) {
      break;
    }
    if (may_move(lease, under_way == 0, now)) {
      lease.leaves = true;
      ++under_way;
      result.push_back({.from = *lease.host, .game = game, .epoch = lease.epoch});
    }
  }
  return result;
}

std::vector<Grant>
LeaseBook::released(HostNumber host, GameId game, std::uint64_t epoch, Timestamp now) {
  const auto lease = leases_.find(game);
  if (lease == leases_.end() || lease->second.host != host || lease->second.epoch != epoch
      || !lease->second.leaves) {
    return {};
  }
  take(lease->second);
  const auto grant = place(lease->second, now);
  return grant ? std::vector{*grant} : std::vector<Grant>{};
}

std::vector<Grant> LeaseBook::offer(const MatchedGame& match, Timestamp now) {
  learn_time(now);
  auto& lease = leases_[match.game.id];
  lease.match = match;
  if (lease.host) {
    return lease.leaves || silent(*lease.host, now) ? std::vector<Grant>{}
                                                    : std::vector{renew(lease, now)};
  }
  if (const auto claim = claims_.extract(match.game.id)) {
    return {take_back(lease, claim.mapped(), now)};
  }
  const auto grant = place(lease, now);
  return grant ? std::vector{*grant} : std::vector<Grant>{};
}

std::vector<Grant> LeaseBook::tick(Timestamp now) {
  learn_time(now);
  give_up_silent(now);
  auto grants = place_all(now);
  for (auto& [game, lease] : leases_) {
    const auto due = lease.host && !lease.leaves && lease.until - now <= config_.length * 2 / 3;
    if (due && !silent(*lease.host, now)) {
      grants.push_back(renew(lease, now));
    }
  }
  return grants;
}

std::optional<HostNumber> LeaseBook::end(GameId game) {
  claims_.erase(game);
  const auto lease = leases_.find(game);
  if (lease == leases_.end()) {
    return std::nullopt;
  }
  const auto host = lease->second.host;
  take(lease->second);
  leases_.erase(lease);
  return host;
}

std::optional<HostNumber> LeaseBook::host_of(GameId game) const {
  const auto lease = leases_.find(game);
  return lease == leases_.end() ? std::nullopt : lease->second.host;
}

std::size_t LeaseBook::waiting() const {
  return static_cast<std::size_t>(
    std::count_if(leases_.begin(), leases_.end(), [](const auto& entry) {
      return !entry.second.host && entry.second.match.tradable;
    }));
}

std::size_t LeaseBook::assigned() const {
  return static_cast<std::size_t>(std::count_if(
    leases_.begin(), leases_.end(), [](const auto& entry) { return entry.second.host; }));
}

std::size_t LeaseBook::assigned_to(HostNumber host) const {
  const auto known = hosts_.find(host);
  return known == hosts_.end() ? 0 : static_cast<std::size_t>(known->second.games);
}

bool LeaseBook::silent(HostNumber host, Timestamp now) const {
  const auto known = hosts_.find(host);
  return known == hosts_.end()
         || (known->second.heard_at && now - *known->second.heard_at > config_.silence);
}

/// The first time that is known is the start of this orchestrator.
void LeaseBook::learn_time(Timestamp now) {
  if (config_.may_follow_another && !follows_until_ && now != Timestamp{}) {
    follows_until_ = now + config_.length + config_.margin;
  }
}

bool LeaseBook::may_place(const Lease& lease, Timestamp now) const {
  const auto follows = config_.may_follow_another && (!follows_until_ || now < *follows_until_);
  return lease.match.tradable && !follows && now >= lease.free_at;
}

void LeaseBook::give(Lease& lease, HostNumber host) {
  take(lease);
  lease.host = host;
  if (const auto known = hosts_.find(host); known != hosts_.end()) {
    ++known->second.games;
  }
}

void LeaseBook::take(Lease& lease) {
  if (const auto known = lease.host ? hosts_.find(*lease.host) : hosts_.end();
      known != hosts_.end()) {
    --known->second.games;
  }
  lease.host.reset();
  lease.leaves = false;
}

/// The host with the smallest part of its capacity in use: of those that name the league, else of
/// those that name none, else of all.
std::optional<HostNumber> LeaseBook::most_free(League league, Timestamp now) const {
  const auto rank = [league](const Host& host) {
    return host.leagues.empty() ? 1 : std::ranges::count(host.leagues, league) > 0 ? 0 : 2;
  };
  std::optional<HostNumber> best;
  for (const auto& [number, host] : hosts_) {
    if (host.room() == 0 || silent(number, now)) {
      continue;
    }
    const auto* const so_far = best ? &hosts_.at(*best) : nullptr;
    if (so_far == nullptr || rank(host) < rank(*so_far)
        || (rank(host) == rank(*so_far)
            && std::int64_t{host.games} * so_far->capacity
                 < std::int64_t{so_far->games} * host.capacity)) {
      best = number;
    }
  }
  return best;
}

/// Its host drains, or is clearly fuller than the one that would get the game now. Games of hosts
/// in this process stay: they end together.
/// @param alone no other move is under way: it would change who is fuller
bool LeaseBook::may_move(const Lease& lease, bool alone, Timestamp now) const {
  if (!lease.host || lease.leaves || !lease.match.tradable) {
    return false;
  }
  const auto& host = hosts_.at(*lease.host);
  const auto to = host.heard_at ? most_free(lease.match.game.league, now) : std::nullopt;
  if (!to || *to == *lease.host) {
    return false;
  }
  if (host.drains) {
    return true;
  }
  const auto& target = hosts_.at(*to);
  return config_.rebalance && alone && now - lease.placed_at >= config_.settle
         && target.leagues == host.leagues
         && std::int64_t{host.games} * target.capacity * 100
              > std::int64_t{target.games + 1} * host.capacity * clearly_fuller_percent;
}

/// A game that nobody has goes back to who had it; one that was given to another stays there, and
/// the old lease runs out.
std::vector<Grant> LeaseBook::take_claims(HostNumber host, const HostOffer& offer, Timestamp now) {
  std::vector<Grant> grants;
  for (const auto& held : offer.games) {
    const auto lease = leases_.find(held.game);
    const Claim claim{.host = host, .epoch = held.epoch};
    if (held.lease_until <= now) {
      continue;
    }
    if (lease == leases_.end()) {
      const auto [known, is_new] = claims_.try_emplace(held.game, claim);
      if (!is_new && known->second.epoch < claim.epoch) {
        known->second = claim;
      }
    } else if (!lease->second.host && held.epoch >= lease->second.epoch) {
      grants.push_back(take_back(lease->second, claim, now));
    }
  }
  return grants;
}

Grant LeaseBook::take_back(Lease& lease, const Claim& claim, Timestamp now) {
  give(lease, claim.host);
  lease.placed_at = now;
  lease.epoch = claim.epoch;
  last_epoch_ = std::max(last_epoch_, claim.epoch);
  return renew(lease, now);
}

std::optional<Grant> LeaseBook::place(Lease& lease, Timestamp now) {
  const auto host = may_place(lease, now) ? most_free(lease.match.game.league, now) : std::nullopt;
  if (!host) {
    return std::nullopt;
  }
  give(lease, *host);
  lease.placed_at = now;
  last_epoch_ =
    std::max(last_epoch_ + 1, static_cast<std::uint64_t>(std::max<std::int64_t>(to_ms(now), 0)));
  lease.epoch = last_epoch_;
  return renew(lease, now);
}

Grant LeaseBook::renew(Lease& lease, Timestamp now) const {
  lease.until = now + config_.length;
  return Grant{.host = *lease.host,
               .assignment = GameAssignment{
                 .match = lease.match, .epoch = lease.epoch, .lease_until = lease.until}};
}

/// A host that is connected and says nothing: frozen, or at the other end of a dead line. Or one
/// that did not say that it gave a game up.
void LeaseBook::give_up_silent(Timestamp now) {
  for (auto& [game, lease] : leases_) {
    if (lease.host && (lease.leaves || silent(*lease.host, now))
        && now >= lease.until + config_.margin) {
      take(lease);
    }
  }
}

std::vector<Grant> LeaseBook::place_all(Timestamp now) {
  std::vector<Grant> grants;
  for (auto& [game, lease] : leases_) {
    if (lease.host) {
      continue;
    }
    if (auto grant = place(lease, now)) {
      grants.push_back(std::move(*grant));
    }
  }
  return grants;
}

} // namespace arbees
