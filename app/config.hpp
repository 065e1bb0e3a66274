#pragma once

#include <array>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "actors/executor/pair_machine.hpp"
#include "actors/executor/paper_venue.hpp"
#include "actors/game_shard/arbitrage_scan.hpp"
#include "actors/monitor/book_table.hpp"
#include "actors/position_tracker/position_config.hpp"
#include "actors/signal_processor/risk_config.hpp"
#include "app/command_line.hpp"
#include "app/log.hpp"
#include "app/roles.hpp"
#include "app/settings.hpp"
#include "bridges/cluster/tls_files.hpp"
#include "bridges/store/history_place.hpp"
#include "bridges/store/history_retention.hpp"
#include "bridges/store/ledger_place.hpp"
#include "bridges/zmq/endpoints.hpp"
#include "bridges/zmq/signal_gate.hpp"

namespace arbees {

/// Everything that can be set, with its defaults. Rooms have their own structs; what is here else
/// belongs to the wiring.
struct Config {
  std::string mode = "paper";     ///< paper, live
  std::string node = "node-1";    ///< unique among the processes of one bus
  std::vector<std::string> roles; ///< of this process, unless the command line names some
  std::vector<std::string> leagues{"nba", "nfl", "nhl", "mlb", "epl"};
  std::filesystem::path tables = "config"; ///< folder of leagues.csv and teams/
  std::int32_t workers = 1; ///< threads of the hot path: one costs the fewest wake-ups
  Duration tick = std::chrono::milliseconds{50}; ///< how often actors hear the time
  LogConfig log;

  struct Kalshi {
    std::string rest_url = "https://external-api.kalshi.com/trade-api/v2";
    std::string websocket_url = "wss://external-api-ws.kalshi.com/trade-api/ws/v2";
    std::string key_id;
    std::filesystem::path key_file;
    Duration catalogue_interval = std::chrono::seconds{60};
  } kalshi;

  struct Polymarket {
    std::string clob_url = "https://clob.polymarket.com";
    std::string websocket_url = "wss://ws-subscriptions-clob.polymarket.com/ws/market";
    std::string gamma_url = "https://gamma-api.polymarket.com";
    std::string user_websocket_url = "wss://ws-subscriptions-clob.polymarket.com/ws/user";
    std::string geoblock_url = "https://polymarket.com/api/geoblock";
    std::string data_url = "https://data-api.polymarket.com";
    bool heartbeat = true; ///< the venue cancels our orders if we go silent
    std::filesystem::path wallet_key_file;
    std::filesystem::path credentials_file; ///< empty: derived from the wallet's key
    std::string funder;                     ///< empty: the key's own address
    std::int32_t signature_type = 3;        ///< as the venue numbers them
    Duration catalogue_interval = std::chrono::seconds{60};
  } polymarket;

  struct Espn {
    std::string url = "https://site.api.espn.com";
  } espn;

  MonitorConfig monitor;
  std::string leg_policy = "auto"; ///< of LegPolicy
  ArbitrageLimits arbitrage; ///< of the shards that look for it and the processor that judges it
  GameShardConfig shard;
  RiskConfig risk;
  ExecutorConfig executor;
  PositionConfig positions;
  std::array<PaperVenueConfig, 2> paper{
    PaperVenueConfig{.venue = Venue::kalshi},
    PaperVenueConfig{.venue = Venue::polymarket, .latency = std::chrono::milliseconds{90}},
  };

  struct Zmq {
    std::string transport_mode = "zmq_only"; ///< zmq_only, both, redis_only
    bool enabled = true;
    std::string bind_address = "127.0.0.1";
    std::array<std::uint16_t, publish_role_count> ports{};
    std::string codec = "json"; ///< json, msgpack
    bool publish_orderbooks = true;
    /// Where others publish. None: every default port; for an observer with publishers beside it,
    /// theirs.
    std::vector<std::string> subscribe;
    /// Where late readers ask this process for the last message of each topic; 0: nowhere.
    std::int32_t snapshot_port = default_snapshot_port;
    std::vector<std::string> snapshots; ///< where the observer asks; none: as with `subscribe`
  } zmq;

  /// What encrypts the bus (ZeroMQ's CURVE).
  struct Curve {
    std::filesystem::path key_file;  ///< of `arbees keygen`; empty: not encrypted, loopback only
    std::filesystem::path peers_dir; ///< public keys of others; empty: the folder of key_file
  } curve;

  /// Who runs which game, who is alive, what the ledger knows: between processes.
  struct Control {
    TlsFiles tls;                                ///< none: the loopback only
    std::string orchestrator = "127.0.0.1:5570"; ///< where it takes connections
    std::string executor = "127.0.0.1:5571";
    std::string lock = "none"; ///< none, ledger, redis: which orchestrator of several assigns games
    bool accept_hosts = false; ///< shards elsewhere, though this process has its own
    std::int32_t capacity = 200;
    std::vector<std::string> leagues; ///< that these shards take before others; none: all alike
    bool rebalance = true;            ///< games move to emptier hosts
    Duration lease = std::chrono::seconds{6};
  } control;

  struct Observer {
    std::string mode = "observer"; ///< observer, bridge, disabled
    bool console_log = true;
    std::string console = "pretty";         ///< pretty, json, compact, off
    std::string level = "info";             ///< verbose, info, errors_only
    std::filesystem::path jsonl_file;       ///< empty: none
    std::int32_t jsonl_max_megabytes = 256; ///< then a new file begins; 0: never
    std::int32_t jsonl_max_hours = 24;      ///< the same
    std::int32_t jsonl_keep = 30;           ///< compressed files; 0: all
    std::int32_t prometheus_port = 0;       ///< of the loopback; 0: none
  } observer;

  struct Redis {
    std::string url; ///< may hold a password; empty: no Redis
    bool streams = true;
    bool kill_switch = true;
    std::int32_t queue = 50'000; ///< messages that wait for Redis before the oldest is dropped
    std::string channel_prefix;  ///< before each topic, where Redis carries the bus
  } redis;

  bool discovery = false; ///< whether outside services may ask for matched games, over Redis

  struct OutsideSignals {
    std::string endpoint;             ///< ipc://PATH; empty: no signals from outside
    std::filesystem::path token_file; ///< what a sender must know
    SignalGateConfig rules;
  } signal_gate;

  struct Files {
    std::filesystem::path ledger = "data/ledger.sqlite";
    std::string ledger_url; ///< of a PostgreSQL database instead; never shown, it has a password
    std::filesystem::path history = "data/history.duckdb";
    /// Of a PostgreSQL database instead; never shown. After loading the ledger's, unless something
    /// was said about the history.
    std::string history_url;
    std::filesystem::path kill_switch = "data/kill_switch";
  } files;

  struct Kept {
    std::int32_t price_days = 30; ///< tops of books; 0: for ever
    std::int32_t days = 400;      ///< all else in the history; 0: for ever
  } history;

  struct Outside {
    std::string proxy;                            ///< "http://host:port"; empty: none
    std::filesystem::path proxy_credentials_file; ///< "user:password"; empty: none
    std::filesystem::path ca_file;                ///< PEM, besides the system's; empty: none
  } network;

  struct Capture {
    std::filesystem::path dir;           ///< empty: nothing is captured
    std::int32_t max_megabytes = 10'240; ///< of one run, compressed
  } capture;

  std::string truth_url; ///< a simulator's, to count false matches; empty: none

  Config();
};

/// Where this configuration's ledger is.
LedgerConfig ledger_config(const Config& config, DatabaseAccess access);

/// Where this configuration's history is.
HistoryPlace history_place(const Config& config);
/// The same, or the file that the command line names instead.
HistoryPlace history_place(const CommandLine& line, const Config& config);

/// How long this configuration's history keeps what.
HistoryRetention retention_of(const Config& config);

/// The table that file, environment and command line are decoded by. Bound to `config`.
std::vector<Setting> settings_of(Config& config);

struct LoadedConfig {
  Config config;
  Roles roles;
  std::map<std::string, std::string> origins; ///< of each key
  std::vector<std::string> errors; ///< one line each; nothing may be started if there is one
};

/// @param environment getenv, or a test's
LoadedConfig
load_config(const CommandLine& line, const std::function<const char*(const char*)>& environment);

} // namespace arbees
