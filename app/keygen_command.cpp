#include "app/keygen_command.hpp"

#include <fmt/format.h>

#include "bridges/zmq/curve_keys.hpp"

namespace arbees {

ExitCode make_keys(const CommandLine& line) {
  const auto made = make_curve_keys(line.keys, line.key_name);
  if (!made) {
    fmt::print(stderr, "arbees: {}\n", describe(made.error()));
    return made.error() == Errc::bad_configuration ? ExitCode::usage : ExitCode::failure;
  }
  fmt::print(
    "made {}: the secret key, stays on this host\n"
    "made {}: the public key, for the others\n"
    "next: put {} into the configuration as curve.key_file; copy the .pub into the folder\n"
    "of keys of every host that this one talks to, and theirs into {}. Where one publishes\n"
    "at tcp://HOST:PORT, its file must be called HOST.pub.\n",
    made->secret.string(), made->public_key.string(), made->secret.string(), line.keys.string());
  return ExitCode::ok;
}

} // namespace arbees
