#include "actors/observer/observer_actor.hpp"

#include "tests/actor_fixture.hpp"

using namespace arbees;
using namespace arbees::test;
using namespace std::chrono_literals;

namespace {

WireMessage message(std::uint64_t seq, std::string topic = "signals.trade.1") {
  return {.topic = std::move(topic),
          .source = "game_shard:n",
          .run = "r1",
          .seq = seq,
          .timestamp_ms = 1000,
          .received_at = Timestamp{1001ms}};
}

class ObserverFixture : public ActorFixture {
public:
  ObserverActor observed(ObserverLevel level = ObserverLevel::verbose, std::size_t capacity = 100) {
    return spawn(observer, ObserverConfig{.silence_after = 5s, .statistics_every = 10s},
                 std::vector{ObserverOutput{.name = "console",
                                            .actor = sink<OutputActor>(),
                                            .level = level,
                                            .capacity = capacity,
                                            .prices_per_second = 1}});
  }

  template <class Message>
  void tell(const ObserverActor& actor, const Message& what) {
    self->send(actor, what);
    sched.run();
  }

  Metrics metrics(const ObserverActor& actor) {
    auto request = self->request(actor, 5s, caf::get_atom::value);
    sched.run();
    Metrics result;
    request.receive([&](const Metrics& values) { result = values; },
                    [](const caf::error& error) { FAIL(describe(error)); });
    return result;
  }
};

} // namespace

SCENARIO_METHOD(ObserverFixture, "an output gets the next batch when it is done with the last") {
  GIVEN("an observer with one output") {
    const auto actor = observed();
    WHEN("three messages come") {
      for (std::uint64_t i = 0; i < 3; ++i) {
        tell(actor, message(i));
      }
      THEN("the output has one batch, and the rest when it is done") {
        const auto first = next<OutputBatch>();
        REQUIRE(first);
        CHECK(first->notices.size() + first->messages.size() == 1);
        CHECK_FALSE(next<OutputBatch>());
        tell(actor, OutputDone{.output = 0, .written = 1});
        const auto second = next<OutputBatch>();
        REQUIRE(second);
        CHECK(second->messages.size() == 3);
        CHECK(metrics(actor).values.at("written:console") == 1);
      }
    }
  }
}

SCENARIO_METHOD(ObserverFixture, "an output that never finishes loses the oldest, counted") {
  GIVEN("an output that has taken a batch, and room for two messages") {
    const auto actor = observed(ObserverLevel::verbose, 2);
    tell(actor, message(0));
    WHEN("ten more come") {
      for (std::uint64_t i = 1; i <= 10; ++i) {
        tell(actor, message(i));
      }
      THEN("the losses are shown and every message was counted") {
        const auto first = next<OutputBatch>();
        REQUIRE(first);
        const auto values = metrics(actor).values;
        CHECK(values.at("dropped:console") == 9);
        CHECK(values.at("messages:signals") == 11);
        tell(actor, OutputDone{});
        const auto rest = next<OutputBatch>();
        REQUIRE(rest);
        REQUIRE(rest->messages.size() == 2);
        CHECK(rest->messages[1].seq == 10);
      }
    }
  }
}

SCENARIO_METHOD(ObserverFixture, "an output hears only of its topics") {
  GIVEN("an output for trades") {
    const auto actor = spawn(observer, ObserverConfig{},
                             std::vector{ObserverOutput{.name = "redis",
                                                        .actor = sink<OutputActor>(),
                                                        .level = ObserverLevel::verbose,
                                                        .topics = {"trades.", "games."}}});
    WHEN("a signal and a game come") {
      tell(actor, message(0));
      tell(actor, message(1, "games.nba.1"));
      THEN("it has the game only") {
        const auto joined = next<OutputBatch>();
        REQUIRE(joined);
        CHECK(joined->messages.empty());
        tell(actor, OutputDone{});
        const auto batch = next<OutputBatch>();
        REQUIRE(batch);
        REQUIRE(batch->messages.size() == 1);
        CHECK(batch->messages[0].topic == "games.nba.1");
      }
    }
  }
}

SCENARIO_METHOD(ObserverFixture, "what an output lost is told when it has caught up") {
  GIVEN("an output that is busy, and has lost nine of eleven") {
    const auto actor = observed(ObserverLevel::verbose, 2);
    for (std::uint64_t i = 0; i <= 11; ++i) {
      tell(actor, message(i));
    }
    REQUIRE(next<OutputBatch>());
    WHEN("time passes, and later it is done") {
      tell(actor, Tick{.now = Timestamp{1'002ms}});
      tell(actor, OutputDone{});
      const auto rest = next<OutputBatch>();
      tell(actor, OutputDone{});
      tell(actor, Tick{.now = Timestamp{1'003ms}});
      const auto last = next<OutputBatch>();
      THEN("both are told") {
        REQUIRE(rest);
        REQUIRE_FALSE(rest->notices.empty());
        CHECK(rest->notices.back().event == "output_overflow");
        REQUIRE(last);
        REQUIRE(last->notices.size() == 1);
        CHECK(last->notices[0].event == "output_caught_up");
        CHECK(last->notices[0].text.starts_with("output=console lost="));
        CHECK(metrics(actor).values.at("dropped:console") >= 9);
      }
    }
  }
}

SCENARIO_METHOD(ObserverFixture, "a gap, a restart and rubbish are told and counted") {
  GIVEN("an observer of errors only") {
    const auto actor = observed(ObserverLevel::errors_only);
    tell(actor, message(0));
    CHECK_FALSE(next<OutputBatch>());
    WHEN("numbers are missing") {
      tell(actor, message(3));
      THEN("the output hears of it") {
        const auto batch = next<OutputBatch>();
        REQUIRE(batch);
        REQUIRE(batch->notices.size() == 1);
        CHECK(batch->notices[0].event == "gap");
        CHECK(batch->notices[0].source == "game_shard:n");
        CHECK(batch->notices[0].text == "seq=3 missing=2 topic=signals.trade.1");
        CHECK(metrics(actor).values.at("gaps") == 1);
        CHECK(metrics(actor).values.at("gap_messages") == 2);
      }
    }
    WHEN("rubbish comes") {
      tell(actor, WireRejected{.topic = "prices.x", .reason = "bad_json"});
      THEN("the output hears of it") {
        const auto batch = next<OutputBatch>();
        REQUIRE(batch);
        CHECK(batch->notices.at(0).event == "rejected");
        CHECK(metrics(actor).values.at("rejected:bad_json") == 1);
      }
    }
    WHEN("the publisher starts anew") {
      auto again = message(0);
      again.run = "r2";
      tell(actor, again);
      THEN("the output hears of it") {
        const auto batch = next<OutputBatch>();
        REQUIRE(batch);
        CHECK(batch->notices.at(0).event == "restart");
        CHECK(metrics(actor).values.at("restarts") == 1);
      }
    }
  }
}

SCENARIO_METHOD(ObserverFixture, "time shows silence and makes statistics") {
  GIVEN("an observer that has heard one message at 1 s") {
    const auto actor = observed(ObserverLevel::info);
    tell(actor, Tick{.now = Timestamp{1s}});
    tell(actor, message(0));
    REQUIRE(next<OutputBatch>());
    tell(actor, OutputDone{});
    REQUIRE(next<OutputBatch>());
    tell(actor, OutputDone{});
    REQUIRE_FALSE(next<OutputBatch>());
    WHEN("6 s come") {
      tell(actor, Tick{.now = Timestamp{6'002ms}});
      THEN("the source is called silent") {
        const auto batch = next<OutputBatch>();
        REQUIRE(batch);
        CHECK(batch->notices.at(0).event == "silence");
        CHECK(metrics(actor).values.at("silences") == 1);
      }
    }
    WHEN("11 s come") {
      tell(actor, Tick{.now = Timestamp{11s}});
      tell(actor, OutputDone{});
      THEN("statistics follow the silence") {
        REQUIRE(next<OutputBatch>());
        const auto batch = next<OutputBatch>();
        REQUIRE(batch);
        CHECK(batch->notices.at(0).event == "statistics");
        CHECK(batch->notices.at(0).text.find("messages=1 rate=0/s gaps=0") == 0);
      }
    }
  }
}

SCENARIO_METHOD(ObserverFixture, "a terminal shows what a snapshot brought, a record does not") {
  GIVEN("an observer with an output of each kind") {
    const auto actor = spawn(observer, ObserverConfig{},
                             std::vector{ObserverOutput{.name = "console",
                                                        .actor = sink<OutputActor>(),
                                                        .level = ObserverLevel::verbose},
                                         ObserverOutput{.name = "redis",
                                                        .actor = sink<OutputActor>(),
                                                        .level = ObserverLevel::verbose,
                                                        .snapshots = SnapshotWish::skip}});
    WHEN("a message of a snapshot comes, with a number that has holes before it") {
      auto old = message(40);
      old.from_snapshot = true;
      tell(actor, old);
      THEN("the terminal gets it, and nothing is missing") {
        const auto batch = next<OutputBatch>();
        REQUIRE(batch);
        CHECK(batch->output == 0);
        REQUIRE(batch->messages.size() == 1);
        CHECK(batch->messages[0].from_snapshot);
        CHECK_FALSE(next<OutputBatch>());
        CHECK(metrics(actor).values.at("from_snapshot") == 1);
        CHECK(metrics(actor).values.at("gaps") == 0);
        CHECK(metrics(actor).values.at("latency_us_count") == 0);
      }
    }
  }
}
