#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "tools/sim/engine.hpp"
#include "tools/sim/http.hpp"

namespace arbees::sim {

enum class FaceName : std::uint8_t { kalshi, polymarket, gamma, espn };
constexpr std::size_t face_count = 4;

/// A WebSocket of a capture. Times are nanoseconds since the capture began.
struct RecordedFeed {
  struct Frame {
    std::int64_t at = 0;
    bool from_client = false;
    std::string text{};
  };

  /// How long frames wait for a command of the client that was recorded before them.
  static constexpr std::chrono::seconds patience{5};

  std::vector<Frame> frames{};
  std::int64_t ended_at = 0; ///< closed, or the capture's end
};

/// What a GET was answered, again and again.
class RecordedAnswers {
public:
  void add(std::int64_t at, HttpReply reply) { answers_.push_back({at, std::move(reply)}); }

  /// The next answer; later ones if they are due by `now` already, the last one again if the next
  /// is further ahead than `lead`.
  const HttpReply& next(std::int64_t now);

private:
  struct Answer {
    std::int64_t at = 0;
    HttpReply reply{};
  };
  static constexpr std::int64_t lead = 5'000'000'000;

  std::vector<Answer> answers_;
  std::size_t served_ = 0; ///< how many of them have been passed
};

/// What a capture holds of one venue.
struct RecordedFace {
  std::map<std::string, std::vector<std::shared_ptr<const RecordedFeed>>> feeds{}; ///< by path
  std::map<std::string, std::size_t> feeds_served{};
  std::map<std::string, RecordedAnswers> answers{}; ///< by path and sorted query
};

/// A capture, sorted by who asks for what.
struct Recording {
  /// @throws std::runtime_error if there is no capture in `folder`
  static Recording load(const std::filesystem::path& folder);

  std::filesystem::path run{};
  std::array<RecordedFace, face_count> faces{};
  std::int64_t ends_at = 0;
  std::uint64_t frames = 0;
  std::uint64_t answers = 0;
  std::vector<std::string> flaws{}; ///< one line each
};

/// The same text for requests that ask the same, in whatever order their parameters stand.
std::string request_key(const HttpRequest& request);

/// The capture's time: stands still until the first request.
class ReplayClock {
public:
  explicit ReplayClock(double speed) : speed_{speed} {}

  void start();
  [[nodiscard]] std::int64_t now() const; ///< nanoseconds since the capture began

private:
  double speed_;
  std::optional<std::chrono::steady_clock::time_point> started_;
};

/// A client's WebSocket on which a recorded one is played.
class ReplayFeed {
public:
  ReplayFeed(std::shared_ptr<const RecordedFeed> feed, std::shared_ptr<const ReplayClock> clock)
    : feed_{std::move(feed)}, clock_{std::move(clock)} {}

  /// What is due, now that the client said something.
  std::vector<std::string> on_text(std::string_view text);
  /// What is due; the events of a simulated world mean nothing here.
  std::vector<std::string> on_events(std::span<const MarketEvent> events);
  /// The recorded connection has ended.
  [[nodiscard]] bool over() const;

private:
  [[nodiscard]] bool client_has_spoken();

  std::shared_ptr<const RecordedFeed> feed_;
  std::shared_ptr<const ReplayClock> clock_;
  std::size_t next_ = 0;
  std::uint64_t heard_ = 0;    ///< commands of the client
  std::uint64_t expected_ = 0; ///< commands that frames so far were waiting for
  std::optional<std::chrono::steady_clock::time_point> waiting_since_;
};

} // namespace arbees::sim
