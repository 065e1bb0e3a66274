#include "tools/sim/faulty_link.hpp"

#include <algorithm>
#include <utility>

namespace arbees::sim {

namespace {

constexpr UnixMillis swap_wait_ms = 250; ///< for a second frame, which may never come
constexpr int most_bytes_to_cut = 16'384;

std::size_t header_size(std::size_t payload) {
  return payload < 126 ? 2 : payload < 65'536 ? 4 : 10;
}

} // namespace

std::string text_frame(std::string_view payload) {
  std::string frame{static_cast<char>(0x81)};
  const auto header = header_size(payload.size());
  frame += static_cast<char>(header == 2 ? payload.size() : header == 4 ? 126 : 127);
  for (auto left = header - 2; left > 0; --left) {
    frame += static_cast<char>(payload.size() >> (8 * (left - 1)) & 0xFFU);
  }
  return frame.append(payload);
}

/// Connections are drawn for once a second, from a second after their first frame on: a client gets
/// that far even at rate 1.
void FaultyLink::new_second(UnixMillis now) {
  if (second_ && now - *second_ < 1000) {
    return;
  }
  if (!std::exchange(second_, now)) {
    return;
  }
  if (plan_->strikes(FaultClass::partial, random_)) {
    tears_ = true;
  } else if (!bytes_left_ && plan_->strikes(FaultClass::cut, random_)) {
    bytes_left_ = static_cast<std::size_t>(random_.range(0, most_bytes_to_cut));
  } else if (plan_->strikes(FaultClass::freeze, random_)) {
    frozen_until_ = now + random_.range(2000, 8000);
    deaf_ = random_.chance(0.5);
    loses_ = random_.chance(0.5);
  }
}

FaultyLink::Step FaultyLink::say(std::vector<std::string> frames, UnixMillis now) {
  Step step;
  const auto was_frozen = now < frozen_until_;
  deaf_ = deaf_ && was_frozen;
  while (!was_frozen && !held_.empty() && held_.begin()->first <= now) {
    emit(std::move(held_.extract(held_.begin()).mapped()), step);
  }
  if (!was_frozen && swapped_ && swapped_due_ms_ <= now) {
    emit(*std::exchange(swapped_, std::nullopt), step);
  }
  for (auto& frame : frames) {
    if (now >= frozen_until_) {
      new_second(now);
    }
    pass(std::move(frame), now, step);
  }
  return step;
}

void FaultyLink::pass(std::string frame, UnixMillis now, Step& step) {
  if (now < frozen_until_) {
    if (!deaf_ && frame == "PONG") {
      emit(std::move(frame), step);
    } else if (!loses_) {
      held_.emplace(frozen_until_, std::move(frame));
    }
  } else if (std::exchange(tears_, false)) {
    const auto header = header_size(frame.size());
    const auto at = header + frame.size() / 2;
    end(std::move(frame), {.at = at}, step);
  } else if (plan_->strikes(FaultClass::drop, random_)) {
    return;
  } else if (plan_->strikes(FaultClass::duplicate, random_)) {
    emit(frame, step);
    emit(std::move(frame), step);
  } else if (plan_->strikes(FaultClass::delay, random_)) {
    hold(std::move(frame), now);
  } else if (!swapped_ && plan_->strikes(FaultClass::reorder, random_)) {
    swapped_ = std::move(frame);
    swapped_due_ms_ = now + swap_wait_ms;
  } else {
    emit(std::move(frame), step);
  }
}

/// Half of the held frames keep their place among one another, half overtake.
void FaultyLink::hold(std::string frame, UnixMillis now) {
  auto due = now + random_.range(50, 1500);
  if (random_.chance(0.5)) {
    due = std::max(due, last_kept_ms_);
    last_kept_ms_ = due;
  }
  held_.emplace(due, std::move(frame));
}

void FaultyLink::emit(std::string frame, Step& step) {
  if (ended_) {
    return;
  }
  const auto size = header_size(frame.size()) + frame.size();
  if (bytes_left_ && *bytes_left_ < size) {
    end(std::move(frame), {.at = *bytes_left_, .reset = true}, step);
    return;
  }
  if (bytes_left_) {
    *bytes_left_ -= size;
  }
  step.frames.push_back(std::move(frame));
  if (auto first = std::exchange(swapped_, std::nullopt)) {
    emit(*std::move(first), step);
  }
}

void FaultyLink::end(std::string frame, Break broken, Step& step) {
  if (!std::exchange(ended_, true)) {
    step.frames.push_back(std::move(frame));
    step.broken = broken;
  }
}

std::optional<UnixMillis> FaultyLink::next_due() const {
  std::optional<UnixMillis> due;
  if (!held_.empty()) {
    due = held_.begin()->first;
  }
  if (swapped_) {
    due = std::min(due.value_or(swapped_due_ms_), swapped_due_ms_);
  }
  if (due || deaf_) {
    due = std::max(due.value_or(frozen_until_), frozen_until_);
  }
  return ended_ ? std::nullopt : due;
}

} // namespace arbees::sim
