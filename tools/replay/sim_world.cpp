#include "tools/replay/sim_world.hpp"

#include "tools/sim/espn_rest.hpp"
#include "tools/sim/gamma_rest.hpp"
#include "tools/sim/kalshi_rest.hpp"

namespace arbees::replay {

namespace {

constexpr Duration scoreboard_interval = std::chrono::seconds{5};
constexpr Duration catalogue_interval = std::chrono::seconds{60};

} // namespace

SimWorld::SimWorld(const sim::WorldConfig& world, const std::map<League, LeagueTable>& tables)
  : engine_{world}, kalshi_{engine_}, polymarket_{engine_}, answers_{tables} {
  engine_.open();
}

SimWorld::~SimWorld() = default;

SessionVenues SimWorld::live_venues(const SimAccounts& accounts) {
  venues_ = std::make_shared<SimVenues>(engine_, accounts);
  return {std::make_unique<SimVenue>(venues_, Venue::kalshi),
          std::make_unique<SimVenue>(venues_, Venue::polymarket)};
}

Timestamp SimWorld::now() const {
  return from_ms(engine_.steady_ms());
}

Money SimWorld::live_cash() const {
  return venues_ ? venues_->cash() : Money{};
}

void SimWorld::open(Session& session, SimTap tap) {
  tap_ = std::move(tap);
  session.advance(now());
  session.connected(Venue::kalshi, now());
  session.connected(Venue::polymarket, now());
  poll(session);
  obey(session);
}

void SimWorld::run(Session& session, Duration span) {
  constexpr Duration step = std::chrono::milliseconds{sim::Tape::step_ms};
  for (const auto end = now() + span; now() < end;) {
    // Orders that arrive before the step's end meet the books as they are before it.
    session.advance(now() + step);
    auto events = engine_.take_events();
    auto more = engine_.advance();
    std::move(more.begin(), more.end(), std::back_inserter(events));
    if (venues_) {
      venues_->on_events(events);
      auto consequences = engine_.take_events();
      std::move(consequences.begin(), consequences.end(), std::back_inserter(events));
    }
    show(session, events);
    poll(session);
    obey(session);
  }
}

void SimWorld::finish(Session& session) {
  session.stop_new_pairs();
  for (auto seconds = 0; seconds < 60 && session.has_open_pairs(); ++seconds) {
    run(session, std::chrono::seconds{1});
  }
  session.finish(Duration::zero());
}

void SimWorld::reconnect(Venue venue, const std::string& reason) {
  reconnects_.emplace_back(venue, reason);
}

void SimWorld::command(Venue venue, const std::string& text) {
  commands_.emplace_back(venue, text);
}

void SimWorld::ask(Session& session, const std::string& target, Reply face) {
  auto next = std::optional{target};
  while (next) {
    const auto answer = face(engine_, sim::parse_target("GET", *next));
    const auto status = answer ? answer->status : 404U;
    const auto body = answer ? answer->body : std::string{};
    if (tap_.answer) {
      tap_.answer(*next, status, body, now());
    }
    answers_.take(session, *next, status, body, now());
    next = answers_.next_page();
  }
}

void SimWorld::poll(Session& session) {
  if (now() >= scoreboards_due_) {
    scoreboards_due_ = now() + scoreboard_interval;
    for (const auto& target : answers_.scoreboard_targets(now())) {
      ask(session, target, sim::espn);
    }
  }
  if (now() >= catalogues_due_) {
    catalogues_due_ = now() + catalogue_interval;
    for (const auto& target : answers_.kalshi_targets()) {
      ask(session, target, sim::kalshi_public);
    }
    ask(session, "/sports", sim::gamma);
    for (const auto& target : answers_.gamma_targets()) {
      ask(session, target, sim::gamma);
    }
  }
}

void SimWorld::obey(Session& session) {
  for (const auto& [venue, reason] : std::exchange(reconnects_, {})) {
    session.disconnected(venue, reason, now());
    if (venue == Venue::kalshi) {
      kalshi_ = sim::KalshiSession{engine_};
    } else {
      polymarket_ = sim::PolymarketSession{engine_};
    }
    std::erase_if(commands_, [venue = venue](const auto& each) { return each.first == venue; });
    session.connected(venue, now());
  }
  while (!commands_.empty()) {
    for (const auto& [venue, text] : std::exchange(commands_, {})) {
      give(session, venue,
           venue == Venue::kalshi ? kalshi_.on_text(text) : polymarket_.on_text(text));
    }
  }
}

void SimWorld::show(Session& session, std::span<const sim::MarketEvent> events) {
  if (!events.empty()) {
    give(session, Venue::kalshi, kalshi_.on_events(events));
    give(session, Venue::polymarket, polymarket_.on_events(events));
  }
}

void SimWorld::give(Session& session, Venue venue, const std::vector<std::string>& frames) {
  for (const auto& text : frames) {
    if (tap_.frame) {
      tap_.frame(venue, text, now());
    }
    session.frame(venue, text, now());
  }
}

} // namespace arbees::replay
