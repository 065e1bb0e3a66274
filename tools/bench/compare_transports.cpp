#include "tools/bench/compare_transports.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <atomic>
#include <boost/json.hpp>
#include <charconv>
#include <memory>
#include <optional>
#include <thread>

#include "app/bus_rails.hpp"
#include "bridges/redis/redis_connection.hpp"
#include "bridges/zmq/publisher.hpp"
#include "tools/bench/machine_state.hpp"

namespace arbees::bench {

const char* const transport_rule =
  "Four hops, as from a book to a trade when every role is a process: monitor to shard, shard to\n"
  "signal processor, signal processor to executor, executor to risk. Each has a publisher and a\n"
  "reader with threads and sockets of their own, over TCP on the loopback; ZMQ directly, Redis by\n"
  "PUBLISH and PSUBSCRIBE. The time of a hop is from the call that publishes to the decoded "
  "message\n"
  "at the reader. Both transports carry the same load, in turns of the same run.\n"
  "  go      ZMQ lost nothing, its median is at most 0.75 of Redis's over all hops together, and\n"
  "          above Redis's on none, nor is its p99 over all hops\n"
  "  no-go   ZMQ lost messages, or its median over all hops together is above Redis's\n"
  "  debug   anything else: look at what differs before the figures are relied on\n"
  "Exit codes: 0 go, 1 not measured, 2 usage, 3 debug, 4 no-go.";

namespace {

using std::chrono::steady_clock;
namespace json = boost::json;

struct Hop {
  const char* name;
  PublishRole role;
  const char* topic;
  std::size_t payload_bytes; ///< about as much as in a run of the demo
};

constexpr std::array hops{
  Hop{"monitor > shard", PublishRole::kalshi_monitor, "orderbook.kalshi.BENCH", 450},
  Hop{"shard > risk", PublishRole::game_shard, "signals.trade.BENCH", 1'000},
  Hop{"risk > executor", PublishRole::signal_processor, "execution.request.BENCH", 1'150},
  Hop{"executor > risk", PublishRole::executor, "trades.executed.BENCH", 450},
};

constexpr auto expected_ratio = 0.75;

std::int64_t now_ns() {
  return std::chrono::nanoseconds{steady_clock::now().time_since_epoch()}.count();
}

/// What every payload begins with. The rest is only there to be carried.
struct Stamp {
  std::int64_t begun = 0;  ///< when the book was published
  std::int64_t sent = 0;   ///< this message
  std::uint64_t chain = 0; ///< 0: a book that nobody acts on
};

void append(std::string& out, const Stamp& stamp, std::size_t bytes) {
  const auto begin = out.size();
  fmt::format_to(std::back_inserter(out), R"({{"stamp":"{} {} {}","rest":")", stamp.begun,
                 stamp.sent, stamp.chain);
  const auto head = out.size() - begin + 2;
  out.append(bytes > head ? bytes - head : 0, 'x');
  out += "\"}";
}

std::optional<Stamp> stamp_of(std::string_view payload) {
  constexpr std::string_view head = R"({"stamp":")";
  if (!payload.starts_with(head)) {
    return std::nullopt;
  }
  Stamp stamp;
  const auto* at = payload.data() + head.size();
  const auto* const end = payload.data() + payload.size();
  const auto read = [&](auto& value) {
    const auto result = std::from_chars(at, end, value);
    at = result.ptr + (result.ptr == end ? 0 : 1);
    return result.ec == std::errc{};
  };
  return read(stamp.begun) && read(stamp.sent) && read(stamp.chain) ? std::optional{stamp}
                                                                    : std::nullopt;
}

struct Samples {
  std::vector<std::int64_t> nanoseconds;
  std::uint64_t sent = 0;

  void add(const Samples& more) {
    nanoseconds.insert(nanoseconds.end(), more.nanoseconds.begin(), more.nanoseconds.end());
    sent += more.sent;
  }
  [[nodiscard]] double microseconds(double share) {
    if (nanoseconds.empty()) {
      return 0;
    }
    const auto last = static_cast<double>(nanoseconds.size() - 1);
    const auto place = nanoseconds.begin() + static_cast<std::ptrdiff_t>(share * last);
    std::ranges::nth_element(nanoseconds, place);
    return static_cast<double>(*place) / 1e3;
  }
  [[nodiscard]] std::uint64_t lost() const { return sent - nanoseconds.size(); }
};

/// One hop: who publishes, and who reads and publishes what follows.
class Stage {
public:
  static std::unique_ptr<Stage> open(const Hop& hop, const Config& config) {
    auto stage = std::unique_ptr<Stage>{new Stage{hop}};
    PublisherConfig bus{.run = new_run_id(), .clock = [] { return wall_clock(); }};
    bus.endpoints[hop.role] = uses_zmq(config) ? "tcp://127.0.0.1:*" : "";
    auto rail = open_second_rail(config);
    if (!rail) {
      return stage->refuse(rail.error());
    }
    bus.second_rail = std::move(*rail);
    auto publisher = Publisher::open(stage->out_, std::move(bus));
    if (!publisher) {
      return stage->refuse(publisher.error());
    }
    const auto endpoint = publisher->endpoint(hop.role);
    stage->publisher_.emplace(std::move(*publisher));
    auto rails = open_rails_in(config, stage->in_,
                               {.endpoints = {endpoint},
                                .prefixes = {hop.topic},
                                .timeout = std::chrono::milliseconds{20},
                                .clock = [] { return wall_clock(); }});
    if (!rails) {
      return stage->refuse(rails.error());
    }
    stage->source_ = std::move(rails->source);
    auto subscriber = Subscriber::open(stage->in_, std::move(rails->subscriber));
    if (!subscriber) {
      return stage->refuse(subscriber.error());
    }
    stage->subscriber_.emplace(std::move(*subscriber));
    return stage;
  }

  ~Stage() { stop(); }
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;

  void publish(Stamp stamp) {
    stamp.sent = now_ns();
    if (measuring_) {
      ++samples_sent_;
    }
    publisher_->publish(hop_.role, hop_.topic,
                        [&](std::string& out) { append(out, stamp, hop_.payload_bytes); });
  }

  /// True once a message has come through; those before do not count.
  bool join() {
    const auto end = steady_clock::now() + std::chrono::seconds{10};
    while (steady_clock::now() < end) {
      publish({});
      if (subscriber_->receive()) {
        while (subscriber_->receive()) {
        }
        return true;
      }
    }
    return false;
  }

  /// @param next where what follows is published, on this stage's thread; null: nowhere
  void start(Stage* next, Samples* whole) {
    measuring_ = true;
    thread_ = std::thread{[this, next, whole] {
      while (!stopping_) {
        if (const auto received = subscriber_->receive()) {
          hear(*received, next, whole);
        }
      }
    }};
  }

  void stop() {
    stopping_ = true;
    if (thread_.joinable()) {
      thread_.join();
    }
  }

  [[nodiscard]] std::uint64_t received() const { return received_; }
  [[nodiscard]] std::uint64_t sent() const { return samples_sent_; }
  [[nodiscard]] Samples samples() const {
    return {.nanoseconds = nanoseconds_, .sent = samples_sent_};
  }

private:
  explicit Stage(const Hop& hop) : hop_{hop} {}

  static Timestamp wall_clock() { return std::chrono::system_clock::now(); }

  std::unique_ptr<Stage> refuse(const caf::error& error) const {
    fmt::print(stderr, "arbees-bench: {}: {}\n", hop_.name, describe(error));
    return nullptr;
  }

  void hear(const Subscriber::Received& received, Stage* next, Samples* whole) {
    const auto at = now_ns();
    const auto* const message = std::get_if<WireMessage>(&received);
    const auto stamp = message == nullptr ? std::nullopt : stamp_of(message->payload);
    if (!stamp || stamp->begun == 0) {
      return;
    }
    nanoseconds_.push_back(at - stamp->sent);
    if (stamp->chain != 0 && next != nullptr) {
      next->publish(*stamp);
    }
    if (stamp->chain != 0 && whole != nullptr) {
      whole->nanoseconds.push_back(at - stamp->begun);
    }
    ++received_;
  }

  Hop hop_;
  zmq::context_t out_;
  zmq::context_t in_;
  std::optional<Publisher> publisher_;
  std::any source_;
  std::optional<Subscriber> subscriber_;
  bool measuring_ = false;
  std::atomic<std::uint64_t> samples_sent_ = 0;
  std::atomic<std::uint64_t> received_ = 0;
  std::vector<std::int64_t> nanoseconds_;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

/// Of one transport: each hop, and all of them together.
struct Figures {
  std::array<Samples, hops.size()> by_hop;
  Samples whole;
};

class Run {
public:
  explicit Run(const TransportWish& wish) : wish_{wish} {}

  /// One turn of one transport. False if it cannot be had.
  bool turn(const Config& config, double seconds, Figures& figures) {
    std::vector<std::unique_ptr<Stage>> stages;
    for (const auto& hop : hops) {
      stages.push_back(Stage::open(hop, config));
      if (!stages.back()) {
        return false;
      }
      if (!stages.back()->join()) {
        fmt::print(stderr, "arbees-bench: {}: nothing comes through ({})\n", hop.name,
                   config.zmq.transport_mode);
        return false;
      }
    }
    Samples whole;
    for (std::size_t i = 0; i < stages.size(); ++i) {
      const auto last = i + 1 == stages.size();
      stages[i]->start(last ? nullptr : stages[i + 1].get(), last ? &whole : nullptr);
    }
    whole.sent = publish(*stages.front(), seconds);
    wait_for_rest(stages);
    for (std::size_t i = 0; i < stages.size(); ++i) {
      stages[i]->stop();
      figures.by_hop[i].add(stages[i]->samples());
    }
    figures.whole.add(whole);
    return true;
  }

private:
  /// Books at a steady rate; returns how many of them are to become trades.
  std::uint64_t publish(Stage& first, double seconds) {
    const auto gap =
      std::chrono::nanoseconds{1'000'000'000 / static_cast<std::int64_t>(wish_.rate)};
    const auto count = static_cast<std::uint64_t>(seconds * static_cast<double>(wish_.rate));
    std::uint64_t chains = 0;
    auto due = steady_clock::now();
    for (std::uint64_t i = 0; i < count; ++i, due += gap) {
      std::this_thread::sleep_until(due);
      const auto acts = i % wish_.every == 0;
      chains += acts ? 1 : 0;
      first.publish({.begun = now_ns(), .chain = acts ? chains : 0});
    }
    return chains;
  }

  /// What is on its way arrives, or is lost.
  static void wait_for_rest(const std::vector<std::unique_ptr<Stage>>& stages) {
    const auto end = steady_clock::now() + std::chrono::seconds{2};
    const auto all_here = [&] {
      return std::ranges::all_of(stages, [](const auto& stage) {
        return stage->received() >= stage->sent();
      });
    };
    while (!all_here() && steady_clock::now() < end) {
      std::this_thread::sleep_for(std::chrono::milliseconds{5});
    }
  }

  const TransportWish& wish_;
};

struct Row {
  std::string name;
  std::array<double, 3> zmq{}; ///< p50, p95, p99 in us
  std::array<double, 3> redis{};
  std::uint64_t zmq_lost = 0;
  std::uint64_t redis_lost = 0;
  std::size_t messages = 0;
};

Row row_of(std::string name, Samples& zmq, Samples& redis) {
  Row row{.name = std::move(name),
          .zmq_lost = zmq.lost(),
          .redis_lost = redis.lost(),
          .messages = zmq.nanoseconds.size()};
  constexpr std::array shares{0.50, 0.95, 0.99};
  for (std::size_t i = 0; i < shares.size(); ++i) {
    row.zmq[i] = zmq.microseconds(shares[i]);
    row.redis[i] = redis.microseconds(shares[i]);
  }
  return row;
}

Verdict judge(const std::vector<Row>& rows) {
  const auto& whole = rows.back();
  const auto lost = std::ranges::any_of(rows, [](const Row& row) { return row.zmq_lost > 0; });
  if (lost || whole.zmq[0] > whole.redis[0]) {
    return Verdict::no_go;
  }
  const auto slower_hop =
    std::ranges::any_of(rows, [](const Row& row) { return row.zmq[0] > row.redis[0]; });
  return slower_hop || whole.zmq[0] > expected_ratio * whole.redis[0]
             || whole.zmq[2] > whole.redis[2]
           ? Verdict::debug
           : Verdict::go;
}

const char* to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::go:
      return "go";
    case Verdict::debug:
      return "debug";
    case Verdict::no_go:
      return "no-go";
    case Verdict::not_measured:
      return "not measured";
  }
  return "";
}

std::string redis_version(const RedisAddress& address) {
  auto connection = RedisConnection::open(address, {});
  if (!connection) {
    return {};
  }
  const auto info = connection->ask({"INFO", "server"});
  constexpr std::string_view key = "redis_version:";
  const auto begin = info ? info->text.find(key) : std::string::npos;
  if (begin == std::string::npos) {
    return {};
  }
  const auto from = begin + key.size();
  return info->text.substr(from, info->text.find_first_of("\r\n", from) - from);
}

struct Surroundings {
  MachineState before;
  MachineState after;
  std::string redis;
  std::string zmq;
};

void print_text(const TransportWish& wish, const Surroundings& around, const std::vector<Row>& rows,
                Verdict verdict) {
  fmt::print("machine   {} x {}, kernel {}, {} MiB of memory, {} available\n", around.before.cores,
             around.before.processor, around.before.kernel, around.before.memory_mib,
             around.before.available_mib);
  fmt::print("load      {} before, {} after\n", around.before.load, around.after.load);
  fmt::print("software  libzmq {}, Redis {}\n", around.zmq, around.redis);
  fmt::print("traffic   {} books a second, every {}th becomes a trade, {} turns each\n\n",
             wish.rate, wish.every, wish.rounds);
  fmt::print("{:<18}{:>9} | {:>27} {:>5} | {:>27} {:>5} | {:>5}\n", "one way, us", "messages",
             "ZMQ p50 / p95 / p99", "lost", "Redis p50 / p95 / p99", "lost", "ratio");
  for (const auto& row : rows) {
    fmt::print(
      "{:<18}{:>9} | {:>7.0f} / {:>7.0f} / {:>7.0f} {:>5} | {:>7.0f} / {:>7.0f} / {:>7.0f} "
      "{:>5} | {:>5.2f}\n",
      row.name, row.messages, row.zmq[0], row.zmq[1], row.zmq[2], row.zmq_lost, row.redis[0],
      row.redis[1], row.redis[2], row.redis_lost, row.zmq[0] / row.redis[0]);
  }
  fmt::print("\n{}\n", to_string(verdict));
}

void print_json(const TransportWish& wish, const Surroundings& around, const std::vector<Row>& rows,
                Verdict verdict) {
  const auto quantiles = [](const std::array<double, 3>& values, std::uint64_t lost) {
    return json::object{
      {"p50_us", values[0]}, {"p95_us", values[1]}, {"p99_us", values[2]}, {"lost", lost}};
  };
  json::array listed;
  for (const auto& row : rows) {
    listed.push_back(json::object{{"hop", row.name},
                                  {"messages", row.messages},
                                  {"zmq", quantiles(row.zmq, row.zmq_lost)},
                                  {"redis", quantiles(row.redis, row.redis_lost)}});
  }
  fmt::print("{}\n",
             json::serialize(
               json::object{{"machine", json::object{{"processor", around.before.processor},
                                                     {"cores", around.before.cores},
                                                     {"kernel", around.before.kernel},
                                                     {"memory_mib", around.before.memory_mib},
                                                     {"available_mib", around.before.available_mib},
                                                     {"load_before", around.before.load},
                                                     {"load_after", around.after.load}}},
                            {"libzmq", around.zmq},
                            {"redis", around.redis},
                            {"books_per_second", wish.rate},
                            {"rounds", wish.rounds},
                            {"hops", std::move(listed)},
                            {"verdict", to_string(verdict)}}));
}

} // namespace

Verdict compare_transports(const TransportWish& wish) {
  spdlog::set_level(spdlog::level::warn); // each turn connects anew
  Config by_zmq;
  Config by_redis;
  by_redis.zmq.transport_mode = "redis_only";
  by_redis.redis.url = wish.redis;
  // Nobody else's messages are heard, and nobody else hears these.
  by_redis.redis.channel_prefix = "arbees-bench:" + new_run_id() + ":";
  const auto address = parse_redis_url(wish.redis);
  if (!address) {
    fmt::print(stderr, "arbees-bench: {}\n", describe(address.error()));
    return Verdict::not_measured;
  }
  Surroundings around{.before = MachineState::read(), .redis = redis_version(*address)};
  auto [major, minor, patch] = zmq::version();
  around.zmq = fmt::format("{}.{}.{}", major, minor, patch);
  if (around.redis.empty()) {
    fmt::print(stderr, "arbees-bench: no Redis at {}\n", address->shown());
    return Verdict::not_measured;
  }
  Figures zmq;
  Figures redis;
  Run run{wish};
  const auto seconds = wish.seconds / (2 * wish.rounds);
  for (auto round = 0; round < wish.rounds; ++round) {
    if (!run.turn(by_zmq, seconds, zmq) || !run.turn(by_redis, seconds, redis)) {
      return Verdict::not_measured;
    }
  }
  around.after = MachineState::read();
  std::vector<Row> rows;
  for (std::size_t i = 0; i < hops.size(); ++i) {
    rows.push_back(row_of(hops[i].name, zmq.by_hop[i], redis.by_hop[i]));
  }
  rows.push_back(row_of("book to trade", zmq.whole, redis.whole));
  const auto verdict = judge(rows);
  (wish.as_json ? print_json : print_text)(wish, around, rows, verdict);
  return verdict;
}

} // namespace arbees::bench
