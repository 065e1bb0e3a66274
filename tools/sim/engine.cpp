#include "tools/sim/engine.hpp"

#include <limits>
#include <utility>

namespace arbees::sim {

namespace {

constexpr std::size_t most_past_trades = 10'000;
/// How long resting orders outlive the end of trading, and reads a market's announcement.
constexpr UnixMillis sweep_after_ms = 500;
constexpr UnixMillis listing_lag_ms = 500;
constexpr auto never_ms = std::numeric_limits<UnixMillis>::max();

} // namespace

Engine::Engine(const WorldConfig& config)
  : tape_(config), books_(tape_.slate().books.size()), status_(tape_.slate().books.size()) {
  const auto& all = tape_.slate();
  for (std::size_t i = 0; i < all.kalshi_markets.size(); ++i) {
    kalshi_markets_.emplace(all.kalshi_markets[i].ticker, static_cast<int>(i));
  }
  for (std::size_t i = 0; i < all.kalshi_events.size(); ++i) {
    kalshi_events_.emplace(all.kalshi_events[i].ticker, static_cast<int>(i));
  }
  for (std::size_t i = 0; i < all.poly_markets.size(); ++i) {
    const auto& market = all.poly_markets[i];
    conditions_.emplace(market.condition, static_cast<int>(i));
    tokens_.emplace(market.tokens[0], std::pair{static_cast<int>(i), 0});
    tokens_.emplace(market.tokens[1], std::pair{static_cast<int>(i), 1});
    status_[static_cast<std::size_t>(market.book)].tick = market.tick;
  }
}

std::vector<MarketEvent> Engine::open() {
  for (const auto& event : tape_.open()) {
    apply(event);
  }
  return take_events();
}

std::vector<MarketEvent> Engine::advance() {
  for (const auto& event : tape_.step()) {
    apply(event);
  }
  while (!unsettled_.empty()
         && now_ms() - status(unsettled_.front()).decided_at_ms >= settlement_timer_ms) {
    events_.emplace_back(BookSettled{unsettled_.front()});
    unsettled_.pop_front();
  }
  pass_time();
  return take_events();
}

void Engine::pass_time() {
  std::erase_if(closing_, [&](int book) {
    const auto over = *status(book).closes_ms + sweep_after_ms <= now_ms();
    if (over && !status(book).decided) {
      sweep(book);
    }
    return over;
  });
  for (const auto& change : fees_.of_events()) {
    if (change.at_ms < now_ms() && change.at_ms >= now_ms() - Tape::step_ms) {
      events_.emplace_back(EventFeeChanged{change.ticker, change.fee});
    }
  }
}

std::vector<MarketEvent> Engine::take_events() {
  return std::exchange(events_, {});
}

void Engine::apply(const TapeEvent& event) {
  if (const auto* const level = std::get_if<LevelSet>(&event)) {
    if (!stands_still(level->book)) {
      change_level(level->book, level->side, level->price, level->size);
    }
  } else if (const auto* const trade = std::get_if<TakerTrade>(&event)) {
    if (stands_still(trade->book)) {
      return;
    }
    auto& book = books_[static_cast<std::size_t>(trade->book)];
    auto done = book.simulated_taker(trade->taker, trade->price, trade->size);
    report(trade->book, done);
  } else if (const auto* const tick = std::get_if<TickChange>(&event)) {
    status_[static_cast<std::size_t>(tick->book)].tick = tick->new_tick;
    events_.emplace_back(*tick);
  } else if (const auto* const decided = std::get_if<BookDecided>(&event)) {
    auto& status = status_[static_cast<std::size_t>(decided->book)];
    if (stands_still(decided->book)) {
      catch_up(decided->book);
    }
    status.decided = true;
    status.value = decided->value;
    status.decided_at_ms = now_ms();
    if (slate().books[static_cast<std::size_t>(decided->book)].venue == Venue::kalshi) {
      unsettled_.push_back(decided->book);
    }
    events_.emplace_back(*decided);
  } else if (const auto* const game = std::get_if<GameChanged>(&event)) {
    events_.emplace_back(*game);
  }
}

// --- what the venue does to a market ---

void Engine::change_level(int book, BookSide side, Price price, Quantity size) {
  auto done = books_[static_cast<std::size_t>(book)].set_simulated(side, price, size);
  report(book, done);
}

/// Brings a book that stood still to where its makers are now: first what they took away, so that
/// nothing crosses.
void Engine::catch_up(int book) {
  const auto& ladder = tape_.ladder(book);
  for (const auto side : {BookSide::bid, BookSide::ask}) {
    for (const auto& level : books_[static_cast<std::size_t>(book)].simulated(side)) {
      change_level(book, side, level.price, Quantity{0});
    }
  }
  for (const auto side : {BookSide::bid, BookSide::ask}) {
    for (const auto& level : ladder.side(side)) {
      change_level(book, side, level.price, level.size);
    }
  }
}

void Engine::sweep(int book) {
  status_[static_cast<std::size_t>(book)].swept = true;
  for (const auto side : {BookSide::bid, BookSide::ask}) {
    for (const auto& level : books_[static_cast<std::size_t>(book)].simulated(side)) {
      change_level(book, side, level.price, Quantity{0});
    }
  }
  events_.emplace_back(LifecycleChanged{book, Lifecycle::closed});
}

bool Engine::closed(int book) const {
  const auto& its = status(book);
  return !its.decided && its.closes_ms && *its.closes_ms <= now_ms();
}

void Engine::deactivate(int book) {
  status_[static_cast<std::size_t>(book)].active = false;
  events_.emplace_back(LifecycleChanged{book, Lifecycle::deactivated});
}

void Engine::activate(int book) {
  status_[static_cast<std::size_t>(book)].active = true;
  events_.emplace_back(LifecycleChanged{book, Lifecycle::activated});
  if (!closed(book)) {
    catch_up(book);
  }
}

void Engine::move_close(int book, UnixMillis at_ms) {
  auto& its = status_[static_cast<std::size_t>(book)];
  const auto was_closed = closed(book);
  its.closes_ms = at_ms;
  its.swept = false;
  closing_.insert(book);
  events_.emplace_back(LifecycleChanged{book, Lifecycle::close_moved});
  if (was_closed && !closed(book)) {
    activate(book); // trading goes on, and says so
  }
}

void Engine::hide(int book) {
  status_[static_cast<std::size_t>(book)].hidden_until_ms = never_ms;
}

void Engine::list(int book) {
  status_[static_cast<std::size_t>(book)].hidden_until_ms = now_ms() + listing_lag_ms;
  events_.emplace_back(LifecycleChanged{book, Lifecycle::created});
}

void Engine::report(int book, BookReport& report) {
  auto& status = status_[static_cast<std::size_t>(book)];
  for (auto& match : report.matches) {
    match.number = ++trades_;
    status.last_price = match.price;
    status.last_taker = match.taker_side;
    status.last_size = match.size;
    status.volume += match.size;
    events_.emplace_back(Traded{book, match});
    past_trades_.push_back({{book, match}, now_ms()});
    if (past_trades_.size() > most_past_trades) {
      past_trades_.pop_front();
    }
  }
  for (const auto& level : report.levels) {
    events_.emplace_back(BookChanged{book, level});
  }
}

const Engine::Sender* Engine::sender(OrderId id) const {
  const auto found = senders_.find(id);
  return found == senders_.end() ? nullptr : &found->second;
}

BookReport Engine::submit(int book, const Incoming& order) {
  senders_[order.id] = {order.account, order.client_id};
  auto result = books_[static_cast<std::size_t>(book)].submit(order);
  report(book, result);
  return result;
}

BookReport Engine::cancel(int book, OrderId id) {
  auto result = books_[static_cast<std::size_t>(book)].cancel(id);
  report(book, result);
  return result;
}

const MatchingBook& Engine::book(int index) const {
  return books_[static_cast<std::size_t>(index)];
}

const MarketStatus& Engine::status(int book) const {
  return status_[static_cast<std::size_t>(book)];
}

UnixMillis Engine::now_ms() const {
  return slate().config.epoch_ms + tape_.now_ms();
}

namespace {

int find(const std::map<std::string, int, std::less<>>& index, std::string_view key) {
  const auto found = index.find(key);
  return found == index.end() ? -1 : found->second;
}

} // namespace

int Engine::kalshi_market(std::string_view ticker) const {
  const auto index = find(kalshi_markets_, ticker);
  const auto known =
    index >= 0 && !hidden(slate().kalshi_markets[static_cast<std::size_t>(index)].book);
  return known ? index : -1;
}
int Engine::kalshi_event(std::string_view ticker) const {
  return find(kalshi_events_, ticker);
}
int Engine::poly_market(std::string_view condition) const {
  const auto index = find(conditions_, condition);
  const auto known =
    index >= 0 && !hidden(slate().poly_markets[static_cast<std::size_t>(index)].book);
  return known ? index : -1;
}

std::pair<int, int> Engine::poly_token(std::string_view token) const {
  const auto found = tokens_.find(token);
  const auto known =
    found != tokens_.end()
    && !hidden(slate().poly_markets[static_cast<std::size_t>(found->second.first)].book);
  return known ? found->second : std::pair{-1, 0};
}

} // namespace arbees::sim
