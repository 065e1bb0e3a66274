#pragma once

#include <functional>

#include "tools/replay/answers.hpp"
#include "tools/replay/session.hpp"
#include "tools/replay/sim_venue.hpp"
#include "tools/sim/engine.hpp"
#include "tools/sim/kalshi_ws.hpp"
#include "tools/sim/polymarket_ws.hpp"

namespace arbees::replay {

/// Who else sees the frames and answers that a session is given; each may be empty.
struct SimTap {
  std::function<void(Venue, std::string_view text, Timestamp at)> frame;
  std::function<void(std::string_view target, unsigned status, std::string_view body, Timestamp at)>
    answer;
};

/// The venue simulator of tools/sim in the session's own process and time, without sockets: its
/// engine, and the same protocol sessions that its server has behind its ports. Frames and answers
/// reach the session in the step of the tape that made them.
class SimWorld : public SessionListener {
public:
  SimWorld(const sim::WorldConfig& world, const std::map<League, LeagueTable>& tables);
  ~SimWorld() override;

  /// The session's venues, if orders are to meet the simulator's own books instead of the paper
  /// model. To be called before a session is made, at most once.
  SessionVenues live_venues(const SimAccounts& accounts);

  /// Opens the venues to `session`, of which this is the listener: catalogues, scoreboards, books.
  void open(Session& session, SimTap tap = {});
  /// Goes on for `span` of the tape.
  void run(Session& session, Duration span);

  /// No new pairs from here on; goes on until the open ones have ended, for a minute at most.
  void finish(Session& session);

  /// The session's commands to the venues.
  void command(Venue venue, const std::string& text) override;
  void reconnect(Venue venue, const std::string& reason) override;

  [[nodiscard]] Timestamp now() const;
  [[nodiscard]] const sim::Engine& engine() const { return engine_; }
  /// Cash at both venues together: what live orders have moved.
  [[nodiscard]] Money live_cash() const;
  [[nodiscard]] const Answers& answers() const { return answers_; }

private:
  using Reply = std::optional<sim::HttpReply> (*)(const sim::Engine&, const sim::HttpRequest&);

  void ask(Session& session, const std::string& target, Reply face);
  void poll(Session& session);
  void obey(Session& session);
  void show(Session& session, std::span<const sim::MarketEvent> events);
  void give(Session& session, Venue venue, const std::vector<std::string>& frames);

  sim::Engine engine_;
  sim::KalshiSession kalshi_;
  sim::PolymarketSession polymarket_;
  Answers answers_;
  SimTap tap_;
  std::vector<std::pair<Venue, std::string>> commands_;   ///< that are not answered yet
  std::vector<std::pair<Venue, std::string>> reconnects_; ///< with the reason
  std::shared_ptr<SimVenues> venues_;
  Timestamp scoreboards_due_;
  Timestamp catalogues_due_;
};

} // namespace arbees::replay
