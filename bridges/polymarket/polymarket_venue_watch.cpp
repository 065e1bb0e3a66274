#include "bridges/polymarket/polymarket_venue_watch.hpp"

namespace arbees {

PolymarketVenueWatch::PolymarketVenueWatch(const Clock& clock, std::shared_ptr<Worker> worker,
                                           std::shared_ptr<PolymarketOrderClient> client,
                                           PolymarketVenueGate& gate,
                                           PolymarketVenueWatchConfig config, Timestamp admitted_at,
                                           std::function<void(const VenueStatus&)> told,
                                           std::function<void()> learned)
  : clock_{clock},
    worker_{std::move(worker)},
    client_{std::move(client)},
    gate_{gate},
    config_{config},
    told_{std::move(told)},
    learned_{std::move(learned)},
    gate_timer_{worker_->context()},
    ready_timer_{worker_->context()},
    last_admission_{admitted_at} {}

void PolymarketVenueWatch::tick(Timestamp now) {
  if (now >= last_use_ + config_.keep_ready_period) {
    keep_ready();
  }
  if (now >= last_admission_ + config_.place_period) {
    last_admission_ = now;
    check_admission();
  }
}

void PolymarketVenueWatch::keep_ready() {
  if (asking_ready_) {
    return;
  }
  asking_ready_ = true;
  last_use_ = clock_.now();
  client_->keep_ready([weak = weak_from_this()](const caf::error& error) {
    if (const auto self = weak.lock()) {
      self->worker_->post(weak, [error](auto& here) { here.on_ready(error); });
    }
  });
}

void PolymarketVenueWatch::on_ready(const caf::error& error) {
  asking_ready_ = false;
  if (!error) {
    gate_.reached();
    return learned_();
  }
  spdlog::warn("polymarket_gateway.not_ready reason=\"{}\"", describe(error));
  if (error != Errc::http_status) { // a refusal is an answer
    gate_.unreached(describe(error));
  }
  ready_timer_.expires_after(config_.down_retry);
  ready_timer_.async_wait([weak = weak_from_this()](boost::system::error_code ec) {
    const auto self = weak.lock();
    if (!ec && self) {
      self->keep_ready();
    }
  });
  learned_();
}

void PolymarketVenueWatch::check_admission() {
  client_->place_of_orders([weak = weak_from_this()](caf::expected<PolymarketPlace> place) {
    if (const auto self = weak.lock()) {
      self->worker_->post(weak, [place = std::move(place)](auto& here) {
        if (place) {
          here.gate_.learn_place(place->blocked ? std::optional{place->country} : std::nullopt);
        } else {
          spdlog::warn("polymarket_gateway.place_unread reason=\"{}\"", describe(place.error()));
        }
        here.learned_();
      });
    }
  });
  client_->closed_only([weak = weak_from_this()](caf::expected<bool> closed_only) {
    if (const auto self = weak.lock()) {
      self->worker_->post(weak, [closed_only = std::move(closed_only)](auto& here) {
        if (closed_only) {
          here.gate_.learn_closed_only(*closed_only);
        }
        here.learned_();
      });
    }
  });
}

VenueStatus PolymarketVenueWatch::status() const {
  return {.venue = Venue::polymarket,
          .exchange_index = std::nullopt,
          .state = standing_.state,
          .reason = standing_.reason,
          .at = standing_at_};
}

void PolymarketVenueWatch::tell_standing() {
  const auto now = clock_.now();
  auto standing = gate_.standing(now);
  if (standing != standing_) {
    standing_ = std::move(standing);
    standing_at_ = now;
    const auto open = standing_.state == VenueState::open;
    spdlog::log(open ? spdlog::level::info : spdlog::level::warn,
                "polymarket_gateway.venue state={} reason=\"{}\"", to_string(standing_.state),
                standing_.reason);
    told_(status());
  }
  if (const auto next = gate_.next_change(now); next && next != next_standing_) {
    next_standing_ = next;
    gate_timer_.expires_after(*next - now);
    gate_timer_.async_wait([weak = weak_from_this()](boost::system::error_code ec) {
      const auto self = weak.lock();
      if (!ec && self) {
        self->next_standing_.reset();
        self->tell_standing();
      }
    });
  }
}

} // namespace arbees
