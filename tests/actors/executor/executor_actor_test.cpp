#include "actors/executor/executor_actor.hpp"

#include "actors/executor/paper_venue_actor.hpp"
#include "tests/actor_fixture.hpp"
#include "tests/actors/executor/pair_fixture.hpp"

using namespace arbees;
using namespace arbees::test;

namespace {

/// What a ledger was told, kept where the test can see it.
struct LedgerLog {
  std::vector<CommitIntent> commits;
  std::vector<OrderReport> reports;
  std::vector<Fill> fills;
  std::vector<PairClosed> closed;
  std::vector<Settlement> settlements;
  std::vector<TradingControl> controls;
  bool refuses = false;
  bool silent = false;
};

struct LedgerDouble {
  static constexpr auto name = "ledger_double";
  std::vector<caf::typed_response_promise<IntentCommitted>> unanswered;
};

/// Answers commits as told; the real ledger has its own tests.
LedgerActor::behavior_type
ledger_double(LedgerActor::stateful_pointer<LedgerDouble> self, std::shared_ptr<LedgerLog> log) {
  return {
    [self, log](const CommitIntent& commit) -> caf::result<IntentCommitted> {
      log->commits.push_back(commit);
      if (log->refuses) {
        return caf::make_error(Errc::ledger_refused, "disk full");
      }
      if (log->silent) {
        auto promise = self->make_response_promise<IntentCommitted>();
        self->state.unanswered.push_back(promise);
        return promise;
      }
      return IntentCommitted{.pair = commit.request.pair, .committed_at = start};
    },
    [log](const OrderReport& report) { log->reports.push_back(report); },
    [log](const Fill& fill) { log->fills.push_back(fill); },
    [log](const PairClosed& closed) { log->closed.push_back(closed); },
    [](const BalanceUpdate&) {},
    [log](const Settlement& settlement) { log->settlements.push_back(settlement); },
    [](const Reconciliation&) {},
    [log](const TradingControl& control) { log->controls.push_back(control); },
    [](const ReadAccount& read) { return AccountView{.venue = read.venue}; },
    [](const Tick&) {},
    [](caf::get_atom) { return Metrics{}; },
  };
}

struct GatewayLog {
  std::vector<OrderIntent> orders;
  std::vector<QueryOrder> queries;
  std::vector<CancelOrder> cancels;
  int cancel_alls = 0;
};

/// A venue that takes orders and says nothing.
VenueGatewayActor::behavior_type
mute_venue(VenueGatewayActor::pointer, std::shared_ptr<GatewayLog> log) {
  return {
    [log](const OrderIntent& order, const OrderSink&) { log->orders.push_back(order); },
    [log](const QueryOrder& query, const OrderSink&) { log->queries.push_back(query); },
    [log](const CancelOrder& cancel, const OrderSink&) { log->cancels.push_back(cancel); },
    [log](const CancelAllOrders&) { ++log->cancel_alls; },
  };
}

class ExecutorFixture : public ActorFixture {
public:
  /// Executor, ledger and both paper venues, with the game and its books known to all.
  void open_paper(Duration poly_delay = 0s) {
    kalshi = spawn(paper_venue,
                   PaperVenueConfig{.venue = Venue::kalshi, .latency = 60ms, .share_percent = 100});
    poly =
      spawn(paper_venue,
            PaperVenueConfig{.venue = Venue::polymarket, .latency = 90ms, .share_percent = 100});
    start_executor(
      {caf::actor_cast<VenueGatewayActor>(kalshi), caf::actor_cast<VenueGatewayActor>(poly)});
    const MatchedGame match{.markets = {kalshi_market(), poly_market(poly_delay)}};
    self->send(kalshi, match);
    self->send(poly, match);
    self->send(desk, match);
    for (const auto& book : calm_books()) {
      show(book);
    }
  }

  void open_mute() {
    gateway = std::make_shared<GatewayLog>();
    const auto venue = spawn(mute_venue, gateway);
    start_executor({venue, venue});
    self->send(desk, MatchedGame{.markets = {kalshi_market(), poly_market()}});
    for (const auto& book : calm_books()) {
      self->send(desk, book);
    }
    sched.run();
  }

  void start_executor(VenueGateways gateways) {
    ledger = spawn(ledger_double, log);
    desk = spawn(executor, ExecutorConfig{}, ledger, gateways, ExecutorStart{});
    self->send(desk, caf::subscribe_atom_v, sink<TradeSink>());
    sched.run();
  }

  void show(const BookUpdate& book) {
    self->send(book.venue == Venue::kalshi ? kalshi : poly, book);
    self->send(desk, book);
    sched.run();
  }

  void tick(Duration after_start) {
    const Tick tick{.now = start + after_start};
    if (kalshi) {
      self->send(kalshi, tick);
      self->send(poly, tick);
      sched.run();
    }
    self->send(desk, tick);
    sched.run();
  }

  void ask(Quantity quantity, PairId pair = PairId{0xabc}) {
    self->send(desk, request_for(quantity, pair));
    sched.run();
  }

  std::map<std::string, std::int64_t> metrics() {
    std::map<std::string, std::int64_t> values;
    auto request = self->request(desk, caf::infinite, caf::get_atom_v);
    sched.run();
    request.receive([&](const Metrics& metrics) { values = metrics.values; },
                    [](const caf::error&) { FAIL("no metrics"); });
    return values;
  }

  std::shared_ptr<LedgerLog> log = std::make_shared<LedgerLog>();
  std::shared_ptr<GatewayLog> gateway;
  LedgerActor ledger;
  PaperVenueActor kalshi;
  PaperVenueActor poly;
  ExecutorActor desk;
};

} // namespace

SCENARIO_METHOD(ExecutorFixture, "a pair is executed on paper and everybody hears of it") {
  GIVEN("two quiet venues without delays") {
    open_paper();
    WHEN("a request comes and time passes") {
      ask(contracts(100));
      tick(70ms);
      CHECK(log->closed.empty());
      tick(100ms);
      THEN("the ledger has the intent, the fills and the outcome") {
        REQUIRE(log->commits.size() == 1);
        CHECK(log->commits[0].orders.size() == 2);
        CHECK(log->fills.size() == 2);
        REQUIRE(log->closed.size() == 1);
        const auto& closed = log->closed[0];
        CHECK(closed.outcome == PairOutcome::complete);
        CHECK(closed.cost == dollars(90));
        CHECK(closed.fees == dollars(1.7325 + 1.2375));
        CHECK(closed.locked_profit == dollars(7.03));
        const auto values = metrics();
        CHECK(values.at("pairs:complete") == 1);
        CHECK(values.at("pairs_open") == 0);
        CHECK(values.at("orders_sent") == 2);
        CHECK(values.at("locked_profit_micros") == 7'030'000);
        CHECK(values.at("fees_micros") == 2'970'000);
      }
      THEN("subscribers hear of fills, reports, balances, and last of the pair") {
        CHECK(next<Fill>());
        CHECK(next<OrderReport>());
        CHECK(next<BalanceUpdate>());
        CHECK(next<Fill>());
        CHECK(next<OrderReport>());
        const auto closed = next<PairClosed>();
        REQUIRE(closed);
        CHECK(closed->pair == PairId{0xabc});
      }
    }
  }
}

SCENARIO_METHOD(ExecutorFixture, "behind a delay the other leg follows what was really filled") {
  GIVEN("a Polymarket that waits a second") {
    open_paper(1s);
    WHEN("a maker pulls most of his offer meanwhile") {
      ask(contracts(100));
      tick(110ms);
      show(poly_book({{cents(55), contracts(30)}}, {}, start + 500ms));
      tick(1'110ms);
      tick(1'200ms);
      THEN("both legs hold the same, and nothing more was bought") {
        REQUIRE(log->commits.size() == 2);
        CHECK(log->commits[1].orders[0].market == kalshi_id);
        CHECK(log->commits[1].orders[0].quantity == contracts(30));
        REQUIRE(log->closed.size() == 1);
        CHECK(log->closed[0].outcome == PairOutcome::balanced_partial);
        CHECK(log->closed[0].held == std::array{contracts(30), contracts(30)});
        CHECK(log->reports.front().status == OrderStatus::accepted);
      }
    }
  }
}

SCENARIO_METHOD(ExecutorFixture, "a leg that found nothing leaves nothing behind") {
  GIVEN("two venues without delays") {
    open_paper();
    WHEN("Kalshi's offer is gone and does not come back") {
      ask(contracts(100));
      show(kalshi_book({{cents(60), contracts(50)}}, {{cents(62), contracts(50)}}, start + 20ms));
      for (int i = 1; i < 30; ++i) {
        tick(i * 100ms);
      }
      THEN("what Polymarket filled is sold again") {
        REQUIRE(log->closed.size() == 1);
        CHECK(log->closed[0].outcome == PairOutcome::unwound);
        CHECK(log->closed[0].held == std::array{Quantity{}, Quantity{}});
        CHECK(log->closed[0].locked_profit < Money{});
        REQUIRE(log->commits.size() == 2);
        CHECK(log->commits[1].orders[0].action == Action::sell);
      }
    }
  }
}

SCENARIO_METHOD(ExecutorFixture, "nothing goes to a venue without the ledger") {
  open_mute();
  GIVEN("a ledger that refuses") {
    log->refuses = true;
    WHEN("requests come") {
      ask(contracts(100), PairId{1});
      ask(contracts(100), PairId{2});
      THEN("no order is sent, and both pairs are void with a reason") {
        CHECK(gateway->orders.empty());
        CHECK(log->commits.size() == 1);
        const auto first = next<PairClosed>();
        REQUIRE(first);
        CHECK(first->outcome == PairOutcome::void_);
        CHECK(first->reason.starts_with("commit_refused"));
        const auto second = next<PairClosed>();
        REQUIRE(second);
        CHECK(second->reason == "ledger_refuses");
        CHECK(log->closed.size() == 1); // it never heard of the second
        CHECK(metrics().at("commit_refused") == 1);
      }
      AND_WHEN("it has recovered") {
        log->refuses = false;
        tick(900ms);
        ask(contracts(100), PairId{3});
        CHECK(gateway->orders.empty());
        self->send(desk, Tick{start + 1s});
        auto request = request_for(contracts(100), PairId{4});
        request.signal.expires_at = start + 2s;
        self->send(desk, request);
        sched.run();
        THEN("pairs are opened again") {
          CHECK(gateway->orders.size() == 2);
        }
      }
    }
  }
  GIVEN("a ledger that does not answer") {
    log->silent = true;
    WHEN("its time is up") {
      ask(contracts(100));
      CHECK(gateway->orders.empty());
      sched.advance_time(ExecutorConfig{}.commit_timeout);
      sched.run();
      THEN("the pair is void") {
        CHECK(gateway->orders.empty());
        const auto closed = next<PairClosed>();
        REQUIRE(closed);
        CHECK(closed->outcome == PairOutcome::void_);
      }
    }
  }
}

SCENARIO_METHOD(ExecutorFixture, "a silent venue is asked, and no order is sent twice") {
  GIVEN("orders that nobody reports on") {
    open_mute();
    ask(contracts(100));
    REQUIRE(gateway->orders.size() == 2);
    WHEN("minutes pass") {
      for (int i = 1; i < 300; ++i) {
        tick(i * 1s);
      }
      THEN("it is asked about both, and only asked") {
        CHECK(gateway->orders.size() == 2);
        CHECK(gateway->queries.size() > 10);
        CHECK(metrics().at("unknown_orders") == 2);
        CHECK(metrics().at("alerts:order_unknown") == 2);
        CHECK_FALSE(next<PairClosed>());
      }
    }
  }
}

SCENARIO_METHOD(ExecutorFixture, "duplicates are counted and not passed on") {
  GIVEN("a pair with a fill") {
    open_mute();
    ask(contracts(100));
    const Fill fill{.fill_id = "f",
                    .client_order_id = gateway->orders[0].client_order_id,
                    .pair = PairId{0xabc},
                    .market = gateway->orders[0].market,
                    .side = gateway->orders[0].side,
                    .price = cents(45),
                    .quantity = contracts(1)};
    self->send(desk, fill);
    WHEN("the fill and the request come again") {
      self->send(desk, fill);
      ask(contracts(100));
      THEN("nothing new is said") {
        CHECK(log->fills.size() == 1);
        CHECK(next<Fill>());
        CHECK_FALSE(next<Fill>());
        CHECK(gateway->orders.size() == 2);
        CHECK(metrics().at("ignored:duplicate_fill") == 1);
        CHECK(metrics().at("duplicate_requests") == 1);
      }
    }
  }
}

SCENARIO_METHOD(ExecutorFixture, "who is subscribed late hears how the venues stand") {
  GIVEN("a venue that was down and opened, and its money") {
    open_mute();
    for (const auto state : {VenueState::down, VenueState::open}) {
      self->send(desk, VenueStatus{.venue = Venue::kalshi, .exchange_index = 3, .state = state});
    }
    self->send(desk, BalanceUpdate{.venue = Venue::kalshi, .available = dollars(5)});
    self->send(desk, Reconciliation{.venue = Venue::polymarket});
    sched.run();
    WHEN("somebody is subscribed") {
      self->send(desk, caf::subscribe_atom_v, sink<TradeSink>());
      sched.run();
      THEN("the last word of each is told, once") {
        const auto statuses = all<VenueStatus>();
        REQUIRE(statuses.size() == 3); // two of them to the fixture's own subscription
        CHECK(statuses[2].state == VenueState::open);
      }
    }
  }
}

SCENARIO_METHOD(ExecutorFixture, "a paper venue answers for its money and its orders") {
  GIVEN("a paper Kalshi with a book") {
    open_paper();
    const OrderIntent order{.pair = PairId{5},
                            .client_order_id = "a5",
                            .market = kalshi_id,
                            .limit = cents(45),
                            .quantity = contracts(10)};
    WHEN("an order is sent, and asked about before and after it arrived") {
      self->send(kalshi, order, sink<OrderSink>());
      self->send(kalshi, QueryOrder{.order = order}, sink<OrderSink>());
      sched.run();
      const auto before = next<OrderReport>();
      tick(100ms);
      THEN("it knows, and its metrics show the money") {
        REQUIRE(before);
        CHECK(before->status == OrderStatus::accepted);
        CHECK(next<Fill>());
        CHECK(next<OrderReport>()->status == OrderStatus::filled);
        CHECK(next<BalanceUpdate>()->available < dollars(9'995.5));
        auto request = self->request(kalshi, caf::infinite, caf::get_atom_v);
        sched.run();
        request.receive(
          [](const Metrics& metrics) {
            CHECK(metrics.source == "paper_venue:kalshi");
            CHECK(metrics.values.at("reports:filled") == 1);
            CHECK(metrics.values.at("balance_micros") < dollars(9'995.5).value());
          },
          [](const caf::error&) { FAIL("no metrics"); });
      }
    }
  }
}

SCENARIO_METHOD(ExecutorFixture, "an order rests on paper, is filled, and its hedge is taken") {
  GIVEN("an order that rests on Polymarket") {
    open_paper(1s);
    self->send(desk, resting_request(contracts(100)));
    tick(0ms);
    tick(110ms);
    REQUIRE(log->reports.size() == 1);
    CHECK(log->reports[0].status == OrderStatus::accepted);
    WHEN("somebody bids what it asks, and Kalshi has had its time") {
      show(poly_book({{cents(56), contracts(300)}}, {{cents(58), contracts(9)}}, start + 1s));
      tick(1s);
      tick(1'100ms);
      THEN("both legs are there") {
        REQUIRE(log->closed.size() == 1);
        CHECK(log->closed[0].outcome == PairOutcome::complete);
        CHECK(log->closed[0].matched == contracts(100));
        CHECK(log->closed[0].locked_profit > dollars(9));
      }
    }
    WHEN("arbees is about to stop") {
      self->send(desk, caf::leave_atom_v);
      sched.run();
      tick(300ms);
      tick(400ms);
      ask(contracts(100), PairId{0xdef});
      THEN("it is withdrawn, and nothing new is opened") {
        REQUIRE(log->closed.size() == 1);
        CHECK(log->closed[0].reason == "leaving");
        CHECK(log->commits.size() == 1);
        CHECK(metrics()["refused:leaving"] == 1);
      }
    }
    WHEN("a venue pauses") {
      self->send(desk, VenueStatus{.venue = Venue::kalshi, .state = VenueState::cancel_only});
      sched.run();
      tick(300ms);
      tick(400ms);
      THEN("it is withdrawn, and nothing was bought") {
        REQUIRE(log->closed.size() == 1);
        CHECK(log->closed[0].outcome == PairOutcome::void_);
        CHECK(log->closed[0].reason == "venue_cancel_only:kalshi");
      }
    }
  }
}

SCENARIO_METHOD(ExecutorFixture, "a halt takes what rests out of the book and sends nothing else") {
  GIVEN("an order that rests at a venue") {
    open_mute();
    self->send(desk, resting_request(contracts(100)));
    sched.run();
    REQUIRE(gateway->orders.size() == 1);
    const auto order = gateway->orders[0];
    WHEN("trading is halted, and the order is filled all the same") {
      self->send(desk, TradingControl{.state = TradingState::halted, .at = start + 1s});
      sched.run();
      self->send(desk, Fill{.fill_id = "1",
                            .client_order_id = order.client_order_id,
                            .pair = order.pair,
                            .market = order.market,
                            .side = order.side,
                            .price = order.limit,
                            .quantity = contracts(10),
                            .at = start + 1s});
      sched.run();
      tick(5s);
      THEN("there were cancels only") {
        CHECK(gateway->cancel_alls == 2); // one a venue
        CHECK(gateway->cancels.size() >= 1);
        CHECK(gateway->cancels[0].order.client_order_id == order.client_order_id);
        CHECK(gateway->orders.size() == 1);
      }
      AND_WHEN("it is over") {
        self->send(desk, TradingControl{.state = TradingState::reduce_only, .at = start + 6s});
        sched.run();
        tick(7s);
        THEN("what was filled is hedged, and the order is still to go") {
          REQUIRE(gateway->orders.size() == 2);
          CHECK(gateway->orders[1].leg == 0);
          CHECK(gateway->orders[1].quantity == contracts(10));
        }
      }
    }
  }
}
