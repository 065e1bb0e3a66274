#include "bridges/kalshi/kalshi_catalogue_poller.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio.hpp>

#include "bridges/net/catalogue_reader.hpp"

namespace arbees {

namespace asio = boost::asio;

namespace {

/// The whole exchange has some 60 pages; a series that goes on for longer is not believed.
constexpr int most_pages = 60;

/// A league may have no spread or total series.
constexpr Duration retry_fees_after = std::chrono::minutes{10};

void report_dropped(std::string_view what, std::int64_t count) {
  if (count > 0) {
    spdlog::warn("kalshi_catalogue.dropped series={} what=fee_change count={}", what, count);
  }
}

bool follows(const KalshiCataloguePollerConfig& config, const std::string& series) {
  return std::ranges::any_of(config.leagues, [&](const KalshiLeague& league) {
    return std::ranges::find(league.series, series) != league.series.end();
  });
}

struct KnownFees {
  std::map<std::string, KalshiSeriesFees> fees;
  KalshiFeeChanges changes;
  std::map<std::string, Timestamp> due; ///< when a series' fees are read again
  Timestamp events_due;                 ///< when the changes of events are
};

/// The series' fees as they are now. @returns false if they were not read
asio::awaitable<bool>
read_series_fees(PollSession& session, const std::string& series, KnownFees& known) {
  auto response = co_await session.get("/series/" + series);
  auto decoded =
    response ? decode_kalshi_series(response->body) : caf::expected<KalshiSeries>{response.error()};
  if (!decoded || decoded->ticker != series) {
    spdlog::warn("kalshi_catalogue.no_fees series={} error=\"{}\"", series,
                 decoded ? "another series" : describe(decoded.error()));
    co_return false;
  }
  known.fees[series] = decoded->fees;
  known.fees[series].read_at = response->received_at;
  co_return true;
}

/// What was and is to be changed of the series' fees. @returns false if it was not read
asio::awaitable<bool>
read_series_changes(PollSession& session, const std::string& series, KnownFees& known) {
  auto response =
    co_await session.get("/series/fee_changes?series_ticker=" + series + "&show_historical=true");
  auto page = response ? decode_kalshi_series_fee_changes(response->body)
                       : caf::expected<KalshiFeeChangesPage>{response.error()};
  if (!page) {
    spdlog::warn("kalshi_catalogue.no_fee_changes series={} error=\"{}\"", series,
                 describe(page.error()));
    co_return false;
  }
  report_dropped(series, page->dropped);
  std::erase_if(page->changes, [&](const auto& change) { return change.ticker != series; });
  take_fee_changes(known.changes.series[series], std::move(page->changes),
                   known.fees[series].read_at, session.now());
  co_return true;
}

/// Refreshes the fees of one series if they are old; keeps what was known if that fails.
asio::awaitable<void>
read_fees(PollSession& session, Duration max_age, const std::string& series, KnownFees& known) {
  if (const auto due = known.due.find(series);
      due != known.due.end() && session.now() < due->second) {
    co_return;
  }
  known.due[series] = session.now() + std::min(max_age, retry_fees_after);
  const auto fees = co_await read_series_fees(session, series, known);
  if (!fees && known.fees.count(series) == 0) {
    co_return;
  }
  const auto changes = co_await read_series_changes(session, series, known);
  if (fees && changes) {
    known.due[series] = session.now() + max_age;
  }
}

using EventChanges = std::map<std::string, std::vector<KalshiFeeChange>>;

/// All announced changes of events of the series that we follow; nothing if a page was not read.
asio::awaitable<std::optional<EventChanges>>
read_event_changes(PollSession& session, const KalshiCataloguePollerConfig& config) {
  EventChanges read;
  std::string cursor;
  for (int page_number = 0; page_number < most_pages; ++page_number) {
    std::string target = "/events/fee_changes?limit=200";
    if (!cursor.empty()) {
      target += "&cursor=" + percent_encoded(cursor);
    }
    auto response = co_await session.get(target);
    auto page = response ? decode_kalshi_event_fee_changes(response->body)
                         : caf::expected<KalshiFeeChangesPage>{response.error()};
    if (!page) {
      spdlog::warn("kalshi_catalogue.no_fee_changes events=all error=\"{}\"",
                   describe(page.error()));
      co_return std::nullopt;
    }
    report_dropped("events", page->dropped);
    for (auto& change : page->changes) {
      if (follows(config, change.series)) {
        read[change.ticker].push_back(std::move(change));
      }
    }
    if (page->cursor.empty() || page->cursor == cursor) {
      break;
    }
    cursor = page->cursor;
  }
  co_return read;
}

/// An event's own fees come with the event; these say when they begin and end.
asio::awaitable<void>
refresh_event_changes(PollSession& session, const KalshiCataloguePollerConfig& config,
                      KnownFees& known) {
  if (session.now() < known.events_due) {
    co_return;
  }
  known.events_due = session.now() + config.fees_interval;
  auto read = co_await read_event_changes(session, config);
  if (!read) {
    co_return;
  }
  for (const auto& [ticker, changes] : known.changes.events) {
    read->try_emplace(ticker);
  }
  // The venue lists what is to come. What has come says since when an event's fees hold.
  for (auto& [ticker, changes] : *read) {
    take_fee_changes(known.changes.events[ticker], std::move(changes), {}, session.now());
  }
  std::erase_if(known.changes.events, [](const auto& entry) { return entry.second.empty(); });
}

/// Appends all open events of one series. @returns false if a page was not read
asio::awaitable<bool> read_series(PollSession& session, const std::string& series,
                                  const KnownFees& known, VenueCatalogue& catalogue) {
  const CatalogueSource source{
    .component = "kalshi_catalogue",
    .series = series,
    .target = "/events?series_ticker=" + series
              + "&status=open&with_nested_markets=true&with_milestones=true&limit=200",
    .cursor_parameter = "cursor",
    .most_pages = most_pages,
    .decode = [&known](const HttpResponse& response) {
      return decode_kalshi_events(response.body, known.fees, response.received_at, known.changes);
    }};
  co_return co_await read_catalogue(session, source, catalogue);
}

/// `pause`, or less if fees change before it is over.
Duration until_fees_change(const KnownFees& known, Timestamp now, Duration pause) {
  constexpr Duration past_it = std::chrono::milliseconds{5}; // a timer may be a little early
  const auto next = next_fee_change(known.changes, now);
  return next ? std::min(pause, *next - now + past_it) : pause;
}

asio::awaitable<void>
run(std::shared_ptr<PollSession> session, KalshiCataloguePollerConfig config, ListingSink sink) {
  KnownFees known;
  int failures = 0;
  while (!session->stopped()) {
    bool whole = true;
    co_await refresh_event_changes(*session, config, known);
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
    const auto pause = session->jittered(whole ? config.interval : pause_after_failures(failures));
    co_await session->wait(whole ? until_fees_change(known, session->now(), pause) : pause);
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
