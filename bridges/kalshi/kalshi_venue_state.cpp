#include "bridges/kalshi/kalshi_venue_state.hpp"

#include <algorithm>

#include "actors/messages/eastern_time.hpp"
#include "bridges/net/answer_fields.hpp"

namespace arbees {

namespace {

/// A flag that must be there: an absent one must not read as "active" nor as "paused".
bool need_flag(AnswerFields& fields, std::string_view key) {
  const auto* const value = fields.find(key);
  if (value == nullptr || !value->is_bool()) {
    fields.fail(key);
    return false;
  }
  return value->get_bool();
}

caf::expected<KalshiShardStatus> read_shard(const boost::json::value& json) {
  constexpr std::int64_t most_shards = 1'000;
  AnswerFields fields{json};
  const auto index = fields.integer("exchange_index");
  if (index < 0 || index > most_shards) {
    fields.fail("exchange_index");
  }
  const KalshiShardStatus shard{.exchange_index = static_cast<std::int32_t>(index),
                                .exchange_active = need_flag(fields, "exchange_active"),
                                .trading_active = need_flag(fields, "trading_active")};
  return fields.finish(shard);
}

} // namespace

caf::expected<KalshiExchangeStatus> decode_kalshi_exchange_status(std::string_view body) {
  const auto json = parse_json(body);
  if (!json) {
    return json.error();
  }
  AnswerFields fields{*json};
  KalshiExchangeStatus status;
  const KalshiShardStatus whole{.exchange_active = need_flag(fields, "exchange_active"),
                                .trading_active = need_flag(fields, "trading_active")};
  const auto& listed = fields.array("exchange_index_statuses");
  if (!fields.ok()) {
    return fields.error();
  }
  auto shards = decode_each(listed, read_shard);
  if (!shards) {
    return std::move(shards.error());
  }
  status.lists_shards = !shards->empty();
  status.shards = status.lists_shards ? std::move(*shards) : std::vector{whole};
  return status;
}

KalshiPauseTimes next_pause(const KalshiWeeklyPause& pause, Timestamp now) {
  // From yesterday on, in case a pause should run over midnight.
  auto day = std::chrono::sys_days{eastern_date(now)} - std::chrono::days{1};
  for (;; day += std::chrono::days{1}) {
    if (std::chrono::weekday{day} != pause.day) {
      continue;
    }
    const KalshiPauseTimes times{.begins = from_eastern(Date{day}, pause.from),
                                 .ends = from_eastern(Date{day}, pause.until)};
    if (now < times.ends) {
      return times;
    }
  }
}

void KalshiVenueState::learn(const KalshiExchangeStatus& status, Timestamp now) {
  status_ = status;
  read_at_ = now;
}

const KalshiShardStatus* KalshiVenueState::find(std::int32_t exchange_index) const {
  if (!status_.lists_shards) {
    return status_.shards.empty() ? nullptr : &status_.shards.front();
  }
  const auto found =
    std::ranges::find(status_.shards, exchange_index, &KalshiShardStatus::exchange_index);
  return found == status_.shards.end() ? nullptr : &*found;
}

std::string KalshiVenueState::objection(std::int32_t exchange_index, OrderPurpose purpose,
                                        Timestamp now) const {
  const auto* const shard = find(exchange_index);
  const auto opens = purpose == OrderPurpose::open;
  const auto fresh = read_at_ && now < *read_at_ + config_.status_valid_for;
  if (opens && (!fresh || shard == nullptr)) {
    return "venue_status_unknown";
  }
  if (fresh && shard != nullptr && !(shard->exchange_active && shard->trading_active)) {
    return fmt::format("{}_paused:shard_{}", shard->exchange_active ? "trading" : "exchange",
                       exchange_index);
  }
  return calendar(purpose, fresh, now);
}

std::string KalshiVenueState::calendar(OrderPurpose purpose, bool fresh, Timestamp now) const {
  for (const auto& pause : config_.pauses) {
    const auto times = next_pause(pause, now);
    // A status that was read during the pause knows better than the calendar.
    const auto read_inside = fresh && *read_at_ >= times.begins;
    if (now >= times.begins && !read_inside) {
      return "maintenance";
    }
    const auto soon = now < times.begins && now >= times.begins - config_.pause_margin;
    if (soon && purpose == OrderPurpose::open) {
      return "maintenance_soon";
    }
  }
  return {};
}

bool KalshiVenueState::takes_cancels(std::int32_t exchange_index) const {
  const auto* const shard = find(exchange_index);
  return shard == nullptr || shard->exchange_active;
}

std::int64_t KalshiVenueState::paused_shards() const {
  return std::ranges::count_if(status_.shards, [](const auto& shard) {
    return !shard.exchange_active || !shard.trading_active;
  });
}

BalanceUpdate to_balance_update(const KalshiBalance& balance, Timestamp at) {
  BalanceUpdate update{.venue = Venue::kalshi, .available = balance.total, .at = at};
  for (const auto& shard : balance.shards) {
    update.shards.push_back({shard.exchange_index, shard.available});
  }
  std::ranges::sort(update.shards, {}, &ShardBalance::exchange_index);
  return update;
}

} // namespace arbees
