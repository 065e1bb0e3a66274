#include "bridges/polymarket/gamma_catalogue_poller.hpp"

#include <spdlog/spdlog.h>

#include <boost/asio.hpp>

#include "bridges/net/catalogue_reader.hpp"

namespace arbees {

namespace asio = boost::asio;

namespace {

constexpr int most_pages = 40;
constexpr auto games_tag = "100639"; ///< individual games, no futures
/// Fees are looked up for games that are near, for they are what can be matched.
constexpr Duration fees_horizon = std::chrono::hours{36};

struct State {
  std::map<std::string, std::string> series; ///< by sport
  std::optional<Timestamp> series_read_at;
  std::map<std::string, FeeSchedule> fees; ///< looked up, by condition
  int lookups_left = 0;
};

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

/// Keeps what was known if the answer is bad.
asio::awaitable<void> read_sports(PollSession& session, Duration max_age, State& state) {
  if (state.series_read_at && session.now() - *state.series_read_at < max_age) {
    co_return;
  }
  auto response = co_await session.get("/sports");
  auto sports = response ? decode_gamma_sports(response->body)
                         : caf::expected<std::vector<GammaSport>>{response.error()};
  if (!sports) {
    spdlog::warn("gamma_catalogue.no_sports error=\"{}\"", describe(sports.error()));
    co_return;
  }
  for (const auto& sport : *sports) {
    if (is_number(sport.series)) {
      state.series[sport.sport] = sport.series;
    }
  }
  state.series_read_at = session.now();
}

/// Appends all open events of one series. @returns false if a page was not read
asio::awaitable<bool>
read_series(PollSession& session, const std::string& series, VenueCatalogue& catalogue) {
  const CatalogueSource source{
    .component = "gamma_catalogue",
    .series = series,
    .target =
      fmt::format("/events/keyset?series_id={}&tag_id={}&active=true&closed=false&limit=100",
                  series, games_tag),
    .cursor_parameter = "after_cursor",
    .most_pages = most_pages,
    .decode = [](const HttpResponse& response) {
      return decode_gamma_events(response.body, response.received_at);
    }};
  co_return co_await read_catalogue(session, source, catalogue);
}

/// Gamma's fee fields may be missing: the CLOB knows them, one market a request.
asio::awaitable<void> complete_fees(PollSession& clob, State& state, VenueCatalogue& catalogue) {
  for (auto& event : catalogue.events) {
    const auto near = event.start && std::chrono::abs(*event.start - clob.now()) < fees_horizon;
    for (auto& market : event.markets) {
      if (market.spec.fees || !market.spec.accepts_orders || !near) {
        continue;
      }
      const auto& condition = market.spec.ref.native_id;
      if (!state.fees.contains(condition) && state.lookups_left > 0) {
        --state.lookups_left;
        auto response = co_await clob.get("/clob-markets/" + condition);
        auto fees = response ? decode_clob_market_fees(response->body, response->received_at)
                             : caf::expected<FeeSchedule>{response.error()};
        if (fees) {
          state.fees.emplace(condition, *fees);
        } else {
          spdlog::warn("gamma_catalogue.no_fees market={} error=\"{}\"", condition,
                       describe(fees.error()));
        }
      }
      if (const auto known = state.fees.find(condition); known != state.fees.end()) {
        market.spec.fees = known->second;
      }
    }
  }
}

asio::awaitable<void> run(std::shared_ptr<PollSession> gamma, std::shared_ptr<PollSession> clob,
                          GammaCataloguePollerConfig config, ListingSink sink) {
  State state;
  int failures = 0;
  while (!gamma->stopped()) {
    co_await read_sports(*gamma, config.sports_interval, state);
    state.lookups_left = config.fee_lookups_per_round;
    bool whole = state.series_read_at.has_value();
    for (const auto& league : config.leagues) {
      const auto series = state.series.find(league.sport);
      if (series == state.series.end()) {
        continue;
      }
      VenueCatalogue catalogue{.venue = Venue::polymarket,
                               .league = league.league,
                               .events = {},
                               .fetched_at = gamma->now(),
                               .complete = false};
      catalogue.complete = co_await read_series(*gamma, series->second, catalogue);
      co_await complete_fees(*clob, state, catalogue);
      whole = whole && catalogue.complete;
      if (!gamma->stopped() && (catalogue.complete || !catalogue.events.empty())) {
        caf::anon_send(sink, std::move(catalogue));
      }
    }
    failures = whole ? 0 : failures + 1;
    co_await gamma->wait(gamma->jittered(whole ? config.interval : pause_after_failures(failures)));
  }
}

} // namespace

caf::expected<std::unique_ptr<GammaCataloguePoller>>
GammaCataloguePoller::make(Network& network, const Clock& clock, GammaCataloguePollerConfig config,
                           ListingSink sink) {
  const auto open = [&](const std::string& url) {
    return PollSession::make(
      network, clock, {.base_url = url, .timeout = config.timeout, .spacing = config.spacing});
  };
  auto gamma = open(config.base_url);
  auto clob = open(config.clob_url);
  if (!gamma || !clob) {
    return gamma ? clob.error() : gamma.error();
  }
  asio::co_spawn((*gamma)->context(), run(*gamma, *clob, std::move(config), std::move(sink)),
                 asio::detached);
  return std::unique_ptr<GammaCataloguePoller>{new GammaCataloguePoller{*gamma, *clob}};
}

GammaCataloguePoller::~GammaCataloguePoller() {
  clob_->stop();
  gamma_->stop();
}

} // namespace arbees
