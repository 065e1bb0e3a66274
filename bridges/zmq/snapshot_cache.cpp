#include "bridges/zmq/snapshot_cache.hpp"

#include <algorithm>
#include <array>

#include "actors/messages/topics.hpp"

namespace arbees {

bool tells_state(std::string_view topic) {
  // `telemetry.metrics` is one topic of many actors: its last message says little.
  constexpr std::array<std::string_view, 8> states = {
    "prices.",        "orderbook.",    "games.",     "markets.matched.",
    "signals.trade.", "signals.high_", "positions.", "telemetry.",
  };
  return std::ranges::any_of(states,
                             [&](std::string_view prefix) { return topic.starts_with(prefix); })
         && topic != topic::metrics && !topic.starts_with("games.ended.");
}

void SnapshotCache::put(std::string_view topic, PublishRole role, std::uint64_t seq,
                        std::string_view frame, std::optional<Timestamp> until) {
  auto known = entries_.find(topic);
  if (known == entries_.end()) {
    if (entries_.size() >= max_topics || bytes_ + topic.size() + frame.size() > max_bytes) {
      ++refused_;
      return;
    }
    known = entries_.emplace(std::string{topic}, Entry{}).first;
    bytes_ += topic.size();
  }
  auto& entry = known->second;
  bytes_ += frame.size();
  bytes_ -= entry.frame.size();
  entry.role = role;
  entry.seq = seq;
  entry.frame.assign(frame);
  if (until && entry.until != until) {
    ends_.emplace(*until, topic);
  }
  entry.until = until;
}

void SnapshotCache::erase(std::string_view topic) {
  if (const auto known = entries_.find(topic); known != entries_.end()) {
    erase(known);
  }
}

void SnapshotCache::erase(Entries::iterator entry) {
  bytes_ -= entry->first.size() + entry->second.frame.size();
  entries_.erase(entry);
}

void SnapshotCache::expire(Timestamp now) {
  while (!ends_.empty() && ends_.begin()->first <= now) {
    const auto known = entries_.find(ends_.begin()->second);
    // It may have been said again since, with a later end.
    if (known != entries_.end() && known->second.until && *known->second.until <= now) {
      erase(known);
    }
    ends_.erase(ends_.begin());
  }
}

} // namespace arbees
