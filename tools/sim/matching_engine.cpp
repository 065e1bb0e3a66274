#include "tools/sim/matching_engine.hpp"

#include <algorithm>
#include <cassert>

namespace arbees::sim {

const MatchingBook::Levels& MatchingBook::side(BookSide side) const {
  return side == BookSide::bid ? bids_ : asks_;
}

MatchingBook::Levels& MatchingBook::side(BookSide side) {
  return side == BookSide::bid ? bids_ : asks_;
}

Quantity MatchingBook::sum(const Level& level) {
  auto total = level.simulated;
  for (const auto& client : level.clients) {
    total += client.left;
  }
  return total;
}

MatchingBook::Levels::iterator MatchingBook::best_level(BookSide of) {
  auto& levels = side(of);
  if (levels.empty()) {
    return levels.end();
  }
  return of == BookSide::bid ? std::prev(levels.end()) : levels.begin();
}

std::optional<Price> MatchingBook::best(BookSide of) const {
  const auto& levels = side(of);
  if (levels.empty()) {
    return std::nullopt;
  }
  return of == BookSide::bid ? levels.rbegin()->first : levels.begin()->first;
}

std::vector<LadderLevel> MatchingBook::levels(BookSide of) const {
  std::vector<LadderLevel> all;
  for (const auto& [price, level] : side(of)) {
    all.push_back({price, sum(level)});
  }
  if (of == BookSide::bid) {
    std::ranges::reverse(all);
  }
  return all;
}

std::vector<LadderLevel> MatchingBook::simulated(BookSide of) const {
  std::vector<LadderLevel> all;
  for (const auto& [price, level] : side(of)) {
    if (level.simulated > Quantity{0}) {
      all.push_back({price, level.simulated});
    }
  }
  return all;
}

Quantity MatchingBook::total(BookSide of, Price price) const {
  const auto found = side(of).find(price);
  return found == side(of).end() ? Quantity{0} : sum(found->second);
}

bool MatchingBook::crosses(BookSide taker, Price limit, Price resting) {
  return taker == BookSide::bid ? limit >= resting : limit <= resting;
}

void MatchingBook::note(BookReport& report, BookSide of, Price price, Quantity before,
                        OrderId cause) const {
  const auto now = total(of, price);
  if (now != before) {
    report.levels.push_back(
      {of, price, now - before, now, best(BookSide::bid), best(BookSide::ask), cause});
  }
}

void MatchingBook::drop_if_empty(BookSide of, Levels::iterator level) {
  if (sum(level->second) == Quantity{0}) {
    side(of).erase(level);
  }
}

/// Fills the taker from the clients of one level, oldest first. Stops at an order of `account`.
void MatchingBook::take_clients(BookReport& report, BookSide taker, OrderId taker_id,
                                Levels::iterator level, Quantity& left,
                                std::optional<int> account) {
  auto& clients = level->second.clients;
  while (left > Quantity{0} && !clients.empty()) {
    auto& maker = clients.front();
    if (account && maker.account == *account) {
      report.self_trade = true;
      return;
    }
    const auto size = std::min(left, maker.left);
    report.matches.push_back({level->first, size, taker, taker_id, maker.id});
    left -= size;
    maker.left -= size;
    if (maker.left == Quantity{0}) {
      clients.pop_front();
    }
  }
}

BookReport MatchingBook::set_simulated(BookSide of, Price price, Quantity size) {
  BookReport report;
  auto left = size;
  const auto resting = opposite(of);
  while (left > Quantity{0}) {
    const auto level = best_level(resting);
    if (level == side(resting).end() || !crosses(of, price, level->first)) {
      break;
    }
    // Only clients can stand in the way: the tape's own ladders never cross.
    assert(level->second.simulated == Quantity{0});
    const auto at = level->first;
    const auto before = sum(level->second);
    const auto cause = level->second.clients.front().id;
    take_clients(report, of, 0, level, left, std::nullopt);
    drop_if_empty(resting, level);
    note(report, resting, at, before, cause);
  }
  const auto before = total(of, price);
  auto& level = side(of)[price];
  level.simulated = left;
  drop_if_empty(of, side(of).find(price));
  note(report, of, price, before, 0);
  return report;
}

BookReport MatchingBook::simulated_taker(BookSide taker, Price price, Quantity size) {
  BookReport report;
  auto left = size;
  const auto makers = opposite(taker);
  while (left > Quantity{0}) {
    const auto level = best_level(makers);
    if (level == side(makers).end() || !crosses(taker, price, level->first)) {
      break;
    }
    const auto at = level->first;
    const auto before = sum(level->second);
    if (level->second.simulated > Quantity{0}) {
      const auto taken = std::min(left, level->second.simulated);
      report.matches.push_back({at, taken, taker, 0, 0});
      left -= taken;
    }
    const auto cause = level->second.clients.empty() ? 0 : level->second.clients.front().id;
    take_clients(report, taker, 0, level, left, std::nullopt);
    const auto emptied = sum(level->second) == Quantity{0};
    drop_if_empty(makers, level);
    note(report, makers, at, before, cause);
    if (!emptied) {
      break;
    }
  }
  return report;
}

Quantity MatchingBook::fillable(const Incoming& order) const {
  auto found = Quantity{0};
  for (const auto& level : levels(opposite(order.side))) {
    if (!crosses(order.side, order.limit, level.price)) {
      break;
    }
    found += level.size;
  }
  return found;
}

BookReport MatchingBook::submit(const Incoming& order) {
  BookReport report;
  const auto makers = opposite(order.side);
  const auto touch = best(makers);
  if (order.post_only && touch && crosses(order.side, order.limit, *touch)) {
    report.result = SubmitResult::would_cross;
    return report;
  }
  if (order.all_or_nothing && fillable(order) < order.size) {
    report.result = SubmitResult::killed;
    return report;
  }
  auto left = order.size;
  while (left > Quantity{0} && !report.self_trade) {
    const auto level = best_level(makers);
    if (level == side(makers).end() || !crosses(order.side, order.limit, level->first)) {
      break;
    }
    const auto at = level->first;
    const auto before = sum(level->second);
    const auto taken = std::min(left, level->second.simulated);
    if (taken > Quantity{0}) {
      report.matches.push_back({at, taken, order.side, order.id, 0});
      level->second.simulated -= taken;
      left -= taken;
    }
    take_clients(report, order.side, order.id, level, left, order.account);
    drop_if_empty(makers, level);
    note(report, makers, at, before, order.id);
  }
  report.filled = order.size - left;
  if (order.may_rest && !report.self_trade && left > Quantity{0}) {
    const auto before = total(order.side, order.limit);
    side(order.side)[order.limit].clients.push_back({order.id, order.account, left});
    report.resting = left;
    note(report, order.side, order.limit, before, order.id);
  }
  return report;
}

BookReport MatchingBook::cancel(OrderId id) {
  BookReport report;
  for (const auto of : {BookSide::bid, BookSide::ask}) {
    auto& all = side(of);
    for (auto level = all.begin(); level != all.end(); ++level) {
      auto& clients = level->second.clients;
      const auto found = std::ranges::find(clients, id, &Resting::id);
      if (found != clients.end()) {
        const auto price = level->first;
        const auto before = sum(level->second);
        report.resting = found->left;
        clients.erase(found);
        drop_if_empty(of, level);
        note(report, of, price, before, id);
        return report;
      }
    }
  }
  return report;
}

} // namespace arbees::sim
