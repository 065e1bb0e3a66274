#pragma once

#include <string>

namespace arbees {

/// Why `url` is not one of a PostgreSQL database; empty if it is. Nothing of it is repeated: what
/// is malformed may hold the password.
std::string postgres_url_problem(const std::string& url);

/// The same place without the password: "postgresql://arbees@db.example:5432/arbees".
std::string shown_postgres_url(const std::string& url);

} // namespace arbees
