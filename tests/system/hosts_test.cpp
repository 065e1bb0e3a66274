#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "tests/system/encryption.hpp"
#include "tests/system/stage.hpp"

// Three hosts, as network namespaces with addresses of their own, run the example of config/hosts.

using namespace arbees::test;
using std::chrono::seconds;

namespace {

using Words = std::vector<std::string>;

/// 10.0.0.1, 10.0.0.2 and 10.0.0.3, of which each sees the others and nothing else. Needs a right
/// that tests need not have: then there are none.
class Hosts {
public:
  explicit Hosts(const std::filesystem::path& folder) : log_{folder / "ip.log"} {
    there_ = std::filesystem::exists("/usr/sbin/ip") && ip({"netns", "add", name(1)});
    if (!there_) {
      return;
    }
    up_ = ip_in(1, {"link", "set", "lo", "up"})
          && ip_in(1, {"link", "add", "br0", "type", "bridge"})
          && ip_in(1, {"addr", "add", "10.0.0.1/24", "dev", "br0"})
          && ip_in(1, {"link", "set", "br0", "up"}) && add(2) && add(3);
  }
  ~Hosts() {
    for (int host = 1; there_ && host <= 3; ++host) {
      ip({"netns", "delete", name(host)});
    }
  }
  Hosts(const Hosts&) = delete;
  Hosts& operator=(const Hosts&) = delete;

  [[nodiscard]] bool up() const { return up_; }
  [[nodiscard]] std::string problem() const { return read_file(log_); }

  /// What runs a program there.
  [[nodiscard]] Words on(int host) const { return {"/usr/sbin/ip", "netns", "exec", name(host)}; }

  /// The cable of 2 or 3.
  void plug(int host, bool in) {
    REQUIRE(ip_in(1, {"link", "set", fmt::format("to{}", host), in ? "up" : "down"}));
  }

private:
  static std::string name(int host) { return fmt::format("arbees-{}-{}", ::getpid(), host); }

  bool ip(const Words& words) {
    Words command{"/usr/sbin/ip"};
    command.insert(command.end(), words.begin(), words.end());
    return Process{command, log_}.wait(seconds{20}) == 0;
  }

  bool ip_in(int host, const Words& words) {
    Words command{"-n", name(host)};
    command.insert(command.end(), words.begin(), words.end());
    return ip(command);
  }

  bool add(int host) {
    const auto cable = fmt::format("to{}", host);
    return ip({"netns", "add", name(host)}) && ip_in(host, {"link", "set", "lo", "up"})
           && ip_in(1, {"link", "add", cable, "type", "veth", "peer", "name", "eth0", "netns",
                        name(host)})
           && ip_in(1, {"link", "set", cable, "master", "br0"})
           && ip_in(1, {"link", "set", cable, "up"})
           && ip_in(host, {"addr", "add", fmt::format("10.0.0.{}/24", host), "dev", "eth0"})
           && ip_in(host, {"link", "set", "eth0", "up"});
  }

  std::filesystem::path log_;
  bool there_ = false;
  bool up_ = false;
};

/// A part of config/hosts on its host, with keys of the test's own.
class HostPart {
public:
  HostPart(const Stage& stage, const Hosts& hosts, int host, const std::string& name,
           const Words& settings)
    : log_{stage.folder() / (name + ".log")} {
    auto command = hosts.on(host);
    command.insert(command.end(), {std::string{ARBEES_BIN} + "/arbees", "run", "--config",
                                   fmt::format("{}/config/hosts/{}.toml", ARBEES_SOURCE, name)});
    for (const auto& setting : stage.settings()) {
      command.insert(command.end(), {"--set", setting});
    }
    command.insert(command.end(), settings.begin(), settings.end());
    command.insert(
      command.end(),
      {"--set", "log.file=" + log_.string(), "--set",
       fmt::format("curve.key_file={}",
                   (stage.folder() / "keys" / fmt::format("10.0.0.{}.key", host)).string())});
    process_.emplace(command, stage.folder() / (name + ".out"));
  }

  [[nodiscard]] std::string log() const { return read_file(log_); }
  [[nodiscard]] bool logs(const std::string& text, std::size_t times = 1) const {
    return eventually([&] { return count(text) >= times; }, seconds{60});
  }
  [[nodiscard]] std::size_t count(const std::string& text) const {
    const auto all = log();
    std::size_t found = 0;
    for (auto at = all.find(text); at != std::string::npos; at = all.find(text, at + 1)) {
      ++found;
    }
    return found;
  }
  void end() {
    process_->signal(SIGTERM);
    const auto code = process_->wait(seconds{60});
    INFO(process_->output() << log());
    CHECK(code == 0);
  }

private:
  std::filesystem::path log_;
  std::optional<Process> process_;
};

} // namespace

TEST_CASE("Three hosts with keys trade together, and one that is cut off comes back") {
  Stage stage;
  Hosts hosts{stage.folder().path()};
  if (!hosts.up()) {
    WARN("skipped: no network namespaces here: " << hosts.problem());
    return;
  }
  stage.run_in(hosts.on(1));
  stage.start_simulator({"--games", "12", "--seed", "11"});
  for (int host = 1; host <= 3; ++host) {
    make_keys(stage.folder() / "keys", fmt::format("10.0.0.{}", host));
  }
  const auto tls = tls_settings(stage.folder().path(), "hosts");
  HostPart feeds{stage, hosts, 1, "feeds", tls};
  HostPart shards{stage, hosts, 2, "shards", tls};
  HostPart money{stage, hosts, 3, "money", tls};
  const auto traded = money.logs("outcome=complete", 2);
  INFO(feeds.log() << "----\n" << shards.log() << "----\n" << money.log());
  REQUIRE(traded);

  // No process dies, and no connection is closed: nothing comes.
  hosts.plug(2, false);
  CHECK(feeds.logs("orchestrator.host_silent"));
  hosts.plug(2, true);
  CHECK(money.logs("executor.pair_closed", money.count("executor.pair_closed") + 2));
  CHECK(stage
          .ledger("select a.pair_id from pairs a join pairs b on a.signal_id = b.signal_id and "
                  "a.pair_id <> b.pair_id")
          .empty());
  money.end();
  shards.end();
  feeds.end();
}
