#include "tools/sim/truth.hpp"

#include <algorithm>

namespace arbees::sim {

namespace json = boost::json;

namespace {

std::string_view name(Kind kind) {
  switch (kind) {
    case Kind::winner:
      return "winner";
    case Kind::draw:
      return "draw";
    case Kind::spread:
      return "spread";
    case Kind::total:
      return "total";
    case Kind::first_half:
      return "first_half";
    case Kind::outright:
      return "outright";
  }
  return "";
}

/// The team a proposition is about, by its ESPN code; null for totals and draws.
json::value team_of(const Game& game, const Proposition& proposition) {
  switch (proposition.side) {
    case TeamSide::home:
      return json::value(game.home->espn);
    case TeamSide::away:
      return json::value(game.away->espn);
    case TeamSide::none:
      break;
  }
  return nullptr;
}

json::value line_of(const Proposition& proposition) {
  const auto lined = proposition.kind == Kind::spread || proposition.kind == Kind::total;
  return lined ? json::value(proposition.line) : json::value(nullptr);
}

json::object kalshi_json(const Engine& engine, int index, const Game& game) {
  json::object out;
  json::array markets;
  for (const auto& event : engine.slate().kalshi_events) {
    if (event.game != index) {
      continue;
    }
    if (event.scope == "Game") {
      out["event_ticker"] = event.ticker;
    }
    for (const auto at : event.markets) {
      const auto& market = engine.slate().kalshi_markets[static_cast<std::size_t>(at)];
      markets.push_back(json::object{{"ticker", market.ticker},
                                     {"event_ticker", event.ticker},
                                     {"kind", name(market.yes.kind)},
                                     {"team", team_of(game, market.yes)},
                                     {"line", line_of(market.yes)}});
    }
  }
  out["markets"] = std::move(markets);
  return out;
}

/// The other team of a two-way proposition: what tokens[1] pays on.
json::value opposite_team(const Game& game, const Proposition& first) {
  auto other = first;
  other.side = first.side == TeamSide::home   ? TeamSide::away
               : first.side == TeamSide::away ? TeamSide::home
                                              : TeamSide::none;
  return team_of(game, other);
}

json::object poly_market_json(const PolyMarket& market, const Game& game) {
  const auto yes_no = market.neg_risk;
  return {{"condition_id", market.condition},
          {"slug", market.slug},
          {"kind", name(market.first.kind)},
          {"line", line_of(market.first)},
          {"tokens", json::array{json::object{{"token_id", market.tokens[0]},
                                              {"outcome", market.outcomes[0]},
                                              {"team", team_of(game, market.first)},
                                              {"pays_if", "true"}},
                                 json::object{{"token_id", market.tokens[1]},
                                              {"outcome", market.outcomes[1]},
                                              {"team", yes_no ? json::value(nullptr)
                                                              : opposite_team(game, market.first)},
                                              {"pays_if", "false"}}}}};
}

json::object poly_json(const Engine& engine, const PolyEvent& event, const Game& game) {
  json::object out{{"event_id", event.id}, {"slug", event.slug}};
  json::array markets;
  for (const auto at : event.markets) {
    const auto& market = engine.slate().poly_markets[static_cast<std::size_t>(at)];
    if (market.first.kind == Kind::winner && !market.neg_risk) {
      const auto own = poly_market_json(market, game);
      out["condition_id"] = market.condition;
      out["tokens"] = own.at("tokens");
    }
    markets.push_back(poly_market_json(market, game));
  }
  out["markets"] = std::move(markets);
  return out;
}

json::object game_json(const Engine& engine, int index) {
  const auto& game = engine.slate().games[static_cast<std::size_t>(index)];
  const auto& state = engine.tape().game(index);
  json::object out{{"league", facts(game.league).code},
                   {"espn_id", game.espn_id},
                   {"away", game.away->espn},
                   {"home", game.home->espn},
                   {"start", iso_seconds(game.start)},
                   {"doubleheader", game.doubleheader},
                   {"on_both_venues", game.on_kalshi && game.on_polymarket},
                   {"final", state.phase == Phase::final},
                   {"away_score", state.away},
                   {"home_score", state.home},
                   {"kalshi", nullptr},
                   {"polymarket", nullptr}};
  if (game.on_kalshi) {
    out["kalshi"] = kalshi_json(engine, index, game);
  }
  for (const auto& event : engine.slate().poly_events) {
    if (event.game == index && game.on_polymarket) {
      out["polymarket"] = poly_json(engine, event, game);
    }
  }
  return out;
}

} // namespace

json::object truth_json(const Engine& engine) {
  json::array games;
  for (std::size_t i = 0; i < engine.slate().games.size(); ++i) {
    games.push_back(game_json(engine, static_cast<int>(i)));
  }
  json::array decoys;
  for (const auto& decoy : engine.slate().decoys) {
    decoys.push_back(json::object{{"venue", decoy.venue == Venue::kalshi ? "kalshi" : "polymarket"},
                                  {"id", decoy.id},
                                  {"reason", decoy.reason}});
  }
  return {{"seed", engine.slate().config.seed},
          {"epoch", iso_seconds(engine.slate().config.epoch())},
          {"games", std::move(games)},
          {"decoys", std::move(decoys)}};
}

json::object dislocations_json(const Engine& engine) {
  constexpr std::size_t shown = 20;
  const auto& all = engine.tape().dislocations();
  json::array latest;
  for (auto i = all.size() > shown ? all.size() - shown : 0; i < all.size(); ++i) {
    const auto& spell = all[i];
    const auto& game = engine.slate().games[static_cast<std::size_t>(spell.game)];
    latest.push_back(
      json::object{{"espn_id", game.espn_id},
                   {"venue", spell.venue == Venue::kalshi ? "kalshi" : "polymarket"},
                   {"cause", spell.cause == DislocationCause::lag ? "lag" : "overshoot"},
                   {"edge_dollars", spell.edge},
                   {"begin_ms", spell.begin_ms},
                   {"end_ms", spell.end_ms}});
  }
  const auto running = std::ranges::count_if(all, [&](const Dislocation& spell) {
    return spell.end_ms > engine.tape().now_ms();
  });
  return {{"injected", all.size()}, {"running", running}, {"latest", std::move(latest)}};
}

} // namespace arbees::sim
