#include "tools/sim/simulator.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "tools/sim/clob_rest.hpp"
#include "tools/sim/control.hpp"
#include "tools/sim/data_rest.hpp"
#include "tools/sim/espn_rest.hpp"
#include "tools/sim/gamma_rest.hpp"
#include "tools/sim/kalshi_rest.hpp"
#include "tools/sim/truth.hpp"

namespace arbees::sim {

namespace json = boost::json;

namespace {

constexpr std::int64_t most_steps_per_tick = 200; ///< a second of the tape: no endless catching up

json::object face_json(const Server& server) {
  const auto& stats = server.stats();
  return {{"clients", server.feeds()},
          {"requests", stats.requests},
          {"frames_sent", stats.frames_sent},
          {"feeds_opened", stats.feeds_opened},
          {"feeds_refused", stats.feeds_refused},
          {"slow_clients_dropped", stats.slow_clients_dropped}};
}

} // namespace

UnixMillis wall_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
           std::chrono::system_clock::now().time_since_epoch())
    .count();
}

Simulator::Simulator(boost::asio::io_context& io, const SimulatorConfig& config)
  : config_(config),
    engine_(config.world),
    accounts_(engine_, config.kalshi),
    clob_(engine_, config.polymarket),
    timer_(io),
    kalshi_(io, {.name = "kalshi",
                 .answer = [this](const HttpRequest& request) { return kalshi(request); },
                 .open_feed = [this](const HttpRequest& request) { return open_kalshi(request); },
                 .ping = "heartbeat",
                 .idle_limit = std::chrono::seconds{30}}),
    polymarket_(io, {.name = "polymarket",
                     .answer = [this](const HttpRequest& request) { return polymarket(request); },
                     .open_feed =
                       [this](const HttpRequest& request) { return open_polymarket(request); }}),
    gamma_(io, {.name = "gamma",
                .answer =
                  [this](const HttpRequest& request) {
                    if (const auto mine = own(request)) {
                      return *mine;
                    }
                    if (auto answer = data_api(clob_.accounts(), request)) {
                      return *std::move(answer);
                    }
                    return gamma(engine_, request).value_or(clob_error(404, "not found"));
                  }}),
    espn_(io, {.name = "espn", .answer = [this](const HttpRequest& request) {
                 if (const auto mine = own(request)) {
                   return *mine;
                 }
                 return espn(engine_, request).value_or(clob_error(404, "not found"));
               }}) {
  for (const auto& [id, pem] : config.kalshi_keys) {
    auth_.add_key(id, pem);
  }
  engine_.open();
}

Ports Simulator::start() {
  const Ports bound{.kalshi = listen(kalshi_, config_.ports.kalshi),
                    .polymarket = listen(polymarket_, config_.ports.polymarket),
                    .gamma = listen(gamma_, config_.ports.gamma),
                    .espn = listen(espn_, config_.ports.espn)};
  // The venues' stamps are the wall clock's: what passed since the epoch is caught up.
  const auto behind = std::clamp<UnixMillis>(wall_ms() - config_.world.epoch_ms, 0, 1000);
  started_ = std::chrono::steady_clock::now() - std::chrono::milliseconds{behind};
  schedule();
  return bound;
}

std::uint16_t Simulator::listen(Server& server, std::uint16_t port) const {
  try {
    return server.listen(config_.bind, port);
  } catch (const boost::system::system_error& failure) {
    throw std::runtime_error(fmt::format("cannot listen on {}:{} for {}: {}", config_.bind, port,
                                         server.face().name, failure.code().message()));
  }
}

void Simulator::stop() {
  timer_.cancel();
  for (auto* const server : {&kalshi_, &polymarket_, &gamma_, &espn_}) {
    server->close();
  }
}

void Simulator::schedule() {
  timer_.expires_after(std::chrono::milliseconds{Tape::step_ms});
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) {
      tick();
      schedule();
    }
  });
}

void Simulator::tick() {
  const auto elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(
    std::chrono::steady_clock::now() - started_);
  for (auto steps = most_steps_per_tick;
       steps > 0 && engine_.tape().now_ms() + Tape::step_ms <= elapsed.count(); --steps) {
    const auto events = engine_.advance();
    show(events);
    accounts_.on_events(events);
    accounts_.on_time();
    clob_.on_events(events);
    clob_.on_time();
    show(engine_.take_events()); // what the accounts did about it
  }
}

void Simulator::show(std::span<const MarketEvent> events) {
  if (events.empty()) {
    return;
  }
  for (const auto& event : events) {
    if (const auto* const changed = std::get_if<BookChanged>(&event)) {
      const auto& spec = engine_.slate().books[static_cast<std::size_t>(changed->book)];
      ++book_messages_[static_cast<std::size_t>(spec.venue)];
    } else if (std::holds_alternative<Traded>(event)) {
      ++trades_;
    }
  }
  kalshi_.broadcast(events);
  polymarket_.broadcast(events);
}

std::optional<HttpReply> Simulator::own(const HttpRequest& request) {
  if (request.path == "/sim/truth") {
    return reply(truth_json(engine_));
  }
  if (request.path == "/sim/stats") {
    return reply(stats());
  }
  auto answer = control(engine_, accounts_, clob_, request);
  show(engine_.take_events()); // a pause may cancel orders
  return answer;
}

HttpReply Simulator::kalshi(const HttpRequest& request) {
  if (const auto mine = own(request)) {
    return *mine;
  }
  if (request.path == "/trade-api/v2/exchange/status") {
    return accounts_.exchange_status();
  }
  if (auto answer = kalshi_public(engine_, request)) {
    return *std::move(answer);
  }
  if (!KalshiPrivate::is_private(request.path)) {
    return kalshi_error(404, "not_found", "not found");
  }
  if (auto refusal = auth_.refuse(request, wall_ms())) {
    return *std::move(refusal);
  }
  auto answer = accounts_.answer(request, request.header("kalshi-access-key"));
  show(engine_.take_events()); // everyone sees what an order did to the book
  if (answer) {
    return *std::move(answer);
  }
  return kalshi_error(404, "not_found", "not found");
}

HttpReply Simulator::polymarket(const HttpRequest& request) {
  if (const auto mine = own(request)) {
    return *mine;
  }
  if (auto answer = clob_public(engine_, request)) {
    return *std::move(answer);
  }
  auto answer = clob_.answer(request);
  show(engine_.take_events()); // everyone sees what an order did to the book
  return answer.value_or(clob_error(404, "not found"));
}

std::variant<HttpReply, Feed> Simulator::open_kalshi(const HttpRequest& request) {
  if (request.path != "/trade-api/ws/v2") {
    return kalshi_error(404, "not_found", "not found");
  }
  if (auto refusal = auth_.refuse(request, wall_ms())) {
    return *std::move(refusal);
  }
  // Made in place: g++ 12 warns of moves of a variant in a variant.
  return std::variant<HttpReply, Feed>{std::in_place_type<Feed>, std::in_place_type<KalshiSession>,
                                       engine_,
                                       accounts_.account_of(request.header("kalshi-access-key"))};
}

std::variant<HttpReply, Feed> Simulator::open_polymarket(const HttpRequest& request) const {
  if (request.path == "/ws/user") {
    return std::variant<HttpReply, Feed>{std::in_place_type<Feed>,
                                         std::in_place_type<PolymarketUserSession>, engine_,
                                         clob_.keys()};
  }
  if (request.path != "/ws/market") {
    return clob_error(404, "not found");
  }
  return std::variant<HttpReply, Feed>{std::in_place_type<Feed>,
                                       std::in_place_type<PolymarketSession>, engine_};
}

json::object Simulator::stats() const {
  std::array<int, 4> phases{};
  for (std::size_t i = 0; i < engine_.slate().games.size(); ++i) {
    ++phases[static_cast<std::size_t>(engine_.tape().game(static_cast<int>(i)).phase)];
  }
  auto kalshi = face_json(kalshi_);
  kalshi["book_messages"] = book_messages_[0];
  auto polymarket = face_json(polymarket_);
  polymarket["book_messages"] = book_messages_[1];
  return {{"seed", engine_.slate().config.seed},
          {"uptime_ms", engine_.tape().now_ms()},
          {"games", json::object{{"total", engine_.slate().games.size()},
                                 {"scheduled", phases[0]},
                                 {"live", phases[1] + phases[2]},
                                 {"final", phases[3]}}},
          {"kalshi", std::move(kalshi)},
          {"polymarket", std::move(polymarket)},
          {"gamma", face_json(gamma_)},
          {"espn", face_json(espn_)},
          {"trades", trades_},
          {"dislocations", dislocations_json(engine_)}};
}

std::string Simulator::status_line() const {
  auto live = 0;
  auto over = 0;
  for (std::size_t i = 0; i < engine_.slate().games.size(); ++i) {
    const auto phase = engine_.tape().game(static_cast<int>(i)).phase;
    live += phase == Phase::live || phase == Phase::interval ? 1 : 0;
    over += phase == Phase::final ? 1 : 0;
  }
  const auto seconds = static_cast<double>(engine_.tape().now_ms()) / 1000;
  return fmt::format(
    "{:6.0f} s  games {} live {} final {}  book msgs/s kalshi {:.0f} polymarket {:.0f}  clients "
    "kalshi {} polymarket {}  dislocations {}",
    seconds, engine_.slate().games.size(), live, over,
    static_cast<double>(book_messages_[0]) / std::max(seconds, 0.001),
    static_cast<double>(book_messages_[1]) / std::max(seconds, 0.001), kalshi_.feeds(),
    polymarket_.feeds(), engine_.tape().dislocations().size());
}

} // namespace arbees::sim
