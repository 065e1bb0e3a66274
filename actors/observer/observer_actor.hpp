#pragma once

#include "actors/messages/interfaces.hpp"
#include "actors/observer/level_filter.hpp"
#include "actors/observer/output_queue.hpp"
#include "actors/observer/stream_watch.hpp"

namespace arbees {

/// Whether an output gets what a snapshot brought: a terminal shows it, a record of what happened
/// need not hold it again.
enum class SnapshotWish : std::uint8_t { show, skip };

struct ObserverOutput {
  std::string name; ///< in metrics: "console", "jsonl"
  OutputActor actor;
  ObserverLevel level = ObserverLevel::info;
  std::vector<std::string> topics; ///< prefixes that it gets; none means all
  SnapshotWish snapshots = SnapshotWish::show;
  std::size_t capacity = 10'000;       ///< messages that wait before the oldest is dropped
  std::size_t batch = 256;             ///< messages that the output gets at once
  std::uint32_t prices_per_second = 5; ///< that pass at level info
};

struct ObserverConfig {
  StreamView view = StreamView::complete; ///< filtered if not every topic is subscribed to
  Duration silence_after = std::chrono::seconds{30};
  Duration statistics_every = std::chrono::seconds{10};
};

struct ObserverState {
  static constexpr auto name = "observer";

  struct Output {
    std::string name;
    OutputActor actor;
    std::vector<std::string> topics;
    SnapshotWish snapshots = SnapshotWish::show;
    LevelFilter filter;
    OutputQueue queue;
  };

  ObserverConfig config;
  std::optional<StreamWatch> watch;
  std::vector<Output> outputs;
  std::map<std::string, std::int64_t> rejected; ///< by reason
  std::uint64_t silences = 0;
  std::optional<Timestamp> statistics_at;
  std::uint64_t messages_then = 0;
};

/// Follows the bus and feeds the outputs, each from its own bounded queue, so that a slow terminal
/// delays neither the sockets nor the file beside it. That an output loses messages is told when it
/// begins, and how many when it has caught up, in the log and to every output.
/// Metrics: messages:<family>, gaps, gap_messages, restarts, duplicates, reorders, silences,
/// untracked, clocks_ahead, from_snapshot, publisher_overflows, rejected:<reason>,
/// latency_us_{p50,p99,max,count}, the same per topic family as latency_{p50,p99,max}_us:<family>,
/// from the venue's news to here as end_to_end_{p50,p99,max}_us:<family>,
/// end_to_end_count:<family>, and per output written:<output>, dropped:<output>, waiting:<output>,
/// write_failed:<output>, sampled_out:<output>.
ObserverActor::behavior_type observer(ObserverActor::stateful_pointer<ObserverState> self,
                                      ObserverConfig config, std::vector<ObserverOutput> outputs);

} // namespace arbees
