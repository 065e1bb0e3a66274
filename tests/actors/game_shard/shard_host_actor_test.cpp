#include "actors/game_shard/shard_host_actor.hpp"

#include "tests/actor_fixture.hpp"
#include "tests/actors/sample_game.hpp"

using namespace arbees;
using namespace arbees::test;

namespace {

/// What the host asked of a venue's monitor.
struct BookSourceState {
  std::vector<std::pair<BookInterest, BookSink>> subscriptions;
  std::size_t unsubscribed = 0;
};

BookSource::behavior_type recorder(BookSource::pointer, std::shared_ptr<BookSourceState> seen) {
  return {
    [seen](caf::subscribe_atom, const BookInterest& interest, const BookSink& sink) {
      seen->subscriptions.emplace_back(interest, sink);
    },
    [seen](caf::unsubscribe_atom, const BookSink&) { ++seen->unsubscribed; },
  };
}

class HostFixture : public ActorFixture {
public:
  std::shared_ptr<BookSourceState> kalshi = std::make_shared<BookSourceState>();
  std::shared_ptr<BookSourceState> poly = std::make_shared<BookSourceState>();
  ShardHostActor host = spawn(shard_host, ShardHostConfig{},
                              ShardHostWiring{{{Venue::kalshi, spawn(recorder, kalshi)},
                                               {Venue::polymarket, spawn(recorder, poly)}},
                                              {sink<SignalSink>()}});

  ~HostFixture() {
    // The recorders hold the shards' addresses, which would outlive the system.
    kalshi->subscriptions.clear();
    poly->subscriptions.clear();
  }

  template <class Message>
  void say(const Message& message) {
    self->send(host, message);
    sched.run();
  }

  /// Plays an opportunity to the shard that was subscribed last.
  void offer(Timestamp at = noon, std::uint64_t version = 1) {
    const auto shard = poly->subscriptions.back().second;
    self->send(shard, book(poly_market, {{cents(50), contracts(80)}}, {}, at, version));
    self->send(shard, book(kalshi_market, {}, {{cents(44), contracts(10)}}, at, version));
    sched.run();
  }

  std::map<std::string, std::int64_t> metrics() {
    self->send(caf::actor_cast<caf::actor>(host), caf::get_atom_v);
    sched.run();
    const auto answer = next<Metrics>();
    REQUIRE(answer);
    CHECK(answer->source == "shard_host");
    return answer->values;
  }
};

} // namespace

SCENARIO_METHOD(HostFixture, "a host runs one shard for each assigned game") {
  GIVEN("an assignment of a game whose state was heard before") {
    say(game_update(Phase::live));
    say(assignment());
    THEN("the shard is subscribed to each venue's own markets") {
      REQUIRE(kalshi->subscriptions.size() == 1);
      REQUIRE(poly->subscriptions.size() == 1);
      CHECK(kalshi->subscriptions[0].first.markets == std::vector{kalshi_market, kalshi_rival});
      CHECK(poly->subscriptions[0].first.markets == std::vector{poly_market});
      CHECK(kalshi->subscriptions[0].second == poly->subscriptions[0].second);
    }
    WHEN("the books make an opportunity") {
      offer();
      THEN("the signal goes to the host's sinks") {
        CHECK(next<Signal>());
      }
    }
    WHEN("the lease is renewed") {
      say(assignment(1, noon + 2h));
      THEN("no second shard and no second subscription comes of it") {
        CHECK(kalshi->subscriptions.size() == 1);
        CHECK(metrics().at("shards_started") == 1);
      }
    }
    WHEN("an older epoch speaks") {
      say(assignment(0, noon + 9h));
      THEN("it is refused and counted") {
        CHECK(metrics().at("assignments_old_epoch") == 1);
        offer(noon + 2h);
        CHECK_FALSE(next<Signal>());
      }
    }
    WHEN("a tick ends the lease") {
      say(Tick{noon + 1h});
      offer(noon + 1h);
      THEN("the shard is silent and kept for a while") {
        CHECK_FALSE(next<Signal>());
        CHECK(metrics().at("games") == 1);
      }
      AND_WHEN("nobody renews it for a minute more") {
        say(Tick{noon + 1h + 61s});
        THEN("it is stopped, and what it counted stays in the sum") {
          CHECK(poly->unsubscribed == 1);
          const auto values = metrics();
          CHECK(values.at("games") == 0);
          CHECK(values.at("skipped:lease_over") == 2);
        }
      }
    }
    WHEN("the game ends") {
      offer();
      REQUIRE(next<Signal>());
      say(GameEnded{.game = matched_game().game});
      THEN("the shard is unsubscribed and gone, the host is not") {
        CHECK(kalshi->unsubscribed == 1);
        CHECK(poly->unsubscribed == 1);
        const auto values = metrics();
        CHECK(values.at("games") == 0);
        CHECK(values.at("signals") == 1);
        CHECK(values.at("best_edge_micros") == 30'252);
      }
    }
    WHEN("the shard crashes") {
      self->send_exit(poly->subscriptions.back().second, caf::exit_reason::unhandled_exception);
      sched.run();
      THEN("the host lives, and starts another with the next renewal") {
        CHECK(metrics().at("shards_crashed") == 1);
        say(assignment(1, noon + 2h));
        CHECK(metrics().at("shards_started") == 2);
        REQUIRE(poly->subscriptions.size() == 2);
        offer();
        CHECK(next<Signal>());
      }
    }
  }
}

SCENARIO_METHOD(HostFixture, "shards end with their host") {
  GIVEN("a hosted game") {
    say(assignment());
    WHEN("the host is stopped") {
      self->monitor(poly->subscriptions.back().second);
      self->send_exit(host, caf::exit_reason::user_shutdown);
      sched.run();
      THEN("its shard goes down too") {
        CHECK(next<caf::down_msg>());
      }
    }
  }
}

TEST_CASE("Counters of shards are added, of best values the best stays") {
  Metrics sum{"host", {{"scans", 3}, {"best_edge_micros", -5}}};
  add_metrics(sum, {"shard", {{"scans", 4}, {"best_edge_micros", -9}, {"signals", 1}}});
  add_metrics(sum, {"shard", {{"best_edge_micros", 7}}});
  CHECK(
    sum.values
    == std::map<std::string, std::int64_t>{{"scans", 7}, {"best_edge_micros", 7}, {"signals", 1}});
}
