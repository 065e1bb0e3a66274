#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace arbees {

/// Takes the messages of a publisher to another rail than ZMQ, byte for byte.
class EnvelopeSink {
public:
  EnvelopeSink() = default;
  virtual ~EnvelopeSink() = default;
  EnvelopeSink(const EnvelopeSink&) = delete;
  EnvelopeSink& operator=(const EnvelopeSink&) = delete;

  /// Takes one message, both frames as they are on ZMQ; never waits.
  virtual void put(std::string_view topic, std::string_view envelope) = 0;
  /// Adds its counters to `values`.
  virtual void report(std::map<std::string, std::int64_t>& values) const = 0;
};

} // namespace arbees
