#include "tools/sim/kalshi_exchange.hpp"

#include <array>

#include "tools/sim/kalshi_rest.hpp"

namespace arbees::sim {

namespace json = boost::json;

namespace {

constexpr UnixSeconds hour = 3600;
constexpr UnixSeconds day = 24 * hour;
constexpr int windows_shown = 4;
constexpr UnixSeconds maintenance_begins = 3 * hour; ///< of the Eastern day
constexpr UnixSeconds maintenance_ends = 5 * hour;

/// Seconds since midnight on the Eastern clock.
UnixSeconds eastern_seconds(UnixSeconds now) {
  const auto at = eastern(now);
  return at.hour * hour + at.minute * 60 + at.second;
}

/// 0 is a Thursday, as 1 January 1970 was.
UnixSeconds eastern_weekday(UnixSeconds now) {
  const auto offset = eastern_daylight(now) ? -4 * hour : -5 * hour;
  return ((now + offset) / day) % 7;
}

/// Midnight that began the Eastern day of `now`. Clocks change on Sundays, far from any Thursday.
UnixSeconds eastern_midnight(UnixSeconds now) {
  return now - eastern_seconds(now);
}

/// Noon of the next Thursday at or after the day of `now`, where no change of clocks is near.
UnixSeconds thursday_noon(UnixSeconds now) {
  const auto noon = eastern_midnight(now) + 12 * hour;
  return noon + ((7 - eastern_weekday(now)) % 7) * day;
}

json::object session(const char* opens, const char* closes) {
  return {{"open_time", opens}, {"close_time", closes}};
}

json::array
changes_since(const std::vector<KalshiFeeChange>& all, UnixMillis since_ms, const auto& to_json) {
  json::array rows;
  for (const auto& change : all) {
    if (change.at_ms > since_ms) {
      rows.push_back(to_json(change));
    }
  }
  return rows;
}

const KalshiSeries& series_at(const Engine& engine, std::string_view ticker) {
  return *std::ranges::find(engine.slate().series, ticker, &KalshiSeries::ticker);
}

} // namespace

std::optional<UnixSeconds> maintenance_until(UnixSeconds now) {
  const auto of_day = eastern_seconds(now);
  const auto on =
    eastern_weekday(now) == 0 && of_day >= maintenance_begins && of_day < maintenance_ends;
  return on ? std::optional{now - of_day + maintenance_ends} : std::nullopt;
}

HttpReply exchange_schedule(UnixSeconds now) {
  // A session that ends at 00:00 ends with its day.
  const json::array whole{session("00:00", "00:00")};
  json::object hours{{"start_time", "2025-01-01T00:00:00Z"}, {"end_time", "2100-01-01T00:00:00Z"}};
  for (const auto* const name :
       {"monday", "tuesday", "wednesday", "friday", "saturday", "sunday"}) {
    hours[name] = whole;
  }
  hours["thursday"] = json::array{session("00:00", "03:00"), session("05:00", "00:00")};
  json::array windows;
  auto noon = thursday_noon(now);
  if (noon - 12 * hour + maintenance_ends <= now) {
    noon = thursday_noon(noon + day);
  }
  for (auto i = 0; i < windows_shown; ++i, noon = thursday_noon(noon + day)) {
    const auto midnight = eastern_midnight(noon);
    windows.push_back(json::object{{"start_datetime", iso_seconds(midnight + maintenance_begins)},
                                   {"end_datetime", iso_seconds(midnight + maintenance_ends)}});
  }
  return reply(
    json::object{{"schedule", json::object{{"standard_hours", json::array{std::move(hours)}},
                                           {"maintenance_windows", std::move(windows)}}}});
}

HttpReply series_fee_changes(const Engine& engine, const HttpRequest& request) {
  const auto wanted = request.parameter("series_ticker");
  const auto past = request.parameter("show_historical") == "true";
  auto rows =
    changes_since(engine.fees().of_series(), past ? 0 : engine.now_ms(),
                  [](const KalshiFeeChange& change) {
                    return json::object{{"id", change.id},
                                        {"series_ticker", change.ticker},
                                        {"fee_type", change.fee->type},
                                        {"fee_multiplier", change.fee->multiplier_milli / 1000.0},
                                        {"scheduled_ts", iso_seconds(change.at_ms / 1000)}};
                  });
  json::array shown;
  for (auto& row : rows) {
    if (wanted.empty() || row.at("series_ticker") == json::value(wanted)) {
      shown.push_back(std::move(row));
    }
  }
  return reply(json::object{{"series_fee_change_arr", std::move(shown)}});
}

HttpReply event_fee_changes(const Engine& engine, const HttpRequest& request) {
  const auto past = request.parameter("show_historical") == "true";
  auto rows = changes_since(
    engine.fees().of_events(), past ? 0 : engine.now_ms(), [&](const KalshiFeeChange& change) {
      const auto index = engine.kalshi_event(change.ticker);
      const auto& event = engine.slate().kalshi_events[static_cast<std::size_t>(index)];
      json::object row{{"id", change.id},
                       {"event_ticker", change.ticker},
                       {"series_ticker", event.series},
                       {"fee_type_override", nullptr},
                       {"fee_multiplier_override", nullptr},
                       {"scheduled_ts", iso_seconds(change.at_ms / 1000)}};
      if (change.fee) {
        row["fee_type_override"] = change.fee->type;
        row["fee_multiplier_override"] = change.fee->multiplier_milli / 1000.0;
      }
      return row;
    });
  return reply(json::object{{"event_fee_changes", std::move(rows)}, {"cursor", ""}});
}

KalshiFee fee_of(const Engine& engine, const KalshiSeries& series) {
  return engine.fees().series(series.ticker, facts(series.league).fee_multiplier_milli,
                              engine.now_ms());
}

KalshiFee fee_of(const Engine& engine, const KalshiEvent& event) {
  const auto own = engine.fees().event(event.ticker, engine.now_ms());
  return own ? *own : fee_of(engine, series_at(engine, event.series));
}

} // namespace arbees::sim
