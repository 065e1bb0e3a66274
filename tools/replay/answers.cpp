#include "tools/replay/answers.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "app/tables.hpp"
#include "bridges/espn/scoreboard_poller.hpp"
#include "bridges/kalshi/kalshi_catalogue_codec.hpp"
#include "bridges/net/url.hpp"
#include "bridges/polymarket/gamma_catalogue_codec.hpp"

namespace arbees::replay {

namespace {

constexpr unsigned ok = 200;
constexpr std::string_view kalshi_base = "/trade-api/v2";
constexpr std::string_view scoreboard_base = "/apis/site/v2/sports/";
constexpr std::string_view scoreboard_end = "/scoreboard";

/// Parameters as they were written: cursors are compared with nothing.
std::map<std::string, std::string> parse_query(std::string_view text) {
  std::map<std::string, std::string> query;
  while (!text.empty()) {
    const auto end = text.find('&');
    const auto item = text.substr(0, end);
    const auto equals = item.find('=');
    const auto value =
      equals == std::string_view::npos ? std::string_view{} : item.substr(equals + 1);
    query.emplace(std::string{item.substr(0, equals)}, std::string{value});
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
  }
  return query;
}

std::string value_of(const std::map<std::string, std::string>& query, const std::string& name) {
  const auto found = query.find(name);
  return found == query.end() ? "" : found->second;
}

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

} // namespace

Answers::Answers(const std::map<League, LeagueTable>& tables) {
  for (const auto& [league, table] : tables) {
    auto& calls = leagues_[league];
    calls.rules = table.rules;
    for (const auto kind : {MarketKind::winner, MarketKind::spread, MarketKind::total}) {
      calls.kalshi_series.push_back(table.rules.kalshi_series(kind));
      league_of_series_.emplace(calls.kalshi_series.back(), league);
    }
  }
}

bool Answers::take(Session& session, std::string_view target, unsigned status,
                   std::string_view body, Timestamp at) {
  const auto question = std::min(target.find('?'), target.size());
  auto path = target.substr(0, question);
  const auto query =
    parse_query(question < target.size() ? target.substr(question + 1) : std::string_view{});
  next_page_.reset();
  if (path.starts_with(scoreboard_base)) {
    return status == ok && scoreboard(session, path, body, at);
  }
  if (path.starts_with(kalshi_base)) {
    path.remove_prefix(kalshi_base.size());
    if (path == "/events") {
      kalshi_events(session, query, status, body, at);
    } else if (path == "/series/fee_changes" && status == ok) {
      series_changes(value_of(query, "series_ticker"), body, at);
    } else if (path == "/events/fee_changes" && status == ok) {
      event_changes(body, at);
    } else if (path.starts_with("/series/") && status == ok) {
      series(body, at);
    } else {
      return false;
    }
    return true;
  }
  if (path == "/sports" && status == ok) {
    const auto sports = decode_gamma_sports(body);
    sports ? void() : fail("sports");
    for (const auto& sport : sports ? *sports : std::vector<GammaSport>{}) {
      for (const auto& [league, calls] : leagues_) {
        if (calls.rules.polymarket_prefix == sport.sport && is_number(sport.series)) {
          league_of_sport_.insert_or_assign(sport.series, league);
        }
      }
    }
    return true;
  }
  if (path == "/events/keyset") {
    gamma_events(session, query, status, body, at);
    return true;
  }
  constexpr std::string_view clob_markets = "/clob-markets/";
  if (path.starts_with(clob_markets) && status == ok) {
    market_fees(session, std::string{path.substr(clob_markets.size())}, body, at);
    return true;
  }
  if (path == "/book" && status == ok) {
    session.polymarket_rest_book(body, at);
    return true;
  }
  return false;
}

bool Answers::scoreboard(Session& session, std::string_view path, std::string_view body,
                         Timestamp at) {
  path.remove_prefix(scoreboard_base.size());
  if (!path.ends_with(scoreboard_end)) {
    return false;
  }
  path.remove_suffix(scoreboard_end.size());
  for (const auto& [league, calls] : leagues_) {
    if (calls.rules.espn_path != path) {
      continue;
    }
    const auto decoded = decode_scoreboard(league, espn_clock(calls.rules.clock), body, at);
    if (decoded) {
      session.scoreboard(decoded->scoreboard);
    } else {
      fail("scoreboard");
    }
    return true;
  }
  return false;
}

void Answers::series(std::string_view body, Timestamp at) {
  const auto decoded = decode_kalshi_series(body);
  if (!decoded) {
    return fail("series");
  }
  auto& fees = fees_[decoded->ticker];
  fees = decoded->fees;
  fees.read_at = at;
}

void Answers::series_changes(const std::string& series, std::string_view body, Timestamp at) {
  auto page = decode_kalshi_series_fee_changes(body);
  if (!page) {
    return fail("series_fee_changes");
  }
  std::erase_if(page->changes, [&](const auto& change) { return change.ticker != series; });
  take_fee_changes(changes_.series[series], std::move(page->changes), fees_[series].read_at, at);
}

void Answers::event_changes(std::string_view body, Timestamp at) {
  auto page = decode_kalshi_event_fee_changes(body);
  if (!page) {
    event_changes_.clear();
    return fail("event_fee_changes");
  }
  for (auto& change : page->changes) {
    if (league_of_series_.contains(change.series)) {
      event_changes_[change.ticker].push_back(std::move(change));
    }
  }
  if (!page->cursor.empty()) {
    next_page_ = fmt::format("{}/events/fee_changes?limit=200&cursor={}", kalshi_base,
                             percent_encoded(page->cursor));
    return;
  }
  auto read = std::exchange(event_changes_, {});
  for (const auto& [ticker, known] : changes_.events) {
    read.try_emplace(ticker);
  }
  for (auto& [ticker, known] : read) {
    take_fee_changes(changes_.events[ticker], std::move(known), {}, at);
  }
  std::erase_if(changes_.events, [](const auto& entry) { return entry.second.empty(); });
}

void Answers::kalshi_events(Session& session, const Query& query, unsigned status,
                            std::string_view body, Timestamp at) {
  const auto ticker = value_of(query, "series_ticker");
  const auto known = league_of_series_.find(ticker);
  if (known == league_of_series_.end()) {
    return;
  }
  const auto league = known->second;
  const auto& order = leagues_.at(league).kalshi_series;
  auto& catalogue = kalshi_[league];
  if (ticker == order.front() && !query.contains("cursor")) {
    catalogue = {
      .venue = Venue::kalshi, .league = league, .events = {}, .fetched_at = at, .complete = true};
  }
  auto page = status == ok ? decode_kalshi_events(body, fees_, at, changes_)
                           : caf::expected<CataloguePage>{caf::make_error(Errc::http_status)};
  if (page) {
    std::move(page->events.begin(), page->events.end(), std::back_inserter(catalogue.events));
    if (!page->cursor.empty()) {
      next_page_ = fmt::format(
        "{}/events?series_ticker={}&status=open&with_nested_markets=true&with_milestones=true"
        "&limit=200&cursor={}",
        kalshi_base, ticker, percent_encoded(page->cursor));
      return;
    }
  } else {
    fail("kalshi_events");
    catalogue.complete = false;
  }
  if (ticker == order.back()) {
    hand_over(session, catalogue, at);
  }
}

void Answers::gamma_events(Session& session, const Query& query, unsigned status,
                           std::string_view body, Timestamp at) {
  const auto series = value_of(query, "series_id");
  const auto known = league_of_sport_.find(series);
  if (known == league_of_sport_.end()) {
    return;
  }
  auto& catalogue = gamma_[known->second];
  if (!query.contains("after_cursor")) {
    catalogue = {.venue = Venue::polymarket,
                 .league = known->second,
                 .events = {},
                 .fetched_at = at,
                 .complete = true};
  }
  auto page = status == ok ? decode_gamma_events(body, at)
                           : caf::expected<CataloguePage>{caf::make_error(Errc::http_status)};
  if (page) {
    std::move(page->events.begin(), page->events.end(), std::back_inserter(catalogue.events));
    if (!page->cursor.empty()) {
      next_page_ = fmt::format(
        "/events/keyset?series_id={}&tag_id=100639&active=true&closed=false&limit=100"
        "&after_cursor={}",
        series, percent_encoded(page->cursor));
      return;
    }
  } else {
    fail("gamma_events");
    catalogue.complete = false;
  }
  hand_over(session, catalogue, at);
}

void Answers::market_fees(Session& session, const std::string& condition, std::string_view body,
                          Timestamp at) {
  const auto fees = decode_clob_market_fees(body, at);
  if (!fees) {
    return fail("clob_markets");
  }
  clob_fees_.insert_or_assign(condition, *fees);
  for (auto& [league, catalogue] : gamma_) {
    for (const auto& event : catalogue.events) {
      const auto mine = [&](const VenueMarket& market) {
        return market.spec.ref.native_id == condition && !market.spec.fees;
      };
      if (std::ranges::any_of(event.markets, mine)) {
        return hand_over(session, catalogue, at);
      }
    }
  }
}

void Answers::hand_over(Session& session, VenueCatalogue& catalogue, Timestamp at) {
  for (auto& event : catalogue.events) {
    for (auto& market : event.markets) {
      const auto fees = clob_fees_.find(market.spec.ref.native_id);
      if (catalogue.venue == Venue::polymarket && !market.spec.fees && fees != clob_fees_.end()) {
        market.spec.fees = fees->second;
      }
    }
  }
  session.advance(at);
  if (catalogue.complete || !catalogue.events.empty()) {
    session.catalogue(catalogue);
  }
}

std::vector<std::string> Answers::scoreboard_targets(Timestamp now) const {
  std::vector<std::string> targets;
  for (const auto& [league, calls] : leagues_) {
    targets.push_back(scoreboard_target({.league = league,
                                         .path = calls.rules.espn_path,
                                         .params = calls.rules.espn_params,
                                         .clock = espn_clock(calls.rules.clock)},
                                        now));
  }
  return targets;
}

std::vector<std::string> Answers::kalshi_targets() const {
  std::vector<std::string> targets{fmt::format("{}/events/fee_changes?limit=200", kalshi_base)};
  for (const auto& [league, calls] : leagues_) {
    for (const auto& series : calls.kalshi_series) {
      targets.push_back(fmt::format("{}/series/{}", kalshi_base, series));
      targets.push_back(fmt::format("{}/series/fee_changes?series_ticker={}&show_historical=true",
                                    kalshi_base, series));
      targets.push_back(
        fmt::format("{}/events?series_ticker={}&status=open&with_nested_markets="
                    "true&with_milestones=true&limit=200",
                    kalshi_base, series));
    }
  }
  return targets;
}

std::vector<std::string> Answers::gamma_targets() const {
  std::vector<std::string> targets;
  for (const auto& [series, league] : league_of_sport_) {
    targets.push_back(fmt::format(
      "/events/keyset?series_id={}&tag_id=100639&active=true&closed=false&limit=100", series));
  }
  return targets;
}

} // namespace arbees::replay
