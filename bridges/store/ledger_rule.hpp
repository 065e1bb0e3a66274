#pragma once

#include <fmt/format.h>
#include <sqlite3.h>

#include "bridges/store/sqlite.hpp"

namespace arbees {

/// A rule that SQLite cannot check was broken: said in its words, as a broken constraint.
inline SqliteFailure rule(std::string text) {
  return {.code = SQLITE_CONSTRAINT, .text = std::move(text)};
}

/// What may not be taken for a record's own fault, even if it is a constraint.
inline std::optional<SqliteFailure> not_a_rule(std::optional<SqliteFailure> failure) {
  if (failure && failure->constraint()) {
    failure->code = SQLITE_ERROR;
  }
  return failure;
}

/// The failure with what it is about.
inline std::optional<SqliteFailure>
about(std::string_view what, std::optional<SqliteFailure> failure) {
  if (failure) {
    failure->text = fmt::format("{}: {}", what, failure->text);
  }
  return failure;
}

} // namespace arbees
