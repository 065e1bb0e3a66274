#pragma once

#include <cstdint>
#include <string>

namespace arbees::bench {

/// What a figure depends on besides the code. Fields that cannot be read are empty or 0.
struct MachineState {
  std::string processor;
  unsigned cores = 0;
  std::string kernel;
  std::string load; ///< of 1, 5 and 15 minutes
  std::uint64_t memory_mib = 0;
  std::uint64_t available_mib = 0;

  static MachineState read();
};

} // namespace arbees::bench
