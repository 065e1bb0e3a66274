#pragma once

#include <cstdint>
#include <string>

namespace arbees::bench {

struct TransportWish {
  std::string redis = "redis://127.0.0.1:6379"; ///< URL of a Redis of its own
  double seconds = 20;                          ///< of both transports together
  int rounds = 5;                               ///< they take turns so often
  std::uint64_t rate = 1'000;                   ///< order books a second
  std::uint64_t every = 20;                     ///< each such book becomes a trade
  bool as_json = false;
};

/// How the verdict comes about, for --help.
extern const char* const transport_rule;

enum class Verdict : std::uint8_t { go, debug, no_go, not_measured };

/// Sends the same messages over ZMQ and over Redis's channels, in turn, and prints how long they
/// take hop by hop, with the state of the machine.
Verdict compare_transports(const TransportWish& wish);

} // namespace arbees::bench
