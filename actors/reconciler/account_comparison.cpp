#include "actors/reconciler/account_comparison.hpp"

#include <algorithm>
#include <set>

namespace arbees {

namespace {

struct Held {
  std::string native_id;
  std::int64_t ledger = 0;
  std::int64_t venue = 0;
};

/// By market and side, or by market alone where the venue nets: NO counts less than nothing then.
using Book = std::map<std::pair<MarketId, Side>, Held>;

void add(Book& book, const AccountView& view, std::int64_t Held::*column) {
  const auto nets = view.venue == Venue::kalshi;
  for (const auto& holding : view.holdings) {
    auto& held = book[{holding.market, nets ? Side::yes : holding.side}];
    if (held.native_id.empty()) {
      held.native_id = holding.native_id;
    }
    const auto minus = nets && holding.side == Side::no;
    held.*column += minus ? -holding.quantity.value() : holding.quantity.value();
  }
}

void compare_holdings(const AccountView& ledger, const AccountView& venue,
                      std::vector<Difference>& differences) {
  Book book;
  add(book, ledger, &Held::ledger);
  add(book, venue, &Held::venue);
  for (const auto& [key, held] : book) {
    if (held.ledger != held.venue) {
      differences.push_back(
        {.drift = {.what = "holding",
                   .subject = held.native_id + " " + std::string{to_string(key.second)},
                   .ledger = to_string(Quantity{held.ledger}),
                   .venue = to_string(Quantity{held.venue})},
         .by = held.venue - held.ledger});
    }
  }
}

void compare_orders(const AccountView& ledger, const AccountView& venue,
                    std::vector<Difference>& differences) {
  std::set<std::string> known;
  for (const auto& order : ledger.working) {
    known.insert(order.client_order_id);
    known.insert(order.venue_order_id);
  }
  for (const auto& order : venue.working) {
    const auto ours = (!order.client_order_id.empty() && known.contains(order.client_order_id))
                      || (!order.venue_order_id.empty() && known.contains(order.venue_order_id));
    if (!ours) {
      differences.push_back({.drift = {.what = "working_order",
                                       .subject = order.venue_order_id,
                                       .ledger = "not working",
                                       .venue = order.native_id},
                             .by = 1});
    }
  }
}

} // namespace

std::vector<Difference>
compare(const AccountView& ledger, const AccountView& venue, Money money_tolerance) {
  std::vector<Difference> differences;
  compare_holdings(ledger, venue, differences);
  compare_orders(ledger, venue, differences);
  if (ledger.available && venue.available && venue.working.empty()) {
    const auto by = *venue.available - *ledger.available;
    if (by > money_tolerance || by < -money_tolerance) {
      differences.push_back({.drift = {.what = by < Money{} ? "money" : "surplus",
                                       .subject = "available",
                                       .ledger = to_string(*ledger.available),
                                       .venue = to_string(*venue.available)},
                             .by = by.value()});
    }
  }
  return differences;
}

std::optional<Reconciliation>
AccountComparison::judge(const AccountView& ledger, const AccountView& venue) {
  const auto differences = compare(ledger, venue, money_tolerance_);
  auto& before = seen_[static_cast<std::size_t>(venue.venue)];
  Reconciliation result{.venue = venue.venue, .at = venue.at};
  Seen now;
  for (const auto& difference : differences) {
    const auto key = std::pair{difference.drift.what, difference.drift.subject};
    const auto last = before.find(key);
    if (last != before.end() && last->second == difference.by) {
      result.drifts.push_back(difference.drift);
    }
    now.emplace(key, difference.by);
  }
  before = std::move(now);
  if (!differences.empty() && result.drifts.empty()) {
    return std::nullopt;
  }
  return result;
}

} // namespace arbees
