#pragma once

#include <string>
#include <string_view>

#include "bridges/observer/line_format.hpp"

namespace arbees {

void pretty_message(std::string& out, const WireMessage& message, Paint paint);
void pretty_notice(std::string& out, const WireNotice& notice, Paint paint);

/// Appends `text` with a question mark for every control character, C1 included: nothing from
/// outside may move the cursor of a terminal.
void append_clean(std::string& out, std::string_view text);

} // namespace arbees
