#pragma once

#include <caf/expected.hpp>
#include <functional>
#include <map>
#include <string>
#include <vector>
#include <zmq.hpp>

#include "bridges/zmq/curve_door.hpp"
#include "bridges/zmq/snapshot_cache.hpp"
#include "bridges/zmq/snapshot_messages.hpp"

namespace arbees {

/// Answers late readers from a SnapshotCache, page by page, without ever waiting for one. Belongs
/// to the publisher's thread: an answer and the numbers that it names are of one moment.
class SnapshotServer {
public:
  static constexpr std::size_t page_topics = 2'000;
  static constexpr std::size_t page_bytes = 2 * 1024 * 1024;
  /// One page waits for a reader that does not read; its further requests go unanswered.
  static constexpr int pages_per_reader = 1;
  static constexpr int requests_at_once = 8;

  struct Counters {
    std::uint64_t answered = 0;
    std::uint64_t messages = 0;
    std::uint64_t unsent = 0;                     ///< the reader was gone, or did not read
    std::map<std::string, std::uint64_t> refused; ///< by reason
  };

  /// @param context must outlive the server.
  /// @param door who may ask; null: everybody
  /// @returns Errc::io_failed, naming the endpoint, if it cannot be bound.
  static caf::expected<SnapshotServer>
  open(zmq::context_t& context, const std::string& endpoint, CurveDoor* door = nullptr);

  /// Answers the requests that are here, at most `requests_at_once`, of all readers in turn.
  /// @param end makes the end marker of this moment: node, run and sources.
  /// @param source_of names a role's source
  void serve(const SnapshotCache& cache, const std::function<SnapshotEnd()>& end,
             const std::function<std::string_view(PublishRole)>& source_of);

  [[nodiscard]] std::string endpoint() const { return socket_.get(zmq::sockopt::last_endpoint); }
  [[nodiscard]] const Counters& counters() const { return counters_; }

private:
  explicit SnapshotServer(zmq::socket_t socket) : socket_(std::move(socket)) {}

  struct Question {
    zmq::message_t reader;
    bool delimited = false; ///< behind an empty frame, as REQ sends it
    caf::expected<SnapshotRequest> request{SnapshotRequest{}};
  };
  using Pair = std::pair<std::string_view, std::string_view>;

  bool receive(Question& question);
  void answer(Question& question, const std::vector<Pair>& pairs);
  void refuse(Question& question);

  zmq::socket_t socket_;
  Counters counters_;
};

} // namespace arbees
