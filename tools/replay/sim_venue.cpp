#include "tools/replay/sim_venue.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "bridges/polymarket/polymarket_amounts.hpp"
#include "bridges/polymarket/polymarket_auth.hpp"
#include "tools/sim/kalshi_rest.hpp"
#include "tools/sim/poly_book.hpp"

namespace arbees::replay {

namespace {

constexpr std::string_view kalshi_key = "arbees-replay";
constexpr std::uint64_t polygon = 137;

OrderReport report_of(const OrderIntent& order, Timestamp sent, Timestamp now) {
  return {.pair = order.pair,
          .leg = order.leg,
          .client_order_id = order.client_order_id,
          .market = order.market,
          .venue = order.ref.venue,
          .side = order.side,
          .action = order.action,
          .status = OrderStatus::accepted,
          .sent_at = sent,
          .reported_at = now};
}

OrderReport
refusal(const OrderIntent& order, Timestamp now, OrderStatus status, std::string reason) {
  auto report = report_of(order, order.created_at, now);
  report.status = status;
  report.reason = std::move(reason);
  return report;
}

Fill fill_of(const OrderIntent& order, std::string id, Timestamp now) {
  return {.fill_id = std::move(id),
          .client_order_id = order.client_order_id,
          .pair = order.pair,
          .market = order.market,
          .side = order.side,
          .action = order.action,
          .at = now};
}

OrderStatus status_of(const OrderIntent& order, Quantity filled) {
  if (filled == Quantity{}) {
    return OrderStatus::unfilled;
  }
  return filled >= order.quantity ? OrderStatus::filled : OrderStatus::partial;
}

/// In terms of the book's YES: buying YES and selling NO are bids.
sim::BookSide side_of(const OrderIntent& order) {
  return (order.action == Action::buy) == (order.side == Side::yes) ? sim::BookSide::bid
                                                                    : sim::BookSide::ask;
}

Price yes_price(const OrderIntent& order, Price price) {
  return order.side == Side::yes ? price : complement(price);
}

/// A throw-away wallet logs in as a client does: the accounts know owners of API keys only.
void log_in(sim::PolyKeys& keys, sim::UnixSeconds now) {
  std::string hex(64, '0');
  hex.back() = '1';
  const auto key = WalletKey::parse(Secret{std::move(hex)});
  auto request = sim::parse_target("POST", "/auth/api-key");
  for (const auto& [name, value] : l1_headers(*key, polygon, now)) {
    auto lower = std::string{name};
    std::ranges::transform(lower, lower.begin(), [](char c) {
      return static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    });
    request.headers[lower] = value;
  }
  keys.login(request, now);
}

} // namespace

SimVenues::SimVenues(sim::Engine& engine, const SimAccounts& accounts)
  : engine_{&engine},
    delays_{accounts.delays},
    // Each shard that has markets gets the whole sum: the paper account knows no shards.
    kalshi_{engine, {.cash = {{0, accounts.cash[0]}, {3, accounts.cash[0]}}}},
    polymarket_{engine, keys_, {.cash = accounts.cash[1]}} {
  account_ = kalshi_.account_of(kalshi_key);
  log_in(keys_, engine.now());
}

void SimVenues::on_events(std::span<const sim::MarketEvent> events) {
  kalshi_.on_events(events);
  kalshi_.on_time();
  polymarket_.on_events(events);
  polymarket_.on_time();
  const auto now = from_ms(engine_->steady_ms());
  std::erase_if(waiting_, [&](const Waiting& waiting) {
    const auto& order = polymarket_.order(waiting.id);
    if (order.state == sim::PolyOrderState::delayed) {
      return false;
    }
    auto told = outcome(waiting.order, order, waiting.sent_at, now);
    ended_at_ = ended_.empty() ? now : ended_at_;
    std::move(told.begin(), told.end(), std::back_inserter(ended_));
    return true;
  });
}

SessionVenue::Events SimVenues::place(const OrderIntent& order, Timestamp now) {
  if (order.post_only) {
    return {refusal(order, now, OrderStatus::rejected, "takers_only")};
  }
  return order.ref.venue == Venue::kalshi ? place_kalshi(order, now) : place_polymarket(order, now);
}

SessionVenue::Events SimVenues::place_kalshi(const OrderIntent& order, Timestamp now) {
  const auto market = engine_->kalshi_market(order.ref.native_id);
  if (market < 0 || sim::refuse_closed(*engine_, market)
      || sim::refuse_standstill(*engine_, market)) {
    return {refusal(order, now, OrderStatus::rejected, "market_not_open")};
  }
  auto placed =
    kalshi_.place(account_, {.market = market,
                             .side = side_of(order),
                             .price = yes_price(order, order.limit),
                             .count = order.quantity,
                             .all_or_nothing = order.time_in_force == TimeInForce::fill_or_kill,
                             .client_id = order.client_order_id});
  if (const auto* const refused = std::get_if<sim::HttpReply>(&placed)) {
    return {refusal(order, now, OrderStatus::rejected, refused->body)};
  }
  const auto& made = *std::get<const sim::KalshiOrder*>(placed);
  const auto cost =
    made.cost.contains(sim::Liquidity::taker) ? made.cost.at(sim::Liquidity::taker) : Money{};
  auto report = report_of(order, order.created_at, now);
  report.venue_order_id = made.uuid;
  report.filled = made.filled;
  // The venue counts what the other side costs; a sale brings the rest of the dollar.
  report.notional = order.action == Action::buy ? cost : payout(made.filled) - cost;
  report.fee =
    made.fees.contains(sim::Liquidity::taker) ? made.fees.at(sim::Liquidity::taker) : Money{};
  report.status = status_of(order, made.filled);
  report.reason = report.status == OrderStatus::filled ? "" : "no_liquidity_at_limit";
  SessionVenue::Events events;
  for (const auto& each : kalshi_.at(account_).fills) {
    if (each.order == made.id) {
      auto fill = fill_of(order, each.trade, now);
      fill.price = yes_price(order, each.price);
      fill.quantity = each.size;
      fill.fee = each.fee;
      events.emplace_back(std::move(fill));
    }
  }
  const auto filled = !events.empty();
  events.emplace_back(std::move(report));
  if (filled) {
    events.emplace_back(balance(Venue::kalshi, now));
  }
  return events;
}

SessionVenue::Events SimVenues::place_polymarket(const OrderIntent& order, Timestamp now) {
  const auto market = engine_->poly_market(order.ref.native_id);
  if (market < 0) {
    return {refusal(order, now, OrderStatus::rejected, "unknown_market")};
  }
  const auto& spec = engine_->slate().poly_markets[static_cast<std::size_t>(market)];
  const auto& status = engine_->status(spec.book);
  const auto amounts = order_amounts(order, status.tick);
  if (status.decided || !amounts) {
    return {refusal(order, now, OrderStatus::rejected,
                    status.decided ? "market_not_open" : describe(amounts.error()))};
  }
  const auto buys = order.action == Action::buy;
  auto placed = polymarket_.place(0, {.hash = order.client_order_id,
                                      .maker = "arbees-replay",
                                      .market = market,
                                      .token = order.side == Side::yes ? 0 : 1,
                                      .buys = buys,
                                      .type = order.time_in_force == TimeInForce::fill_or_kill
                                                ? sim::PolyOrderType::fok
                                                : sim::PolyOrderType::fak,
                                      .price = order.limit,
                                      .shares = Quantity{buys ? amounts->taker : amounts->maker},
                                      .dollars = Money{buys ? amounts->maker : amounts->taker}});
  if (const auto* const refused = std::get_if<sim::ClobRefusal>(&placed)) {
    // A killed order was taken and is gone; others were never taken.
    const auto known = polymarket_.find(order.client_order_id);
    return {refusal(order, now, known != nullptr ? OrderStatus::unfilled : OrderStatus::rejected,
                    refused->text)};
  }
  const auto& made = *std::get<sim::PolyPosted>(placed).order;
  if (made.state != sim::PolyOrderState::delayed) {
    return outcome(order, made, order.created_at, now);
  }
  waiting_.push_back({order, order.created_at, made.id});
  auto report = report_of(order, order.created_at, now);
  report.venue_order_id = made.draft.hash;
  report.reason = "delayed";
  return {report};
}

SessionVenue::Events SimVenues::outcome(const OrderIntent& order, const sim::PolyOrder& made,
                                        Timestamp sent, Timestamp now) const {
  auto report = report_of(order, sent, now);
  report.venue_order_id = made.draft.hash;
  report.filled = made.matched;
  report.notional = made.notional;
  SessionVenue::Events events;
  for (const auto number : made.trades) {
    const auto& trade = polymarket_.trades()[number - 1];
    auto fill = fill_of(order, trade.id, now);
    fill.price = yes_price(order, trade.price);
    fill.quantity = trade.size;
    fill.fee = trade.fee;
    report.fee += trade.fee;
    events.emplace_back(std::move(fill));
  }
  report.status = status_of(order, made.matched);
  report.reason = report.status == OrderStatus::filled ? "" : "no_liquidity_at_limit";
  const auto filled = !events.empty();
  events.emplace_back(std::move(report));
  if (filled) {
    events.emplace_back(balance(Venue::polymarket, now));
  }
  return events;
}

BalanceUpdate SimVenues::balance(Venue venue, Timestamp now) const {
  BalanceUpdate update{.venue = venue, .at = now};
  if (venue == Venue::polymarket) {
    const auto& wallets = polymarket_.wallets();
    update.available = wallets.empty() ? Money{} : wallets.begin()->second.cash;
    return update;
  }
  for (const auto& [shard, cash] : kalshi_.at(account_).cash) {
    update.available += cash;
    update.shards.push_back({.exchange_index = shard, .available = cash});
  }
  return update;
}

Money SimVenues::cash() const {
  return balance(Venue::kalshi, {}).available + balance(Venue::polymarket, {}).available;
}

SessionVenue::Events SimVenue::place(const OrderIntent& order, Timestamp now) {
  sent_.push_back({now + venues_->delay(venue_).out, order});
  return {};
}

OrderReport SimVenue::look_up(const OrderIntent& order) {
  if (const auto known = reports_.find(order.client_order_id); known != reports_.end()) {
    return known->second;
  }
  return report_of(order, order.created_at, order.created_at);
}

std::optional<Timestamp> SimVenue::due() const {
  std::optional<Timestamp> at;
  const auto consider = [&at](Timestamp other) { at = at ? std::min(*at, other) : other; };
  if (!sent_.empty()) {
    consider(sent_.front().at);
  }
  if (!answers_.empty()) {
    consider(answers_.front().at);
  }
  if (const auto ended = venues_->ended_at(); ended && venue_ == Venue::polymarket) {
    consider(*ended);
  }
  return at;
}

SessionVenue::Events SimVenue::wake(Timestamp now) {
  if (const auto ended = venues_->ended_at();
      venue_ == Venue::polymarket && ended && *ended <= now) {
    answer(venues_->take_ended(), *ended);
  }
  while (!sent_.empty() && sent_.front().at <= now) {
    const auto arrived = std::move(sent_.front());
    sent_.pop_front();
    answer(venues_->place(arrived.order, arrived.at), arrived.at);
  }
  Events told;
  while (!answers_.empty() && answers_.front().at <= now) {
    auto& event = answers_.front().event;
    if (const auto* const report = std::get_if<OrderReport>(&event)) {
      reports_.insert_or_assign(report->client_order_id, *report);
    }
    told.push_back(std::move(event));
    answers_.pop_front();
  }
  return told;
}

void SimVenue::answer(Events events, Timestamp now) {
  for (auto& event : events) {
    answers_.push_back({now + venues_->delay(venue_).back, std::move(event)});
  }
}

} // namespace arbees::replay
