#pragma once

#include <string_view>
#include <vector>

namespace arbees {

/// The fields of one line, split at each `separator`; there is no quoting.
std::vector<std::string_view> split_fields(std::string_view line, char separator);

/// The lines of `text` without line ends, empty ones and comments ("#") left out.
std::vector<std::string_view> split_lines(std::string_view text);

} // namespace arbees
