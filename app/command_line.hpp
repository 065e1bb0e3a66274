#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "actors/messages/control.hpp"

namespace arbees {

/// Exit codes of every program of arbees.
enum class ExitCode : int { ok = 0, failure = 1, usage = 2, configuration = 4 };

/// What the command line asks for.
struct CommandLine {
  enum class Command {
    run,
    check,
    control,
    capture_info,
    verify_ledger,
    accept_money,
    query,
    export_history,
    rebuild_history,
    report,
    hosts,
    drain,
    keygen,
    version
  };

  Command command = Command::version;
  std::vector<std::string> roles; ///< none: as the file says, else all
  std::optional<std::filesystem::path> config;
  std::vector<std::filesystem::path> processes; ///< of `check`: one file for each of several
  std::vector<std::string> overrides;           ///< "key=value"
  std::optional<int> seconds;                   ///< run this long
  std::optional<std::filesystem::path> summary; ///< write it there as JSON
  std::optional<std::filesystem::path> capture; ///< the folder of captures, wins over all layers
  TradingState state = TradingState::active;    ///< of the command `control`: halt, resume, …
  std::string reason;                           ///< for it
  std::optional<std::filesystem::path> ledger;  ///< instead of the configured one
  std::string venue;                            ///< of the command `ledger accept-money`
  std::string amount;                           ///< the same: dollars, negative for a withdrawal
  std::optional<std::filesystem::path> history; ///< instead of the configured one
  std::string sql;                              ///< of the command `query`
  std::size_t max_rows = 1000;                  ///< the same; 0: all
  int time_limit = 30;                          ///< the same: seconds
  std::vector<std::string> tables;              ///< of the command `export`
  bool all_tables = false;                      ///< the same
  std::string from;                             ///< the same: UTC, may be empty
  std::string to;                               ///< the same
  std::string format = "parquet";               ///< the same: parquet, csv
  std::filesystem::path dir = "export";         ///< the same
  std::string key_name;                         ///< of the command `keygen`
  std::filesystem::path keys = "keys";          ///< the same: into this folder
  std::string day;                              ///< of the command `report`; empty: today
  std::optional<std::filesystem::path> against; ///< the same: another ledger
  std::string node;                             ///< of the commands `drain` and `undrain`
  bool drains = true;                           ///< false: `undrain`
  bool csv = false;
  bool json = false;
  bool standby = false;           ///< wait until no other process has the ledger and the ports
  bool trades_real_money = false; ///< --i-understand-this-trades-real-money
};

/// The command, or the exit code with which the program ends at once: help was shown, or the
/// arguments make no sense and that was said.
std::variant<CommandLine, ExitCode> parse_command_line(int argc, const char* const* argv);

} // namespace arbees
