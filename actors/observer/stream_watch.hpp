#pragma once

#include <deque>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "actors/messages/latency_histogram.hpp"
#include "actors/messages/wire.hpp"

namespace arbees {

/// What a reader hears of a source: numbers count over all topics of a source, so a reader of some
/// of them sees holes that are none.
enum class StreamView : std::uint8_t { complete, filtered };

enum class StreamEvent : std::uint8_t {
  in_order,
  joined,    ///< the first message of a source
  restart,   ///< the first message of a new run of a known source
  gap,       ///< messages before this one are missing, so far
  reorder,   ///< one that was missing came late
  duplicate, ///< heard before
  untracked, ///< more streams than a bus has: not followed
  snapshot,  ///< brought by a snapshot: neither new nor in order
};

std::string_view to_string(StreamEvent event);

struct StreamFinding {
  StreamEvent event = StreamEvent::in_order;
  std::uint64_t missing = 0; ///< with gap; with joined and restart: numbers before the first heard
};

/// A source from which nothing came for too long.
struct StreamSilence {
  std::string source;
  std::string run;
  Duration silent_for{};
};

/// Follows every (source, run) of the bus: gaps, restarts, duplicates, reordering, silence.
class StreamWatch {
public:
  static constexpr std::size_t max_sources = 256;
  static constexpr std::size_t runs_per_source = 4;
  static constexpr std::size_t holes_per_run = 64;
  static constexpr std::size_t shown_per_run = 100'000; ///< more than a snapshot has topics

  struct Totals {
    std::uint64_t messages = 0;
    std::uint64_t gaps = 0;
    std::uint64_t gap_messages = 0; ///< still missing
    std::uint64_t restarts = 0;
    std::uint64_t duplicates = 0;
    std::uint64_t reorders = 0;
    std::uint64_t untracked = 0;
    std::uint64_t from_snapshot = 0; ///< not in `messages`
    std::uint64_t ahead = 0; ///< stamped later than received: clocks differ, not in the latency
  };

  explicit StreamWatch(StreamView view, Duration silence_after = std::chrono::seconds{30})
    : view_(view), silence_after_(silence_after) {}

  StreamFinding heard(const WireMessage& message);

  /// The sources whose newest run has been silent for longer than `silence_after` at `now`; each
  /// is told once, until it is heard again.
  std::vector<StreamSilence> newly_silent(Timestamp now);

  [[nodiscard]] const Totals& totals() const { return totals_; }
  /// Messages by topic family; families that are not the bus's own count as "other".
  [[nodiscard]] const std::map<std::string, std::uint64_t>& families() const { return families_; }
  /// From the publisher's stamp, which has milliseconds, to our socket.
  [[nodiscard]] const LatencyHistogram& latency() const { return latency_; }
  /// The same by topic family: how long each hop's news is on its way.
  [[nodiscard]] const std::map<std::string, LatencyHistogram>& latencies() const {
    return latencies_;
  }
  /// From the socket that a venue's news came in at to ours, by topic family: of prices and books
  /// their own, of what was decided the one that made it. Both clocks are one if all runs on one
  /// machine.
  [[nodiscard]] const std::map<std::string, LatencyHistogram>& end_to_end() const {
    return end_to_end_;
  }
  /// How often a queue to a slow reader was full at the publishers, as they last said themselves.
  [[nodiscard]] std::uint64_t publisher_overflows() const;
  [[nodiscard]] std::size_t sources() const { return sources_.size(); }

private:
  /// Numbers from `begin` to before `end`.
  struct Hole {
    std::uint64_t begin;
    std::uint64_t end;
  };
  struct Run {
    std::string id;
    std::uint64_t next = 0;
    std::uint64_t last = 0;
    std::deque<Hole> holes;
    bool live = true;                   ///< else only a snapshot told of it so far
    std::set<std::uint64_t> shown = {}; ///< by a snapshot: they do not come again
  };
  struct Source {
    std::deque<Run> runs; ///< newest last
    Timestamp heard_at;
    bool silent = false;
    std::uint64_t overflows = 0; ///< of its process, by its own word
  };

  StreamFinding follow(Source& source, const WireMessage& message);
  StreamFinding begin_run(Source& source, const WireMessage& message);
  StreamFinding hear_snapshot(Source& source, const WireMessage& message);
  StreamFinding advance(Run& run, std::uint64_t seq);
  static void pass_shown(Run& run);
  StreamFinding look_back(Run& run, std::uint64_t seq);
  void measure(const WireMessage& message, const std::string& family);

  StreamView view_;
  Duration silence_after_;
  std::map<std::string, Source> sources_;
  std::map<std::string, std::uint64_t> families_;
  LatencyHistogram latency_;
  std::map<std::string, LatencyHistogram> latencies_;  ///< by topic family
  std::map<std::string, LatencyHistogram> end_to_end_; ///< the same
  Totals totals_;
};

} // namespace arbees
