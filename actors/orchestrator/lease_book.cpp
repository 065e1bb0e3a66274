#include "actors/orchestrator/lease_book.hpp"

#include <algorithm>

namespace arbees {

namespace {

/// Of a host in this process: as many as one machine is meant for, to be comparable with others.
constexpr std::int32_t local_capacity = 1'000;

} // namespace

std::vector<Grant> LeaseBook::add_host(HostNumber host, Timestamp now) {
  hosts_[host] = {.capacity = local_capacity};
  return place_all(now);
}

std::vector<Grant> LeaseBook::add_host(HostNumber host, const HostOffer& offer, Timestamp now) {
  learn_time(now);
  hosts_[host] = {.capacity = offer.capacity, .heard_at = now};
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
  known->second = {.capacity = offer.capacity, .heard_at = now};
  return take_claims(host, offer, now);
}

std::vector<Grant> LeaseBook::remove_host(HostNumber host, Timestamp now) {
  hosts_.erase(host);
  std::erase_if(claims_, [&](const auto& claim) { return claim.second.host == host; });
  for (auto& [game, lease] : leases_) {
    if (lease.host == host) {
      lease.host.reset();
    }
  }
  return place_all(now);
}

void LeaseBook::lose_host(HostNumber host) {
  hosts_.erase(host);
  std::erase_if(claims_, [&](const auto& claim) { return claim.second.host == host; });
  for (auto& [game, lease] : leases_) {
    if (lease.host == host) {
      lease.host.reset();
      lease.free_at = lease.until + config_.margin;
    }
  }
}

std::vector<Grant> LeaseBook::offer(const MatchedGame& match, Timestamp now) {
  learn_time(now);
  auto& lease = leases_[match.game.id];
  lease.match = match;
  if (lease.host) {
    return silent(*lease.host, now) ? std::vector<Grant>{} : std::vector{renew(lease, now)};
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
    if (lease.host && lease.until - now <= config_.length * 2 / 3 && !silent(*lease.host, now)) {
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

/// The host with the smallest part of its capacity in use.
std::optional<HostNumber> LeaseBook::most_free(Timestamp now) const {
  std::map<HostNumber, std::int64_t> load;
  for (const auto& [game, lease] : leases_) {
    if (lease.host) {
      ++load[*lease.host];
    }
  }
  std::optional<HostNumber> best;
  for (const auto& [number, host] : hosts_) {
    if (load[number] >= host.capacity || silent(number, now)) {
      continue;
    }
    if (!best || load[number] * hosts_.at(*best).capacity < load[*best] * host.capacity) {
      best = number;
    }
  }
  return best;
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
  lease.host = claim.host;
  lease.epoch = claim.epoch;
  last_epoch_ = std::max(last_epoch_, claim.epoch);
  return renew(lease, now);
}

std::optional<Grant> LeaseBook::place(Lease& lease, Timestamp now) {
  const auto host = may_place(lease, now) ? most_free(now) : std::nullopt;
  if (!host) {
    return std::nullopt;
  }
  lease.host = host;
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

/// A host that is connected and says nothing: frozen, or at the other end of a dead line.
void LeaseBook::give_up_silent(Timestamp now) {
  for (auto& [game, lease] : leases_) {
    if (lease.host && silent(*lease.host, now) && now >= lease.until + config_.margin) {
      lease.host.reset();
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
