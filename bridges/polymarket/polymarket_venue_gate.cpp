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

/// True if the order was let at the book, which in a post-only time none is.
bool crossed(const OrderAnswer& answer) {
  return answer.verdict == Verdict::no_fill || answer.filled > Quantity{}
         || answer.reason == "delayed";
}

VenueState state_of(VenueMode mode) {
  switch (mode) {
    case VenueMode::restarting:
    case VenueMode::closed:
      return VenueState::down;
    case VenueMode::cancel_only:
      return VenueState::cancel_only;
    case VenueMode::post_only:
      return VenueState::post_only;
  }
  return VenueState::down;
}

} // namespace

std::optional<std::string>
PolymarketVenueGate::why_not(const OrderIntent& order, Timestamp now) const {
  if (now < until_ && !(mode_ == VenueMode::post_only && order.post_only)) {
    return why_;
  }
  if (order.purpose != OrderPurpose::open) {
    return std::nullopt;
  }
  const auto why = refusal();
  const auto exits = why == "closed_only" && order.action == Action::sell;
  if (!why.empty() && !exits) {
    return "venue_refuses: " + why;
  }
  if (!unreachable_.empty()) {
    return "venue_unreachable";
  }
  // Nobody tells when a restart is over; but what follows it is known.
  return now < post_only_until_ && !order.post_only ? std::optional<std::string>{"venue_post_only"}
                                                    : std::nullopt;
}

void PolymarketVenueGate::learn(const OrderAnswer& answer, Timestamp now) {
  if (!answer.reason.starts_with("no_answer")) {
    reached();
  }
  if (answer.mode) {
    const auto post_only = *answer.mode == VenueMode::post_only;
    pause(std::string{reason_of(*answer.mode)}, answer.retry_after,
          post_only ? post_only_time : seconds{1}, now);
    mode_ = answer.mode;
    if (post_only) {
      post_only_until_ = until_;
    } else if (*answer.mode == VenueMode::restarting) {
      post_only_until_ = until_ + post_only_time;
    }
    return;
  }
  switch (answer.verdict) {
    case Verdict::taken:
    case Verdict::no_fill:
      refusal_.clear();
      if (crossed(answer) || now >= until_) {
        repeats_ = 0;
        mode_.reset();
      }
      if (crossed(answer)) {
        post_only_until_ = std::min(post_only_until_, now);
      }
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
        refused_ = true;
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
  refused_ = false;
  why_ = std::move(why);
  until_ = std::max(until_, now + wait);
}

void PolymarketVenueGate::learn_place(std::optional<std::string> blocked_country) {
  place_ = blocked_country ? "geoblocked: " + *blocked_country : std::string{};
}

std::string PolymarketVenueGate::refusal() const {
  return !place_.empty()          ? place_
         : !refusal_.empty()      ? refusal_
         : closed_only_           ? "closed_only"
         : !no_allowance_.empty() ? no_allowance_
                                  : std::string{};
}

PolymarketVenueGate::Standing PolymarketVenueGate::standing(Timestamp now) const {
  if (auto why = refusal(); !why.empty()) {
    return {VenueState::refused, std::move(why)};
  }
  if (now < until_ && refused_) {
    return {VenueState::refused, why_};
  }
  if (!unreachable_.empty()) {
    return {VenueState::down, "venue_unreachable: " + unreachable_};
  }
  if (now < until_ && mode_) {
    return {state_of(*mode_), why_};
  }
  if (now < post_only_until_) {
    return {VenueState::post_only, "venue_post_only"};
  }
  return {};
}

std::optional<Timestamp> PolymarketVenueGate::next_change(Timestamp now) const {
  if (now < until_) {
    return until_;
  }
  return now < post_only_until_ ? std::optional{post_only_until_} : std::nullopt;
}

int PolymarketVenueGate::mode(Timestamp now) const {
  return now < until_ && mode_ ? 1 + static_cast<int>(*mode_) : 0;
}

} // namespace arbees
