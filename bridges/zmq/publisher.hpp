#pragma once

#include <array>
#include <caf/expected.hpp>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <zmq.hpp>

#include "actors/messages/errors.hpp"
#include "actors/messages/money.hpp"
#include "actors/messages/time.hpp"
#include "bridges/envelope/envelope_sink.hpp"
#include "bridges/zmq/curve_door.hpp"
#include "bridges/zmq/endpoints.hpp"
#include "bridges/zmq/snapshot_server.hpp"

namespace arbees {

/// How the second frame is written; readers tell by its first byte.
enum class Codec : std::uint8_t { json, msgpack };

struct PublisherConfig {
  /// Where each role of this process binds, "tcp://127.0.0.1:5555"; port 0 takes a free one. An
  /// empty one binds nothing: the role publishes on the second rail alone.
  std::map<PublishRole, std::string> endpoints;
  /// Gets every message too, with the same bytes; null: there is ZMQ only.
  std::shared_ptr<EnvelopeSink> second_rail;
  /// Where late readers ask for the last message of each topic, one for all roles of the process;
  /// empty: nowhere, and nothing is kept for them.
  std::string snapshot_endpoint;
  std::string node = "node-1"; ///< unique among the publishers of one bus
  std::string run;             ///< new at every process start, see new_run_id()
  /// Messages that wait for one slow subscriber before it loses some.
  int send_high_water_mark = 100'000;
  /// How long the context waits at the end for what is still unsent; bounded, so it ends.
  std::chrono::milliseconds linger{250};
  Codec codec = Codec::json;
  bool publish_orderbooks = true;
  Duration health_interval = std::chrono::seconds{5};
  /// Signals with at least this edge per contract are published as `signals.high_edge.*` too.
  Money high_edge{50'000};
  std::function<Timestamp()> clock; ///< required
  /// Who may connect; null: everybody, which is refused for all that leaves the machine. Held for
  /// as long as the sockets, which must end first.
  std::shared_ptr<CurveDoor> door;
};

/// `roles` at their default ports on `address`.
std::map<PublishRole, std::string>
endpoints_for(const std::vector<PublishRole>& roles, std::string_view address = "127.0.0.1");

/// Eight random characters of base 36.
std::string new_run_id();

/// The PUB sockets of a process, one per publishing role, and their sequence numbers; a second rail
/// may carry the same. Belongs to one thread at a time.
class Publisher {
public:
  /// Longer frames end their sender's connection before memory is spent on them. libzmq keeps
  /// prefixes in a tree that it walks recursively: one of a megabyte takes the stack.
  static constexpr std::int64_t max_subscription_bytes = 4 * 1024;

  struct Counters {
    std::uint64_t sent = 0;
    /// How often a subscriber's queue was full. It loses messages from then until it has read half
    /// of the queue, and sees by its gap how many; other subscribers lose none.
    std::uint64_t overflows = 0;
    std::uint64_t failed = 0;    ///< refused by the socket for any other reason
    std::uint64_t no_socket = 0; ///< of a role that this process does not publish
  };

  /// Binds every role of the configuration.
  /// @param context must outlive the publisher.
  /// @returns Errc::io_failed, naming role and endpoint, if one cannot be bound;
  ///   Errc::bad_configuration if the run, the node or the clock is missing, or a door is where an
  ///   endpoint can be reached from other machines.
  static caf::expected<Publisher> open(zmq::context_t& context, PublisherConfig config);

  /// Where `role` is bound, with its real port; empty if it is not bound.
  [[nodiscard]] std::string endpoint(PublishRole role) const;
  [[nodiscard]] bool publishes(PublishRole role) const { return channel(role).has_value(); }
  [[nodiscard]] const Counters& counters(PublishRole role) const;
  [[nodiscard]] const PublisherConfig& config() const { return config_; }

  /// Publishes one message without ever waiting. `write_payload(std::string&)` appends the payload
  /// to the envelope under way. A number is used up only if the message left, so
  /// that a gap always means a loss on the way.
  /// @param until how long late readers are told of it, if its topic tells a state; for good
  template <class WritePayload>
  void publish(PublishRole role, std::string_view topic, WritePayload&& write_payload,
               std::optional<Timestamp> until = std::nullopt) {
    if (begin(role)) {
      write_payload(buffer_);
      end(role, topic, until);
    }
  }

  /// Late readers hear of `topic` no more, until it is published again.
  void forget(std::string_view topic) { cache_.erase(topic); }
  /// Answers the late readers who have asked; never waits. Called often, on a timer.
  void answer_late_readers();
  /// Where they ask, with its real port; empty if nowhere.
  [[nodiscard]] std::string snapshot_endpoint() const {
    return snapshots_ ? snapshots_->endpoint() : std::string{};
  }
  [[nodiscard]] const SnapshotCache& kept() const { return cache_; }
  /// Null if nobody may ask.
  [[nodiscard]] const SnapshotServer::Counters* snapshot_counters() const {
    return snapshots_ ? &snapshots_->counters() : nullptr;
  }

private:
  struct Channel {
    std::optional<zmq::socket_t> socket; ///< none: on the second rail alone
    std::string source;
    std::uint64_t next_seq = 0;
  };

  explicit Publisher(PublisherConfig config) : config_(std::move(config)) {}

  caf::error bind(zmq::context_t& context, PublishRole role, const std::string& endpoint);
  bool begin(PublishRole role);
  void end(PublishRole role, std::string_view topic, std::optional<Timestamp> until);
  [[nodiscard]] SnapshotEnd snapshot_end() const;
  [[nodiscard]] const std::optional<Channel>& channel(PublishRole role) const {
    return channels_[static_cast<std::size_t>(role)];
  }

  PublisherConfig config_;
  std::array<std::optional<Channel>, publish_role_count> channels_;
  std::array<Counters, publish_role_count> counters_;
  std::string buffer_;
  std::string packed_; ///< the same as MessagePack
  SnapshotCache cache_;
  std::optional<SnapshotServer> snapshots_;
};

} // namespace arbees
