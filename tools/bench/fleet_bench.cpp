#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <caf/all.hpp>
#include <caf/io/middleman.hpp>
#include <filesystem>
#include <fstream>
#include <random>
#include <set>
#include <thread>

#include "actors/messages/cluster.hpp"
#include "actors/orchestrator/lease_book.hpp"
#include "app/process_system.hpp"
#include "bridges/zmq/publisher_actor.hpp"
#include "bridges/zmq/subscriber.hpp"

// arbees-fleet-bench: what many games cost on several shard hosts.
//
// It starts processes of `arbees run --role game-shard` and is everything else to them: an
// orchestrator that leases them games, monitors that publish books at a steady rate, spread over
// all games, and risk that hears signals. One book after the other makes a pair cheaper than a
// dollar; what is measured is from the moment it is handed to the publisher until the signal has
// come back: two hops of ZMQ, decoding, the scan, encoding.

using namespace arbees;
using namespace std::chrono_literals;

namespace {

using std::chrono::steady_clock;

constexpr Price fair{4'800};
constexpr std::string_view program = "arbees-fleet-bench";

struct Options {
  int hosts = 4;
  std::vector<std::size_t> games{10, 1'000};
  int rate = 1'000;
  int samples = 400;
  int rounds = 3;
  std::string arbees;
};

[[noreturn]] void give_up(const std::string& why) {
  fmt::print(stderr, "{}: {}\n", program, why);
  std::exit(1);
}

Timestamp wall_clock() {
  return std::chrono::system_clock::now();
}

MarketSpec market(Venue venue, const std::string& name) {
  MarketSpec spec{.id = market_id(venue, name),
                  .ref = {.venue = venue, .native_id = name},
                  .price_bands = {{Price{100}, Price{9900}, Price{100}}},
                  .quantity_step = Quantity{10'000},
                  .min_quantity = Quantity{10'000},
                  .accepts_orders = true};
  spec.fees = venue == Venue::kalshi ? FeeSchedule{.rounding = venue,
                                                   .taker_ppm = 70'000,
                                                   .maker_ppm = 17'500,
                                                   .balance_step = Money{100}}
                                     : FeeSchedule{.rounding = venue, .taker_ppm = 50'000};
  if (venue == Venue::polymarket) {
    spec.ref.tokens = {"1" + name.substr(2, 40), "2" + name.substr(2, 40)};
  }
  return spec;
}

/// A game with a winner at both venues: one market each.
MatchedGame make_game(std::size_t number) {
  MatchedGame match;
  match.game.key = fmt::format("nba:{}", 900'000 + number);
  match.game.id = game_id(match.game.key);
  match.game.start = wall_clock() - 1h;
  match.markets = {market(Venue::kalshi, fmt::format("KXNBAGAME-26NOV22G{:05}-HOM", number)),
                   market(Venue::polymarket, fmt::format("0x{:064x}", 1'000'000 + number))};
  match.contracts = {
    Contract{.id = ContractId{match.markets[0].id.value()},
             .game = match.game.id,
             .subject = "HOM",
             .expressions = {{match.markets[0].id, Side::yes}, {match.markets[1].id, Side::yes}}}};
  match.tradable = true;
  match.score = 100;
  return match;
}

/// Sixteen levels on both sides of `middle`.
BookUpdate book(const MarketSpec& spec, Price middle, std::uint64_t version) {
  const auto now = wall_clock();
  BookUpdate update{.market = spec.id,
                    .venue = spec.ref.venue,
                    .status = BookStatus::ok,
                    .reason = StaleReason::none,
                    .version = version,
                    .exchange_time = now,
                    .received_at = now};
  for (std::int32_t depth = 1; depth <= 16; ++depth) {
    const Quantity quantity{(20 + depth) * quantity_per_contract};
    update.bids.push_back({Price{middle.value() - depth * 100}, quantity});
    update.asks.push_back({Price{middle.value() + depth * 100}, quantity});
  }
  return update;
}

struct RegistryState {
  static constexpr auto name = "registry";
  LeaseBook leases{LeaseConfig{.length = std::chrono::hours{1}}};
  std::map<HostNumber, LeasingHostActor> hosts;
};

/// Leases every game that it hears of to a host, and tells its state of play once.
using RegistryActor = HostRegistryActor::extend_with<
  caf::typed_actor<caf::reacts_to<MatchedGame>, caf::replies_to<caf::get_atom>::with<Metrics>>>;

RegistryActor::behavior_type registry(RegistryActor::stateful_pointer<RegistryState> self) {
  const auto send = [self](const std::vector<Grant>& grants) {
    for (const auto& grant : grants) {
      const auto& host = self->state.hosts.at(grant.host);
      self->send(host, GameUpdate{.game = grant.assignment.match.game,
                                  .state = {.id = grant.assignment.match.game.id,
                                            .phase = Phase::live,
                                            .fetched_at = wall_clock()}});
      self->send(host, grant.assignment);
    }
  };
  return {
    [self, send](const HostStatus& status, const LeasingHostActor& host) {
      auto& state = self->state;
      const auto known =
        std::ranges::find_if(state.hosts, [&](const auto& entry) { return entry.second == host; });
      const HostOffer offer{.capacity = status.capacity, .games = status.games};
      if (known == state.hosts.end()) {
        const auto number = state.hosts.size() + 1;
        state.hosts.emplace(number, host);
        send(state.leases.add_host(number, offer, wall_clock()));
      } else {
        state.leases.hear(known->first, offer, wall_clock());
      }
      return HostAnswer{};
    },
    [](caf::subscribe_atom, const VenueInterest&, const WatchSink&) {},
    [self, send](const MatchedGame& match) { send(self->state.leases.offer(match, wall_clock())); },
    [self](caf::get_atom) {
      const auto& state = self->state;
      return Metrics{.source = RegistryState::name,
                     .values = {{"hosts", static_cast<std::int64_t>(state.hosts.size())},
                                {"assigned", static_cast<std::int64_t>(state.leases.assigned())}}};
    },
  };
}

/// A process of its own, ended with it.
class ShardHost {
public:
  ShardHost(const Options& options, const std::filesystem::path& folder, int number,
            const std::string& control, const std::string& books)
    : port_{21'600 + 3 * number} {
    const auto name = fmt::format("shard-{}", number);
    std::vector<std::string> words{options.arbees, "run", "--role", "game-shard"};
    for (const auto& setting :
         {"node=" + name, "log.file=" + (folder / (name + ".log")).string(),
          std::string{"tables="} + ARBEES_SOURCE + "/config",
          "kill_switch.file=" + (folder / "kill_switch").string(),
          "control.orchestrator=" + control, std::string{"control.capacity=100000"},
          "zmq.subscribe=" + books, fmt::format("zmq.port.game_shard={}", port_),
          fmt::format("zmq.port.node={}", port_ + 1),
          fmt::format("zmq.snapshot_port={}", port_ + 2),
          std::string{"arbitrage.max_book_age_in_play_ms=3600000"},
          std::string{"arbitrage.max_exchange_age_in_play_ms=3600000"},
          std::string{"arbitrage.max_game_age_in_play_ms=3600000"},
          std::string{"arbitrage.leg_policy=delayed_first"}}) {
      words.insert(words.end(), {"--set", setting});
    }
    std::vector<char*> arguments;
    for (auto& word : words) {
      arguments.push_back(word.data());
    }
    arguments.push_back(nullptr);
    const auto out = (folder / (name + ".out")).string();
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 1, out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    posix_spawn_file_actions_adddup2(&actions, 1, 2);
    if (posix_spawn(&pid_, arguments[0], &actions, nullptr, arguments.data(), environ) != 0) {
      give_up("cannot start " + options.arbees);
    }
    posix_spawn_file_actions_destroy(&actions);
  }
  ~ShardHost() {
    ::kill(pid_, SIGTERM);
    ::waitpid(pid_, nullptr, 0);
  }
  ShardHost(const ShardHost&) = delete;
  ShardHost& operator=(const ShardHost&) = delete;

  [[nodiscard]] std::string signals() const { return fmt::format("tcp://127.0.0.1:{}", port_); }

  /// Resident, in bytes.
  [[nodiscard]] std::int64_t memory() const {
    std::ifstream statm{fmt::format("/proc/{}/statm", pid_)};
    std::int64_t total = 0;
    std::int64_t resident = 0;
    statm >> total >> resident;
    return resident * ::sysconf(_SC_PAGESIZE);
  }

private:
  pid_t pid_ = -1;
  int port_;
};

/// Hosts, the bus, and whoever plays the rest.
class Fleet {
public:
  Fleet(const Options& options, std::filesystem::path folder)
    : options_{options}, folder_{std::move(folder)} {
    auto publisher =
      Publisher::open(context_,
                      {.endpoints = {{PublishRole::kalshi_monitor, "tcp://127.0.0.1:0"},
                                     {PublishRole::polymarket_monitor, "tcp://127.0.0.1:0"},
                                     {PublishRole::orchestrator, "tcp://127.0.0.1:0"},
                                     {PublishRole::telemetry, "tcp://127.0.0.1:0"}},
                       .node = "bench",
                       .run = new_run_id(),
                       .clock = wall_clock});
    if (!publisher) {
      give_up(describe(publisher.error()));
    }
    std::string books;
    for (const auto role : {PublishRole::kalshi_monitor, PublishRole::polymarket_monitor,
                            PublishRole::orchestrator, PublishRole::telemetry}) {
      books += (books.empty() ? "" : ",") + publisher->endpoint(role);
    }
    publisher_ = system_.spawn<caf::detached>(publisher_actor, std::move(*publisher));
    registry_ = system_.spawn(registry);
    const auto port = system_.middleman().publish(HostRegistryActor{registry_}, 0, "127.0.0.1");
    if (!port) {
      give_up(describe(port.error()));
    }
    std::vector<std::string> signals;
    for (int i = 0; i < options.hosts; ++i) {
      hosts_.push_back(std::make_unique<ShardHost>(options, folder_, i,
                                                   fmt::format("127.0.0.1:{}", *port), books));
      signals.push_back(hosts_.back()->signals());
    }
    auto subscriber = Subscriber::open(
      context_,
      {.endpoints = signals, .prefixes = {"signals.trade."}, .timeout = 1ms, .clock = wall_clock});
    if (!subscriber) {
      give_up(describe(subscriber.error()));
    }
    subscriber_ = std::make_unique<Subscriber>(std::move(*subscriber));
    await("hosts", options.hosts);
  }

  ~Fleet() {
    hosts_.clear();
    caf::anon_send_exit(publisher_, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(registry_, caf::exit_reason::user_shutdown);
  }
  Fleet(const Fleet&) = delete;
  Fleet& operator=(const Fleet&) = delete;

  /// Until the hosts have so many games.
  void grow(std::size_t games) {
    while (games_.size() < games) {
      games_.push_back(make_game(games_.size()));
      caf::anon_send(publisher_, games_.back());
      caf::anon_send(registry_, games_.back());
    }
    await("assigned", static_cast<std::int64_t>(games));
    for (std::size_t i = 0; i < 2 * games; ++i) {
      quiet(i);
      pass_time();
    }
    std::this_thread::sleep_for(2s); // what has piled up is worked off
  }

  /// From a book until its signal, sorted, in nanoseconds.
  std::vector<std::int64_t> measure() {
    std::vector<std::int64_t> latencies;
    std::uniform_int_distribution<std::size_t> any{0, games_.size() - 1};
    std::size_t lost = 0;
    while (latencies.size() < static_cast<std::size_t>(options_.samples)) {
      for (int noise = 0; noise < options_.rate / 50; ++noise) {
        quiet(turn_++);
        pass_time();
      }
      const auto& game = games_[any(random_)];
      const auto begin = steady_clock::now();
      send(book(game.markets[1], Price{fair.value() - 700}, ++version_));
      if (const auto taken = await_signal(game, begin)) {
        latencies.push_back(*taken);
      } else if (++lost > latencies.size() + 20) {
        give_up("signals do not come: see " + folder_.string());
      }
      send(book(game.markets[1], fair, ++version_));
    }
    std::ranges::sort(latencies);
    return latencies;
  }

  [[nodiscard]] std::int64_t memory() const {
    std::int64_t sum = 0;
    for (const auto& host : hosts_) {
      sum += host->memory();
    }
    return sum;
  }

private:
  void send(const BookUpdate& update) { caf::anon_send(publisher_, update); }

  /// A book on which nobody can earn anything, of the markets in turn.
  void quiet(std::size_t turn) {
    const auto& game = games_[turn / 2 % games_.size()];
    send(book(game.markets[turn % 2], fair, ++version_));
  }

  /// Keeps to the rate; both feeds say that they are alive.
  void pass_time() {
    due_ += std::chrono::nanoseconds{1s} / options_.rate;
    const auto now = steady_clock::now();
    if (now - told_at_ > 500ms) {
      told_at_ = now;
      for (const auto venue : {Venue::kalshi, Venue::polymarket}) {
        caf::anon_send(publisher_,
                       FeedStatus{.venue = venue, .connected = true, .at = wall_clock()});
      }
    }
    if (now > due_ + 1s) {
      due_ = now;
    }
    std::this_thread::sleep_until(due_);
  }

  std::optional<std::int64_t>
  await_signal(const MatchedGame& game, steady_clock::time_point begin) {
    const auto wanted = "\"" + game.game.key + "\"";
    const auto id = to_hex(game.game.id);
    while (steady_clock::now() - begin < 1s) {
      const auto received = subscriber_->receive();
      const auto now = steady_clock::now();
      const auto* const message = received ? std::get_if<WireMessage>(&*received) : nullptr;
      if (message != nullptr
          && (message->payload.find(id) != std::string::npos
              || message->payload.find(wanted) != std::string::npos)) {
        return std::chrono::nanoseconds{now - begin}.count();
      }
    }
    return std::nullopt;
  }

  void await(const std::string& what, std::int64_t count) {
    caf::scoped_actor self{system_};
    const auto end = steady_clock::now() + 60s;
    std::int64_t seen = 0;
    while (seen < count) {
      self->request(registry_, 5s, caf::get_atom_v)
        .receive([&](const Metrics& metrics) { seen = metrics.values.at(what); },
                 [](const caf::error& error) { give_up(describe(error)); });
      if (steady_clock::now() > end) {
        give_up(fmt::format("{} of {} {}: see {}", seen, count, what, folder_.string()));
      }
      std::this_thread::sleep_for(20ms);
    }
  }

  Options options_;
  std::filesystem::path folder_;
  zmq::context_t context_;
  ProcessSystemConfig config_{1, true};
  caf::actor_system system_{config_};
  PublisherActor publisher_;
  RegistryActor registry_;
  std::vector<std::unique_ptr<ShardHost>> hosts_;
  std::unique_ptr<Subscriber> subscriber_;
  std::vector<MatchedGame> games_;
  std::mt19937_64 random_{20'261'121};
  std::uint64_t version_ = 0;
  std::size_t turn_ = 0;
  steady_clock::time_point due_ = steady_clock::now();
  steady_clock::time_point told_at_;
};

double percentile_us(const std::vector<std::int64_t>& sorted, std::size_t percent) {
  return static_cast<double>(sorted[sorted.size() * percent / 100]) / 1e3;
}

int run(const Options& options) {
  auto name = (std::filesystem::temp_directory_path() / "arbees-fleet-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) {
    give_up("cannot make a temporary folder");
  }
  fmt::print("{:>5} {:>6} {:>10} {:>10} {:>10} {:>10}   {} hosts, {} books/s\n", "round", "games",
             "p50_us", "p95_us", "p99_us", "MiB", options.hosts, options.rate);
  std::map<std::size_t, std::vector<double>> medians;
  std::map<std::size_t, std::vector<double>> memory;
  for (int round = 1; round <= options.rounds; ++round) {
    Fleet fleet{options, name};
    for (const auto games : options.games) {
      fleet.grow(games);
      const auto latencies = fleet.measure();
      const auto mebibytes = static_cast<double>(fleet.memory()) / (1 << 20);
      medians[games].push_back(percentile_us(latencies, 50));
      memory[games].push_back(mebibytes);
      fmt::print("{:>5} {:>6} {:>10.1f} {:>10.1f} {:>10.1f} {:>10.1f}\n", round, games,
                 percentile_us(latencies, 50), percentile_us(latencies, 95),
                 percentile_us(latencies, 99), mebibytes);
    }
  }
  const auto middle = [](std::vector<double> values) {
    std::ranges::sort(values);
    return values[values.size() / 2];
  };
  const auto few = options.games.front();
  const auto many = options.games.back();
  fmt::print("p50 with {} games against {}: {:.2f}; memory per further game: {:.3f} MiB\n", many,
             few, middle(medians[many]) / middle(medians[few]),
             (middle(memory[many]) - middle(memory[few])) / static_cast<double>(many - few));
  std::filesystem::remove_all(name);
  return 0;
}

} // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app{"Measures what many games cost on several shard hosts, which it starts.",
               std::string{program}};
  options.arbees = (std::filesystem::canonical("/proc/self/exe").parent_path() / "arbees").string();
  app.add_option("--hosts", options.hosts, "Processes of game shards")->capture_default_str();
  app.add_option("--games", options.games, "Numbers of games, growing")->capture_default_str();
  app.add_option("--rate", options.rate, "Books a second, over all games")->capture_default_str();
  app.add_option("--samples", options.samples, "Signals that are timed")->capture_default_str();
  app.add_option("--rounds", options.rounds, "Of new processes each")->capture_default_str();
  app.add_option("--arbees", options.arbees, "The program")->capture_default_str();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  if (options.games.empty() || !std::ranges::is_sorted(options.games) || options.games[0] < 1) {
    fmt::print(stderr, "{}: --games must grow from at least 1\n", program);
    return 2;
  }
  return run(options);
}
