#pragma once

#include <string>
#include <vector>

#include "app/config.hpp"

namespace arbees {

/// One process of several that are to work together.
struct PlannedProcess {
  std::string name; ///< of its file
  Config config;
  Roles roles;
};

/// An address that a process binds, and for what.
struct Binding {
  std::string process;
  std::string what; ///< "executor publishes", "orchestrator takes connections"
  std::string endpoint;
};

/// An arrow between two processes, or within one.
struct PlannedArrow {
  Edge edge;
  std::string producer; ///< process
  std::string consumer;
};

struct ProcessPlan {
  std::vector<Binding> bindings;
  std::vector<PlannedArrow> arrows;
  std::vector<std::string> problems; ///< one line each; empty: they fit together
};

/// Who binds what and who hears whom; and what is wrong: an arrow that begins or ends nowhere, two
/// on one port, one who does not listen where another speaks, two who both own the money.
ProcessPlan plan_processes(const std::vector<PlannedProcess>& processes);

std::string to_text(const ProcessPlan& plan, const std::vector<PlannedProcess>& processes);
std::string to_json(const ProcessPlan& plan, const std::vector<PlannedProcess>& processes);

} // namespace arbees
