#include "app/process_system.hpp"

#include "actors/messages/discovery.hpp"
#include "bridges/cluster/tls.hpp"

namespace arbees {

ProcessSystemConfig::ProcessSystemConfig(std::int32_t workers, bool with_cluster,
                                         const TlsFiles& tls) {
  add_message_types<caf::id_block::arbees>();
  add_message_types<caf::id_block::arbees_cluster>();
  add_message_types<caf::id_block::arbees_discovery>();
  if (with_cluster) {
    load_network(*this, tls);
    // Whoever speaks CAF and is not arbees is turned away.
    set("middleman.app-identifiers", std::vector<std::string>{"arbees"});
  }
  // Sharing with few workers: the actors of the hot path cost one wake-up together.
  set("scheduler.policy", caf::atom("sharing"));
  set("scheduler.max-threads", static_cast<std::size_t>(workers));
}

} // namespace arbees
