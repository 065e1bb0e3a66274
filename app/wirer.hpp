#pragma once

#include <spdlog/spdlog.h>

#include <set>

#include "actors/candles/candles_actor.hpp"
#include "actors/executor/executor_actor.hpp"
#include "actors/executor/paper_venue_actor.hpp"
#include "actors/game_shard/shard_host_actor.hpp"
#include "actors/messages/cluster.hpp"
#include "app/observer_outputs.hpp"
#include "app/relays.hpp"
#include "app/tables.hpp"
#include "app/topology.hpp"
#include "app/wiring.hpp"
#include "bridges/cluster/peer.hpp"
#include "bridges/espn/scoreboard_poller.hpp"
#include "bridges/store/ledger.hpp"
#include "bridges/zmq/curve_keys.hpp"
#include "bridges/zmq/decoder_actor.hpp"
#include "bridges/zmq/signal_gate_actor.hpp"
#include "bridges/zmq/subscriber.hpp"

namespace arbees {

class HistoryReaders;

/// Spawns and connects, role by role, consumers before producers. Each step is one member function
/// that may fail; `wiring` holds what was started by then. An arrow whose two ends are here is a
/// mailbox; one whose producer is elsewhere comes from the bus or over CAF's network layer.
///
/// wiring.cpp: the order, tables, time. wiring_bus.cpp: what is published and heard.
/// wiring_money.cpp: ledger, executor, risk, positions. wiring_games.cpp: monitors, shards, games.
class Wirer {
public:
  Wirer(const Config& config, const Roles& roles, const Parts& parts, Wiring& wiring)
    : config_{config}, roles_{roles}, parts_{parts}, wiring_{wiring} {}

  caf::error run();

private:
  caf::error start();
  caf::error read_tables();
  caf::error check_keys();
  void start_time();
  std::vector<TickSink> time_with_reporter();

  caf::error read_bus_keys();
  caf::error open_bus();
  caf::error open_history();
  void let_others_ask(const std::shared_ptr<HistoryReaders>& readers);
  caf::error start_observer();
  void start_repeater();
  caf::error open_ears();
  void hear_everything(const EventSink& sink);
  [[nodiscard]] std::vector<std::string> foreign_endpoints() const;
  caf::expected<Subscriber> open_subscriber(SubscriberConfig config);

  caf::error open_ledger();
  caf::error read_ledger(Ledger& ledger);
  caf::error read_past(Ledger& ledger);
  caf::error start_redis_kill_switch();
  caf::error start_money();
  caf::error start_executor();
  caf::error start_door();
  caf::error start_link();
  void start_reconciler();
  void start_signal_processor();
  void start_position_tracker();
  void hear_decisions();
  void hear_executor(const PastSink& sink);
  RequestSink executor_here();
  caf::expected<VenueGateways> open_paper();
  caf::expected<VenueGateways> open_venues();
  void subscribe_trades(const TradeSink& sink);

  caf::error open_gate();
  caf::error start_monitors();
  void start_candles();
  void start_mirror(Venue venue);
  void connect(Venue venue, const MonitorActor& monitor, const FeedActor& feed);
  caf::error start_games();
  caf::error start_orchestrator();
  caf::error start_discovery();
  void hear_games();
  void start_shards();
  caf::error start_orchestrator_link();
  caf::error start_leadership(const ClusterOrchestratorActor& games);
  caf::error start_pollers(const ListingSink& games);

  [[nodiscard]] bool has(Role role) const { return roles_.contains(role); }
  /// Shards are, or may be, in other processes too.
  [[nodiscard]] bool hears_shards() const {
    return !has(Role::game_shard) || config_.control.accept_hosts;
  }
  [[nodiscard]] bool is_live() const { return config_.mode == "live"; }

  [[nodiscard]] std::function<Timestamp()> clock() const {
    return [&source = parts_.clock] { return source.now(); };
  }

  /// Takes note of an actor that answers with counters, hears the time, and is stopped in turn.
  template <class Handle>
  Handle keep(Handle actor) {
    wiring_.metrics_sources.push_back(actor);
    return stopping(std::move(actor));
  }

  template <class Handle>
  Handle stopping(Handle actor) {
    started_.push_back(caf::actor_cast<caf::actor>(actor));
    return actor;
  }

  /// Messages of type T come from the bus to `sink`.
  template <class T, class Sink>
  void hear(std::string prefix, const Sink& sink) {
    prefixes_.insert(std::move(prefix));
    routes_.add<T>(sink);
  }

  /// Before the first signal, book or trade: who decides on money must know what there is of it.
  template <class Actor>
  void tell_past(const Actor& actor) {
    if (!wiring_.executor) {
      return; // the link tells it
    }
    caf::anon_send(actor, Tick{start_now_});
    if (trading_.at != Timestamp{}) {
      caf::anon_send(actor, trading_);
    }
    for (const auto& pair : kept_) {
      caf::anon_send(actor, pair);
    }
    for (const auto& settlement : paid_) {
      caf::anon_send(actor, settlement);
    }
  }

  /// Makes `actor` known to other processes at `address`.
  template <class Handle>
  caf::error publish_actor(const Handle& actor, const std::string& address) {
    const auto place = parse_host_port(address).value_or(HostPort{});
    const auto port = publish_on_network(parts_.system, actor, place.port, place.host.c_str());
    if (!port) {
      return caf::make_error(Errc::io_failed, fmt::format("cannot take connections at {}: {}",
                                                          address, describe(port.error())));
    }
    spdlog::info("wiring.takes_connections address={}", address);
    return {};
  }

  [[nodiscard]] static PeerAddress peer(std::string name, const std::string& address) {
    const auto place = parse_host_port(address).value_or(HostPort{});
    return {.name = std::move(name), .host = place.host, .port = place.port};
  }

  /// Whom a venue's books come from, a monitor here or the bus.
  template <class Source>
  void follow_books(Venue venue, const Source& source) {
    if (wiring_.executor) {
      if (const auto& paper = papers_[static_cast<std::size_t>(venue)]) {
        caf::anon_send(source, caf::subscribe_atom_v, BookInterest{},
                       caf::actor_cast<BookSink>(paper));
      }
      caf::anon_send(source, caf::subscribe_atom_v, BookInterest{},
                     caf::actor_cast<BookSink>(wiring_.executor));
    }
    if (processor_) {
      caf::anon_send(source, caf::subscribe_atom_v, FeedStatusSink{processor_});
    }
    if (wiring_.tracker) {
      caf::anon_send(wiring_.tracker, caf::put_atom_v, VenueInterest{.venue = venue},
                     caf::actor_cast<BookSource>(source));
    }
    books_.emplace_back(venue, source);
    feeds_.emplace_back(venue, source);
  }

  template <class Poller, class PollerConfig>
  caf::error poll(const PollerConfig& config, const ListingSink& games) {
    auto poller = Poller::make(parts_.network, parts_.clock, config, games);
    if (!poller) {
      return poller.error();
    }
    wiring_.sources.emplace_back(std::shared_ptr<Poller>{std::move(*poller)});
    return {};
  }

  const Config& config_;
  const Roles& roles_;
  const Parts& parts_;
  Wiring& wiring_;

  std::map<League, LeagueTable> tables_;
  std::shared_ptr<const SettlementTable> settlement_rules_;
  std::array<PaperVenueConfig, 2> paper_ = config_.paper;
  std::shared_ptr<const CurveKeys> keys_; ///< of the bus; null: not encrypted
  std::vector<std::string> endpoints_;    ///< that this process publishes on
  std::vector<std::string> snapshots_;    ///< where it answers late readers; one, or none
  std::string run_;                       ///< of this process's publisher
  std::vector<caf::actor> started_;
  std::vector<TickSink> time_;
  std::vector<EventSink> events_;
  std::vector<MatchSink> matches_;
  std::vector<GameEndSink> ends_;
  std::vector<std::pair<Venue, MonitorActor>> monitors_;
  std::vector<std::pair<Venue, BookSource>> books_;
  std::vector<std::pair<Venue, FeedStatusSource>> feeds_;
  EventRoutes routes_; ///< of what comes from the bus
  std::set<std::string> prefixes_;
  PublisherActor publisher_;
  HistoryActor history_;
  MetricsPageActor page_;
  LedgerActor ledger_;
  RunRecorderActor recorder_;
  std::array<PaperVenueActor, 2> papers_;                ///< none if live
  std::vector<std::pair<Venue, LiveGatewayActor>> live_; ///< none on paper
  ExecutorStart start_;
  Timestamp start_now_;
  TradingControl trading_; ///< as the last run left it
  std::vector<PairRestored> kept_;
  std::vector<Settlement> paid_; ///< of these pairs' markets
  SignalProcessorActor processor_;
  SignalGateActor gate_;   ///< none if not wished for
  CandlesActor candles_;   ///< none if nobody would hear of them
  ExecutorLinkActor link_; ///< none where the executor is
  ClusterOrchestratorActor games_;
  LeasingHostActor host_;
  StateRepeaterActor repeater_; ///< none where all is in one process
};

} // namespace arbees
