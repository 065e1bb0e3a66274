#include "actors/messages/errors.hpp"

#include <caf/deep_to_string.hpp>

namespace arbees {

std::string to_string(Errc code) {
  switch (code) {
    case Errc::bad_frame:
      return "bad_frame";
    case Errc::unknown_market:
      return "unknown_market";
    case Errc::unknown_game:
      return "unknown_game";
    case Errc::bad_configuration:
      return "bad_configuration";
    case Errc::bad_credential:
      return "bad_credential";
    case Errc::io_failed:
      return "io_failed";
    case Errc::timed_out:
      return "timed_out";
    case Errc::http_status:
      return "http_status";
    case Errc::ledger_refused:
      return "ledger_refused";
  }
  return "unknown_code";
}

std::string describe(const caf::error& error) {
  if (!error) {
    return "none";
  }
  if (error.category() != caf::atom("arbees")) {
    return caf::deep_to_string(error);
  }
  const auto code = to_string(static_cast<Errc>(error.code()));
  if (error.context().match_elements<std::string>()) {
    return code + ": " + error.context().get_as<std::string>(0);
  }
  return error.context().empty() ? code : code + ": " + caf::deep_to_string(error.context());
}

} // namespace arbees
