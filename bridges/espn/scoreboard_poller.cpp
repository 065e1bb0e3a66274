#include "bridges/espn/scoreboard_poller.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio.hpp>

#include "actors/messages/eastern_time.hpp"

namespace arbees {

namespace asio = boost::asio;

namespace {

constexpr int failures_to_open_circuit = 5;
constexpr Duration circuit_pause = std::chrono::seconds{30};

struct Plan {
  EspnLeague league;
  Timestamp due;
  int failures = 0;
};

std::string compact(Date date) {
  return fmt::format("{:04}{:02}{:02}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
}

/// Reads one league once. @returns when it is due again, or the error
asio::awaitable<caf::expected<Duration>>
poll_once(PollSession& session, const ScoreboardPollerConfig& config, const EspnLeague& league,
          const ListingSink& sink) {
  auto response = co_await session.get(scoreboard_target(league, session.now()));
  if (!response) {
    co_return response.error();
  }
  auto decoded =
    decode_scoreboard(league.league, league.clock, response->body, response->received_at);
  if (!decoded) {
    co_return decoded.error();
  }
  for (const auto& [reason, count] : decoded->dropped) {
    spdlog::warn("scoreboard_poller.dropped league={} reason={} count={}", to_string(league.league),
                 reason, count);
  }
  const auto interval = scoreboard_interval(config, decoded->scoreboard);
  caf::anon_send(sink, std::move(decoded->scoreboard));
  co_return interval;
}

asio::awaitable<void>
run(std::shared_ptr<PollSession> session, ScoreboardPollerConfig config, ListingSink sink) {
  std::vector<Plan> plans;
  for (const auto& league : config.leagues) {
    plans.push_back(Plan{.league = league, .due = session->now()});
  }
  int failures_in_a_row = 0;
  while (!session->stopped() && !plans.empty()) {
    auto& plan = *std::min_element(plans.begin(), plans.end(),
                                   [](const Plan& a, const Plan& b) { return a.due < b.due; });
    co_await session->wait(plan.due - session->now());
    if (session->stopped()) {
      break;
    }
    const auto interval = co_await poll_once(*session, config, plan.league, sink);
    failures_in_a_row = interval ? 0 : failures_in_a_row + 1;
    plan.failures = interval ? 0 : plan.failures + 1;
    plan.due = session->now()
               + session->jittered(interval ? *interval : pause_after_failures(plan.failures));
    if (!interval && !session->stopped()) {
      spdlog::warn("scoreboard_poller.failed league={} failures={} error=\"{}\"",
                   to_string(plan.league.league), plan.failures, describe(interval.error()));
    }
    if (failures_in_a_row >= failures_to_open_circuit) {
      co_await session->wait(circuit_pause);
    }
  }
}

} // namespace

caf::expected<std::unique_ptr<ScoreboardPoller>>
ScoreboardPoller::make(Network& network, const Clock& clock, ScoreboardPollerConfig config,
                       ListingSink sink) {
  auto session = PollSession::make(
    network, clock,
    {.base_url = config.base_url, .timeout = config.timeout, .spacing = config.spacing});
  if (!session) {
    return session.error();
  }
  asio::co_spawn((*session)->context(), run(*session, std::move(config), std::move(sink)),
                 asio::detached);
  return std::unique_ptr<ScoreboardPoller>{new ScoreboardPoller{*session}};
}

ScoreboardPoller::~ScoreboardPoller() {
  session_->stop();
}

std::string scoreboard_target(const EspnLeague& league, Timestamp now) {
  const auto today = eastern_date(now);
  const auto six = from_eastern(today, std::chrono::hours{6});
  const auto yesterday = Date{std::chrono::sys_days{today} - std::chrono::days{1}};
  const auto days = now < six ? compact(yesterday) + "-" + compact(today) : compact(today);
  return fmt::format("/apis/site/v2/sports/{}/scoreboard?{}{}dates={}", league.path, league.params,
                     league.params.empty() ? "" : "&", days);
}

Duration scoreboard_interval(const ScoreboardPollerConfig& config, const Scoreboard& scoreboard) {
  auto interval = config.idle_interval;
  for (const auto& listed : scoreboard.games) {
    const auto phase = listed.state.phase;
    if (phase == Phase::live || phase == Phase::pause || phase == Phase::delayed) {
      return config.live_interval;
    }
    if (phase != Phase::scheduled) {
      continue;
    }
    const auto until = listed.game.start - scoreboard.fetched_at;
    interval = std::min(interval, until <= std::chrono::hours{1}
                                    ? config.soon_interval
                                    : std::max(config.soon_interval,
                                               Duration{until - std::chrono::hours{1}}));
  }
  return interval;
}

} // namespace arbees
