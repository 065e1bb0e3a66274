#pragma once

#include <caf/expected.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>
#include <zmq.hpp>

#include "actors/messages/errors.hpp"
#include "actors/messages/wire.hpp"
#include "bridges/zmq/rail_join.hpp"
#include "bridges/zmq/snapshot_client.hpp"
#include "bridges/zmq/stream_join.hpp"

namespace arbees {

struct SubscriberConfig {
  std::vector<std::string> endpoints;
  /// Topic prefixes, ending with a dot; one empty prefix means everything. Only a reader of
  /// everything can tell a gap, because numbers count over all topics of a source.
  std::vector<std::string> prefixes = {""};
  /// Where the publishers answer for snapshots, one endpoint per process. With any, the reader is
  /// told the last message of each topic first, and again after a publisher's restart and after a
  /// loss; no message comes twice. None: it hears what comes from then on.
  std::vector<std::string> snapshots;
  /// How long live messages wait for a snapshot.
  std::chrono::milliseconds snapshot_patience{500};
  /// Messages may come twice, by ZMQ and by a RailRelay among the endpoints; each number is given
  /// out once. None: they cannot.
  std::optional<RailJoinConfig> rails;
  int receive_high_water_mark = 100'000;
  /// The longest wait of one receive(); an actor notices its end after at most this long.
  std::chrono::milliseconds timeout{100};
  std::function<Timestamp()> clock; ///< required
  /// What to show, and whom to expect where; null: none, as on one machine.
  std::shared_ptr<const CurveKeys> keys;
};

/// A SUB socket on many publishers. Publishers may come and go: connecting never fails for want of
/// one. Belongs to one thread at a time.
class Subscriber {
public:
  /// Longer frames end the connection to their sender, before memory is spent on them.
  static constexpr std::int64_t max_frame_bytes = 8 * 1024 * 1024;

  /// @param context must outlive the subscriber.
  /// @returns Errc::bad_configuration, naming the endpoint, if one is malformed, keys for it are
  ///   missing, or there is none.
  static caf::expected<Subscriber> open(zmq::context_t& context, SubscriberConfig config);

  using Received = std::variant<WireMessage, WireRejected>;

  /// The next message, waiting up to the timeout; nothing if none came, or a signal interrupted.
  std::optional<Received> receive() { return receive(zmq::recv_flags::none); }
  /// The next message if it is already here.
  std::optional<Received> poll() { return receive(zmq::recv_flags::dontwait); }

  /// How often the socket itself failed; such a socket stays silent.
  [[nodiscard]] std::uint64_t failed() const { return failed_; }
  /// What became of snapshots; null if none are asked for.
  [[nodiscard]] const StreamJoin::Counters* snapshot_counters() const {
    return snapshots_ ? &snapshots_->join.counters() : nullptr;
  }
  /// Which rail brought what; null if messages come once anyway.
  [[nodiscard]] const RailJoin::Counters* rail_counters() const {
    return rails_ ? &rails_->counters() : nullptr;
  }

private:
  /// What it takes to join late.
  struct Snapshots {
    StreamJoin join;
    std::vector<SnapshotClient> clients;
    zmq::socket_t connections; ///< tells when a subscription was connected
    std::vector<zmq::pollitem_t> waiting;
    std::uint32_t heard_since_looked = 0;
  };

  Subscriber(zmq::socket_t socket, SubscriberConfig config)
    : socket_(std::move(socket)), clock_(std::move(config.clock)), timeout_(config.timeout) {
    if (config.rails) {
      rails_.emplace(*config.rails);
    }
  }

  caf::error open_snapshots(zmq::context_t& context, const SubscriberConfig& config);
  std::optional<Received> receive(zmq::recv_flags flags);
  std::optional<Received> receive_frames(zmq::recv_flags flags);
  /// One message of the socket, and the rail that it came by.
  std::optional<std::pair<Received, Rail>> receive_one(zmq::recv_flags flags);
  void tell_of_rails();
  std::optional<Received> receive_joined(zmq::recv_flags flags);
  void look_after_snapshots();
  bool wait_until(StreamJoin::Moment deadline);

  zmq::socket_t socket_;
  std::function<Timestamp()> clock_;
  std::chrono::milliseconds timeout_;
  std::unique_ptr<Snapshots> snapshots_; ///< null: none
  std::optional<RailJoin> rails_;
  std::uint64_t failed_ = 0;
};

} // namespace arbees
