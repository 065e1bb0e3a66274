#include <arpa/inet.h>
#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <caf/all.hpp>
#include <thread>

#include "actors/game_shard/game_shard_actor.hpp"
#include "actors/monitor/kalshi_monitor_actor.hpp"
#include "actors/observer/observer_actor.hpp"
#include "bridges/redis/redis_output.hpp"
#include "bridges/zmq/publisher_actor.hpp"
#include "bridges/zmq/subscriber_actor.hpp"
#include "tools/bench/market_data.hpp"

// arbees-hot-path-bench: what a Redis that is frozen, and then gone, does to the hot path.
//
// One process as `arbees run` wires it: Kalshi's monitor and a game shard on one worker, the
// publisher, the subscriber, the observer and the Redis output on threads of their own, and a
// redis-server beside it. Changes of one level come at a steady rate. What is measured is from the
// moment a change is handed to the monitor until an actor that stands behind the shard has the
// book.

using namespace arbees;

namespace {

using std::chrono::steady_clock;

constexpr std::size_t market_count = 48;

struct Options {
  std::uint64_t rate = 5'000;
  double seconds = 8;
  int rounds = 5;
};

struct SystemConfig : caf::actor_system_config {
  SystemConfig() {
    add_message_types<caf::id_block::arbees>();
    set("scheduler.policy", caf::atom("sharing"));
    set("scheduler.max-threads", std::size_t{1});
  }
};

Timestamp wall_clock() {
  return std::chrono::system_clock::now();
}

/// A redis-server on a port that was free, keeping nothing; stopped by its process id.
class RedisProcess {
public:
  RedisProcess() : port_{free_port()} { start(); }
  ~RedisProcess() { kill(); }
  RedisProcess(const RedisProcess&) = delete;
  RedisProcess& operator=(const RedisProcess&) = delete;

  void start() {
    auto port = std::to_string(port_);
    std::array<const char*, 10> arguments{"redis-server", "--port", port.c_str(), "--bind",
                                          "127.0.0.1",    "--save", "",           "--logfile",
                                          "/dev/null",    nullptr};
    if (posix_spawnp(&pid_, "redis-server", nullptr, nullptr,
                     const_cast<char* const*>(arguments.data()), environ)
        != 0) {
      fmt::print(stderr, "arbees-hot-path-bench: cannot start redis-server\n");
      std::exit(1);
    }
  }
  void freeze() const { ::kill(pid_, SIGSTOP); }
  void kill() {
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
      pid_ = -1;
    }
  }
  [[nodiscard]] std::string url() const { return fmt::format("redis://127.0.0.1:{}", port_); }

private:
  static int free_port() {
    const auto socket = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    ::bind(socket, reinterpret_cast<sockaddr*>(&address), length);
    ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &length);
    ::close(socket);
    return ntohs(address.sin_port);
  }

  int port_;
  pid_t pid_ = -1;
};

/// Written by the worker while a phase runs, read when nothing is on its way.
struct Latencies {
  std::vector<std::int64_t> ns;
  std::atomic<std::uint64_t> seen{0};
};

BookSink::behavior_type probe(BookSink::pointer, std::shared_ptr<Latencies> latencies) {
  return {[latencies](const BookUpdate& update) {
    latencies->ns.push_back((wall_clock() - update.received_at).count());
    latencies->seen.fetch_add(1, std::memory_order_release);
  }};
}

MatchedGame game_of(std::size_t markets) {
  MatchedGame match;
  match.game.id = GameId{77};
  match.game.key = "nba:401990102";
  match.game.start = wall_clock();
  for (std::size_t i = 0; i < markets; ++i) {
    const auto ticker = fmt::format("KXNBAGAME-26NOV22LALBOS-M{:02}", i);
    match.markets.push_back({.id = market_id(Venue::kalshi, ticker),
                             .ref = {.venue = Venue::kalshi, .native_id = ticker},
                             .price_bands = {{Price{100}, Price{9'900}, Price{100}}},
                             .accepts_orders = true});
    match.contracts.push_back({.id = ContractId{i + 1},
                               .game = match.game.id,
                               .expressions = {{match.markets.back().id, Side::yes}}});
  }
  match.tradable = true;
  match.score = 100;
  match.at = wall_clock();
  return match;
}

/// The whole arrangement, from the monitor to Redis.
class Arrangement {
public:
  explicit Arrangement(const std::string& redis_url) : match_{game_of(market_count)} {
    constexpr auto role = PublishRole::kalshi_monitor;
    auto publisher = Publisher::open(context_, {.endpoints = {{role, "tcp://127.0.0.1:*"}},
                                                .run = new_run_id(),
                                                .clock = wall_clock});
    auto subscriber =
      Subscriber::open(context_, {.endpoints = {publisher->endpoint(role)}, .clock = wall_clock});
    redis_ = system_.spawn<caf::detached>(
      redis_output, RedisWriterConfig{.address = *parse_redis_url(redis_url), .clock = wall_clock});
    observer_ =
      system_.spawn<caf::detached>(observer, ObserverConfig{},
                                   std::vector<ObserverOutput>{{.name = "redis",
                                                                .actor = redis_,
                                                                .level = ObserverLevel::verbose,
                                                                .topics = {"prices."},
                                                                .capacity = 50'000,
                                                                .batch = 2'048}});
    subscriber_ = system_.spawn<caf::detached>(subscriber_actor, std::move(*subscriber),
                                               std::vector<WireSink>{observer_});
    publisher_ = system_.spawn<caf::detached>(publisher_actor, std::move(*publisher));
    monitor_ = system_.spawn(kalshi_monitor, MonitorConfig{});
    shard_ = system_.spawn(game_shard, GameShardConfig{}, std::vector<SignalSink>{});
    probe_ = system_.spawn(probe, latencies_);
    caf::anon_send(publisher_, match_);
    caf::anon_send(shard_, GameAssignment{.match = match_,
                                          .epoch = 1,
                                          .lease_until = wall_clock() + std::chrono::hours{24}});
    caf::anon_send(monitor_, caf::subscribe_atom_v, caf::actor_cast<FeedSink>(publisher_));
    BookInterest all;
    caf::anon_send(monitor_, caf::subscribe_atom_v, all, caf::actor_cast<BookSink>(shard_));
    caf::anon_send(monitor_, caf::subscribe_atom_v, all, probe_);
    open_books();
  }

  ~Arrangement() {
    for (const auto& actor :
         {caf::actor_cast<caf::actor>(monitor_), caf::actor_cast<caf::actor>(shard_),
          caf::actor_cast<caf::actor>(probe_), caf::actor_cast<caf::actor>(publisher_),
          caf::actor_cast<caf::actor>(subscriber_), caf::actor_cast<caf::actor>(observer_),
          caf::actor_cast<caf::actor>(redis_)}) {
      caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
    }
  }
  Arrangement(const Arrangement&) = delete;
  Arrangement& operator=(const Arrangement&) = delete;

  /// Sends changes at `rate` for `seconds`. @returns their latencies, sorted
  std::vector<std::int64_t> run(std::uint64_t rate, double seconds) {
    const auto before = latencies_->seen.load(std::memory_order_acquire);
    latencies_->ns.clear();
    latencies_->ns.reserve(static_cast<std::size_t>(static_cast<double>(rate) * seconds) + 1);
    const auto begin = steady_clock::now();
    const std::chrono::duration<double> length{seconds};
    std::uint64_t sent = 0;
    for (auto now = begin; now - begin < length; now = steady_clock::now()) {
      const auto due = static_cast<std::uint64_t>(std::chrono::duration<double>(now - begin).count()
                                                  * static_cast<double>(rate));
      for (; sent < due; ++sent) {
        send_change();
      }
      std::this_thread::sleep_until(now + std::chrono::microseconds{200});
    }
    while (latencies_->seen.load(std::memory_order_acquire) < before + sent) {
      std::this_thread::sleep_for(std::chrono::milliseconds{1});
    }
    auto sorted = latencies_->ns;
    std::ranges::sort(sorted);
    return sorted;
  }

  std::map<std::string, std::int64_t> observed() {
    caf::scoped_actor self{system_};
    std::map<std::string, std::int64_t> values;
    self->request(observer_, std::chrono::seconds{20}, caf::get_atom_v)
      .receive([&](const Metrics& metrics) { values = metrics.values; },
               [](const caf::error& error) {
                 fmt::print(stderr, "arbees-hot-path-bench: {}\n", describe(error));
               });
    return values;
  }

private:
  void open_books() {
    caf::anon_send(monitor_, WatchMarkets{.markets = match_.markets});
    caf::anon_send(monitor_, FeedConnected{.venue = Venue::kalshi, .at = wall_clock()});
    for (std::size_t i = 0; i < market_count; ++i) {
      caf::anon_send(monitor_, KalshiSnapshot{.position = {.sid = 1, .seq = ++seq_},
                                              .market = match_.markets[i].id,
                                              .bids = market_.levels(i, BookSide::bid),
                                              .asks = market_.levels(i, BookSide::ask),
                                              .received_at = wall_clock()});
    }
    while (latencies_->seen.load(std::memory_order_acquire) < market_count) {
      std::this_thread::sleep_for(std::chrono::milliseconds{1});
    }
  }

  void send_change() {
    const auto change = market_.change();
    const auto now = wall_clock();
    caf::anon_send(monitor_, KalshiDelta{.position = {.sid = 1, .seq = ++seq_},
                                         .market = match_.markets[change.market].id,
                                         .side = change.side,
                                         .price = change.price,
                                         .change = change.after - change.before,
                                         .exchange_time = now,
                                         .received_at = now});
  }

  MatchedGame match_;
  bench::Market market_{market_count};
  std::uint64_t seq_ = 0;
  std::shared_ptr<Latencies> latencies_ = std::make_shared<Latencies>();
  zmq::context_t context_;
  SystemConfig config_;
  caf::actor_system system_{config_};
  RedisOutputActor redis_;
  ObserverActor observer_;
  SubscriberActor subscriber_;
  PublisherActor publisher_;
  KalshiMonitorActor monitor_;
  GameShardActor shard_;
  BookSink probe_;
};

double percentile_us(const std::vector<std::int64_t>& sorted, std::size_t percent) {
  return static_cast<double>(sorted[sorted.size() * percent / 100]) / 1e3;
}

int run(const Options& options) {
  RedisProcess redis;
  Arrangement arrangement{redis.url()};
  arrangement.run(options.rate, 2); // whoever has just connected hears nothing yet
  const auto before = arrangement.observed();
  std::array<std::vector<double>, 2> ratios; ///< of the 99th percentile: frozen, gone
  fmt::print("{:>5} {:>18} {:>18} {:>18}   p50 / p99 in us\n", "round", "Redis well",
             "Redis frozen", "Redis gone");
  for (int round = 1; round <= options.rounds; ++round) {
    const auto well = arrangement.run(options.rate, options.seconds);
    redis.freeze();
    const auto frozen = arrangement.run(options.rate, options.seconds);
    redis.kill();
    const auto gone = arrangement.run(options.rate, options.seconds);
    redis.start();
    arrangement.run(options.rate, 2); // the mirror catches up
    std::string line = fmt::format("{:>5}", round);
    for (const auto* const phase : {&well, &frozen, &gone}) {
      line +=
        fmt::format(" {:>8.1f} / {:>7.1f}", percentile_us(*phase, 50), percentile_us(*phase, 99));
    }
    fmt::print("{}\n", line);
    ratios[0].push_back(percentile_us(frozen, 99) / percentile_us(well, 99));
    ratios[1].push_back(percentile_us(gone, 99) / percentile_us(well, 99));
  }
  for (auto& each : ratios) {
    std::ranges::sort(each);
  }
  auto after = arrangement.observed();
  fmt::print("p99 against Redis well, median of the rounds: frozen {:.3f}, gone {:.3f}\n",
             ratios[0][ratios[0].size() / 2], ratios[1][ratios[1].size() / 2]);
  fmt::print("bus: {} messages, {} gaps; lost by the mirror: {}\n", after["messages:prices"],
             after["gaps"], after["dropped:redis"] - before.at("dropped:redis"));
  return 0;
}

} // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app{
    "Measures the hot path while Redis is well, frozen and gone. Starts a redis-server "
    "of its own.",
    "arbees-hot-path-bench"};
  app.add_option("--rate", options.rate, "Changes a second")->capture_default_str();
  app.add_option("--seconds", options.seconds, "Of each phase")->capture_default_str();
  app.add_option("--rounds", options.rounds, "Of three phases")->capture_default_str();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  return run(options);
}
