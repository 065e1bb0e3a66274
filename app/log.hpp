#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace arbees {

struct LogConfig {
  std::string level = "info"; ///< debug, info, warn, error
  std::filesystem::path file; ///< empty: standard error
};

/// Sends logs through one writer thread to a file or to standard error. When the writer falls
/// behind, the oldest lines go.
/// @returns what is wrong with the file, if anything
std::optional<std::string> start_log(const LogConfig& config);

} // namespace arbees
