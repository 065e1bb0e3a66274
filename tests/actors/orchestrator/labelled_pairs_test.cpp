#include <catch2/catch.hpp>

#include "actors/orchestrator/csv.hpp"
#include "actors/orchestrator/matching.hpp"
#include "actors/orchestrator/team_names.hpp"
#include "tests/actors/orchestrator/listings.hpp"

namespace arbees::test {

namespace {

/// One side of a labelled pair: "E nba LAL@LAC 2026-…Z", "K TICKER [floor x]", "P slug 2026-…Z".
struct Entry {
  char source = 0;
  std::optional<League> league;
  std::optional<Meeting> meeting; ///< none: the source refuses itself
  bool names_agree = false;
  std::optional<Proposition> proposition; ///< if a market is named
  std::optional<Side> side;               ///< the named side of it
  bool names_market = false;
};

struct Row {
  std::string id;
  Entry left;
  Entry right;
  bool same = false;
  std::string why;
};

class Reader {
public:
  std::map<League, LeagueTable> tables = shipped_tables();

  Entry read(const std::string& text) {
    return text[0] == 'E' ? espn(text) : text[0] == 'K' ? kalshi(text) : polymarket(text);
  }

private:
  Entry espn(const std::string& text) {
    std::istringstream in{text};
    std::string source, league_text, teams, start, word;
    in >> source >> league_text >> teams >> start;
    Entry entry{.source = 'E',
                .league = league_text == "eng.1" ? League::epl : parse_league(league_text)};
    auto& table = tables.at(*entry.league).teams;
    const auto at = teams.find('@');
    TeamLabels away{.code = teams.substr(0, at)};
    TeamLabels home{.code = teams.substr(at + 1)};
    if (const auto open = text.find('('); open != std::string::npos) {
      const auto names = split_title(text.substr(open + 1, text.size() - open - 2));
      away.full_name = names->first;
      home.full_name = names->second;
      away.location = names->first.substr(0, names->first.rfind(' '));
      home.location = names->second.substr(0, names->second.rfind(' '));
      table.learn(away);
      table.learn(home);
    }
    const auto a = table.resolve(away);
    const auto h = table.resolve(home);
    REQUIRE(a);
    REQUIRE(h);
    entry.meeting = Meeting{*entry.league, *a, *h, false, {eastern_date(utc(start)), utc(start)}};
    return entry;
  }

  static std::string quoted(const std::string& text) {
    const auto open = text.find('"');
    return open == std::string::npos ? "" : text.substr(open + 1, text.rfind('"') - open - 1);
  }

  Entry kalshi(const std::string& text) {
    std::istringstream in{text};
    std::string source, ticker, word, floor;
    in >> source >> ticker >> word >> floor;
    const auto parts = split_fields(ticker, '-');
    const auto event_id = std::string{parts[0]} + "-" + std::string{parts[1]};
    Entry entry{.source = 'K'};
    entry.names_market = parts.size() > 2;
    for (const auto& [league, table] : tables) {
      const auto stem = "KX" + table.rules.kalshi_stem;
      if (parts[0].starts_with(stem) && parts[0].size() - stem.size() <= 6
          && (!entry.league
              || stem.size() > 2 + tables.at(*entry.league).rules.kalshi_stem.size())) {
        entry.league = league;
      }
    }
    REQUIRE(entry.league);
    const auto& table = tables.at(*entry.league);
    const auto block = parse_kalshi_ticker(event_id)->teams;
    const auto title = split_title(quoted(text));
    const auto cut = table.teams.rule() == TeamIdRule::school
                       ? std::optional{std::pair{block.substr(0, 3), block.substr(3)}}
                       : table.teams.split(Source::kalshi, block);
    REQUIRE(cut);
    std::vector<std::pair<std::string, std::string>> legs{
      {cut->first, title ? title->first : ""}, {cut->second, title ? title->second : ""}};
    if (table.rules.three_way) {
      legs.emplace_back("TIE", "Tie");
    }
    auto event = kalshi_event(event_id, legs);
    if (!floor.empty() && word == "floor") {
      event.markets = {make_market(Venue::kalshi, ticker, "greater", "", "")};
      event.markets[0].line_tenths = static_cast<std::int32_t>(*parse_decimal(floor, 1));
    }
    event.title = quoted(text);
    take(entry, interpret_kalshi(table, {&event}), market_id(Venue::kalshi, ticker), Side::yes);
    return entry;
  }

  /// The nickname that the venue uses for its code; the full name where there is none.
  std::string outcome_of(League league, std::string_view code) {
    const auto file = config_file("teams/" + std::string{to_string(league)} + ".csv");
    for (const auto line : split_lines(file)) {
      const auto fields = split_fields(line, ',');
      if (fields[2] == code) {
        return std::string{fields[5].empty() ? fields[3] : fields[5]};
      }
    }
    return "";
  }

  Entry polymarket(const std::string& text) {
    std::istringstream in{text};
    std::string source, slug, start;
    in >> source >> slug >> start;
    const auto parts = split_fields(slug, '-');
    std::string event_id;
    for (std::size_t i = 0; i < 6; ++i) {
      event_id += (i ? "-" : "") + std::string{parts[i]};
    }
    Entry entry{.source = 'P'};
    for (const auto& [league, table] : tables) {
      if (table.rules.polymarket_prefix == parts[0]) {
        entry.league = league;
      }
    }
    REQUIRE(entry.league);
    const auto title = split_title(quoted(text));
    const auto first = title ? title->first : outcome_of(*entry.league, parts[1]);
    const auto second = title ? title->second : outcome_of(*entry.league, parts[2]);
    auto event = polymarket_event(event_id, start, first, second);
    if (tables.at(*entry.league).rules.three_way) {
      event.markets.clear();
      for (const auto& suffix : {std::string{parts[1]}, std::string{parts[2]}, std::string{"draw"}}) {
        event.markets.push_back(
          make_market(Venue::polymarket, event_id + "-" + suffix, "moneyline", "Yes", "No"));
      }
    }
    add_line_market(event, slug, first, second);
    const auto open = text.find('[');
    const auto label = open == std::string::npos ? "" : text.substr(open + 1, text.size() - open - 2);
    std::optional<Side> side;
    entry.names_market = !label.empty();
    for (const auto& market : event.markets) {
      if (market.listing == slug && !label.empty()) {
        side = market.spec.ref.outcomes[0] == label ? Side::yes : Side::no;
        REQUIRE((side == Side::yes || market.spec.ref.outcomes[1] == label));
      }
    }
    take(entry, interpret_polymarket(tables.at(*entry.league), event),
         market_id(Venue::polymarket, slug), side);
    return entry;
  }

  static void add_line_market(VenueEvent& event, const std::string& slug, const std::string& first,
                              const std::string& second) {
    if (slug.find("-spread-away-2pt5") != std::string::npos) {
      auto market = make_market(Venue::polymarket, slug, "spreads", first, second);
      market.title = "Spread: " + first + " (-2.5)";
      market.line_tenths = -25;
      event.markets.push_back(market);
    }
    if (slug.find("-total-47pt5") != std::string::npos) {
      auto market = make_market(Venue::polymarket, slug, "totals", "Over", "Under");
      market.line_tenths = 475;
      event.markets.push_back(market);
    }
  }

  static void take(Entry& entry, const Interpretation& interpretation, MarketId market,
                   std::optional<Side> side) {
    const auto* listing = std::get_if<Listing>(&interpretation);
    if (!listing) {
      return;
    }
    entry.meeting = listing->meeting;
    entry.names_agree = listing->names_agree;
    for (const auto& proposition : listing->propositions) {
      if (proposition.market == market && side) {
        entry.proposition = proposition;
        entry.side = side;
      }
    }
  }
};

bool same_proposition(const Entry& a, const Entry& b) {
  if (!a.names_market || !b.names_market) {
    return true;
  }
  if (!a.proposition || !b.proposition) {
    return false;
  }
  return proposition_key(*a.proposition) == proposition_key(*b.proposition)
         && (a.proposition->pays == a.side) == (b.proposition->pays == b.side);
}

std::vector<Meeting> context(const std::vector<Row>& rows, char source) {
  std::vector<Meeting> result;
  for (const auto& row : rows) {
    for (const auto* entry : {&row.left, &row.right}) {
      const auto known = [&](const Meeting& m) {
        return m.league == entry->meeting->league && same_pair(m, *entry->meeting)
               && m.time.eastern == entry->meeting->time.eastern
               && m.time.exact == entry->meeting->time.exact;
      };
      if (entry->source == source && entry->meeting
          && std::none_of(result.begin(), result.end(), known)) {
        result.push_back(*entry->meeting);
      }
    }
  }
  return result;
}

std::vector<Row> read_rows() {
  Reader reader;
  std::vector<Row> rows;
  const auto text = read_text(std::string{ARBEES_TEST_DATA} + "/games/labelled_pairs.csv");
  for (const auto line : split_lines(text)) {
    const auto fields = split_fields(line, '|');
    REQUIRE(fields.size() == 5);
    rows.push_back(Row{.id = std::string{fields[0]},
                       .left = reader.read(std::string{fields[1]}),
                       .right = reader.read(std::string{fields[2]}),
                       .same = fields[3] == "same",
                       .why = std::string{fields[4]}});
  }
  return rows;
}

} // namespace

TEST_CASE("All labelled pairs of the fact sheet come out as labelled") {
  const auto tables = shipped_tables();
  const auto rows = read_rows();
  REQUIRE(rows.size() == 40);
  for (const auto& row : rows) {
    CAPTURE(row.id, row.why);
    if (!row.left.meeting || !row.right.meeting) {
      CHECK_FALSE(row.same);
      continue;
    }
    const auto& game = *row.left.meeting;
    const auto count =
      count_meetings(game, context(rows, row.left.source), context(rows, row.right.source));
    const auto verdict = judge(game, *row.right.meeting, tables.at(game.league).rules, count,
                               row.right.names_agree);
    CAPTURE(verdict.score, verdict.refusal ? verdict.refusal->gate : "");
    const auto same = !verdict.refusal && verdict.score >= score_to_show
                      && same_proposition(row.left, row.right);
    CHECK(same == row.same);
  }
}

} // namespace arbees::test
