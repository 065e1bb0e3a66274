#include "tools/sim/espn_rest.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "tools/sim/price_model.hpp"

namespace arbees::sim {

namespace json = boost::json;

namespace {

struct StatusText {
  std::string_view id;
  std::string name;
  std::string_view state;
  bool completed = false;
  std::string detail;
  std::string short_detail;
};

std::string ordinal(int n) {
  return fmt::format("{}{}", n, n == 1 ? "st" : n == 2 ? "nd" : n == 3 ? "rd" : "th");
}

std::string period_name(League league, int period) {
  const auto regular = league == League::nhl ? 3 : 4;
  if (period > regular) {
    return "OT";
  }
  return fmt::format("{} {}", ordinal(period), league == League::nhl ? "Period" : "Quarter");
}

/// Minutes and seconds; the NBA shows tenths in the last minute; soccer counts minutes up.
std::string display_clock(League league, const GameState& state) {
  const auto clock = state.clock;
  if (league == League::epl) {
    const auto end = state.period * 2700;
    const auto minutes = static_cast<int>(clock) / 60 + 1;
    return clock >= end && state.period > 0 ? fmt::format("{}'", end / 60)
                                            : fmt::format("{}'", minutes);
  }
  if (league == League::nba && clock < 60) {
    return fmt::format("{:.1f}", std::floor(clock * 10) / 10);
  }
  const auto seconds = league == League::mlb ? 0 : static_cast<int>(clock);
  return fmt::format("{}:{:02}", seconds / 60, seconds % 60);
}

double shown_clock(League league, const GameState& state) {
  return league == League::mlb ? 0.0 : std::floor(state.clock * 10) / 10;
}

StatusText scheduled(const Game& game) {
  const auto at = eastern(game.start);
  const auto zone = eastern_daylight(game.start) ? "EDT" : "EST";
  return {.id = "1",
          .name = "STATUS_SCHEDULED",
          .state = "pre",
          .detail =
            fmt::format("{} {} at {} {}", month_name(at.month), at.day, clock_12h(at), zone),
          .short_detail = fmt::format("{}/{} - {} {}", at.month, at.day, clock_12h(at), zone)};
}

StatusText finished(const Game& game, const GameState& state) {
  if (state.canceled) {
    return {.id = "5",
            .name = "STATUS_CANCELED",
            .state = "post",
            .completed = false,
            .detail = "Canceled",
            .short_detail = "Canceled"};
  }
  if (game.league == League::epl) {
    return {.id = "28",
            .name = "STATUS_FULL_TIME",
            .state = "post",
            .completed = true,
            .detail = "FT",
            .short_detail = "FT"};
  }
  auto text = std::string{"Final"};
  if (state.overtime) {
    text += game.league == League::mlb                        ? fmt::format("/{}", state.period)
            : game.league == League::nhl && state.period >= 5 ? "/SO"
                                                              : "/OT";
  }
  return {.id = "3",
          .name = "STATUS_FINAL",
          .state = "post",
          .completed = true,
          .detail = text,
          .short_detail = text};
}

StatusText soccer(const GameState& state) {
  if (state.phase == Phase::interval) {
    return {
      .id = "23", .name = "STATUS_HALFTIME", .state = "in", .detail = "HT", .short_detail = "HT"};
  }
  const auto first = state.period == 1;
  const auto clock = display_clock(League::epl, state);
  return {.id = first ? "25" : "26",
          .name = first ? "STATUS_FIRST_HALF" : "STATUS_SECOND_HALF",
          .state = "in",
          .detail = clock,
          .short_detail = clock};
}

StatusText baseball(const GameState& state) {
  const auto half = state.phase == Phase::interval ? "End" : state.bottom ? "Bottom" : "Top";
  const auto brief = state.phase == Phase::interval ? "End" : state.bottom ? "Bot" : "Top";
  return {.id = "2",
          .name = "STATUS_IN_PROGRESS",
          .state = "in",
          .detail = fmt::format("{} {}", half, ordinal(state.period)),
          .short_detail = fmt::format("{} {}", brief, ordinal(state.period))};
}

StatusText status_text(const Game& game, const GameState& state) {
  if (state.phase == Phase::scheduled) {
    return scheduled(game);
  }
  if (state.phase == Phase::final) {
    return finished(game, state);
  }
  if (game.league == League::epl) {
    return soccer(state);
  }
  if (game.league == League::mlb) {
    return baseball(state);
  }
  const auto period = period_name(game.league, state.period);
  if (state.phase == Phase::interval) {
    const auto half = game.league != League::nhl && state.period == 2;
    const auto text = half ? std::string{"Halftime"} : fmt::format("End of {}", period);
    return {.id = half ? "23" : "22",
            .name = half ? "STATUS_HALFTIME" : "STATUS_END_PERIOD",
            .state = "in",
            .detail = text,
            .short_detail = text};
  }
  const auto clock = display_clock(game.league, state);
  return {.id = "2",
          .name = "STATUS_IN_PROGRESS",
          .state = "in",
          .detail = fmt::format("{} - {}", clock, period),
          .short_detail =
            fmt::format("{} - {}", clock, state.overtime ? "OT" : ordinal(state.period))};
}

json::object status_json(const Game& game, const GameState& state) {
  const auto text = status_text(game, state);
  return {{"clock", shown_clock(game.league, state)},
          {"displayClock", state.phase == Phase::scheduled && game.league != League::nba
                             ? std::string{game.league == League::epl ? "0'" : "0:00"}
                             : display_clock(game.league, state)},
          {"period", state.period},
          {"type", json::object{{"id", text.id},
                                {"name", text.name},
                                {"state", text.state},
                                {"completed", text.completed},
                                {"description", text.completed        ? "Final"
                                                : text.state == "pre" ? "Scheduled"
                                                                      : "In Progress"},
                                {"detail", text.detail},
                                {"shortDetail", text.short_detail}}}};
}

int team_id(League league, const Team& team) {
  return static_cast<int>(&team - teams(league).data()) + 1;
}

json::object competitor_json(const Game& game, const GameState& state, bool home) {
  const auto& who = home ? *game.home : *game.away;
  const auto& about = facts(game.league);
  const auto id = std::to_string(team_id(game.league, who));
  const auto uid = fmt::format("s:{}~l:{}~t:{}", about.espn_sport_id, about.espn_league_id, id);
  const auto la_clippers = who.name == "LA Clippers";
  json::object out{{"id", id},
                   {"uid", uid},
                   {"type", "team"},
                   {"order", home ? 0 : 1},
                   {"homeAway", home ? "home" : "away"},
                   {"team", json::object{{"id", id},
                                         {"uid", uid},
                                         {"location", la_clippers ? "LA" : who.city},
                                         {"name", who.nickname},
                                         {"abbreviation", who.espn},
                                         {"displayName", who.name},
                                         {"shortDisplayName", who.nickname},
                                         {"isActive", true}}},
                   {"score", std::to_string(home ? state.home : state.away)}};
  if (state.phase == Phase::final && state.home != state.away) {
    out["winner"] = (state.home > state.away) == home;
  }
  json::array lines;
  const auto& points = home ? state.home_line : state.away_line;
  for (std::size_t i = 0; i < points.size(); ++i) {
    lines.push_back(json::object{{"value", static_cast<double>(points[i])},
                                 {"displayValue", std::to_string(points[i])},
                                 {"period", i + 1}});
  }
  if (!lines.empty()) {
    out["linescores"] = std::move(lines);
  }
  return out;
}

/// Pregame only, as is usual: a spread's magnitude and who is favoured.
json::array odds_json(const Game& game) {
  const auto spread = std::floor(std::abs(game.home_edge)) + 0.5;
  const auto home = game.home_edge >= 0;
  return {json::object{
    {"provider", json::object{{"id", "100"}, {"name", "DraftKings"}, {"priority", 1}}},
    {"details", fmt::format("{} -{:.1f}", (home ? game.home : game.away)->espn, spread)},
    {"overUnder", std::floor(game.total) + 0.5},
    {"spread", home ? -spread : spread},
    {"awayTeamOdds", json::object{{"favorite", !home}, {"underdog", home}}},
    {"homeTeamOdds", json::object{{"favorite", home}, {"underdog", !home}}}}};
}

json::object situation_json(const Game& game, const GameState& state, int index) {
  const auto p = fair_value({Kind::winner, index, TeamSide::home, 0}, game, state);
  json::object out{
    {"lastPlay",
     json::object{{"id", fmt::format("{}{}", game.espn_id, state.plays)},
                  {"text", "play"},
                  {"probability",
                   json::object{{"tiePercentage", 0.0},
                                {"homeWinPercentage", std::round(p * 1000) / 1000},
                                {"awayWinPercentage", std::round((1 - p) * 1000) / 1000}}}}}};
  if (game.league == League::mlb) {
    out["balls"] = 0;
    out["strikes"] = 0;
    out["outs"] = state.outs;
    out["onFirst"] = out["onSecond"] = out["onThird"] = false;
  }
  return out;
}

json::object competition_json(const Engine& engine, int index) {
  const auto& game = engine.slate().games[static_cast<std::size_t>(index)];
  const auto& state = engine.tape().game(index);
  const auto live = state.phase == Phase::live || state.phase == Phase::interval;
  json::object out{{"id", game.espn_id},
                   {"date", iso_minutes(game.start)},
                   {"startDate", iso_minutes(game.start)},
                   {"timeValid", true},
                   {"neutralSite", false},
                   {"conferenceCompetition", false},
                   {"playByPlayAvailable", true},
                   {"recent", live},
                   {"wasSuspended", false},
                   {"competitors", json::array{competitor_json(game, state, true),
                                               competitor_json(game, state, false)}},
                   {"notes", json::array{}},
                   {"status", status_json(game, state)},
                   {"broadcasts", json::array{}}};
  if (game.doubleheader > 0) {
    out["notes"] = json::array{json::object{
      {"type", "event"}, {"headline", fmt::format("Doubleheader - Game {}", game.doubleheader)}}};
  }
  if (state.phase == Phase::scheduled) {
    out["odds"] = odds_json(game);
  }
  if (live) {
    out["situation"] = situation_json(game, state, index);
    if (game.league == League::mlb) {
      out["outsText"] = fmt::format("{} Out{}", state.outs, state.outs == 1 ? "" : "s");
    }
  }
  return out;
}

json::object season_json(const Game& game) {
  const auto at = eastern(game.start);
  const auto next = game.league == League::nba || game.league == League::nhl;
  return {{"year", at.year + (next && at.month > 8 ? 1 : 0)},
          {"type", 2},
          {"slug", "regular-season"}};
}

json::object event_json(const Engine& engine, int index) {
  const auto& game = engine.slate().games[static_cast<std::size_t>(index)];
  const auto& about = facts(game.league);
  return {{"id", game.espn_id},
          {"uid",
           fmt::format("s:{}~l:{}~e:{}", about.espn_sport_id, about.espn_league_id, game.espn_id)},
          {"date", iso_minutes(game.start)},
          {"name", fmt::format("{} at {}", game.away->name, game.home->name)},
          {"shortName", fmt::format("{} @ {}", game.away->espn, game.home->espn)},
          {"season", season_json(game)},
          {"competitions", json::array{competition_json(engine, index)}},
          {"status", status_json(game, engine.tape().game(index))}};
}

bool is_date(std::string_view text) {
  return text.size() == 8 && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

HttpReply scoreboard(const Engine& engine, League league, const HttpRequest& request) {
  const auto limit = request.number("limit", 100);
  const auto today = date_compact(eastern(engine.now()));
  auto dates = std::string{request.parameter("dates")};
  dates = dates.empty() ? today : dates;
  const auto dash = dates.find('-');
  const auto first = dates.substr(0, dash);
  const auto last = dash == std::string::npos ? first : dates.substr(dash + 1);
  if (!limit || !is_date(first) || !is_date(last)) {
    return reply(json::object{{"code", 400}, {"message", "Failed to get events endpoint."}}, 400);
  }
  json::array events;
  const auto& games = engine.slate().games;
  for (std::size_t i = 0; i < games.size(); ++i) {
    const auto day = date_compact(eastern(games[i].start)); // dates= selects the Eastern day
    if (games[i].league == league && day >= first && day <= last
        && events.size() < static_cast<std::size_t>(*limit)) {
      events.push_back(event_json(engine, static_cast<int>(i)));
    }
  }
  const auto& about = facts(league);
  const auto day =
    fmt::format("{}-{}-{}", first.substr(0, 4), first.substr(4, 2), first.substr(6, 2));
  return reply(json::object{
    {"leagues", json::array{json::object{
                  {"id", std::to_string(about.espn_league_id)},
                  {"uid", fmt::format("s:{}~l:{}", about.espn_sport_id, about.espn_league_id)},
                  {"name", about.espn_name},
                  {"abbreviation", about.espn_abbreviation},
                  {"slug", about.espn_path.substr(about.espn_path.find('/') + 1)}}}},
    {"season", json::object{{"type", 2}, {"year", eastern(engine.now()).year}}},
    {"day", json::object{{"date", day}}},
    {"events", std::move(events)}});
}

} // namespace

std::optional<HttpReply> espn(const Engine& engine, const HttpRequest& request) {
  const auto rest = after(request.path, "/apis/site/v2/sports/");
  if (!rest || request.method != "GET" || !rest->ends_with("/scoreboard")) {
    return std::nullopt;
  }
  const auto path = rest->substr(0, rest->size() - std::string_view{"/scoreboard"}.size());
  for (const auto league : all_leagues) {
    if (facts(league).espn_path == path) {
      return scoreboard(engine, league, request);
    }
  }
  return reply(json::object{{"code", 404}, {"message", "unknown league"}}, 404);
}

} // namespace arbees::sim
