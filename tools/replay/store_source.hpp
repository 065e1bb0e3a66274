#pragma once

#include <filesystem>

#include "tools/replay/capture_source.hpp"

namespace arbees::replay {

struct StorePlayed {
  std::uint64_t rows = 0;
  std::uint64_t given = 0;                      ///< to the session
  std::map<std::string, std::uint64_t> refused; ///< rows that make no message, by reason
};

/// True if the file is DuckDB's, by its first bytes.
bool is_store(const std::filesystem::path& file);

/// Plays a history (`history.file`) of a run that has ended: prices, connections, games and matches
/// go in by the time at which they were received; decisions are made anew.
///
/// Not to be had from it: levels behind the best, so that there is less to take than there was;
/// games and matches that were kept before their tables had the column `payload`.
/// @returns Errc::io_failed if the file cannot be read, also while arbees has it open
caf::expected<StorePlayed>
play_store(const std::filesystem::path& file, Session& session, const Pace& pace = {});

} // namespace arbees::replay
