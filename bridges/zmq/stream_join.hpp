#pragma once

#include <chrono>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "bridges/zmq/snapshot_messages.hpp"

namespace arbees {

struct StreamJoinConfig {
  std::size_t publishers = 0;        ///< that can be asked for snapshots
  std::vector<std::string> prefixes; ///< that are read; one empty prefix: everything
  /// How long live messages wait for an answer. Then they go on without it, and what the answer
  /// brings later is put between them, if nothing newer of its topic went by.
  std::chrono::milliseconds patience{500};
  std::chrono::milliseconds give_up_after{5'000}; ///< on an answer; then it is asked for again
  /// How often a publisher is asked where its numbers stand: a restart that says nothing new and a
  /// loss behind which nothing came show by that alone.
  std::chrono::milliseconds probe_every{1'000};
  std::size_t max_held = 50'000; ///< messages that wait for answers, at most
};

/// Puts snapshots and live messages together: asks when a reader joins, when a publisher has begun
/// anew and when numbers are missing; holds back what comes live meanwhile; and gives out each
/// message once, the numbers of a source in order. Plain state: sockets and clocks are elsewhere.
class StreamJoin {
public:
  using Moment = std::chrono::steady_clock::time_point;

  struct Ask {
    std::size_t publisher = 0;
    SnapshotRequest request;
  };

  struct Counters {
    std::uint64_t asked = 0; ///< for snapshots; pages and probes not counted
    std::uint64_t answered = 0;
    std::uint64_t late = 0; ///< for which live messages did not wait
    std::uint64_t given_up = 0;
    std::uint64_t refused = 0;
    std::uint64_t messages = 0;  ///< that snapshots brought
    std::uint64_t doubles = 0;   ///< dropped: there before, or replaced by what was
    std::uint64_t restarts = 0;  ///< of publishers, seen by their runs
    std::uint64_t gaps = 0;      ///< that were asked about
    std::uint64_t lost_ends = 0; ///< losses behind which nothing came; the same
    std::uint64_t overflows = 0; ///< of what was held
  };

  StreamJoin(StreamJoinConfig config, Moment now);

  /// A message of the bus.
  void hear(WireMessage message, Moment now);
  /// A page of an answer.
  void answer(std::size_t publisher, SnapshotPage page, Moment now);
  /// A subscription has been connected, or connected again: what was said before is lost.
  void connected(Moment now);
  /// Time has come this far.
  void advance(Moment now);

  /// The next message for the reader, in order.
  std::optional<WireMessage> next();
  /// What is to be asked now.
  std::vector<Ask> take_asks() { return std::exchange(asks_, {}); }
  /// True while live messages wait for an answer: it should be looked for often.
  [[nodiscard]] bool is_holding() const;
  [[nodiscard]] const Counters& counters() const { return counters_; }

private:
  enum class Hold : std::uint8_t { yes, no };

  /// One who can be asked: the process behind a snapshot endpoint.
  struct Publisher {
    std::uint64_t id = 0; ///< of the question under way; 0: none
    bool holding = false;
    bool joined = false; ///< has answered once
    Moment asked_at;
    Moment probe_at;
    std::optional<Moment> confirm_at;
    std::optional<SnapshotEnd> first_end; ///< of the first page: where its numbers stood
    std::vector<WireMessage> collected;
    std::map<std::string, std::uint64_t> known; ///< by source: lower numbers were heard before
    std::string run;
  };

  /// One whose numbers are followed.
  struct Source {
    std::size_t publisher = 0;
    std::string run;
    std::string other_run;       ///< the one before, or one that was asked about
    std::uint64_t next = 0;      ///< above all that was heard or answered for
    std::uint64_t reference = 0; ///< live messages below may be older than what the answer told
    std::uint64_t promised = 0;  ///< what the last probe said
    /// By topic, the last number given out, for as long as an answer may bring older ones.
    std::unordered_map<std::string, std::uint64_t> passed;
  };

  void ask(std::size_t publisher, Hold hold, Moment now);
  void probe(std::size_t publisher, Moment now);
  void hear_probe(std::size_t publisher, const SnapshotEnd& end, Moment now);
  void finish(std::size_t publisher, Moment now);
  /// Adopts the sources that an answer names. Their messages of an earlier run that were held are
  /// given out.
  void adopt(std::size_t publisher, const SnapshotEnd& end);
  void merge(std::size_t publisher, const SnapshotEnd& end);
  [[nodiscard]] bool
  wanted(const Publisher& publisher, const SnapshotEnd& end, const WireMessage& message) const;

  void hear_stranger(WireMessage message, Moment now);
  void follow(Source& source, WireMessage message, Moment now);
  void hold(WireMessage message, Moment now);
  void release(Moment now);
  void give_out(Source& source, WireMessage message);
  [[nodiscard]] bool tracking(const Source& source) const;
  [[nodiscard]] bool joining() const;

  StreamJoinConfig config_;
  bool complete_ = false; ///< everything is read: missing numbers are losses
  std::vector<Publisher> publishers_;
  static constexpr std::size_t max_strangers = 256;

  std::map<std::string, Source> sources_;
  std::map<std::string, Source> strangers_; ///< heard before an answer has named them
  std::deque<WireMessage> held_;
  std::deque<WireMessage> out_;
  std::vector<Ask> asks_;
  std::uint64_t next_id_ = 1;
  std::map<std::uint64_t, std::size_t> probes_; ///< under way, by id
  Counters counters_;
};

} // namespace arbees
