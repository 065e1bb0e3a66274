#include <spdlog/spdlog.h>

#include "actors/messages/topics.hpp"
#include "actors/monitor/state_repeater_actor.hpp"
#include "actors/observer/observer_actor.hpp"
#include "app/bus_rails.hpp"
#include "app/observer_outputs.hpp"
#include "app/wirer.hpp"
#include "bridges/store/history_actor.hpp"
#include "bridges/store/history_server.hpp"
#include "bridges/zmq/publisher_actor.hpp"
#include "bridges/zmq/subscriber_actor.hpp"

// What a process publishes, and what it hears from others.

namespace arbees {

caf::error Wirer::open_bus() {
  run_ = new_run_id();
  if (!config_.zmq.enabled) {
    return {};
  }
  std::vector<PublishRole> publishing;
  for (const auto role : roles_) {
    if (const auto publisher = publisher_of(role)) {
      publishing.push_back(*publisher);
    }
  }
  if (publishing.empty()) {
    return {};
  }
  publishing.push_back(PublishRole::telemetry);
  PublisherConfig bus{.node = config_.node,
                      .run = run_,
                      .codec = config_.zmq.codec == "msgpack" ? Codec::msgpack : Codec::json,
                      .publish_orderbooks = config_.zmq.publish_orderbooks,
                      .clock = clock()};
  auto second_rail = open_second_rail(config_);
  if (!second_rail) {
    return second_rail.error();
  }
  bus.second_rail = std::move(*second_rail);
  if (keys_) {
    auto door = CurveDoor::open(parts_.context, keys_);
    if (!door) {
      return std::move(door.error());
    }
    bus.door = std::move(*door);
  }
  for (const auto role : publishing) {
    bus.endpoints[role] =
      uses_zmq(config_)
        ? bus_endpoint(config_.zmq.bind_address, config_.zmq.ports[static_cast<std::size_t>(role)])
        : std::string{};
    endpoints_.push_back(bus.endpoints[role]);
  }
  if (uses_zmq(config_) && config_.zmq.snapshot_port != 0) {
    bus.snapshot_endpoint =
      bus_endpoint(config_.zmq.bind_address, static_cast<std::uint16_t>(config_.zmq.snapshot_port));
    snapshots_.push_back(bus.snapshot_endpoint);
  }
  auto publisher = Publisher::open(parts_.context, std::move(bus));
  if (!publisher) {
    return publisher.error();
  }
  publisher_ = keep(parts_.system.spawn<caf::detached>(publisher_actor, std::move(*publisher)));
  time_.push_back(publisher_);
  events_.push_back(publisher_);
  return {};
}

/// What encrypts the bus, if anything does.
caf::error Wirer::read_bus_keys() {
  auto keys = CurveKeys::load({.key_file = config_.curve.key_file,
                               .peers_dir = config_.curve.peers_dir,
                               .own_host = config_.zmq.bind_address});
  if (!keys) {
    return std::move(keys.error());
  }
  keys_ = std::move(*keys);
  if (keys_) {
    spdlog::info("wiring.bus_encrypted public_key={} peers={}", keys_->public_key(),
                 keys_->peers().size());
  }
  return {};
}

caf::error Wirer::open_history() {
  const auto place = history_place(config_);
  const auto is_file = place.url.empty();
  if (!has(Role::history) || (is_file && place.file.empty())) {
    return {};
  }
  if (auto failed = is_file ? make_folder_of(place.file) : caf::error{}) {
    return failed;
  }
  const auto readers = std::make_shared<HistoryReaders>();
  history_ = keep(
    spawn_history(parts_.system, {.place = place, .retention = retention_of(config_)}, readers));
  events_.push_back(history_);
  if (is_file) {
    let_others_ask(readers);
  }
  return {};
}

/// The file is this process' alone; a PostgreSQL server answers by itself.
void Wirer::let_others_ask(const std::shared_ptr<HistoryReaders>& readers) {
  auto server = HistoryServer::open(history_socket(config_.files.history), readers);
  if (server) {
    wiring_.sources.emplace_back(std::move(*server));
  } else {
    spdlog::warn("wiring.history_not_asked error=\"{}\": arbees query must wait for the end",
                 describe(server.error()));
  }
}

caf::error Wirer::start_observer() {
  auto endpoints = config_.zmq.subscribe.empty() ? endpoints_ : config_.zmq.subscribe;
  auto snapshots = config_.zmq.snapshots;
  if (snapshots.empty() && config_.zmq.subscribe.empty()) {
    snapshots = snapshots_;
  }
  if (endpoints.empty() && config_.zmq.enabled) {
    const auto here = address_to_call(config_.zmq.bind_address);
    endpoints = all_default_endpoints(here);
    snapshots =
      config_.zmq.snapshots.empty() ? default_snapshot_endpoints(here) : config_.zmq.snapshots;
  }
  std::ranges::transform(endpoints, endpoints.begin(), reachable);
  std::ranges::transform(snapshots, snapshots.begin(), reachable);
  if (!has(Role::observer) || endpoints.empty() || config_.observer.mode == "disabled") {
    return {};
  }
  auto outputs = open_observer_outputs(config_, parts_);
  if (!outputs) {
    return outputs.error();
  }
  for (const auto& output : *outputs) {
    // The observer counts lines itself; of Redis there is more to tell.
    output.name == "redis" ? keep(output.actor) : stopping(output.actor);
  }
  auto page = open_metrics_page(config_, parts_);
  if (!page) {
    return page.error();
  }
  if (page->actor) {
    outputs->push_back({.name = "prometheus",
                        .actor = stopping(page->actor),
                        .level = ObserverLevel::verbose,
                        .topics = {std::string{topic::metrics}}});
    wiring_.sources.emplace_back(std::move(page->server));
    page_ = page->actor;
  }
  auto subscriber = open_subscriber({.endpoints = std::move(endpoints),
                                     .snapshots = std::move(snapshots),
                                     .clock = clock(),
                                     .keys = keys_});
  if (!subscriber) {
    return subscriber.error();
  }
  const auto watcher =
    keep(parts_.system.spawn<caf::detached>(observer, ObserverConfig{}, std::move(*outputs)));
  time_.push_back(watcher);
  keep(parts_.system.spawn<caf::detached>(subscriber_actor, std::move(*subscriber),
                                          std::vector<WireSink>{watcher}));
  return {};
}

caf::expected<Subscriber> Wirer::open_subscriber(SubscriberConfig config) {
  auto rails = open_rails_in(config_, parts_.context, std::move(config));
  if (!rails) {
    return std::move(rails.error());
  }
  auto subscriber = Subscriber::open(parts_.context, std::move(rails->subscriber));
  if (subscriber && rails->source.has_value()) {
    wiring_.sources.push_back(std::move(rails->source));
  }
  return subscriber;
}

/// Others may come late, or hear this process's silence.
void Wirer::start_repeater() {
  if (publisher_ && (is_part(roles_) || config_.control.accept_hosts)) {
    repeater_ =
      stopping(parts_.system.spawn(state_repeater, RepeatSink{publisher_}, StateRepeaterConfig{}));
    time_.push_back(repeater_);
  }
}

/// What others publish: all that is configured, or every port that arbees has by default.
std::vector<std::string> Wirer::foreign_endpoints() const {
  auto endpoints = config_.zmq.subscribe.empty()
                     ? all_default_endpoints(address_to_call(config_.zmq.bind_address))
                     : config_.zmq.subscribe;
  std::erase_if(endpoints, [&](const std::string& endpoint) {
    return std::ranges::find(endpoints_, endpoint) != endpoints_.end();
  });
  return endpoints;
}

/// Last of all, when everyone is there who must not miss a word.
caf::error Wirer::open_ears() {
  if (history_ && is_part(roles_)) {
    hear_everything(history_);
  }
  if (prefixes_.empty()) {
    return {};
  }
  DecoderConfig config{.own_run = run_};
  if (link_) {
    // Gaps show only to who reads all of a source.
    prefixes_.insert({"trades.", "telemetry."});
    config.gaps = link_;
    config.watched = source_name(PublishRole::executor, config_.node);
  }
  const auto decoder =
    keep(parts_.system.spawn(decoder_actor, std::move(routes_), std::move(config)));
  auto subscriber = open_subscriber({.endpoints = foreign_endpoints(),
                                     .prefixes = {prefixes_.begin(), prefixes_.end()},
                                     .clock = clock(),
                                     .keys = keys_});
  if (!subscriber) {
    return subscriber.error();
  }
  keep(parts_.system.spawn<caf::detached>(subscriber_actor, std::move(*subscriber),
                                          std::vector<WireSink>{decoder}));
  return {};
}

void Wirer::hear_everything(const EventSink& sink) {
  hear<BookUpdate>("orderbook.", sink);
  hear<FeedStatus>("telemetry.", sink);
  hear<GameDiscovered>("games.", sink);
  hear<GameUpdate>("games.", sink);
  hear<GameEnded>("games.", sink);
  hear<MatchedGame>("markets.", sink);
  hear<MatchRejected>("markets.", sink);
  hear<Signal>("signals.trade.", sink);
  hear<ExitSignal>("signals.exit.", sink);
  hear<ExecutionRequest>("execution.", sink);
  hear<SignalRejected>("execution.", sink);
  hear<ExitRequest>("execution.", sink);
  hear<ExitRejected>("execution.", sink);
  hear<OrderReport>("trades.", sink);
  hear<Fill>("trades.", sink);
  hear<PairClosed>("trades.", sink);
  hear<ExitEnded>("trades.", sink);
  hear<Settlement>("trades.", sink);
  hear<BalanceUpdate>("telemetry.", sink);
  hear<VenueStatus>("telemetry.", sink);
  hear<Reconciliation>("telemetry.", sink);
  hear<TradingControl>("telemetry.", sink);
  hear<Metrics>("telemetry.", sink);
  hear<PositionUpdate>("positions.", sink);
  hear<Candle>("market.candle.", sink);
}

} // namespace arbees
