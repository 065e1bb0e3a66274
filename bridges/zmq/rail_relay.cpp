#include "bridges/zmq/rail_relay.hpp"

#include <fmt/format.h>

#include <cstdint>

#include "bridges/envelope/envelope.hpp"

namespace arbees {

namespace {

constexpr int high_water_mark = 100'000;

/// Unique in the process, as names of inproc endpoints must be.
std::uint64_t new_name() {
  static std::atomic<std::uint64_t> last{0};
  return ++last;
}

} // namespace

caf::expected<RailRelay> RailRelay::open(zmq::context_t& context) {
  try {
    auto endpoint = fmt::format("inproc://arbees-rail-{}", new_name());
    zmq::socket_t socket{context, zmq::socket_type::pub};
    socket.set(zmq::sockopt::sndhwm, high_water_mark);
    socket.set(zmq::sockopt::linger, 0);
    socket.set(zmq::sockopt::xpub_nodrop, true); // so that a loss can be counted
    socket.bind(endpoint);
    return RailRelay{std::move(socket), std::move(endpoint)};
  } catch (const zmq::error_t& error) {
    return caf::make_error(Errc::io_failed, fmt::format("relay: {}", error.what()));
  }
}

bool RailRelay::pass_on(std::string_view topic, std::string_view envelope) {
  if (topic.size() > max_topic_bytes || envelope.size() > max_envelope_bytes) {
    return false;
  }
  try {
    const auto more = zmq::send_flags::sndmore | zmq::send_flags::dontwait;
    return socket_.send(zmq::buffer(topic), more) && socket_.send(zmq::buffer(envelope), more)
           && socket_.send(zmq::buffer(mark), zmq::send_flags::dontwait);
  } catch (const zmq::error_t&) {
    return false;
  }
}

} // namespace arbees
