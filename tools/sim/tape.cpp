#include "tools/sim/tape.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>

#include "tools/sim/price_model.hpp"

namespace arbees::sim {

namespace {

constexpr std::int64_t game_step_ms = 100;
constexpr double mean_seconds_between_dislocations = 2.5;
constexpr double share_of_spread_in_noise = 0.3;
constexpr double share_of_spread_in_drift = 0.2;

std::size_t index(Venue venue) {
  return static_cast<std::size_t>(venue);
}

Venue other(Venue venue) {
  return venue == Venue::kalshi ? Venue::polymarket : Venue::kalshi;
}

} // namespace

Tape::Tape(const WorldConfig& config)
  : slate_(make_slate(config)),
    activity_random_{Random{config.seed}.fork(1), Random{config.seed}.fork(2)},
    quote_random_(Random{config.seed}.fork(3)),
    dislocation_random_(Random{config.seed}.fork(4)) {
  for (std::size_t i = 0; i < slate_.games.size(); ++i) {
    scores_.emplace_back(slate_.games[i], Random{config.seed}.fork(1000 + i));
  }
  for (const auto& book : slate_.books) {
    const auto market = static_cast<std::size_t>(book.market);
    if (book.venue == Venue::kalshi) {
      ladders_.emplace_back(kalshi_grid(slate_.kalshi_markets[market].structure));
      ticks_.emplace_back(0);
    } else {
      ticks_.push_back(slate_.poly_markets[market].tick);
      ladders_.emplace_back(polymarket_grid(ticks_.back()));
    }
  }
  make_groups();
}

const GameState& Tape::game(int index) const {
  return scores_[static_cast<std::size_t>(index)].state();
}

const Ladder& Tape::ladder(int book) const {
  return ladders_[static_cast<std::size_t>(book)];
}

UnixSeconds Tape::game_clock() const {
  return slate_.config.epoch()
         + static_cast<UnixSeconds>(static_cast<double>(now_ms_) / 1000 * slate_.config.speed);
}

void Tape::make_groups() {
  groups_.resize(static_cast<std::size_t>(slate_.groups));
  for (std::size_t i = 0; i < slate_.books.size(); ++i) {
    const auto& book = slate_.books[i];
    auto& group = groups_[static_cast<std::size_t>(book.group)];
    if (group.books.empty()) {
      group.venue = book.venue;
      group.game = book.proposition.game;
      group.kind = book.proposition.kind;
    }
    group.books.push_back(static_cast<int>(i));
  }
  for (auto& group : groups_) {
    assert(!group.books.empty());
    group.base_spread = quote_random_.uniform(0.003, 0.009);
  }
}

std::vector<TapeEvent> Tape::open() {
  out_.clear();
  for (auto& group : groups_) {
    refresh(group, true);
  }
  tokens_ = {}; // the opening is not paid for out of the rate
  return std::exchange(out_, {});
}

std::vector<TapeEvent> Tape::step() {
  now_ms_ += step_ms;
  if (now_ms_ % game_step_ms == 0) {
    advance_games();
    total_weight_ = {};
    for (const auto& group : groups_) {
      total_weight_[index(group.venue)] += weight(group);
    }
  }
  end_dislocations();
  next_dislocation_s_ -= static_cast<double>(step_ms) / 1000;
  if (next_dislocation_s_ <= 0) {
    start_dislocation();
    next_dislocation_s_ = dislocation_random_.exponential(mean_seconds_between_dislocations);
  }
  for (const auto venue : {Venue::kalshi, Venue::polymarket}) {
    auto& tokens = tokens_[index(venue)];
    tokens = std::min(50.0, tokens + slate_.config.rate * static_cast<double>(step_ms) / 1000);
    while (tokens >= 1 && total_weight_[index(venue)] > 0) {
      const auto before = tokens;
      activity(venue);
      tokens -= tokens == before ? 0.25 : 0; // an idle turn must not spin
    }
  }
  return std::exchange(out_, {});
}

void Tape::advance_games() {
  if (games_stand_) {
    return;
  }
  const auto seconds = static_cast<double>(game_step_ms) / 1000 * slate_.config.speed;
  for (std::size_t i = 0; i < scores_.size(); ++i) {
    const auto game = static_cast<int>(i);
    const auto plays = scores_[i].state().plays;
    const auto phase = scores_[i].state().phase;
    const auto period = scores_[i].state().period;
    const Proposition home{Kind::winner, game, TeamSide::home, 0};
    const auto before = fair(home);
    scores_[i].advance(seconds, game_clock());
    const auto& state = scores_[i].state();
    if (state.plays != plays || state.phase != phase || state.period != period) {
      out_.emplace_back(GameChanged{game});
    }
    if (state.plays != plays) {
      react(game, before);
    }
  }
  for (auto& group : groups_) {
    refresh(group, false);
  }
}

/// After a score one venue may be slow to move.
void Tape::react(int game, double before) {
  const auto move = fair({Kind::winner, game, TeamSide::home, 0}) - before;
  if (std::abs(move) > 0.02 && dislocation_random_.chance(0.2)) {
    const auto wrong = dislocation_random_.chance(0.5) ? Venue::kalshi : Venue::polymarket;
    try_dislocation(game, wrong, move > 0 ? -1 : 1, std::abs(move), DislocationCause::lag);
  }
}

double Tape::fair(const Proposition& proposition) const {
  if (proposition.game < 0) {
    return 0.12;
  }
  return fair_value(proposition, slate_.games[static_cast<std::size_t>(proposition.game)],
                    game(proposition.game));
}

double Tape::half_spread(const Group& group, double p) const {
  return group.base_spread * (0.35 + 0.65 * 4 * p * (1 - p));
}

/// The venue's deviation from fair, as seen by the YES of `proposition`.
double Tape::lean(const Group& group, const Proposition& proposition) const {
  const auto sign = proposition.side == TeamSide::away ? -1.0
                    : proposition.kind == Kind::draw   ? 0.0
                                                       : 1.0;
  return sign * (group.noise + group.offset);
}

void Tape::refresh(Group& group, bool urgent) {
  if (group.closed) {
    return;
  }
  const auto& first = slate_.books[static_cast<std::size_t>(group.books.front())].proposition;
  if (group.game >= 0 && (outcome(first, game(group.game)) || game(group.game).canceled)) {
    close(group);
    return;
  }
  const auto now = fair(first);
  const auto moved = std::abs(now - group.quoted);
  const auto waits = group.kind != Kind::winner && tokens_[index(group.venue)] < 0;
  if (urgent || (!waits && moved > share_of_spread_in_drift * half_spread(group, now))) {
    quote(group);
  }
}

void Tape::quote(Group& group) {
  const auto& first = slate_.books[static_cast<std::size_t>(group.books.front())].proposition;
  group.quoted = fair(first);
  const auto reach = share_of_spread_in_noise * half_spread(group, group.quoted);
  group.noise = std::clamp(group.noise, -reach, reach);
  for (const auto book : group.books) {
    const auto& proposition = slate_.books[static_cast<std::size_t>(book)].proposition;
    const auto p = fair(proposition);
    const auto mid = std::clamp(p + lean(group, proposition), 0.001, 0.999);
    maybe_finer_tick(group, book, mid);
    auto& ladder = ladders_[static_cast<std::size_t>(book)];
    emit(book, ladder.quote(ladder.top_for(mid, half_spread(group, p)), quote_random_));
  }
}

/// Polymarket halves its cent to a tenth once a price passes 0.96 or 0.04 (fact sheet polymarket,
/// section 2.2).
void Tape::maybe_finer_tick(const Group& group, int book, double mid) {
  auto& tick = ticks_[static_cast<std::size_t>(book)];
  if (group.venue != Venue::polymarket || tick != Price{100} || (mid > 0.04 && mid < 0.96)) {
    return;
  }
  auto& ladder = ladders_[static_cast<std::size_t>(book)];
  emit(book, ladder.clear());
  const auto old = std::exchange(tick, Price{10});
  ladder.change_grid(polymarket_grid(tick));
  out_.emplace_back(TickChange{book, old, tick});
}

void Tape::move_start(int game, UnixSeconds start) {
  auto& listed = slate_.games[static_cast<std::size_t>(game)];
  const auto by = start - listed.start;
  listed.start = start;
  scores_[static_cast<std::size_t>(game)].move_start(start);
  for (auto& event : slate_.poly_events) {
    event.start += event.game == game ? by : 0;
  }
}

void Tape::cancel_game(int game) {
  if (this->game(game).phase == Phase::final) {
    return;
  }
  canceled_at_.emplace(game, [&] {
    std::map<int, double> values;
    for (std::size_t i = 0; i < slate_.books.size(); ++i) {
      if (slate_.books[i].proposition.game == game) {
        values.emplace(static_cast<int>(i), fair(slate_.books[i].proposition));
      }
    }
    return values;
  }());
  scores_[static_cast<std::size_t>(game)].cancel();
}

/// What YES pays. A game called off is worth its last fair price at Kalshi, in cents, and half a
/// dollar at Polymarket, where a tied half also is (fact sheets kalshi and polymarket, section 8).
Price Tape::settlement(const Group& group, int book) const {
  constexpr Price half{5000};
  const auto& proposition = slate_.books[static_cast<std::size_t>(book)].proposition;
  const auto& state = game(group.game);
  const auto halved = proposition.kind == Kind::first_half && state.half_done;
  if (state.canceled && !halved) {
    const auto fair_price = canceled_at_.at(group.game).at(book);
    return group.venue == Venue::polymarket
             ? half
             : Price{100 * static_cast<std::int32_t>(std::lround(100 * fair_price))};
  }
  const auto tied_half = halved && state.half_home == state.half_away;
  if (tied_half && group.venue == Venue::polymarket) {
    return half;
  }
  return *outcome(proposition, state);
}

void Tape::close(Group& group) {
  group.closed = true;
  for (const auto book : group.books) {
    emit(book, ladders_[static_cast<std::size_t>(book)].clear());
    out_.emplace_back(BookDecided{book, settlement(group, book)});
  }
}

void Tape::emit(int book, std::span<const LevelChange> changes) {
  for (const auto& change : changes) {
    out_.emplace_back(LevelSet{book, change.side, change.price, change.size});
  }
  tokens_[index(slate_.books[static_cast<std::size_t>(book)].venue)] -=
    static_cast<double>(changes.size());
}

Tape::Group* Tape::winner_group(int game, Venue venue) {
  const auto found = std::ranges::find_if(groups_, [&](const Group& group) {
    return group.venue == venue && group.game == game && group.kind == Kind::winner
           && !group.closed;
  });
  return found == groups_.end() ? nullptr : &*found;
}

Quoter Tape::quoter(const Group& group) const {
  const auto& spec = slate_.books[static_cast<std::size_t>(group.books.front())];
  const auto home = fair({Kind::winner, group.game, TeamSide::home, 0});
  return {.venue = group.venue,
          .ladder = &ladders_[static_cast<std::size_t>(group.books.front())],
          .home = spec.proposition.side == TeamSide::home,
          .mid = home + group.noise,
          .half_spread = half_spread(group, home)};
}

void Tape::start_dislocation() {
  std::vector<int> candidates;
  for (std::size_t i = 0; i < slate_.games.size(); ++i) {
    const auto& listed = slate_.games[i];
    const auto p = fair({Kind::winner, static_cast<int>(i), TeamSide::home, 0});
    if (listed.on_kalshi && listed.on_polymarket && listed.league != League::epl
        && game(static_cast<int>(i)).phase != Phase::final && p > 0.08 && p < 0.92) {
      candidates.push_back(static_cast<int>(i));
    }
  }
  if (candidates.empty()) {
    return;
  }
  const auto chosen = dislocation_random_.range(0, static_cast<int>(candidates.size()) - 1);
  const auto wrong = dislocation_random_.chance(0.5) ? Venue::kalshi : Venue::polymarket;
  const auto sign = dislocation_random_.chance(0.5) ? 1.0 : -1.0;
  try_dislocation(candidates[static_cast<std::size_t>(chosen)], wrong, sign, 0.2,
                  DislocationCause::overshoot);
}

void Tape::try_dislocation(int game, Venue wrong, double sign, double limit,
                           DislocationCause cause) {
  const auto target = dislocation_random_.uniform(0.01, 0.05);
  const auto seconds = dislocation_random_.uniform(0.3, 3.0);
  const auto& listed = slate_.games[static_cast<std::size_t>(game)];
  const auto league = listed.league;
  auto* const off = winner_group(game, wrong);
  auto* const right = winner_group(game, other(wrong));
  if (off == nullptr || right == nullptr || off->offset != 0 || right->offset != 0
      || league == League::epl || !listed.on_kalshi || !listed.on_polymarket) {
    return;
  }
  // Both first move to the present fair value: the edge is measured against what is then quoted.
  quote(*right);
  quote(*off);
  auto shaped = shape_dislocation(quoter(*off), quoter(*right), sign, target, limit, league);
  if (!shaped) {
    return;
  }
  shaped->game = game;
  shaped->cause = cause;
  shaped->begin_ms = now_ms_;
  shaped->end_ms = now_ms_ + static_cast<std::int64_t>(seconds * 1000);
  off->offset = shaped->offset;
  running_.push_back(dislocations_.size());
  dislocations_.push_back(*shaped);
  quote(*off);
}

void Tape::end_dislocations() {
  std::erase_if(running_, [&](std::size_t i) {
    const auto& spell = dislocations_[i];
    if (spell.end_ms > now_ms_) {
      return false;
    }
    if (auto* const group = winner_group(spell.game, spell.venue)) {
      group->offset = 0;
      quote(*group);
    }
    return true;
  });
}

double Tape::weight(const Group& group) const {
  if (group.closed) {
    return 0;
  }
  const auto live = group.game >= 0 && game(group.game).phase != Phase::scheduled;
  if (group.kind == Kind::winner || group.kind == Kind::draw) {
    return live ? 8 : 2;
  }
  return live ? 1 : 0.3;
}

Tape::Group* Tape::pick_group(Venue venue) {
  auto left = activity_random_[index(venue)].uniform() * total_weight_[index(venue)];
  for (auto& group : groups_) {
    if (group.venue == venue) {
      left -= weight(group);
      if (left < 0) {
        return &group;
      }
    }
  }
  return nullptr;
}

void Tape::activity(Venue venue) {
  auto* const group = pick_group(venue);
  if (group == nullptr || group->closed) {
    return;
  }
  auto& random = activity_random_[index(venue)];
  const auto u = random.uniform();
  if (u < 0.05) {
    trade(*group);
  } else if (u < 0.15 && group->offset == 0) {
    group->noise = 0.8 * group->noise + 0.3 * group->base_spread * random.normal();
    quote(*group);
  } else {
    flicker(*group);
  }
}

void Tape::flicker(Group& group) {
  auto& random = activity_random_[index(group.venue)];
  const auto pick = random.range(0, static_cast<int>(group.books.size()) - 1);
  const auto book = group.books[static_cast<std::size_t>(pick)];
  auto& ladder = ladders_[static_cast<std::size_t>(book)];
  const auto side = random.chance(0.5) ? BookSide::bid : BookSide::ask;
  const auto level = random.range(0, 5);
  const auto contracts = random.range(20, 400);
  if (level < static_cast<int>(ladder.side(side).size())) {
    const auto change = ladder.resize(side, static_cast<std::size_t>(level),
                                      Quantity{contracts * quantity_per_contract});
    emit(book, {&change, 1});
  }
}

void Tape::trade(Group& group) {
  auto& random = activity_random_[index(group.venue)];
  const auto pick = random.range(0, static_cast<int>(group.books.size()) - 1);
  const auto book = group.books[static_cast<std::size_t>(pick)];
  auto& ladder = ladders_[static_cast<std::size_t>(book)];
  const auto taker = random.chance(0.5) ? BookSide::bid : BookSide::ask;
  const auto maker = taker == BookSide::bid ? BookSide::ask : BookSide::bid;
  const auto contracts = random.range(1, 40);
  if (ladder.side(maker).empty()) {
    return;
  }
  const auto best = ladder.side(maker).front();
  const auto size = Quantity{contracts * quantity_per_contract};
  if (best.size <= size) {
    return;
  }
  out_.emplace_back(TakerTrade{book, taker, best.price, size});
  const auto change = ladder.resize(maker, 0, best.size - size);
  emit(book, {&change, 1});
  tokens_[index(group.venue)] -= 1;
}

std::uint64_t fingerprint(std::uint64_t hash, std::span<const TapeEvent> events) {
  const auto mix = [&hash](auto value) {
    hash = (hash ^ static_cast<std::uint64_t>(value)) * 0x100000001B3ULL;
  };
  for (const auto& event : events) {
    mix(event.index());
    if (const auto* const level = std::get_if<LevelSet>(&event)) {
      mix(level->book), mix(level->side), mix(level->price.value()), mix(level->size.value());
    } else if (const auto* const trade = std::get_if<TakerTrade>(&event)) {
      mix(trade->book), mix(trade->taker), mix(trade->price.value()), mix(trade->size.value());
    } else if (const auto* const tick = std::get_if<TickChange>(&event)) {
      mix(tick->book), mix(tick->new_tick.value());
    } else if (const auto* const decided = std::get_if<BookDecided>(&event)) {
      mix(decided->book), mix(decided->value.value());
    } else if (const auto* const game = std::get_if<GameChanged>(&event)) {
      mix(game->game);
    }
  }
  return hash;
}

} // namespace arbees::sim
