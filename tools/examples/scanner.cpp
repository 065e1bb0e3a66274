#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <csignal>

#include "bridges/zmq/decoder_actor.hpp"
#include "bridges/zmq/endpoints.hpp"
#include "bridges/zmq/subscriber_actor.hpp"
#include "tools/examples/scanner_actor.hpp"

// arbees-scanner: an example of a reader of the bus. It prints what it finds, and that is all it
// can do: nothing in this program has a way to the signal processor or to a venue.

using namespace arbees;

namespace {

struct Options {
  std::vector<std::string> endpoints = default_endpoints();
  std::vector<std::string> snapshots = default_snapshot_endpoints();
  std::string key;
  std::string peers;
  int seconds = 0;
};

struct SystemConfig : caf::actor_system_config {
  SystemConfig() {
    add_message_types<caf::id_block::arbees>();
    set("scheduler.max-threads", 1UL);
  }
};

void print(const Finding& finding) {
  fmt::print("{}\n", to_string(finding));
  std::fflush(stdout);
}

/// Until Ctrl-C, or for as long as was asked for.
void wait_for_the_end(int seconds) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  const timespec limit{.tv_sec = seconds > 0 ? seconds : 365 * 24 * 3600, .tv_nsec = 0};
  sigtimedwait(&signals, nullptr, &limit);
}

/// Before any thread exists, so that all of them leave the signals to the wait.
void block_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

int run(const Options& options) {
  block_signals();
  const auto keys = CurveKeys::load({.key_file = options.key, .peers_dir = options.peers});
  if (!keys) {
    fmt::print(stderr, "arbees-scanner: {}\n", describe(keys.error()));
    return 2;
  }
  zmq::context_t context; // before the actor system, whose actors own its sockets
  auto subscriber =
    Subscriber::open(context, {.endpoints = options.endpoints,
                               .prefixes = {"prices.", "markets.matched.", "games.ended."},
                               .snapshots = options.snapshots,
                               .clock = [] { return std::chrono::system_clock::now(); },
                               .keys = *keys});
  if (!subscriber) {
    fmt::print(stderr, "arbees-scanner: {}\n", describe(subscriber.error()));
    return 2;
  }
  SystemConfig config;
  caf::actor_system system{config};
  {
    const auto finder = system.spawn(scanner, print);
    EventRoutes routes;
    routes.add<BookUpdate>(finder).add<MatchedGame>(finder).add<GameEnded>(finder);
    const auto decoder =
      system.spawn(decoder_actor, std::move(routes), DecoderConfig{.books = BooksFrom::prices});
    const auto receiver = system.spawn<caf::detached>(subscriber_actor, std::move(*subscriber),
                                                      std::vector<WireSink>{decoder});
    wait_for_the_end(options.seconds);
    for (const auto& actor :
         {caf::actor_cast<caf::actor>(receiver), caf::actor_cast<caf::actor>(decoder),
          caf::actor_cast<caf::actor>(finder)}) {
      caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
    }
  }
  system.await_all_actors_done();
  return 0;
}

} // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app{
    "Prints where two venues' asks cost less than the dollar that one must pay, before "
    "fees. Exit codes: 0 done, 2 usage.",
    "arbees-scanner"};
  app.add_option("--endpoint", options.endpoints, "Publisher to listen to; may be repeated")
    ->default_str("tcp://127.0.0.1:5555 to 5562");
  app.add_option("--snapshot", options.snapshots, "Where to ask how things stand; may be repeated")
    ->default_str("tcp://127.0.0.1:5563 to 5569");
  app.add_option("--key", options.key, "Secret key of arbees keygen, if the bus is encrypted");
  app.add_option("--peers", options.peers,
                 "Folder with HOST.pub of each publisher; else that of the key");
  app.add_option("--seconds", options.seconds, "End after this long")
    ->check(CLI::NonNegativeNumber);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  return run(options);
}
