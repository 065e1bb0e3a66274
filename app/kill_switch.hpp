#pragma once

#include <caf/error.hpp>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "actors/messages/control.hpp"

namespace arbees {

/// The file by which a person, a script or `arbees halt` says what may be traded: one line, a state
/// and a reason. It needs nothing but a file system, and a `touch` of it halts: what cannot be
/// understood means halted. It is looked at many times a second.
class KillSwitch {
public:
  explicit KillSwitch(std::filesystem::path file) : file_{std::move(file)} {}

  /// What the file says, if it has changed since the last look, or at the first one. A file that
  /// goes away changes nothing: states are latched.
  std::optional<TradingControl> look();

  /// Writes `state` and `reason` so that a reader sees all of it or nothing.
  /// @returns Errc::io_failed
  caf::error write(TradingState state, std::string_view reason) const;

  [[nodiscard]] const std::filesystem::path& file() const { return file_; }

private:
  struct Version {
    std::int64_t modified_ns = 0;
    std::uint64_t inode = 0;
    std::int64_t size = -1;

    bool operator==(const Version&) const = default;
  };

  [[nodiscard]] std::optional<Version> version() const;

  std::filesystem::path file_;
  std::optional<Version> seen_;
};

/// The state in a line of the file: the first word, the rest is a reason.
TradingControl parse_kill_switch(std::string_view line);

} // namespace arbees
