#pragma once

#include <caf/expected.hpp>
#include <filesystem>
#include <memory>

#include "app/config.hpp"
#include "app/summary.hpp"

namespace arbees {

/// One running process of arbees: everything that its roles need, wired together.
class Node {
public:
  /// Opens files and ports, then starts actors and sockets.
  /// @returns Errc::bad_credential or Errc::bad_configuration for what a person must correct in the
  /// configuration, Errc::io_failed for a port or a file that cannot be had
  static caf::expected<std::unique_ptr<Node>> start(const Config& config, const Roles& roles);

  ~Node();
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  /// Stops producers before consumers: no new pairs, open pairs end, files are flushed.
  /// @returns what the run came to
  Summary stop();

  /// Hands what may be traded to the executor. One that runs elsewhere is only ever told to do
  /// less, by the processes that are connected to it.
  void control(TradingControl control);
  void halt(std::string by, std::string reason);

  /// Asks the worker of the hot path for a sign of life, and does not wait for it.
  /// @returns true if the last one that was asked for has come since
  bool works();

private:
  struct Impl;
  explicit Node(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// Writes `summary` as JSON. False if the file cannot be written, which is said on standard error.
bool write_summary(const Summary& summary, const std::filesystem::path& file);

} // namespace arbees
