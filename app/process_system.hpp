#pragma once

#include <caf/actor_system_config.hpp>
#include <cstdint>

#include "bridges/cluster/tls_files.hpp"

namespace arbees {

/// Of the actor system of a process of arbees, and of programs that talk to one.
class ProcessSystemConfig : public caf::actor_system_config {
public:
  /// @param with_cluster loads CAF's network layer; with TLS, if there are files for it
  ProcessSystemConfig(std::int32_t workers, bool with_cluster, const TlsFiles& tls = {});
};

} // namespace arbees
