#include "app/control_command.hpp"

#include <fmt/format.h>

#include <chrono>
#include <csignal>
#include <thread>

#include "actors/messages/errors.hpp"
#include "app/kill_switch.hpp"
#include "bridges/net/clock.hpp"
#include "bridges/store/ledger.hpp"
#include "bridges/store/postgres_url.hpp"

namespace arbees {

namespace {

using namespace std::chrono_literals;

constexpr auto patience = 3s;

/// What the ledger has on record, read beside its owner.
std::optional<TradingControl> on_record(const Config& config) {
  auto ledger = Ledger::open(ledger_config(config, DatabaseAccess::read));
  if (!ledger) {
    return std::nullopt;
  }
  const auto control = ledger->trading_control();
  return control ? *control : std::nullopt;
}

} // namespace

ExitCode change_trading_state(const CommandLine& line, const Config& config) {
  const KillSwitch file{config.files.kill_switch};
  const auto state = to_string(line.state);
  const auto reason = line.reason.empty() ? std::string{"by hand"} : line.reason;
  if (const auto failed = file.write(line.state, reason)) {
    fmt::print(stderr, "arbees: {}\n", describe(failed));
    return ExitCode::failure;
  }
  const auto holder = Ledger::holder(ledger_config(config, DatabaseAccess::read));
  if (!holder) {
    fmt::print("{}: no arbees runs with {}; the next one starts like that\n", state,
               config.files.ledger_url.empty() ? config.files.ledger.string()
                                               : shown_postgres_url(config.files.ledger_url));
    return ExitCode::ok;
  }
  if (line.state == TradingState::halted && holder->process) {
    ::kill(*holder->process, SIGUSR1); // needs no file, no clock, no disk
  }
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (std::chrono::steady_clock::now() < deadline) {
    if (const auto control = on_record(config); control && control->state == line.state) {
      fmt::print("{}: {} has it on record\n", state, holder->name);
      return ExitCode::ok;
    }
    std::this_thread::sleep_for(20ms);
  }
  fmt::print(
    stderr,
    "arbees: {} was told to be {}, but has not put that on record: look at its log, or stop "
    "it\n",
    holder->name, state);
  return ExitCode::failure;
}

ExitCode accept_money(const CommandLine& line, const Config& config) {
  const auto amount = parse_money(line.amount);
  const auto venue = parse_venue(line.venue);
  if (!amount || !venue || *amount == Money{}) {
    fmt::print(stderr, "arbees: --amount {}: not an amount of dollars other than 0\n", line.amount);
    return ExitCode::usage;
  }
  auto ledger =
    Ledger::open({.path = line.ledger.value_or(config.files.ledger), .trading_mode = config.mode});
  if (!ledger) {
    fmt::print(stderr, "arbees: {}\n", describe(ledger.error()));
    return ExitCode::failure;
  }
  const auto now = Clock{}.now();
  const MoneyAccepted accepted{.venue = *venue,
                               .amount = *amount,
                               .by = "person",
                               .reason = line.reason.empty() ? "by hand" : line.reason,
                               .at = now};
  if (const auto failed = ledger->record(accepted, now)) {
    fmt::print(stderr, "arbees: {}\n", describe(failed));
    return ExitCode::failure;
  }
  const auto account = ledger->account(*venue);
  fmt::print("{}: ${} accepted; ${} must be there now\n", line.venue, to_string(*amount),
             account && account->available ? to_string(*account->available) : "?");
  return ExitCode::ok;
}

} // namespace arbees
