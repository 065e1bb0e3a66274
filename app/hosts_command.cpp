#include "app/hosts_command.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

#include "actors/messages/cluster.hpp"
#include "app/process_system.hpp"
#include "app/topology.hpp"
#include "bridges/cluster/tls.hpp"

namespace arbees {

namespace {

constexpr auto patience = std::chrono::seconds{3};
constexpr double bytes_of_megabyte = 1'048'576.0;

caf::expected<HostsView>
ask(caf::actor_system& system, const HostPort& place, const CommandLine& line) {
  auto office = find_on_network<HostOfficeActor>(system, place.host, place.port);
  if (!office) {
    return office.error();
  }
  caf::expected<HostsView> answer{Errc::timed_out};
  caf::scoped_actor self{system};
  const auto keep = [&](const HostsView& view) { answer = view; };
  const auto fail = [&](const caf::error& error) { answer = error; };
  if (line.command == CommandLine::Command::drain) {
    self->request(*office, patience, DrainNode{.node = line.node, .drains = line.drains})
      .receive(keep, fail);
  } else {
    self->request(*office, patience, HostsAtom::value).receive(keep, fail);
  }
  return answer;
}

/// Asks one after the other until one assigns games. @returns else what the last said
caf::expected<HostsView> ask_leader(const CommandLine& line, const Config& config) {
  if (auto failed = check_tls(config.control.tls)) {
    return failed;
  }
  ProcessSystemConfig system_config{1, true, config.control.tls};
  caf::actor_system system{system_config};
  caf::expected<HostsView> answer{Errc::bad_configuration};
  const auto places =
    parse_host_ports(config.control.orchestrator).value_or(std::vector<HostPort>{});
  for (const auto& place : places) {
    auto said = ask(system, place, line);
    const auto leads = said && said->leads;
    if (said || !answer) {
      answer = std::move(said);
    }
    if (leads) {
      break;
    }
  }
  return answer;
}

std::string name_of(const HostView& host) {
  return host.node.empty() ? "(here)" : host.node;
}

std::string blind_text(const HostView& host) {
  return host.health.blind.empty() ? ""
                                   : fmt::format("blind: {}", fmt::join(host.health.blind, " "));
}

std::string to_text(const HostsView& view) {
  auto text = fmt::format("{:<20} {:>6} {:>8} {:>9} {:>10} {:>8}  {:<9} {}\n", "node", "games",
                          "capacity", "heard_ms", "answer_us", "MiB", "circuit", "");
  for (const auto& host : view.hosts) {
    text += fmt::format(
      "{:<20} {:>6} {:>8} {:>9} {:>10} {:>8.1f}  {:<9} {}{}\n", name_of(host), host.games,
      host.capacity, to_ms(view.at) - to_ms(host.heard_at),
      std::chrono::duration_cast<std::chrono::microseconds>(host.health.answers_in).count(),
      static_cast<double>(host.health.memory_bytes) / bytes_of_megabyte, host.circuit,
      host.drains ? "drains " : "", blind_text(host));
  }
  for (const auto& node : view.draining) {
    if (std::ranges::none_of(view.hosts, [&](const auto& host) { return host.node == node; })) {
      text += fmt::format("{:<20} is to drain, and is not there\n", node);
    }
  }
  return text
         + (view.leads ? fmt::format("games without a host: {}\n", view.waiting)
                       : "this orchestrator assigns no games: another may\n");
}

std::string to_json(const HostsView& view) {
  namespace json = boost::json;
  json::array hosts;
  for (const auto& host : view.hosts) {
    hosts.push_back(json::object{
      {"node", host.node},
      {"games", host.games},
      {"capacity", host.capacity},
      {"heard_ms_ago", to_ms(view.at) - to_ms(host.heard_at)},
      {"answers_in_us",
       std::chrono::duration_cast<std::chrono::microseconds>(host.health.answers_in).count()},
      {"memory_bytes", host.health.memory_bytes},
      {"circuit", host.circuit},
      {"drains", host.drains},
      {"blind", json::value_from(host.health.blind)}});
  }
  return json::serialize(json::object{{"hosts", std::move(hosts)},
                                      {"draining", json::value_from(view.draining)},
                                      {"leads", view.leads},
                                      {"waiting", view.waiting}})
         + "\n";
}

} // namespace

ExitCode ask_about_hosts(const CommandLine& line, const Config& config) {
  const auto view = ask_leader(line, config);
  if (!view) {
    fmt::print(stderr,
               "arbees: no orchestrator answers at {} ({}): is it running, and does it take hosts "
               "(`arbees check`: control.accept_hosts, or shards elsewhere)?\n",
               config.control.orchestrator, describe(view.error()));
    return ExitCode::failure;
  }
  fmt::print("{}", line.json ? to_json(*view) : to_text(*view));
  const auto known = line.node.empty() || std::ranges::any_of(view->hosts, [&](const auto& host) {
                       return host.node == line.node;
                     });
  if (!known) {
    fmt::print(stderr, "arbees: there is no shard host {} now; the orchestrator remembers it\n",
               line.node);
    return ExitCode::failure;
  }
  return ExitCode::ok;
}

} // namespace arbees
