#pragma once

#include <variant>

#include "bridges/store/history_select.hpp"

namespace arbees {

// What is said over the history's socket: one JSON object a line. The one who asks says
//   {"sql":"SELECT …","max_rows":100,"timeout_ms":10000}
// and hears {"columns":[["name","TYPE"],…]}, any number of {"rows":[["text",null,…],…]}, and at the
// end {"end":true,"row_count":3,"cut":false}, or {"error":"…"} instead of any of them.

inline constexpr std::size_t max_request_bytes = 256 * 1024;
inline constexpr std::size_t max_answer_line_bytes = 4 * 1024 * 1024;

struct SelectFailed {
  std::string why;
};
using SelectAnswer =
  std::variant<std::vector<SelectColumn>, std::vector<SelectRow>, SelectEnd, SelectFailed>;

std::string request_line(const SelectRequest& request);
/// @returns Errc::bad_frame
caf::expected<SelectRequest> parse_request(std::string_view line);

std::string columns_line(const std::vector<SelectColumn>& columns);
/// As many lines as it takes for none to be too long.
/// @returns Errc::bad_frame if a single row is
caf::expected<std::vector<std::string>> rows_lines(const std::vector<SelectRow>& rows);
std::string end_line(const SelectEnd& end);
std::string error_line(std::string_view why);
/// @returns Errc::bad_frame
caf::expected<SelectAnswer> parse_answer(std::string_view line);

} // namespace arbees
