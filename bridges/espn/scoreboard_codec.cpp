#include "bridges/espn/scoreboard_codec.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "bridges/net/json_fields.hpp"

namespace arbees {

namespace json = boost::json;

namespace {

/// No slate has more; what has is not read.
constexpr std::size_t most_events = 1'000;
constexpr auto longest_clock = std::chrono::hours{3};

struct Competitor {
  Team team;
  TeamLabels labels;
  std::int32_t score = 0;
};

/// An event that is left out, by a stable reason.
struct Dropped {
  const char* reason;
};

bool is_id(std::string_view text) {
  return !text.empty() && text.size() <= 20
         && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::optional<Competitor> decode_competitor(const json::object& object) {
  const auto* team = object_field(object, "team");
  if (team == nullptr) {
    return std::nullopt;
  }
  Competitor result;
  result.labels = TeamLabels{.code = text_field(*team, "abbreviation"),
                             .full_name = text_field(*team, "displayName"),
                             .short_name = text_field(*team, "shortDisplayName"),
                             .location = text_field(*team, "location")};
  result.team = Team{.id = result.labels.code, .name = result.labels.full_name};
  if (result.team.name.empty() || result.team.name.size() > 100) {
    return std::nullopt;
  }
  const auto* score = field(object, "score");
  const auto blank = score == nullptr || (score->is_string() && score->get_string().empty());
  const auto points = blank ? std::optional<std::int64_t>{0} : decimal_field(object, "score", 0);
  if (!points || *points < 0 || *points > 10'000) {
    return std::nullopt;
  }
  result.score = static_cast<std::int32_t>(*points);
  return result;
}

/// The numeric clock, checked against the displayed one; nothing if they contradict each other.
std::optional<Duration> decode_clock(const json::object& status, EspnClock kind) {
  if (kind == EspnClock::none) {
    return std::nullopt;
  }
  const auto shown = parse_display_clock(text_field(status, "displayClock"));
  const auto* value = field(status, "clock");
  json::error_code ec;
  const auto seconds = value == nullptr ? 0.0 : value->to_number<double>(ec);
  if (value == nullptr || ec || !std::isfinite(seconds) || seconds < 0
      || seconds > std::chrono::duration<double>{longest_clock}.count()) {
    return shown;
  }
  const auto exact = std::chrono::duration_cast<Duration>(std::chrono::duration<double>{seconds});
  // Added time is displayed but not always counted, so only a clock that runs down is compared.
  if (kind == EspnClock::left && shown
      && std::chrono::abs(*shown - exact) > std::chrono::minutes{1}) {
    return std::nullopt;
  }
  return exact;
}

std::optional<std::int32_t> decode_home_spread(const json::object& competition) {
  const auto* odds = array_field(competition, "odds");
  const auto* first = odds != nullptr && !odds->empty() ? odds->front().if_object() : nullptr;
  const auto spread = first == nullptr ? std::nullopt : decimal_field(*first, "spread", 1);
  const auto* home = first == nullptr ? nullptr : object_field(*first, "homeTeamOdds");
  const auto favourite = home == nullptr ? std::nullopt : flag_field(*home, "favorite");
  if (!spread || !favourite || std::abs(*spread) > 9'999) {
    return std::nullopt;
  }
  const auto magnitude = static_cast<std::int32_t>(std::abs(*spread));
  return *favourite ? -magnitude : magnitude;
}

struct Sides {
  std::optional<Competitor> away;
  std::optional<Competitor> home;
};

Sides decode_competitors(const json::object& competition) {
  Sides sides;
  const auto* competitors = array_field(competition, "competitors");
  if (competitors == nullptr || competitors->size() != 2) {
    return sides;
  }
  for (const auto& element : *competitors) {
    if (const auto* object = element.if_object()) {
      const auto role = text_field(*object, "homeAway");
      auto& side = role == "home" ? sides.home : sides.away;
      if (role == "home" || role == "away") {
        side = decode_competitor(*object);
      }
    }
  }
  return sides;
}

GameState
decode_state(const json::object& status, EspnClock clock, GameId id, Timestamp fetched_at) {
  const auto* type = object_field(status, "type");
  GameState state{.id = id,
                  .phase = type == nullptr ? Phase::unknown : espn_phase(text_field(*type, "name")),
                  .clock = decode_clock(status, clock),
                  .detail = type == nullptr ? std::string{} : text_field(*type, "detail"),
                  .fetched_at = fetched_at};
  const auto period = decimal_field(status, "period", 0);
  state.period = period && *period >= 0 && *period < 100 ? static_cast<std::int32_t>(*period) : 0;
  return state;
}

std::variant<ScoreboardGame, Dropped>
decode_event(League league, EspnClock clock, const json::object& event, Timestamp fetched_at) {
  const auto id = text_field(event, "id");
  const auto* competitions = array_field(event, "competitions");
  const auto* competition =
    competitions != nullptr && !competitions->empty() ? competitions->front().if_object() : nullptr;
  const auto start = time_field(event, "date");
  if (!is_id(id) || competition == nullptr) {
    return Dropped{"no_competition"};
  }
  if (!start) {
    return Dropped{"no_date"};
  }
  const auto sides = decode_competitors(*competition);
  if (!sides.away || !sides.home) {
    return Dropped{"no_competitors"};
  }
  const auto* own = object_field(*competition, "status");
  const auto* status = own != nullptr ? own : object_field(event, "status");
  if (status == nullptr) {
    return Dropped{"no_status"};
  }
  const auto key = fmt::format("{}:{}", to_string(league), id);
  ScoreboardGame result;
  result.game = GameInfo{.id = game_id(key),
                         .key = key,
                         .league = league,
                         .away = sides.away->team,
                         .home = sides.home->team,
                         .start = *start,
                         .start_is_exact = flag_field(*competition, "timeValid").value_or(true),
                         .neutral_site = flag_field(*competition, "neutralSite").value_or(false)};
  result.state = decode_state(*status, clock, result.game.id, fetched_at);
  result.state.away_score = sides.away->score;
  result.state.home_score = sides.home->score;
  result.away = sides.away->labels;
  result.home = sides.home->labels;
  const auto* type = object_field(*status, "type");
  const auto completed = type != nullptr && flag_field(*type, "completed").value_or(false);
  result.completed = completed && result.state.phase == Phase::final;
  result.home_spread_tenths = decode_home_spread(*competition);
  return result;
}

} // namespace

Phase espn_phase(std::string_view name) {
  using Names = std::initializer_list<std::string_view>;
  const auto among = [&](Names names) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  if (among({"STATUS_SCHEDULED", "STATUS_TBD"})) {
    return Phase::scheduled;
  }
  if (among({"STATUS_IN_PROGRESS", "STATUS_FIRST_HALF", "STATUS_SECOND_HALF", "STATUS_OVERTIME",
             "STATUS_SHOOTOUT"})) {
    return Phase::live;
  }
  if (among({"STATUS_HALFTIME", "STATUS_END_PERIOD", "STATUS_END_OF_REGULATION",
             "STATUS_END_OF_EXTRATIME", "STATUS_HALFTIME_ET"})) {
    return Phase::pause;
  }
  if (among({"STATUS_DELAYED", "STATUS_RAIN_DELAY"})) {
    return Phase::delayed;
  }
  if (name == "STATUS_SUSPENDED") {
    return Phase::suspended;
  }
  if (name == "STATUS_FINAL" || name.starts_with("STATUS_FINAL_") || name == "STATUS_FULL_TIME") {
    return Phase::final;
  }
  if (among({"STATUS_POSTPONED", "STATUS_CANCELED", "STATUS_ABANDONED", "STATUS_FORFEIT",
             "STATUS_UNCONTESTED"})) {
    return Phase::void_;
  }
  return Phase::unknown;
}

std::optional<Duration> parse_display_clock(std::string_view text) {
  if (text.empty() || text.size() > 12) {
    return std::nullopt;
  }
  if (text.ends_with('\'')) {
    std::int64_t minutes = 0;
    while (!text.empty()) {
      const auto end = text.find('\'');
      const auto part =
        end == std::string_view::npos ? std::nullopt : parse_decimal(text.substr(0, end), 0);
      if (!part || *part < 0 || *part > 150) {
        return std::nullopt;
      }
      minutes += *part;
      text.remove_prefix(end + 1);
      if (text.starts_with('+')) {
        text.remove_prefix(1);
      } else if (!text.empty()) {
        return std::nullopt;
      }
    }
    return std::chrono::minutes{minutes};
  }
  const auto colon = text.find(':');
  const auto minutes = colon == std::string_view::npos ? std::optional<std::int64_t>{0}
                                                       : parse_decimal(text.substr(0, colon), 0);
  const auto rest = colon == std::string_view::npos ? text : text.substr(colon + 1);
  const auto tenths = parse_decimal(rest, 1);
  if (!minutes || !tenths || *minutes < 0 || *minutes > 180 || *tenths < 0
      || (colon != std::string_view::npos && *tenths >= 600)) {
    return std::nullopt;
  }
  return std::chrono::minutes{*minutes} + std::chrono::milliseconds{*tenths * 100};
}

caf::expected<DecodedScoreboard>
decode_scoreboard(League league, EspnClock clock, std::string_view text, Timestamp fetched_at) {
  const auto document = parse_json(text);
  if (!document) {
    return document.error();
  }
  const auto* object = document->if_object();
  const auto* events = object == nullptr ? nullptr : array_field(*object, "events");
  if (events == nullptr || events->size() > most_events) {
    return caf::make_error(Errc::bad_frame, "no list of events");
  }
  DecodedScoreboard result;
  result.scoreboard.league = league;
  result.scoreboard.fetched_at = fetched_at;
  for (const auto& element : *events) {
    const auto* event = element.if_object();
    auto decoded =
      event == nullptr ? Dropped{"no_object"} : decode_event(league, clock, *event, fetched_at);
    if (const auto* dropped = std::get_if<Dropped>(&decoded)) {
      ++result.dropped[dropped->reason];
    } else {
      result.scoreboard.games.push_back(std::move(std::get<ScoreboardGame>(decoded)));
    }
  }
  return result;
}

} // namespace arbees
