#pragma once

#include "bridges/store/history_place.hpp"
#include "bridges/store/history_select.hpp"

namespace arbees {

/// Runs one statement that reads on a history. Of a file it asks the process that owns it, or opens
/// it itself if there is none; a PostgreSQL server answers by itself, in its own SQL.
/// @returns Errc::io_failed if there is no history or it does not answer; see run_select()
caf::expected<SelectEnd> select_from_history(const HistoryPlace& history,
                                             const SelectRequest& request, const SelectSink& sink);

} // namespace arbees
