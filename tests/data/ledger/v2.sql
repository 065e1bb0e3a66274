-- A ledger of schema version 2, as arbees wrote it on 2026-11-21: three pairs (complete, unwound in
-- two batches, open), a stray fill, both balances. Made with sqlite3's .dump.
PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE meta (
  key TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO meta VALUES('trading_mode','paper');
CREATE TABLE markets (
  market_id TEXT PRIMARY KEY, -- 16 hexadecimal digits, as on the bus
  venue TEXT NOT NULL,
  native_id TEXT NOT NULL,    -- Kalshi ticker or Polymarket condition
  yes_token TEXT NOT NULL,
  no_token TEXT NOT NULL,
  yes_outcome TEXT NOT NULL,
  no_outcome TEXT NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO markets VALUES('0e513b99e9278f82','polymarket','0xc0ffee','11','22','Lakers','Clippers');
INSERT INTO markets VALUES('4165bb23e150bd0c','kalshi','KXT-LAL','','','LAL','not LAL');
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
INSERT INTO pairs VALUES('0000000000000001','0000000000000001','7dcd8eebf8190dc7','fedcba9876543210','arbitrage',10000000,300000,30000,3,1,10000000,100000000000,101000000000,100000000000,101000250000,'complete',10000000,10000000,10000000,10000000,9500000,170520,329480,101000000000,103000000000);
INSERT INTO pairs VALUES('0000000000000002','0000000000000002','7dcd8eebf8190dc7','fedcba9876543210','arbitrage',10000000,300000,30000,3,1,10000000,100000000000,101000000000,100000000000,102000250000,'unwound',10000000,10000000,10000000,10000000,9500000,170520,329480,101000000000,103000000000);
INSERT INTO pairs VALUES('0000000000000003','0000000000000003','7dcd8eebf8190dc7','fedcba9876543210','arbitrage',10000000,300000,30000,3,1,10000000,100000000000,101000000000,100000000000,103000250000,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
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
INSERT INTO legs VALUES('0000000000000001',0,'4165bb23e150bd0c','kalshi','yes',4200,10000000,4200000,170520,1,17,99000000000,100000000000,4200);
INSERT INTO legs VALUES('0000000000000001',1,'0e513b99e9278f82','polymarket','no',5300,10000000,5300000,0,2,18,98000000000,99000000000,5300);
INSERT INTO legs VALUES('0000000000000002',0,'4165bb23e150bd0c','kalshi','yes',4200,10000000,4200000,170520,1,17,99000000000,100000000000,4200);
INSERT INTO legs VALUES('0000000000000002',1,'0e513b99e9278f82','polymarket','no',5300,10000000,5300000,0,2,18,98000000000,99000000000,5300);
INSERT INTO legs VALUES('0000000000000003',0,'4165bb23e150bd0c','kalshi','yes',4200,10000000,4200000,170520,1,17,99000000000,100000000000,4200);
INSERT INTO legs VALUES('0000000000000003',1,'0e513b99e9278f82','polymarket','no',5300,10000000,5300000,0,2,18,98000000000,99000000000,5300);
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
, created_at_ns INTEGER NOT NULL DEFAULT 0) STRICT, WITHOUT ROWID;
INSERT INTO orders VALUES('a0000000000000001-0o0','0000000000000001',0,'open',0,'4165bb23e150bd0c',2,'yes','buy',4200,10000000,'ioc',101000250000,'filled','v-a0000000000000001-0o0',10000000,4200000,170520,'',101000000000,103000000000,100500000001);
INSERT INTO orders VALUES('a0000000000000001-1o0','0000000000000001',1,'open',0,'0e513b99e9278f82',0,'no','buy',5300,10000000,'ioc',101000250000,'filled','v-a0000000000000001-1o0',10000000,5300000,170520,'',101000000000,103000000000,100500000001);
INSERT INTO orders VALUES('a0000000000000002-0o0','0000000000000002',0,'open',0,'4165bb23e150bd0c',2,'yes','buy',4200,10000000,'ioc',102000250000,'filled','v-a0000000000000002-0o0',10000000,4200000,170520,'',101000000000,103000000000,100500000001);
INSERT INTO orders VALUES('a0000000000000002-0u0','0000000000000002',0,'unwind',0,'4165bb23e150bd0c',2,'yes','sell',4100,10000000,'ioc',108000250000,'filled','v-a0000000000000002-0u0',10000000,4100000,170520,'',101000000000,109000000000,100500000001);
INSERT INTO orders VALUES('a0000000000000002-1o0','0000000000000002',1,'open',0,'0e513b99e9278f82',0,'no','buy',5300,10000000,'ioc',102000250000,'unfilled','v-a0000000000000002-1o0',0,0,170520,'no more depth',101000000000,102000000000,100500000001);
INSERT INTO orders VALUES('a0000000000000003-0o0','0000000000000003',0,'open',0,'4165bb23e150bd0c',2,'yes','buy',4200,10000000,'ioc',103000250000,'intent','',0,0,0,'',NULL,NULL,100500000001);
INSERT INTO orders VALUES('a0000000000000003-1o0','0000000000000003',1,'open',0,'0e513b99e9278f82',0,'no','buy',5300,10000000,'ioc',103000250000,'intent','',0,0,0,'',NULL,NULL,100500000001);
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
INSERT INTO order_reports VALUES(1,'a0000000000000001-0o0','v-a0000000000000001-0o0','accepted',0,0,170520,'no more depth',101000000000,102000000000,105000250000);
INSERT INTO order_reports VALUES(2,'a0000000000000001-0o0','v-a0000000000000001-0o0','filled',10000000,4200000,170520,'',101000000000,103000000000,106000250000);
INSERT INTO order_reports VALUES(3,'a0000000000000001-1o0','v-a0000000000000001-1o0','accepted',0,0,170520,'no more depth',101000000000,102000000000,105000250000);
INSERT INTO order_reports VALUES(4,'a0000000000000001-1o0','v-a0000000000000001-1o0','filled',10000000,5300000,170520,'',101000000000,103000000000,106000250000);
INSERT INTO order_reports VALUES(5,'a0000000000000002-0o0','v-a0000000000000002-0o0','accepted',0,0,170520,'no more depth',101000000000,102000000000,105000250000);
INSERT INTO order_reports VALUES(6,'a0000000000000002-0o0','v-a0000000000000002-0o0','filled',10000000,4200000,170520,'',101000000000,103000000000,106000250000);
INSERT INTO order_reports VALUES(7,'a0000000000000002-1o0','v-a0000000000000002-1o0','unfilled',0,0,170520,'no more depth',101000000000,102000000000,105000250000);
INSERT INTO order_reports VALUES(8,'a0000000000000002-0u0','v-a0000000000000002-0u0','filled',10000000,4100000,170520,'',101000000000,109000000000,109000250000);
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
INSERT INTO fills VALUES(1,'4165bb23e150bd0c','f10','a0000000000000001-0o0','0000000000000001','yes','buy',4200,10000000,170520,102000000000);
INSERT INTO fills VALUES(2,'0e513b99e9278f82','f11','a0000000000000001-1o0','0000000000000001','no','buy',5300,10000000,170520,102000000000);
INSERT INTO fills VALUES(3,'4165bb23e150bd0c','f20','a0000000000000002-0o0','0000000000000002','yes','buy',4200,10000000,170520,102000000000);
INSERT INTO fills VALUES(4,'4165bb23e150bd0c','f20s','a0000000000000002-0u0','0000000000000002','yes','sell',4100,10000000,170520,102000000000);
INSERT INTO fills VALUES(5,'4165bb23e150bd0c','stray','a0000000000000009-0o0','0000000000000009','yes','buy',4200,1000000,170520,102000000000);
CREATE TABLE positions (
  market_id TEXT NOT NULL,
  side TEXT NOT NULL,
  quantity_e6 INTEGER NOT NULL,
  cost_e6 INTEGER NOT NULL,     -- paid for what is held, without fees
  realized_e6 INTEGER NOT NULL, -- by what was sold again, without fees
  fees_e6 INTEGER NOT NULL,
  PRIMARY KEY (market_id, side)
) STRICT, WITHOUT ROWID;
INSERT INTO positions VALUES('0e513b99e9278f82','no',10000000,5300000,0,170520);
INSERT INTO positions VALUES('4165bb23e150bd0c','yes',11000000,4620000,-100000,682080);
CREATE TABLE balances (
  venue TEXT PRIMARY KEY,
  available_e6 INTEGER NOT NULL,
  at_ns INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO balances VALUES('kalshi',90000000,110000000000);
INSERT INTO balances VALUES('polymarket',95000000,111000000000);
DELETE FROM sqlite_sequence;
INSERT INTO sqlite_sequence VALUES('order_reports',8);
INSERT INTO sqlite_sequence VALUES('fills',5);
CREATE INDEX open_pairs ON pairs (pair_id) WHERE outcome IS NULL;
CREATE INDEX orders_of_pair ON orders (pair_id);
CREATE INDEX open_orders ON orders (client_order_id)
  WHERE status IN ('intent', 'accepted', 'unknown');
CREATE INDEX reports_of_order ON order_reports (client_order_id);
CREATE INDEX fills_of_pair ON fills (pair_id);
CREATE TRIGGER order_reports_append_only_update BEFORE UPDATE ON order_reports
  BEGIN SELECT RAISE(ABORT, 'order_reports is append-only'); END;
CREATE TRIGGER order_reports_append_only_delete BEFORE DELETE ON order_reports
  BEGIN SELECT RAISE(ABORT, 'order_reports is append-only'); END;
CREATE TRIGGER fills_append_only_update BEFORE UPDATE ON fills
  BEGIN SELECT RAISE(ABORT, 'fills is append-only'); END;
CREATE TRIGGER fills_append_only_delete BEFORE DELETE ON fills
  BEGIN SELECT RAISE(ABORT, 'fills is append-only'); END;
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
COMMIT;
PRAGMA application_id = 1634886252;
PRAGMA user_version = 2;
