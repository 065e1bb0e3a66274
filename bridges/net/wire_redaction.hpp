#pragma once

#include <string>
#include <string_view>

#include "bridges/net/capture_format.hpp"

namespace arbees {

/// What stands in a capture in the place of a secret.
inline constexpr std::string_view redacted = "[redacted]";

/// Whether the value of this header may stand in a capture. Of what we send only headers that are
/// known to be harmless may, so that a venue's new kind of credential is not kept by mistake.
bool may_be_captured(CaptureDirection direction, std::string_view header_name);

/// `text` with the value of each member that has a secret's name replaced, whatever its type; all
/// other bytes as they were. Also inside JSON that stands in a string of JSON, and in broken JSON.
std::string redact_json(std::string_view text);

/// A path and query, with the values of the query's secrets replaced.
std::string redact_target(std::string_view target);

/// An HTTP message, head and body.
std::string redact_http(CaptureDirection direction, std::string_view message);

/// Takes the secrets out of a record, and wipes the bytes that held any.
void redact(CaptureRecord& record);

} // namespace arbees
