#include "tools/bench/machine_state.hpp"

#include <sys/utsname.h>

#include <fstream>
#include <sstream>
#include <thread>

namespace arbees::bench {

namespace {

/// The text behind "key : " in a file of lines.
std::string field(const char* path, const std::string& key) {
  std::ifstream file{path};
  for (std::string line; std::getline(file, line);) {
    const auto colon = line.find(':');
    if (colon == std::string::npos || !line.starts_with(key)) {
      continue;
    }
    const auto begin = line.find_first_not_of(" \t", colon + 1);
    return begin == std::string::npos ? std::string{} : line.substr(begin);
  }
  return {};
}

std::uint64_t mebibytes(const std::string& key) {
  std::istringstream text{field("/proc/meminfo", key)};
  std::uint64_t kibibytes = 0;
  text >> kibibytes;
  return kibibytes / 1'024;
}

} // namespace

MachineState MachineState::read() {
  MachineState state{.processor = field("/proc/cpuinfo", "model name"),
                     .cores = std::thread::hardware_concurrency(),
                     .memory_mib = mebibytes("MemTotal"),
                     .available_mib = mebibytes("MemAvailable")};
  std::ifstream load{"/proc/loadavg"};
  std::string one;
  std::string five;
  std::string fifteen;
  if (load >> one >> five >> fifteen) {
    state.load = one + " " + five + " " + fifteen;
  }
  if (utsname name{}; ::uname(&name) == 0) {
    state.kernel = name.release;
  }
  return state;
}

} // namespace arbees::bench
