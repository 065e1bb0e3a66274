#include "bridges/kalshi/kalshi_lifecycle.hpp"

namespace arbees {

std::vector<MarketClosed> KalshiLifecycle::watch(const WatchMarkets& wish, Timestamp now) {
  std::vector<MarketClosed> stopped;
  for (const auto& spec : wish.markets) {
    auto& market = markets_[spec.id];
    const auto listed_again = !market.spec.accepts_orders && spec.accepts_orders;
    if (listed_again && market.state == State::halted) {
      market.state = State::open;
    }
    market.spec = spec;
    if (market.state != State::open) {
      stopped.push_back(MarketClosed{.market = spec.id, .at = now});
    }
  }
  return stopped;
}

void KalshiLifecycle::unwatch(const UnwatchMarkets& wish) {
  for (const auto market : wish.markets) {
    markets_.erase(market);
  }
}

KalshiLifeNews KalshiLifecycle::on(const KalshiMarketEvent& event) {
  const auto place = markets_.find(event.market);
  if (place == markets_.end() || place->second.state == State::ended) {
    return {};
  }
  auto& market = place->second;
  switch (event.change) {
    case KalshiMarketChange::deactivated:
      return stop(market, State::halted, event.received_at);
    case KalshiMarketChange::ended:
      return stop(market, State::ended, event.received_at);
    case KalshiMarketChange::activated:
      return resume(market);
    case KalshiMarketChange::close_moved:
      if (event.closes_at <= event.received_at) {
        return stop(market, State::past_close, event.received_at);
      }
      return market.state == State::past_close ? resume(market) : KalshiLifeNews{};
  }
  return {};
}

WatchMarkets KalshiLifecycle::on_open() {
  WatchMarkets reopened;
  for (auto& [id, market] : markets_) {
    if (market.state == State::halted) {
      market.state = State::open;
      reopened.markets.push_back(market.spec);
    }
  }
  return reopened;
}

const MarketSpec* KalshiLifecycle::wanted(MarketId market) const {
  const auto place = markets_.find(market);
  return place == markets_.end() ? nullptr : &place->second.spec;
}

KalshiLifeNews KalshiLifecycle::stop(Market& market, State state, Timestamp at) {
  const auto was_open = market.state == State::open;
  market.state = state;
  if (!was_open) {
    return {};
  }
  return MarketClosed{.market = market.spec.id, .at = at};
}

KalshiLifeNews KalshiLifecycle::resume(Market& market) {
  if (market.state == State::open) {
    return {};
  }
  market.state = State::open;
  // The venue has just said so; the catalogue will follow.
  market.spec.accepts_orders = true;
  return WatchMarkets{{market.spec}};
}

} // namespace arbees
