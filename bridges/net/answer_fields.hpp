#pragma once

#include <boost/json.hpp>
#include <caf/expected.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "actors/messages/errors.hpp"
#include "actors/messages/money.hpp"
#include "actors/messages/time.hpp"
#include "bridges/net/json_fields.hpp"

// JSON of the venues' REST answers. Not for the hot path: feeds have parsers of their own.

namespace arbees {

/// `text` without its digits behind the `decimals`-th after the point.
std::string_view truncate_decimals(std::string_view text, int decimals);

/// A decimal that the venue sends as a string or as a number, as text; nothing for anything else.
std::optional<std::string> decimal_text(const boost::json::value& value);

/// Reads the fields of one JSON object and remembers the first that is missing or malformed, so
/// that a decoder reads all it needs and asks once. "", null and a missing key are all absent.
/// Quantities and money beyond 1e9 count as malformed; their digits beyond the sixth are cut off,
/// because averages and on-chain amounts carry more.
class AnswerFields {
public:
  /// @param value must outlive the reader.
  explicit AnswerFields(const boost::json::value& value);

  std::string text(std::string_view key);
  /// Empty if absent; of another type than string: a failure.
  std::string text_or_empty(std::string_view key);
  /// Of a string or a number.
  std::int64_t integer(std::string_view key);
  std::optional<std::int64_t> integer_if_any(std::string_view key);
  /// Absent is false.
  bool flag(std::string_view key);

  Price price(std::string_view key);
  Quantity quantity(std::string_view key);
  Money money(std::string_view key);
  std::optional<Quantity> quantity_if_any(std::string_view key);
  std::optional<Money> money_if_any(std::string_view key);
  /// The elements of an array; absent is empty.
  const boost::json::array& array(std::string_view key);
  /// Nothing if absent.
  [[nodiscard]] const boost::json::value* find(std::string_view key) const;

  void fail(std::string_view key);
  [[nodiscard]] bool ok() const { return failed_.empty(); }
  [[nodiscard]] caf::error error() const;
  /// `value` if nothing failed. @returns Errc::bad_frame with the name of the field
  template <class T>
  caf::expected<T> finish(T value) const {
    if (ok()) {
      return value;
    }
    return error();
  }

private:
  std::optional<std::int64_t> decimal(std::string_view key, int decimals);
  template <class T>
  T need(std::string_view key, std::optional<T> value) {
    if (!value) {
      fail(key);
      return T{};
    }
    return std::move(*value);
  }

  const boost::json::object* object_;
  std::string failed_;
};

/// Decodes each element of `array` with `decode`, a function from a JSON value to a
/// caf::expected. @returns the first element's failure
template <class Decode>
auto decode_each(const boost::json::array& array, Decode decode)
  -> caf::expected<std::vector<typename decltype(decode(array[0]))::value_type>> {
  std::vector<typename decltype(decode(array[0]))::value_type> decoded;
  decoded.reserve(array.size());
  for (const auto& element : array) {
    auto one = decode(element);
    if (!one) {
      return std::move(one.error());
    }
    decoded.push_back(std::move(*one));
  }
  return decoded;
}

} // namespace arbees
