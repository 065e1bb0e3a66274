#include "bridges/kalshi/kalshi_exchange_codec.hpp"

#include <array>
#include <bitset>

#include "actors/messages/eastern_time.hpp"
#include "bridges/net/answer_fields.hpp"

namespace arbees {

namespace {

constexpr std::size_t day_minutes = 24 * 60;
/// By minute, true where it trades; it begins on Sunday at midnight.
using Week = std::bitset<7 * day_minutes>;

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

Timestamp instant(AnswerFields& fields, std::string_view key) {
  const auto at = parse_utc(fields.text(key));
  if (!at) {
    fields.fail(key);
  }
  return at.value_or(Timestamp{});
}

/// "HH:MM", "24:00" included, in minutes since midnight.
std::size_t minutes(AnswerFields& fields, std::string_view key) {
  const auto text = fields.text(key);
  const auto digits = [&](std::size_t at) {
    return parse_decimal(std::string_view{text}.substr(at, 2), 0).value_or(-1);
  };
  const auto shaped = text.size() == 5 && text[2] == ':';
  const auto hour = shaped ? digits(0) : -1;
  const auto minute = shaped ? digits(3) : -1;
  if (hour < 0 || minute < 0 || minute > 59
      || hour * 60 + minute > static_cast<std::int64_t>(day_minutes)) {
    fields.fail(key);
    return 0;
  }
  return static_cast<std::size_t>(hour * 60 + minute);
}

caf::error add_session(const boost::json::value& json, std::size_t day, Week& week) {
  AnswerFields fields{json};
  const auto opens = minutes(fields, "open_time");
  const auto closes = minutes(fields, "close_time");
  if (!fields.ok()) {
    return fields.error();
  }
  const auto length = closes > opens ? closes - opens : closes + day_minutes - opens;
  for (std::size_t i = 0; i < length; ++i) {
    week.set((day * day_minutes + opens + i) % week.size());
  }
  return {};
}

caf::expected<Week> read_week(const boost::json::value& json) {
  constexpr std::array days{"sunday",   "monday", "tuesday", "wednesday",
                            "thursday", "friday", "saturday"};
  AnswerFields fields{json};
  Week week;
  for (std::size_t day = 0; day < days.size(); ++day) {
    // A day without its list is no day off: we would wait in vain, or trade into a pause.
    const auto* const listed = fields.find(days[day]);
    if (listed == nullptr || !listed->is_array()) {
      fields.fail(days[day]);
      return fields.error();
    }
    for (const auto& session : listed->get_array()) {
      if (auto error = add_session(session, day, week)) {
        return error;
      }
    }
  }
  if (week.none()) {
    return caf::make_error(Errc::bad_frame, std::string{"a schedule that never trades"});
  }
  return week;
}

/// The times at which it does not trade, day by day.
std::vector<KalshiWeeklyPause> pauses_of(const Week& week) {
  std::vector<KalshiWeeklyPause> pauses;
  for (std::size_t day = 0; day < 7; ++day) {
    for (std::size_t at = 0; at < day_minutes; ++at) {
      const auto from = at;
      while (at < day_minutes && !week.test(day * day_minutes + at)) {
        ++at;
      }
      if (at > from) {
        pauses.push_back({.day = std::chrono::weekday{static_cast<unsigned>(day)},
                          .from = std::chrono::minutes{from},
                          .until = std::chrono::minutes{at}});
      }
    }
  }
  return pauses;
}

caf::expected<KalshiPauseTimes> read_window(const boost::json::value& json) {
  AnswerFields fields{json};
  const KalshiPauseTimes window{.begins = instant(fields, "start_datetime"),
                                .ends = instant(fields, "end_datetime")};
  return fields.finish(window);
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

caf::expected<KalshiSchedule> decode_kalshi_schedule(std::string_view body, Timestamp now) {
  const auto json = parse_json(body);
  if (!json) {
    return json.error();
  }
  static const boost::json::value nothing;
  const auto* const schedule = AnswerFields{*json}.find("schedule");
  AnswerFields fields{schedule != nullptr ? *schedule : nothing};
  auto windows = decode_each(fields.array("maintenance_windows"), read_window);
  if (!windows) {
    return std::move(windows.error());
  }
  for (const auto& weekly : fields.array("standard_hours")) {
    AnswerFields its{weekly};
    const auto from = instant(its, "start_time");
    const auto until = instant(its, "end_time");
    if (!its.ok()) {
      return its.error();
    }
    if (from <= now && now < until) {
      const auto week = read_week(weekly);
      if (!week) {
        return week.error();
      }
      return KalshiSchedule{.weekly = pauses_of(*week), .windows = std::move(*windows)};
    }
  }
  return caf::make_error(Errc::bad_frame, std::string{"no weekly schedule is in force"});
}

caf::expected<KalshiAttestation> decode_kalshi_attestation(std::string_view body) {
  constexpr std::int64_t year_2200_s = 7'258'118'400;
  const auto json = parse_json(body);
  if (!json) {
    return json.error();
  }
  AnswerFields fields{*json};
  if (fields.find("api_keys") == nullptr) {
    fields.fail("api_keys");
  }
  const auto seconds = fields.integer_if_any("api_key_region_expiration_ts");
  if (seconds && (*seconds < 0 || *seconds > year_2200_s)) {
    fields.fail("api_key_region_expiration_ts");
  }
  if (!fields.ok()) {
    return fields.error();
  }
  return KalshiAttestation{seconds ? std::optional{from_ms(*seconds * 1000)} : std::nullopt};
}

} // namespace arbees
