#include <fmt/format.h>
#include <unistd.h>
#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdlib>

#include "actors/observer/seen_messages.hpp"
#include "actors/observer/stream_watch.hpp"
#include "bridges/observer/line_format.hpp"
#include "bridges/observer/line_writer.hpp"
#include "bridges/redis/redis_stream_reader.hpp"
#include "bridges/zmq/endpoints.hpp"
#include "bridges/zmq/subscriber.hpp"

// arbees-tail: prints the bus as it goes by.

using namespace arbees;

namespace {

constexpr auto failure = 1;
constexpr auto usage_error = 2;

/// How long live messages wait for a snapshot.
constexpr std::chrono::milliseconds patience{500};

struct Options {
  std::vector<std::string> endpoints = default_endpoints();
  std::vector<std::string> snapshots;
  bool no_snapshot = false;
  std::string key;
  std::string peers;
  std::vector<std::string> topics;
  std::string format = "pretty";
  std::uint64_t count = 0;
  double seconds = 0;
  std::string redis;
  std::size_t catch_up = 0;
  double silence = 5;
  bool quiet = false;
};

volatile std::sig_atomic_t stopped = 0;

Timestamp wall_clock() {
  return std::chrono::system_clock::now();
}

/// A first Ctrl-C ends the loop and prints the summary; waits are cut short by it.
void stop_on_signals() {
  struct sigaction action {};
  action.sa_handler = [](int) { stopped = 1; };
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

LineFormat line_format(const std::string& name) {
  return name == "json"      ? json_format()
         : name == "compact" ? compact_format()
                             : pretty_format(paint_for(STDOUT_FILENO));
}

/// Reads, follows and prints until it has been enough.
class Tail {
public:
  Tail(const Options& options, Subscriber subscriber, std::optional<RedisStreamReader> mirror)
    : options_(options),
      subscriber_(std::move(subscriber)),
      mirror_(std::move(mirror)),
      format_(line_format(options.format)),
      watch_(options.topics.empty() ? StreamView::complete : StreamView::filtered) {}

  void run() {
    const auto begin = std::chrono::steady_clock::now();
    const std::chrono::duration<double> limit{options_.seconds};
    join();
    catch_up();
    for (const auto& message : std::exchange(early_, {})) {
      show(message);
    }
    while (stopped == 0 && !output_lost_ && !enough()) {
      if (options_.seconds > 0 && std::chrono::steady_clock::now() - begin >= limit) {
        return;
      }
      if (const auto received = subscriber_.receive()) {
        hear_bus();
        std::visit([this](const auto& message) { show(message); }, *received);
      } else if (mirror_) {
        miss_bus();
      }
    }
  }

  /// 0, or 1 if the output is gone or fewer messages came than were asked for.
  [[nodiscard]] int exit_code() const {
    return output_lost_ || (options_.count > 0 && !enough()) ? 1 : 0;
  }

  [[nodiscard]] std::string summary() const {
    const auto& totals = watch_.totals();
    return fmt::format(
      "arbees-tail: messages={} sources={} gaps={} gap_messages={} restarts={} "
      "duplicates={} reorders={} rejected={} from_snapshot={} from_redis={} dropped_doubles={} "
      "latency_p50_us={} "
      "latency_p99_us={} latency_max_us={}{}",
      totals.messages, watch_.sources(), totals.gaps, totals.gap_messages, totals.restarts,
      totals.duplicates, totals.reorders, rejected_, totals.from_snapshot, from_mirror_, doubles_,
      watch_.latency().quantile_us(0.5), watch_.latency().quantile_us(0.99),
      watch_.latency().max_us(),
      options_.topics.empty() ? "" : " (gaps show only without --topic)");
  }

private:
  [[nodiscard]] bool enough() const {
    return options_.count > 0
           && watch_.totals().messages + watch_.totals().from_snapshot + from_mirror_
                  - doubles_of_bus_
                >= options_.count;
  }

  /// The last word on every topic first. Live messages that come meanwhile wait for the mirror's.
  void join() {
    const auto* const counters = subscriber_.snapshot_counters();
    if (counters == nullptr) {
      return;
    }
    const auto end = std::chrono::steady_clock::now() + 2 * patience;
    const auto asked = counters->asked;
    auto answered = false;
    while (stopped == 0 && !output_lost_ && !enough() && std::chrono::steady_clock::now() < end) {
      answered = answered || counters->answered >= asked || counters->late > 0;
      const auto received = answered ? subscriber_.poll() : subscriber_.receive();
      if (!received) {
        if (answered) {
          break;
        }
        continue;
      }
      hear_bus();
      if (const auto* const rejected = std::get_if<WireRejected>(&*received)) {
        show(*rejected);
      } else if (const auto& message = std::get<WireMessage>(*received); message.from_snapshot) {
        show(message);
      } else {
        early_.push_back(message);
        answered = answered || early_.size() > 10'000;
        if (answered && counters->answered >= asked) {
          break; // behind the snapshot
        }
      }
    }
    if (counters->answered == 0) {
      notice("no_snapshot", "nobody answered: what was said before is not shown");
    }
  }

  /// The last messages of the mirror, before the live ones, which wait in the socket meanwhile.
  void catch_up() {
    if (!mirror_) {
      return;
    }
    // Without a wish to see them still to know where the streams end.
    show_stored(mirror_->last(options_.catch_up));
  }

  void show_stored(const caf::expected<std::vector<WireMessage>>& messages) {
    if (!messages) {
      notice("mirror_lost", describe(messages.error()));
      mirror_.reset();
      return;
    }
    for (const auto& message : *messages) {
      if (seen_.first_time(message.source, message.run, message.seq)) {
        ++from_mirror_;
        print(message);
      } else {
        ++doubles_;
      }
    }
  }

  void hear_bus() {
    heard_at_ = std::chrono::steady_clock::now();
    if (std::exchange(silent_, false)) {
      notice("bus_back", "live again");
    }
  }

  /// Nothing came on the bus: after a while its mirror is asked.
  void miss_bus() {
    const std::chrono::duration<double> silence = std::chrono::steady_clock::now() - heard_at_;
    if (silence.count() < options_.silence) {
      return;
    }
    if (!std::exchange(silent_, true)) {
      notice("bus_silent",
             fmt::format("nothing for {:.1f} s: reading the streams of Redis", silence.count()));
    }
    show_stored(mirror_->next(std::chrono::milliseconds{100}));
  }

  void notice(const std::string& event, const std::string& text) {
    print(WireNotice{.event = event, .source = "arbees-tail", .text = text, .at = wall_clock()});
  }

  void show(const WireMessage& message) {
    if (message.from_snapshot) {
      seen_.first_time(message.source, message.run, message.seq);
      watch_.heard(message);
      print(message);
      return;
    }
    if (mirror_ || from_mirror_ > 0) {
      if (!seen_.first_time(message.source, message.run, message.seq)) {
        ++doubles_;
        ++doubles_of_bus_;
        watch_.heard(message);
        return;
      }
    }
    const auto finding = watch_.heard(message);
    if (finding.event != StreamEvent::in_order && finding.event != StreamEvent::joined) {
      print(WireNotice{.event = std::string{to_string(finding.event)},
                       .source = message.source,
                       .run = message.run,
                       .text = fmt::format("seq={} missing={} topic={}", message.seq,
                                           finding.missing, message.topic),
                       .at = message.received_at});
    }
    print(message);
  }

  void show(const WireRejected& rejected) {
    ++rejected_;
    print(WireNotice{.event = "rejected",
                     .text = fmt::format("reason={} topic={}", rejected.reason, rejected.topic),
                     .at = rejected.received_at});
  }

  void print(const WireMessage& message) {
    line_.clear();
    format_.message(line_, message);
    if (options_.format == "pretty" && !message.from_snapshot) {
      line_ += fmt::format(" lat={}ms", to_ms(message.received_at) - message.timestamp_ms);
    }
    write();
  }

  void print(const WireNotice& notice) {
    line_.clear();
    format_.notice(line_, notice);
    write();
  }

  void write() {
    line_ += '\n';
    // A reader that has gone away, as head does, ends the program; a slow one only slows it.
    output_lost_ = !options_.quiet && out_.write(line_) > 0;
  }

  const Options& options_;
  Subscriber subscriber_;
  std::optional<RedisStreamReader> mirror_;
  SeenMessages seen_;
  std::vector<WireMessage> early_; ///< live, while the snapshot was still coming
  std::chrono::steady_clock::time_point heard_at_ = std::chrono::steady_clock::now();
  bool silent_ = false;
  LineFormat format_;
  StreamWatch watch_;
  LineWriter out_ = LineWriter::to_descriptor(STDOUT_FILENO, std::chrono::seconds{10});
  std::string line_;
  std::uint64_t rejected_ = 0;
  std::uint64_t from_mirror_ = 0;    ///< shown
  std::uint64_t doubles_ = 0;        ///< not shown, because they were before
  std::uint64_t doubles_of_bus_ = 0; ///< of these, from the bus
  bool output_lost_ = false;
};

void declare(CLI::App& app, Options& options) {
  app.add_option("--endpoint", options.endpoints, "Publisher to listen to; may be repeated")
    ->default_str("tcp://127.0.0.1:5555 to 5562");
  app
    .add_option("--snapshot", options.snapshots,
                "Where to ask for the last message of each topic first; may be repeated")
    ->default_str("tcp://127.0.0.1:5563 to 5569, if no --endpoint is given");
  app.add_flag("--no-snapshot", options.no_snapshot, "Show only what comes from now on");
  app.add_option("--key", options.key, "Secret key of arbees keygen, if the bus is encrypted");
  app.add_option("--peers", options.peers,
                 "Folder with HOST.pub of each publisher; else that of the key");
  app.add_option("--topic", options.topics, "Topic prefix, as prices.kalshi.; may be repeated");
  app.add_option("--format", options.format, "How messages are printed")
    ->check(CLI::IsMember({"pretty", "json", "compact"}))
    ->capture_default_str();
  app.add_option("--count", options.count, "End after this many messages");
  app.add_option("--seconds", options.seconds, "End after this long")
    ->check(CLI::NonNegativeNumber);
  app.add_option("--redis", options.redis, "Redis with the mirror of the bus; else $REDIS_URL");
  app.add_option("--catch-up", options.catch_up, "First show the last so many messages of Redis")
    ->check(CLI::Range(0, 100'000));
  app
    .add_option("--silence", options.silence,
                "After so many seconds without the bus read Redis instead")
    ->check(CLI::PositiveNumber)
    ->capture_default_str();
  app.add_flag("--quiet", options.quiet, "Print the summary only");
}

/// The mirror, if one is wished for. A Redis of the environment that is not there is no failure.
caf::expected<std::optional<RedisStreamReader>> open_mirror(const Options& options) {
  using Mirror = std::optional<RedisStreamReader>;
  const auto* const environment = std::getenv("REDIS_URL");
  const auto url = !options.redis.empty()   ? options.redis
                   : environment != nullptr ? std::string{environment}
                                            : std::string{};
  if (url.empty()) {
    return options.catch_up == 0
             ? caf::expected<Mirror>{Mirror{}}
             : caf::make_error(Errc::bad_configuration, std::string{"--catch-up needs --redis"});
  }
  const auto address = parse_redis_url(url);
  if (!address) {
    return address.error();
  }
  auto reader =
    RedisStreamReader::open(*address,
                            options.topics.empty() ? std::vector<std::string>{""} : options.topics);
  if (reader) {
    return Mirror{std::move(*reader)};
  }
  if (!options.redis.empty()) {
    return reader.error();
  }
  fmt::print(stderr, "arbees-tail: without Redis: {}\n", describe(reader.error()));
  return Mirror{};
}

} // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app{
    "Prints messages of the arbees bus. Exit codes: 0 done, 1 failure or fewer messages "
    "than --count, 2 usage.",
    "arbees-tail"};
  declare(app, options);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : usage_error;
  }
  stop_on_signals();
  auto mirror = open_mirror(options);
  if (!mirror) {
    fmt::print(stderr, "arbees-tail: {}\n", describe(mirror.error()));
    return mirror.error() == Errc::bad_configuration ? usage_error : failure;
  }
  if (options.no_snapshot) {
    options.snapshots.clear();
  } else if (options.snapshots.empty() && app.count("--endpoint") == 0) {
    options.snapshots = default_snapshot_endpoints();
  }
  const auto keys = CurveKeys::load({.key_file = options.key, .peers_dir = options.peers});
  if (!keys) {
    fmt::print(stderr, "arbees-tail: {}\n", describe(keys.error()));
    return usage_error;
  }
  zmq::context_t context;
  auto subscriber =
    Subscriber::open(context, {.endpoints = options.endpoints,
                               .prefixes = options.topics.empty() ? std::vector<std::string>{""}
                                                                  : options.topics,
                               .snapshots = options.snapshots,
                               .snapshot_patience = patience,
                               .clock = wall_clock,
                               .keys = *keys});
  if (!subscriber) {
    fmt::print(stderr, "arbees-tail: {}\n", describe(subscriber.error()));
    return usage_error;
  }
  Tail tail{options, std::move(*subscriber), std::move(*mirror)};
  tail.run();
  fmt::print(stderr, "{}\n", tail.summary());
  return tail.exit_code();
}
