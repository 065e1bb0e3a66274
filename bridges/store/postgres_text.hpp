#pragma once

#include <string>
#include <string_view>

namespace arbees {

/// `text` as PostgreSQL can keep it: the server refuses a byte 0 and what is not UTF-8, and a venue
/// may send either. Such a byte b becomes the character U+F700 + b of the private use area, and so
/// do the bytes of these characters themselves. All other text stays as it is.
std::string to_postgres_text(std::string_view text);
/// The inverse.
std::string from_postgres_text(std::string_view text);

/// SQL with the parameters `?` and `?1` as `$1`. What stands in single quotes is left alone.
std::string numbered_parameters(std::string_view sql);

} // namespace arbees
