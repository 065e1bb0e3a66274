#pragma once

#include <caf/expected.hpp>
#include <string>

#include "actors/messages/errors.hpp"
#include "bridges/net/secret.hpp"

namespace arbees {

/// Reads the key or secret in the file `path`, without white space at its end.
/// @returns Errc::bad_credential, naming the file and the way out, unless it is a regular file of
/// ours that neither group nor others may touch, of 1 byte to 64 KiB.
caf::expected<Secret> read_secret_file(const std::string& path);

} // namespace arbees
