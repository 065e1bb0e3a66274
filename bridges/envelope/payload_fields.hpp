#pragma once

#include <caf/error.hpp>
#include <caf/expected.hpp>

#include "actors/messages/errors.hpp"
#include "actors/messages/game.hpp"
#include "bridges/envelope/json_text.hpp"
#include "bridges/envelope/json_writer.hpp"
#include "bridges/envelope/market_directory.hpp"

// What the codecs of the payloads have in common. Stamps travel in microseconds and ids as the
// outside's own text; a 64-bit hash goes as hexadecimal text where no name is known.

namespace arbees {

/// Reads the fields of one JSON object and remembers the first that is missing or malformed, so
/// that a decoder reads all it needs and asks once.
class FieldReader {
public:
  explicit FieldReader(JsonValue object) : object_(object) {
    if (!object.is(JsonKind::object)) {
      failed_ = "object";
    }
  }

  std::string text(std::string_view key) { return need(key, object_[key].text()); }
  /// Empty if it is null or missing.
  std::string text_or_empty(std::string_view key);
  std::int64_t integer(std::string_view key) { return need(key, object_[key].integer()); }
  std::uint64_t count(std::string_view key) { return need(key, object_[key].count()); }
  bool boolean(std::string_view key) { return need(key, object_[key].boolean()); }
  /// An integer within `T`.
  template <class T>
  T small(std::string_view key) {
    const auto value = integer(key);
    if (value < std::numeric_limits<T>::min() || value > std::numeric_limits<T>::max()) {
      fail(key);
      return T{};
    }
    return static_cast<T>(value);
  }

  Price price(std::string_view key) { return need(key, as_price(object_[key])); }
  /// Nothing if it is null; a missing key is a failure.
  std::optional<Price> price_or_null(std::string_view key);
  Quantity quantity(std::string_view key) { return need(key, as_quantity(object_[key])); }
  Money money(std::string_view key) { return need(key, as_money(object_[key])); }

  /// Of null, as of an event that has not happened: Timestamp{}.
  Timestamp time_us(std::string_view key);
  Timestamp time_ms(std::string_view key);
  std::uint64_t hash(std::string_view key) { return need(key, parse_hex(text(key))); }

  /// The enumerator whose to_string() the field is. @pre enumerators run from 0 to `last`
  template <class Enum>
  Enum name(std::string_view key, Enum last) {
    const auto word = text(key);
    for (auto i = 0; i <= static_cast<int>(last); ++i) {
      if (to_string(static_cast<Enum>(i)) == word) {
        return static_cast<Enum>(i);
      }
    }
    fail(key);
    return Enum{};
  }

  /// market_id, or market_hash where the publisher did not know the name.
  MarketId market(Venue venue);
  /// game_id, or game_hash.
  GameId game();

  [[nodiscard]] JsonValue operator[](std::string_view key) const { return object_[key]; }
  void fail(std::string_view key);
  /// Takes over the failure of a part.
  void include(const FieldReader& part, std::string_view key);

  [[nodiscard]] bool ok() const { return failed_.empty(); }
  /// `value` if nothing failed. @returns Errc::bad_frame with the name of the field
  template <class T>
  caf::expected<T> finish(T value) const {
    if (ok()) {
      return value;
    }
    return caf::make_error(Errc::bad_frame, "field " + failed_);
  }

  static std::optional<Price> as_price(JsonValue value);
  static std::optional<Quantity> as_quantity(JsonValue value);
  static std::optional<Money> as_money(JsonValue value);

private:
  template <class T>
  T need(std::string_view key, std::optional<T> value) {
    if (!value) {
      fail(key);
      return T{};
    }
    return std::move(*value);
  }

  JsonValue object_;
  std::string failed_;
};

/// Microseconds since the epoch, null for Timestamp{}.
void write_time_us(JsonWriter& json, std::string_view key, Timestamp at);
/// From `from` to `to`, null unless both have happened.
void write_span_us(JsonWriter& json, std::string_view key, Timestamp from, Timestamp to);
void write_market(JsonWriter& json, const MarketDirectory& directory, MarketId market);
void write_game(JsonWriter& json, const MarketDirectory& directory, GameId game);

void write_game_info(JsonWriter& json, const GameInfo& game);
GameInfo read_game_info(FieldReader& fields);

} // namespace arbees
