#pragma once

#include <optional>

#include "actors/messages/time.hpp"

namespace arbees {

/// Liveness is not freshness: a socket may answer pings and yet carry no data for hours
/// (venues/polymarket.md 2.4.6). This watches over the data of one connection as a whole; single
/// markets may be quiet.
class FeedWatch {
public:
  explicit FeedWatch(Duration limit) : limit_{limit} {}

  void connected(Timestamp at) { last_heard_ = at; }
  void disconnected() { last_heard_.reset(); }
  void heard(Timestamp at) {
    if (last_heard_ && *last_heard_ < at) {
      last_heard_ = at;
    }
  }

  /// For how long nothing has come, if that is beyond the limit: reported once a connection.
  std::optional<Duration> newly_silent(Timestamp now) {
    if (!last_heard_ || now - *last_heard_ <= limit_) {
      return std::nullopt;
    }
    const auto silent_for = now - *last_heard_;
    last_heard_.reset();
    return silent_for;
  }

private:
  Duration limit_;
  std::optional<Timestamp> last_heard_; ///< none: not connected, or silence already reported
};

} // namespace arbees
