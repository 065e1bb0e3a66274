#pragma once

#include "actors/messages/interfaces.hpp"

#include "bridges/store/history_buffer.hpp"
#include "bridges/store/history_readers.hpp"

namespace arbees {

using HistoryBatchPtr = std::shared_ptr<const HistoryBatch>;
using HistoryCountsPtr = std::shared_ptr<const HistoryCounts>;

} // namespace arbees

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(arbees::HistoryBatchPtr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(arbees::HistoryCountsPtr)

namespace arbees {

/// The one that waits for the store.
using HistoryWriterActor = caf::typed_actor<
  // Answers once the rows are written; Errc::io_failed if none of them is.
  caf::reacts_to<HistoryBatchPtr>,
  // Deletes what is too old by then; answers how many rows that were, or Errc::io_failed.
  caf::replies_to<Tick>::with<HistoryCountsPtr>,
  // The last rows before an exit: with a batch that was refused before, they get their last try.
  caf::reacts_to<caf::flush_atom, HistoryBatchPtr>>;

struct HistoryState {
  static constexpr auto name = "history";

  std::optional<HistoryBuffer> buffer;
  HistoryWriterActor writer;
  HistoryBatchPtr on_its_way; ///< with the writer, or refused by it and to be tried again
  bool writer_busy = false;
  Timestamp retry_at;
  std::int64_t failures = 0;
  std::int64_t beats_since_failure = 0;
  HistoryConfig config;
  Timestamp forget_at; ///< when old rows are looked for next
  HistoryCounts written{};
  HistoryCounts lost{};
  HistoryCounts expired{};
};

/// Buffers what is published and gives it to `writer`, one batch at a time: while the store is
/// slow, broken or away the buffer fills, and nothing else.
HistoryActor::behavior_type history(HistoryActor::stateful_pointer<HistoryState> self,
                                    HistoryConfig config, HistoryWriterActor writer);

struct HistoryWriterState {
  static constexpr auto name = "history_writer";

  HistoryConfig config;
  std::shared_ptr<HistoryReaders> readers;
  std::unique_ptr<HistoryStore> store;
  HistoryBatchPtr refused; ///< the last batch, if it could not be written
  std::uint64_t failures_in_a_row = 0;

  HistoryWriterState() = default;
  HistoryWriterState(const HistoryWriterState&) = delete;
  HistoryWriterState& operator=(const HistoryWriterState&) = delete;
  ~HistoryWriterState() { close(); }
  /// Nobody may read a file that is being closed.
  void close() {
    if (readers) {
      readers->close();
    }
    store.reset();
  }
};

/// @param readers are let in while the file is open, and sent away if one is in the way
HistoryWriterActor::behavior_type
history_writer(HistoryWriterActor::stateful_pointer<HistoryWriterState> self, HistoryConfig config,
               std::shared_ptr<HistoryReaders> readers);

/// Spawns both, the writer on a thread of its own. The store is opened there, at once and again
/// after failures; open_history_store() before it tells early whether it can be. An exit that is
/// sent to the result is heeded after the messages before it, and what is buffered is written
/// before the system can end.
HistoryActor spawn_history(caf::actor_system& system, const HistoryConfig& config,
                           std::shared_ptr<HistoryReaders> readers);

} // namespace arbees
