#include "app/node.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <atomic>
#include <boost/json.hpp>
#include <fstream>
#include <future>
#include <set>

#include "app/process_system.hpp"
#include "app/topology.hpp"
#include "app/truth.hpp"
#include "app/wiring.hpp"
#include "bridges/cluster/tls.hpp"
#include "bridges/net/capture_writer.hpp"
#include "bridges/net/secret_file.hpp"

namespace arbees {

namespace {

/// The answer to a GET, waiting for it on this thread.
caf::expected<std::string> fetch(Network& network, const Clock& clock, const std::string& url) {
  const auto endpoint = parse_url(url);
  if (!endpoint) {
    return endpoint.error();
  }
  HttpClient client{network, clock, {.endpoint = *endpoint}};
  const auto answer = std::make_shared<std::promise<caf::expected<HttpResponse>>>();
  auto future = answer->get_future();
  client.request({.target = endpoint->target}, std::chrono::seconds{5},
                 [answer](caf::expected<HttpResponse> response) {
                   answer->set_value(std::move(response));
                 });
  auto response = future.get();
  if (!response) {
    return response.error();
  }
  if (response->status != 200) {
    return caf::make_error(Errc::http_status, fmt::format("{}: HTTP {}", url, response->status));
  }
  return std::move(response->body);
}

/// Says which venue a recorded connection belongs to, for whoever serves the capture back.
std::string capture_note(const Config& config) {
  boost::json::object origins;
  for (const auto& [face, urls] :
       {std::pair{"kalshi", std::vector{config.kalshi.rest_url, config.kalshi.websocket_url}},
        std::pair{"polymarket",
                  std::vector{config.polymarket.clob_url, config.polymarket.websocket_url,
                              config.polymarket.user_websocket_url,
                              config.polymarket.geoblock_url}},
        std::pair{"gamma", std::vector{config.polymarket.gamma_url}},
        std::pair{"espn", std::vector{config.espn.url}}}) {
    std::set<std::string> authorities;
    for (const auto& url : urls) {
      if (const auto endpoint = parse_url(url)) {
        authorities.insert(endpoint->authority());
      }
    }
    origins[face] = boost::json::value_from(authorities);
  }
  return boost::json::serialize(boost::json::object{{"arbees", ARBEES_VERSION},
                                                    {"node", config.node},
                                                    {"mode", config.mode},
                                                    {"origins", std::move(origins)}});
}

caf::expected<std::unique_ptr<Network>> open_network(const Config& config) {
  NetworkConfig network{.ca_file = config.network.ca_file.string(), .proxy = config.network.proxy};
  if (!config.network.proxy_credentials_file.empty()) {
    auto credentials = read_secret_file(config.network.proxy_credentials_file.string());
    if (!credentials) {
      return std::move(credentials.error());
    }
    network.proxy_credentials = std::move(*credentials);
  }
  if (!config.capture.dir.empty()) {
    constexpr std::uint64_t megabyte = 1U << 20U;
    auto capture = CaptureWriter::open(
      {.folder = config.capture.dir,
       .note = capture_note(config),
       .max_bytes = static_cast<std::uint64_t>(config.capture.max_megabytes) * megabyte});
    if (!capture) {
      return std::move(capture.error());
    }
    network.capture = std::move(*capture);
  }
  return Network::make(std::move(network));
}

} // namespace

/// Members are destroyed from the last to the first, so the bus outlives the sockets on it, and the
/// actors outlive what sends to them.
struct Node::Impl {
  Impl(const Config& its_config, bool with_cluster)
    : config{its_config},
      system_config{config.workers, with_cluster, config.control.tls},
      system{system_config} {}

  std::map<std::string, Metrics> metrics();
  void let_pairs_end();
  std::optional<std::uint64_t> false_matches();
  void end_actors();

  Config config;
  zmq::context_t context;
  Clock clock;
  ProcessSystemConfig system_config;
  caf::actor_system system;
  // Its pending callbacks hold actors, for whose end the system waits: the network goes first.
  std::unique_ptr<Network> network;
  Wiring wiring;
  Timestamp started_at = clock.now();
  /// Counted on the hot path's worker.
  std::shared_ptr<std::atomic<std::uint64_t>> beats =
    std::make_shared<std::atomic<std::uint64_t>>(0);
  std::uint64_t beats_asked = 0;
  caf::actor heart; ///< shares that worker
  bool stopped = false;
};

Node::Node(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Node::~Node() {
  if (impl_ && !impl_->stopped) {
    impl_->wiring.sources.clear();
    impl_->network->stop();
    impl_->end_actors();
  }
}

caf::expected<std::unique_ptr<Node>> Node::start(const Config& config, const Roles& roles) {
  auto network = open_network(config);
  if (!network) {
    return network.error();
  }
  if (auto failed = check_tls(config.control.tls)) {
    return failed;
  }
  auto impl = std::make_unique<Impl>(config, needs_cluster(roles, config.control.accept_hosts));
  impl->network = std::move(*network);
  std::unique_ptr<Node> node{new Node(std::move(impl))};
  auto& parts = *node->impl_;
  spdlog::info("node.starting node={} mode={} version={} pid={}", config.node, config.mode,
               ARBEES_VERSION, ::getpid());
  Parts outside{parts.context, parts.clock, *parts.network, parts.system};
  if (auto failed = wire(config, roles, outside, parts.wiring)) {
    return failed;
  }
  parts.heart = parts.system.spawn([beats = parts.beats](caf::event_based_actor*) {
    return caf::behavior{[beats](caf::tick_atom) { beats->fetch_add(1); }};
  });
  spdlog::info("node.started");
  return node;
}

Summary Node::stop() {
  auto& parts = *impl_;
  parts.stopped = true;
  auto metrics = parts.metrics(); // the shards', which go first
  parts.wiring.stop_new_pairs();
  parts.let_pairs_end();
  const auto ran = parts.clock.now() - parts.started_at;
  const auto wrong = parts.false_matches();
  for (auto& [source, values] : parts.metrics()) {
    metrics.insert_or_assign(source, std::move(values));
  }
  parts.wiring.sources.clear();
  parts.network->stop();
  parts.end_actors();
  return summarise(*parts.wiring.record, metrics, wrong, ran, parts.config.mode);
}

void Node::control(TradingControl control) {
  if (impl_->wiring.executor) {
    caf::anon_send(impl_->wiring.executor, std::move(control));
  } else if (impl_->wiring.link && control.state != TradingState::active) {
    caf::anon_send(impl_->wiring.link, caf::put_atom_v, std::move(control));
  }
}

bool Node::works() {
  if (impl_->beats->load() < impl_->beats_asked) {
    return false;
  }
  ++impl_->beats_asked;
  caf::anon_send(impl_->heart, caf::tick_atom_v);
  return true;
}

void Node::halt(std::string by, std::string reason) {
  control({.state = TradingState::halted,
           .by = std::move(by),
           .reason = std::move(reason),
           .at = impl_->clock.now()});
}

std::map<std::string, Metrics> Node::Impl::metrics() {
  std::map<std::string, Metrics> all;
  caf::scoped_actor self{system};
  for (const auto& source : wiring.metrics_sources) {
    self->request(source, std::chrono::seconds{3}, caf::get_atom_v)
      .receive([&](const Metrics& values) { all[values.source] = values; },
               [](const caf::error& error) {
                 spdlog::warn("node.metrics_missing error=\"{}\"", describe(error));
               });
  }
  return all;
}

void Node::Impl::let_pairs_end() {
  if (!wiring.executor) {
    return;
  }
  caf::anon_send(wiring.executor, caf::leave_atom_v);
  // An order that is on its way must be waited for: the pair's next step depends on it.
  const auto patience =
    config.executor.complete_time_box + config.executor.unwind_time_box + std::chrono::seconds{3};
  const auto deadline = clock.now() + patience;
  caf::scoped_actor self{system};
  auto open = std::int64_t{1};
  while (open > 0 && clock.now() < deadline) {
    self->request(wiring.executor, std::chrono::seconds{1}, caf::get_atom_v)
      .receive(
        [&](const Metrics& values) {
          const auto count = values.values.find("pairs_open");
          open = count == values.values.end() ? 0 : count->second;
        },
        [](const caf::error& error) {
          spdlog::warn("node.executor_silent error=\"{}\"", describe(error));
        });
    if (open > 0) {
      self->receive(caf::after(std::chrono::milliseconds{50}) >> [] {});
    }
  }
  if (open > 0) {
    spdlog::error("node.pairs_left_open count={}: they are in the ledger", open);
  }
}

std::optional<std::uint64_t> Node::Impl::false_matches() {
  if (config.truth_url.empty() || !wiring.executor) {
    return std::nullopt;
  }
  const auto text = fetch(*network, clock, config.truth_url);
  const auto truth = text ? Truth::parse(*text) : caf::expected<Truth>{text.error()};
  if (!truth) {
    spdlog::warn("node.no_truth error=\"{}\"", describe(truth.error()));
    return std::nullopt;
  }
  std::vector<MatchedGame> matches;
  for (const auto& [id, match] : wiring.record->matched) {
    matches.push_back(match);
  }
  const auto faults = truth->false_matches(matches);
  for (const auto& fault : faults) {
    spdlog::error("node.false_match {}", fault);
  }
  return faults.size();
}

void Node::Impl::end_actors() {
  caf::scoped_actor self{system};
  for (const auto& actor : wiring.stop_order) {
    self->send_exit(actor, caf::exit_reason::user_shutdown);
    self->wait_for(actor);
  }
  wiring.forget_actors();
}

bool write_summary(const Summary& summary, const std::filesystem::path& file) {
  std::ofstream stream{file, std::ios::trunc};
  stream << to_json(summary) << '\n';
  stream.close();
  if (!stream) {
    fmt::print(stderr, "arbees: cannot write the summary to {}\n", file.string());
  }
  return static_cast<bool>(stream);
}

} // namespace arbees
