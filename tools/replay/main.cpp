#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <thread>

#include "bridges/zmq/publisher_actor.hpp"
#include "tools/replay/bus_listener.hpp"
#include "tools/replay/jsonl_source.hpp"
#include "tools/replay/session_setup.hpp"
#include "tools/replay/store_source.hpp"
#include "tools/replay/tape_writer.hpp"

// arbees-replay: plays a recording through the code that trades, or onto the bus.

using namespace arbees;
using namespace arbees::replay;

namespace {

constexpr auto failure = 1;
constexpr auto usage_error = 2;
constexpr auto bad_configuration = 4;
constexpr sim::UnixMillis evening_ms = 1'795'226'400'000; ///< 2026-11-21T02:00:00Z

struct Options {
  std::filesystem::path input;
  std::optional<std::filesystem::path> config;
  std::vector<std::string> overrides;
  double speed = 0;
  bool zmq = false;
  bool preload = false;
  bool as_json = false;
  int copies = 1;
  std::filesystem::path record;
  sim::WorldConfig world{.epoch_ms = evening_ms};
  int seconds = 60;
};

/// What a play came to.
struct Result {
  std::string hash;
  std::uint64_t messages = 0;
  double seconds = 0;
  double cpu_seconds = 0; ///< of the playing thread: what is left if nobody else wants the cores
  std::string summary;
  std::vector<std::string> notes; ///< flaws and refused lines
};

double thread_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

Pace pace_of(double speed) {
  if (speed <= 0) {
    return {};
  }
  using Clock = std::chrono::steady_clock;
  return [speed,
          began = std::optional<std::pair<Clock::time_point, Timestamp>>{}](Timestamp at) mutable {
    if (!began) {
      began.emplace(Clock::now(), at);
    }
    const std::chrono::duration<double, std::nano> due{
      static_cast<double>((at - began->second).count()) / speed};
    std::this_thread::sleep_until(began->first + std::chrono::duration_cast<Clock::duration>(due));
  };
}

std::string counts(const std::map<std::string, std::uint64_t>& counters) {
  std::string text;
  for (const auto& [name, count] : counters) {
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", name, count);
  }
  return text.empty() ? "none" : text;
}

std::string summary_of(const Tally& tally) {
  const std::chrono::duration<double> span = tally.ended - tally.began;
  return fmt::format(
    "  span       {:.1f} s of the recording\n"
    "  books      {}\n"
    "  signals    {}, of which {} became requests; rejected: {}\n"
    "  orders     {} ({})\n"
    "  pairs      {}\n"
    "  why not    {}\n"
    "  profit     ${} locked, ${} with unhedged contracts at the last bid; fees ${}\n",
    span.count(), tally.books, tally.signals, tally.requests, counts(tally.rejected), tally.orders,
    counts(tally.order_ends), counts(tally.outcomes), counts(tally.pair_reasons),
    to_string(tally.locked_profit()), to_string(tally.marked_profit()), to_string(tally.fees));
}

/// All records of a run, so that a play is measured without the disk.
caf::expected<std::vector<CaptureRecord>> load(const std::filesystem::path& folder) {
  auto reader = CaptureReader::open(folder);
  if (!reader) {
    return std::move(reader.error());
  }
  std::vector<CaptureRecord> records;
  while (auto record = reader->next()) {
    records.push_back(std::move(*record));
  }
  return records;
}

caf::expected<Result> play(const Options& options, const SessionConfig& setup,
                           const std::vector<CaptureRecord>& loaded, SessionListener* listener) {
  Session session{setup, paper_venues(setup), listener};
  Result result;
  const auto pace = pace_of(options.speed);
  const auto began = std::chrono::steady_clock::now();
  const auto cpu = thread_seconds();
  if (!loaded.empty()) {
    CaptureSource source{setup.tables};
    for (const auto& record : loaded) {
      source.give(session, record);
    }
    session.finish();
  } else if (std::filesystem::is_directory(options.input)) {
    const auto played = play_capture(options.input, session, setup.tables, pace);
    if (!played) {
      return played.error();
    }
    for (const auto& flaw : played->flaws) {
      result.notes.push_back(fmt::format("{}: {} after {} bytes: {}", flaw.file.string(),
                                         to_string(flaw.kind), flaw.offset, flaw.why));
    }
  } else if (is_store(options.input)) {
    const auto played = play_store(options.input, session, pace);
    if (!played) {
      return played.error();
    }
    if (!played->refused.empty()) {
      result.notes.push_back("rows left out: " + counts(played->refused));
    }
  } else {
    const auto played = play_jsonl(options.input, session, pace);
    if (!played) {
      return played.error();
    }
    if (!played->refused.empty()) {
      result.notes.push_back("lines left out: " + counts(played->refused));
    }
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  result.seconds = took.count();
  result.cpu_seconds = thread_seconds() - cpu;
  result.hash = session.tally().hash();
  result.messages = session.tally().messages;
  result.summary = summary_of(session.tally());
  return result;
}

/// Copies side by side, a thread each: nothing is shared, so that their hashes are one.
caf::expected<Result>
play_copies(const Options& options, const SessionConfig& setup,
            const std::vector<CaptureRecord>& loaded, SessionListener* listener) {
  std::vector<caf::expected<Result>> results(static_cast<std::size_t>(options.copies),
                                             caf::make_error(Errc::io_failed));
  std::vector<std::thread> threads;
  for (std::size_t i = 1; i < results.size(); ++i) {
    threads.emplace_back([&, i] { results[i] = play(options, setup, loaded, nullptr); });
  }
  results[0] = play(options, setup, loaded, listener);
  for (auto& thread : threads) {
    thread.join();
  }
  for (const auto& result : results) {
    if (!result) {
      return result;
    }
    if (result->hash != results[0]->hash) {
      return caf::make_error(Errc::bad_frame, std::string{"two copies decided differently"});
    }
  }
  return results[0];
}

class SystemConfig : public caf::actor_system_config {
public:
  SystemConfig() { add_message_types<caf::id_block::arbees>(); }
};

caf::expected<Result>
play_onto_bus(const Options& options, const Config& config, const SessionConfig& setup,
              const std::vector<CaptureRecord>& loaded) {
  zmq::context_t context;
  SystemConfig system_config;
  caf::actor_system system{system_config};
  PublisherConfig bus{.node = config.node, .run = new_run_id(), .clock = [] {
                        return Timestamp{std::chrono::system_clock::now()};
                      }};
  for (std::size_t i = 0; i < publish_role_count; ++i) {
    const auto role = static_cast<PublishRole>(i);
    bus.endpoints[role] = bus_endpoint(config.zmq.bind_address, config.zmq.ports[i]);
  }
  auto keys =
    CurveKeys::load({.key_file = config.curve.key_file, .peers_dir = config.curve.peers_dir});
  if (!keys) {
    return std::move(keys.error());
  }
  if (*keys) {
    auto door = CurveDoor::open(context, std::move(*keys));
    if (!door) {
      return std::move(door.error());
    }
    bus.door = std::move(*door);
  }
  auto publisher = Publisher::open(context, std::move(bus));
  if (!publisher) {
    return std::move(publisher.error());
  }
  const auto actor = system.spawn<caf::detached>(publisher_actor, std::move(*publisher));
  caf::expected<Result> result{caf::make_error(Errc::io_failed)};
  {
    BusListener listener{system, actor};
    result = play(options, setup, loaded, &listener);
    listener.drain();
  }
  caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
  return result;
}

void record(const Options& options, const SessionConfig& setup) {
  SimWorld world{options.world, setup.tables};
  TapeWriter writer{options.record};
  Session session{setup, paper_venues(setup), &world};
  writer.begin(world.now());
  world.open(session, writer.tap());
  world.run(session, std::chrono::seconds{options.seconds});
  writer.finish(world.now());
  session.finish();
  fmt::print("{}\n", session.tally().hash());
}

void declare(CLI::App& app, Options& options) {
  app.add_option("input", options.input,
                 "A folder of `arbees run --capture`, a JSONL file of the observer, or a history");
  app.add_option("--config", options.config, "TOML file, as for arbees run");
  app.add_option("--set", options.overrides, "key=value over the file; may be repeated");
  app.add_option("--speed", options.speed, "Recorded seconds per second; 0: as fast as possible")
    ->check(CLI::NonNegativeNumber)
    ->capture_default_str();
  app.add_flag("--zmq", options.zmq, "Publish all that happens on the ports of the configuration");
  app.add_flag("--preload", options.preload,
               "Read a capture into memory first, to measure the rest; as fast as possible");
  app
    .add_option("--threads", options.copies,
                "Play as many copies side by side and compare what they decided")
    ->check(CLI::Range(1, 64));
  app.add_flag("--json", options.as_json, "One JSON object instead of text");
  app.add_option("--simulate", options.record,
                 "Write a simulated evening as a capture into this folder, and its hash");
  app.add_option("--seed", options.world.seed, "of --simulate")->capture_default_str();
  app.add_option("--games", options.world.games, "of --simulate")->capture_default_str();
  app.add_option("--rate", options.world.rate, "of --simulate: book messages a second and venue")
    ->capture_default_str();
  app.add_option("--game-speed", options.world.speed, "of --simulate: game seconds per second")
    ->capture_default_str();
  app.add_option("--seconds", options.seconds, "of --simulate")->capture_default_str();
}

void print(const Options& options, const Result& result) {
  const auto rate = static_cast<double>(result.messages) / std::max(result.seconds, 1e-9);
  if (options.as_json) {
    namespace json = boost::json;
    fmt::print("{}\n", json::serialize(json::object{{"hash", result.hash},
                                                    {"messages", result.messages},
                                                    {"seconds", result.seconds},
                                                    {"messages_per_second", rate},
                                                    {"cpu_seconds", result.cpu_seconds},
                                                    {"notes", json::value_from(result.notes)}}));
    return;
  }
  fmt::print("{}", result.summary);
  for (const auto& note : result.notes) {
    fmt::print("  note       {}\n", note);
  }
  fmt::print(
    "  messages   {} in {:.2f} s: {:.0f} a second; {:.2f} s of CPU: {:.0f} a second of it\n"
    "  hash       {}\n",
    result.messages, result.seconds, rate, result.cpu_seconds,
    static_cast<double>(result.messages) / std::max(result.cpu_seconds, 1e-9), result.hash);
}

} // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app{
    "Plays a recording through the code that trades, and prints what it decided with a hash of it. "
    "Exit codes: 0 done, 1 failure, 2 usage, 4 configuration.",
    "arbees-replay"};
  declare(app, options);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : usage_error;
  }
  if (options.input.empty() == options.record.empty()) {
    fmt::print(stderr, "arbees-replay: either an input or --simulate\n");
    return usage_error;
  }
  const auto loaded = load_config({.config = options.config, .overrides = options.overrides},
                                  [](const char* name) { return std::getenv(name); });
  for (const auto& error : loaded.errors) {
    fmt::print(stderr, "arbees-replay: {}\n", error);
  }
  const auto setup = session_config(loaded.config);
  if (!setup) {
    fmt::print(stderr, "arbees-replay: {}\n", describe(setup.error()));
  }
  if (!setup || !loaded.errors.empty()) {
    return bad_configuration;
  }
  if (!options.record.empty()) {
    record(options, *setup);
    return 0;
  }
  auto records = options.preload
                   ? load(options.input)
                   : caf::expected<std::vector<CaptureRecord>>{std::vector<CaptureRecord>{}};
  if (!records) {
    fmt::print(stderr, "arbees-replay: {}\n", describe(records.error()));
    return failure;
  }
  const auto result = options.zmq ? play_onto_bus(options, loaded.config, *setup, *records)
                                  : play_copies(options, *setup, *records, nullptr);
  if (!result) {
    fmt::print(stderr, "arbees-replay: {}\n", describe(result.error()));
    return failure;
  }
  print(options, *result);
  return 0;
}
