#pragma once

#include <array>

#include "tests/system/stage.hpp"

namespace arbees::test {

/// A process of arbees and what it does.
struct Part {
  std::string name;
  std::vector<std::string> roles;
};

enum class SplitMode { paper, live };

/// A simulator, and arbees split into parts that find each other on ports of the test's own.
class SplitStage {
public:
  /// @param settings of all parts, KEY=VALUE
  explicit SplitStage(std::vector<Part> parts, SplitMode mode = SplitMode::paper,
                      std::vector<std::string> settings = {});

  /// Starts a part, or starts it again.
  void start(const std::string& name, const std::vector<std::string>& options = {});
  void start_all();

  Process& process(const std::string& name) { return *processes_.at(name); }
  void kill(const std::string& name);

  /// How often a part's log says this.
  [[nodiscard]] std::size_t count(const std::string& name, const std::string& text) const;
  [[nodiscard]] bool
  logs(const std::string& name, const std::string& text, std::size_t times = 1) const;

  [[nodiscard]] std::int64_t pairs() const;
  /// True once the ledger has `more` pairs than now.
  [[nodiscard]] bool trades_on(std::int64_t more = 2) const;

  /// Ends all in their order; each must end by itself. Who approves pairs goes first, and the
  /// executor before the feeds: open pairs end on live books.
  void stop();

  [[nodiscard]] boost::json::object summary(const std::string& name) const;
  /// What the observer saw on the bus.
  [[nodiscard]] std::vector<boost::json::object> bus(const std::string& topic_prefix) const;
  /// Everything that every part has logged, for a test that fails.
  [[nodiscard]] std::string story() const;

  /// What another command of arbees says with a part's configuration; its exit code must be 0.
  [[nodiscard]] std::string
  ask(const std::string& name, const std::vector<std::string>& command) const;

  /// What must never be in a ledger: a signal that became two pairs, or a pair under a lease that
  /// was followed by a later one before it.
  [[nodiscard]] std::size_t doubles() const;

  Stage stage;

private:
  [[nodiscard]] std::filesystem::path
  file(const std::string& name, const std::string& extension) const;
  [[nodiscard]] const Part& part(const std::string& name) const;
  /// Of one part if it is an orchestrator, else of all.
  [[nodiscard]] std::string orchestrators(const std::string& name) const;
  [[nodiscard]] std::vector<std::string> command(const Part& one) const;

  std::vector<Part> parts_;
  SplitMode mode_;
  std::vector<std::string> settings_;
  int executor_port_ = 0;
  std::map<std::string, std::array<int, 2>> orchestrators_; ///< CAF's port and ZMQ's, by part
  std::map<std::string, int> node_ports_;
  std::map<std::string, int> shard_ports_;
  std::map<std::string, int> snapshot_ports_;
  std::map<std::string, std::unique_ptr<Process>> processes_;
};

} // namespace arbees::test
