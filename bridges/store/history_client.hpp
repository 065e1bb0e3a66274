#pragma once

#include "bridges/store/history_select.hpp"

#include <filesystem>

namespace arbees {

/// Runs one statement that reads on a history: asks the process that owns the file, or opens it
/// itself if there is none.
/// @returns Errc::io_failed if there is no history or it does not answer; see run_select()
caf::expected<SelectEnd> select_from_history(const std::filesystem::path& history,
                                             const SelectRequest& request, const SelectSink& sink);

} // namespace arbees
