#pragma once

#include <filesystem>
#include <string>

namespace arbees {

/// Where a history is.
struct HistoryPlace {
  std::filesystem::path file; ///< of DuckDB
  std::string url;            ///< of a PostgreSQL database instead; empty: the file. Never shown
};

/// The place for people, without the password.
std::string shown_place(const HistoryPlace& place);

} // namespace arbees
