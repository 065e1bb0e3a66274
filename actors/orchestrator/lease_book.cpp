#include "actors/orchestrator/lease_book.hpp"

#include <algorithm>

namespace arbees {

std::vector<Grant> LeaseBook::add_host(HostNumber host, Timestamp now) {
  hosts_.insert(host);
  return place_all(now);
}

std::vector<Grant> LeaseBook::remove_host(HostNumber host, Timestamp now) {
  hosts_.erase(host);
  for (auto& [game, lease] : leases_) {
    if (lease.host == host) {
      lease.host.reset();
    }
  }
  return place_all(now);
}

std::vector<Grant> LeaseBook::offer(const MatchedGame& match, Timestamp now) {
  auto& lease = leases_[match.game.id];
  lease.match = match;
  if (lease.host) {
    return {renew(lease, now)};
  }
  const auto grant = place(lease, now);
  return grant ? std::vector{*grant} : std::vector<Grant>{};
}

std::vector<Grant> LeaseBook::tick(Timestamp now) {
  auto grants = place_all(now);
  for (auto& [game, lease] : leases_) {
    if (lease.host && lease.until - now <= length_ * 2 / 3) {
      grants.push_back(renew(lease, now));
    }
  }
  return grants;
}

std::optional<HostNumber> LeaseBook::end(GameId game) {
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

std::optional<Grant> LeaseBook::place(Lease& lease, Timestamp now) {
  if (!lease.match.tradable || hosts_.empty()) {
    return std::nullopt;
  }
  std::map<HostNumber, std::size_t> load;
  for (const auto host : hosts_) {
    load[host] = 0;
  }
  for (const auto& [game, other] : leases_) {
    if (other.host) {
      ++load[*other.host];
    }
  }
  const auto least = std::min_element(load.begin(), load.end(), [](const auto& a, const auto& b) {
    return a.second < b.second;
  });
  lease.host = least->first;
  last_epoch_ =
    std::max(last_epoch_ + 1, static_cast<std::uint64_t>(std::max<std::int64_t>(to_ms(now), 0)));
  lease.epoch = last_epoch_;
  return renew(lease, now);
}

Grant LeaseBook::renew(Lease& lease, Timestamp now) const {
  lease.until = now + length_;
  return Grant{.host = *lease.host,
               .assignment = GameAssignment{
                 .match = lease.match, .epoch = lease.epoch, .lease_until = lease.until}};
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
