#include "bridges/kalshi/kalshi_venue_watch.hpp"

#include <spdlog/spdlog.h>

#include <array>

namespace arbees {

namespace {

constexpr Duration day = std::chrono::hours{24};

} // namespace

KalshiVenueWatch::KalshiVenueWatch(std::shared_ptr<KalshiReads> reads,
                                   std::shared_ptr<KalshiVenueState> venue,
                                   KalshiVenueWatchConfig config, OnStatus on_status)
  : reads_{std::move(reads)},
    venue_{std::move(venue)},
    config_{std::move(config)},
    on_status_{std::move(on_status)} {}

void KalshiVenueWatch::tick(Timestamp now) {
  if (now >= status_at_) {
    status_at_ = now + config_.status_every;
    read_status();
  }
  if (now >= schedule_at_) {
    schedule_at_ = now + config_.schedule_every;
    read_schedule();
  }
  if (now >= attestation_at_) {
    attestation_at_ = now + config_.attestation_every;
    read_attestation();
  }
  warn_of_expiry(now);
  tell(now);
}

void KalshiVenueWatch::read_status() {
  // In turn on all lanes that must be fast when they are needed, so that none grows cold; but never
  // behind or before an order.
  constexpr std::array lanes{KalshiLane::orders, KalshiLane::stop, KalshiLane::cancels,
                             KalshiLane::stop};
  const auto wanted = lanes[status_lane_++ % lanes.size()];
  const auto lane = reads_->idle(wanted) ? wanted : KalshiLane::reads;
  const auto decode = [](std::string_view body, Timestamp) {
    return decode_kalshi_exchange_status(body);
  };
  const auto done = [weak = weak_from_this()](const caf::expected<KalshiExchangeStatus>& status,
                                              Timestamp at) {
    const auto self = weak.lock();
    if (!self) {
      return;
    }
    if (status) {
      self->venue_->learn(*status, at);
      ++self->counters_["status_reads"];
    } else if (status.error() == Errc::io_failed || status.error() == Errc::timed_out) {
      self->venue_->unanswered();
    }
    self->tell(at);
  };
  reads_->read("status", lane, "/exchange/status", decode, done);
}

void KalshiVenueWatch::read_schedule() {
  const auto done = [weak = weak_from_this()](const caf::expected<KalshiSchedule>& schedule,
                                              Timestamp) {
    if (const auto self = weak.lock(); self && schedule) {
      self->venue_->learn(*schedule);
      ++self->counters_["schedule_reads"];
    }
  };
  reads_->read("schedule", KalshiLane::reads, "/exchange/schedule", decode_kalshi_schedule, done);
}

void KalshiVenueWatch::read_attestation() {
  const auto decode = [](std::string_view body, Timestamp) {
    return decode_kalshi_attestation(body);
  };
  const auto done = [weak = weak_from_this()](const caf::expected<KalshiAttestation>& attestation,
                                              Timestamp) {
    if (const auto self = weak.lock(); self && attestation) {
      self->learn(*attestation);
    }
  };
  reads_->read("attestation", KalshiLane::reads, "/api_keys", decode, done);
}

void KalshiVenueWatch::learn(const KalshiAttestation& attestation) {
  venue_->learn(attestation);
  ++counters_["attestation_reads"];
  if (!attestation.expires_at) {
    spdlog::warn("kalshi_gateway.never_attested");
  }
}

void KalshiVenueWatch::warn_of_expiry(Timestamp now) {
  const auto until = venue_->attested_until();
  if (!until) {
    counters_.erase("attestation_days_left");
    return;
  }
  const auto left = std::chrono::floor<std::chrono::days>(*until - now).count();
  counters_["attestation_days_left"] = left;
  if (*until - now <= config_.attestation_warning && now >= warned_at_ + day) {
    warned_at_ = now;
    spdlog::warn("kalshi_gateway.attestation_expires days_left={}", left);
  }
}

void KalshiVenueWatch::tell(Timestamp now) {
  for (const auto& status : news_.take(venue_->statuses(now), now)) {
    const auto level = status.state == VenueState::open      ? spdlog::level::info
                       : status.state == VenueState::refused ? spdlog::level::err
                                                             : spdlog::level::warn;
    spdlog::log(level, "kalshi_gateway.venue_status shard={} state={} reason=\"{}\"",
                status.exchange_index ? std::to_string(*status.exchange_index) : "all",
                to_string(status.state), status.reason);
    if (on_status_) {
      on_status_(status);
    }
  }
}

std::map<std::string, std::int64_t> KalshiVenueWatch::metrics() const {
  auto values = counters_;
  values["paused_shards"] = venue_->paused_shards();
  values["halted"] = venue_->halted() ? 1 : 0;
  return values;
}

} // namespace arbees
