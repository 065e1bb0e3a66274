#include "bridges/zmq/subscriber.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <bit>

#include "bridges/envelope/envelope.hpp"
#include "bridges/zmq/rail_relay.hpp"

namespace arbees {

namespace {

void configure(zmq::socket_t& socket, const SubscriberConfig& config) {
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
}

caf::error connect(zmq::socket_t& socket, const SubscriberConfig& config) {
  for (const auto& endpoint : config.endpoints) {
    try {
      if (auto error = connect_with(socket, endpoint, config.keys.get())) {
        return error;
      }
    } catch (const zmq::error_t& error) {
      return caf::make_error(Errc::bad_configuration,
                             fmt::format("cannot subscribe to '{}': {}", endpoint, error.what()));
    }
  }
  return caf::none;
}

/// Frames beyond the second are ignored, as the architecture asks of readers; but a relay's third
/// tells that the message came by the other rail.
Rail skip_rest(zmq::socket_t& socket, bool more) {
  auto rail = Rail::zmq;
  zmq::message_t frame;
  while (more && socket.recv(frame, zmq::recv_flags::dontwait)) {
    more = frame.more();
    rail = frame.to_string_view() == RailRelay::mark ? Rail::redis : rail;
  }
  return rail;
}

/// Second copies that are dropped at a stretch, before the caller is let go on.
constexpr auto most_doubles = 256;

/// Messages between two looks at what is not the bus.
constexpr std::uint32_t look_every = 64;

/// Unique in the process, as names of inproc endpoints must be.
std::uint64_t new_name() {
  static std::atomic<std::uint64_t> last{0};
  return ++last;
}

} // namespace

caf::expected<Subscriber> Subscriber::open(zmq::context_t& context, SubscriberConfig config) {
  if (config.endpoints.empty() || config.prefixes.empty() || !config.clock) {
    return caf::make_error(Errc::bad_configuration,
                           std::string{"subscriber: endpoints, prefixes or clock missing"});
  }
  try {
    zmq::socket_t socket{context, zmq::socket_type::sub};
    configure(socket, config);
    Subscriber subscriber{std::move(socket), config};
    if (!config.snapshots.empty()) {
      if (auto error = subscriber.open_snapshots(context, config)) {
        return error;
      }
    }
    if (auto error = connect(subscriber.socket_, config)) {
      return error;
    }
    return subscriber;
  } catch (const zmq::error_t& error) {
    return caf::make_error(Errc::io_failed, fmt::format("subscriber: {}", error.what()));
  }
}

caf::error Subscriber::open_snapshots(zmq::context_t& context, const SubscriberConfig& config) {
  // Told of connections from the first one on: it listens before there is any.
  const auto monitor = fmt::format("inproc://arbees-subscriber-{}", new_name());
  if (zmq_socket_monitor(socket_.handle(), monitor.c_str(), ZMQ_EVENT_HANDSHAKE_SUCCEEDED) != 0) {
    return caf::make_error(Errc::io_failed,
                           fmt::format("subscriber: {}", zmq_strerror(zmq_errno())));
  }
  zmq::socket_t connections{context, zmq::socket_type::pair};
  connections.set(zmq::sockopt::linger, 0);
  connections.connect(monitor);
  std::vector<SnapshotClient> clients;
  for (const auto& endpoint : config.snapshots) {
    auto client = SnapshotClient::open(context, endpoint, config.clock, config.keys.get());
    if (!client) {
      return std::move(client.error());
    }
    clients.push_back(std::move(*client));
  }
  StreamJoin join{{.publishers = clients.size(),
                   .prefixes = config.prefixes,
                   .patience = config.snapshot_patience},
                  std::chrono::steady_clock::now()};
  snapshots_ = std::make_unique<Snapshots>(
    Snapshots{std::move(join), std::move(clients), std::move(connections), {}, 0});
  return caf::none;
}

std::optional<Subscriber::Received> Subscriber::receive(zmq::recv_flags flags) {
  return snapshots_ ? receive_joined(flags) : receive_frames(flags);
}

std::optional<Subscriber::Received> Subscriber::receive_frames(zmq::recv_flags flags) {
  for (auto i = 0; i < most_doubles; ++i) {
    auto received = receive_one(i == 0 ? flags : zmq::recv_flags::dontwait);
    if (!received) {
      return std::nullopt;
    }
    auto& [message, rail] = *received;
    const auto* const heard = std::get_if<WireMessage>(&message);
    if (!rails_ || heard == nullptr) {
      return std::move(message);
    }
    const auto fresh = rails_->take(rail, *heard, std::chrono::steady_clock::now());
    tell_of_rails();
    if (fresh) {
      return std::move(message);
    }
  }
  return std::nullopt;
}

std::optional<std::pair<Subscriber::Received, Rail>>
Subscriber::receive_one(zmq::recv_flags flags) {
  try {
    zmq::message_t topic;
    if (!socket_.recv(topic, flags)) {
      return std::nullopt;
    }
    const auto received_at = clock_();
    zmq::message_t envelope;
    // All frames of a message arrive together: the rest never has to be waited for.
    if (!topic.more() || !socket_.recv(envelope, zmq::recv_flags::dontwait)) {
      return std::pair{Received{WireRejected{.reason = "one_frame", .received_at = received_at}},
                       Rail::zmq};
    }
    const auto rail = skip_rest(socket_, envelope.more());
    return std::pair{
      decode_envelope(topic.to_string_view(), envelope.to_string_view(), received_at), rail};
  } catch (const zmq::error_t& error) {
    failed_ += error.num() == EINTR ? 0 : 1;
    return std::nullopt;
  }
}

void Subscriber::tell_of_rails() {
  for (const auto& notice : rails_->take_notices()) {
    const auto& silences = rails_->counters().silences;
    const auto total = silences[static_cast<std::size_t>(notice.rail)];
    if (!notice.silent) {
      spdlog::info("subscriber.rail_back rail={} source={} run={}", to_string(notice.rail),
                   notice.source, notice.run);
    } else if (total <= 16 || std::has_single_bit(total)) {
      spdlog::warn(
        "subscriber.rail_silent rail={} source={} run={} total={}: the other one goes on",
        to_string(notice.rail), notice.source, notice.run, total);
    }
  }
}

std::optional<Subscriber::Received> Subscriber::receive_joined(zmq::recv_flags flags) {
  const auto begin = std::chrono::steady_clock::now();
  const auto deadline = flags == zmq::recv_flags::none ? begin + timeout_ : begin;
  auto& join = snapshots_->join;
  for (auto now = begin;; now = std::chrono::steady_clock::now()) {
    if (auto ready = join.next()) {
      return *std::move(ready);
    }
    // Answers, timers and connections: often while one waits for them, else now and then.
    if (join.is_holding() || ++snapshots_->heard_since_looked >= look_every) {
      look_after_snapshots();
    }
    auto received = receive_frames(zmq::recv_flags::dontwait);
    if (received && std::holds_alternative<WireRejected>(*received)) {
      return received;
    }
    if (received) {
      join.hear(std::get<WireMessage>(std::move(*received)), now);
    } else {
      look_after_snapshots();
      if (auto ready = join.next()) {
        return *std::move(ready);
      }
      if (now >= deadline || failed_ > 0 || !wait_until(deadline)) {
        return std::nullopt;
      }
    }
  }
}

void Subscriber::look_after_snapshots() {
  auto& snapshots = *snapshots_;
  snapshots.heard_since_looked = 0;
  const auto now = std::chrono::steady_clock::now();
  try {
    zmq::message_t frame;
    while (snapshots.connections.recv(frame, zmq::recv_flags::dontwait)) {
      if (!frame.more()) { // of each event the last frame: which one is no matter
        snapshots.join.connected(now);
      }
    }
  } catch (const zmq::error_t&) {
    ++failed_;
  }
  for (std::size_t i = 0; i < snapshots.clients.size(); ++i) {
    while (auto page = snapshots.clients[i].poll()) {
      snapshots.join.answer(i, std::move(*page), now);
    }
  }
  snapshots.join.advance(now);
  for (const auto& ask : snapshots.join.take_asks()) {
    snapshots.clients[ask.publisher].ask(ask.request); // what is not sent is asked again later
  }
}

/// False if a signal interrupted.
bool Subscriber::wait_until(StreamJoin::Moment deadline) {
  auto& waiting = snapshots_->waiting;
  waiting.assign(1, {socket_.handle(), 0, ZMQ_POLLIN, 0});
  for (auto& client : snapshots_->clients) {
    waiting.push_back({client.socket().handle(), 0, ZMQ_POLLIN, 0});
  }
  const auto left =
    std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
  try {
    zmq::poll(waiting, std::max(left, std::chrono::milliseconds{0}));
    return true;
  } catch (const zmq::error_t& error) {
    failed_ += error.num() == EINTR ? 0 : 1;
    return false;
  }
}

} // namespace arbees
