#pragma once

#include <atomic>
#include <caf/expected.hpp>
#include <string>
#include <string_view>
#include <zmq.hpp>

#include "actors/messages/errors.hpp"

namespace arbees {

/// Hands messages that came by the second rail to a subscriber of this process, as one more
/// publisher on an inproc endpoint of its own.
class RailRelay {
public:
  /// The third frame, by which a subscriber tells.
  static constexpr std::string_view mark = "redis";

  /// @param context the subscriber's; must outlive the relay.
  /// @returns Errc::io_failed
  static caf::expected<RailRelay> open(zmq::context_t& context);

  [[nodiscard]] const std::string& endpoint() const { return endpoint_; }

  /// Passes one message on; never waits. One thread at a time.
  /// @returns false if it is too large, or nobody has room for it
  bool pass_on(std::string_view topic, std::string_view envelope);

private:
  RailRelay(zmq::socket_t socket, std::string endpoint)
    : socket_(std::move(socket)), endpoint_(std::move(endpoint)) {}

  zmq::socket_t socket_;
  std::string endpoint_;
};

} // namespace arbees
