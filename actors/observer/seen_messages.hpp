#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace arbees {

/// Tells whether a message was there before, by (source, run, seq): whoever hears the bus and reads
/// its mirror sees many twice.
class SeenMessages {
public:
  /// Of each run so many of the newest numbers are remembered; older ones count as seen.
  static constexpr std::uint64_t window = 65'536;
  /// Then the run that was silent for longest is forgotten.
  static constexpr std::size_t max_runs = 256;

  /// True the first time.
  bool first_time(const std::string& source, const std::string& run, std::uint64_t seq);

private:
  using Key = std::pair<std::string, std::string>;

  struct Run {
    std::uint64_t next = 0;        ///< above the highest number heard
    std::vector<bool> seen;        ///< by number modulo the window
    std::list<Key>::iterator turn; ///< in order of the last message
  };

  Run& find(const std::string& source, const std::string& run);

  std::map<Key, Run> runs_;
  std::list<Key> order_; ///< longest silent first
};

} // namespace arbees
