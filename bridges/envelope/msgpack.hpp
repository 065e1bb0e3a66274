#pragma once

#include <caf/error.hpp>
#include <string>
#include <string_view>

#include "actors/messages/errors.hpp"

// MessagePack as another form of the JSON that the bus carries: the same keys and values. Of the
// specification (github.com/msgpack/msgpack, spec.md) all that JSON can say, and nothing more.

namespace arbees {

/// True if `frame` begins like a MessagePack map, as every envelope does; JSON begins with '{'.
bool is_msgpack(std::string_view frame);

/// Appends `json` to `out` as MessagePack: integers as integers, other numbers as float 64.
/// @returns Errc::bad_frame, and `out` as it was, if `json` is not valid or a number has no
///   finite double
caf::error json_to_msgpack(std::string_view json, std::string& out);

/// Appends one whole MessagePack value to `out` as JSON; a float in its shortest decimal form, so
/// that what came from JSON with up to 15 digits is the same again.
/// @returns Errc::bad_frame, and `out` as it was, for anything that is cut off, goes on behind the
///   value, is nested deeper than JsonDocument allows, or has no JSON: bin, ext, NaN, infinity,
///   a key that is no text, text that is not UTF-8
caf::error msgpack_to_json(std::string_view frame, std::string& out);

} // namespace arbees
