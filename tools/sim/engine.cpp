#include "tools/sim/engine.hpp"

#include <utility>

namespace arbees::sim {

namespace {

constexpr std::size_t most_past_trades = 10'000;

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
         && steady_ms() - status(unsettled_.front()).decided_at_ms >= settlement_timer_ms) {
    events_.emplace_back(BookSettled{unsettled_.front()});
    unsettled_.pop_front();
  }
  return take_events();
}

std::vector<MarketEvent> Engine::take_events() {
  return std::exchange(events_, {});
}

void Engine::apply(const TapeEvent& event) {
  if (const auto* const level = std::get_if<LevelSet>(&event)) {
    auto& book = books_[static_cast<std::size_t>(level->book)];
    auto done = book.set_simulated(level->side, level->price, level->size);
    report(level->book, done);
  } else if (const auto* const trade = std::get_if<TakerTrade>(&event)) {
    auto& book = books_[static_cast<std::size_t>(trade->book)];
    auto done = book.simulated_taker(trade->taker, trade->price, trade->size);
    report(trade->book, done);
  } else if (const auto* const tick = std::get_if<TickChange>(&event)) {
    status_[static_cast<std::size_t>(tick->book)].tick = tick->new_tick;
    events_.emplace_back(*tick);
  } else if (const auto* const decided = std::get_if<BookDecided>(&event)) {
    auto& status = status_[static_cast<std::size_t>(decided->book)];
    status.decided = true;
    status.value = decided->value;
    status.decided_at_ms = steady_ms();
    if (slate().books[static_cast<std::size_t>(decided->book)].venue == Venue::kalshi) {
      unsettled_.push_back(decided->book);
    }
    events_.emplace_back(*decided);
  } else if (const auto* const game = std::get_if<GameChanged>(&event)) {
    events_.emplace_back(*game);
  }
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

void Engine::reverse(int book, Price value) {
  status_[static_cast<std::size_t>(book)].value = value;
  events_.emplace_back(BookReversed{book, value});
}

UnixMillis Engine::steady_ms() const {
  return slate().config.epoch_ms + tape_.now_ms();
}

namespace {

int find(const std::map<std::string, int, std::less<>>& index, std::string_view key) {
  const auto found = index.find(key);
  return found == index.end() ? -1 : found->second;
}

} // namespace

int Engine::kalshi_market(std::string_view ticker) const {
  return find(kalshi_markets_, ticker);
}
int Engine::kalshi_event(std::string_view ticker) const {
  return find(kalshi_events_, ticker);
}
int Engine::poly_market(std::string_view condition) const {
  return find(conditions_, condition);
}

std::pair<int, int> Engine::poly_token(std::string_view token) const {
  const auto found = tokens_.find(token);
  return found == tokens_.end() ? std::pair{-1, 0} : found->second;
}

} // namespace arbees::sim
