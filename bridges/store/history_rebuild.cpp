#include "bridges/store/history_rebuild.hpp"

#include <set>

namespace arbees {

namespace {

template <class Row>
void put(HistoryBatch& batch, Row row) {
  std::get<std::deque<Row>>(batch.tables).push_back(std::move(row));
}

} // namespace

caf::expected<HistoryBatch> history_of(Ledger& ledger) {
  const auto pairs = ledger.kept_pairs(Timestamp{}, Timestamp{});
  if (!pairs) {
    return pairs.error();
  }
  const auto settlements = ledger.settlements();
  if (!settlements) {
    return settlements.error();
  }
  HistoryBatch batch;
  std::set<MarketId> named;
  for (const auto& [pair, closed] : *pairs) {
    put(batch, pair.request);
    for (const auto& order : pair.orders) {
      if (order.report) {
        put(batch, *order.report);
      }
      if (named.insert(order.intent.market).second) {
        put(batch, MarketRow{.market = order.intent.market,
                             .ref = order.intent.ref,
                             .game = pair.request.signal.game,
                             .at = pair.intent_at});
      }
    }
    for (const auto& fill : pair.fills) {
      put(batch, fill);
    }
    if (closed) {
      put(batch, *closed);
    }
  }
  for (const auto& record : *settlements) {
    put(batch, record.settlement);
  }
  return batch;
}

} // namespace arbees
