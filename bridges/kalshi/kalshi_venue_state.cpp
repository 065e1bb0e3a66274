#include "bridges/kalshi/kalshi_venue_state.hpp"

#include <algorithm>

namespace arbees {

void KalshiVenueState::learn(const KalshiExchangeStatus& status, Timestamp now) {
  status_ = status;
  read_at_ = now;
  silences_ = 0;
}

void KalshiVenueState::learn(const KalshiSchedule& schedule) {
  config_.pauses = schedule.weekly;
  windows_ = schedule.windows;
}

void KalshiVenueState::learn(const KalshiAttestation& attestation) {
  if (attestation.expires_at && attested_until_ && *attestation.expires_at > *attested_until_) {
    accept(KalshiRefusal::account);
  }
  attested_until_ = attestation.expires_at;
}

void KalshiVenueState::refuse(KalshiRefusal refusal, std::string reason) {
  refusal_ = refusal;
  refusal_reason_ = std::move(reason);
}

bool KalshiVenueState::accept(KalshiRefusal refusal) {
  if (refusal_ != refusal) {
    return false;
  }
  refusal_.reset();
  return true;
}

const KalshiShardStatus* KalshiVenueState::find(std::int32_t exchange_index) const {
  if (!status_.lists_shards) {
    return status_.shards.empty() ? nullptr : &status_.shards.front();
  }
  const auto found =
    std::ranges::find(status_.shards, exchange_index, &KalshiShardStatus::exchange_index);
  return found == status_.shards.end() ? nullptr : &*found;
}

bool KalshiVenueState::fresh(Timestamp now) const {
  return read_at_ && now < *read_at_ + config_.status_valid_for;
}

/// Why a person must act; empty if nobody must.
std::string KalshiVenueState::refused(Timestamp now) const {
  if (refusal_) {
    return "halted: " + refusal_reason_;
  }
  return attested_until_ && now >= *attested_until_ ? "location_attestation_expired" : "";
}

/// Why the state of the venue is not known; empty if it is.
std::string KalshiVenueState::silent(Timestamp now) const {
  if (silences_ > config_.silences_allowed) {
    return "venue_unreachable";
  }
  return fresh(now) ? "" : "venue_status_unknown";
}

std::string KalshiVenueState::objection(std::int32_t exchange_index, OrderPurpose purpose,
                                        Timestamp now) const {
  const auto* const shard = find(exchange_index);
  if (purpose == OrderPurpose::open) {
    if (auto why = refused(now); !why.empty()) {
      return why;
    }
    if (auto why = silent(now); !why.empty()) {
      return why;
    }
    if (shard == nullptr) {
      return "venue_status_unknown";
    }
  }
  if (fresh(now) && shard != nullptr && !(shard->exchange_active && shard->trading_active)) {
    return fmt::format("{}:shard_{}", judge(*shard).reason, exchange_index);
  }
  return calendar(purpose, now);
}

std::string KalshiVenueState::calendar(OrderPurpose purpose, Timestamp now) const {
  const auto judge_pause = [&](const KalshiPauseTimes& times) -> std::string {
    // A status that was read during the pause knows better than the calendar.
    const auto read_inside = fresh(now) && *read_at_ >= times.begins;
    if (now >= times.begins && now < times.ends && !read_inside) {
      return "maintenance";
    }
    const auto soon = now < times.begins && now >= times.begins - config_.pause_margin;
    return soon && purpose == OrderPurpose::open ? "maintenance_soon" : "";
  };
  for (const auto& pause : config_.pauses) {
    if (auto why = judge_pause(next_pause(pause, now)); !why.empty()) {
      return why;
    }
  }
  for (const auto& window : windows_) {
    if (auto why = judge_pause(window); !why.empty()) {
      return why;
    }
  }
  return {};
}

KalshiVenueState::Judgement KalshiVenueState::judge(const KalshiShardStatus& shard) {
  if (!shard.exchange_active) {
    return {VenueState::down, "exchange_paused"};
  }
  return shard.trading_active ? Judgement{} : Judgement{VenueState::cancel_only, "trading_paused"};
}

/// What holds for all shards alike, whatever they say of themselves.
KalshiVenueState::Judgement KalshiVenueState::judge_all(Timestamp now) const {
  if (auto why = refused(now); !why.empty()) {
    return {VenueState::refused, std::move(why)};
  }
  if (auto why = silent(now); !why.empty()) {
    return {VenueState::down, std::move(why)};
  }
  auto why = calendar(OrderPurpose::open, now);
  return why.empty() ? Judgement{} : Judgement{VenueState::cancel_only, std::move(why)};
}

std::vector<VenueStatus> KalshiVenueState::statuses(Timestamp now) const {
  const auto all = judge_all(now);
  const auto status = [&](std::optional<std::int32_t> shard, const Judgement& own) {
    const auto& judgement = all.state == VenueState::open ? own : all;
    return VenueStatus{.venue = Venue::kalshi,
                       .exchange_index = shard,
                       .state = judgement.state,
                       .reason = judgement.reason,
                       .at = now};
  };
  // The mildest of its shards: as long as one trades, the venue does.
  std::optional<Judgement> whole;
  std::vector<VenueStatus> statuses;
  for (const auto& shard : status_.shards) {
    const auto own = judge(shard);
    if (!whole || own.state < whole->state) {
      whole = own;
    }
    if (status_.lists_shards) {
      statuses.push_back(status(shard.exchange_index, own));
    }
  }
  statuses.insert(statuses.begin(), status(std::nullopt, whole.value_or(Judgement{})));
  return statuses;
}

bool KalshiVenueState::takes_cancels(std::int32_t exchange_index) const {
  const auto* const shard = find(exchange_index);
  return shard == nullptr || shard->exchange_active;
}

std::int64_t KalshiVenueState::paused_shards() const {
  return std::ranges::count_if(status_.shards, [](const auto& shard) {
    return !shard.exchange_active || !shard.trading_active;
  });
}

std::vector<VenueStatus> VenueStatusNews::take(std::vector<VenueStatus> statuses, Timestamp now) {
  for (const auto& [shard, last] : told_) {
    if (std::ranges::find(statuses, shard, &VenueStatus::exchange_index) == statuses.end()) {
      statuses.push_back({.venue = last.venue,
                          .exchange_index = shard,
                          .state = VenueState::down,
                          .reason = "not_listed",
                          .at = now});
    }
  }
  std::erase_if(statuses, [this](const VenueStatus& status) {
    const auto last = told_.find(status.exchange_index);
    return last != told_.end() && last->second.state == status.state
           && last->second.reason == status.reason;
  });
  for (const auto& status : statuses) {
    told_.insert_or_assign(status.exchange_index, status);
  }
  return statuses;
}

std::vector<VenueStatus> VenueStatusNews::told() const {
  std::vector<VenueStatus> statuses;
  for (const auto& [shard, status] : told_) {
    statuses.push_back(status);
  }
  return statuses;
}

} // namespace arbees
