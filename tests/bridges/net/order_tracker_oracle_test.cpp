#include <caf/deep_to_string.hpp>
#include <catch2/catch.hpp>
#include <random>

#include "bridges/net/order_tracker.hpp"

using namespace arbees;

// Everything that a venue says of one order, told in an order that no venue would choose.

namespace {

constexpr Timestamp t0 = from_ms(1'795'226'400'000);
constexpr int interleavings = 10'000;

struct TrueFill {
  std::string id;
  Price price; ///< of the order's side
  Quantity quantity;
  Money fee;
  FillState end = FillState::confirmed;
};

/// What really happened to an order, and how much of it the venue tells.
struct Truth {
  OrderIntent intent;
  bool id_known = false; ///< the venue's id before the answer
  bool refused = false;
  std::vector<TrueFill> fills;

  [[nodiscard]] Quantity gross(std::size_t count) const {
    Quantity sum;
    for (std::size_t i = 0; i < count; ++i) {
      sum += fills[i].quantity;
    }
    return sum;
  }
  [[nodiscard]] Money worth(const TrueFill& fill) const {
    return notional(fill.price, fill.quantity,
                    intent.action == Action::buy ? Rounding::up : Rounding::down);
  }
};

using Said = std::variant<OrderAnswer, OrderEvent, FillEvent>;

/// A random order and a random way to hear of it.
class Story {
public:
  explicit Story(std::uint64_t seed) : random_{seed} { imagine(); }

  const Truth& truth() const { return truth_; }

  /// The words about the order: complete, with repeats, shuffled. The answer may be missing.
  std::vector<Said> words() {
    std::vector<Said> all;
    for (const auto& fill : truth_.fills) {
      say(all, fill);
    }
    for (std::size_t i = 0; !truth_.refused && i <= truth_.fills.size(); ++i) {
      if (chance(60)) {
        all.emplace_back(update(i, false));
      }
    }
    if (!truth_.refused) {
      repeat(all, update(truth_.fills.size(), true));
    }
    if (auto given = answer()) {
      all.emplace_back(std::move(*given));
    }
    std::shuffle(all.begin(), all.end(), random_);
    return all;
  }

  std::size_t up_to(std::size_t most) {
    return std::uniform_int_distribution<std::size_t>{0, most}(random_);
  }

private:
  bool chance(int percent) { return std::uniform_int_distribution<>{1, 100}(random_) <= percent; }
  int between(int least, int most) { return std::uniform_int_distribution<>{least, most}(random_); }

  void imagine() {
    truth_.intent = {.pair = PairId{7},
                     .client_order_id = "a7",
                     .market = MarketId{9},
                     .side = chance(50) ? Side::yes : Side::no,
                     .action = chance(50) ? Action::buy : Action::sell,
                     .limit = Price{4000},
                     .time_in_force = chance(30) ? TimeInForce::good_till_cancelled
                                                 : TimeInForce::immediate_or_cancel};
    truth_.id_known = chance(50);
    truth_.refused = chance(5);
    const auto count = truth_.refused ? 0 : between(0, 5);
    for (int i = 0; i < count; ++i) {
      truth_.fills.push_back({.id = "f" + std::to_string(i),
                              .price = Price{between(1, 9999)},
                              .quantity = Quantity{10'000 * std::int64_t{between(1, 50'000)}},
                              .fee = Money{between(0, 1'000'000)},
                              .end = chance(25) ? FillState::voided : FillState::confirmed});
    }
    const Quantity unfilled{10'000 * std::int64_t{chance(50) && count > 0 ? 0 : between(1, 500)}};
    truth_.intent.quantity = truth_.gross(truth_.fills.size()) + unfilled;
  }

  template <class Word>
  void repeat(std::vector<Said>& all, const Word& word) {
    for (auto times = between(1, 3); times > 0; --times) {
      all.emplace_back(word);
    }
  }

  void say(std::vector<Said>& all, const TrueFill& fill) {
    const auto side = chance(50) ? Side::yes : Side::no;
    FillEvent event{.fill_id = fill.id,
                    .venue_order_id = "v1",
                    .price_of = side,
                    .price = side == truth_.intent.side ? fill.price : complement(fill.price),
                    .quantity = fill.quantity,
                    .fee = fill.fee,
                    .state = FillState::provisional,
                    .at = t0};
    if (chance(40)) {
      event.client_order_id = truth_.intent.client_order_id;
    }
    if (chance(70)) {
      repeat(all, event);
    }
    event.state = fill.end;
    repeat(all, event);
  }

  OrderEvent update(std::size_t fills, bool ended) {
    OrderEvent event{.venue_order_id = "v1", .ended = ended, .filled = truth_.gross(fills)};
    // An answer may never come: somebody must say whose the venue's id is.
    if (ended || chance(50)) {
      event.client_order_id = truth_.intent.client_order_id;
    }
    return event;
  }

  std::optional<OrderAnswer> answer() {
    if (truth_.refused) {
      return OrderAnswer{.verdict = Verdict::rejected, .reason = "no"};
    }
    if (chance(20)) {
      return std::nullopt;
    }
    if (chance(30)) {
      return OrderAnswer{.verdict = chance(50) ? Verdict::unknown : Verdict::duplicate};
    }
    if (truth_.fills.empty() && chance(50)) {
      return OrderAnswer{.verdict = Verdict::no_fill};
    }
    // The venue answers while it still matches: averages of what is filled so far.
    const auto seen = up_to(truth_.fills.size());
    OrderAnswer taken{.verdict = Verdict::taken,
                      .status = OrderStatus::accepted,
                      .venue_order_id = "v1",
                      .filled = truth_.gross(seen)};
    for (std::size_t i = 0; i < seen; ++i) {
      taken.notional += truth_.worth(truth_.fills[i]) + Money{between(0, 1)};
      taken.fee += truth_.fills[i].fee;
    }
    if (seen == truth_.fills.size() && chance(50)) {
      taken.status = truth_.gross(seen) == truth_.intent.quantity ? OrderStatus::filled
                     : seen > 0                                   ? OrderStatus::partial
                                                                  : OrderStatus::unfilled;
    }
    return taken;
  }

  std::mt19937_64 random_;
  Truth truth_;
};

/// Books what the tracker tells, as a ledger would, and holds it to its promises.
class Listener {
public:
  void hear(const OrderNews& news) {
    for (const auto& fill : news.fills) {
      const auto [known, first] = fills_.try_emplace(fill.fill_id, fill);
      if (first) {
        fair_ = fair_ && fill.state != FillState::voided;
        continue;
      }
      auto as_told = known->second;
      as_told.state = fill.state;
      fair_ = fair_ && known->second.state == FillState::provisional
              && fill.state != FillState::provisional
              && caf::deep_to_string(as_told) == caf::deep_to_string(fill);
      known->second = fill;
    }
    for (const auto& report : news.reports) {
      if (last_) {
        fair_ = fair_ && report.voided >= last_->voided
                && report.filled + report.voided >= last_->filled + last_->voided;
      }
      last_ = report;
    }
  }

  [[nodiscard]] bool fair() const { return fair_; }
  [[nodiscard]] const std::map<std::string, Fill>& fills() const { return fills_; }
  [[nodiscard]] const std::optional<OrderReport>& last() const { return last_; }

private:
  std::map<std::string, Fill> fills_;
  std::optional<OrderReport> last_;
  bool fair_ = true;
};

/// What must be known in the end, from the truth alone.
struct Expected {
  OrderStatus status = OrderStatus::rejected;
  Quantity filled;
  Quantity voided;
  Money notional;
  Money fee;

  bool operator==(const Expected&) const = default;
};

Expected oracle(const Truth& truth) {
  Expected end;
  if (truth.refused) {
    return end;
  }
  for (const auto& fill : truth.fills) {
    if (fill.end == FillState::voided) {
      end.voided += fill.quantity;
      continue;
    }
    end.filled += fill.quantity;
    end.notional += truth.worth(fill);
    end.fee += fill.fee;
  }
  end.status = end.filled == truth.intent.quantity ? OrderStatus::filled
               : end.filled > Quantity{}           ? OrderStatus::partial
                                                   : OrderStatus::unfilled;
  return end;
}

/// True if the fills that were told are those that stand: a voided one may never have been told.
bool books_agree(const Truth& truth, const std::map<std::string, Fill>& told) {
  for (const auto& fill : truth.fills) {
    const auto known = told.find(fill.id);
    if (known == told.end()) {
      if (fill.end == FillState::confirmed) {
        return false;
      }
      continue;
    }
    const auto& booked = known->second;
    if (booked.state != fill.end || booked.quantity != fill.quantity || booked.price != fill.price
        || booked.fee != fill.fee || booked.side != truth.intent.side) {
      return false;
    }
  }
  return told.size() <= truth.fills.size();
}

/// Tells the story to a tracker; what comes of it.
struct Outcome {
  Listener listener;
  std::optional<OrderReport> report;
  bool nothing_open = false;

  [[nodiscard]] bool agrees_with(const Truth& truth) const {
    const auto& last = listener.last();
    if (!report || !last || !nothing_open || !listener.fair()
        || !books_agree(truth, listener.fills())) {
      return false;
    }
    const auto known = [](const OrderReport& each) {
      return Expected{each.status, each.filled, each.voided, each.notional, each.fee};
    };
    return known(*report) == oracle(truth) && known(*last) == oracle(truth);
  }
};

Outcome tell(Story& story) {
  const auto& truth = story.truth();
  const auto& id = truth.intent.client_order_id;
  const auto words = story.words();
  // Some of it may come before the order is tracked, as after a restart; but never an answer.
  const auto early = story.up_to(3) == 0 ? story.up_to(words.size()) : 0;
  OrderTracker tracker;
  Outcome outcome;
  std::optional<OrderAnswer> kept;
  for (std::size_t i = 0; i <= words.size(); ++i) {
    const auto now = t0 + std::chrono::microseconds{i};
    if (i == early) {
      tracker.track(truth.intent, now, truth.id_known ? "v1" : "");
      outcome.listener.hear(tracker.waiting_for(id, now));
    }
    const auto* const answer = i < words.size() ? std::get_if<OrderAnswer>(&words[i])
                               : kept           ? &*kept
                                                : nullptr;
    if (answer != nullptr && i < early) {
      kept = *answer;
    } else if (answer != nullptr) {
      outcome.listener.hear(tracker.answered(id, *answer, now));
    } else if (i < words.size() && words[i].index() == 1) {
      outcome.listener.hear(tracker.apply(std::get<OrderEvent>(words[i]), now));
    } else if (i < words.size()) {
      outcome.listener.hear(tracker.apply(std::get<FillEvent>(words[i]), now));
    }
  }
  outcome.report = tracker.report(id, t0);
  outcome.nothing_open = tracker.unresolved().empty() && tracker.early_events() == 0;
  return outcome;
}

} // namespace

TEST_CASE("10,000 interleavings of all that is said of an order come to the oracle's end") {
  auto wrong = 0;
  for (std::uint64_t seed = 1; seed <= interleavings; ++seed) {
    Story story{seed};
    const auto outcome = tell(story);
    if (!outcome.agrees_with(story.truth()) && ++wrong <= 3) {
      UNSCOPED_INFO("seed " << seed << " fair " << outcome.listener.fair() << " closed "
                            << outcome.nothing_open << " "
                            << (outcome.report ? caf::deep_to_string(*outcome.report) : "nothing"));
    }
  }
  CHECK(wrong == 0);
}
