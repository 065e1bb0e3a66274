#include "actors/orchestrator/matching.hpp"

#include <algorithm>

#include "actors/orchestrator/team_names.hpp"

namespace arbees {

namespace {

using namespace std::chrono;

constexpr Duration close_start = minutes{15};
constexpr Duration near_start = minutes{75};
constexpr Duration doubleheader_tolerance = minutes{30};
constexpr Duration neighbourhood = hours{36};

std::optional<Duration> distance(const MeetingTime& a, const MeetingTime& b) {
  return a.exact && b.exact ? std::optional<Duration>{abs(*a.exact - *b.exact)} : std::nullopt;
}

bool same_orientation(const Meeting& a, const Meeting& b) {
  return a.home.id == b.home.id && a.away.id == b.away.id;
}

std::optional<Refusal> time_gate(const Meeting& game, const Meeting& listing,
                                 const LeagueRules& rules, const MeetingCount& count) {
  const auto apart = distance(game.time, listing.time);
  const auto same_day = game.time.eastern == listing.time.eastern;
  const auto doubleheader = count.games_that_day > 1 || count.listings_that_day > 1;
  if (!same_day) {
    return Refusal{"time", "another day"};
  }
  if (doubleheader) {
    if (!apart) {
      return Refusal{"doubleheader", "only the day is known"};
    }
    if (count.games_that_day != count.listings_that_day) {
      return Refusal{"doubleheader", fmt::format("{} games, {} listings", count.games_that_day,
                                                 count.listings_that_day)};
    }
    return *apart <= doubleheader_tolerance
             ? std::nullopt
             : std::optional{Refusal{"time", "the other game of a doubleheader"}};
  }
  if (apart && *apart > rules.start_tolerance) {
    return Refusal{"time", fmt::format("{} min apart", duration_cast<minutes>(*apart).count())};
  }
  if (apart && *apart > near_start && !count.only_meeting) {
    return Refusal{"time", "not the only meeting within 36 h"};
  }
  return std::nullopt;
}

std::int32_t team_score(const Meeting& listing) {
  const auto a = std::min(listing.away.certainty, listing.home.certainty);
  const auto b = std::max(listing.away.certainty, listing.home.certainty);
  if (b == Certainty::code) {
    return 40;
  }
  return a == Certainty::code && b == Certainty::label ? 36 : 30;
}

std::int32_t start_score(const std::optional<Duration>& apart) {
  if (!apart) {
    return 14;
  }
  return *apart <= close_start ? 20 : *apart <= near_start ? 16 : 8;
}

/// Where the source knows the day only, an evening start stands for it.
Timestamp about(const MeetingTime& time) {
  return time.exact.value_or(from_eastern(time.eastern, hours{19}));
}

ContractId contract_id(GameId game, const std::string& key) {
  return ContractId{fnv1a(key, fnv1a(to_hex(game)))};
}

} // namespace

bool same_pair(const Meeting& a, const Meeting& b) {
  return same_orientation(a, b) || (a.home.id == b.away.id && a.away.id == b.home.id);
}

MatchVerdict judge(const Meeting& game, const Meeting& listing, const LeagueRules& rules,
                   const MeetingCount& count, bool names_agree) {
  MatchVerdict verdict;
  const auto stop = [&](Refusal refusal) {
    verdict.refusal = std::move(refusal);
    return verdict;
  };
  if (game.league != listing.league) {
    return stop(
      {"league", fmt::format("{} is not {}", to_string(listing.league), to_string(game.league))});
  }
  verdict.gates_passed = 1;
  if (!same_pair(game, listing)) {
    return stop({"teams", fmt::format("{} at {} is not {} at {}", listing.away.id, listing.home.id,
                                      game.away.id, game.home.id)});
  }
  verdict.gates_passed = 2;
  const auto oriented = same_orientation(game, listing);
  if (!oriented && !game.neutral_site) {
    return stop({"orientation", fmt::format("{} is at home", game.home.id)});
  }
  verdict.gates_passed = 3;
  if (auto refusal = time_gate(game, listing, rules, count)) {
    return stop(std::move(*refusal));
  }
  verdict.gates_passed = 4;
  verdict.score = team_score(listing) + start_score(distance(game.time, listing.time)) + 15
                  + (oriented && !game.neutral_site ? 10 : 6) + (count.only_meeting ? 10 : 0)
                  + (names_agree ? 5 : 0);
  return verdict;
}

MeetingCount count_meetings(const Meeting& game, const std::vector<Meeting>& games,
                            const std::vector<Meeting>& listings) {
  const auto that_day = [&](const std::vector<Meeting>& all) {
    return static_cast<int>(std::count_if(all.begin(), all.end(), [&](const Meeting& other) {
      return same_pair(game, other) && game.time.eastern == other.time.eastern;
    }));
  };
  const auto around = [&](const std::vector<Meeting>& all) {
    return std::count_if(all.begin(), all.end(), [&](const Meeting& other) {
      return same_pair(game, other) && abs(about(game.time) - about(other.time)) <= neighbourhood;
    });
  };
  return MeetingCount{.games_that_day = that_day(games),
                      .listings_that_day = that_day(listings),
                      .only_meeting = around(games) <= 1 && around(listings) <= 1};
}

std::uint8_t settlement_flags(const LeagueRules& rules, MarketKind kind,
                              std::string_view kalshi_rules, std::string_view polymarket_rules) {
  const auto kalshi = normalise_name(kalshi_rules);
  const auto polymarket = normalise_name(polymarket_rules);
  const auto says = [](const std::string& text, std::string_view words) {
    return text.find(words) != std::string::npos;
  };
  std::uint8_t flags = 0;
  const auto set = [&](SettlementFlag flag) { flags |= static_cast<std::uint8_t>(flag); };
  if (kind == MarketKind::winner && rules.ties) {
    set(SettlementFlag::tie_possible);
  }
  if (rules.three_way) {
    set(SettlementFlag::regulation_only);
  }
  // Kalshi waits a window for a make-up game, Polymarket without end.
  if (rules.outdoor || says(kalshi, "two days") || says(kalshi, "48 hours")
      || says(polymarket, "remain open until")) {
    set(SettlementFlag::postpone_asymmetry);
  }
  // A cancelled game pays a fair price on one venue and half a dollar on the other; a text that
  // says nothing proves nothing.
  if (kalshi.empty() || polymarket.empty() || says(kalshi, "fair price")
      || says(kalshi, "fair market price") || says(polymarket, "50 50")) {
    set(SettlementFlag::void_price);
  }
  return flags;
}

std::vector<Contract> make_contracts(const LeagueRules& rules, GameId game, const Listing& kalshi,
                                     const Listing& polymarket) {
  std::map<std::string, std::pair<std::vector<const Proposition*>, std::vector<const Proposition*>>>
    by_key;
  for (const auto& proposition : kalshi.propositions) {
    by_key[proposition_key(proposition)].first.push_back(&proposition);
  }
  for (const auto& proposition : polymarket.propositions) {
    by_key[proposition_key(proposition)].second.push_back(&proposition);
  }
  std::vector<Contract> contracts;
  for (const auto& [key, sides] : by_key) {
    const auto& [left, right] = sides;
    if (left.empty() || right.empty()) {
      continue;
    }
    const auto& first = *left.front();
    Contract contract{
      .id = contract_id(game, key),
      .game = game,
      .kind = first.kind,
      .subject = first.subject,
      .line_tenths = first.line_tenths,
      .expressions = {},
      .settlement_flags = settlement_flags(rules, first.kind, kalshi.rules.at(first.market),
                                           polymarket.rules.at(right.front()->market)),
    };
    for (const auto& all : {left, right}) {
      for (const auto* proposition : all) {
        contract.expressions.push_back(
          Expression{.market = proposition->market, .pays = proposition->pays});
      }
    }
    contracts.push_back(std::move(contract));
  }
  return contracts;
}

} // namespace arbees
