#include "app/process_check.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <boost/json.hpp>

#include "app/bus_rails.hpp"
#include "app/topology.hpp"
#include "bridges/redis/redis_address.hpp"

namespace arbees {

namespace {

/// Roles of which there must not be two: each decides alone, or speaks for one venue.
constexpr std::array only_once{Role::kalshi_monitor, Role::polymarket_monitor,
                               Role::orchestrator,   Role::signal_processor,
                               Role::executor,       Role::position_tracker};

/// True if who connects to `called` finds what is bound at `bound`, which may be every address of
/// a machine.
bool leads_to(std::string_view called, std::string_view bound) {
  const auto host = host_of(bound);
  const auto anywhere = host == "*" || host == "0.0.0.0";
  return called == bound
         || (anywhere && !host_of(called).empty()
             && called.substr(called.rfind(':')) == bound.substr(bound.rfind(':')));
}

class Planner {
public:
  explicit Planner(const std::vector<PlannedProcess>& processes) : processes_{processes} {}

  ProcessPlan plan() {
    for (const auto& process : processes_) {
      bind(process);
    }
    for (const auto& edge : wiring()) {
      draw(edge);
    }
    find_doubles();
    find_strangers();
    return std::move(plan_);
  }

private:
  void bind(const PlannedProcess& process) {
    const auto& c = process.config;
    const auto publish = [&](PublishRole role) {
      plan_.bindings.push_back(
        {process.name, fmt::format("{} publishes", to_string(role)), endpoint(process, role)});
    };
    auto publishes = false;
    for (const auto role : process.roles) {
      if (const auto publisher = publisher_of(role); publisher && c.zmq.enabled && uses_zmq(c)) {
        publish(*publisher);
        publishes = true;
      }
    }
    if (publishes) {
      publish(PublishRole::telemetry);
    }
    const auto take = [&](bool takes, const char* who, const std::string& address) {
      if (takes) {
        plan_.bindings.push_back({process.name, fmt::format("{} takes connections", who),
                                  fmt::format("tcp://{}", address)});
      }
    };
    take(expects_hosts(process.roles, c.control.accept_hosts), "orchestrator",
         c.control.orchestrator);
    take(expects_traders(process.roles), "executor", c.control.executor);
  }

  static std::string endpoint(const PlannedProcess& process, PublishRole role) {
    const auto& zmq = process.config.zmq;
    return bus_endpoint(zmq.bind_address, zmq.ports[static_cast<std::size_t>(role)]);
  }

  [[nodiscard]] std::vector<const PlannedProcess*> with(Role role) const {
    std::vector<const PlannedProcess*> found;
    for (const auto& process : processes_) {
      if (process.roles.contains(role)) {
        found.push_back(&process);
      }
    }
    return found;
  }

  void draw(const Edge& edge) {
    const auto producers = with(edge.producer);
    const auto consumers = with(edge.consumer);
    const auto may_lack = edge.consumer == Role::observer || edge.consumer == Role::history;
    if (producers.empty() && !consumers.empty() && !may_lack) {
      problem("{} needs {} from {}, which no process has", to_string(edge.consumer), edge.message,
              to_string(edge.producer));
    }
    if (consumers.empty() && !producers.empty() && !may_lack) {
      problem("{} says {} to {}, which no process has", to_string(edge.producer), edge.message,
              to_string(edge.consumer));
    }
    for (const auto* producer : producers) {
      for (const auto* consumer : consumers) {
        if (producer != consumer && consumer->roles.contains(edge.producer)
            && edge.producer != Role::game_shard) {
          continue; // it has its own
        }
        plan_.arrows.push_back({edge, producer->name, consumer->name});
        if (producer != consumer) {
          listen(edge, *producer, *consumer);
        }
      }
    }
  }

  static bool names(const std::string& several, const std::string& one) {
    const auto all = parse_host_ports(several);
    const auto wanted = parse_host_port(one);
    return all && wanted && std::ranges::any_of(*all, [&](const HostPort& place) {
             return place.host == wanted->host && place.port == wanted->port;
           });
  }

  /// Whether the consumer connects to where the producer is.
  void listen(const Edge& edge, const PlannedProcess& producer, const PlannedProcess& consumer) {
    if (edge.topic.empty()) {
      const auto by_executor = edge.producer == Role::executor || edge.consumer == Role::executor;
      const auto& a =
        by_executor ? producer.config.control.executor : producer.config.control.orchestrator;
      const auto& b =
        by_executor ? consumer.config.control.executor : consumer.config.control.orchestrator;
      // Who connects may name several orchestrators; who takes connections names itself.
      if (a != b && !names(a, b) && !names(b, a)) {
        problem("{} and {} name different addresses for {}: {} and {}", producer.name,
                consumer.name, by_executor ? "control.executor" : "control.orchestrator", a, b);
      }
      return;
    }
    const auto by_zmq = uses_zmq(producer.config) && uses_zmq(consumer.config);
    if (uses_redis(producer.config) && uses_redis(consumer.config)) {
      meet_on_redis(producer, consumer);
    } else if (!by_zmq) {
      problem("{} and {} have no rail in common: zmq.transport_mode is {} and {}", producer.name,
              consumer.name, producer.config.zmq.transport_mode,
              consumer.config.zmq.transport_mode);
    }
    if (!by_zmq) {
      return;
    }
    const auto role = edge.topic.starts_with("telemetry.feed.") ? PublishRole::telemetry
                                                                : *publisher_of(edge.producer);
    const auto where = endpoint(producer, role);
    const auto& chosen = consumer.config.zmq.subscribe;
    const auto heard = chosen.empty()
                         ? all_default_endpoints(address_to_call(consumer.config.zmq.bind_address))
                         : chosen;
    if (std::ranges::none_of(heard, [&](const auto& each) { return leads_to(each, where); })) {
      problem("{} publishes {} at {}, where {} does not listen: zmq.subscribe", producer.name,
              edge.message, where, consumer.name);
    }
  }

  void meet_on_redis(const PlannedProcess& a, const PlannedProcess& b) {
    const auto place = [](const PlannedProcess& process) {
      const auto address = parse_redis_url(process.config.redis.url);
      return fmt::format("{} {}", address ? redis_place(*address) : "",
                         process.config.redis.channel_prefix);
    };
    if (place(a) != place(b)) {
      problem("{} and {} do not meet on one Redis: redis.url or redis.channel_prefix differ",
              a.name, b.name);
    }
  }

  /// Channels are the same in all databases of a Redis.
  static std::string redis_place(const RedisAddress& address) {
    return address.path.empty()
             ? fmt::format("{}:{}", address.host == "localhost" ? "127.0.0.1" : address.host,
                           address.port)
             : address.path;
  }

  void find_doubles() {
    for (const auto role : only_once) {
      if (const auto owners = with(role); owners.size() > 1) {
        problem("{} is in {} processes, {} and {}: there must be one", to_string(role),
                owners.size(), owners[0]->name, owners[1]->name);
      }
    }
    for (std::size_t i = 0; i < plan_.bindings.size(); ++i) {
      for (std::size_t j = i + 1; j < plan_.bindings.size(); ++j) {
        const auto& a = plan_.bindings[i];
        const auto& b = plan_.bindings[j];
        if (a.endpoint == b.endpoint) {
          problem("two on one port, {}: {} ({}) and {} ({})", a.endpoint, a.process, a.what,
                  b.process, b.what);
        }
      }
    }
  }

  void find_strangers() {
    for (std::size_t i = 0; i < processes_.size(); ++i) {
      for (std::size_t j = i + 1; j < processes_.size(); ++j) {
        const auto& a = processes_[i];
        const auto& b = processes_[j];
        if (a.config.node == b.config.node) {
          problem("{} and {} are both called \"{}\": node must be unique", a.name, b.name,
                  a.config.node);
        }
        if (a.config.mode != b.config.mode) {
          problem("{} trades in mode {}, {} in mode {}", a.name, a.config.mode, b.name,
                  b.config.mode);
        }
      }
    }
  }

  template <class... Args>
  void problem(fmt::format_string<Args...> format, Args&&... args) {
    auto text = fmt::format(format, std::forward<Args>(args)...);
    if (std::ranges::find(plan_.problems, text) == plan_.problems.end()) {
      plan_.problems.push_back(std::move(text));
    }
  }

  const std::vector<PlannedProcess>& processes_;
  ProcessPlan plan_;
};

std::vector<std::string_view> names_of(const Roles& roles) {
  std::vector<std::string_view> names;
  for (const auto role : roles) {
    names.push_back(to_string(role));
  }
  return names;
}

std::string_view carrier(const PlannedArrow& arrow, const std::vector<PlannedProcess>& processes) {
  if (arrow.producer == arrow.consumer || arrow.edge.topic.empty()) {
    return arrow.producer == arrow.consumer ? "mailbox" : "CAF";
  }
  auto by_zmq = true;
  auto by_redis = true;
  for (const auto& process : processes) {
    if (process.name == arrow.producer || process.name == arrow.consumer) {
      by_zmq = by_zmq && uses_zmq(process.config);
      by_redis = by_redis && uses_redis(process.config);
    }
  }
  return by_zmq && by_redis ? "both" : by_redis ? "Redis" : "ZMQ";
}

} // namespace

ProcessPlan plan_processes(const std::vector<PlannedProcess>& processes) {
  return Planner{processes}.plan();
}

std::string to_text(const ProcessPlan& plan, const std::vector<PlannedProcess>& processes) {
  std::string text = "processes\n";
  for (const auto& process : processes) {
    text += fmt::format("  {:<24} node {:<16} {}\n", process.name, process.config.node,
                        fmt::join(names_of(process.roles), " "));
  }
  text += "\nports\n";
  for (const auto& binding : plan.bindings) {
    text += fmt::format("  {:<28} {:<24} {}\n", binding.endpoint, binding.process, binding.what);
  }
  text += "\narrows\n";
  for (const auto& arrow : plan.arrows) {
    text += fmt::format("  {:<7} {}/{} -> {}/{}: {}{}\n", carrier(arrow, processes), arrow.producer,
                        to_string(arrow.edge.producer), arrow.consumer,
                        to_string(arrow.edge.consumer), arrow.edge.message,
                        arrow.edge.topic.empty() ? "" : fmt::format(" ({}*)", arrow.edge.topic));
  }
  text += plan.problems.empty() ? "\nthey fit together\n" : "\nproblems\n";
  for (const auto& problem : plan.problems) {
    text += fmt::format("  {}\n", problem);
  }
  return text;
}

std::string to_json(const ProcessPlan& plan, const std::vector<PlannedProcess>& processes) {
  namespace json = boost::json;
  json::array listed;
  for (const auto& process : processes) {
    json::array roles;
    for (const auto name : names_of(process.roles)) {
      roles.emplace_back(name);
    }
    listed.push_back(
      json::object{{"name", process.name}, {"node", process.config.node}, {"roles", roles}});
  }
  json::array ports;
  for (const auto& binding : plan.bindings) {
    ports.push_back(json::object{
      {"process", binding.process}, {"what", binding.what}, {"endpoint", binding.endpoint}});
  }
  json::array arrows;
  for (const auto& arrow : plan.arrows) {
    arrows.push_back(json::object{{"message", arrow.edge.message},
                                  {"producer", to_string(arrow.edge.producer)},
                                  {"consumer", to_string(arrow.edge.consumer)},
                                  {"from", arrow.producer},
                                  {"to", arrow.consumer},
                                  {"carrier", carrier(arrow, processes)},
                                  {"topic", arrow.edge.topic}});
  }
  json::array problems;
  for (const auto& problem : plan.problems) {
    problems.emplace_back(problem);
  }
  return json::serialize(json::object{
           {"processes", listed}, {"ports", ports}, {"arrows", arrows}, {"problems", problems}})
         + "\n";
}

} // namespace arbees
