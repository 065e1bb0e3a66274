#include "actors/signal_processor/signal_processor_actor.hpp"

#include "tests/actor_fixture.hpp"
#include "tests/actors/signal_processor/sample_signal.hpp"

using namespace arbees;
using namespace arbees::test;

namespace {

class ProcessorFixture : public ActorFixture {
public:
  SignalProcessorActor processor = spawn(signal_processor, with_rules(), std::vector<RequestSink>{},
                                         std::vector{sink<DecisionSink>()});

  template <class Message>
  void say(const Message& message) {
    self->send(processor, message);
    sched.run();
  }

  void make_ready() {
    say(matched_game());
    say(FeedStatus{.venue = Venue::kalshi, .connected = true});
    say(FeedStatus{.venue = Venue::polymarket, .connected = true});
  }

  std::map<std::string, std::int64_t> metrics() {
    self->send(caf::actor_cast<caf::actor>(processor), caf::get_atom_v);
    sched.run();
    const auto answer = next<Metrics>();
    REQUIRE(answer);
    CHECK(answer->source == "signal_processor");
    return answer->values;
  }
};

Signal signal_with(SignalId id) {
  auto signal = sample_signal();
  signal.id = id;
  return signal;
}

} // namespace

SCENARIO_METHOD(ProcessorFixture, "every signal becomes a request or a rejection") {
  GIVEN("a matched game and both feeds up") {
    make_ready();
    WHEN("a good signal comes") {
      say(sample_signal());
      THEN("the sinks get one request") {
        const auto request = next<ExecutionRequest>();
        REQUIRE(request);
        CHECK(request->pair == pair_id(SignalId{42}));
        CHECK(request->quantity == contracts(100));
        CHECK_FALSE(self->has_next_message());
        CHECK(metrics().at("passed") == 1);
        CHECK(metrics().at("in_flight") == 1);
      }
      AND_WHEN("the same opportunity is signalled again before its pair is closed") {
        REQUIRE(next<ExecutionRequest>());
        say(signal_with(SignalId{43}));
        THEN("it is a duplicate") {
          const auto rejected = next<SignalRejected>();
          REQUIRE(rejected);
          CHECK(rejected->filter == "duplicate");
          CHECK(rejected->signal.id == SignalId{43});
          CHECK(metrics().at("rejected:duplicate") == 1);
        }
      }
      AND_WHEN("its pair is closed and some time has passed") {
        REQUIRE(next<ExecutionRequest>());
        say(PairClosed{.pair = pair_id(SignalId{42}), .game = GameId{77}, .closed_at = noon});
        say(Tick{noon + 2s});
        auto again = signal_with(SignalId{43});
        again.expires_at = noon + 3s;
        say(again);
        THEN("the route is open again") {
          CHECK(next<ExecutionRequest>());
        }
      }
    }
    WHEN("a tick has passed the signal's time") {
      say(Tick{noon + 1s});
      say(sample_signal());
      THEN("it is rejected with its numbers") {
        const auto rejected = next<SignalRejected>();
        REQUIRE(rejected);
        CHECK(rejected->filter == "expiry");
        CHECK(rejected->measured == "late by 500 ms");
        CHECK(metrics().at("rejected:expiry") == 1);
      }
    }
    WHEN("a feed goes down") {
      say(FeedStatus{.venue = Venue::polymarket, .connected = false});
      say(sample_signal());
      THEN("no pair is opened on that venue") {
        const auto rejected = next<SignalRejected>();
        REQUIRE(rejected);
        CHECK(rejected->filter == "feed_up");
      }
    }
    WHEN("an older epoch speaks after a newer one") {
      say(sample_signal());
      REQUIRE(next<ExecutionRequest>());
      auto older = signal_with(SignalId{44});
      older.assignment_epoch = 2;
      say(older);
      THEN("it is refused") {
        const auto rejected = next<SignalRejected>();
        REQUIRE(rejected);
        CHECK(rejected->filter == "lease_epoch");
      }
    }
    WHEN("the ladders show more than one pair may cost") {
      say(sample_signal(contracts(1000)));
      THEN("the request is cut and the cut is counted") {
        const auto request = next<ExecutionRequest>();
        REQUIRE(request);
        CHECK(request->quantity < contracts(1000));
        CHECK(request->quantity > contracts(500));
        CHECK(metrics().at("cut") == 1);
      }
    }
    WHEN("somebody halts") {
      say(TradingControl{.state = TradingState::halted, .by = "cli", .at = noon});
      say(sample_signal());
      THEN("no pair is opened") {
        const auto rejected = next<SignalRejected>();
        REQUIRE(rejected);
        CHECK(rejected->filter == "trading_state");
      }
    }
    WHEN("a venue voids two trades") {
      for (const auto* const id : {"t1", "t2"}) {
        say(Fill{.fill_id = id, .market = poly_market, .state = FillState::voided});
      }
      say(sample_signal());
      THEN("no pair is opened there, and the trades are counted") {
        const auto rejected = next<SignalRejected>();
        REQUIRE(rejected);
        CHECK(rejected->filter == "void_rate");
        CHECK(metrics().at("voided:polymarket") == 2);
        CHECK(metrics().at("voided:kalshi") == 0);
      }
    }
    WHEN("a venue goes down, or differs from the ledger, or pays") {
      say(Reconciliation{.venue = Venue::kalshi, .failed = "timeout", .at = noon});
      say(Settlement{.venue = Venue::kalshi, .market = kalshi_market, .at = noon});
      say(VenueStatus{.venue = Venue::kalshi, .state = VenueState::down, .at = noon});
      say(sample_signal());
      THEN("the venue's state is what stops a pair on paper") {
        const auto rejected = next<SignalRejected>();
        REQUIRE(rejected);
        CHECK(rejected->filter == "venue_state");
      }
    }
    WHEN("a pair has lost more than a day may") {
      say(PairClosed{.pair = PairId{9}, .locked_profit = -dollars(500), .closed_at = noon});
      say(sample_signal());
      THEN("no pair is opened, and the loss is told") {
        const auto rejected = next<SignalRejected>();
        REQUIRE(rejected);
        CHECK(rejected->filter == "daily_loss");
        CHECK(metrics().at("realised_today_micros") == -500'000'000);
      }
    }
    WHEN("another sink subscribes") {
      self->send(processor, caf::subscribe_atom_v, sink<DecisionSink>());
      say(sample_signal());
      THEN("both are told") {
        CHECK(all<ExecutionRequest>().size() == 2);
      }
    }
  }
  GIVEN("a game that nobody matched") {
    WHEN("a signal comes") {
      say(sample_signal());
      THEN("it is not traded") {
        const auto rejected = next<SignalRejected>();
        REQUIRE(rejected);
        CHECK(rejected->filter == "hedged");
      }
    }
  }
}
