#include <fmt/format.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <caf/all.hpp>
#include <thread>

#include "actors/observer/observer_actor.hpp"
#include "bridges/redis/redis_output.hpp"
#include "bridges/zmq/publisher.hpp"
#include "bridges/zmq/subscriber_actor.hpp"

// arbees-observer-bench: how much of the bus the observer brings into Redis, and how late.

using namespace arbees;

namespace {

using std::chrono::steady_clock;

constexpr auto usage_error = 2;
constexpr auto role = PublishRole::kalshi_monitor;

struct Options {
  std::string redis = "redis://127.0.0.1:6379";
  std::uint64_t rate = 7'000;
  double seconds = 10;
  std::size_t queue = 50'000;
};

struct SystemConfig : caf::actor_system_config {
  SystemConfig() {
    add_message_types<caf::id_block::arbees>();
    set("scheduler.max-threads", std::size_t{1});
  }
};

Timestamp wall_clock() {
  return std::chrono::system_clock::now();
}

/// A price as the Kalshi monitor publishes it.
constexpr std::string_view payload =
  R"({"market_id":"KXNBAGAME-26NOV21LACLAL-LAL","platform":"kalshi","game_id":"nba:401990102",)"
  R"("contract_team":"LAL","yes_bid":0.42,"yes_bid_size":410,"yes_ask":0.44,"yes_ask_size":655.25,)"
  R"("mid_price":0.43,"liquidity":598.57,"exchange_ts_ms":1795226400120,)"
  R"("received_ts_us":1795226400123456,"status":"ok","reason":"none","epoch":3,"version":91234})";

/// Publishes at a steady rate, in bursts of a millisecond; returns how many it sent.
std::uint64_t publish(Publisher& publisher, const Options& options) {
  const auto begin = steady_clock::now();
  const std::chrono::duration<double> length{options.seconds};
  for (auto now = begin; now - begin < length; now = steady_clock::now()) {
    const auto due = static_cast<std::uint64_t>(std::chrono::duration<double>(now - begin).count()
                                                * static_cast<double>(options.rate));
    while (publisher.counters(role).sent < due) {
      publisher.publish(role, "prices.kalshi.KXNBAGAME-26NOV21LACLAL-LAL",
                        [](std::string& out) { out += payload; });
    }
    std::this_thread::sleep_until(now + std::chrono::milliseconds{1});
  }
  return publisher.counters(role).sent;
}

template <class Handle>
std::map<std::string, std::int64_t> metrics_of(caf::scoped_actor& self, const Handle& actor) {
  std::map<std::string, std::int64_t> values;
  self->request(actor, std::chrono::seconds{20}, caf::get_atom_v)
    .receive([&](const Metrics& metrics) { values = metrics.values; },
             [](const caf::error& error) {
               fmt::print(stderr, "arbees-observer-bench: {}\n", describe(error));
             });
  return values;
}

double processor_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

struct Actors {
  RedisOutputActor redis;
  ObserverActor observer;
  SubscriberActor subscriber;
};

Actors spawn(caf::actor_system& system, Subscriber subscriber, RedisAddress address,
             const Options& options) {
  Actors actors;
  actors.redis =
    system.spawn<caf::detached>(redis_output, RedisWriterConfig{.address = std::move(address),
                                                                .clock = wall_clock});
  std::vector<ObserverOutput> outputs{{.name = "redis",
                                       .actor = actors.redis,
                                       .level = ObserverLevel::verbose,
                                       .topics = {"prices."},
                                       .capacity = options.queue,
                                       .batch = 2'048}};
  actors.observer = system.spawn<caf::detached>(observer, ObserverConfig{}, std::move(outputs));
  actors.subscriber = system.spawn<caf::detached>(subscriber_actor, std::move(subscriber),
                                                  std::vector<WireSink>{actors.observer});
  return actors;
}

/// Publishes, waits until nothing is on its way, and prints. False if messages were lost.
bool measure(const Options& options, Publisher& publisher, const Actors& actors,
             caf::actor_system& system) {
  caf::scoped_actor self{system};
  // Whoever has just connected hears nothing yet.
  while (metrics_of(self, actors.subscriber)["received"] == 0) {
    publisher.publish(role, "hello", [](std::string& out) { out += "{}"; });
  }
  const auto hellos = publisher.counters(role).sent;
  const auto processor = processor_seconds();
  const auto begin = steady_clock::now();
  const auto sent = publish(publisher, options) - hellos;
  const std::chrono::duration<double> took = steady_clock::now() - begin;
  auto seen = metrics_of(self, actors.observer);
  // What the sockets hold is still to come, and a loss at the very end would show no gap.
  const auto all_here = [&] {
    return seen["messages:prices"] >= static_cast<std::int64_t>(sent) && seen["waiting:redis"] == 0;
  };
  for (auto looks = 0; looks < 20 && !all_here(); ++looks) {
    std::this_thread::sleep_for(std::chrono::milliseconds{250});
    seen = metrics_of(self, actors.observer);
  }
  auto redis = metrics_of(self, actors.redis);
  const auto drained = std::chrono::duration<double>(steady_clock::now() - begin);
  fmt::print(
    "rate={:.0f}/s sent={} heard={} gaps={} gap_messages={} written={} dropped={} "
    "lag_p50_ms={:.1f} "
    "lag_p99_ms={:.1f} lag_max_ms={:.1f} bus_p99_ms={:.1f} drained_after_s={:.2f} cpu={:.2f}\n",
    static_cast<double>(sent) / took.count(), sent, seen["messages:prices"], seen["gaps"],
    seen["gap_messages"], redis["written"], seen["dropped:redis"],
    static_cast<double>(redis["lag_us_p50"]) / 1e3, static_cast<double>(redis["lag_us_p99"]) / 1e3,
    static_cast<double>(redis["lag_us_max"]) / 1e3,
    static_cast<double>(seen["latency_p99_us:prices"]) / 1e3, (drained - took).count(),
    (processor_seconds() - processor) / drained.count());
  return seen["messages:prices"] == static_cast<std::int64_t>(sent) && seen["gaps"] == 0
         && seen["dropped:redis"] == 0;
}

int run(const Options& options) {
  auto address = parse_redis_url(options.redis);
  zmq::context_t context;
  auto publisher = Publisher::open(context, {.endpoints = {{role, "tcp://127.0.0.1:*"}},
                                             .run = new_run_id(),
                                             .clock = wall_clock});
  if (!address || !publisher) {
    fmt::print(stderr, "arbees-observer-bench: {}\n",
               describe(address ? publisher.error() : address.error()));
    return usage_error;
  }
  auto subscriber =
    Subscriber::open(context, {.endpoints = {publisher->endpoint(role)}, .clock = wall_clock});
  if (!subscriber) {
    return 1;
  }
  SystemConfig config;
  caf::actor_system system{config};
  auto actors = spawn(system, std::move(*subscriber), std::move(*address), options);
  const auto good = measure(options, *publisher, actors, system);
  for (const auto& actor :
       {caf::actor_cast<caf::actor>(actors.subscriber),
        caf::actor_cast<caf::actor>(actors.observer), caf::actor_cast<caf::actor>(actors.redis)}) {
    caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
  }
  return good ? 0 : 1;
}

} // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app{
    "Publishes at a steady rate and lets the observer mirror it into a Redis, whose "
    "streams it adds to. Exit codes: 0 nothing was lost, 1 something was, 2 usage.",
    "arbees-observer-bench"};
  app.add_option("--redis", options.redis, "URL of a Redis of its own")->capture_default_str();
  app.add_option("--rate", options.rate, "Messages a second")->capture_default_str();
  app.add_option("--seconds", options.seconds, "How long")->capture_default_str();
  app.add_option("--queue", options.queue, "Messages that may wait")->capture_default_str();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : usage_error;
  }
  return run(options);
}
