#include <fmt/format.h>
#include <unistd.h>
#include <CLI/CLI.hpp>
#include <csignal>

#include "actors/observer/stream_watch.hpp"
#include "bridges/observer/line_format.hpp"
#include "bridges/observer/line_writer.hpp"
#include "bridges/zmq/endpoints.hpp"
#include "bridges/zmq/subscriber.hpp"

// arbees-tail: prints the bus as it goes by.

using namespace arbees;

namespace {

constexpr auto usage_error = 2;

struct Options {
  std::vector<std::string> endpoints = default_endpoints();
  std::vector<std::string> topics;
  std::string format = "pretty";
  std::uint64_t count = 0;
  double seconds = 0;
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
  Tail(const Options& options, Subscriber subscriber)
    : options_(options),
      subscriber_(std::move(subscriber)),
      format_(line_format(options.format)),
      watch_(options.topics.empty() ? StreamView::complete : StreamView::filtered) {}

  void run() {
    const auto begin = std::chrono::steady_clock::now();
    const std::chrono::duration<double> limit{options_.seconds};
    while (stopped == 0 && !output_lost_ && !enough()) {
      if (options_.seconds > 0 && std::chrono::steady_clock::now() - begin >= limit) {
        return;
      }
      if (const auto received = subscriber_.receive()) {
        std::visit([this](const auto& message) { show(message); }, *received);
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
      "duplicates={} reorders={} rejected={} latency_p50_us={} latency_p99_us={} "
      "latency_max_us={}{}",
      totals.messages, watch_.sources(), totals.gaps, totals.gap_messages, totals.restarts,
      totals.duplicates, totals.reorders, rejected_, watch_.latency().quantile_us(0.5),
      watch_.latency().quantile_us(0.99), watch_.latency().max_us(),
      options_.topics.empty() ? "" : " (gaps show only without --topic)");
  }

private:
  [[nodiscard]] bool enough() const {
    return options_.count > 0 && watch_.totals().messages >= options_.count;
  }

  void show(const WireMessage& message) {
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
    if (options_.format == "pretty") {
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
  LineFormat format_;
  StreamWatch watch_;
  LineWriter out_ = LineWriter::to_descriptor(STDOUT_FILENO, std::chrono::seconds{10});
  std::string line_;
  std::uint64_t rejected_ = 0;
  bool output_lost_ = false;
};

void declare(CLI::App& app, Options& options) {
  app.add_option("--endpoint", options.endpoints, "Publisher to listen to; may be repeated")
    ->default_str("tcp://127.0.0.1:5555 to 5562");
  app.add_option("--topic", options.topics, "Topic prefix, as prices.kalshi.; may be repeated");
  app.add_option("--format", options.format, "How messages are printed")
    ->check(CLI::IsMember({"pretty", "json", "compact"}))
    ->capture_default_str();
  app.add_option("--count", options.count, "End after this many messages");
  app.add_option("--seconds", options.seconds, "End after this long")
    ->check(CLI::NonNegativeNumber);
  app.add_flag("--quiet", options.quiet, "Print the summary only");
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
  zmq::context_t context;
  auto subscriber =
    Subscriber::open(context, {.endpoints = options.endpoints,
                               .prefixes = options.topics.empty() ? std::vector<std::string>{""}
                                                                  : options.topics,
                               .clock = wall_clock});
  if (!subscriber) {
    fmt::print(stderr, "arbees-tail: {}\n", describe(subscriber.error()));
    return usage_error;
  }
  Tail tail{options, std::move(*subscriber)};
  tail.run();
  fmt::print(stderr, "{}\n", tail.summary());
  return tail.exit_code();
}
