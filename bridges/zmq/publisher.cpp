#include "bridges/zmq/publisher.hpp"

#include <algorithm>
#include <random>

#include "bridges/envelope/envelope.hpp"
#include "bridges/envelope/msgpack.hpp"

namespace arbees {

namespace {

enum class SendResult { sent, queue_full, failed };

/// Both frames, or none. With `xpub_nodrop` set, the socket refuses the first frame while any
/// matching subscriber's queue is full; it never refuses the second alone.
SendResult try_send(zmq::socket_t& socket, std::string_view topic, std::string_view envelope) {
  try {
    const auto more = zmq::send_flags::sndmore | zmq::send_flags::dontwait;
    if (!socket.send(zmq::buffer(topic), more)) {
      return SendResult::queue_full;
    }
    return socket.send(zmq::buffer(envelope), zmq::send_flags::dontwait) ? SendResult::sent
                                                                         : SendResult::failed;
  } catch (const zmq::error_t&) {
    return SendResult::failed;
  }
}

/// Sends to every subscriber that has room.
SendResult send_past_full_queues(zmq::socket_t& socket, std::string_view topic,
                                 std::string_view envelope, Publisher::Counters& counters) {
  auto result = try_send(socket, topic, envelope);
  if (result != SendResult::queue_full) {
    return result;
  }
  // The socket learns only now and then what its subscribers have read; asking for its events
  // makes it look.
  static_cast<void>(socket.get(zmq::sockopt::events));
  result = try_send(socket, topic, envelope);
  if (result == SendResult::queue_full) {
    // Somebody is too slow and loses this one; without `xpub_nodrop` the others still get it, and
    // the slow one is passed over until it has read half of its queue.
    ++counters.overflows;
    socket.set(zmq::sockopt::xpub_nodrop, false);
    result = try_send(socket, topic, envelope);
    socket.set(zmq::sockopt::xpub_nodrop, true);
  }
  return result;
}

bool lacks_rail(const PublisherConfig& config) {
  return !config.second_rail && std::ranges::any_of(config.endpoints, [](const auto& entry) {
    return entry.second.empty();
  });
}

/// What others may be able to reach, and nobody looks at who they are.
caf::error unguarded(const std::string& endpoint, const PublisherConfig& config) {
  if (config.door || endpoint.empty() || !leaves_machine(endpoint)) {
    return caf::none;
  }
  return caf::make_error(Errc::bad_configuration,
                         fmt::format("'{}' can be reached from other machines: that needs a key, "
                                     "see arbees keygen",
                                     endpoint));
}

caf::error invalid(const PublisherConfig& config) {
  const auto missing = config.run.empty() || config.run.size() > max_run_bytes ? "run"
                       : config.node.empty() || config.node.size() > 64        ? "node"
                       : !config.clock                                         ? "clock"
                       : lacks_rail(config)                                    ? "endpoint"
                                                                               : "";
  if (*missing == '\0') {
    for (const auto& [role, endpoint] : config.endpoints) {
      if (auto error = unguarded(endpoint, config)) {
        return error;
      }
    }
    return unguarded(config.snapshot_endpoint, config);
  }
  return caf::make_error(Errc::bad_configuration,
                         fmt::format("publisher: {} is missing or too long", missing));
}

} // namespace

std::map<PublishRole, std::string>
endpoints_for(const std::vector<PublishRole>& roles, std::string_view address) {
  std::map<PublishRole, std::string> endpoints;
  for (const auto role : roles) {
    endpoints[role] = tcp_endpoint(address, default_port(role));
  }
  return endpoints;
}

std::string new_run_id() {
  std::random_device random;
  std::uniform_int_distribution<std::size_t> position{0, 35};
  std::string id;
  for (auto i = 0; i < 8; ++i) {
    id += "0123456789abcdefghijklmnopqrstuvwxyz"[position(random)];
  }
  return id;
}

caf::expected<Publisher> Publisher::open(zmq::context_t& context, PublisherConfig config) {
  if (auto error = invalid(config)) {
    return error;
  }
  Publisher publisher{std::move(config)};
  for (const auto& [role, endpoint] : publisher.config_.endpoints) {
    if (auto error = publisher.bind(context, role, endpoint)) {
      return error;
    }
  }
  if (!publisher.config_.snapshot_endpoint.empty()) {
    auto snapshots = SnapshotServer::open(context, publisher.config_.snapshot_endpoint,
                                          publisher.config_.door.get());
    if (!snapshots) {
      return std::move(snapshots.error());
    }
    publisher.snapshots_.emplace(std::move(*snapshots));
  }
  return publisher;
}

caf::error Publisher::bind(zmq::context_t& context, PublishRole role, const std::string& endpoint) {
  auto& open = channels_[static_cast<std::size_t>(role)];
  if (endpoint.empty()) {
    open = Channel{.socket = std::nullopt, .source = source_name(role, config_.node)};
    return caf::none;
  }
  try {
    zmq::socket_t socket{context, zmq::socket_type::pub};
    socket.set(zmq::sockopt::sndhwm, config_.send_high_water_mark);
    socket.set(zmq::sockopt::linger, static_cast<int>(config_.linger.count()));
    socket.set(zmq::sockopt::immediate, true);
    socket.set(zmq::sockopt::xpub_nodrop, true);
    // Readers say which topics they want, and nothing else.
    socket.set(zmq::sockopt::maxmsgsize, Publisher::max_subscription_bytes);
    socket.set(zmq::sockopt::handshake_ivl, handshake_limit_ms);
    if (config_.door) {
      config_.door->guard(socket);
    }
    socket.bind(endpoint);
    open = Channel{.socket = std::move(socket), .source = source_name(role, config_.node)};
    return caf::none;
  } catch (const zmq::error_t& error) {
    return caf::make_error(Errc::io_failed, fmt::format("cannot publish {} at {}: {}",
                                                        to_string(role), endpoint, error.what()));
  }
}

std::string Publisher::endpoint(PublishRole role) const {
  const auto& open = channel(role);
  return open && open->socket ? open->socket->get(zmq::sockopt::last_endpoint) : std::string{};
}

const Publisher::Counters& Publisher::counters(PublishRole role) const {
  return counters_[static_cast<std::size_t>(role)];
}

bool Publisher::begin(PublishRole role) {
  const auto& open = channel(role);
  if (!open) {
    ++counters_[static_cast<std::size_t>(role)].no_socket;
    return false;
  }
  buffer_.clear();
  begin_envelope(
    buffer_,
    {.seq = open->next_seq, .at = config_.clock(), .source = open->source, .run = config_.run});
  return true;
}

void Publisher::end(PublishRole role, std::string_view topic, std::optional<Timestamp> until) {
  auto& open = *channels_[static_cast<std::size_t>(role)];
  auto& counters = counters_[static_cast<std::size_t>(role)];
  end_envelope(buffer_);
  std::string_view frame = buffer_;
  if (config_.codec == Codec::msgpack) {
    packed_.clear();
    if (json_to_msgpack(buffer_, packed_)) {
      ++counters.failed;
      return;
    }
    frame = packed_;
  }
  if (open.socket
      && send_past_full_queues(*open.socket, topic, frame, counters) != SendResult::sent) {
    ++counters.failed;
    return;
  }
  if (config_.second_rail) {
    config_.second_rail->put(topic, frame);
  }
  if (snapshots_ && tells_state(topic)) {
    cache_.put(topic, role, open.next_seq, frame, until);
  }
  ++open.next_seq;
  ++counters.sent;
}

SnapshotEnd Publisher::snapshot_end() const {
  SnapshotEnd end{.node = config_.node, .run = config_.run};
  for (const auto& open : channels_) {
    if (open) {
      end.sources[open->source] = open->next_seq;
    }
  }
  return end;
}

void Publisher::answer_late_readers() {
  if (!snapshots_) {
    return;
  }
  cache_.expire(config_.clock());
  snapshots_->serve(
    cache_, [this] { return snapshot_end(); },
    [this](PublishRole role) -> std::string_view { return channel(role)->source; });
}

} // namespace arbees
