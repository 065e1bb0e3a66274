#pragma once

#include <array>
#include <bitset>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "actors/messages/wire.hpp"

namespace arbees {

/// A way that messages take from a publisher to a reader: ZMQ, and Redis's channels.
enum class Rail : std::uint8_t { zmq, redis };

std::string_view to_string(Rail rail);

struct RailJoinConfig {
  /// A rail that says nothing of a source for so long after the other brought something new of it,
  /// while that goes on, is called silent. Zero: there is one rail only.
  std::chrono::milliseconds silence{2'000};
};

/// Makes one stream of two rails that carry the same: of each source and run every number once,
/// rising. Whichever rail is ahead is followed, so that one which falls silent or goes away is not
/// missed. What both lost shows as a gap, as on one rail. Plain state.
class RailJoin {
public:
  using Moment = std::chrono::steady_clock::time_point;

  static constexpr std::size_t max_sources = 256; ///< names and runs come from outside
  static constexpr std::size_t max_runs = 4;      ///< of one source

  struct Counters {
    std::array<std::uint64_t, 2> given{}; ///< by the rail that brought them first
    std::uint64_t doubles = 0;            ///< given out before
    std::uint64_t late = 0; ///< never given out: something newer of its source had been
    std::array<std::uint64_t, 2> silences{}; ///< by rail
  };

  /// A rail has fallen silent, or is heard again, as far as one source goes.
  struct Notice {
    Rail rail = Rail::zmq;
    bool silent = false;
    std::string source;
    std::string run;
  };

  explicit RailJoin(RailJoinConfig config = {}) : config_{config} {}

  /// True if `message` is to be given out, false if it is to be dropped.
  bool take(Rail rail, const WireMessage& message, Moment now);

  /// What has been noticed since this was asked last.
  std::vector<Notice> take_notices() { return std::exchange(notices_, {}); }
  [[nodiscard]] const Counters& counters() const { return counters_; }

private:
  static constexpr std::size_t remembered = 4'096;

  struct Run {
    std::string run;
    std::uint64_t next = 0;      ///< above all that was given out
    std::bitset<remembered> out; ///< which of the last numbers were
    Moment heard{};
    std::array<std::optional<Moment>, 2> owes{}; ///< by rail, since when it should have spoken
    std::array<bool, 2> silent{};
  };

  Run& run_of(const WireMessage& message, Moment now);
  void forget_one_source();
  void hear(Run& run, Rail rail, const WireMessage& message, Moment now);
  void advance(Run& run, std::uint64_t seq);

  RailJoinConfig config_;
  std::map<std::string, std::vector<Run>, std::less<>> sources_;
  std::vector<Notice> notices_;
  Counters counters_;
};

} // namespace arbees
