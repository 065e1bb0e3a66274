#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>

#include "app/config_check.hpp"
#include "app/process_check.hpp"
#include "app/tables.hpp"

using namespace arbees;

namespace {

const char* no_environment(const char* /*name*/) {
  return nullptr;
}

/// A file that goes away with the test.
struct TemporaryFile {
  explicit TemporaryFile(const std::string& text) { std::ofstream{path} << text; }
  ~TemporaryFile() { std::filesystem::remove(path); }

  std::filesystem::path path =
    std::filesystem::temp_directory_path()
    / ("arbees-config-" + std::to_string(reinterpret_cast<std::uintptr_t>(this)) + ".toml");
};

/// The settings of config/arbees.toml, which stand there behind a '#' without a blank.
std::string uncommented() {
  std::ifstream file{std::string{ARBEES_SOURCE} + "/config/arbees.toml"};
  REQUIRE(file);
  std::ostringstream text;
  for (std::string line; std::getline(file, line);) {
    const auto setting = line.size() > 1 && line[0] == '#' && line[1] != ' ';
    text << (setting ? line.substr(1) : line) << '\n';
  }
  return text.str();
}

LoadedConfig load(const std::vector<std::string>& overrides) {
  return load_config({.overrides = overrides}, no_environment);
}

} // namespace

TEST_CASE("config/arbees.toml names every setting with its default") {
  const TemporaryFile file{uncommented()};
  auto loaded = load_config({.config = file.path.string()}, no_environment);
  REQUIRE(loaded.errors == std::vector<std::string>{});
  Config defaults;
  const auto expected = settings_of(defaults);
  const auto read = settings_of(loaded.config);
  for (std::size_t i = 0; i < expected.size(); ++i) {
    CAPTURE(expected[i].key);
    CHECK(loaded.origins.at(expected[i].key) != "default");
    CHECK(read[i].show() == expected[i].show());
  }
}

TEST_CASE("What an arbitrage is holds for the shards and for the risk filters") {
  const auto loaded = load({"arbitrage.min_edge_cents=0.75"});
  REQUIRE(loaded.errors.empty());
  CHECK(loaded.config.shard.arbitrage.min_edge == Money{7'500});
  CHECK(loaded.config.risk.arbitrage.min_edge == Money{7'500});
}

TEST_CASE("A run that watches Kalshi needs a key") {
  auto loaded = load({});
  REQUIRE(missing_credentials(loaded).size() == 2);
  CHECK_THAT(missing_credentials(loaded)[0], Catch::Contains("kalshi.key_id"));
  loaded = load({"kalshi.key_id=k"});
  REQUIRE(missing_credentials(loaded).size() == 1);
  CHECK_THAT(missing_credentials(loaded)[0], Catch::Contains("kalshi.key_file"));
  loaded = load({"kalshi.key_id=k", "kalshi.key_file=f", "mode=live"});
  REQUIRE(missing_credentials(loaded).size() == 1);
  CHECK_THAT(missing_credentials(loaded)[0], Catch::Contains("polymarket.wallet_key_file"));
  CHECK(missing_credentials(load({"kalshi.key_id=k", "kalshi.key_file=f"})).empty());
  loaded.roles = {Role::observer};
  CHECK(missing_credentials(loaded).empty());
}

TEST_CASE("Settings that contradict each other are named together") {
  const auto loaded = load({"risk.min_price=0.6", "risk.max_price=0.4", "leagues=nba,cricket",
                            "kalshi.rest_url=nowhere", "zmq.bind_address=0.0.0.0"});
  CHECK(loaded.errors.size() == 4);
}

TEST_CASE("What leaves the machine is encrypted, or refused") {
  for (const auto* const setting : {"zmq.bind_address=0.0.0.0", "zmq.bind_address=10.0.0.1",
                                    "zmq.subscribe=tcp://127.0.0.1:5555,tcp://10.0.0.2:5555",
                                    "zmq.snapshots=tcp://10.0.0.2:5563"}) {
    CAPTURE(setting);
    const auto loaded = load({setting});
    REQUIRE(loaded.errors.size() == 1);
    CHECK_THAT(loaded.errors[0], Catch::Contains("curve.key_file"));
    CHECK(load({setting, "curve.key_file=keys/a.key"}).errors.empty());
  }
  for (const auto* const setting :
       {"control.orchestrator=10.0.0.1:5570", "control.executor=0.0.0.0:5571"}) {
    CAPTURE(setting);
    const auto loaded = load({setting});
    REQUIRE(loaded.errors.size() == 1);
    CHECK_THAT(loaded.errors[0], Catch::Contains("control.tls_certificate"));
    CHECK(load({setting, "control.tls_certificate=a.pem"}).errors.empty());
  }
  CHECK(load({"control.orchestrator=10.0.0.1"}).errors.size() == 1);
  CHECK(load({"zmq.bind_address=ipc:///run/arbees", "zmq.subscribe=ipc:///run/other/5555"})
          .errors.empty());
}

TEST_CASE("The ledger's database is shown without its password") {
  auto loaded = load({"ledger.database_url=postgresql://me:hidden@db.example:5432/arbees"});
  REQUIRE(loaded.errors.empty());
  CHECK(ledger_config(loaded.config, DatabaseAccess::read).url
        == "postgresql://me:hidden@db.example:5432/arbees");
  CHECK_THAT(topology_text(loaded), Catch::Contains("postgresql://me@db.example:5432/arbees"));
  CHECK_THAT(topology_text(loaded) + topology_json(loaded), !Catch::Contains("hidden"));
  loaded = load({"ledger.database_url=mysql://me:hidden@db.example/arbees"});
  REQUIRE(loaded.errors.size() == 1);
  CHECK_THAT(loaded.errors[0], Catch::Contains("must begin with postgresql://"));
  CHECK_THAT(loaded.errors[0], !Catch::Contains("hidden"));
}

TEST_CASE("The history has a database or a file, and days that it is kept") {
  auto loaded = load({"history.database_url=postgresql://me:hidden@db.example/h",
                      "history.price_days=7", "history.days=0"});
  REQUIRE(loaded.errors.empty());
  CHECK_THAT(topology_text(loaded) + topology_json(loaded), !Catch::Contains("hidden"));
  CHECK(retention_of(loaded.config).prices == std::chrono::days{7});
  CHECK_FALSE(retention_of(loaded.config).others);
  CHECK(load({"history.price_days=-1"}).errors.size() == 1);
}

TEST_CASE("The history is in the ledger's database, unless something was said about it") {
  const std::string ledger = "ledger.database_url=postgresql://me:hidden@db.example/money";
  const auto place = [](const std::vector<std::string>& overrides) {
    const auto loaded = load(overrides);
    REQUIRE(loaded.errors.empty());
    return history_place(loaded.config);
  };
  CHECK(place({}).url.empty());
  CHECK(place({ledger}).url == "postgresql://me:hidden@db.example/money");
  CHECK(load({ledger}).origins.at("history.database_url") == "ledger.database_url");
  CHECK_THAT(topology_text(load({ledger})), !Catch::Contains("hidden"));
  CHECK(place({ledger, "history.file=h.duckdb"}).url.empty());
  CHECK(place({ledger, "history.file=h.duckdb"}).file == "h.duckdb");
  CHECK(place({ledger, "history.database_url=postgresql://me@other/h"}).url
        == "postgresql://me@other/h");
}

TEST_CASE("Settlement flags are named one by one") {
  const auto flags = [](const LoadedConfig& loaded) {
    return loaded.config.risk.allowed_settlement_flags;
  };
  CHECK(flags(load({})) == 15);
  auto loaded = load({"risk.allowed_settlement_flags=tie_possible,void_price"});
  REQUIRE(loaded.errors.empty());
  CHECK(flags(loaded) == 9);
  loaded = load({"risk.allowed_settlement_flags="});
  REQUIRE(loaded.errors.empty());
  CHECK(flags(loaded) == 0);
  loaded = load({"risk.allowed_settlement_flags=tie_possible,rain"});
  REQUIRE(loaded.errors.size() == 1);
  CHECK_THAT(loaded.errors[0], Catch::Contains("no flag \"rain\""));
}

TEST_CASE("The settlement rules are read from the folder of the tables") {
  const auto rules = load_settlement_rules(std::filesystem::path{ARBEES_SOURCE} / "config");
  REQUIRE(rules);
  CHECK((*rules)->find(Venue::kalshi, League::nba, MarketKind::winner) != nullptr);
  const auto missing = load_settlement_rules("/nowhere");
  REQUIRE_FALSE(missing);
  CHECK_THAT(caf::to_string(missing.error()),
             Catch::Contains("cannot read /nowhere/settlement_rules.csv"));
}

TEST_CASE("Nobody who sees the configuration sees Redis's password") {
  const auto loaded = load({"redis.url=redis://desk:geheim@cache:7000/1"});
  REQUIRE(loaded.errors.empty());
  CHECK_THAT(topology_text(loaded), Catch::Contains("redis://***@cache:7000/1"));
  CHECK_THAT(topology_text(loaded) + topology_json(loaded), !Catch::Contains("geheim"));
  const auto wrong = load({"redis.url=http://desk:geheim@cache"});
  REQUIRE(wrong.errors.size() == 1);
  CHECK_THAT(wrong.errors[0], Catch::Contains("redis.url") && !Catch::Contains("geheim"));
}

TEST_CASE("The environment's Redis counts, and a bridge needs one") {
  const auto from_environment =
    load_config({.overrides = {"observer.mode=bridge"}}, [](const char* name) -> const char* {
      return std::string_view{name} == "REDIS_URL" ? "redis://127.0.0.1" : nullptr;
    });
  CHECK(from_environment.errors.empty());
  CHECK(from_environment.config.redis.url == "redis://127.0.0.1");
  const auto without = load({"observer.mode=bridge"});
  REQUIRE(without.errors.size() == 1);
  CHECK_THAT(without.errors[0], Catch::Contains("observer.mode") && Catch::Contains("redis.url"));
}

TEST_CASE("Redis carries the bus only where it is, and where nobody else can speak") {
  for (const auto* const mode : {"both", "redis_only"}) {
    const auto wish = std::string{"zmq.transport_mode="} + mode;
    CHECK(load({wish, "redis.url=redis://localhost:6379/3"}).errors.empty());
    CHECK(load({wish, "redis.url=unix:///run/redis.sock"}).errors.empty());
    const auto without = load({wish});
    REQUIRE(without.errors.size() == 1);
    CHECK_THAT(without.errors[0],
               Catch::Contains("zmq.transport_mode") && Catch::Contains("needs redis.url"));
    const auto elsewhere = load({wish, "redis.url=redis://:geheim@cache"});
    REQUIRE(elsewhere.errors.size() == 1);
    CHECK_THAT(elsewhere.errors[0], Catch::Contains("loopback") && !Catch::Contains("geheim"));
    CHECK(
      load({wish, "redis.url=redis://127.0.0.1", "redis.channel_prefix=" + std::string(65, 'x')})
        .errors.size()
      == 1);
  }
  const auto by_environment =
    load_config({.overrides = {"redis.url=redis://127.0.0.1"}}, [](const char* name) {
      return std::string_view{name} == "ZMQ_TRANSPORT_MODE" ? "redis_only" : nullptr;
    });
  CHECK(by_environment.errors.empty());
  CHECK(by_environment.config.zmq.transport_mode == "redis_only");
}

TEST_CASE("Processes must have a rail in common, and one Redis if it is that") {
  const auto problems = [](std::vector<std::string> feeds, std::vector<std::string> rest) {
    feeds.emplace_back("redis.url=redis://127.0.0.1");
    rest.insert(rest.begin(), "redis.url=redis://localhost/2");
    auto a = load_config({.roles = {"kalshi-monitor", "polymarket-monitor"}, .overrides = feeds},
                         no_environment);
    auto b = load_config({.roles = {"orchestrator", "game-shard", "signal-processor", "executor",
                                    "position-tracker", "observer", "history"},
                          .overrides = rest},
                         no_environment);
    REQUIRE(a.errors.empty());
    REQUIRE(b.errors.empty());
    const std::vector<PlannedProcess> processes{{"feeds", a.config, a.roles},
                                                {"rest", b.config, b.roles}};
    const auto plan = plan_processes(processes);
    return to_text(plan, processes);
  };
  const auto* const redis = "zmq.transport_mode=redis_only";
  const auto* const both = "zmq.transport_mode=both";
  const auto alone = problems({redis}, {redis});
  CHECK_THAT(alone, Catch::Contains("they fit together") && Catch::Contains("  Redis   feeds/")
                      && !Catch::Contains("publishes") && !Catch::Contains("  ZMQ"));
  CHECK_THAT(problems({redis}, {both}),
             Catch::Contains("they fit together") && Catch::Contains("  Redis   feeds/"));
  CHECK_THAT(problems({both}, {both}), Catch::Contains("  both    feeds/"));
  CHECK_THAT(problems({both}, {}), Catch::Contains("  ZMQ     feeds/"));
  CHECK_THAT(problems({}, {redis}), Catch::Contains("have no rail in common"));
  CHECK_THAT(problems({redis, "redis.channel_prefix=x:"}, {redis}),
             Catch::Contains("do not meet on one Redis"));
  CHECK_THAT(problems({redis}, {redis, "redis.url=redis://127.0.0.1:7000"}),
             Catch::Contains("do not meet on one Redis"));
}

TEST_CASE("Distances of exits are set by league in cents") {
  auto loaded = load({"positions.league_stop_loss_cents=nba=12,nfl=20.5"});
  REQUIRE(loaded.errors.empty());
  const auto& levels = loaded.config.positions.league_stop_loss;
  REQUIRE(levels.size() == 2);
  CHECK(levels.at(League::nba) == Money{120'000});
  CHECK(levels.at(League::nfl) == Money{205'000});
  CHECK(loaded.config.positions.league_take_profit.empty());
  for (const auto* const wrong : {"cricket=5", "nba", "nba=", "nba=-1", "nba=101", "nba=five"}) {
    CAPTURE(wrong);
    loaded = load({std::string{"positions.league_take_profit_cents="} + wrong});
    REQUIRE(loaded.errors.size() == 1);
    CHECK_THAT(loaded.errors[0], Catch::Contains("is not league=cents"));
  }
}

TEST_CASE("A book that is too old for the rules of exit is so for risk as well") {
  const auto loaded = load({"positions.max_book_age_ms=1234"});
  REQUIRE(loaded.errors.empty());
  CHECK(loaded.config.risk.max_exit_book_age == std::chrono::milliseconds{1'234});
}
