#include "actors/observer/seen_messages.hpp"

namespace arbees {

bool SeenMessages::first_time(const std::string& source, const std::string& name,
                              std::uint64_t seq) {
  auto& run = find(source, name);
  if (run.next > window && seq < run.next - window) {
    return false;
  }
  if (seq >= run.next) {
    // Numbers that are passed over have not been seen, whatever had their place before.
    const auto passed = seq - run.next;
    if (passed >= window) {
      run.seen.assign(window, false);
    } else {
      for (auto number = run.next; number < seq; ++number) {
        run.seen[number % window] = false;
      }
    }
    run.next = seq + 1;
    run.seen[seq % window] = true;
    return true;
  }
  const auto before = static_cast<bool>(run.seen[seq % window]);
  run.seen[seq % window] = true;
  return !before;
}

SeenMessages::Run& SeenMessages::find(const std::string& source, const std::string& name) {
  const Key key{source, name};
  const auto known = runs_.find(key);
  if (known != runs_.end()) {
    order_.splice(order_.end(), order_, known->second.turn);
    return known->second;
  }
  if (runs_.size() == max_runs) {
    runs_.erase(order_.front());
    order_.pop_front();
  }
  auto& run = runs_[key];
  run.seen.assign(window, false);
  run.turn = order_.insert(order_.end(), key);
  return run;
}

} // namespace arbees
