#pragma once

#include <caf/expected.hpp>
#include <functional>
#include <optional>
#include <string>
#include <zmq.hpp>

#include "bridges/zmq/curve_keys.hpp"
#include "bridges/zmq/snapshot_messages.hpp"

namespace arbees {

/// Asks one publisher for snapshots. Never waits. Belongs to one thread.
class SnapshotClient {
public:
  /// Frames beyond are dropped, and the page with them.
  static constexpr std::size_t max_frames = 8'192;

  /// @param context must outlive the client.
  /// @param keys null: none, as on one machine
  /// @returns Errc::bad_configuration, naming the endpoint, if it is malformed, or if keys are
  ///   needed.
  static caf::expected<SnapshotClient>
  open(zmq::context_t& context, const std::string& endpoint, std::function<Timestamp()> clock,
       const CurveKeys* keys = nullptr);

  /// False if it could not be sent: too much is waiting for a publisher that is not there.
  bool ask(const SnapshotRequest& request);
  /// A page, if one is here.
  std::optional<SnapshotPage> poll();

  [[nodiscard]] zmq::socket_ref socket() { return socket_; }
  /// Messages and pages that could not be read.
  [[nodiscard]] std::uint64_t unreadable() const { return unreadable_; }

private:
  SnapshotClient(zmq::socket_t socket, std::function<Timestamp()> clock)
    : socket_(std::move(socket)), clock_(std::move(clock)) {}

  std::optional<SnapshotPage> page_of(const std::vector<zmq::message_t>& frames);

  zmq::socket_t socket_;
  std::function<Timestamp()> clock_;
  std::uint64_t unreadable_ = 0;
};

} // namespace arbees
