#include "actors/observer/level_filter.hpp"

#include "actors/messages/topics.hpp"

namespace arbees {

namespace {

constexpr std::string_view level_names[] = {"verbose", "info", "errors_only"};

bool is_error(std::string_view topic) {
  return topic.starts_with("trades.rejected.") || topic.starts_with("trades.failed.")
         || topic.starts_with("trades.unknown.") || topic.starts_with("telemetry.feed.");
}

} // namespace

std::string_view to_string(ObserverLevel level) {
  return level_names[static_cast<std::size_t>(level)];
}

std::optional<ObserverLevel> parse_observer_level(std::string_view text) {
  for (const auto level :
       {ObserverLevel::verbose, ObserverLevel::info, ObserverLevel::errors_only}) {
    if (to_string(level) == text) {
      return level;
    }
  }
  return std::nullopt;
}

bool LevelFilter::wants(const WireMessage& message) {
  if (level_ == ObserverLevel::verbose) {
    return true;
  }
  if (level_ == ObserverLevel::errors_only) {
    return is_error(message.topic);
  }
  const auto family = topic::family(message.topic);
  if (family == "prices") {
    return wants_price(message.received_at);
  }
  // Marks move all the time: what becomes of positions is told by their exits and trades. Candles
  // are prices once more.
  return family != "orderbook" && family != "positions" && family != "market"
         && message.topic != topic::metrics && message.topic != topic::positions;
}

bool LevelFilter::wants(const WireNotice& notice) const {
  const auto routine = notice.event == "statistics" || notice.event == "joined";
  return level_ != ObserverLevel::errors_only || !routine;
}

bool LevelFilter::wants_price(Timestamp at) {
  const auto second = to_ms(at) / 1000;
  if (second != second_) {
    second_ = second;
    shown_in_second_ = 0;
  }
  const auto shown = shown_in_second_ < prices_per_second_;
  shown_in_second_ += shown ? 1 : 0;
  sampled_out_ += shown ? 0 : 1;
  return shown;
}

} // namespace arbees
