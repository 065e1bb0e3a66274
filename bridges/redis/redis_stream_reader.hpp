#pragma once

#include <map>
#include <string>
#include <vector>

#include "actors/messages/wire.hpp"
#include "bridges/redis/redis_connection.hpp"

namespace arbees {

/// Reads the mirror's streams: what came last, and then what comes. Messages may stand there twice;
/// who cares uses SeenMessages. Belongs to one thread.
class RedisStreamReader {
public:
  /// @param prefixes of topics that are wanted; an empty one means all
  /// @returns as RedisConnection::open
  static caf::expected<RedisStreamReader>
  open(const RedisAddress& address, std::vector<std::string> prefixes, RedisTimeouts timeouts = {});

  /// The last `count` messages of all streams in the order in which Redis got them; next() goes on
  /// behind them.
  caf::expected<std::vector<WireMessage>> last(std::size_t count);

  /// What has come since, waiting up to `patience` if nothing has.
  caf::expected<std::vector<WireMessage>> next(std::chrono::milliseconds patience);

  /// Entries that were no messages.
  [[nodiscard]] std::uint64_t unreadable() const { return unreadable_; }

private:
  /// An entry's id: milliseconds and number.
  using EntryId = std::pair<std::uint64_t, std::uint64_t>;
  struct Entry {
    EntryId id;
    WireMessage message;
  };

  RedisStreamReader(RedisConnection connection, std::vector<std::string> prefixes,
                    RedisTimeouts timeouts);

  void take(const RedisReply& entry, const std::string& stream, std::vector<Entry>& entries);
  [[nodiscard]] bool wanted(const std::string& topic) const;

  RedisConnection connection_;
  std::vector<std::string> prefixes_;
  RedisTimeouts timeouts_;
  std::map<std::string, EntryId> positions_; ///< of each stream: its last entry that was read
  std::uint64_t unreadable_ = 0;
};

} // namespace arbees
