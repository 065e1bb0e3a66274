#include "bridges/store/ledger_kept_pairs.hpp"

#include <fmt/format.h>

#include <map>

#include "bridges/store/ledger_reader.hpp"
#include "bridges/store/ledger_rows.hpp"
#include "bridges/store/ledger_text.hpp"

namespace arbees {

namespace {

std::string condition(Timestamp day_began, Timestamp not_before) {
  return fmt::format(
    "outcome IS NULL OR closed_at_ns >= {0} OR pair_id IN (SELECT pair_id FROM orders WHERE "
    "status IN ('intent', 'accepted', 'unknown')) OR ((held_0_e6 > 0 OR held_1_e6 > 0) AND "
    "closed_at_ns >= {1} AND pair_id IN (SELECT l.pair_id FROM legs l LEFT JOIN settlements s "
    "ON s.market_id = l.market_id AND s.side = l.side "
    "WHERE s.market_id IS NULL OR s.at_ns >= {0}))",
    to_ns(day_began), to_ns(not_before));
}

caf::error
read_ends(Database& database, const std::string& which, std::map<PairId, PairClosed>& ends) {
  return for_each_row(
    database, "pairs",
    fmt::format("SELECT pair_id, signal_id, game_id, outcome, requested_e6, matched_e6, held_0_e6, "
                "held_1_e6, cost_e6, fees_e6, locked_profit_e6, triggered_by_ns, opened_at_ns, "
                "closed_at_ns, coalesce(reason, ''), closings FROM pairs "
                "WHERE outcome IS NOT NULL AND ({})",
                which),
    {}, [&](RowReader& row) {
      PairClosed end;
      end.pair = row.id<PairId>();
      end.signal = row.id<SignalId>();
      end.game = row.id<GameId>();
      end.outcome = row.name(PairOutcome::void_, [](PairOutcome x) { return to_string(x); });
      end.requested = row.quantity();
      end.matched = row.quantity();
      end.held[0] = row.quantity();
      end.held[1] = row.quantity();
      end.cost = row.money();
      end.fees = row.money();
      end.locked_profit = row.money();
      end.triggered_by = row.time();
      end.opened_at = row.time();
      end.closed_at = row.time();
      end.reason = row.text();
      const auto closings = row.integer();
      row.expect(closings > 0);
      end.revision = static_cast<std::uint32_t>(closings - 1);
      ends.insert_or_assign(end.pair, std::move(end));
    });
}

} // namespace

caf::expected<std::vector<PairRestored>>
read_kept_pairs(Database& database, Timestamp day_began, Timestamp not_before) {
  const auto which = condition(day_began, not_before);
  auto pairs = read_pairs_where(database, which);
  if (!pairs) {
    return pairs.error();
  }
  std::map<PairId, PairClosed> ends;
  if (auto error = read_ends(database, which, ends)) {
    return error;
  }
  std::vector<PairRestored> kept;
  for (auto& pair : *pairs) {
    const auto end = ends.find(pair.request.pair);
    kept.push_back({.pair = std::move(pair),
                    .closed = end == ends.end() ? std::nullopt : std::optional{end->second}});
  }
  return kept;
}

} // namespace arbees
