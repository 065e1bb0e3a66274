#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tools/sim/calendar.hpp"
#include "tools/sim/faults.hpp"

namespace arbees::sim {

/// What goes wrong between a venue's WebSocket and one client: frames in, frames out, no socket.
class FaultyLink {
public:
  /// @param plan must outlive it
  /// @param random of this connection alone
  FaultyLink(FaultPlan& plan, Random random) : plan_(&plan), random_(random) {}

  /// The last frame of a step ends the connection after that many of its bytes on the wire.
  struct Break {
    std::size_t at = 0;
    bool reset = false; ///< by a reset; else the stream just ends
  };

  /// What to do now.
  struct Step {
    std::vector<std::string> frames{}; ///< to send, in this order
    std::optional<Break> broken{};
  };

  /// The venue says `frames`. What was held and is due goes first.
  Step say(std::vector<std::string> frames, UnixMillis now);

  /// What was held and is due.
  Step release(UnixMillis now) { return say({}, now); }

  /// When release() has something to do; nothing if no frame is held and the link is not deaf.
  [[nodiscard]] std::optional<UnixMillis> next_due() const;

  /// Nothing is read now, so that not even pings are answered. It ends in release().
  [[nodiscard]] bool deaf() const { return deaf_; }

  /// Whether frames are held, or the link is frozen or broken: it must stay then even if all faults
  /// are off.
  [[nodiscard]] bool busy(UnixMillis now) const {
    return ended_ || next_due() || now < frozen_until_;
  }

private:
  void new_second(UnixMillis now);
  void pass(std::string frame, UnixMillis now, Step& step);
  void hold(std::string frame, UnixMillis now);
  void emit(std::string frame, Step& step);
  void end(std::string frame, Break broken, Step& step);

  FaultPlan* plan_;
  Random random_;
  std::optional<UnixMillis> second_{}; ///< when the connection was last drawn for
  std::multimap<UnixMillis, std::string> held_{};
  UnixMillis last_kept_ms_ = 0; ///< due time of the last frame that keeps its place
  std::optional<std::string> swapped_{};
  UnixMillis swapped_due_ms_ = 0;
  UnixMillis frozen_until_ = 0;
  bool deaf_ = false;
  bool loses_ = false; ///< what is said in a freeze is gone
  std::optional<std::size_t> bytes_left_{};
  bool tears_ = false; ///< the next frame is to be torn
  bool ended_ = false;
};

/// A text frame as it goes over the wire from a server.
std::string text_frame(std::string_view payload);

} // namespace arbees::sim
