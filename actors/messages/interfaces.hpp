#pragma once

#include <caf/all.hpp>

#include "actors/messages/candle.hpp"
#include "actors/messages/control.hpp"
#include "actors/messages/errors.hpp"
#include "actors/messages/feed.hpp"
#include "actors/messages/listing.hpp"
#include "actors/messages/position.hpp"
#include "actors/messages/telemetry.hpp"
#include "actors/messages/wire.hpp"

// Who may say what to whom: every typed actor handle of arbees.

namespace arbees {

/// The markets that a subscriber wants; none means all.
struct BookInterest {
  std::vector<MarketId> markets;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, BookInterest& x) {
  return f(caf::meta::type_name("BookInterest"), x.markets);
}

/// The venue that a monitor follows.
struct VenueInterest {
  Venue venue = Venue::kalshi;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, VenueInterest& x) {
  return f(caf::meta::type_name("VenueInterest"), x.venue);
}

using TickSink = caf::typed_actor<caf::reacts_to<Tick>>;
using BookSink = caf::typed_actor<caf::reacts_to<BookUpdate>>;
/// Where books come from, for one who wants some of them: every monitor is one.
using BookSource = caf::typed_actor<caf::reacts_to<caf::subscribe_atom, BookInterest, BookSink>,
                                    caf::reacts_to<caf::unsubscribe_atom, BookSink>>;
/// Hears of every minute of every market once it is over.
using CandleSink = caf::typed_actor<caf::reacts_to<Candle>>;
using WireSink = caf::typed_actor<caf::reacts_to<WireMessage>, caf::reacts_to<WireRejected>>;

/// Answers with its counters.
using MetricsSource = caf::typed_actor<caf::replies_to<caf::get_atom>::with<Metrics>>;

/// Hears whether a venue's market data comes at all.
using FeedStatusSink = caf::typed_actor<caf::reacts_to<FeedStatus>>;

/// What a venue's monitor says of its market data.
using FeedSink = caf::typed_actor<caf::reacts_to<BookUpdate>, caf::reacts_to<FeedStatus>>;

/// What the orchestrator says of games and matches.
using GameSink = caf::typed_actor<caf::reacts_to<GameDiscovered>, caf::reacts_to<GameUpdate>,
                                  caf::reacts_to<GameEnded>, caf::reacts_to<MatchedGame>,
                                  caf::reacts_to<MatchRejected>>;

/// What the pollers read from the scoreboard and the venues' catalogues.
using ListingSink = caf::typed_actor<caf::reacts_to<Scoreboard>, caf::reacts_to<VenueCatalogue>>;

/// Told which markets to follow: a monitor, a feed.
using WatchSink = caf::typed_actor<caf::reacts_to<WatchMarkets>, caf::reacts_to<UnwatchMarkets>>;

using SignalSink = caf::typed_actor<caf::reacts_to<Signal>>;

/// Judges whether a position may be sold.
using ExitSignalSink = caf::typed_actor<caf::reacts_to<ExitSignal>>;

/// Carries approved signals out, and obeys when the day's losses are too many.
using RequestSink = caf::typed_actor<caf::reacts_to<ExecutionRequest>, caf::reacts_to<ExitRequest>,
                                     caf::reacts_to<TradingControl>>;

/// What the signal processor decided.
using DecisionSink =
  caf::typed_actor<caf::reacts_to<ExecutionRequest>, caf::reacts_to<SignalRejected>,
                   caf::reacts_to<ExitRequest>, caf::reacts_to<ExitRejected>>;

/// What the position tracker says.
using PositionSink =
  caf::typed_actor<caf::reacts_to<PositionUpdate>, caf::reacts_to<PositionsSnapshot>,
                   caf::reacts_to<ExitSignal>>;

/// What became of orders, and how the account and the venue stand: from a venue to the executor.
using OrderSink =
  caf::typed_actor<caf::reacts_to<OrderReport>, caf::reacts_to<Fill>, caf::reacts_to<BalanceUpdate>,
                   caf::reacts_to<VenueStatus>, caf::reacts_to<Settlement>>;

/// What became of pairs, and all that the executor hears of venues and of money.
using TradeSink = caf::typed_actor<caf::reacts_to<PairClosed>, caf::reacts_to<ExitEnded>,
                                   caf::reacts_to<TradingControl>,
                                   caf::reacts_to<Reconciliation>>::extend_with<OrderSink>;

/// Answers how the account at one venue stands: a venue, the ledger.
using AccountSource = caf::typed_actor<caf::replies_to<ReadAccount>::with<AccountView>>;

/// Everything that is published: the ZMQ publisher, the history.
using EventSink = caf::typed_actor<caf::reacts_to<Metrics>>::extend_with<FeedSink>::extend_with<
  GameSink>::extend_with<SignalSink>::extend_with<DecisionSink>::extend_with<TradeSink>::
  extend_with<PositionSink>::extend_with<CandleSink>;

/// A venue's market data socket (bridges/kalshi, bridges/polymarket).
using FeedActor = caf::typed_actor<
  // Subscribes to these markets too; known ones are kept.
  caf::reacts_to<WatchMarkets>,
  // Unsubscribes.
  caf::reacts_to<UnwatchMarkets>,
  // Asks the venue for whole books.
  caf::reacts_to<RequestSnapshots>,
  // Drops the connection; a new one follows.
  caf::reacts_to<ReconnectFeed>>;

/// What both monitors have in common: the books of one venue, whole and verified.
using MonitorActor = caf::typed_actor<
  // The socket that serves it. A monitor is spawned first, because the socket reports to it.
  caf::reacts_to<caf::put_atom, FeedActor>,
  // Follows these markets, and passes the wish on to the socket.
  caf::reacts_to<WatchMarkets>,
  // Follows them no longer.
  caf::reacts_to<UnwatchMarkets>,
  // Sends the books of these markets, at once what is known and then each change.
  caf::reacts_to<caf::subscribe_atom, BookInterest, BookSink>,
  // Sends every book and every change of the connection.
  caf::reacts_to<caf::subscribe_atom, FeedSink>,
  // Sends every change of the connection.
  caf::reacts_to<caf::subscribe_atom, FeedStatusSink>,
  // Sends no more to this one.
  caf::reacts_to<caf::unsubscribe_atom, BookSink>,
  // Looks for feeds that have gone silent and snapshots that never came.
  caf::reacts_to<Tick>,
  // What the socket reports.
  caf::reacts_to<FeedConnected>, caf::reacts_to<FeedDisconnected>, caf::reacts_to<FrameRejected>,
  caf::reacts_to<MarketClosed>>::extend_with<MetricsSource>;

using KalshiMonitorActor =
  caf::typed_actor<caf::reacts_to<KalshiSubscribed>, caf::reacts_to<KalshiAck>,
                   caf::reacts_to<KalshiCommandFailed>, caf::reacts_to<KalshiSnapshot>,
                   caf::reacts_to<KalshiDelta>>::extend_with<MonitorActor>;

using PolymarketMonitorActor =
  caf::typed_actor<caf::reacts_to<PolymarketBook>, caf::reacts_to<PolymarketChanges>,
                   caf::reacts_to<PolymarketTickChange>>::extend_with<MonitorActor>;

/// Looks for arbitrage in one game.
using GameShardActor = caf::typed_actor<
  // The game's contracts, or a renewed lease.
  caf::reacts_to<GameAssignment>,
  // A book changed: the hot path begins here.
  caf::reacts_to<BookUpdate>,
  // Score, clock and phase.
  caf::reacts_to<GameUpdate>,
  // Leases run out by it.
  caf::reacts_to<Tick>>::extend_with<MetricsSource>;

/// Hosts one game shard per assigned game.
using ShardHostActor = caf::typed_actor<
  // Spawns the game's shard, or renews its lease.
  caf::reacts_to<GameAssignment>,
  // Passed on to the game's shard.
  caf::reacts_to<GameUpdate>,
  // Stops the game's shard.
  caf::reacts_to<GameEnded>,
  // Passed on to every shard.
  caf::reacts_to<Tick>>::extend_with<MetricsSource>;

/// Proves which markets are the same game, and gives each game to a shard host.
using OrchestratorActor = caf::typed_actor<
  // Hears of every game, match and refusal; a new one is told what stands.
  caf::reacts_to<caf::subscribe_atom, GameSink>,
  // Takes games from now on, until it goes down.
  caf::reacts_to<caf::subscribe_atom, ShardHostActor>,
  // Is told which of its venue's markets to follow.
  caf::reacts_to<caf::subscribe_atom, VenueInterest, WatchSink>,
  // Renews leases, and lets old listings go.
  caf::reacts_to<Tick>>::extend_with<ListingSink>::extend_with<MetricsSource>;

/// Risk and sizing: every signal becomes a request or a rejection.
using SignalProcessorActor = caf::typed_actor<
  // Judged at once.
  caf::reacts_to<Signal>, caf::reacts_to<ExitSignal>,
  // What earlier runs did today and still hold; before the first signal.
  caf::reacts_to<PairRestored>,
  // Contracts' grids, minimums and settlement flags.
  caf::reacts_to<MatchedGame>,
  // A feed that is down stops new pairs on its venue.
  caf::reacts_to<FeedStatus>,
  // A game that is over frees its exposure.
  caf::reacts_to<GameEnded>,
  // Time passes even if no signal comes.
  caf::reacts_to<Tick>,
  // Hears of every decision.
  caf::reacts_to<caf::subscribe_atom, DecisionSink>>::
  // What is in flight, held and paid, what may be spent, and whether anything may be.
  extend_with<TradeSink>::extend_with<MetricsSource>;

/// Sends orders to one venue, or fills them on paper.
using VenueGatewayActor = caf::typed_actor<
  // Sends the order; reports go to the sink, at least until one is terminal.
  caf::reacts_to<OrderIntent, OrderSink>,
  // Looks the order up at the venue and reports what is known of it.
  caf::reacts_to<QueryOrder, OrderSink>,
  // Takes what rests of the order out of the venue's book.
  caf::reacts_to<CancelOrder, OrderSink>,
  // The kill switch: takes out everything.
  caf::reacts_to<CancelAllOrders>>;

/// A gateway to the venue itself.
using LiveGatewayActor = caf::typed_actor<
  // Hears of the account's balance and settlements and of the venue's state, at once what is known
  // and then each change; whoever sends an order does anyway.
  caf::reacts_to<caf::subscribe_atom, OrderSink>,
  // Look-ups, polls and deadlines go by it.
  caf::reacts_to<Tick>>::
  // Reads the account from the venue anew; Errc::io_failed if it cannot be read whole.
  extend_with<AccountSource>::extend_with<VenueGatewayActor>::extend_with<MetricsSource>;

/// The gateway to Polymarket.
using PolymarketGatewayActor = caf::typed_actor<
  // The markets' grids, minimums, fees and delays, and which exchange settles them.
  caf::reacts_to<MatchedGame>>::extend_with<LiveGatewayActor>;

/// A gateway that fills from the live books (paper mode).
using PaperVenueActor = caf::typed_actor<
  // The market's delay, minimums and fees.
  caf::reacts_to<MatchedGame>,
  // Fills come out of these levels only.
  caf::reacts_to<BookUpdate>,
  // Orders arrive and age by it.
  caf::reacts_to<Tick>>::extend_with<VenueGatewayActor>::extend_with<MetricsSource>;

/// The truth about money.
using LedgerActor = caf::typed_actor<
  // Answers once the intent is on disk; Errc::ledger_refused if it is not.
  caf::replies_to<CommitIntent>::with<IntentCommitted>,
  // Recorded in the order of arrival, with the next intent or tick.
  caf::reacts_to<OrderReport>, caf::reacts_to<Fill>, caf::reacts_to<PairClosed>,
  caf::reacts_to<BalanceUpdate>, caf::reacts_to<Settlement>, caf::reacts_to<Reconciliation>,
  // Latched: the next start begins with it.
  caf::reacts_to<TradingControl>,
  // Commits what waits.
  caf::reacts_to<Tick>>::extend_with<AccountSource>::extend_with<MetricsSource>;

/// Both legs as one pair, to a terminal state.
using ExecutorActor = caf::typed_actor<
  // Opens a pair: intent first, then orders.
  caf::reacts_to<ExecutionRequest>,
  // Sells of both legs what it says.
  caf::reacts_to<ExitRequest>,
  // The kill switch and its lesser forms.
  caf::reacts_to<TradingControl>,
  // Live, no pair is opened before ledger and venues were found to agree.
  caf::reacts_to<Reconciliation>,
  // Prices for completing or unwinding.
  caf::reacts_to<BookUpdate>,
  // The markets' grids, minimums, fees and delays.
  caf::reacts_to<MatchedGame>,
  // Time boxes.
  caf::reacts_to<Tick>,
  // Hears of every order and pair.
  caf::reacts_to<caf::subscribe_atom, TradeSink>>::
  // Where its orders, the account and the venues stand.
  extend_with<OrderSink>::extend_with<MetricsSource>::extend<
    // arbees is about to stop: opens no pair any more, withdraws what rests, ends what is open.
    caf::reacts_to<caf::leave_atom>>;

/// What is held, what it is worth, and when it should be sold.
using PositionTrackerActor = caf::typed_actor<
  // Where books come from: it asks for those of the markets that it holds.
  caf::reacts_to<caf::put_atom, VenueInterest, BookSource>,
  // What earlier runs hold; before anything else.
  caf::reacts_to<PairRestored>,
  // Marks.
  caf::reacts_to<BookUpdate>,
  // Snapshots, and rules that go by time.
  caf::reacts_to<Tick>,
  // Hears of every position and exit; a new one is told of those that there are.
  caf::reacts_to<caf::subscribe_atom, PositionSink>>::
  // Fills, ends, payments; pairs as they are approved; games and their markets.
  extend_with<TradeSink>::extend_with<DecisionSink>::extend_with<GameSink>::extend_with<
    MetricsSource>;

/// Makes one-minute candles of the books.
using CandlesActor = caf::typed_actor<
  // Counts in the minute in which it was received.
  caf::reacts_to<BookUpdate>,
  // Tells the minutes that are over.
  caf::reacts_to<Tick>>::extend_with<MetricsSource>;

/// Compares the ledger with the venues, again and again.
using ReconcilerActor = caf::typed_actor<
  // Begins a comparison when one is due.
  caf::reacts_to<Tick>>::extend_with<MetricsSource>;

/// Everything published, encoded onto the bus (bridges/zmq).
using PublisherActor = caf::typed_actor<
  // Publishes the node's health.
  caf::reacts_to<Tick>>::extend_with<EventSink>::extend_with<MetricsSource>;

/// An actor's word to itself: look at your socket again.
using PollAtom = caf::atom_constant<caf::atom("poll")>;

/// The bus as it comes in: waits on one socket, and passes on what it reads (bridges/zmq).
using SubscriberActor = caf::typed_actor<
  // One wait for frames, bounded in time; sent by itself.
  caf::reacts_to<PollAtom>>::extend_with<MetricsSource>;

/// Makes typed messages of what came from the bus.
using DecoderActor = WireSink::extend_with<MetricsSource>;

/// Everything published, kept for analysis (bridges/store).
using HistoryActor = EventSink::extend_with<MetricsSource>;

/// Writes what it is given to one place, a terminal or a file, and says when it is done.
using OutputActor = caf::typed_actor<
  // Answered with an OutputDone to the sender.
  caf::reacts_to<OutputBatch>>::extend_with<MetricsSource>;

/// Watches the bus from outside: outputs, gaps, restarts.
using ObserverActor = caf::typed_actor<
  // An output has written its batch and can take the next.
  caf::reacts_to<OutputDone>,
  // Statistics line and heartbeat.
  caf::reacts_to<Tick>>::extend_with<WireSink>::extend_with<MetricsSource>;

} // namespace arbees

CAF_BEGIN_TYPE_ID_BLOCK(arbees, caf::first_custom_type_id)

  CAF_ADD_TYPE_ID(arbees, (arbees::AccountView))
  CAF_ADD_TYPE_ID(arbees, (arbees::BalanceUpdate))
  CAF_ADD_TYPE_ID(arbees, (arbees::BookInterest))
  CAF_ADD_TYPE_ID(arbees, (arbees::BookUpdate))
  CAF_ADD_TYPE_ID(arbees, (arbees::CancelAllOrders))
  CAF_ADD_TYPE_ID(arbees, (arbees::CancelOrder))
  CAF_ADD_TYPE_ID(arbees, (arbees::Candle))
  CAF_ADD_TYPE_ID(arbees, (arbees::CommitIntent))
  CAF_ADD_TYPE_ID(arbees, (arbees::ExecutionRequest))
  CAF_ADD_TYPE_ID(arbees, (arbees::ExitEnded))
  CAF_ADD_TYPE_ID(arbees, (arbees::ExitRejected))
  CAF_ADD_TYPE_ID(arbees, (arbees::ExitRequest))
  CAF_ADD_TYPE_ID(arbees, (arbees::ExitSignal))
  CAF_ADD_TYPE_ID(arbees, (arbees::FeedConnected))
  CAF_ADD_TYPE_ID(arbees, (arbees::FeedDisconnected))
  CAF_ADD_TYPE_ID(arbees, (arbees::FeedStatus))
  CAF_ADD_TYPE_ID(arbees, (arbees::Fill))
  CAF_ADD_TYPE_ID(arbees, (arbees::FrameRejected))
  CAF_ADD_TYPE_ID(arbees, (arbees::GameAssignment))
  CAF_ADD_TYPE_ID(arbees, (arbees::GameDiscovered))
  CAF_ADD_TYPE_ID(arbees, (arbees::GameEnded))
  CAF_ADD_TYPE_ID(arbees, (arbees::GameUpdate))
  CAF_ADD_TYPE_ID(arbees, (arbees::IntentCommitted))
  CAF_ADD_TYPE_ID(arbees, (arbees::KalshiAck))
  CAF_ADD_TYPE_ID(arbees, (arbees::KalshiCommandFailed))
  CAF_ADD_TYPE_ID(arbees, (arbees::KalshiDelta))
  CAF_ADD_TYPE_ID(arbees, (arbees::KalshiSnapshot))
  CAF_ADD_TYPE_ID(arbees, (arbees::KalshiSubscribed))
  CAF_ADD_TYPE_ID(arbees, (arbees::MarketClosed))
  CAF_ADD_TYPE_ID(arbees, (arbees::MatchRejected))
  CAF_ADD_TYPE_ID(arbees, (arbees::MatchedGame))
  CAF_ADD_TYPE_ID(arbees, (arbees::Metrics))
  CAF_ADD_TYPE_ID(arbees, (arbees::OrderIntent))
  CAF_ADD_TYPE_ID(arbees, (arbees::OrderReport))
  CAF_ADD_TYPE_ID(arbees, (arbees::OutputBatch))
  CAF_ADD_TYPE_ID(arbees, (arbees::OutputDone))
  CAF_ADD_TYPE_ID(arbees, (arbees::PairClosed))
  CAF_ADD_TYPE_ID(arbees, (arbees::PairRestored))
  CAF_ADD_TYPE_ID(arbees, (arbees::PolymarketBook))
  CAF_ADD_TYPE_ID(arbees, (arbees::PolymarketChanges))
  CAF_ADD_TYPE_ID(arbees, (arbees::PolymarketTickChange))
  CAF_ADD_TYPE_ID(arbees, (arbees::PositionUpdate))
  CAF_ADD_TYPE_ID(arbees, (arbees::PositionsSnapshot))
  CAF_ADD_TYPE_ID(arbees, (arbees::QueryOrder))
  CAF_ADD_TYPE_ID(arbees, (arbees::ReadAccount))
  CAF_ADD_TYPE_ID(arbees, (arbees::Reconciliation))
  CAF_ADD_TYPE_ID(arbees, (arbees::ReconnectFeed))
  CAF_ADD_TYPE_ID(arbees, (arbees::RequestSnapshots))
  CAF_ADD_TYPE_ID(arbees, (arbees::Scoreboard))
  CAF_ADD_TYPE_ID(arbees, (arbees::Settlement))
  CAF_ADD_TYPE_ID(arbees, (arbees::Signal))
  CAF_ADD_TYPE_ID(arbees, (arbees::SignalRejected))
  CAF_ADD_TYPE_ID(arbees, (arbees::Tick))
  CAF_ADD_TYPE_ID(arbees, (arbees::TradingControl))
  CAF_ADD_TYPE_ID(arbees, (arbees::UnwatchMarkets))
  CAF_ADD_TYPE_ID(arbees, (arbees::VenueCatalogue))
  CAF_ADD_TYPE_ID(arbees, (arbees::VenueInterest))
  CAF_ADD_TYPE_ID(arbees, (arbees::VenueStatus))
  CAF_ADD_TYPE_ID(arbees, (arbees::WatchMarkets))
  CAF_ADD_TYPE_ID(arbees, (arbees::WireMessage))
  CAF_ADD_TYPE_ID(arbees, (arbees::WireRejected))

  CAF_ADD_TYPE_ID(arbees, (arbees::BookSink))
  CAF_ADD_TYPE_ID(arbees, (arbees::BookSource))
  CAF_ADD_TYPE_ID(arbees, (arbees::CandleSink))
  CAF_ADD_TYPE_ID(arbees, (arbees::DecisionSink))
  CAF_ADD_TYPE_ID(arbees, (arbees::FeedActor))
  CAF_ADD_TYPE_ID(arbees, (arbees::FeedSink))
  CAF_ADD_TYPE_ID(arbees, (arbees::FeedStatusSink))
  CAF_ADD_TYPE_ID(arbees, (arbees::GameSink))
  CAF_ADD_TYPE_ID(arbees, (arbees::OrderSink))
  CAF_ADD_TYPE_ID(arbees, (arbees::PositionSink))
  CAF_ADD_TYPE_ID(arbees, (arbees::ShardHostActor))
  CAF_ADD_TYPE_ID(arbees, (arbees::TradeSink))
  CAF_ADD_TYPE_ID(arbees, (arbees::WatchSink))

CAF_END_TYPE_ID_BLOCK(arbees)
