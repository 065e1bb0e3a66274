#include <caf/binary_deserializer.hpp>
#include <caf/binary_serializer.hpp>

#include "tests/actor_fixture.hpp"

using namespace arbees;
using namespace arbees::test;
using namespace std::chrono_literals;

namespace {

template <class T>
T through_the_wire(caf::actor_system& system, T value) {
  std::vector<char> bytes;
  caf::binary_serializer sink{system, bytes};
  REQUIRE(sink(value) == caf::none);
  T copy{};
  caf::binary_deserializer source{system, bytes};
  REQUIRE(source(copy) == caf::none);
  return copy;
}

} // namespace

SCENARIO_METHOD(ActorFixture, "messages survive the way to another node") {
  GIVEN("a book update with levels") {
    BookUpdate update{.market = MarketId{7}, .status = BookStatus::ok, .version = 3};
    update.bids.push_back({Price{4200}, Quantity{1'000'000}});
    update.asks.push_back({Price{4400}, Quantity{2'000'000}});
    update.asks.push_back({Price{4500}, Quantity{3'000'000}});
    update.received_at = Timestamp{5s};
    THEN("every level arrives") {
      const auto copy = through_the_wire(system, update);
      CHECK(copy.bids == update.bids);
      CHECK(copy.asks == update.asks);
      CHECK(copy.received_at == update.received_at);
      CHECK(copy.status == BookStatus::ok);
    }
  }
  GIVEN("a market with fees and one without") {
    MarketSpec spec{.id = MarketId{9}};
    spec.price_bands = {{Price{0}, Price{10'000}, Price{100}}};
    spec.fees = FeeSchedule{.taker_ppm = 70'000};
    spec.taker_delay = 1s;
    THEN("the difference arrives") {
      const auto copy = through_the_wire(system, spec);
      REQUIRE(copy.fees);
      CHECK(copy.fees->taker_ppm == 70'000);
      CHECK(copy.taker_delay == 1s);
      spec.fees.reset();
      CHECK_FALSE(through_the_wire(system, spec).fees);
    }
  }
}

SCENARIO_METHOD(ActorFixture, "the test's mailbox stands in for any sink") {
  GIVEN("a message in the mailbox") {
    self->send(sink<BookSink>(), BookUpdate{.market = MarketId{1}});
    self->send(sink<TickSink>(), Tick{.now = Timestamp{1s}});
    THEN("it is taken out by type, in order") {
      const auto update = next<BookUpdate>();
      REQUIRE(update);
      CHECK(update->market == MarketId{1});
      CHECK(next<Tick>());
      CHECK_FALSE(next<Tick>());
    }
  }
}
