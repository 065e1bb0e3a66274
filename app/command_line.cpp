#include "app/command_line.hpp"

#include <CLI/CLI.hpp>

#include <array>

#include "app/roles.hpp"

namespace arbees {

namespace {

struct Control {
  const char* name;
  TradingState state;
  const char* help;
};

constexpr std::array controls{
  Control{"halt", TradingState::halted, "stop at once: cancel everything, send nothing more"},
  Control{"reduce-only", TradingState::reduce_only, "open no pairs, end the open ones"},
  Control{"flatten", TradingState::flatten,
          "open no pairs, and sell what is held at a loss of at most "
          "positions.flatten_max_loss_cents"},
  Control{"resume", TradingState::active, "trade again after any of the others"},
};

void add_configuration(CLI::App& command, CommandLine& line) {
  command.add_option("--config", line.config, "TOML file; without one the defaults hold");
  command.add_option("--set", line.overrides, "key=value, wins over file and environment")
    ->allow_extra_args(false);
}

void add_common(CLI::App& command, CommandLine& line) {
  add_configuration(command, line);
  std::vector<std::string> roles;
  for (const auto role : all_roles()) {
    roles.emplace_back(to_string(role));
  }
  command
    .add_option("--role", line.roles,
                "what this process does, may be repeated; none: as the file says, or all")
    ->allow_extra_args(false)
    ->check(CLI::IsMember(roles));
  command.add_flag("--json", line.json, "machine-readable output");
}

} // namespace

std::variant<CommandLine, ExitCode> parse_command_line(int argc, const char* const* argv) {
  CommandLine line;
  CLI::App app{"arbees: arbitrage between Kalshi and Polymarket on sports games", "arbees"};
  app.require_subcommand(1);
  auto* const run = app.add_subcommand("run", "watch, trade, publish, record");
  add_common(*run, line);
  run->add_option("--seconds", line.seconds, "stop after this many seconds")
    ->check(CLI::PositiveNumber);
  run->add_option("--summary", line.summary, "write the summary there as JSON");
  run->add_option("--capture", line.capture,
                  "record all that goes over the wire there, without secrets");
  run->add_flag("--standby", line.standby,
                "wait until no other process has the ledger or a port, then take over");
  run->add_flag("--i-understand-this-trades-real-money", line.trades_real_money,
                "needed for mode = \"live\"");
  auto* const check = app.add_subcommand("check", "validate and show the configuration in force");
  add_common(*check, line);
  check->add_option("FILES", line.processes,
                    "one configuration for each of several processes: shows how they fit together");
  auto* const capture_info =
    app.add_subcommand("capture-info", "list what captures hold, and where they are damaged");
  capture_info->add_option("DIR", line.capture, "what --capture was given, or one run in it")
    ->required();
  capture_info->add_flag("--json", line.json, "machine-readable output");
  auto* const ledger = app.add_subcommand("ledger", "look into the ledger");
  ledger->require_subcommand(1);
  auto* const verify =
    ledger->add_subcommand("verify",
                           "recompute the ledger's chain of events and all that follows from it");
  verify->add_option("--ledger", line.ledger, "the file; else the configured one");
  verify->add_option("--config", line.config, "TOML file; without one the defaults hold");
  verify->add_flag("--json", line.json, "machine-readable output");
  auto* const accept = ledger->add_subcommand("accept-money",
                                              "a deposit or withdrawal is right: what the venue "
                                              "must have changes by it; arbees must not run");
  accept->add_option("--venue", line.venue, "kalshi or polymarket")
    ->required()
    ->check(CLI::IsMember({"kalshi", "polymarket"}));
  accept->add_option("--amount", line.amount, "dollars that came, negative if they went")
    ->required();
  accept->add_option("--reason", line.reason, "for the record");
  accept->add_option("--ledger", line.ledger, "the file; else the configured one");
  accept->add_option("--config", line.config, "TOML file; without one the defaults hold");
  auto* const version = app.add_subcommand("version", "show the version");
  version->add_flag("--json", line.json, "machine-readable output");
  for (const auto& [name, state, help] : controls) {
    auto* const control = app.add_subcommand(name, help);
    add_configuration(*control, line);
    control->add_option("--reason", line.reason, "for the record");
    control->callback([&line, state = state] {
      line.command = CommandLine::Command::control;
      line.state = state;
    });
  }
  using Command = CommandLine::Command;
  for (const auto& [command, means] : {std::pair{run, Command::run},
                                       {check, Command::check},
                                       {capture_info, Command::capture_info},
                                       {verify, Command::verify_ledger},
                                       {accept, Command::accept_money},
                                       {version, Command::version}}) {
    command->callback([&line, means = means] { line.command = means; });
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const auto shown = app.exit(error);
    return shown == 0 ? ExitCode::ok : ExitCode::usage;
  }
  return line;
}

} // namespace arbees
