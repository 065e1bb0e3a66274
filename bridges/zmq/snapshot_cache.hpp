#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "actors/messages/time.hpp"
#include "bridges/zmq/endpoints.hpp"

namespace arbees {

/// True if the last message on `topic` says how things stand, so that a late reader wants it:
/// prices, books, games, matches, signals, positions, health, the states of feeds, venues, balances
/// and trading. Others tell that something happened.
bool tells_state(std::string_view topic);

/// The last message of each topic that tells a state, as it was sent. In order of topics.
class SnapshotCache {
public:
  /// Then new topics are not kept, and counted; those that are known go on.
  static constexpr std::size_t max_topics = 50'000;
  static constexpr std::size_t max_bytes = 256 * 1024 * 1024;

  struct Entry {
    PublishRole role = PublishRole::telemetry;
    std::uint64_t seq = 0;
    std::string frame;
    std::optional<Timestamp> until; ///< then it is nobody's business any more
  };
  using Entries = std::map<std::string, Entry, std::less<>>;

  /// Replaces what was last said on `topic`; with the memory that it had.
  void put(std::string_view topic, PublishRole role, std::uint64_t seq, std::string_view frame,
           std::optional<Timestamp> until = std::nullopt);
  void erase(std::string_view topic);
  /// Drops what `now` is too late for.
  void expire(Timestamp now);

  [[nodiscard]] const Entries& entries() const { return entries_; }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  [[nodiscard]] std::uint64_t refused() const { return refused_; }

private:
  void erase(Entries::iterator entry);

  Entries entries_;
  std::multimap<Timestamp, std::string> ends_; ///< topics by when they end
  std::size_t bytes_ = 0;                      ///< of topics and frames
  std::uint64_t refused_ = 0;
};

} // namespace arbees
