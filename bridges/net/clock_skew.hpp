#pragma once

#include <optional>
#include <string_view>

#include "actors/messages/time.hpp"

namespace arbees {

/// Parses an HTTP Date, "Sat, 21 Nov 2026 07:01:43 GMT" (RFC 9110, section 5.6.7).
std::optional<Timestamp> parse_http_date(std::string_view text);

/// How far a server's clock is from ours, from the Date headers of its answers.
///
/// A Date tells a whole second, so that one answer leaves the offset open by a second and the time
/// it was under way. What all answers of the last minutes agree on is much narrower: each is an
/// interval, and the offset is in all of them. Pure; time is handed in.
class ClockSkew {
public:
  /// An answer that says `date`. @pre sent <= received
  void heard(Timestamp date, Timestamp sent, Timestamp received);

  /// What to add to our clock to get the server's: the middle of what is possible, or zero while
  /// our clock may be right.
  [[nodiscard]] Duration offset() const;
  /// By how much our clock is wrong at least, whichever sign.
  [[nodiscard]] Duration proven() const;
  [[nodiscard]] bool known() const { return range_.has_value(); }

private:
  struct Range {
    Duration low;
    Duration high;
    Timestamp since;
  };
  std::optional<Range> range_;
};

} // namespace arbees
