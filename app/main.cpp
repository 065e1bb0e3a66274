#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <bit>
#include <boost/json.hpp>
#include <cstdlib>

#include "app/capture_info.hpp"
#include "app/command_line.hpp"
#include "app/config_check.hpp"
#include "app/control_command.hpp"
#include "app/export_command.hpp"
#include "app/history_command.hpp"
#include "app/hosts_command.hpp"
#include "app/keygen_command.hpp"
#include "app/kill_switch.hpp"
#include "app/log.hpp"
#include "app/node.hpp"
#include "app/process_check.hpp"
#include "app/query_command.hpp"
#include "app/report_command.hpp"
#include "app/roles.hpp"
#include "app/service_manager.hpp"
#include "app/stop_signals.hpp"
#include "bridges/store/ledger.hpp"
#include "bridges/store/ledger_schema.hpp"

namespace arbees {

namespace {

ExitCode show_version(bool as_json) {
  if (as_json) {
    fmt::print("{}\n", boost::json::serialize(boost::json::object{{"version", ARBEES_VERSION}}));
  } else {
    fmt::print("arbees {}\n", ARBEES_VERSION);
  }
  return ExitCode::ok;
}

ExitCode refuse(ExitCode code, const std::vector<std::string>& reasons) {
  for (const auto& reason : reasons) {
    fmt::print(stderr, "arbees: {}\n", reason);
  }
  return code;
}

/// What a person must correct in the configuration differs from what the machine refused.
ExitCode exit_code_of(const caf::error& error) {
  return error == Errc::bad_credential || error == Errc::bad_configuration ? ExitCode::configuration
                                                                           : ExitCode::failure;
}

/// Passes on what may be traded, until it is time to stop. @returns why to stop
std::string wait_for_end(const CommandLine& line, const Config& config, Node& node,
                         const StopSignals& signals) {
  using Clock = std::chrono::steady_clock;
  constexpr auto look_every = std::chrono::milliseconds{20};
  KillSwitch kill_switch{config.files.kill_switch};
  ServiceManager service_manager;
  const auto end = Clock::now() + std::chrono::seconds{line.seconds.value_or(0)};
  for (;;) {
    // First the file of before the start: an older word than the ledger's is ignored.
    if (const auto control = kill_switch.look()) {
      node.control(*control);
    }
    if (service_manager.is_due(Clock::now()) && node.works()) {
      service_manager.alive(Clock::now());
    }
    const auto left = line.seconds ? end - Clock::now() : look_every;
    const auto woken = signals.wait(std::min<std::chrono::nanoseconds>(left, look_every));
    if (woken.why == Wake::stop) {
      return woken.signal;
    }
    if (woken.why == Wake::halt) {
      node.halt("signal", woken.signal);
    }
    if (line.seconds && Clock::now() >= end) {
      return fmt::format("{} seconds have passed", *line.seconds);
    }
  }
}

/// Starts the node; none if it was told to stop meanwhile. One on standby tries until the ledger's
/// lock and its ports are free: it never takes them before, so that there are not two who own the
/// money.
caf::expected<std::unique_ptr<Node>>
start_node(const CommandLine& line, const Config& config, const Roles& roles,
           const StopSignals& stop_signals) {
  constexpr auto pause = std::chrono::milliseconds{500};
  ServiceManager service_manager;
  for (std::uint64_t attempt = 1;; ++attempt) {
    auto node = Node::start(config, roles);
    if (node || !line.standby || node.error() != Errc::io_failed) {
      return node;
    }
    // To wait is what it was started for.
    ServiceManager::ready();
    service_manager.alive(std::chrono::steady_clock::now());
    if (std::has_single_bit(attempt)) {
      spdlog::info("node.standby attempts={} reason=\"{}\"", attempt, describe(node.error()));
    }
    if (stop_signals.wait(pause).why == Wake::stop) {
      return std::unique_ptr<Node>{};
    }
  }
}

ExitCode run(const CommandLine& line, const Config& config, const Roles& roles,
             const StopSignals& stop_signals) {
  if (const auto problem = start_log(config.log)) {
    return refuse(ExitCode::configuration, {*problem});
  }
  auto node = start_node(line, config, roles, stop_signals);
  if (!node) {
    spdlog::shutdown();
    return refuse(exit_code_of(node.error()), {describe(node.error())});
  }
  if (!*node) {
    spdlog::shutdown();
    return ExitCode::ok;
  }
  ServiceManager::ready();
  const auto reason = wait_for_end(line, config, **node, stop_signals);
  ServiceManager::stopping();
  spdlog::info("node.stopping reason=\"{}\"", reason);
  const auto summary = (*node)->stop();
  // Waits for every actor: the last of them, a writer with a full disk, may still log.
  node->reset();
  spdlog::info("node.stopped");
  spdlog::shutdown();
  fmt::print("{}\n", line.json ? to_json(summary) : to_text(summary));
  if (line.summary) {
    return write_summary(summary, *line.summary) ? ExitCode::ok : ExitCode::failure;
  }
  return ExitCode::ok;
}

ExitCode show_captures(const CommandLine& line) {
  const auto captures = read_captures(*line.capture);
  if (!captures) {
    return refuse(ExitCode::failure, {describe(captures.error())});
  }
  fmt::print("{}", line.json ? to_json(*captures) : to_text(*captures));
  return ExitCode::ok;
}

/// Reads only: an arbees that trades with the ledger is not held up.
ExitCode verify_ledger(LedgerConfig place, bool as_json) {
  place.access = DatabaseAccess::read;
  auto ledger = Ledger::open(std::move(place));
  if (!ledger) {
    return refuse(ExitCode::failure, {describe(ledger.error())});
  }
  const auto verdict = ledger->verify();
  if (!verdict) {
    return refuse(ExitCode::failure, {describe(verdict.error())});
  }
  if (as_json) {
    boost::json::object object{{"ok", !verdict->fault},
                               {"events", verdict->events},
                               {"rows", verdict->rows},
                               {"head", verdict->head}};
    if (verdict->fault) {
      object["event"] = verdict->fault->seq;
      object["fault"] = verdict->fault->what;
    }
    fmt::print("{}\n", boost::json::serialize(object));
  } else if (verdict->fault) {
    fmt::print("ledger {}: event {}: {}\n{}\n", ledger->name(), verdict->fault->seq,
               verdict->fault->what, what_to_do_with_damage);
  } else {
    fmt::print("ledger {}: {} events and the {} rows that follow from them are right, head {}\n",
               ledger->name(), verdict->events, verdict->rows, verdict->head);
  }
  return verdict->fault ? ExitCode::failure : ExitCode::ok;
}

const char* environment(const char* name) {
  return std::getenv(name);
}

/// How several processes, each with a file of its own, fit together.
ExitCode check_processes(const CommandLine& line) {
  std::vector<PlannedProcess> processes;
  std::vector<std::string> errors;
  for (const auto& file : line.processes) {
    auto one = line;
    one.config = file;
    auto loaded = load_config(one, environment);
    errors.insert(errors.end(), loaded.errors.begin(), loaded.errors.end());
    processes.push_back({file.stem().string(), std::move(loaded.config), std::move(loaded.roles)});
  }
  if (!errors.empty()) {
    return refuse(ExitCode::configuration, errors);
  }
  const auto plan = plan_processes(processes);
  fmt::print("{}", line.json ? to_json(plan, processes) : to_text(plan, processes));
  return plan.problems.empty() ? ExitCode::ok : ExitCode::configuration;
}

ExitCode start(const CommandLine& line) {
  if (line.command == CommandLine::Command::version) {
    return show_version(line.json);
  }
  if (line.command == CommandLine::Command::verify_ledger && line.ledger) {
    return verify_ledger({.path = *line.ledger}, line.json);
  }
  if (line.command == CommandLine::Command::capture_info) {
    return show_captures(line);
  }
  if (line.command == CommandLine::Command::check && !line.processes.empty()) {
    return check_processes(line);
  }
  if (line.command == CommandLine::Command::keygen) {
    return make_keys(line);
  }
  auto loaded = load_config(line, environment);
  if (!loaded.errors.empty()) {
    return refuse(ExitCode::configuration, loaded.errors);
  }
  if (line.command == CommandLine::Command::verify_ledger) {
    return verify_ledger(ledger_config(loaded.config, DatabaseAccess::read), line.json);
  }
  if (line.command == CommandLine::Command::query) {
    return query_history(line, loaded.config);
  }
  if (line.command == CommandLine::Command::export_history) {
    return export_history(line, loaded.config);
  }
  if (line.command == CommandLine::Command::rebuild_history) {
    return rebuild_history(line, loaded.config);
  }
  if (line.command == CommandLine::Command::report) {
    return report_day(line, loaded.config);
  }
  if (line.command == CommandLine::Command::accept_money) {
    return accept_money(line, loaded.config);
  }
  if (line.command == CommandLine::Command::check) {
    fmt::print("{}", line.json ? topology_json(loaded) : topology_text(loaded));
    return ExitCode::ok;
  }
  if (line.command == CommandLine::Command::hosts || line.command == CommandLine::Command::drain) {
    return ask_about_hosts(line, loaded.config);
  }
  if (line.command == CommandLine::Command::control) {
    return change_trading_state(line, loaded.config);
  }
  for (const auto& reasons :
       {missing_credentials(loaded), live_objections(loaded, line.trades_real_money)}) {
    if (!reasons.empty()) {
      return refuse(ExitCode::configuration, reasons);
    }
  }
  // Before any thread exists, so that every thread inherits the block.
  const StopSignals stop_signals;
  if (line.json) {
    loaded.config.observer.console = "off"; // standard output is for the summary alone
  }
  return run(line, loaded.config, loaded.roles, stop_signals);
}

} // namespace

} // namespace arbees

int main(int argc, char** argv) {
  const auto parsed = arbees::parse_command_line(argc, argv);
  if (const auto* const code = std::get_if<arbees::ExitCode>(&parsed)) {
    return static_cast<int>(*code);
  }
  return static_cast<int>(arbees::start(std::get<arbees::CommandLine>(parsed)));
}
