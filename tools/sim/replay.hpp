#pragma once

#include <array>
#include <boost/asio.hpp>
#include <filesystem>

#include "tools/sim/recording.hpp"
#include "tools/sim/server.hpp"
#include "tools/sim/simulator.hpp"

namespace arbees::sim {

struct ReplayConfig {
  std::filesystem::path folder{}; ///< a run of `arbees run --capture`, or a folder of runs
  double speed = 1;               ///< recorded seconds per second
  std::string bind = "127.0.0.1";
  Ports ports{};
};

/// Serves a capture back on the four ports: the market data of Kalshi and Polymarket, and the
/// answers to the GETs that were recorded. The recorded time begins with the first request.
///
/// What it can do is bounded by what was recorded:
/// - The n-th WebSocket on a path gets the frames of the n-th one that was recorded there, to the
///   byte. It must ask as the recorded client did: frames wait for the commands that came before
///   them, for at most `RecordedFeed::patience`, but what the commands say is not compared.
///   Subscription and command ids are the recorded ones.
/// - A GET is answered if the same path and query were recorded; all else is 404. A client that
///   asks more often than the recorded one gets the last answer again.
/// - Orders and private channels are not served: their secrets are not in the capture.
/// - Stamps in frames are those of the recording.
class Replay {
public:
  /// @throws std::runtime_error if there is no capture in the folder
  Replay(boost::asio::io_context& io, const ReplayConfig& config);

  /// Binds all ports. Returns the bound ones.
  /// @throws boost::system::system_error if one cannot be bound
  Ports start();
  void stop();

  [[nodiscard]] std::string status_line() const;

private:
  [[nodiscard]] HttpReply answer(FaceName face, const HttpRequest& request);
  [[nodiscard]] std::variant<HttpReply, Feed> open(FaceName face, const HttpRequest& request);
  Face face(FaceName name, std::string ping);
  void tick();

  ReplayConfig config_;
  Recording recording_;
  std::shared_ptr<ReplayClock> clock_;
  boost::asio::steady_timer timer_;
  std::array<Server, 4> servers_; ///< in the order of FaceName
  std::uint64_t unrecorded_ = 0;  ///< requests that have no recorded answer
  std::string last_unrecorded_;
};

} // namespace arbees::sim
