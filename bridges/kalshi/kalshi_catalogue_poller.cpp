#include "bridges/kalshi/kalshi_catalogue_poller.hpp"

#include <spdlog/spdlog.h>

#include <boost/asio.hpp>
#include <set>

namespace arbees {

namespace asio = boost::asio;

namespace {

/// The whole exchange has some 60 pages; a series that goes on for longer is not believed.
constexpr int most_pages = 60;

struct KnownFees {
  std::map<std::string, KalshiSeriesFees> fees;
  std::map<std::string, Timestamp> read_at;
};

/// Refreshes the fees of one series if they are old; keeps what was known if that fails.
asio::awaitable<void>
read_fees(PollSession& session, Duration max_age, const std::string& series, KnownFees& known) {
  const auto read = known.read_at.find(series);
  if (read != known.read_at.end() && session.now() - read->second < max_age) {
    co_return;
  }
  auto response = co_await session.get("/series/" + series);
  auto decoded =
    response ? decode_kalshi_series(response->body) : caf::expected<KalshiSeries>{response.error()};
  if (!decoded || decoded->ticker != series) {
    spdlog::warn("kalshi_catalogue.no_fees series={} error=\"{}\"", series,
                 decoded ? "another series" : describe(decoded.error()));
    co_return;
  }
  known.fees[series] = decoded->fees;
  known.read_at[series] = session.now();
}

/// Appends all open events of one series. @returns false if a page was not read
asio::awaitable<bool> read_series(PollSession& session, const std::string& series,
                                  const KnownFees& known, VenueCatalogue& catalogue) {
  std::set<std::string> cursors;
  std::string cursor;
  for (int page_number = 0; page_number < most_pages; ++page_number) {
    auto target = "/events?series_ticker=" + series
                  + "&status=open&with_nested_markets=true&with_milestones=true&limit=200";
    if (!cursor.empty()) {
      target += "&cursor=" + percent_encoded(cursor);
    }
    auto response = co_await session.get(target);
    auto page = response ? decode_kalshi_events(response->body, known.fees, response->received_at)
                         : caf::expected<KalshiEventsPage>{response.error()};
    if (!page) {
      spdlog::warn("kalshi_catalogue.failed series={} page={} error=\"{}\"", series, page_number,
                   describe(page.error()));
      co_return false;
    }
    for (const auto& [reason, count] : page->dropped) {
      spdlog::warn("kalshi_catalogue.dropped series={} what={} count={}", series, reason, count);
    }
    std::move(page->events.begin(), page->events.end(), std::back_inserter(catalogue.events));
    if (page->cursor.empty()) {
      co_return true;
    }
    cursor = page->cursor;
    if (!cursors.insert(cursor).second) {
      spdlog::warn("kalshi_catalogue.cursor_repeated series={}", series);
      co_return false;
    }
  }
  co_return false;
}

asio::awaitable<void>
run(std::shared_ptr<PollSession> session, KalshiCataloguePollerConfig config, ListingSink sink) {
  KnownFees known;
  int failures = 0;
  while (!session->stopped()) {
    bool whole = true;
    for (const auto& league : config.leagues) {
      VenueCatalogue catalogue{.venue = Venue::kalshi,
                               .league = league.league,
                               .events = {},
                               .fetched_at = session->now(),
                               .complete = true};
      for (const auto& series : league.series) {
        co_await read_fees(*session, config.fees_interval, series, known);
        const auto read = co_await read_series(*session, series, known, catalogue);
        catalogue.complete = catalogue.complete && read;
      }
      whole = whole && catalogue.complete;
      if (!session->stopped() && (catalogue.complete || !catalogue.events.empty())) {
        caf::anon_send(sink, std::move(catalogue));
      }
    }
    failures = whole ? 0 : failures + 1;
    co_await session->wait(
      session->jittered(whole ? config.interval : pause_after_failures(failures)));
  }
}

} // namespace

caf::expected<std::unique_ptr<KalshiCataloguePoller>>
KalshiCataloguePoller::make(Network& network, const Clock& clock,
                            KalshiCataloguePollerConfig config, ListingSink sink) {
  auto session = PollSession::make(
    network, clock,
    {.base_url = config.base_url, .timeout = config.timeout, .spacing = config.spacing});
  if (!session) {
    return session.error();
  }
  asio::co_spawn((*session)->context(), run(*session, std::move(config), std::move(sink)),
                 asio::detached);
  return std::unique_ptr<KalshiCataloguePoller>{new KalshiCataloguePoller{*session}};
}

KalshiCataloguePoller::~KalshiCataloguePoller() {
  session_->stop();
}

} // namespace arbees
