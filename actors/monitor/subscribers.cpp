#include "actors/monitor/subscribers.hpp"

#include <algorithm>
#include <set>

namespace arbees {

namespace {

void add_once(std::vector<caf::actor>& sinks, const caf::actor& sink) {
  if (std::find(sinks.begin(), sinks.end(), sink) == sinks.end()) {
    sinks.push_back(sink);
  }
}

} // namespace

void Subscribers::add(const BookInterest& interest, const BookSink& sink) {
  const auto actor = caf::actor_cast<caf::actor>(sink);
  if (interest.markets.empty()) {
    add_once(everything_, actor);
  }
  for (const auto market : interest.markets) {
    add_once(by_market_[market], actor);
  }
}

void Subscribers::add(const FeedSink& sink) {
  const auto actor = caf::actor_cast<caf::actor>(sink);
  add_once(everything_, actor);
  add_once(feed_sinks_, actor);
}

void Subscribers::add(const FeedStatusSink& sink) {
  add_once(feed_sinks_, caf::actor_cast<caf::actor>(sink));
}

void Subscribers::remove(const BookSink& sink) {
  remove(sink.address());
}

void Subscribers::remove(const caf::actor_addr& address) {
  const auto is_it = [&](const caf::actor& sink) { return sink.address() == address; };
  std::erase_if(everything_, is_it);
  std::erase_if(feed_sinks_, is_it);
  for (auto place = by_market_.begin(); place != by_market_.end();) {
    std::erase_if(place->second, is_it);
    place = place->second.empty() ? by_market_.erase(place) : std::next(place);
  }
}

std::size_t Subscribers::size() const {
  std::set<caf::actor_addr> all;
  const auto take = [&](const Sinks& sinks) {
    for (const auto& sink : sinks) {
      all.insert(sink.address());
    }
  };
  take(everything_);
  take(feed_sinks_);
  for (const auto& [market, sinks] : by_market_) {
    take(sinks);
  }
  return all.size();
}

} // namespace arbees
