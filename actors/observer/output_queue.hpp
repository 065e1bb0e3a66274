#pragma once

#include <cstddef>
#include <deque>
#include <optional>

#include "actors/messages/wire.hpp"

namespace arbees {

/// An output could not keep up, and later could again.
struct QueueNews {
  bool overflowing = false; ///< began to drop; else: has caught up
  std::uint64_t lost = 0;   ///< since it began, once it has caught up
};

/// What waits for one output. The output holds at most one batch at a time and says when it is
/// done; meanwhile what is new waits here, and when it is too much the oldest goes.
class OutputQueue {
public:
  static constexpr std::size_t max_notices = 1'000;

  /// @param capacity of messages that wait @param batch the most that the output gets at once
  OutputQueue(std::uint32_t output, std::size_t capacity, std::size_t batch)
    : output_(output), capacity_(capacity), batch_(batch) {}

  void push(const WireMessage& message) { push(messages_, message, capacity_); }
  void push(const WireNotice& notice) { push(notices_, notice, max_notices); }

  /// The next batch, if there is something to write and the output is idle.
  std::optional<OutputBatch> take();
  /// The output can take the next batch.
  void done(const OutputDone& done);

  /// That the queue has begun to overflow, or has halved since; each is told once.
  std::optional<QueueNews> news();

  [[nodiscard]] std::uint64_t dropped() const { return dropped_; }
  [[nodiscard]] std::uint64_t written() const { return written_; }
  [[nodiscard]] std::uint64_t failed() const { return failed_; }
  [[nodiscard]] std::size_t waiting() const { return messages_.size() + notices_.size(); }

private:
  template <class T>
  void push(std::deque<T>& queue, const T& item, std::size_t limit) {
    if (queue.size() >= limit) {
      queue.pop_front();
      ++dropped_;
      ++lost_;
    }
    queue.push_back(item);
  }

  std::uint32_t output_;
  std::size_t capacity_;
  std::size_t batch_;
  std::deque<WireMessage> messages_;
  std::deque<WireNotice> notices_;
  bool busy_ = false;
  std::uint64_t dropped_ = 0;
  std::uint64_t lost_ = 0; ///< of the overflow that lasts
  bool told_ = false;      ///< that it has begun
  std::uint64_t written_ = 0;
  std::uint64_t failed_ = 0;
};

} // namespace arbees
