#pragma once

#include <caf/expected.hpp>
#include <chrono>
#include <string>
#include <string_view>

#include "actors/messages/errors.hpp"

namespace arbees {

/// Lines to a terminal, a pipe or a file, in bounded time: what cannot be written is given up, so
/// that a stopped terminal or a full disk never stops the program.
class LineWriter {
public:
  /// Opens `path` to append to it; several programs may append to one file.
  /// @returns Errc::io_failed with path and cause.
  static caf::expected<LineWriter>
  append_to(const std::string& path, std::chrono::milliseconds patience = default_patience);
  /// Writes to a descriptor of the caller's, who keeps it open.
  static LineWriter
  to_descriptor(int descriptor, std::chrono::milliseconds patience = default_patience);

  LineWriter(LineWriter&& other) noexcept;
  LineWriter& operator=(LineWriter&& other) noexcept;
  ~LineWriter();

  /// Writes `lines`, each with its end; returns how many of them were not written in full.
  /// @param lines ends with a line end
  std::size_t write(std::string_view lines);

  /// Whether no other writer has the file open, here or in another program.
  [[nodiscard]] bool alone() const;

  static constexpr std::chrono::milliseconds default_patience{1000};

private:
  LineWriter(int descriptor, bool owned, std::chrono::milliseconds patience)
    : descriptor_(descriptor), owned_(owned), patience_(patience) {}

  /// Waits until something fits and writes a piece of `text`; 0 if nothing could be written.
  std::size_t write_some(std::string_view text);

  int descriptor_ = -1;
  bool owned_ = false;
  std::chrono::milliseconds patience_;
  bool torn_ = false; ///< the last write ended inside a line
};

} // namespace arbees
