#include "bridges/polymarket/polymarket_venue_gate.hpp"

#include <catch2/catch.hpp>

using namespace arbees;
using namespace std::chrono_literals;

namespace {

constexpr Timestamp start{1000s};

OrderIntent order(OrderPurpose purpose = OrderPurpose::open, Action action = Action::buy) {
  OrderIntent intent;
  intent.purpose = purpose;
  intent.action = action;
  return intent;
}

OrderAnswer answer(Verdict verdict, std::string reason = {}) {
  return {.verdict = verdict, .status = status_of(verdict), .reason = std::move(reason)};
}

OrderAnswer in_mode(VenueMode mode, std::optional<Duration> retry_after = {}) {
  auto told = answer(Verdict::unknown);
  told.mode = mode;
  told.retry_after = retry_after;
  return told;
}

} // namespace

TEST_CASE("a restart keeps orders back for as long as the venue asks, at least our own backoff") {
  PolymarketVenueGate gate;
  CHECK_FALSE(gate.why_not(order(), start));
  gate.learn(in_mode(VenueMode::restarting, 90s), start);
  CHECK(gate.why_not(order(), start + 89s) == "venue_restarting");
  CHECK(gate.why_not(order(OrderPurpose::unwind), start) == "venue_restarting");
  CHECK(gate.mode(start) == 1);
  CHECK(gate.mode(start + 90s) == 0);
  // Two minutes of post-only follow: what mends an open pair is tried all the same.
  CHECK(gate.why_not(order(), start + 90s) == "venue_post_only");
  CHECK_FALSE(gate.why_not(order(OrderPurpose::unwind), start + 90s));
  auto resting = order();
  resting.post_only = true;
  CHECK_FALSE(gate.why_not(resting, start + 90s));
  CHECK_FALSE(gate.why_not(order(), start + 210s));
}

TEST_CASE("others are told how the venue stands, and when that ends by itself") {
  using Standing = PolymarketVenueGate::Standing;
  PolymarketVenueGate gate;
  CHECK(gate.standing(start) == Standing{});
  CHECK_FALSE(gate.next_change(start));
  gate.learn(in_mode(VenueMode::restarting, 90s), start);
  CHECK(gate.standing(start + 89s) == Standing{VenueState::down, "venue_restarting"});
  CHECK(gate.next_change(start) == start + 90s);
  CHECK(gate.standing(start + 90s) == Standing{VenueState::post_only, "venue_post_only"});
  CHECK(gate.next_change(start + 90s) == start + 210s);
  SECTION("the time passes") {
    CHECK(gate.standing(start + 210s) == Standing{});
    CHECK_FALSE(gate.next_change(start + 210s));
  }
  SECTION("an order that rests proves nothing, one that met the book does") {
    auto taken = answer(Verdict::taken);
    gate.learn(taken, start + 95s);
    CHECK(gate.standing(start + 95s).state == VenueState::post_only);
    taken.filled = Quantity{1};
    gate.learn(taken, start + 96s);
    CHECK(gate.standing(start + 96s).state == VenueState::open);
  }
  SECTION("nothing answers any more") {
    gate.unreached("timed out");
    CHECK(gate.standing(start + 1h) == Standing{VenueState::down, "venue_unreachable: timed out"});
    CHECK(gate.why_not(order(), start + 1h) == "venue_unreachable");
    CHECK_FALSE(gate.why_not(order(OrderPurpose::complete), start + 1h));
    gate.reached();
    CHECK(gate.standing(start + 1h) == Standing{});
  }
}

TEST_CASE("what only a person can mend is refused, until it is mended") {
  using Standing = PolymarketVenueGate::Standing;
  PolymarketVenueGate gate;
  SECTION("the place") {
    gate.learn_place("ZZ");
    CHECK(gate.standing(start) == Standing{VenueState::refused, "geoblocked: ZZ"});
    CHECK(gate.why_not(order(), start) == "venue_refuses: geoblocked: ZZ");
    gate.learn_place(std::nullopt);
  }
  SECTION("the account") {
    gate.learn_closed_only(true);
    CHECK(gate.standing(start) == Standing{VenueState::refused, "closed_only"});
    CHECK_FALSE(gate.why_not(order(OrderPurpose::open, Action::sell), start));
    gate.learn_closed_only(false);
  }
  SECTION("the money") {
    gate.learn_allowance("no_allowance");
    CHECK(gate.standing(start) == Standing{VenueState::refused, "no_allowance"});
    gate.learn_allowance({});
  }
  SECTION("the key") {
    gate.learn(answer(Verdict::fatal, "banned"), start);
    CHECK(gate.standing(start + 1h) == Standing{VenueState::refused, "banned"});
    gate.learn(answer(Verdict::no_fill), start);
  }
  CHECK(gate.standing(start) == Standing{});
  CHECK_FALSE(gate.why_not(order(), start));
}

TEST_CASE("without a hint the pause doubles from one second to thirty, until an order passes") {
  PolymarketVenueGate gate;
  auto now = start;
  for (const auto wait : {1s, 2s, 4s, 8s, 16s, 30s, 30s}) {
    gate.learn(in_mode(VenueMode::restarting, 0s), now); // `Retry-After: 0` happens
    CHECK(gate.why_not(order(), now + wait - 1ns));
    now += wait;
    CHECK_FALSE(gate.why_not(order(OrderPurpose::complete), now));
  }
  gate.learn(answer(Verdict::no_fill), now);
  gate.learn(in_mode(VenueMode::restarting), now);
  CHECK_FALSE(gate.why_not(order(OrderPurpose::complete), now + 1s));
}

TEST_CASE("post-only lasts two minutes unless the venue says how long") {
  PolymarketVenueGate gate;
  gate.learn(in_mode(VenueMode::post_only), start);
  CHECK(gate.why_not(order(), start + 119s) == "venue_post_only");
  auto resting = order();
  resting.post_only = true;
  CHECK_FALSE(gate.why_not(resting, start));
  CHECK_FALSE(gate.why_not(order(), start + 120s));
  PolymarketVenueGate closed;
  closed.learn(in_mode(VenueMode::cancel_only, 5s), start);
  CHECK(closed.why_not(order(), start) == "venue_cancel_only");
  CHECK_FALSE(closed.why_not(order(), start + 5s));
}

TEST_CASE("a rate limit stops every order, a market that is not ready only itself") {
  PolymarketVenueGate gate;
  gate.learn(answer(Verdict::retry_later, "market_not_ready"), start);
  CHECK_FALSE(gate.why_not(order(), start));
  gate.learn(answer(Verdict::retry_later, "rate_limited"), start);
  CHECK(gate.why_not(order(), start) == "venue_rate_limited");
  CHECK_FALSE(gate.why_not(order(), start + 1s));
}

TEST_CASE("a refusal that a person must mend stops new pairs, not the mending of open ones") {
  PolymarketVenueGate gate;
  gate.learn(answer(Verdict::fatal, "invalid_signature"), start);
  CHECK(gate.why_not(order(), start + 24h) == "venue_refuses: invalid_signature");
  CHECK_FALSE(gate.why_not(order(OrderPurpose::complete), start));
  CHECK_FALSE(gate.why_not(order(OrderPurpose::unwind, Action::sell), start));
  gate.learn(answer(Verdict::rejected, "off_grid"), start);
  CHECK(gate.why_not(order(), start));
  gate.learn(answer(Verdict::taken), start); // it was mended: the venue takes orders
  CHECK_FALSE(gate.why_not(order(), start));
}

TEST_CASE("in closed-only mode positions can still be sold") {
  PolymarketVenueGate gate;
  gate.learn(answer(Verdict::fatal, "closed_only"), start);
  CHECK(gate.why_not(order(), start));
  CHECK_FALSE(gate.why_not(order(OrderPurpose::open, Action::sell), start));
}

TEST_CASE("an unauthorized answer may be a skewed clock: it is tried again") {
  PolymarketVenueGate gate;
  gate.learn(answer(Verdict::fatal, "unauthorized"), start);
  CHECK(gate.why_not(order(), start) == "venue_refuses: unauthorized");
  CHECK_FALSE(gate.why_not(order(), start + 1s));
}
