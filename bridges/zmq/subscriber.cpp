#include "bridges/zmq/subscriber.hpp"

#include <fmt/format.h>

#include "bridges/envelope/envelope.hpp"

namespace arbees {

namespace {

caf::error configure(zmq::socket_t& socket, const SubscriberConfig& config) {
  socket.set(zmq::sockopt::rcvhwm, config.receive_high_water_mark);
  socket.set(zmq::sockopt::linger, 0);
  socket.set(zmq::sockopt::rcvtimeo, static_cast<int>(config.timeout.count()));
  socket.set(zmq::sockopt::maxmsgsize, Subscriber::max_frame_bytes);
  socket.set(zmq::sockopt::reconnect_ivl, 50);
  socket.set(zmq::sockopt::reconnect_ivl_max, 2'000);
  socket.set(zmq::sockopt::tcp_keepalive, 1);
  for (const auto& prefix : config.prefixes) {
    socket.set(zmq::sockopt::subscribe, prefix);
  }
  for (const auto& endpoint : config.endpoints) {
    try {
      socket.connect(endpoint);
    } catch (const zmq::error_t& error) {
      return caf::make_error(Errc::bad_configuration,
                             fmt::format("cannot subscribe to '{}': {}", endpoint, error.what()));
    }
  }
  return caf::none;
}

/// Frames beyond the second are ignored, as the architecture asks of readers.
std::size_t skip_rest(zmq::socket_t& socket, bool more) {
  std::size_t skipped = 0;
  zmq::message_t frame;
  while (more && socket.recv(frame, zmq::recv_flags::dontwait)) {
    more = frame.more();
    ++skipped;
  }
  return skipped;
}

} // namespace

caf::expected<Subscriber> Subscriber::open(zmq::context_t& context, SubscriberConfig config) {
  if (config.endpoints.empty() || config.prefixes.empty() || !config.clock) {
    return caf::make_error(Errc::bad_configuration,
                           std::string{"subscriber: endpoints, prefixes or clock missing"});
  }
  try {
    zmq::socket_t socket{context, zmq::socket_type::sub};
    if (auto error = configure(socket, config)) {
      return error;
    }
    return Subscriber{std::move(socket), std::move(config.clock)};
  } catch (const zmq::error_t& error) {
    return caf::make_error(Errc::io_failed, fmt::format("subscriber: {}", error.what()));
  }
}

std::optional<Subscriber::Received> Subscriber::receive(zmq::recv_flags flags) {
  try {
    zmq::message_t topic;
    if (!socket_.recv(topic, flags)) {
      return std::nullopt;
    }
    const auto received_at = clock_();
    zmq::message_t envelope;
    // All frames of a message arrive together: the rest never has to be waited for.
    if (!topic.more() || !socket_.recv(envelope, zmq::recv_flags::dontwait)) {
      return WireRejected{.reason = "one_frame", .received_at = received_at};
    }
    skip_rest(socket_, envelope.more());
    return decode_envelope(topic.to_string_view(), envelope.to_string_view(), received_at);
  } catch (const zmq::error_t& error) {
    failed_ += error.num() == EINTR ? 0 : 1;
    return std::nullopt;
  }
}

} // namespace arbees
