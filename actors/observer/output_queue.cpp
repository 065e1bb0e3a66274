#include "actors/observer/output_queue.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace arbees {

namespace {

template <class T>
void move_front(std::deque<T>& from, std::vector<T>& to, std::size_t count) {
  const auto end = from.begin() + static_cast<std::ptrdiff_t>(std::min(count, from.size()));
  to.assign(std::make_move_iterator(from.begin()), std::make_move_iterator(end));
  from.erase(from.begin(), end);
}

} // namespace

std::optional<OutputBatch> OutputQueue::take() {
  if (busy_ || waiting() == 0) {
    return std::nullopt;
  }
  busy_ = true;
  OutputBatch batch{.output = output_};
  move_front(messages_, batch.messages, batch_);
  move_front(notices_, batch.notices, batch_);
  return batch;
}

std::optional<QueueNews> OutputQueue::news() {
  if (lost_ == 0) {
    return std::nullopt;
  }
  if (!told_) {
    told_ = true;
    return QueueNews{.overflowing = true};
  }
  if (messages_.size() > capacity_ / 2 || notices_.size() > max_notices / 2) {
    return std::nullopt;
  }
  told_ = false;
  return QueueNews{.lost = std::exchange(lost_, 0)};
}

void OutputQueue::done(const OutputDone& done) {
  busy_ = false;
  written_ += done.written;
  failed_ += done.failed;
}

} // namespace arbees
