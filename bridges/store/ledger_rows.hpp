#pragma once

#include <fmt/format.h>

#include <caf/error.hpp>
#include <optional>
#include <string>
#include <vector>

#include "actors/messages/errors.hpp"

#include "bridges/store/database.hpp"
#include "bridges/store/ledger_text.hpp"

namespace arbees {

/// A row's columns from left to right. A text that is not what this program writes is noted, and
/// the row must then not be used.
class RowReader {
public:
  explicit RowReader(const Statement& row) : row_(row) {}

  std::int64_t integer() { return row_.integer(column_++); }
  std::string text() { return row_.text(column_++); }
  bool null() const { return row_.null(column_); }
  Quantity quantity() { return Quantity{integer()}; }
  Money money() { return Money{integer()}; }
  Price price() { return Price{static_cast<std::int32_t>(integer())}; }
  Timestamp time() { return from_ns(integer()); }

  std::optional<Timestamp> maybe_time() {
    return null() ? (++column_, std::nullopt) : std::optional{time()};
  }

  template <class Id>
  Id id() {
    const auto value = parse_hex(text());
    valid_ = valid_ && value;
    return Id{value.value_or(0)};
  }
  template <class Enum, class Name>
  Enum name(Enum last, Name to_name) {
    const auto value = enum_of(text(), last, to_name);
    valid_ = valid_ && value;
    return value.value_or(Enum{});
  }
  Side side() {
    return name(Side::no, [](Side x) { return to_string(x); });
  }
  Action action() {
    return name(Action::sell, [](Action x) { return to_string(x); });
  }
  Venue venue() {
    return name(Venue::polymarket, [](Venue x) { return to_string(x); });
  }

  /// Columns side, action, price_e4, quantity_e6, fee_e6, at_ns.
  void execution(Fill& fill) {
    fill.side = side();
    fill.action = action();
    fill.price = price();
    fill.quantity = quantity();
    fill.fee = money();
    fill.at = time();
  }

  /// Makes the row unusable if `condition` is false.
  void expect(bool condition) { valid_ = valid_ && condition; }
  [[nodiscard]] bool valid() const { return valid_; }

private:
  const Statement& row_;
  int column_ = 0;
  bool valid_ = true;
};

inline caf::error unreadable(std::string_view what, const DatabaseFailure& failure) {
  return caf::make_error(Errc::io_failed, fmt::format("ledger: {}: {}", what, failure.text));
}

/// Calls `row(RowReader&)` for every row of `sql`.
template <class F>
caf::error for_each_row(Database& database, std::string_view what, std::string_view sql,
                        const std::vector<std::string>& values, F row) {
  const auto statement = database.prepare(sql);
  for (const auto& value : values) {
    statement->bind(value);
  }
  while (statement->next()) {
    RowReader reader{*statement};
    row(reader);
    if (!reader.valid()) {
      return caf::make_error(Errc::io_failed,
                             fmt::format("ledger: {}: a row holds a name that is unknown", what));
    }
  }
  return statement->failure() ? unreadable(what, *statement->failure()) : caf::error{};
}

} // namespace arbees
