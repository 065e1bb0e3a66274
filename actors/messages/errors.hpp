#pragma once

#include <caf/error.hpp>
#include <caf/make_message.hpp>
#include <cstdint>
#include <string>

namespace arbees {

/// A code only where some caller acts on the difference.
enum class Errc : std::uint8_t {
  bad_frame = 1, ///< bytes from outside that are not what they should be
  unknown_market,
  unknown_game,
  bad_configuration,
  bad_credential,
  io_failed, ///< a socket, file or database refused
  timed_out,
  http_status,    ///< the venue answered, but not 2xx
  ledger_refused, ///< the intent was not committed: nothing may be sent
};

std::string to_string(Errc code);

/// The text of `error` for a log line or a person: code and context.
std::string describe(const caf::error& error);

} // namespace arbees

CAF_ERROR_CODE_ENUM(arbees::Errc, "arbees")
