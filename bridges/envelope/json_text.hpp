#pragma once

#include <caf/expected.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "actors/messages/errors.hpp"

namespace arbees {

class JsonDocument;

enum class JsonKind : std::uint8_t { null, boolean, number, string, array, object };

/// A value of a JsonDocument, or nothing. Cheap to copy; dies with its document.
class JsonValue {
public:
  JsonValue() = default;

  /// False if there is no such value. Every question to a missing value has an empty answer.
  explicit operator bool() const { return document_ != nullptr; }
  [[nodiscard]] bool is(JsonKind kind) const;
  [[nodiscard]] bool is_null() const { return is(JsonKind::null); }

  /// The value's own text, exactly as it came: a number keeps every digit.
  [[nodiscard]] std::string_view raw() const;
  [[nodiscard]] std::optional<std::string> text() const;        ///< of a string, unescaped
  [[nodiscard]] std::optional<std::string_view> number() const; ///< of a number, as written
  [[nodiscard]] std::optional<std::int64_t> integer() const;    ///< of a number without fraction
  [[nodiscard]] std::optional<std::uint64_t> count() const;     ///< the same, never negative
  [[nodiscard]] std::optional<bool> boolean() const;

  /// The member of an object. Of repeated keys the first counts.
  [[nodiscard]] JsonValue operator[](std::string_view key) const;
  /// The elements of an array, or the members of an object.
  [[nodiscard]] std::vector<JsonValue> children() const;
  [[nodiscard]] std::string key() const; ///< of a member

private:
  friend class JsonDocument;
  JsonValue(const JsonDocument& document, std::uint32_t index)
    : document_(&document), index_(index) {}

  const JsonDocument* document_ = nullptr;
  std::uint32_t index_ = 0;
};

/// JSON (RFC 8259) as views into its text. Boost.JSON turns "0.42" into a double and cannot give
/// back the text of a part; the bus needs both, the digits of a price and the payload as it came.
class JsonDocument {
public:
  static constexpr std::size_t max_depth = 32;
  static constexpr std::size_t max_bytes = 4 * 1024 * 1024;

  /// @param text must outlive the document and its values.
  /// @returns Errc::bad_frame, with the offset, for anything but one whole valid value.
  static caf::expected<JsonDocument> parse(std::string_view text);

  [[nodiscard]] JsonValue root() const { return {*this, 0}; }

private:
  friend class JsonValue;
  friend class JsonParser;

  struct Node {
    JsonKind kind;
    std::uint32_t begin;
    std::uint32_t end;
    std::uint32_t key_begin; ///< behind the quote; equal to key_end if there is no key
    std::uint32_t key_end;
    std::uint32_t next; ///< the node behind this one and its descendants
  };

  [[nodiscard]] std::string_view between(std::uint32_t begin, std::uint32_t end) const {
    return text_.substr(begin, end - begin);
  }

  std::string_view text_;
  std::vector<Node> nodes_;
};

/// True if `text` is valid UTF-8, without overlong forms and surrogates.
bool valid_utf8(std::string_view text);

} // namespace arbees
