#include "bridges/redis/redis_kill_switch.hpp"

#include <spdlog/spdlog.h>

#include <array>
#include <bit>

#include "bridges/envelope/json_text.hpp"

namespace arbees {

namespace {

constexpr std::size_t longest_text = 4'096;
constexpr std::size_t longest_reason = 200;

struct Word {
  std::string_view text;
  TradingState state;
};

constexpr std::array words{
  Word{"halt", TradingState::halted},
  Word{"reduce-only", TradingState::reduce_only},
  Word{"reduce_only", TradingState::reduce_only},
  Word{"flatten", TradingState::flatten},
  Word{"resume", TradingState::active},
};

std::optional<TradingState> state_of(std::string_view word) {
  for (const auto& known : words) {
    if (known.text == word) {
      return known.state;
    }
  }
  return std::nullopt;
}

std::string_view trimmed(std::string_view text) {
  constexpr auto* blanks = " \t\r\n";
  const auto begin = text.find_first_not_of(blanks);
  return begin == std::string_view::npos
           ? std::string_view{}
           : text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

/// What goes into logs and the ledger: no line breaks or control characters.
std::string printable(std::string text) {
  text.resize(std::min(text.size(), longest_reason));
  for (auto& letter : text) {
    const auto byte = static_cast<unsigned char>(letter);
    letter = byte < ' ' || byte >= 0x7f ? ' ' : letter;
  }
  return text;
}

TradingControl control(TradingState state, std::string reason) {
  return {.state = state,
          .by = "redis",
          .reason = reason.empty() ? "by a message on Redis" : printable(std::move(reason))};
}

} // namespace

std::optional<TradingControl> parse_redis_control(std::string_view text) {
  if (text.size() > longest_text) {
    return std::nullopt;
  }
  if (const auto state = state_of(trimmed(text))) {
    return control(*state, {});
  }
  const auto document = JsonDocument::parse(text);
  if (!document) {
    return std::nullopt;
  }
  const auto action = document->root()["action"].text();
  const auto state = action ? state_of(*action) : std::nullopt;
  return state ? std::optional{control(*state, document->root()["reason"].text().value_or(""))}
               : std::nullopt;
}

RedisKillSwitch::RedisKillSwitch(RedisListenerConfig config, std::function<Timestamp()> clock,
                                 std::function<void(TradingControl)> obey)
  : clock_{std::move(clock)},
    obey_{std::move(obey)},
    listener_{[&] {
                config.channels = {channel};
                return std::move(config);
              }(),
              [this](std::string_view, std::string_view text) { hear(text); }} {}

void RedisKillSwitch::hear(std::string_view text) {
  auto control = parse_redis_control(text);
  if (!control) {
    if (const auto total = ++ignored_; std::has_single_bit(total)) {
      spdlog::warn(
        "redis_kill_switch.ignored total={}: neither halt, reduce-only, flatten nor "
        "resume",
        total);
    }
    return;
  }
  control->at = clock_();
  spdlog::warn("redis_kill_switch.heard state={} reason=\"{}\"", to_string(control->state),
               control->reason);
  obey_(std::move(*control));
}

} // namespace arbees
