#include "bridges/store/ledger_schema.hpp"

#include <array>

namespace arbees {

namespace {

// Comments inside the statements stay in the file, for whoever opens it with another program.
constexpr const char* tables = R"sql(
CREATE TABLE meta (
  key TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE markets (
  market_id TEXT PRIMARY KEY, -- 16 hexadecimal digits, as on the bus
  venue TEXT NOT NULL,
  native_id TEXT NOT NULL,    -- Kalshi ticker or Polymarket condition
  yes_token TEXT NOT NULL,
  no_token TEXT NOT NULL,
  yes_outcome TEXT NOT NULL,
  no_outcome TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Units of every table: _e4 is 1e-4 dollar per contract, _e6 is 1e-6 dollar or 1e-6 contract,
-- _ns is nanoseconds since 1970 UTC.
CREATE TABLE pairs (
  pair_id TEXT PRIMARY KEY,
  signal_id TEXT NOT NULL,
  game_id TEXT NOT NULL,
  contract_id TEXT NOT NULL,
  signal_type TEXT NOT NULL,
  signal_quantity_e6 INTEGER NOT NULL,
  edge_e6 INTEGER NOT NULL,
  edge_per_contract_e6 INTEGER NOT NULL,
  assignment_epoch INTEGER NOT NULL,
  in_play INTEGER NOT NULL,
  quantity_e6 INTEGER NOT NULL,  -- contracts per leg
  triggered_by_ns INTEGER NOT NULL,
  expires_at_ns INTEGER NOT NULL,
  approved_at_ns INTEGER NOT NULL,
  intent_at_ns INTEGER NOT NULL, -- when the ledger received the intent
  outcome TEXT,                  -- NULL while the pair is open, as all below
  requested_e6 INTEGER,
  matched_e6 INTEGER,
  held_0_e6 INTEGER,
  held_1_e6 INTEGER,
  cost_e6 INTEGER,
  fees_e6 INTEGER,
  locked_profit_e6 INTEGER,
  opened_at_ns INTEGER,
  closed_at_ns INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX open_pairs ON pairs (pair_id) WHERE outcome IS NULL;

CREATE TABLE legs (
  pair_id TEXT NOT NULL REFERENCES pairs,
  leg INTEGER NOT NULL,
  market_id TEXT NOT NULL,
  venue TEXT NOT NULL,
  side TEXT NOT NULL,
  signal_limit_e4 INTEGER NOT NULL,
  signal_quantity_e6 INTEGER NOT NULL,
  signal_cost_e6 INTEGER NOT NULL,
  signal_fee_e6 INTEGER NOT NULL,
  book_epoch INTEGER NOT NULL,
  book_version INTEGER NOT NULL,
  exchange_time_ns INTEGER NOT NULL,
  received_at_ns INTEGER NOT NULL,
  limit_e4 INTEGER NOT NULL,     -- of the request
  PRIMARY KEY (pair_id, leg)
) STRICT, WITHOUT ROWID;

-- An order is here before a byte of it goes to the venue.
CREATE TABLE orders (
  client_order_id TEXT PRIMARY KEY,
  pair_id TEXT NOT NULL REFERENCES pairs,
  leg INTEGER NOT NULL,
  purpose TEXT NOT NULL,
  attempt INTEGER NOT NULL,
  market_id TEXT NOT NULL REFERENCES markets,
  exchange_index INTEGER NOT NULL,
  side TEXT NOT NULL,
  action TEXT NOT NULL,
  limit_e4 INTEGER NOT NULL,
  quantity_e6 INTEGER NOT NULL,
  time_in_force TEXT NOT NULL,
  intent_at_ns INTEGER NOT NULL,
  status TEXT NOT NULL DEFAULT 'intent', -- then that of the latest report, as all below
  venue_order_id TEXT NOT NULL DEFAULT '',
  filled_e6 INTEGER NOT NULL DEFAULT 0,
  notional_e6 INTEGER NOT NULL DEFAULT 0,
  fee_e6 INTEGER NOT NULL DEFAULT 0,
  reason TEXT NOT NULL DEFAULT '',
  sent_at_ns INTEGER,
  reported_at_ns INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX orders_of_pair ON orders (pair_id);
CREATE INDEX open_orders ON orders (client_order_id)
  WHERE status IN ('intent', 'accepted', 'unknown');

-- Everything ever reported, in the order of arrival; never updated, never deleted.
CREATE TABLE order_reports (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  client_order_id TEXT NOT NULL REFERENCES orders,
  venue_order_id TEXT NOT NULL,
  status TEXT NOT NULL,
  filled_e6 INTEGER NOT NULL,
  notional_e6 INTEGER NOT NULL,
  fee_e6 INTEGER NOT NULL,
  reason TEXT NOT NULL,
  sent_at_ns INTEGER NOT NULL,
  reported_at_ns INTEGER NOT NULL,
  recorded_at_ns INTEGER NOT NULL
) STRICT;
CREATE INDEX reports_of_order ON order_reports (client_order_id);

-- What a venue executed is recorded even if the order is not ours to know: no foreign keys.
CREATE TABLE fills (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  market_id TEXT NOT NULL,
  fill_id TEXT NOT NULL,
  client_order_id TEXT NOT NULL,
  pair_id TEXT NOT NULL,
  side TEXT NOT NULL,
  action TEXT NOT NULL,
  price_e4 INTEGER NOT NULL,
  quantity_e6 INTEGER NOT NULL,
  fee_e6 INTEGER NOT NULL,
  at_ns INTEGER NOT NULL,
  UNIQUE (market_id, fill_id)
) STRICT;
CREATE INDEX fills_of_pair ON fills (pair_id);

CREATE TRIGGER order_reports_append_only_update BEFORE UPDATE ON order_reports
  BEGIN SELECT RAISE(ABORT, 'order_reports is append-only'); END;
CREATE TRIGGER order_reports_append_only_delete BEFORE DELETE ON order_reports
  BEGIN SELECT RAISE(ABORT, 'order_reports is append-only'); END;
CREATE TRIGGER fills_append_only_update BEFORE UPDATE ON fills
  BEGIN SELECT RAISE(ABORT, 'fills is append-only'); END;
CREATE TRIGGER fills_append_only_delete BEFORE DELETE ON fills
  BEGIN SELECT RAISE(ABORT, 'fills is append-only'); END;

-- Derived from fills, at average cost.
CREATE TABLE positions (
  market_id TEXT NOT NULL,
  side TEXT NOT NULL,
  quantity_e6 INTEGER NOT NULL,
  cost_e6 INTEGER NOT NULL,     -- paid for what is held, without fees
  realized_e6 INTEGER NOT NULL, -- by what was sold again, without fees
  fees_e6 INTEGER NOT NULL,
  PRIMARY KEY (market_id, side)
) STRICT, WITHOUT ROWID;

CREATE TABLE balances (
  venue TEXT PRIMARY KEY,
  available_e6 INTEGER NOT NULL,
  at_ns INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The readable side: dollars, contracts, milliseconds, ISO 8601 in UTC.
CREATE VIEW trades AS SELECT
  o.client_order_id AS order_id,
  o.pair_id,
  o.leg,
  o.purpose,
  m.venue,
  m.native_id AS market,
  CASE o.side WHEN 'yes' THEN m.yes_outcome ELSE m.no_outcome END AS outcome,
  o.side,
  o.action,
  o.status,
  o.limit_e4 / 1e4 AS limit_price,
  o.quantity_e6 / 1e6 AS quantity,
  o.filled_e6 / 1e6 AS filled_qty,
  CASE WHEN o.filled_e6 > 0 THEN 1.0 * o.notional_e6 / o.filled_e6 END AS avg_price,
  o.fee_e6 / 1e6 AS fee_dollars,
  (o.reported_at_ns - o.sent_at_ns) / 1e6 AS latency_ms,
  (o.intent_at_ns - p.triggered_by_ns) / 1000 AS tick_to_intent_us,
  o.reason,
  strftime('%Y-%m-%dT%H:%M:', o.intent_at_ns / 1000000000, 'unixepoch')
    || printf('%02d.%06dZ', o.intent_at_ns / 1000000000 % 60, o.intent_at_ns / 1000 % 1000000)
    AS created_at
FROM orders o JOIN pairs p USING (pair_id) JOIN markets m ON m.market_id = o.market_id;

CREATE VIEW paper_trades AS
  SELECT * FROM trades WHERE (SELECT value FROM meta WHERE key = 'trading_mode') = 'paper';

CREATE VIEW pair_results AS SELECT
  pair_id,
  signal_id,
  game_id,
  coalesce(outcome, 'open') AS outcome,
  quantity_e6 / 1e6 AS requested,
  matched_e6 / 1e6 AS matched,
  cost_e6 / 1e6 AS cost_dollars,
  fees_e6 / 1e6 AS fees_dollars,
  locked_profit_e6 / 1e6 AS locked_profit_dollars,
  (closed_at_ns - opened_at_ns) / 1e6 AS duration_ms
FROM pairs;

CREATE VIEW holdings AS SELECT
  m.venue,
  m.native_id AS market,
  CASE p.side WHEN 'yes' THEN m.yes_outcome ELSE m.no_outcome END AS outcome,
  p.market_id,
  p.side,
  p.quantity_e6 / 1e6 AS quantity,
  p.cost_e6 / 1e6 AS cost_dollars,
  p.realized_e6 / 1e6 AS realized_dollars,
  p.fees_e6 / 1e6 AS fees_dollars
FROM positions p LEFT JOIN markets m USING (market_id);

CREATE VIEW stray_fills AS
  SELECT * FROM fills WHERE client_order_id NOT IN (SELECT client_order_id FROM orders);
)sql";

constexpr const char* creation_time = R"sql(
-- As the order itself says: Polymarket's order id is a hash over it. 0 in rows of older ledgers.
ALTER TABLE orders ADD COLUMN created_at_ns INTEGER NOT NULL DEFAULT 0;
)sql";

// The chain of events is what the ledger remembers; every other table is what follows from it.
constexpr const char* chained_events = R"sql(
CREATE TABLE events (
  seq INTEGER PRIMARY KEY,  -- 1, 2, 3, …
  kind TEXT NOT NULL,
  at_ns INTEGER NOT NULL,   -- when the ledger received it
  content TEXT NOT NULL,    -- the record's fields in a fixed order: bridges/store/ledger_event.hpp
  -- SHA-256 of the hash before, seq, kind, at_ns and content, with a line feed between each two
  hash TEXT NOT NULL
) STRICT;
CREATE TRIGGER events_append_only_update BEFORE UPDATE ON events
  BEGIN SELECT RAISE(ABORT, 'events is append-only'); END;
CREATE TRIGGER events_append_only_delete BEFORE DELETE ON events
  BEGIN SELECT RAISE(ABORT, 'events is append-only'); END;

ALTER TABLE pairs ADD COLUMN batches INTEGER NOT NULL DEFAULT 1; -- of intents
ALTER TABLE pairs ADD COLUMN closings INTEGER NOT NULL DEFAULT 0; -- 1 more than the last revision
ALTER TABLE pairs ADD COLUMN reason TEXT; -- why it is not complete; NULL while it is open

ALTER TABLE legs ADD COLUMN post_only INTEGER NOT NULL DEFAULT 0;

ALTER TABLE orders ADD COLUMN post_only INTEGER NOT NULL DEFAULT 0;
ALTER TABLE orders ADD COLUMN order_expires_at_ns INTEGER;       -- of a resting order
ALTER TABLE orders ADD COLUMN batch INTEGER NOT NULL DEFAULT 1;  -- of the pair's intents
ALTER TABLE orders ADD COLUMN intent_seq INTEGER NOT NULL DEFAULT 0; -- the event that brought it
ALTER TABLE orders ADD COLUMN place INTEGER NOT NULL DEFAULT 0;  -- in that event
ALTER TABLE orders ADD COLUMN voided_e6 INTEGER NOT NULL DEFAULT 0;

ALTER TABLE order_reports ADD COLUMN voided_e6 INTEGER NOT NULL DEFAULT 0;

-- provisional, confirmed or voided
ALTER TABLE fills ADD COLUMN state TEXT NOT NULL DEFAULT 'confirmed';
CREATE INDEX fills_of_position ON fills (market_id, side);
CREATE INDEX provisional_fills ON fills (pair_id) WHERE state = 'provisional';
DROP TRIGGER fills_append_only_update;
CREATE TRIGGER fills_append_only_update BEFORE UPDATE OF id, market_id, fill_id, client_order_id,
  pair_id, side, action, price_e4, quantity_e6, fee_e6, at_ns ON fills
  BEGIN SELECT RAISE(ABORT, 'fills is append-only'); END;
CREATE TRIGGER fills_final_state BEFORE UPDATE OF state ON fills
  WHEN OLD.state <> 'provisional' OR NEW.state = 'provisional'
  BEGIN SELECT RAISE(ABORT, 'the state of a fill is final'); END;

-- Each change of a fill's state after it was first told.
CREATE TABLE fill_changes (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  market_id TEXT NOT NULL,
  fill_id TEXT NOT NULL,
  state TEXT NOT NULL,
  recorded_at_ns INTEGER NOT NULL
) STRICT;
CREATE TRIGGER fill_changes_append_only_update BEFORE UPDATE ON fill_changes
  BEGIN SELECT RAISE(ABORT, 'fill_changes is append-only'); END;
CREATE TRIGGER fill_changes_append_only_delete BEFORE DELETE ON fill_changes
  BEGIN SELECT RAISE(ABORT, 'fill_changes is append-only'); END;

-- What a venue paid for contracts of a decided market, cumulative: the last word on each side.
CREATE TABLE settlements (
  market_id TEXT NOT NULL,
  side TEXT NOT NULL,
  venue TEXT NOT NULL,
  native_id TEXT NOT NULL,
  quantity_e6 INTEGER NOT NULL,
  payout_e6 INTEGER NOT NULL,
  fee_e6 INTEGER NOT NULL,
  at_ns INTEGER NOT NULL,
  own_quantity_e6 INTEGER NOT NULL, -- of it what the fills explain, as the two below
  own_payout_e6 INTEGER NOT NULL,
  own_fee_e6 INTEGER NOT NULL,
  PRIMARY KEY (market_id, side)
) STRICT, WITHOUT ROWID;

-- What arbees may do: the last row holds.
CREATE TABLE trading_controls (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  state TEXT NOT NULL,
  by_whom TEXT NOT NULL,
  reason TEXT NOT NULL,
  at_ns INTEGER NOT NULL
) STRICT;
CREATE TRIGGER trading_controls_append_only_update BEFORE UPDATE ON trading_controls
  BEGIN SELECT RAISE(ABORT, 'trading_controls is append-only'); END;
CREATE TRIGGER trading_controls_append_only_delete BEFORE DELETE ON trading_controls
  BEGIN SELECT RAISE(ABORT, 'trading_controls is append-only'); END;

-- In what ledger and venue differed; the same difference is here once, until they agreed again.
CREATE TABLE drifts (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  venue TEXT NOT NULL,
  what TEXT NOT NULL,
  subject TEXT NOT NULL,
  ledger_says TEXT NOT NULL,
  venue_says TEXT NOT NULL,
  at_ns INTEGER NOT NULL
) STRICT;
CREATE TRIGGER drifts_append_only_update BEFORE UPDATE ON drifts
  BEGIN SELECT RAISE(ABORT, 'drifts is append-only'); END;
CREATE TRIGGER drifts_append_only_delete BEFORE DELETE ON drifts
  BEGIN SELECT RAISE(ABORT, 'drifts is append-only'); END;

-- When each venue was compared last: the one table that does not follow from the events.
CREATE TABLE reconciliations (
  venue TEXT PRIMARY KEY,
  clean_at_ns INTEGER,
  drift_at_ns INTEGER,
  failed_at_ns INTEGER,
  failed TEXT NOT NULL,  -- why the last one could not be made; empty if it could
  drifts TEXT NOT NULL   -- what differs now; empty if they agree
) STRICT, WITHOUT ROWID;

-- The first balance ever heard of each venue, and what our own money movements summed to then.
CREATE TABLE baselines (
  venue TEXT PRIMARY KEY,
  available_e6 INTEGER NOT NULL,
  at_ns INTEGER NOT NULL,
  moved_e6 INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

ALTER TABLE balances ADD COLUMN shards TEXT NOT NULL DEFAULT ''; -- count, then index and amount

DROP VIEW holdings;
CREATE VIEW holdings AS SELECT
  coalesce(m.venue, s.venue) AS venue,
  coalesce(m.native_id, s.native_id) AS market,
  CASE p.side WHEN 'yes' THEN m.yes_outcome ELSE m.no_outcome END AS outcome,
  p.market_id,
  p.side,
  p.quantity_e6 / 1e6 AS quantity,
  p.cost_e6 / 1e6 AS cost_dollars,
  p.realized_e6 / 1e6 AS realized_dollars,
  p.fees_e6 / 1e6 AS fees_dollars,
  coalesce(s.own_quantity_e6, 0) / 1e6 AS settled,
  s.own_payout_e6 / 1e6 AS payout_dollars
FROM positions p LEFT JOIN markets m USING (market_id)
  LEFT JOIN settlements s USING (market_id, side);
)sql";

constexpr std::array migrations = {tables, creation_time, chained_events};
static_assert(migrations.size() == ledger_schema_version);

} // namespace

std::span<const char* const> ledger_migrations() {
  return migrations;
}

} // namespace arbees
