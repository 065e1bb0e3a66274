#pragma once

#include <optional>
#include <vector>

#include "actors/executor/paper_venue.hpp"

namespace arbees::replay {

/// A venue as the executor of a session meets it: orders go in, and what became of them comes out
/// later, in the session's time.
class SessionVenue {
public:
  using Events = std::vector<PaperEvent>;

  SessionVenue() = default;
  SessionVenue(const SessionVenue&) = delete;
  SessionVenue& operator=(const SessionVenue&) = delete;
  virtual ~SessionVenue() = default;

  virtual void learn(const MatchedGame& match) = 0;
  virtual Events apply(const BookUpdate& update) = 0;
  virtual Events tick(Timestamp now) = 0;
  virtual Events place(const OrderIntent& order, Timestamp now) = 0;
  /// Takes out what rests of an order; nothing of it needs to rest any more.
  virtual Events cancel(const OrderIntent& order, Timestamp now) = 0;
  virtual OrderReport look_up(const OrderIntent& order) = 0;

  /// When it must be woken, whatever else happens; nothing: books and ticks are enough.
  [[nodiscard]] virtual std::optional<Timestamp> due() const { return std::nullopt; }
  virtual Events wake(Timestamp /*now*/) { return {}; }
};

/// The venue that `arbees run` fills from in paper mode.
class PaperSessionVenue : public SessionVenue {
public:
  explicit PaperSessionVenue(PaperVenueConfig config) : venue_{config} {}

  void learn(const MatchedGame& match) override { venue_.learn(match); }
  Events apply(const BookUpdate& update) override { return events(venue_.apply(update)); }
  Events tick(Timestamp now) override { return events(venue_.apply_tick(now)); }
  Events place(const OrderIntent& order, Timestamp /*now*/) override {
    return events(venue_.place(order, 0));
  }
  Events cancel(const OrderIntent& order, Timestamp /*now*/) override {
    return events(venue_.cancel(order, 0));
  }
  OrderReport look_up(const OrderIntent& order) override { return venue_.look_up(order); }

  [[nodiscard]] const PaperVenue& venue() const { return venue_; }

private:
  static Events events(std::vector<PaperOutput> outputs) {
    Events all;
    all.reserve(outputs.size());
    for (auto& output : outputs) {
      all.push_back(std::move(output.event));
    }
    return all;
  }

  PaperVenue venue_;
};

} // namespace arbees::replay
