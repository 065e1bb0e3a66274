#pragma once

#include <caf/expected.hpp>
#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>
#include <zmq.hpp>

#include "actors/messages/errors.hpp"
#include "actors/messages/wire.hpp"

namespace arbees {

struct SubscriberConfig {
  std::vector<std::string> endpoints;
  /// Topic prefixes, ending with a dot; one empty prefix means everything. Only a reader of
  /// everything can tell a gap, because numbers count over all topics of a source.
  std::vector<std::string> prefixes = {""};
  int receive_high_water_mark = 100'000;
  /// The longest wait of one receive(); an actor notices its end after at most this long.
  std::chrono::milliseconds timeout{100};
  std::function<Timestamp()> clock; ///< required
};

/// A SUB socket on many publishers. Publishers may come and go: connecting never fails for want of
/// one. Belongs to one thread at a time.
class Subscriber {
public:
  /// Longer frames end the connection to their sender, before memory is spent on them.
  static constexpr std::int64_t max_frame_bytes = 8 * 1024 * 1024;

  /// @param context must outlive the subscriber.
  /// @returns Errc::bad_configuration, naming the endpoint, if one is malformed or there is none.
  static caf::expected<Subscriber> open(zmq::context_t& context, SubscriberConfig config);

  using Received = std::variant<WireMessage, WireRejected>;

  /// The next message, waiting up to the timeout; nothing if none came, or a signal interrupted.
  std::optional<Received> receive() { return receive(zmq::recv_flags::none); }
  /// The next message if it is already here.
  std::optional<Received> poll() { return receive(zmq::recv_flags::dontwait); }

  /// How often the socket itself failed; such a socket stays silent.
  [[nodiscard]] std::uint64_t failed() const { return failed_; }

private:
  Subscriber(zmq::socket_t socket, std::function<Timestamp()> clock)
    : socket_(std::move(socket)), clock_(std::move(clock)) {}

  std::optional<Received> receive(zmq::recv_flags flags);

  zmq::socket_t socket_;
  std::function<Timestamp()> clock_;
  std::uint64_t failed_ = 0;
};

} // namespace arbees
