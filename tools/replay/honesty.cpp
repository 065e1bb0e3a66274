#include "tools/replay/honesty.hpp"

#include "tools/replay/sim_world.hpp"

namespace arbees::replay {

HonestyRun compare_with_live(const SessionConfig& config, const sim::WorldConfig& world,
                             Duration span, Duration back) {
  HonestyRun run{.seed = world.seed};
  {
    SimWorld tape{world, config.tables};
    Session session{config, paper_venues(config), &tape};
    tape.open(session);
    tape.run(session, span);
    tape.finish(session);
    run.paper = session.tally().locked_profit();
    run.paper_marked = session.tally().marked_profit();
    run.paper_fills = session.tally().fills;
    run.paper_matched = session.tally().matched;
  }
  SimWorld tape{world, config.tables};
  Session session{config,
                  tape.live_venues({.delays = {WireDelay{config.paper[0].latency, back},
                                               WireDelay{config.paper[1].latency, back}},
                                    .cash = {config.paper[0].balance, config.paper[1].balance}}),
                  &tape};
  tape.open(session);
  tape.run(session, span);
  tape.finish(session);
  run.live = session.tally().locked_profit();
  run.live_marked = session.tally().marked_profit();
  run.live_fills = session.tally().fills;
  run.live_matched = session.tally().matched;
  return run;
}

} // namespace arbees::replay
