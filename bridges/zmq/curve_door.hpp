#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>
#include <zmq.hpp>

#include "bridges/zmq/curve_keys.hpp"

namespace arbees {

/// Judges who may connect to the bound sockets of a process, by ZAP (ZeroMQ RFC 27) on a thread of
/// its own: those whose public key is known, and ourselves. The folder with the keys is read again
/// when somebody asks, at most once a second, so that a key can be added while arbees runs; one
/// that was taken away ends no connection that is there.
class CurveDoor {
public:
  struct Counters {
    std::uint64_t connections = 0; ///< taken, whatever came of them
    std::uint64_t allowed = 0;     ///< whose key was found right
    /// By reason. unknown_key: has our key, but we do not have his. mechanism: speaks without keys.
    /// cryptography: does not have our key. protocol: does not speak ZeroMQ as it should. gone:
    /// hung up, maybe because we want keys, or was silent before the end.
    std::map<std::string, std::uint64_t> denied;
  };

  /// One for each context, and before any socket that it guards.
  /// @param context must outlive the door.
  /// @returns Errc::io_failed if the context has one already.
  static caf::expected<std::shared_ptr<CurveDoor>>
  open(zmq::context_t& context, std::shared_ptr<const CurveKeys> keys);

  CurveDoor(zmq::context_t& context, std::shared_ptr<const CurveKeys> keys, zmq::socket_t judge,
            zmq::socket_t control);
  CurveDoor(const CurveDoor&) = delete;
  CurveDoor& operator=(const CurveDoor&) = delete;
  ~CurveDoor();

  /// From the next bind on `socket` takes only who may come in. It must end before the door does:
  /// libzmq waits for whoever follows what happens to it.
  /// @throws zmq::error_t
  void guard(zmq::socket_t& socket);

  [[nodiscard]] const std::shared_ptr<const CurveKeys>& keys() const { return keys_; }
  [[nodiscard]] Counters counters() const;

private:
  void run(zmq::socket_t judge, zmq::socket_t orders);
  bool obey(zmq::socket_t& orders);
  void judge(zmq::socket_t& socket);
  void look(std::size_t watched);
  bool knows(const std::string& key);
  void deny(const char* reason, const std::string& who);

  zmq::context_t& context_;
  std::shared_ptr<const CurveKeys> keys_;
  std::mutex orders_; ///< of control_
  zmq::socket_t control_;
  mutable std::mutex counting_;
  Counters counters_;
  // Of the thread:
  std::set<std::string> known_;
  std::chrono::steady_clock::time_point read_at_;
  std::uint64_t unreadable_ = 0;
  std::uint64_t failed_ = 0;
  std::vector<zmq::socket_t> watched_; ///< tell what happens to guarded sockets
  std::thread thread_;
};

} // namespace arbees
