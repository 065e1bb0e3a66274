#include <fmt/format.h>

#include <boost/json.hpp>
#include <catch2/catch.hpp>
#include <memory>

#include "tests/conformance/node.hpp"

using namespace arbees::test;

namespace {

constexpr const char* key_id = "5f0c1a52-7a3e-4a51-9d54-3a5d0b6f2c11";

/// A simulator that knows one key of Kalshi's, with books that hardly move and games in play and to
/// come.
class Venues {
public:
  explicit Venues(const std::vector<std::string>& options = {})
    : key_{make_rsa_key(folder_, "kalshi.pem")} {
    const auto open = folder_ / "kalshi.pub";
    openssl({"pkey", "-in", key_.string(), "-pubout", "-out", open.string()}, folder_);
    const auto ready = folder_ / "ports.json";
    std::vector<std::string> arguments{"arbees-sim", "--ports-file", ready.string(), "--kalshi-key",
                                       std::string{key_id} + "=" + open.string()};
    for (const auto* const port :
         {"--kalshi-port", "--polymarket-port", "--gamma-port", "--espn-port"}) {
      arguments.insert(arguments.end(), {port, "0"});
    }
    arguments.insert(arguments.end(),
                     {"--games", "24", "--seed", "7", "--speed", "0.1", "--rate", "1"});
    arguments.insert(arguments.end(), options.begin(), options.end());
    simulator_ = std::make_unique<Process>(arguments, folder_ / "sim.log");
    eventually([&] { return !read_file(ready).empty() || !simulator_->running(); },
               std::chrono::seconds{20});
    INFO(simulator_->output());
    REQUIRE(simulator_->running());
    ports_ = boost::json::parse(read_file(ready)).as_object();
  }

  [[nodiscard]] std::string url(const char* venue) const {
    return fmt::format("http://127.0.0.1:{}", ports_.at(venue).as_int64());
  }
  [[nodiscard]] const TemporaryFolder& folder() const { return folder_; }
  [[nodiscard]] const std::filesystem::path& key() const { return key_; }

private:
  TemporaryFolder folder_;
  std::filesystem::path key_;
  std::unique_ptr<Process> simulator_;
  boost::json::object ports_;
};

} // namespace

TEST_CASE("Kalshi's own client finds, reads, trades and is refused on the simulator") {
  const Venues venues;
  const auto stranger = make_rsa_key(venues.folder(), "stranger.pem");
  run_script("kalshi.mjs", {venues.url("kalshi"), key_id, venues.key().string(), stranger.string()},
             venues.folder());
}

TEST_CASE("Polymarket's own client finds, reads, trades and is refused on the simulator") {
  const Venues venues;
  run_script("polymarket.mjs", {"usual", venues.url("polymarket"), venues.url("gamma")},
             venues.folder());
}

TEST_CASE("Polymarket's own client sees a match fail, and only a deposit wallet trade") {
  const Venues venues{{"--ghost-fills", "1", "--deposit-wallets-only"}};
  run_script("polymarket.mjs", {"new-account", venues.url("polymarket"), venues.url("gamma")},
             venues.folder());
}

TEST_CASE("Polymarket's own client is refused where trading is blocked") {
  const Venues venues{{"--geoblocked"}};
  run_script("polymarket.mjs", {"geoblocked", venues.url("polymarket"), venues.url("gamma")},
             venues.folder());
}
