#pragma once

#include <caf/actor_system_config.hpp>
#include <caf/io/middleman.hpp>
#include <caf/openssl/all.hpp>

#include "actors/messages/errors.hpp"
#include "bridges/cluster/tls_files.hpp"

namespace arbees {

/// What is wrong with them: CAF itself ends the program where one cannot be used.
/// @returns Errc::bad_credential, naming the file and the way out
caf::error check_tls(const TlsFiles& files);

/// Loads CAF's network layer; with TLS, if there are files.
void load_network(caf::actor_system_config& config, const TlsFiles& files);

/// Who connects to other processes: with TLS, if that is loaded.
inline caf::io::middleman_actor network_of(caf::actor_system& system) {
  return system.has_openssl_manager() ? system.openssl_manager().actor_handle()
                                      : system.middleman().actor_handle();
}

/// Makes `actor` known to other processes; the port that it has.
template <class Handle>
caf::expected<std::uint16_t> publish_on_network(caf::actor_system& system, const Handle& actor,
                                                std::uint16_t port, const char* address) {
  return system.has_openssl_manager() ? caf::openssl::publish(actor, port, address, true)
                                      : system.middleman().publish(actor, port, address, true);
}

/// The actor that another process has published there; waits until it answers.
template <class Handle>
caf::expected<Handle>
find_on_network(caf::actor_system& system, const std::string& host, std::uint16_t port) {
  return system.has_openssl_manager() ? caf::openssl::remote_actor<Handle>(system, host, port)
                                      : system.middleman().remote_actor<Handle>(host, port);
}

} // namespace arbees
