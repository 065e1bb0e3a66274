#pragma once

#include <fstream>
#include <sstream>

#include "actors/orchestrator/kalshi_listing.hpp"
#include "actors/orchestrator/polymarket_listing.hpp"

namespace arbees::test {

inline std::string read_text(const std::string& path) {
  std::ifstream in{path, std::ios::binary};
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

inline std::string config_file(const std::string& name) {
  return read_text(std::string{ARBEES_TEST_DATA} + "/../../config/" + name);
}

/// The tables that are shipped.
inline std::map<League, LeagueTable> shipped_tables() {
  std::map<std::string, std::string> files;
  for (const auto* name : {"nba", "wnba", "nfl", "nhl", "mlb", "epl", "mls", "college"}) {
    files[name] = config_file(std::string{"teams/"} + name + ".csv");
  }
  auto tables = make_league_tables(config_file("leagues.csv"), files);
  if (!tables) {
    throw std::runtime_error{describe(tables.error())};
  }
  return *tables;
}

/// "2026-11-21T03:30Z"
inline Timestamp utc(const std::string& text) {
  int y = 0;
  unsigned mo = 0, d = 0;
  int h = 0, mi = 0;
  if (std::sscanf(text.c_str(), "%d-%u-%uT%d:%dZ", &y, &mo, &d, &h, &mi) != 5) {
    throw std::runtime_error{"not a time: " + text};
  }
  return std::chrono::sys_days{std::chrono::year{y} / static_cast<int>(mo) / static_cast<int>(d)}
         + std::chrono::hours{h} + std::chrono::minutes{mi};
}

inline VenueMarket make_market(Venue venue, const std::string& listing, const std::string& type,
                               const std::string& yes, const std::string& no) {
  VenueMarket market;
  market.listing = listing;
  market.type = type;
  market.spec.id = market_id(venue, listing);
  market.spec.ref = MarketRef{venue, listing, {}, {yes, no}};
  market.spec.accepts_orders = true;
  market.spec.price_bands = {{Price{0}, Price{10'000}, Price{100}}};
  market.spec.fees = FeeSchedule{};
  market.status = "active";
  return market;
}

/// The winner event of a Kalshi game with a market for each leg.
inline VenueEvent kalshi_event(const std::string& ticker,
                               const std::vector<std::pair<std::string, std::string>>& legs) {
  VenueEvent event;
  event.id = ticker;
  event.series = ticker.substr(0, ticker.find('-'));
  for (const auto& [code, label] : legs) {
    event.markets.push_back(
      make_market(Venue::kalshi, ticker + "-" + code, "structured", label, label));
  }
  return event;
}

/// A two-way Polymarket event with its moneyline.
inline VenueEvent polymarket_event(const std::string& slug, const std::string& start,
                                   const std::string& first, const std::string& second) {
  VenueEvent event;
  event.id = slug;
  event.title = first + " vs. " + second;
  event.start = utc(start);
  event.markets.push_back(make_market(Venue::polymarket, slug, "moneyline", first, second));
  return event;
}

} // namespace arbees::test
