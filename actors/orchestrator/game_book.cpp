#include "actors/orchestrator/game_book.hpp"

#include <algorithm>

#include "actors/orchestrator/kalshi_listing.hpp"
#include "actors/orchestrator/polymarket_listing.hpp"

namespace arbees {

namespace {

/// Ticks come often; old catalogues are looked for at this pace.
constexpr Duration rematch_period = std::chrono::seconds{30};

std::size_t index(Venue venue) {
  return static_cast<std::size_t>(venue);
}

bool may_trade(Phase phase) {
  return phase == Phase::scheduled || phase == Phase::live || phase == Phase::pause
         || phase == Phase::delayed;
}

std::string text_of(const FeeSchedule& fees) {
  return fmt::format("{} {} {} {} {}", to_string(fees.rounding), fees.taker_ppm, fees.maker_ppm,
                     fees.exponent, fees.balance_step);
}

/// All that matters of a market, for comparing.
std::string text_of(const MarketSpec& spec) {
  auto text =
    fmt::format("{} {} {} {} {} {} {} {} {} {} {}", spec.id, spec.ref.tokens[0], spec.ref.tokens[1],
                spec.quantity_step, spec.min_quantity, spec.min_notional, spec.taker_delay.count(),
                spec.exchange_index, spec.negative_risk, spec.accepts_orders,
                spec.fees ? text_of(*spec.fees) : "no fees");
  for (const auto& band : spec.price_bands) {
    text += fmt::format(" {}-{}/{}", band.start, band.end, band.step);
  }
  return text;
}

std::string text_of(const MatchedGame& match) {
  auto text = fmt::format("{} {} {} {}", match.score, match.tradable, to_ms(match.game.start),
                          fmt::join(match.reasons, "|"));
  for (const auto& market : match.markets) {
    text += "\n" + text_of(market);
  }
  for (const auto& contract : match.contracts) {
    text += fmt::format("\n{} {}", contract.id, contract.settlement_flags);
    for (const auto& expression : contract.expressions) {
      text += fmt::format(" {}:{}", expression.market, static_cast<int>(expression.pays));
    }
  }
  return text;
}

bool same_state(const GameState& a, const GameState& b) {
  return a.phase == b.phase && a.away_score == b.away_score && a.home_score == b.home_score
         && a.period == b.period && a.clock == b.clock && a.detail == b.detail;
}

bool same_info(const GameInfo& a, const GameInfo& b) {
  return a.start == b.start && a.start_is_exact == b.start_is_exact
         && a.neutral_site == b.neutral_site && a.away.id == b.away.id && a.home.id == b.home.id;
}

/// True if some contract can be bought on both venues with known fees.
bool has_tradable_contract(const MatchedGame& match) {
  const auto priced = [&](const Expression& expression, Venue venue) {
    const auto market =
      std::find_if(match.markets.begin(), match.markets.end(),
                   [&](const MarketSpec& spec) { return spec.id == expression.market; });
    return market != match.markets.end() && market->ref.venue == venue && market->fees
           && market->accepts_orders && !market->price_bands.empty();
  };
  return std::any_of(match.contracts.begin(), match.contracts.end(), [&](const Contract& contract) {
    const auto on = [&](Venue venue) {
      return std::any_of(contract.expressions.begin(), contract.expressions.end(),
                         [&](const Expression& e) { return priced(e, venue); });
    };
    return on(Venue::kalshi) && on(Venue::polymarket);
  });
}

/// The markets that `contracts` need, Kalshi's first.
std::vector<MarketSpec> needed_markets(const std::vector<Contract>& contracts,
                                       const Listing& kalshi, const Listing& polymarket) {
  std::set<MarketId> needed;
  for (const auto& contract : contracts) {
    for (const auto& expression : contract.expressions) {
      needed.insert(expression.market);
    }
  }
  std::vector<MarketSpec> markets;
  for (const auto* listing : {&kalshi, &polymarket}) {
    for (const auto& spec : listing->markets) {
      if (needed.erase(spec.id) > 0) {
        markets.push_back(spec);
      }
    }
  }
  return markets;
}

} // namespace

GameBook::GameBook(std::map<League, LeagueTable> tables, GameBookConfig config) : config_{config} {
  for (auto& [league, table] : tables) {
    leagues_[league].table = std::move(table);
  }
}

bool GameBook::claim(std::uint64_t id, const std::string& text) {
  return ids_.emplace(id, text).first->second == text;
}

std::vector<GameEvent> GameBook::apply(const Scoreboard& scoreboard) {
  Events out;
  const auto book = leagues_.find(scoreboard.league);
  if (book == leagues_.end()) {
    ++counters_["unknown_league"];
    return out;
  }
  for (const auto& listed : scoreboard.games) {
    book->second.table.teams.learn(listed.away);
    book->second.table.teams.learn(listed.home);
  }
  for (const auto& listed : scoreboard.games) {
    take(book->second, listed, scoreboard.fetched_at, out);
  }
  rematch(book->second, scoreboard.fetched_at, out);
  return out;
}

void GameBook::take(LeagueBook& book, const ScoreboardGame& listed, Timestamp at, Events& out) {
  if (!claim(listed.game.id.value(), "game " + listed.game.key)) {
    ++counters_["id_collision"];
    return;
  }
  const auto known = book.games.find(listed.game.id);
  const auto before = known == book.games.end() ? std::optional<ScoreboardGame>{}
                                                : std::optional{known->second.listed};
  auto& game = book.games[listed.game.id];
  game.last_listed = at;
  if (game.ended) {
    return;
  }
  game.listed = listed;
  auto& info = game.listed.game;
  const auto away = book.table.teams.resolve(listed.away);
  const auto home = book.table.teams.resolve(listed.home);
  info.away.id = away ? away->id : info.away.id;
  info.home.id = home ? home->id : info.home.id;
  game.meeting.reset();
  game.no_meeting = !away || !home ? "teams" : !info.start_is_exact ? "placeholder" : "";
  if (game.no_meeting.empty()) {
    game.meeting = Meeting{.league = info.league,
                           .away = *away,
                           .home = *home,
                           .neutral_site = info.neutral_site,
                           .time = {eastern_date(info.start), info.start}};
  }
  if (!before) {
    ++counters_["games_discovered"];
    out.emplace_back(GameDiscovered{.game = info, .state = game.listed.state});
  } else {
    publish_state(game, *before, out);
  }
  if (listed.completed) {
    end(game, out);
  }
}

/// While a game is on, every poll counts: its age decides whether the state may be used.
void GameBook::publish_state(const Game& game, const ScoreboardGame& before, Events& out) {
  const auto& state = game.listed.state;
  const auto is_on = state.phase == Phase::live || state.phase == Phase::pause;
  if (is_on || !same_state(before.state, state) || !same_info(before.game, game.listed.game)) {
    out.emplace_back(GameUpdate{.game = game.listed.game, .state = state});
  }
}

void GameBook::end(Game& game, Events& out) {
  ++counters_["games_ended"];
  game.ended = true;
  out.emplace_back(GameEnded{.game = game.listed.game, .state = game.listed.state});
  if (game.match) {
    watch(game.match->markets, {}, out);
    game.match.reset();
  }
}

std::vector<GameEvent> GameBook::apply(const VenueCatalogue& catalogue) {
  Events out;
  const auto book = leagues_.find(catalogue.league);
  if (book == leagues_.end()) {
    ++counters_["unknown_league"];
    return out;
  }
  auto& known = book->second.catalogues[index(catalogue.venue)];
  if (catalogue.complete) {
    known.events.clear();
    known.fetched_at = catalogue.fetched_at;
  }
  for (const auto& event : catalogue.events) {
    known.events.insert_or_assign(event.id, event);
  }
  interpret(book->second, catalogue.venue);
  rematch(book->second, catalogue.fetched_at, out);
  return out;
}

void GameBook::interpret(LeagueBook& book, Venue venue) {
  auto& catalogue = book.catalogues[index(venue)];
  std::vector<VenueEvent> events;
  for (const auto& [id, event] : catalogue.events) {
    events.push_back(event);
  }
  catalogue.interpretations = venue == Venue::kalshi
                                ? interpret_kalshi_catalogue(book.table, events)
                                : interpret_polymarket_catalogue(book.table, events);
  catalogue.names_known = book.table.teams.names_known();
  for (auto& [key, interpretation] : catalogue.interpretations) {
    const auto* listing = std::get_if<Listing>(&interpretation);
    if (listing == nullptr) {
      continue;
    }
    for (const auto& spec : listing->markets) {
      const auto text = fmt::format("{} {}", to_string(venue), spec.ref.native_id);
      if (spec.id != market_id(venue, spec.ref.native_id) || !claim(spec.id.value(), text)) {
        ++counters_["id_collision"];
        interpretation = Refusal{"id_collision", spec.ref.native_id};
        break;
      }
    }
  }
}

void GameBook::rematch(LeagueBook& book, Timestamp now, Events& out) {
  book.rematched_at = std::max(book.rematched_at, now);
  for (const auto venue : {Venue::kalshi, Venue::polymarket}) {
    if (book.catalogues[index(venue)].names_known != book.table.teams.names_known()) {
      interpret(book, venue);
    }
  }
  std::map<GameId, Meeting> meetings;
  for (const auto& [id, game] : book.games) {
    // Games that are over still count: they tell which listing of a doubleheader is whose.
    if (game.meeting) {
      meetings.emplace(id, *game.meeting);
    }
  }
  const auto found = match_league(book.table.rules, meetings, book.catalogues[0].interpretations,
                                  book.catalogues[1].interpretations);
  for (auto& [id, game] : book.games) {
    const auto match = found.games.find(id);
    if (!game.ended) {
      publish_match(book, game, match == found.games.end() ? nullptr : &match->second, now, out);
    }
  }
  publish_rejections(book, found.rejections, now, out);
}

MatchedGame
GameBook::make_match(LeagueBook& book, Game& game, const GameMatch& found, Timestamp now) {
  const auto& kalshi =
    std::get<Listing>(book.catalogues[0].interpretations.at(found.kalshi.listing));
  const auto& polymarket =
    std::get<Listing>(book.catalogues[1].interpretations.at(found.polymarket.listing));
  MatchedGame match{.game = game.listed.game,
                    .markets = {},
                    .contracts =
                      make_contracts(book.table.rules, game.listed.game.id, kalshi, polymarket),
                    .score = found.score(),
                    .tradable = false,
                    .reasons = {},
                    .at = now};
  std::erase_if(match.contracts, [&](const Contract& contract) {
    return !claim(contract.id.value(),
                  fmt::format("contract {} {} {} {}", contract.game, to_string(contract.kind),
                              contract.subject, contract.line_tenths.value_or(0)));
  });
  match.markets = needed_markets(match.contracts, kalshi, polymarket);
  match.reasons.push_back(fmt::format("kalshi {} score {}", kalshi.event, found.kalshi.score));
  match.reasons.push_back(
    fmt::format("polymarket {} score {}", polymarket.event, found.polymarket.score));
  bool changed = false;
  for (const auto* listing : {&kalshi, &polymarket}) {
    for (const auto& [market, rules] : listing->rules) {
      changed = game.rules.emplace(market, fnv1a(rules)).first->second != fnv1a(rules) || changed;
    }
  }
  if (changed) {
    match.reasons.emplace_back("rules_changed");
  }
  return match;
}

/// What forbids trading a match that was proven.
std::vector<std::string> GameBook::doubts(const LeagueBook& book, const Game& game,
                                          const MatchedGame& match, Timestamp now) const {
  std::vector<std::string> result;
  if (match.score < score_to_trade) {
    result.emplace_back("score_too_low");
  }
  if (!may_trade(game.listed.state.phase)) {
    result.push_back(fmt::format("phase_{}", to_string(game.listed.state.phase)));
  }
  if (!has_tradable_contract(match)) {
    result.emplace_back("no_contract_with_fees_and_open_on_both_venues");
  }
  for (const auto venue : {Venue::kalshi, Venue::polymarket}) {
    if (now - book.catalogues[index(venue)].fetched_at > config_.catalogue_max_age) {
      result.push_back(fmt::format("catalogue_old_{}", to_string(venue)));
    }
  }
  return result;
}

void GameBook::publish_match(LeagueBook& book, Game& game, const GameMatch* found, Timestamp now,
                             Events& out) {
  std::optional<MatchedGame> match;
  if (found != nullptr) {
    match = make_match(book, game, *found, now);
  }
  if (!match || match->contracts.empty()) {
    if (!game.match) {
      return;
    }
    match = *game.match;
    match->game = game.listed.game;
    match->at = now;
    match->reasons = {"frozen"};
  } else {
    const auto against = doubts(book, game, *match, now);
    match->tradable = against.empty() && match->reasons.back() != "rules_changed";
    match->reasons.insert(match->reasons.end(), against.begin(), against.end());
  }
  if (match->reasons.front() == "frozen") {
    match->tradable = false;
  }
  auto text = text_of(*match);
  if (text == game.match_text) {
    return;
  }
  counters_["matches_published"] += 1;
  watch(game.match ? game.match->markets : std::vector<MarketSpec>{}, match->markets, out);
  game.match_text = std::move(text);
  game.match = *match;
  out.emplace_back(std::move(*match));
}

void GameBook::watch(const std::vector<MarketSpec>& before, const std::vector<MarketSpec>& after,
                     Events& out) {
  std::map<MarketId, std::string> known;
  for (const auto& spec : before) {
    known.emplace(spec.id, text_of(spec));
  }
  for (const auto venue : {Venue::kalshi, Venue::polymarket}) {
    WatchChange change{.venue = venue, .watch = {}, .unwatch = {}};
    for (const auto& spec : after) {
      const auto old = known.find(spec.id);
      if (spec.ref.venue == venue && (old == known.end() || old->second != text_of(spec))) {
        change.watch.push_back(spec);
      }
    }
    for (const auto& spec : before) {
      const auto stays = std::any_of(after.begin(), after.end(),
                                     [&](const MarketSpec& other) { return other.id == spec.id; });
      if (spec.ref.venue == venue && !stays) {
        change.unwatch.push_back(spec.id);
      }
    }
    if (!change.watch.empty() || !change.unwatch.empty()) {
      out.emplace_back(std::move(change));
    }
  }
}

void GameBook::publish_rejections(LeagueBook& book, const std::vector<Rejection>& rejections,
                                  Timestamp now, Events& out) {
  std::map<std::pair<Venue, std::string>, std::string> said;
  for (const auto& rejection : rejections) {
    const auto key = std::pair{rejection.venue, rejection.listing};
    const auto text = rejection.why.gate + ": " + rejection.why.detail;
    if (!said.emplace(key, text).second) {
      continue;
    }
    const auto before = book.rejected.find(key);
    if (before != book.rejected.end() && before->second == text) {
      continue;
    }
    ++counters_["rejected:" + rejection.why.gate];
    MatchRejected message{.venue = rejection.venue,
                          .listing = rejection.listing,
                          .candidate = std::nullopt,
                          .gate = rejection.why.gate,
                          .detail = rejection.why.detail,
                          .at = now};
    if (rejection.candidate) {
      message.candidate = book.games.at(*rejection.candidate).listed.game;
    }
    out.emplace_back(std::move(message));
  }
  book.rejected = std::move(said);
}

std::vector<GameEvent> GameBook::tick(Timestamp now) {
  Events out;
  for (auto& [league, book] : leagues_) {
    for (auto game = book.games.begin(); game != book.games.end();) {
      const auto silent = now - game->second.last_listed > config_.forget_after;
      if (silent && !game->second.ended) {
        end(game->second, out);
      }
      game = silent ? book.games.erase(game) : std::next(game);
    }
    if (!book.games.empty() && now - book.rematched_at >= rematch_period) {
      rematch(book, now, out);
    }
  }
  return out;
}

std::vector<GameEvent> GameBook::present() const {
  Events out;
  for (const auto& [league, book] : leagues_) {
    for (const auto& [id, game] : book.games) {
      if (game.ended) {
        continue;
      }
      out.emplace_back(GameDiscovered{.game = game.listed.game, .state = game.listed.state});
      if (game.match) {
        out.emplace_back(*game.match);
        watch({}, game.match->markets, out);
      }
    }
  }
  return out;
}

std::map<std::string, std::int64_t> GameBook::values() const {
  auto result = counters_;
  for (const auto& [league, book] : leagues_) {
    for (const auto& [id, game] : book.games) {
      result["games"] += game.ended ? 0 : 1;
      result["games_matched"] += game.match ? 1 : 0;
      result["games_tradable"] += game.match && game.match->tradable ? 1 : 0;
      if (!game.ended && !game.meeting) {
        ++result["games_without_meeting:" + game.no_meeting];
      }
    }
    for (const auto venue : {Venue::kalshi, Venue::polymarket}) {
      result[fmt::format("listings:{}", to_string(venue))] +=
        static_cast<std::int64_t>(book.catalogues[index(venue)].interpretations.size());
    }
  }
  return result;
}

} // namespace arbees
