#include "app/config.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "actors/messages/game.hpp"
#include "app/config_check.hpp"
#include "app/topology.hpp"
#include "bridges/redis/redis_address.hpp"

namespace arbees {

namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Money cents(std::int64_t count) {
  return Money{count * 10'000};
}
constexpr Money dollars(std::int64_t count) {
  return Money{count * money_per_dollar};
}
constexpr Money much = dollars(100'000'000);

using Table = std::vector<Setting>;

void add(Table& table, Table more) {
  std::move(more.begin(), more.end(), std::back_inserter(table));
}

Table general_settings(Config& c) {
  return {
    choice_setting("mode", c.mode, {"paper", "live"},
                   "paper: filled from the live books; live: sent to the venues"),
    text_setting("node", c.node, "name of this process, unique on the bus"),
    list_setting("roles", c.roles, "what this process does; none: everything; --role wins"),
    list_setting("leagues", c.leagues, "leagues to watch"),
    path_setting("tables", c.tables, "folder with leagues.csv and teams/"),
    integer_setting("workers", c.workers, 1, 64, "threads of the hot path"),
    duration_setting("tick_ms", c.tick, milliseconds{5}, seconds{1}, "how often time passes"),
    choice_setting("log.level", c.log.level, {"debug", "info", "warn", "error"}, "least severity"),
    path_setting("log.file", c.log.file, "log file; empty: standard error"),
    text_setting("summary.truth_url", c.truth_url, "a simulator's /sim/truth, to check matches"),
    path_setting("ledger.file", c.files.ledger, "SQLite file: the truth about money"),
    database_setting("ledger.database_url", c.files.ledger_url,
                     "postgresql://USER@HOST:PORT/DATABASE, instead of the file; empty: the file",
                     "DATABASE_URL"),
    path_setting("kill_switch.file", c.files.kill_switch,
                 "says what may be traded: touch it to halt; see arbees halt"),
    path_setting("history.file", c.files.history, "DuckDB file for analysis; empty: none"),
    database_setting("history.database_url", c.files.history_url,
                     "postgresql://USER@HOST:PORT/DATABASE, instead of the file; empty: the "
                     "ledger's, if it has one and history.file is not set",
                     "HISTORY_DATABASE_URL"),
    integer_setting("history.price_days", c.history.price_days, 0, 36'500,
                    "prices are kept so long; 0: for ever"),
    integer_setting("history.days", c.history.days, 0, 36'500,
                    "candles, signals, orders and all else are kept so long; 0: for ever"),
  };
}

Table venue_settings(Config& c) {
  return {
    text_setting("kalshi.rest_url", c.kalshi.rest_url, "REST base"),
    text_setting("kalshi.websocket_url", c.kalshi.websocket_url, "WebSocket"),
    text_setting("kalshi.key_id", c.kalshi.key_id, "API key id (a UUID)"),
    path_setting("kalshi.key_file", c.kalshi.key_file, "private key, PEM, only its owner may read"),
    duration_setting("kalshi.catalogue_interval_ms", c.kalshi.catalogue_interval, seconds{1},
                     hours{1}, "how often events are read"),
    text_setting("polymarket.clob_url", c.polymarket.clob_url, "order book REST"),
    text_setting("polymarket.websocket_url", c.polymarket.websocket_url, "market data"),
    text_setting("polymarket.gamma_url", c.polymarket.gamma_url, "event catalogue REST"),
    text_setting("polymarket.user_websocket_url", c.polymarket.user_websocket_url,
                 "our orders and fills, live only"),
    text_setting("polymarket.geoblock_url", c.polymarket.geoblock_url,
                 "says whether we may trade from here, live only"),
    text_setting("polymarket.data_url", c.polymarket.data_url,
                 "what the chain has of the account, live only"),
    flag_setting("polymarket.heartbeat", c.polymarket.heartbeat,
                 "let the venue cancel our orders if we go silent, live only"),
    path_setting("polymarket.wallet_key_file", c.polymarket.wallet_key_file,
                 "64 hexadecimal digits, only its owner may read, live only"),
    path_setting("polymarket.credentials_file", c.polymarket.credentials_file,
                 "API credentials as JSON; empty: derived from the wallet's key"),
    text_setting("polymarket.funder", c.polymarket.funder,
                 "wallet that holds the money; empty: the key's own address"),
    integer_setting("polymarket.signature_type", c.polymarket.signature_type, 0, 3,
                    "0 EOA, 1 proxy, 2 Safe, 3 deposit wallet"),
    duration_setting("polymarket.catalogue_interval_ms", c.polymarket.catalogue_interval,
                     seconds{1}, hours{1}, "how often events are read"),
    text_setting("espn.url", c.espn.url, "scoreboard host"),
    duration_setting("monitor.snapshot_timeout_ms", c.monitor.snapshot_timeout, milliseconds{100},
                     seconds{60}, "a book that was asked for is asked for again"),
    duration_setting("monitor.silence_limit_ms", c.monitor.silence_limit, seconds{1}, hours{1},
                     "a connection without data is dropped"),
  };
}

Table wire_settings(Config& c) {
  return {
    text_setting("network.proxy", c.network.proxy,
                 "http://HOST:PORT of a company's proxy for all connections but the loopback's"),
    path_setting("network.proxy_credentials_file", c.network.proxy_credentials_file,
                 "user:password for the proxy, only its owner may read"),
    path_setting("network.ca_file", c.network.ca_file,
                 "PEM, certificates to trust besides the system's"),
    path_setting("capture.dir", c.capture.dir,
                 "every frame and HTTP message is written there, without secrets; empty: none"),
    integer_setting("capture.max_megabytes", c.capture.max_megabytes, 1, 10'000'000,
                    "on disk, of one run; then the capture ends"),
  };
}

constexpr std::array settlement_flag_names = {
  std::pair{"tie_possible", SettlementFlag::tie_possible},
  std::pair{"postpone_asymmetry", SettlementFlag::postpone_asymmetry},
  std::pair{"regulation_only", SettlementFlag::regulation_only},
  std::pair{"void_price", SettlementFlag::void_price},
};

/// SettlementFlag bits as a list of their names.
Setting flags_setting(std::string key, std::uint8_t& target, std::string help) {
  const auto names = std::make_shared<std::vector<std::string>>();
  for (const auto& [name, flag] : settlement_flag_names) {
    if ((target & static_cast<std::uint8_t>(flag)) != 0) {
      names->emplace_back(name);
    }
  }
  auto setting = list_setting(std::move(key), *names, std::move(help));
  setting.assign = [names, &target, assign_list = std::move(setting.assign)](
                     const RawValue& value) -> std::optional<std::string> {
    auto problem = assign_list(value);
    std::uint8_t flags = 0;
    for (std::size_t i = 0; i < names->size() && !problem; ++i) {
      const auto* const found = std::ranges::find_if(settlement_flag_names, [&](const auto& known) {
        return (*names)[i] == known.first;
      });
      if (found == settlement_flag_names.end()) {
        problem = fmt::format("has no flag \"{}\"", (*names)[i]);
      } else {
        flags |= static_cast<std::uint8_t>(found->second);
      }
    }
    target = problem ? target : flags;
    return problem;
  };
  setting.show = [names, show_list = std::move(setting.show)] { return show_list(); };
  return setting;
}

Table decision_settings(Config& c) {
  return {
    // A contract pays a dollar: a per cent of it is a cent.
    cents_setting("arbitrage.min_edge_cents", c.arbitrage.min_edge, cents(0), cents(100),
                  "least profit per contract after fees", "MIN_EDGE_PCT"),
    cents_setting("arbitrage.delay_premium_cents", c.arbitrage.delay_premium, cents(0), cents(100),
                  "more of it in play, per second that a venue lets orders wait"),
    choice_setting("arbitrage.leg_policy", c.leg_policy,
                   {"auto", "parallel", "delayed_first", "rest"},
                   "auto: rest on Polymarket in play where it delays takers, else take"),
    cents_setting("arbitrage.rest_premium_cents", c.arbitrage.rest_premium, cents(0), cents(100),
                  "more of it for an order that rests: the other venue may move meanwhile"),
    integer_setting("arbitrage.rest_depth_percent", c.arbitrage.rest_depth_percent, 1, 100,
                    "of the other venue's depth that an order which rests counts on"),
    cents_setting("arbitrage.max_edge_cents", c.arbitrage.max_edge, cents(0), cents(100),
                  "more per contract is a data error"),
    cents_setting("arbitrage.max_pregame_gross_cents", c.arbitrage.max_pregame_gross, cents(0),
                  cents(100), "more before fees, before the game, is a data error"),
    duration_setting("arbitrage.max_book_age_in_play_ms", c.arbitrage.in_play.book, milliseconds{1},
                     hours{1}, "older books are not traded on during the game"),
    duration_setting("arbitrage.max_book_age_pregame_ms", c.arbitrage.pregame.book, milliseconds{1},
                     hours{1}, "older books are not traded on before the game"),
    duration_setting("arbitrage.max_exchange_age_in_play_ms", c.arbitrage.in_play.exchange,
                     milliseconds{1}, hours{1}, "the same, since the venue's own stamp"),
    duration_setting("arbitrage.max_exchange_age_pregame_ms", c.arbitrage.pregame.exchange,
                     milliseconds{1}, hours{1}, "the same, since the venue's own stamp"),
    duration_setting("arbitrage.max_game_age_in_play_ms", c.arbitrage.in_play.game, milliseconds{1},
                     hours{1}, "an older scoreboard makes no signals"),
    duration_setting("arbitrage.max_game_age_pregame_ms", c.arbitrage.pregame.game, milliseconds{1},
                     hours{1}, "an older scoreboard makes no signals"),
    duration_setting("arbitrage.max_clock_skew_ms", c.arbitrage.max_clock_skew, milliseconds{0},
                     seconds{60}, "how far ahead of our clock a venue's stamp may be"),
    duration_setting("shard.signal_ttl_ms", c.shard.signal_ttl, milliseconds{1}, seconds{60},
                     "how long a signal may be acted on"),
    duration_setting("shard.rest_interval_ms", c.shard.rest_interval, milliseconds{0}, hours{1},
                     "how long until an order is asked to rest there again"),
  };
}

Table limit_settings(RiskConfig& risk) {
  return {
    money_setting("risk.max_pair_dollars", risk.max_pair, dollars(0), much, "cost of one pair"),
    money_setting("risk.max_contract_exposure_dollars", risk.max_contract_exposure, dollars(0),
                  much, "in flight and held in one proposition"),
    money_setting("risk.max_game_exposure_dollars", risk.max_game_exposure, dollars(0), much,
                  "in flight and held in one game"),
    money_setting("risk.max_league_exposure_dollars", risk.max_league_exposure, dollars(0), much,
                  "in flight and held in one league"),
    money_setting("risk.max_shard_exposure_dollars", risk.max_shard_exposure, dollars(0), much,
                  "in flight and held on one engine of a sharded venue"),
    money_setting("risk.max_venue_exposure_dollars", risk.max_venue_exposure, dollars(0), much,
                  "in flight and held at one venue"),
    money_setting("risk.max_total_exposure_dollars", risk.max_total_exposure, dollars(0), much,
                  "in flight and held in all"),
    money_setting("risk.max_game_tail_loss_dollars", risk.max_game_tail_loss, dollars(0), much,
                  "what one game may lose if it ends as the venues' rules disagree about"),
    integer_setting("risk.max_in_flight_per_game", risk.max_in_flight_per_game, 0, 1000,
                    "pairs of one game that may be open"),
    integer_setting("risk.max_in_flight", risk.max_in_flight, 0, 10'000, "pairs that may be open"),
    integer_setting("risk.max_pairs_per_minute", risk.max_pairs_per_minute, 0, 100'000,
                    "pairs begun within a minute"),
    integer_setting("risk.max_pairs_per_hour", risk.max_pairs_per_hour, 0, 1'000'000,
                    "pairs begun within an hour"),
    integer_setting("risk.max_depth_percent", risk.max_depth_percent, 1, 100,
                    "how much of what the books show is bought"),
    money_setting("risk.max_daily_loss_dollars", risk.max_daily_loss, dollars(0), much,
                  "more lost in a UTC day stops new pairs until the next, or until resumed"),
    money_setting("risk.max_drawdown_dollars", risk.max_drawdown, dollars(0), much,
                  "the same below the day's best"),
  };
}

Table rule_settings(RiskConfig& risk) {
  return {
    flag_setting("risk.require_reconciled", risk.require_reconciled,
                 "open no pair on a venue that the ledger does not agree with"),
    duration_setting("risk.reconcile_patience_ms", risk.reconcile_patience, milliseconds{0},
                     hours{1}, "how long they may differ before that"),
    cents_setting("risk.max_pair_gap_cents", risk.max_pair_gap, cents(0), cents(100),
                  "both limits further from a dollar: sides were taken for each other"),
    integer_setting("risk.hurdle_percent", risk.hurdle_percent, 0, 1000,
                    "what money that waits for its settlement must earn in a year"),
    flags_setting("risk.allowed_settlement_flags", risk.allowed_settlement_flags,
                  "in what the venues' rules may differ and a pair still be opened"),
    integer_setting("risk.void_window", risk.void_window, 1, 10'000,
                    "so many trades of a venue are watched for voided ones"),
    integer_setting("risk.max_void_percent", risk.max_void_percent, 0, 100,
                    "more of them voided stops new pairs there until resumed"),
    price_setting("risk.min_price", risk.min_price, "no leg below"),
    price_setting("risk.max_price", risk.max_price, "no leg above"),
    duration_setting("risk.repeat_after_ms", risk.repeat_after, milliseconds{0}, hours{1},
                     "how long a route rests after a pair"),
    flag_setting("risk.allow_directional", risk.allow_directional,
                 "also act on signals that are not hedged"),
    integer_setting("risk.min_directional_edge_tenth_points", risk.min_directional_edge_tenth_pp, 0,
                    1000, "least edge of those, in tenths of a percentage point"),
    integer_setting("risk.kelly_percent", risk.kelly_percent, 0, 100,
                    "stake of those, of the one that lets money grow fastest"),
  };
}

Table execution_settings(Config& c) {
  return {
    duration_setting("executor.rest_time_box_ms", c.executor.rest_time_box, milliseconds{0},
                     seconds{120}, "for an order that rests; then it is withdrawn"),
    duration_setting("executor.complete_time_box_ms", c.executor.complete_time_box, milliseconds{0},
                     seconds{60}, "for completing a short leg"),
    duration_setting("executor.unwind_time_box_ms", c.executor.unwind_time_box, milliseconds{0},
                     seconds{60}, "for selling what is over"),
    duration_setting("executor.outage_patience_ms", c.executor.outage_patience, milliseconds{0},
                     hours{24}, "what must be sold waits so long for a venue that is down"),
    money_setting("executor.exposed_budget_dollars", c.executor.exposed_budget, dollars(0), much,
                  "cost of all that may be held unhedged"),
    duration_setting("executor.order_deadline_ms", c.executor.order_deadline, milliseconds{10},
                     seconds{60}, "for a venue's report; then it is asked"),
    duration_setting("paper.kalshi_latency_ms", c.paper[0].latency, milliseconds{0}, seconds{10},
                     "from the send to the matching engine"),
    duration_setting("paper.polymarket_latency_ms", c.paper[1].latency, milliseconds{0},
                     seconds{10}, "from the send to the matching engine"),
    integer_setting(
      "paper.share_percent",
      [&c](std::int64_t percent) {
        for (auto& venue : c.paper) {
          venue.share_percent = static_cast<std::int32_t>(percent);
        }
      },
      [&c] { return static_cast<std::int64_t>(c.paper[0].share_percent); }, 1, 100,
      "of what stood in a book, what others leave to our order"),
    money_setting("paper.kalshi_balance_dollars", c.paper[0].balance, dollars(0), much,
                  "to start with"),
    money_setting("paper.polymarket_balance_dollars", c.paper[1].balance, dollars(0), much,
                  "to start with"),
  };
}

/// Amounts by league as a list of "league=cents".
Setting by_league_setting(std::string key, std::map<League, Money>& target, std::string help) {
  const auto items = std::make_shared<std::vector<std::string>>();
  auto setting = list_setting(std::move(key), *items, std::move(help));
  setting.assign = [items, &target, assign_list = std::move(setting.assign)](
                     const RawValue& value) -> std::optional<std::string> {
    if (auto problem = assign_list(value)) {
      return problem;
    }
    std::map<League, Money> amounts;
    for (const auto& item : *items) {
      const auto equals = item.find('=');
      const auto league = parse_league(item.substr(0, equals));
      const auto amount =
        equals == std::string::npos ? std::nullopt : parse_decimal(item.substr(equals + 1), 4);
      if (!league || !amount || *amount < 0 || *amount > cents(100).value()) {
        return fmt::format("\"{}\" is not league=cents, 0 to 100", item);
      }
      amounts[*league] = Money{*amount};
    }
    target = std::move(amounts);
    return std::nullopt;
  };
  setting.show = [items, show_list = std::move(setting.show)] { return show_list(); };
  return setting;
}

Table position_settings(Config& c) {
  auto& p = c.positions;
  return {
    flag_setting("positions.hold_to_settlement", p.hold_to_settlement,
                 "hedged pairs have neither take-profit nor stop-loss"),
    flag_setting("positions.early_exit", p.early_exit,
                 "sell both legs when they bring more than the dollar that is paid later"),
    cents_setting("positions.early_exit_margin_cents", p.early_exit_margin, cents(0), cents(100),
                  "by how much more, per contract after fees"),
    cents_setting("positions.take_profit_cents", p.take_profit, cents(0), cents(100),
                  "sell contracts without hedge so far above their cost, after fees"),
    cents_setting("positions.stop_loss_cents", p.stop_loss, cents(0), cents(100),
                  "sell them so far below it"),
    by_league_setting("positions.league_take_profit_cents", p.league_take_profit,
                      "instead, by league: \"nba=12\""),
    by_league_setting("positions.league_stop_loss_cents", p.league_stop_loss,
                      "instead, by league: \"nfl=20\""),
    duration_setting("positions.min_hold_ms", p.min_hold, milliseconds{0}, hours{24},
                     "neither take-profit nor stop-loss before"),
    cents_setting("positions.flatten_max_loss_cents", p.flatten_max_loss, cents(0), cents(100),
                  "what would lose more per contract is kept when flattening"),
    cents_setting("positions.max_slippage_cents", p.max_slippage, cents(0), cents(100),
                  "how far below the best bid a stop-loss may sell"),
    duration_setting("positions.max_book_age_ms", p.max_book_age, milliseconds{1}, hours{1},
                     "older books sell nothing"),
    duration_setting("positions.retry_after_ms", p.retry_after, milliseconds{100}, hours{1},
                     "between two exits of a position"),
    duration_setting("positions.snapshot_interval_ms", p.snapshot_interval, milliseconds{100},
                     hours{1}, "how often telemetry.positions is published"),
    integer_setting("positions.max_exits_per_minute", c.risk.max_exits_per_minute, 0, 100'000,
                    "exits approved within a minute"),
    cents_setting("positions.max_exit_slippage_cents", c.risk.max_exit_slippage, cents(0),
                  cents(100), "how far an exit's limit may be below what the book shows"),
  };
}

Table bus_settings(Config& c) {
  Table table{
    choice_setting("zmq.transport_mode", c.zmq.transport_mode, {"zmq_only", "both", "redis_only"},
                   "what carries the topics between processes: ZMQ, Redis's channels, or both",
                   "ZMQ_TRANSPORT_MODE"),
    flag_setting("zmq.enabled", c.zmq.enabled, "publish on the bus", "ZMQ_ENABLED"),
    text_setting("zmq.bind_address", c.zmq.bind_address,
                 "address that publishers bind, or ipc://FOLDER; off the loopback needs [curve]"),
    choice_setting("zmq.codec", c.zmq.codec, {"json", "msgpack"},
                   "how messages are written; readers tell by the first byte"),
    flag_setting("zmq.publish_orderbooks", c.zmq.publish_orderbooks, "orderbook.* topics"),
    list_setting("zmq.subscribe", c.zmq.subscribe,
                 "endpoints of others; none: the default ports of this machine",
                 "ZMQ_SUB_ENDPOINTS"),
    integer_setting("zmq.snapshot_port", c.zmq.snapshot_port, 0, 65'535,
                    "where late readers ask for the last message of each topic; 0: nowhere; "
                    "for a part of the roles 5563 plus the number of its first one"),
    list_setting("zmq.snapshots", c.zmq.snapshots, "endpoints where the observer asks for them"),
    choice_setting("observer.mode", c.observer.mode, {"observer", "bridge", "disabled"},
                   "whether it runs; bridge: it also publishes on Redis", "ZMQ_LISTENER_MODE"),
    flag_setting("observer.console_log", c.observer.console_log,
                 "whether it writes to the terminal", "ZMQ_LISTENER_CONSOLE_LOG"),
    choice_setting("observer.console", c.observer.console, {"pretty", "json", "compact", "off"},
                   "in which form"),
    choice_setting("observer.level", c.observer.level, {"verbose", "info", "errors_only"},
                   "how much the terminal shows", "ZMQ_LISTENER_LOG_LEVEL"),
    path_setting("observer.jsonl_file", c.observer.jsonl_file, "every message, a line each",
                 "ZMQ_LISTENER_LOG_FILE"),
    integer_setting("observer.jsonl_max_megabytes", c.observer.jsonl_max_megabytes, 0, 1'000'000,
                    "then that file is put aside and compressed; 0: never"),
    integer_setting("observer.jsonl_max_hours", c.observer.jsonl_max_hours, 0, 10'000,
                    "the same by age"),
    integer_setting("observer.jsonl_keep", c.observer.jsonl_keep, 0, 1'000'000,
                    "compressed files that are kept; 0: all"),
    integer_setting("observer.prometheus_port", c.observer.prometheus_port, 0, 65'535,
                    "port of the loopback that serves /metrics; 0: none"),
  };
  for (std::size_t i = 0; i < publish_role_count; ++i) {
    const auto role = static_cast<PublishRole>(i);
    table.push_back(integer_setting(fmt::format("zmq.port.{}", to_string(role)), c.zmq.ports[i], 1,
                                    65'535, "port of this publisher"));
  }
  return table;
}

Table curve_settings(Config& c) {
  return {
    path_setting("curve.key_file", c.curve.key_file,
                 "secret key of arbees keygen, encrypts the bus; only its owner may read it; "
                 "empty: none"),
    path_setting("curve.peers_dir", c.curve.peers_dir,
                 "folder with NAME.pub of all who may connect, and HOST.pub of tcp://HOST:PORT; "
                 "empty: that of key_file"),
  };
}

Table control_settings(Config& c) {
  return {
    text_setting("control.orchestrator", c.control.orchestrator,
                 "HOST:PORT where it takes connections of monitors and shards; they may name "
                 "several, separated by commas"),
    choice_setting("control.lock", c.control.lock, {"none", "ledger", "redis"},
                   "with two orchestrators: what decides which of them assigns games"),
    text_setting("control.executor", c.control.executor,
                 "HOST:PORT where it takes connections of risk and positions"),
    path_setting("control.tls_certificate", c.control.tls.certificate,
                 "PEM, of this process for these connections; empty: no TLS, loopback only"),
    path_setting("control.tls_key", c.control.tls.key,
                 "its private key, PEM, only its owner may read it"),
    path_setting("control.tls_authority", c.control.tls.authority,
                 "PEM, of your own authority, which must have signed both sides' certificates"),
    flag_setting("control.accept_hosts", c.control.accept_hosts,
                 "shards of other processes may join one that has all roles"),
    integer_setting("control.capacity", c.control.capacity, 1, 100'000,
                    "games that this process's shards take"),
    list_setting("control.leagues", c.control.leagues,
                 "that this process's shards take before others; none: all alike"),
    flag_setting("control.rebalance", c.control.rebalance,
                 "whether the orchestrator moves games to emptier hosts"),
    duration_setting("control.lease_ms", c.control.lease, seconds{1}, seconds{60},
                     "how long shards elsewhere work on a game without a renewal"),
  };
}

Table signal_gate_settings(Config& c) {
  auto& rules = c.signal_gate.rules;
  return {
    text_setting("signal_gate.endpoint", c.signal_gate.endpoint,
                 "ipc://PATH in a folder of yours alone: takes your own signals; empty: none"),
    path_setting("signal_gate.token_file", c.signal_gate.token_file,
                 "what their sender must know; only its owner may read it"),
    integer_setting("signal_gate.signals_per_second", rules.signals_per_second, 1, 1'000,
                    "more are refused"),
    integer_setting(
      "signal_gate.max_contracts",
      [&rules](std::int64_t contracts) {
        rules.max_quantity = Quantity{contracts * quantity_per_contract};
      },
      [&rules] { return rules.max_quantity.value() / quantity_per_contract; }, 1, 1'000'000,
      "of one signal"),
    cents_setting("signal_gate.min_edge_cents", rules.min_edge, cents(0), cents(100),
                  "per contract after fees"),
    duration_setting("signal_gate.max_life_ms", rules.max_life, milliseconds{1}, seconds{60},
                     "how long such a signal may be acted on"),
    duration_setting("signal_gate.max_book_age_ms", rules.max_book_age, milliseconds{1}, hours{1},
                     "of the books that its sender has read"),
  };
}

Table redis_settings(Config& c) {
  auto url = text_setting("redis.url", c.redis.url,
                          "redis://[[user]:password@]host[:port][/db] or unix://PATH; empty: none",
                          "REDIS_URL");
  // Whoever may see the configuration need not know the password.
  url.show = [&target = c.redis.url] { return fmt::format("\"{}\"", shown_redis_url(target)); };
  return {
    flag_setting("discovery.enabled", c.discovery,
                 "whether the orchestrator answers questions on Redis's list discovery:requests"),
    std::move(url),
    flag_setting("redis.streams", c.redis.streams, "whether the observer mirrors to stream:*",
                 "ZMQ_LISTENER_REDIS_STREAMS"),
    flag_setting("redis.kill_switch", c.redis.kill_switch,
                 "whether the channel trading:kill_switch is obeyed"),
    integer_setting("redis.queue", c.redis.queue, 100, 10'000'000,
                    "messages that wait for Redis before the oldest is dropped"),
    text_setting("redis.channel_prefix", c.redis.channel_prefix,
                 "before each topic where Redis carries them; several arbees on one Redis differ"),
  };
}

/// Of the command line, else of the file, else all.
Roles roles_of(const CommandLine& line, LoadedConfig& loaded) {
  Roles roles;
  for (const auto& name : line.roles.empty() ? loaded.config.roles : line.roles) {
    if (const auto role = parse_role(name)) {
      roles.insert(*role);
    } else {
      loaded.errors.push_back(
        fmt::format("{}: roles: there is no role \"{}\"", loaded.origins.at("roles"), name));
    }
  }
  return roles.empty() ? all_roles() : roles;
}

/// A part of arbees has a name and a port of its own, so that several run on one machine without
/// any configuration.
void name_part(LoadedConfig& loaded) {
  if (!is_part(loaded.roles)) {
    return;
  }
  if (auto& node = loaded.origins.at("node"); node == "default") {
    loaded.config.node = to_string(*loaded.roles.begin());
    node = "default of these roles";
  }
  if (auto& port = loaded.origins.at("zmq.snapshot_port"); port == "default") {
    loaded.config.zmq.snapshot_port = snapshot_port_of(loaded.roles);
    port = "default of these roles";
  }
  if (auto& port = loaded.origins.at("zmq.port.node"); port == "default") {
    loaded.config.zmq.ports[static_cast<std::size_t>(PublishRole::telemetry)] =
      default_node_port(loaded.roles);
    port = "default of these roles";
  }
}

/// Who names a database for the ledger and says nothing of the history has both in it.
void place_history(LoadedConfig& loaded) {
  auto& files = loaded.config.files;
  if (files.history_url.empty() && !files.ledger_url.empty()
      && loaded.origins.at("history.file") == "default") {
    files.history_url = files.ledger_url;
    loaded.origins.at("history.database_url") = "ledger.database_url";
  }
}

} // namespace

Config::Config() {
  for (std::size_t i = 0; i < publish_role_count; ++i) {
    zmq.ports[i] = default_port(static_cast<PublishRole>(i));
  }
}

std::vector<Setting> settings_of(Config& config) {
  auto table = general_settings(config);
  add(table, venue_settings(config));
  add(table, wire_settings(config));
  add(table, decision_settings(config));
  add(table, limit_settings(config.risk));
  add(table, rule_settings(config.risk));
  add(table, execution_settings(config));
  add(table, position_settings(config));
  add(table, bus_settings(config));
  add(table, curve_settings(config));
  add(table, control_settings(config));
  add(table, signal_gate_settings(config));
  add(table, redis_settings(config));
  return table;
}

LoadedConfig
load_config(const CommandLine& line, const std::function<const char*(const char*)>& environment) {
  LoadedConfig loaded;
  auto settings =
    load_settings(settings_of(loaded.config),
                  {.file = line.config, .environment = environment, .overrides = line.overrides});
  loaded.origins = std::move(settings.origins);
  if (line.capture) {
    loaded.config.capture.dir = *line.capture;
    loaded.origins["capture.dir"] = "--capture";
  }
  loaded.errors = std::move(settings.errors);
  if (loaded.errors.empty()) {
    loaded.roles = roles_of(line, loaded);
  }
  if (!loaded.errors.empty()) {
    return loaded;
  }
  name_part(loaded);
  place_history(loaded);
  loaded.config.arbitrage.leg_policy = *parse_leg_policy(loaded.config.leg_policy);
  loaded.config.executor.leg_policy = loaded.config.arbitrage.leg_policy;
  loaded.config.shard.arbitrage = loaded.config.arbitrage;
  loaded.config.risk.arbitrage = loaded.config.arbitrage;
  loaded.config.risk.max_exit_book_age = loaded.config.positions.max_book_age;
  loaded.errors = contradictions(loaded);
  if (!loaded.config.zmq.enabled) {
    for (const auto& edge : foreign_edges(loaded.roles)) {
      loaded.errors.push_back(
        fmt::format("{}: zmq.enabled must be true: {} needs {} of {}, which is not in this process",
                    loaded.origins.at("zmq.enabled"), to_string(edge.consumer), edge.message,
                    to_string(edge.producer)));
    }
  }
  return loaded;
}

HistoryPlace history_place(const Config& config) {
  return {.file = config.files.history, .url = config.files.history_url};
}

HistoryPlace history_place(const CommandLine& line, const Config& config) {
  return line.history ? HistoryPlace{.file = *line.history} : history_place(config);
}

HistoryRetention retention_of(const Config& config) {
  const auto days = [](std::int32_t count) {
    return count > 0 ? std::optional{std::chrono::days{count}} : std::nullopt;
  };
  return {.prices = days(config.history.price_days), .others = days(config.history.days)};
}

LedgerConfig ledger_config(const Config& config, DatabaseAccess access) {
  return {.path = config.files.ledger,
          .url = config.files.ledger_url,
          .access = access,
          .trading_mode = config.mode};
}

} // namespace arbees
