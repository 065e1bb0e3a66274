#pragma once

#include <caf/expected.hpp>
#include <functional>
#include <string>

#include "actors/messages/time.hpp"
#include "bridges/redis/redis_address.hpp"

namespace arbees {

struct RedisLeaderLockConfig {
  RedisAddress address;
  std::string owner; ///< this run: nobody else may have the same
  std::string key = "arbees:orchestrator";
  std::chrono::milliseconds expires_after{5'000};
};

/// The right to assign games, kept in a key of a Redis that expires by itself (SET … PX). A Redis
/// that forgets the key gives it to the next who asks: epochs of leases still tell old from new.
/// @returns what takes the right or renews it, waiting a few seconds at most: for how long it is
/// certainly held, counted from the call, or Errc::io_failed with who has it
std::function<caf::expected<Duration>()> leader_lock_in(RedisLeaderLockConfig config);

} // namespace arbees
