#include "tools/sim/replay.hpp"

#include <fmt/format.h>

namespace arbees::sim {

Replay::Replay(boost::asio::io_context& io, const ReplayConfig& config)
  : config_(config),
    recording_(Recording::load(config.folder)),
    clock_(std::make_shared<ReplayClock>(config.speed)),
    timer_(io),
    servers_{Server{io, face(FaceName::kalshi, "heartbeat")},
             Server{io, face(FaceName::polymarket, "")}, Server{io, face(FaceName::gamma, "")},
             Server{io, face(FaceName::espn, "")}} {}

Face Replay::face(FaceName name, std::string ping) {
  constexpr std::array<const char*, face_count> names{"kalshi", "polymarket", "gamma", "espn"};
  return {.name = names[static_cast<std::size_t>(name)],
          .answer = [this, name](const HttpRequest& request) { return answer(name, request); },
          .open_feed = [this, name](const HttpRequest& request) { return open(name, request); },
          .ping = std::move(ping)};
}

Ports Replay::start() {
  Ports bound;
  const auto& wanted = config_.ports;
  bound.kalshi = servers_[0].listen(config_.bind, wanted.kalshi);
  bound.polymarket = servers_[1].listen(config_.bind, wanted.polymarket);
  bound.gamma = servers_[2].listen(config_.bind, wanted.gamma);
  bound.espn = servers_[3].listen(config_.bind, wanted.espn);
  tick();
  return bound;
}

void Replay::stop() {
  timer_.cancel();
  for (auto& server : servers_) {
    server.close();
  }
}

HttpReply Replay::answer(FaceName face, const HttpRequest& request) {
  clock_->start();
  auto& answers = recording_.faces[static_cast<std::size_t>(face)].answers;
  const auto found = answers.find(request_key(request));
  if (request.method != "GET" || found == answers.end()) {
    ++unrecorded_;
    last_unrecorded_ = request.method + " " + request.path;
    return reply({{"error", "not recorded"}}, 404);
  }
  return found->second.next(clock_->now());
}

std::variant<HttpReply, Feed> Replay::open(FaceName face, const HttpRequest& request) {
  clock_->start();
  auto& recorded = recording_.faces[static_cast<std::size_t>(face)];
  const auto feeds = recorded.feeds.find(request.path);
  if (feeds == recorded.feeds.end()) {
    return reply({{"error", "not recorded"}}, 404);
  }
  const auto index = recorded.feeds_served[request.path]++;
  if (index >= feeds->second.size()) {
    return reply({{"error", "no further connection was recorded"}}, 503);
  }
  return std::variant<HttpReply, Feed>{std::in_place_type<Feed>, std::in_place_type<ReplayFeed>,
                                       feeds->second[index], clock_};
}

void Replay::tick() {
  timer_.expires_after(std::chrono::milliseconds{1});
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) {
      for (auto& server : servers_) {
        server.broadcast({});
      }
      tick();
    }
  });
}

std::string Replay::status_line() const {
  constexpr double second = 1e9;
  std::uint64_t sent = 0;
  for (const auto& server : servers_) {
    sent += server.stats().frames_sent;
  }
  const auto at = clock_->now();
  return fmt::format(
    "replay {}  at {:.1f} of {:.1f} s{}  frames {} of {}  unrecorded requests {}{}",
    recording_.run.filename().string(), static_cast<double>(at) / second,
    static_cast<double>(recording_.ends_at) / second, at >= recording_.ends_at ? ", over" : "",
    sent, recording_.frames, unrecorded_,
    last_unrecorded_.empty() ? "" : ", last " + last_unrecorded_);
}

} // namespace arbees::sim
