#include "tests/system/split_stage.hpp"

#include <fmt/format.h>
#include <signal.h>

#include <catch2/catch.hpp>
#include <fstream>

namespace arbees::test {

using std::chrono::seconds;

SplitStage::SplitStage(std::vector<Part> parts, SplitMode mode, std::vector<std::string> settings)
  : parts_{std::move(parts)}, mode_{mode}, settings_{std::move(settings)} {
  const auto ports = free_ports(5 * parts_.size() + 1);
  executor_port_ = ports.back();
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    const auto& name = parts_[i].name;
    node_ports_[name] = ports[5 * i];
    shard_ports_[name] = ports[5 * i + 1];
    snapshot_ports_[name] = ports[5 * i + 2];
    if (std::ranges::count(parts_[i].roles, "orchestrator") > 0) {
      orchestrators_[name] = {ports[5 * i + 3], ports[5 * i + 4]};
    }
  }
  stage.start_simulator({"--games", "24", "--seed", "11"});
}

void SplitStage::start(const std::string& name, const std::vector<std::string>& options) {
  auto arguments = command(part(name));
  arguments.insert(arguments.end(), options.begin(), options.end());
  processes_[name] = std::make_unique<Process>(arguments, file(name, "out"));
}

void SplitStage::start_all() {
  for (const auto& one : parts_) {
    start(one.name);
  }
}

void SplitStage::kill(const std::string& name) {
  process(name).signal(SIGKILL);
  REQUIRE(process(name).wait(seconds{5}));
}

std::size_t SplitStage::count(const std::string& name, const std::string& text) const {
  const auto log = read_file(file(name, "log"));
  std::size_t found = 0;
  for (auto at = log.find(text); at != std::string::npos; at = log.find(text, at + 1)) {
    ++found;
  }
  return found;
}

bool SplitStage::logs(const std::string& name, const std::string& text, std::size_t times) const {
  return eventually([&] { return count(name, text) >= times; }, seconds{60});
}

std::int64_t SplitStage::pairs() const {
  return stage.ledger("select count(*) as n from pairs").front().at("n").to_number<std::int64_t>();
}

bool SplitStage::trades_on(std::int64_t more) const {
  const auto before = pairs();
  return eventually([&] { return pairs() >= before + more; }, seconds{60});
}

void SplitStage::stop() {
  for (const auto& one : parts_) {
    auto& running = process(one.name);
    running.signal(SIGTERM);
    const auto code = running.wait(seconds{60});
    INFO(one.name << "\n" << running.output() << "\n" << read_file(file(one.name, "log")));
    REQUIRE(code == 0);
  }
}

boost::json::object SplitStage::summary(const std::string& name) const {
  return boost::json::parse(read_file(file(name, "json"))).as_object();
}

std::vector<boost::json::object> SplitStage::bus(const std::string& topic_prefix) const {
  std::vector<boost::json::object> messages;
  std::ifstream lines{stage.folder() / "bus.jsonl"};
  for (std::string line; std::getline(lines, line);) {
    boost::system::error_code torn;
    const auto value = boost::json::parse(line, torn);
    const auto* const topic =
      !torn && value.is_object() ? value.as_object().if_contains("topic") : nullptr;
    if (topic != nullptr && topic->is_string() && topic->as_string().starts_with(topic_prefix)) {
      messages.push_back(value.as_object());
    }
  }
  return messages;
}

std::string SplitStage::story() const {
  std::string text;
  for (const auto& one : parts_) {
    text += fmt::format("---- {}\n{}", one.name, read_file(file(one.name, "log")));
  }
  return text;
}

std::string
SplitStage::ask(const std::string& name, const std::vector<std::string>& command) const {
  std::vector<std::string> arguments{"arbees"};
  arguments.insert(arguments.end(), command.begin(), command.end());
  arguments.insert(arguments.end(), {"--set", "control.orchestrator=" + orchestrators({})});
  Process asked{arguments, file(name, "asked")};
  const auto code = asked.wait(seconds{20});
  INFO(asked.output());
  REQUIRE(code == 0);
  return asked.output();
}

std::size_t SplitStage::doubles() const {
  return stage
    .ledger(
      "select a.pair_id from pairs a join pairs b on a.pair_id <> b.pair_id "
      "where (a.signal_id = b.signal_id) or (a.game_id = b.game_id "
      "and a.approved_at_ns < b.approved_at_ns "
      "and a.assignment_epoch > b.assignment_epoch)")
    .size();
}

std::filesystem::path
SplitStage::file(const std::string& name, const std::string& extension) const {
  return stage.folder() / (name + "." + extension);
}

const Part& SplitStage::part(const std::string& name) const {
  const auto found =
    std::find_if(parts_.begin(), parts_.end(), [&](const Part& one) { return one.name == name; });
  REQUIRE(found != parts_.end());
  return *found;
}

std::string SplitStage::orchestrators(const std::string& name) const {
  std::string places;
  for (const auto& [part, ports] : orchestrators_) {
    if (part == name || !orchestrators_.contains(name)) {
      places += fmt::format("{}127.0.0.1:{}", places.empty() ? "" : ",", ports[0]);
    }
  }
  return places;
}

std::vector<std::string> SplitStage::command(const Part& one) const {
  std::vector<std::string> endpoints;
  for (const auto& [name, ports] : orchestrators_) {
    endpoints.push_back(fmt::format("tcp://127.0.0.1:{}", ports[1]));
  }
  for (const auto* const publisher : {"kalshi_monitor", "polymarket_monitor", "signal_processor",
                                      "executor", "position_tracker"}) {
    endpoints.push_back(fmt::format("tcp://127.0.0.1:{}", stage.port(publisher)));
  }
  for (const auto& other : parts_) {
    endpoints.push_back(fmt::format("tcp://127.0.0.1:{}", node_ports_.at(other.name)));
    endpoints.push_back(fmt::format("tcp://127.0.0.1:{}", shard_ports_.at(other.name)));
  }
  auto arguments = mode_ == SplitMode::live ? stage.live_arbees({}) : stage.arbees({});
  *(std::find(arguments.begin(), arguments.end(), "--summary") + 1) =
    file(one.name, "json").string();
  for (const auto& setting : {"node=" + one.name, "log.file=" + file(one.name, "log").string(),
                              fmt::format("zmq.port.node={}", node_ports_.at(one.name)),
                              fmt::format("zmq.port.game_shard={}", shard_ports_.at(one.name)),
                              fmt::format("zmq.snapshot_port={}", snapshot_ports_.at(one.name)),
                              fmt::format("zmq.subscribe={}", fmt::join(endpoints, ",")),
                              "control.orchestrator=" + orchestrators(one.name),
                              fmt::format("control.executor=127.0.0.1:{}", executor_port_),
                              std::string{"control.lease_ms=2000"}}) {
    arguments.insert(arguments.end(), {"--set", setting});
  }
  if (const auto own = orchestrators_.find(one.name); own != orchestrators_.end()) {
    arguments.insert(arguments.end(),
                     {"--set", fmt::format("zmq.port.orchestrator={}", own->second[1])});
  }
  for (const auto& setting : settings_) {
    arguments.insert(arguments.end(), {"--set", setting});
  }
  for (const auto& role : one.roles) {
    arguments.insert(arguments.end(), {"--role", role});
  }
  return arguments;
}

} // namespace arbees::test
