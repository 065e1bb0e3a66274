#include "bridges/polymarket/polymarket_venue_gate.hpp"

#include <algorithm>

namespace arbees {

namespace {

using std::chrono::seconds;

/// After a restart the engine takes only resting orders for two minutes.
constexpr Duration post_only_time = seconds{120};
constexpr Duration longest_pause = seconds{120};

std::string_view reason_of(VenueMode mode) {
  switch (mode) {
    case VenueMode::restarting:
      return "venue_restarting";
    case VenueMode::closed:
      return "venue_closed";
    case VenueMode::cancel_only:
      return "venue_cancel_only";
    case VenueMode::post_only:
      return "venue_post_only";
  }
  return "venue_closed";
}

/// True if the refusal may end by itself: a skewed clock, a key that is being made anew.
bool may_pass(const OrderAnswer& answer) {
  return answer.reason == "unauthorized";
}

} // namespace

std::optional<std::string>
PolymarketVenueGate::why_not(const OrderIntent& order, Timestamp now) const {
  if (now < until_) {
    return why_;
  }
  const auto exits = refusal_ == "closed_only" && order.action == Action::sell;
  if (!refusal_.empty() && order.purpose == OrderPurpose::open && !exits) {
    return "venue_refuses: " + refusal_;
  }
  return std::nullopt;
}

void PolymarketVenueGate::learn(const OrderAnswer& answer, Timestamp now) {
  if (answer.mode) {
    const auto least = *answer.mode == VenueMode::post_only ? post_only_time : seconds{1};
    pause(std::string{reason_of(*answer.mode)}, answer.retry_after, least, now);
    mode_ = answer.mode;
    return;
  }
  switch (answer.verdict) {
    case Verdict::taken:
    case Verdict::no_fill:
      repeats_ = 0;
      mode_.reset();
      refusal_.clear();
      return;
    case Verdict::retry_later:
      // One market that is not ready says nothing of the others.
      if (answer.reason == "rate_limited") {
        pause("venue_rate_limited", answer.retry_after, seconds{1}, now);
        mode_.reset();
      }
      return;
    case Verdict::fatal:
      if (may_pass(answer)) {
        pause("venue_refuses: " + answer.reason, answer.retry_after, seconds{1}, now);
        mode_.reset();
      } else {
        refusal_ = answer.reason;
      }
      return;
    case Verdict::rejected:
    case Verdict::duplicate:
    case Verdict::paused:
    case Verdict::unknown:
      return;
  }
}

void PolymarketVenueGate::pause(std::string why, std::optional<Duration> asked, Duration least,
                                Timestamp now) {
  // `Retry-After: 0` happens: never less than our own backoff.
  const auto doubled = least * (1 << std::min(repeats_, 5));
  const auto own = std::min<Duration>(doubled, std::max(least, Duration{seconds{30}}));
  const auto wait = std::clamp<Duration>(asked.value_or(own), own, std::max(own, longest_pause));
  ++repeats_;
  why_ = std::move(why);
  until_ = std::max(until_, now + wait);
}

int PolymarketVenueGate::mode(Timestamp now) const {
  return now < until_ && mode_ ? 1 + static_cast<int>(*mode_) : 0;
}

} // namespace arbees
