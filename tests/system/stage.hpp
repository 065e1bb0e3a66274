#pragma once

#include <boost/json.hpp>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/system/process.hpp"

namespace arbees::test {

/// A simulator and all that a test needs to run arbees against it: keys, free ports, a folder.
class Stage {
public:
  Stage();

  /// What starts the simulator in another place: "ip netns exec NAME".
  void run_in(std::vector<std::string> place) { place_ = std::move(place); }
  /// Starts the simulator, on the same ports each time.
  void start_simulator(const std::vector<std::string>& options = {});
  /// Kills it without a word, as a venue that falls over.
  void kill_simulator();

  /// `arbees run` with everything pointed at this stage; later options win.
  [[nodiscard]] std::vector<std::string> arbees(const std::vector<std::string>& options) const;

  [[nodiscard]] const TemporaryFolder& folder() const { return folder_; }
  [[nodiscard]] int port(const std::string& publisher) const { return zmq_ports_.at(publisher); }

  /// The same for mode live, with the throw-away keys that the simulator knows.
  [[nodiscard]] std::vector<std::string> live_arbees(const std::vector<std::string>& options) const;

  /// Every account's orders, fills, positions and money, as the simulated venues have them.
  [[nodiscard]] boost::json::object venue_books() const;

  /// The answer of the simulator to a GET.
  [[nodiscard]] boost::json::object simulator(const std::string& target) const;
  /// A control call of the simulator, see tools/sim/README.md.
  void order_simulator(const std::string& target, const std::string& body) const;

  /// KEY=VALUE of venues and files, without ports.
  [[nodiscard]] std::vector<std::string> settings() const;

  /// What a query of the ledger finds, as another program sees it.
  [[nodiscard]] boost::json::array ledger(const std::string& query) const;

  /// The summary that arbees wrote.
  [[nodiscard]] boost::json::object summary() const;

private:
  [[nodiscard]] std::vector<std::string> command(const std::string& config) const;

  TemporaryFolder folder_;
  std::vector<std::string> place_;
  std::vector<int> venue_ports_;
  std::map<std::string, int> zmq_ports_;
  std::unique_ptr<Process> simulator_;
};

} // namespace arbees::test
