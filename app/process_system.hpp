#pragma once

#include <caf/actor_system_config.hpp>
#include <cstdint>

namespace arbees {

/// Of the actor system of a process of arbees, and of programs that talk to one.
class ProcessSystemConfig : public caf::actor_system_config {
public:
  /// @param with_cluster loads CAF's network layer
  ProcessSystemConfig(std::int32_t workers, bool with_cluster);
};

} // namespace arbees
