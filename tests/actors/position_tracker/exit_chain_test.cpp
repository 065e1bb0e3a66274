#include "actors/executor/executor_actor.hpp"
#include "actors/executor/paper_venue_actor.hpp"
#include "actors/position_tracker/position_tracker_actor.hpp"
#include "actors/signal_processor/signal_processor_actor.hpp"
#include "tests/actor_fixture.hpp"
#include "tests/actors/executor/pair_fixture.hpp"

using namespace arbees;
using namespace arbees::test;

namespace {

struct LedgerLog {
  std::vector<CommitIntent> commits;
  std::vector<PairClosed> closed;
  std::vector<TradingControl> controls;
};

LedgerActor::behavior_type quick_ledger(LedgerActor::pointer, std::shared_ptr<LedgerLog> log) {
  return {
    [log](const CommitIntent& commit) -> caf::result<IntentCommitted> {
      log->commits.push_back(commit);
      return IntentCommitted{.pair = commit.request.pair, .committed_at = start};
    },
    [](const OrderReport&) {},
    [](const Fill&) {},
    [log](const PairClosed& closed) { log->closed.push_back(closed); },
    [](const BalanceUpdate&) {},
    [](const Settlement&) {},
    [](const Reconciliation&) {},
    [log](const TradingControl& control) { log->controls.push_back(control); },
    [](const ReadAccount& read) { return AccountView{.venue = read.venue}; },
    [](const Tick&) {},
    [](caf::get_atom) { return Metrics{}; },
  };
}

/// Tracker, processor, executor, both paper venues: all that an exit passes through.
class ChainFixture : public ActorFixture {
public:
  ChainFixture() {
    self->send(desk, caf::subscribe_atom_v, caf::actor_cast<TradeSink>(processor));
    self->send(desk, caf::subscribe_atom_v, caf::actor_cast<TradeSink>(tracker));
    self->send(desk, caf::subscribe_atom_v, sink<TradeSink>());
    self->send(processor, caf::subscribe_atom_v, caf::actor_cast<DecisionSink>(tracker));
    sched.run();
    const MatchedGame match{.game = {.id = GameId{2}, .start = start},
                            .markets = {kalshi_market(), poly_market()},
                            .tradable = true};
    self->send(kalshi, match);
    self->send(poly, match);
    self->send(desk, match);
    self->send(processor, match);
    self->send(tracker, match);
    for (const auto& book : calm_books()) {
      show(book);
    }
  }

  /// Holds 20 contracts of both legs.
  void open_pair() {
    // As the processor would after it has approved: risk and tracker know of it, then it is filled.
    const auto request = request_for(contracts(20));
    self->send(processor, PairRestored{.pair = {.request = request, .intent_at = start}});
    self->send(tracker, request);
    self->send(desk, request);
    sched.run();
    pass(200ms);
    pass(400ms);
    REQUIRE(log->closed.size() == 1);
    REQUIRE(log->closed[0].held[0] == contracts(20));
  }

  void show(const BookUpdate& book) {
    self->send(book.venue == Venue::kalshi ? kalshi : poly, book);
    self->send(desk, book);
    self->send(tracker, book);
    sched.run();
  }

  /// Both sides bid for as much, a second of book time later.
  void bid(Price kalshi_price, Price poly_price, Duration after_start) {
    show(kalshi_book({{kalshi_price, contracts(200)}}, {{cents(99), contracts(200)}},
                     start + after_start));
    show(poly_book({{cents(1), contracts(200)}}, {{complement(poly_price), contracts(200)}},
                   start + after_start));
  }

  void pass(Duration after_start) {
    const Tick tick{.now = start + after_start};
    for (const auto& actor : {caf::actor_cast<TickSink>(kalshi), caf::actor_cast<TickSink>(poly),
                              caf::actor_cast<TickSink>(processor), caf::actor_cast<TickSink>(desk),
                              caf::actor_cast<TickSink>(tracker)}) {
      self->send(actor, tick);
      sched.run();
    }
  }

  std::shared_ptr<LedgerLog> log = std::make_shared<LedgerLog>();
  PaperVenueActor kalshi =
    spawn(paper_venue,
          PaperVenueConfig{.venue = Venue::kalshi, .latency = 60ms, .share_percent = 100});
  PaperVenueActor poly =
    spawn(paper_venue,
          PaperVenueConfig{.venue = Venue::polymarket, .latency = 90ms, .share_percent = 100});
  LedgerActor ledger = spawn(quick_ledger, log);
  ExecutorActor desk = spawn(executor, ExecutorConfig{}, ledger,
                             VenueGateways{caf::actor_cast<VenueGatewayActor>(kalshi),
                                           caf::actor_cast<VenueGatewayActor>(poly)},
                             ExecutorStart{});
  SignalProcessorActor processor =
    spawn(signal_processor, RiskConfig{}, std::vector<RequestSink>{desk},
          std::vector<DecisionSink>{});
  PositionTrackerActor tracker =
    spawn(position_tracker, PositionConfig{}, std::shared_ptr<const SettlementTable>{},
          std::vector<ExitSignalSink>{processor}, std::vector{sink<PositionSink>()});
};

} // namespace

SCENARIO_METHOD(ChainFixture, "a position that should be sold is sold") {
  GIVEN("a pair that holds 20 contracts of both legs") {
    open_pair();
    bid(cents(46), cents(46), 1s);
    WHEN("a person flattens") {
      self->send(desk,
                 TradingControl{.state = TradingState::flatten, .by = "test", .at = start + 2s});
      sched.run();
      pass(2s + 200ms);
      pass(2s + 400ms);
      THEN("both legs are sold at once, each order committed first") {
        REQUIRE(log->commits.size() == 2);
        const auto& orders = log->commits[1].orders;
        REQUIRE(orders.size() == 2);
        for (const auto& order : orders) {
          CHECK(order.purpose == OrderPurpose::exit);
          CHECK(order.action == Action::sell);
          CHECK(order.quantity == contracts(20));
          CHECK(order.limit == cents(46));
        }
        CHECK(orders[1].side == Side::no);
        CHECK(orders[0].client_order_id
              == client_order_id(PairId{0xabc}, 0, OrderPurpose::exit, 0));
      }
      THEN("the pair's end is told anew, then the exit's, and the position is closed") {
        REQUIRE(log->closed.size() == 2);
        CHECK(log->closed[1].revision == 1);
        CHECK(log->closed[1].outcome == PairOutcome::unwound);
        CHECK(log->closed[1].held == std::array<Quantity, 2>{});
        CHECK(log->closed[1].cost == dollars(-0.40));
        const auto updates = all<PositionUpdate>();
        REQUIRE_FALSE(updates.empty());
        CHECK(updates.back().state == PositionState::closed);
        CHECK(updates.back().matched == Quantity{});
        CHECK(updates.back().realised == dollars(0.40));
      }
      THEN("the exit's end says what was sold") {
        const auto ended = all<ExitEnded>();
        REQUIRE(ended.size() == 1);
        CHECK(ended[0].reason == ExitReason::flatten);
        CHECK(ended[0].refused.empty());
        CHECK(ended[0].sold == std::array{contracts(20), contracts(20)});
        CHECK(ended[0].proceeds == dollars(18.40));
        CHECK(ended[0].fees > Money{});
      }
    }
    WHEN("both books only take a part of it") {
      const auto half = [&](Price price, Duration at) {
        show(kalshi_book({{price, contracts(8)}}, {{cents(99), contracts(200)}}, start + at));
        show(poly_book({{cents(1), contracts(200)}}, {{complement(price), contracts(12)}},
                       start + at));
      };
      half(cents(46), 2s);
      self->send(desk,
                 TradingControl{.state = TradingState::flatten, .by = "test", .at = start + 2s});
      sched.run();
      pass(2s + 200ms);
      pass(2s + 400ms);
      THEN("a smaller balanced pair is left") {
        REQUIRE(log->closed.size() == 2);
        CHECK(log->closed[1].held == std::array{contracts(12), contracts(12)});
        CHECK(log->closed[1].matched == contracts(12));
        const auto updates = all<PositionUpdate>();
        REQUIRE_FALSE(updates.empty());
        CHECK(updates.back().state == PositionState::open);
        CHECK(updates.back().matched == contracts(12));
      }
    }
    WHEN("trading is halted") {
      self->send(desk,
                 TradingControl{.state = TradingState::halted, .by = "test", .at = start + 2s});
      sched.run();
      bid(cents(70), cents(70), 2s);
      pass(3s);
      THEN("nothing is sold") {
        CHECK(log->commits.size() == 1);
      }
    }
    WHEN("a venue goes down") {
      self->send(desk, VenueStatus{.venue = Venue::kalshi, .state = VenueState::down});
      self->send(desk,
                 TradingControl{.state = TradingState::flatten, .by = "test", .at = start + 2s});
      sched.run();
      THEN("risk rejects the exit, and the position stays open with the reason") {
        CHECK(log->commits.size() == 1);
        const auto updates = all<PositionUpdate>();
        REQUIRE_FALSE(updates.empty());
        CHECK(updates.back().state == PositionState::open);
        CHECK(updates.back().reason.find("venue_state") != std::string::npos);
      }
    }
  }
}

SCENARIO_METHOD(ChainFixture, "the day's losses latch reduce-only") {
  WHEN("a pair has lost more than a day may") {
    self->send(processor,
               PairClosed{.pair = PairId{9}, .locked_profit = dollars(-500), .closed_at = start});
    sched.run();
    THEN("the executor obeys once, and the ledger has it") {
      pass(1s);
      pass(2s);
      REQUIRE(log->controls.size() == 1);
      CHECK(log->controls[0].state == TradingState::reduce_only);
      CHECK(log->controls[0].by == "loss_limit");
      CHECK(log->controls[0].reason.find("500") != std::string::npos);
    }
    AND_WHEN("a person resumes") {
      self->send(desk, TradingControl{.by = "person", .at = start + 3s});
      sched.run();
      pass(4s);
      THEN("it stays resumed") {
        REQUIRE(log->controls.size() == 2);
        CHECK(log->controls[1].state == TradingState::active);
      }
    }
  }
}
