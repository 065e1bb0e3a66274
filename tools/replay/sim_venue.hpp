#pragma once

#include <deque>
#include <memory>
#include <utility>

#include "tools/replay/session_venue.hpp"
#include "tools/sim/kalshi_accounts.hpp"
#include "tools/sim/poly_accounts.hpp"

namespace arbees::replay {

/// How long a message takes to a venue, and its answer back.
struct WireDelay {
  Duration out{};
  Duration back{};
};

/// What a session's account at the simulator is like, by Venue.
struct SimAccounts {
  std::array<WireDelay, 2> delays{};
  std::array<Money, 2> cash{Money{10'000 * money_per_dollar}, Money{10'000 * money_per_dollar}};
};

/// Accounts at the simulator's two exchanges: their own matching, delays, fees and money.
class SimVenues {
public:
  SimVenues(sim::Engine& engine, const SimAccounts& accounts);

  /// What the tape did, and the time that passed with it.
  void on_events(std::span<const sim::MarketEvent> events);

  /// Takes an order in now. Orders that would rest are refused: only takers are compared. The
  /// report is the last one unless the order waits.
  SessionVenue::Events place(const OrderIntent& order, Timestamp now);
  /// What became of orders at Polymarket that were waiting and no longer are.
  SessionVenue::Events take_ended() { return std::exchange(ended_, {}); }
  /// Since when there is some.
  [[nodiscard]] std::optional<Timestamp> ended_at() const {
    return ended_.empty() ? std::nullopt : std::optional{ended_at_};
  }

  [[nodiscard]] Money cash() const;
  [[nodiscard]] const WireDelay& delay(Venue venue) const {
    return delays_[static_cast<std::size_t>(venue)];
  }

private:
  struct Waiting {
    OrderIntent order;
    Timestamp sent_at;
    sim::OrderId id = 0;
  };

  SessionVenue::Events place_kalshi(const OrderIntent& order, Timestamp now);
  SessionVenue::Events place_polymarket(const OrderIntent& order, Timestamp now);
  [[nodiscard]] SessionVenue::Events outcome(const OrderIntent& order, const sim::PolyOrder& made,
                                             Timestamp sent, Timestamp now) const;
  [[nodiscard]] BalanceUpdate balance(Venue venue, Timestamp now) const;

  sim::Engine* engine_;
  std::array<WireDelay, 2> delays_;
  sim::KalshiAccounts kalshi_;
  sim::PolyKeys keys_;
  sim::PolyAccounts polymarket_;
  int account_ = 0;
  std::vector<Waiting> waiting_;
  SessionVenue::Events ended_;
  Timestamp ended_at_;
};

/// One of them, as a session meets it: an order takes as long to the exchange as on paper, and what
/// became of it takes as long back.
class SimVenue : public SessionVenue {
public:
  SimVenue(std::shared_ptr<SimVenues> venues, Venue venue)
    : venues_{std::move(venues)}, venue_{venue} {}

  void learn(const MatchedGame& /*match*/) override {}
  Events apply(const BookUpdate& /*update*/) override { return {}; }
  Events tick(Timestamp /*now*/) override { return {}; }
  Events place(const OrderIntent& order, Timestamp now) override;
  Events cancel(const OrderIntent& /*order*/, Timestamp /*now*/) override { return {}; }
  OrderReport look_up(const OrderIntent& order) override;
  [[nodiscard]] std::optional<Timestamp> due() const override;
  Events wake(Timestamp now) override;

private:
  struct OnTheWay {
    Timestamp at;
    OrderIntent order;
  };
  struct Answer {
    Timestamp at;
    PaperEvent event;
  };

  void answer(Events events, Timestamp now);

  std::shared_ptr<SimVenues> venues_;
  Venue venue_;
  std::deque<OnTheWay> sent_;
  std::deque<Answer> answers_;
  std::map<std::string, OrderReport> reports_; ///< the last that were told
};

} // namespace arbees::replay
