#include "app/settings.hpp"

#include <catch2/catch.hpp>
#include <fstream>

using namespace arbees;
using namespace std::chrono_literals;

namespace {

struct Sample {
  std::string name = "paper";
  std::int32_t port = 5555;
  bool loud = false;
  Duration age = 500ms;
  Money edge{5'000};
  Money stake{500'000'000};
  Price floor{200};
  std::vector<std::string> leagues{"nba"};

  std::vector<Setting> table() {
    return {
      choice_setting("mode", name, {"paper", "live"}, ""),
      integer_setting("zmq.port", port, 0, 65'535, "", "ZMQ_PUB_PORT"),
      flag_setting("loud", loud, ""),
      duration_setting("age_ms", age, 1ms, 60s, ""),
      cents_setting("risk.edge_cents", edge, Money{0}, Money{100'000}, ""),
      money_setting("risk.stake_dollars", stake, Money{0}, Money{1'000'000'000'000}, ""),
      price_setting("risk.floor", floor, ""),
      list_setting("leagues", leagues, ""),
    };
  }
};

/// A file that goes away with the test.
struct TemporaryFile {
  explicit TemporaryFile(const std::string& text)
    : path{
      std::filesystem::temp_directory_path()
      / ("arbees-settings-" + std::to_string(reinterpret_cast<std::uintptr_t>(this)) + ".toml")} {
    std::ofstream{path} << text;
  }
  ~TemporaryFile() { std::filesystem::remove(path); }

  std::filesystem::path path;
};

const char* no_environment(const char* /*name*/) {
  return nullptr;
}

} // namespace

TEST_CASE("Later layers win and each value knows where it came from") {
  Sample sample;
  const TemporaryFile file{
    "mode = \"live\"\nleagues = [\"nfl\", \"nhl\"]\n[zmq]\nport = 6000\n"
    "[risk]\nedge_cents = 0.75\nfloor = \"0.03\"\n"};
  const auto loaded =
    load_settings(sample.table(),
                  {.file = file.path,
                   .environment = [](const char* name) -> const char* {
                     return std::string_view{name} == "ZMQ_PUB_PORT" ? "7000" : nullptr;
                   },
                   .overrides = {"risk.stake_dollars=12.5", "leagues=mlb,nba", "loud=true"}});
  CHECK(loaded.errors.empty());
  CHECK(sample.name == "live");
  CHECK(sample.port == 7000);
  CHECK(sample.loud);
  CHECK(sample.edge == Money{7'500});
  CHECK(sample.stake == Money{12'500'000});
  CHECK(sample.floor == Price{300});
  CHECK(sample.leagues == std::vector<std::string>{"mlb", "nba"});
  CHECK(loaded.origins.at("mode") == file.path.string() + ":1");
  CHECK(loaded.origins.at("risk.edge_cents") == file.path.string() + ":6");
  CHECK(loaded.origins.at("zmq.port") == "$ZMQ_PUB_PORT");
  CHECK(loaded.origins.at("risk.stake_dollars") == "--set");
  CHECK(loaded.origins.at("age_ms") == "default");
}

TEST_CASE("What a file must not say is named by key, value and line") {
  const auto [text, expected] = GENERATE(table<std::string, std::string>({
    {"mod = \"live\"", ":1: unknown key 'mod'"},
    {"\n[risk]\nstakes = 1", ":3: unknown key 'risk.stakes'"},
    {"mode = \"dream\"", ":1: mode must be one of paper, live, not \"dream\""},
    {"zmq.port = 65536", ":1: zmq.port must be a whole number from 0 to 65535, not \"65536\""},
    {"zmq.port = \"5555\"", "must be a whole number"},
    {"zmq.port = 1.5", "must be a whole number"},
    {"loud = \"yes\"", "must be true or false"},
    {"age_ms = 0", "must be a whole number from 1 to 60000"},
    {"risk.edge_cents = -1", "must be decimal cents from 0 to 10"},
    {"risk.floor = 1.2", "must be decimal dollars from 0 to 1"},
    {"risk.floor = 0.00001", "must be decimal dollars from 0 to 1"},
    {"leagues = [1]", "must be a list of texts"},
    {"leagues = \"nba\"", "must be a list of texts"},
    {"mode = 2026-01-01", "mode must be text, a number"},
    {"mode = ", ":1: "},
  }));
  CAPTURE(text);
  Sample sample;
  const TemporaryFile file{text};
  const auto loaded =
    load_settings(sample.table(),
                  {.file = file.path, .environment = no_environment, .overrides = {}});
  REQUIRE(loaded.errors.size() == 1);
  CHECK_THAT(loaded.errors.front(), Catch::Contains(expected));
}

TEST_CASE("A missing file and a malformed override are errors") {
  Sample sample;
  const auto loaded = load_settings(sample.table(), {.file = "/nowhere/arbees.toml",
                                                     .environment = no_environment,
                                                     .overrides = {"mode", "moon=1"}});
  REQUIRE(loaded.errors.size() == 3);
  CHECK(loaded.errors[0] == "/nowhere/arbees.toml: no such file");
  CHECK(loaded.errors[1] == "--set mode: must be key=value");
  CHECK(loaded.errors[2] == "--set: unknown key 'moon'");
}

TEST_CASE("Values are shown as a file would spell them") {
  Sample sample;
  std::map<std::string, std::string> shown;
  for (const auto& setting : sample.table()) {
    shown[setting.key] = setting.show();
  }
  CHECK(shown["mode"] == "\"paper\"");
  CHECK(shown["age_ms"] == "500");
  CHECK(shown["risk.edge_cents"] == "\"0.5\"");
  CHECK(shown["risk.stake_dollars"] == "\"500\"");
  CHECK(shown["risk.floor"] == "\"0.02\"");
  CHECK(shown["leagues"] == "[\"nba\"]");
}
