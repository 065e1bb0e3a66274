#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace arbees {

/// The form in which names of teams are compared (venues/games.md section 4): without accents,
/// lower case, words parted by one blank, "&" as "and", a last "St." as "state" and any other as
/// "saint". Only whole results are ever compared: a part of a name is not a name.
std::string normalise_name(std::string_view name);

/// "Miami (OH)" is "miami-oh".
std::string slug_of(std::string_view name);

/// The two sides of "A vs B", "A vs. B", "A at B" or "A @ B", up to what titles add behind them
/// (": …", "?", "Winner"). Nothing if there are not exactly two.
std::optional<std::pair<std::string, std::string>> split_title(std::string_view title);

} // namespace arbees
