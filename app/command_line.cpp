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

/// Where a history is.
void add_history(CLI::App& command, CommandLine& line) {
  add_configuration(command, line);
  command.add_option("--history", line.history, "the DuckDB file; else the configured one");
}

CLI::App* add_query(CLI::App& app, CommandLine& line) {
  auto* const query =
    app.add_subcommand("query", "ask the history in SQL, also while arbees runs; it only reads");
  add_history(*query, line);
  query->add_option("SQL", line.sql, "SELECT, DESCRIBE, SHOW TABLES, SUMMARIZE")->required();
  query->add_option("--max-rows", line.max_rows, "show so many at most; 0: all");
  query->add_option("--timeout", line.time_limit, "seconds; then it is stopped")
    ->check(CLI::Range(1, 600));
  auto* const csv = query->add_flag("--csv", line.csv, "comma-separated values");
  query->add_flag("--json", line.json, "an array of objects")->excludes(csv);
  return query;
}

CLI::App* add_export(CLI::App& app, CommandLine& line) {
  auto* const command =
    app.add_subcommand("export", "write the history's tables to files, also while arbees runs");
  add_history(*command, line);
  auto* const table = command->add_option("--table", line.tables, "this one, may be repeated")
                        ->allow_extra_args(false);
  command->add_flag("--all", line.all_tables, "every table")->excludes(table);
  command->add_option("--from", line.from, "rows of this time and later: 2026-11-21 [12:00], UTC");
  command->add_option("--to", line.to, "rows of before this time");
  command->add_option("--format", line.format, "parquet or csv")
    ->check(CLI::IsMember({"parquet", "csv"}));
  command->add_option("--dir", line.dir, "into this folder, made if need be");
  return command;
}

CLI::App* add_report(CLI::App& app, CommandLine& line) {
  auto* const report =
    app.add_subcommand("report", "what a day came to, by the ledger and the history");
  add_history(*report, line);
  report->add_option("--day", line.day, "2026-11-21, UTC; else today");
  report->add_option("--ledger", line.ledger, "the file; else the configured one");
  report->add_option("--against", line.against, "another ledger's file: paper beside live");
  auto* const csv =
    report->add_flag("--csv", line.csv, "executions and payments, a line each, for the taxes");
  report->add_flag("--json", line.json, "machine-readable output")->excludes(csv);
  return report;
}

CLI::App* add_keygen(CLI::App& app, CommandLine& line) {
  auto* const keygen = app.add_subcommand("keygen", "make the keys that encrypt the bus");
  keygen->add_option("NAME", line.key_name, "the host's, as others call it in tcp://HOST:PORT")
    ->required();
  keygen->add_option("--dir", line.keys, "into this folder, made if need be")
    ->capture_default_str();
  return keygen;
}

CLI::App* add_rebuild(CLI::App& app, CommandLine& line) {
  auto* const history = app.add_subcommand("history", "look after the history");
  history->require_subcommand(1);
  auto* const rebuild =
    history->add_subcommand("rebuild",
                            "make its orders, fills, pairs and payments anew from the ledger");
  add_history(*rebuild, line);
  rebuild->add_option("--ledger", line.ledger, "the file; else the configured one");
  return rebuild;
}

/// Of the orchestrator that runs.
void add_hosts(CLI::App& app, CommandLine& line) {
  auto* const hosts = app.add_subcommand("hosts", "shard hosts, their games, and how they are");
  add_configuration(*hosts, line);
  hosts->add_flag("--json", line.json, "machine-readable output");
  hosts->callback([&line] { line.command = CommandLine::Command::hosts; });
  for (const auto& [name, drains, help] :
       {std::tuple{"drain", true, "move a shard host's games to others, and give it no more"},
        std::tuple{"undrain", false, "let it have games again"}}) {
    auto* const command = app.add_subcommand(name, help);
    add_configuration(*command, line);
    command->add_option("NODE", line.node, "its name, as `arbees hosts` shows it")->required();
    command->callback([&line, drains = drains] {
      line.command = CommandLine::Command::drain;
      line.drains = drains;
    });
  }
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
  auto* const query = add_query(app, line);
  auto* const export_history = add_export(app, line);
  auto* const report = add_report(app, line);
  auto* const rebuild = add_rebuild(app, line);
  auto* const keygen = add_keygen(app, line);
  auto* const version = app.add_subcommand("version", "show the version");
  version->add_flag("--json", line.json, "machine-readable output");
  add_hosts(app, line);
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
                                       {query, Command::query},
                                       {export_history, Command::export_history},
                                       {rebuild, Command::rebuild_history},
                                       {report, Command::report},
                                       {keygen, Command::keygen},
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
