#include <CLI/CLI.hpp>
#include <boost/asio.hpp>
#include <boost/json.hpp>
#include <cstdio>
#include <fstream>
#include <sstream>

#include "tools/sim/simulator.hpp"

namespace {

using namespace arbees::sim;

struct Options {
  SimulatorConfig simulator{};
  std::string ports_file{};
  std::vector<std::string> kalshi_keys{};
  std::vector<std::string> kalshi_cash{};
  std::int64_t polymarket_cash = 10'000;
  int seconds = 0; ///< 0: until a signal
  int redeem_after_s = 0;
  int heartbeat_grace_s = 0;
};

void declare(CLI::App& app, Options& options) {
  auto& world = options.simulator.world;
  auto& ports = options.simulator.ports;
  app.add_option("--games", world.games, "games on both venues")->check(CLI::Range(1, 60));
  app.add_option("--seed", world.seed, "the same seed plays the same tape");
  app.add_option("--speed", world.speed, "game seconds per second")->check(CLI::Range(0.1, 600.0));
  app.add_option("--rate", world.rate, "book messages per second and venue")
    ->check(CLI::Range(1, 100'000));
  app.add_option("--kalshi-port", ports.kalshi, "Kalshi WebSocket and REST, 0 = free one");
  app.add_option("--polymarket-port", ports.polymarket, "Polymarket WebSocket and CLOB");
  app.add_option("--gamma-port", ports.gamma, "Polymarket metadata");
  app.add_option("--espn-port", ports.espn, "ESPN scoreboard");
  app.add_option("--ports-file", options.ports_file, "write the bound ports here as JSON");
  app.add_option("--seconds", options.seconds, "stop after that long")
    ->check(CLI::NonNegativeNumber);
  app.add_option("--bind", options.simulator.bind, "address to listen on");
  app.add_option("--kalshi-key", options.kalshi_keys,
                 "KEYID=PUBLIC_PEM_FILE: let in only registered keys, and verify them");
  app.add_option("--kalshi-cash", options.kalshi_cash,
                 "SHARD=DOLLARS of a new account (0=5000 3=5000)");
  auto& kalshi = options.simulator.kalshi;
  app.add_option("--kalshi-attestation-expires", kalshi.attested_for_s,
                 "seconds until the location's attestation lapses and orders are refused, -1 = "
                 "never attested");
  app.add_flag("--kalshi-weekly-pause", kalshi.weekly_pause,
               "trading pauses on Thursdays from 03:00 to 05:00 Eastern, as on the venue");
  auto& polymarket = options.simulator.polymarket;
  app.add_option("--polymarket-cash", options.polymarket_cash, "dollars of a new wallet")
    ->check(CLI::Range(0, 1'000'000'000));
  app.add_option("--ghost-fills", polymarket.ghost_fills, "share of Polymarket trades that fail")
    ->check(CLI::Range(0.0, 1.0));
  app.add_option("--sports-delay", world.sports_delay_s, "seconds that takers wait in play")
    ->check(CLI::Range(0, 10));
  app
    .add_option("--redeem-after", options.redeem_after_s,
                "seconds from the resolution of a Polymarket market to its money")
    ->check(CLI::Range(0, 86'400));
  app
    .add_option("--heartbeat-grace", options.heartbeat_grace_s,
                "seconds beyond 10 that Polymarket waits for a heartbeat")
    ->check(CLI::Range(0, 5));
  app.add_flag("--geoblocked", polymarket.geoblocked, "Polymarket takes no orders from here");
  app.add_flag("--deposit-wallets-only", polymarket.deposit_wallets_only,
               "take only orders of signature type 3, as from new accounts");
  app.get_formatter()->column_width(32);
}

/// The parts of "NAME=VALUE".
std::pair<std::string, std::string> split(const std::string& text, const char* flag) {
  const auto at = text.find('=');
  if (at == std::string::npos || at == 0 || at + 1 == text.size()) {
    throw std::runtime_error(std::string{flag} + " " + text + ": NAME=VALUE expected");
  }
  return {text.substr(0, at), text.substr(at + 1)};
}

/// Reads what the flags name into the simulator's settings.
/// @throws std::runtime_error that names the flag
void resolve(Options& options) {
  for (const auto& text : options.kalshi_keys) {
    const auto [id, path] = split(text, "--kalshi-key");
    std::ifstream file{path};
    std::stringstream pem;
    pem << file.rdbuf();
    if (!file) {
      throw std::runtime_error("--kalshi-key " + text + ": cannot read the file");
    }
    options.simulator.kalshi_keys[id] = pem.str();
  }
  if (!options.kalshi_cash.empty()) {
    options.simulator.kalshi.cash.clear();
  }
  for (const auto& text : options.kalshi_cash) {
    const auto [name, amount] = split(text, "--kalshi-cash");
    const auto shard = arbees::parse_decimal(name, 0);
    const auto money = arbees::parse_money(amount);
    if (!shard || *shard < 0 || *shard > 3 || !money || *money < arbees::Money{0}) {
      throw std::runtime_error("--kalshi-cash " + text
                               + ": a shard of 0 to 3 and dollars expected");
    }
    options.simulator.kalshi.cash[static_cast<int>(*shard)] = *money;
  }
  options.simulator.polymarket.cash =
    arbees::Money{options.polymarket_cash * arbees::money_per_dollar};
  options.simulator.polymarket.redeem_after_ms = 1000LL * options.redeem_after_s;
  options.simulator.polymarket.heartbeat_grace_ms = 1000LL * options.heartbeat_grace_s;
}

/// Written beside and renamed, so that a reader never sees half of it.
bool write_ports(const std::string& path, const Ports& ports) {
  const auto beside = path + ".tmp";
  std::ofstream file{beside};
  file << boost::json::serialize(boost::json::object{{"kalshi", ports.kalshi},
                                                     {"polymarket", ports.polymarket},
                                                     {"gamma", ports.gamma},
                                                     {"espn", ports.espn}})
       << '\n';
  file.close();
  return file.good() && std::rename(beside.c_str(), path.c_str()) == 0;
}

void announce(const Options& options, const Ports& ports) {
  const auto* const at = options.simulator.bind.c_str();
  std::printf("kalshi      ws://%s:%d/trade-api/ws/v2  http://%s:%d/trade-api/v2\n", at,
              ports.kalshi, at, ports.kalshi);
  std::printf("            %s\n",
              options.simulator.kalshi_keys.empty()
                ? "no --kalshi-key: any key id and any Base64 are taken as authentic"
                : "signatures are verified");
  std::printf("polymarket  ws://%s:%d/ws/market  http://%s:%d\n", at, ports.polymarket, at,
              ports.polymarket);
  std::printf("gamma       http://%s:%d\n", at, ports.gamma);
  std::printf("espn        http://%s:%d/apis/site/v2/sports\n", at, ports.espn);
  std::fflush(stdout);
}

void report_status(boost::asio::steady_timer& timer, const Simulator& simulator) {
  timer.expires_after(std::chrono::seconds{5});
  timer.async_wait([&timer, &simulator](const boost::system::error_code& error) {
    if (!error) {
      std::puts(simulator.status_line().c_str());
      std::fflush(stdout);
      report_status(timer, simulator);
    }
  });
}

int run(const Options& options) {
  boost::asio::io_context io;
  Simulator simulator{io, options.simulator};
  const auto ports = simulator.start();
  announce(options, ports);
  if (!options.ports_file.empty() && !write_ports(options.ports_file, ports)) {
    std::fprintf(stderr, "arbees-sim: cannot write %s\n", options.ports_file.c_str());
    return 1;
  }
  boost::asio::signal_set signals{io, SIGINT, SIGTERM};
  boost::asio::steady_timer status{io};
  boost::asio::steady_timer end{io};
  const auto stop = [&](const boost::system::error_code& error) {
    if (!error) {
      simulator.stop();
      signals.cancel();
      status.cancel();
      end.cancel();
      io.stop(); // quiet keep-alive connections would hold it for a minute
    }
  };
  signals.async_wait([stop](const boost::system::error_code& error, int) { stop(error); });
  if (options.seconds > 0) {
    end.expires_after(std::chrono::seconds{options.seconds});
    end.async_wait(stop);
  }
  report_status(status, simulator);
  io.run();
  std::puts(simulator.status_line().c_str());
  return 0;
}

} // namespace

int main(int argc, char** argv) {
  CLI::App app{"Simulates Kalshi, Polymarket and ESPN on loopback"};
  Options options;
  options.simulator.world.epoch_ms = wall_ms();
  declare(app, options);
  CLI11_PARSE(app, argc, argv);
  try {
    resolve(options);
    return run(options);
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "arbees-sim: %s\n", failure.what());
    return 1;
  }
}
