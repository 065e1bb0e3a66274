#pragma once

#include <caf/expected.hpp>

#include "app/config.hpp"
#include "tools/replay/session.hpp"

namespace arbees::replay {

/// The session that decides as a paper run with `config` would, with its tables read from disk.
/// @returns Errc::bad_configuration if a table cannot be read
caf::expected<SessionConfig> session_config(const Config& config);

} // namespace arbees::replay
