#pragma once

#include <fmt/format.h>

#include "bridges/store/database.hpp"

namespace arbees {

/// A rule that no database checks was broken: said as a broken constraint.
inline DatabaseFailure rule(std::string text) {
  return {.kind = DatabaseFailure::Kind::constraint, .text = std::move(text)};
}

/// What may not be taken for a record's own fault, even if it is a constraint.
inline std::optional<DatabaseFailure> not_a_rule(std::optional<DatabaseFailure> failure) {
  if (failure && failure->constraint()) {
    failure->kind = DatabaseFailure::Kind::refused;
  }
  return failure;
}

/// The failure with what it is about.
inline std::optional<DatabaseFailure>
about(std::string_view what, std::optional<DatabaseFailure> failure) {
  if (failure) {
    failure->text = fmt::format("{}: {}", what, failure->text);
  }
  return failure;
}

} // namespace arbees
