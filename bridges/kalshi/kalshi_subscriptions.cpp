#include "bridges/kalshi/kalshi_subscriptions.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

#include "bridges/kalshi/kalshi_market_data_codec.hpp"

namespace arbees {

KalshiSubscriptions::KalshiSubscriptions(std::size_t markets_per_command)
  : markets_per_command_{markets_per_command} {
  assert(markets_per_command > 0 && "a command names at least one market");
}

std::vector<std::string> KalshiSubscriptions::watch(const WatchMarkets& wish) {
  for (const auto& market : wish.markets) {
    wanted_.insert_or_assign(market.id, market.ref.native_id);
    refused_.erase(market.ref.native_id);
  }
  return reconcile();
}

std::vector<std::string> KalshiSubscriptions::unwatch(const UnwatchMarkets& wish) {
  for (const auto market : wish.markets) {
    wanted_.erase(market);
  }
  return reconcile();
}

std::vector<std::string> KalshiSubscriptions::request(const RequestSnapshots& request) {
  // A market whose subscription failed for a passing reason gets its chance here.
  for (const auto market : request.markets) {
    if (const auto place = wanted_.find(market); place != wanted_.end()) {
      refused_.erase(place->second);
    }
  }
  Tickers known;
  for (const auto market : request.markets) {
    if (const auto place = wanted_.find(market);
        place != wanted_.end() && sent_.contains(place->second)) {
      known.push_back(place->second);
    }
  }
  auto commands = reconcile();
  if (sid_) {
    for (const auto& batch : batches(known)) {
      commands.push_back(kalshi_update(++last_id_, *sid_, KalshiUpdate::get_snapshot, batch));
    }
  }
  return commands;
}

std::vector<std::string> KalshiSubscriptions::on_open() {
  on_close();
  open_ = true;
  return reconcile();
}

void KalshiSubscriptions::on_close() {
  // After a reconnect all sids are void, and command ids begin anew (venues/kalshi.md 3.5).
  open_ = false;
  sid_.reset();
  subscribing_.reset();
  sent_.clear();
  in_flight_.clear();
  last_id_ = 0;
  follows_lives_ = false;
}

std::vector<std::string> KalshiSubscriptions::on(const KalshiSubscribed& event) {
  if (event.channel != "orderbook_delta") {
    return {};
  }
  in_flight_.erase(event.command_id);
  subscribing_.reset();
  sid_ = event.sid;
  auto commands = reconcile();
  if (!std::exchange(follows_lives_, true)) {
    commands.push_back(kalshi_subscribe_lifecycle(++last_id_));
  }
  return commands;
}

std::vector<std::string> KalshiSubscriptions::on(const KalshiAck& event) {
  in_flight_.erase(event.command_id);
  return {};
}

std::vector<std::string> KalshiSubscriptions::on(const KalshiCommandFailed& event) {
  const auto place = in_flight_.find(event.command_id);
  if (place == in_flight_.end()) {
    return {};
  }
  const auto tickers = std::move(place->second);
  in_flight_.erase(place);
  if (subscribing_ == event.command_id) {
    subscribing_.reset();
  }
  if (tickers.size() == 1) {
    sent_.erase(tickers.front());
    refused_.insert(tickers.front());
    return reconcile();
  }
  const auto middle = tickers.begin() + static_cast<std::ptrdiff_t>(tickers.size() / 2);
  if (sid_) {
    return {send_add({tickers.begin(), middle}), send_add({middle, tickers.end()})};
  }
  for (auto rest = middle; rest != tickers.end(); ++rest) {
    sent_.erase(*rest);
  }
  return {send_subscribe({tickers.begin(), middle})};
}

std::vector<std::string> KalshiSubscriptions::reconcile() {
  if (!open_ || subscribing_) {
    return {};
  }
  std::set<std::string> tickers;
  for (const auto& [id, ticker] : wanted_) {
    tickers.insert(ticker);
  }
  Tickers to_add;
  for (const auto& ticker : tickers) {
    if (!sent_.contains(ticker) && !refused_.contains(ticker)) {
      to_add.push_back(ticker);
    }
  }
  const auto adds = batches(to_add);
  if (!sid_) {
    // The others follow when the sid is known.
    return adds.empty() ? std::vector<std::string>{} : std::vector{send_subscribe(adds.front())};
  }
  std::vector<std::string> commands;
  for (const auto& batch : adds) {
    commands.push_back(send_add(batch));
  }
  Tickers to_delete;
  std::ranges::set_difference(sent_, tickers, std::back_inserter(to_delete));
  for (const auto& batch : batches(to_delete)) {
    commands.push_back(kalshi_update(++last_id_, *sid_, KalshiUpdate::delete_markets, batch));
    for (const auto& ticker : batch) {
      sent_.erase(ticker);
    }
  }
  return commands;
}

std::vector<KalshiSubscriptions::Tickers>
KalshiSubscriptions::batches(const Tickers& tickers) const {
  std::vector<Tickers> batches;
  for (std::size_t begin = 0; begin < tickers.size(); begin += markets_per_command_) {
    const auto end = std::min(tickers.size(), begin + markets_per_command_);
    batches.emplace_back(tickers.begin() + static_cast<std::ptrdiff_t>(begin),
                         tickers.begin() + static_cast<std::ptrdiff_t>(end));
  }
  return batches;
}

std::string KalshiSubscriptions::send_subscribe(const Tickers& tickers) {
  subscribing_ = ++last_id_;
  sent_.insert(tickers.begin(), tickers.end());
  in_flight_.emplace(last_id_, tickers);
  return kalshi_subscribe(last_id_, tickers);
}

std::string KalshiSubscriptions::send_add(const Tickers& tickers) {
  sent_.insert(tickers.begin(), tickers.end());
  in_flight_.emplace(++last_id_, tickers);
  return kalshi_update(last_id_, *sid_, KalshiUpdate::add_markets, tickers);
}

} // namespace arbees
