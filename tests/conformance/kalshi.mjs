// Kalshi's own client trades against the simulator.
// node kalshi.mjs http://127.0.0.1:PORT KEY_ID PRIVATE_PEM STRANGERS_PEM

import axios from 'axios';
import {AccountApi, ApiKeysApi, Configuration, EventsApi, ExchangeApi, MarketApi, OrderGroupsApi, OrdersApi, PortfolioApi,} from 'kalshi-typescript';
import {randomUUID} from 'node:crypto';
import {readFileSync} from 'node:fs';

import {Checks, control, eventually, micros} from './checks.mjs';
import {Shapes} from './shapes.mjs';

const [origin, keyId, pemFile, strangersPem] = process.argv.slice(2);
const checks = new Checks();
const shapes =
  new Shapes(new URL('node_modules/kalshi-typescript/dist/models', import.meta.url).pathname);

/// The client's APIs. Each gets an axios of its own: they put their signature on whichever they are
/// given, and on the shared one the last would sign for all.
function apis(key, pem) {
  const configuration = new Configuration({
    apiKey: key,
    privateKeyPath: undefined,
    privateKeyPem: pem,
    basePath: `${origin}/trade-api/v2`
  });
  const make = (Api) => new Api(configuration, undefined, axios.create());
  return {
    account: make(AccountApi),
    keys: make(ApiKeysApi),
    events: make(EventsApi),
    exchange: make(ExchangeApi),
    groups: make(OrderGroupsApi),
    market: make(MarketApi),
    orders: make(OrdersApi),
    portfolio: make(PortfolioApi),
  };
}

const kalshi = apis(keyId, readFileSync(pemFile, 'utf8'));

/// The body of an answer, which must be what the client declares.
async function declared(name, promise, status = 200) {
  const answer = await promise;
  checks.equal(`${name} comes with ${status}`, answer.status, status);
  checks.equal(`${name} is as declared`, shapes.problems(name, answer.data), []);
  return answer.data;
}

const code = ({body}) => body?.code ?? body?.error?.code;
const refusedWith = (status, name) => (seen) => seen.status === status && code(seen) === name;

// --- money, exactly ---

const floorTo = (value, step) => value - (((value % step) + step) % step);

/// The taker's fee of one fill (venues/kalshi.md section 6) in millionths of a dollar: 0.07 C P
/// (1-P), up to the millionth, and then so that the balance changes by whole hundredths of a cent.
function takerFee(count, price, buys, multiplier = 1n) {
  const [contracts, yes] = [micros(count), micros(price)];
  const exact = multiplier * 7n * contracts * yes * (1_000_000n - yes); // 1e-20 dollars
  const fee = -floorTo(-exact, 10n ** 14n) / 10n ** 14n;
  const value = (contracts * yes) / 1_000_000n;
  const change = buys ? -value : value;
  return change - floorTo(change - fee, 100n);
}

async function cash(shard) {
  const {balance_breakdown: shards} =
    await declared('GetBalanceResponse', kalshi.portfolio.getBalance());
  return micros(shards.find(({exchange_index: index}) => index === shard).balance);
}

// --- what is listed ---

async function pages(limit) {
  const seen = [];
  for (let cursor; cursor !== '';) {
    const page = await declared(
      'GetEventsResponse', kalshi.events.getEvents(limit, cursor, true, true, 'open'));
    checks.ok('a page is no longer than asked', page.events.length <= limit, page.events.length);
    seen.push(...page.events);
    cursor = page.cursor ?? '';
  }
  return seen;
}

async function discovery() {
  const status = await declared('ExchangeStatus', kalshi.exchange.getExchangeStatus());
  checks.equal(
    'the exchange trades', [status.exchange_active, status.trading_active], [true, true]);
  checks.equal(
    'all shards are told', status.exchange_index_statuses.map((shard) => shard.exchange_index),
    [0, 1, 2, 3]);
  const {series} =
    await declared('GetSeriesListResponse', kalshi.market.getSeriesList('Sports', 'Basketball'));
  checks.ok(
    'basketball has its series', series.some(({ticker}) => ticker === 'KXNBAGAME'),
    series.map(({ticker}) => ticker));
  const nba = (await declared('GetSeriesResponse', kalshi.market.getSeries('KXNBAGAME'))).series;
  checks.equal(
    'fees and shard of basketball', [nba.fee_type, nba.fee_multiplier, nba.exchange_index],
    ['quadratic_with_maker_fees', 1, 3]);
  const events = await pages(200);
  const few = await pages(5);
  checks.equal(
    'small pages list the same', few.map((event) => event.event_ticker),
    events.map((event) => event.event_ticker));
  const game = events.find((event) => event.series_ticker === 'KXNBAGAME');
  const alone = await declared('GetEventResponse', kalshi.events.getEvent(game.event_ticker));
  checks.equal(
    'an event alone has its markets', alone.markets.map(({ticker}) => ticker),
    game.markets.map(({ticker}) => ticker));
  const listed = await declared(
    'GetMarketsResponse', kalshi.market.getMarkets(100, undefined, game.event_ticker));
  checks.equal(
    'markets by event', listed.markets.map(({ticker}) => ticker),
    game.markets.map(({ticker}) => ticker));
  const tickers = game.markets.map(({ticker}) => ticker).join(',');
  const named = await declared(
    'GetMarketsResponse',
    kalshi.market.getMarkets(
      100, undefined, undefined, undefined, undefined, undefined, undefined, undefined, undefined,
      undefined, undefined, undefined, tickers));
  checks.equal('markets by name', named.markets.length, game.markets.length);
  await checks.refused(
    'an unknown market', kalshi.market.getMarket('KXNBAGAME-NONE'), refusedWith(404, 'not_found'));
  await checks.refused(
    'a status that does not exist', kalshi.events.getEvents(10, undefined, false, false, 'later'),
    refusedWith(400, 'invalid_parameters'));
  return events;
}

const best = (levels) => levels.map(([price]) => micros(price)).reduce((a, b) => (a > b ? a : b));

async function books(market, other) {
  let agreed = false;
  await eventually(async () => { // the book may move between two reads
    const before =
      (await declared('GetMarketResponse', kalshi.market.getMarket(market.ticker))).market;
    const {orderbook_fp: book} = await declared(
      'GetMarketOrderbookResponse', kalshi.market.getMarketOrderbook(market.ticker, 0));
    const bid = best(book.yes_dollars);
    const ask = 1_000_000n - best(book.no_dollars);
    checks.ok('the book is not crossed', bid < ask, {bid, ask});
    agreed = bid === micros(before.yes_bid_dollars) && ask === micros(before.yes_ask_dollars)
      && micros(before.no_ask_dollars) === 1_000_000n - bid;
    return agreed;
  });
  checks.ok('the book and the quote agree', agreed);
  const {orderbook_fp: top} = (await kalshi.market.getMarketOrderbook(market.ticker, 1)).data;
  checks.equal('a book of depth 1', [top.yes_dollars.length, top.no_dollars.length], [1, 1]);
  const many = await declared(
    'GetMarketOrderbooksResponse',
    kalshi.market.getMarketOrderbooks([market.ticker, other.ticker]));
  checks.equal(
    'several books at once', many.orderbooks.map(({ticker}) => ticker),
    [market.ticker, other.ticker]);
  await checks.refused(
    'a book too deep', kalshi.market.getMarketOrderbook(market.ticker, 101),
    refusedWith(400, 'invalid_parameters'));
}

// --- who may ---

async function logins() {
  const stranger = apis(keyId, readFileSync(strangersPem, 'utf8'));
  await checks.refused(
    'another key under our name', stranger.portfolio.getBalance(), ({status}) => status === 401);
  const unknown = apis(randomUUID(), readFileSync(pemFile, 'utf8'));
  await checks.refused(
    'our key under another name', unknown.portfolio.getBalance(), ({status}) => status === 401);
  await checks.refused('nobody', apis().portfolio.getBalance(), ({status}) => status === 401);
  const now = Date.now;
  Date.now = () => now() - 60_000;
  await checks.refused(
    'a clock that is a minute late', kalshi.portfolio.getBalance(),
    refusedWith(401, 'header_timestamp_expired'));
  Date.now = now;
  const account = await declared('GetBalanceResponse', kalshi.portfolio.getBalance());
  checks.equal(
    'money on two shards', account.balance_breakdown,
    [{exchange_index: 0, balance: '5000.0000'}, {exchange_index: 3, balance: '5000.0000'}]);
  checks.equal(
    'money in cents and in dollars', [account.balance, account.balance_dollars],
    [1_000_000, '10000.0000']);
  const limits =
    await declared('GetAccountApiLimitsResponse', kalshi.account.getAccountApiLimits());
  checks.equal('limits of the tier', [limits.usage_tier, limits.read, limits.write], [
    'advanced', {refill_rate: 300, bucket_capacity: 600}, {refill_rate: 300, bucket_capacity: 600}
  ]);
  const costs =
    await declared('GetAccountEndpointCostsResponse', kalshi.account.getAccountEndpointCosts());
  checks.equal('what a call costs', costs.default_cost, 10);
  const {api_keys: keys} = await declared('GetApiKeysResponse', kalshi.keys.getApiKeys());
  checks.equal('our key', keys.map((key) => key.api_key_id), [keyId]);
}

// --- orders ---

const order = (market, fields) => ({
  ticker: market.ticker,
  client_order_id: randomUUID(),
  count: '1.00',
  time_in_force: 'good_till_canceled',
  self_trade_prevention_type: 'taker_at_cross',
  exchange_index: market.exchange_index,
  ...fields,
});
const create = (body) => declared('CreateOrderV2Response', kalshi.orders.createOrderV2(body), 201);
const quote = async (market) => (await kalshi.market.getMarket(market.ticker)).data.market;

/// Buys or sells at the best price on the other side and checks price, fee and balance.
async function take(market, side, count) {
  const before = await cash(market.exchange_index);
  const now = await quote(market);
  const price = side === 'bid' ? now.yes_ask_dollars : now.yes_bid_dollars;
  const sent = order(market, {side, count, price, time_in_force: 'immediate_or_cancel'});
  const made = await create(sent);
  checks.equal(
    `an immediate ${side} fills`, [made.client_order_id, made.fill_count, made.remaining_count],
    [sent.client_order_id, count, '0.00']);
  const {fills} =
    await declared('GetFillsResponse', kalshi.portfolio.getFills(market.ticker, made.order_id));
  checks.equal(
    'in one fill',
    fills.map((fill) => [fill.count_fp, fill.is_taker, fill.book_side, fill.exchange_index]),
    [[count, true, side, market.exchange_index]]);
  const [fill] = fills;
  checks.equal('at the price that was shown', micros(fill.yes_price_dollars), micros(price));
  const {trades} =
    await declared('GetTradesResponse', kalshi.market.getTrades(1, undefined, market.ticker));
  checks.equal(
    'everyone sees the same trade',
    trades.map((trade) => [trade.trade_id, trade.count_fp, trade.yes_price_dollars]),
    [[fill.fill_id, fill.count_fp, fill.yes_price_dollars]]);
  checks.equal('the average is the price', micros(made.average_fill_price), micros(price));
  return {made, fill, sent, before, after: await cash(market.exchange_index)};
}

async function buyAndSell(market) {
  const bought = await take(market, 'bid', '3.00');
  const fee = takerFee('3.00', bought.fill.yes_price_dollars, true);
  checks.equal('the fee of a buy', micros(bought.fill.fee_cost), fee);
  checks.equal('the fee per contract', micros(bought.made.average_fee_paid), (fee + 1n) / 3n);
  const cost = 3n * micros(bought.fill.yes_price_dollars);
  checks.equal('a buy costs price and fee', bought.before - bought.after, cost + fee);
  const {order: listed} =
    await declared('GetOrderResponse', kalshi.orders.getOrder(bought.made.order_id));
  checks.equal(
    'the order as listed',
    [
      listed.status, listed.client_order_id, listed.fill_count_fp,
      micros(listed.taker_fill_cost_dollars), micros(listed.taker_fees_dollars)
    ],
    ['executed', bought.sent.client_order_id, '3.00', cost, fee]);
  const {market_positions: held} = await declared(
    'GetPositionsResponse',
    kalshi.portfolio.getPositions(undefined, undefined, 'position', market.ticker));
  checks.equal(
    'the position',
    held.map(
      (position) =>
        [position.ticker, position.position_fp, micros(position.market_exposure_dollars),
         micros(position.fees_paid_dollars)]),
    [[market.ticker, '3.00', cost, fee]]);

  const sold = await take(market, 'ask', '3.00');
  const proceeds = 3n * micros(sold.fill.yes_price_dollars);
  checks.equal(
    'a sale brings price less fee', sold.after - sold.before,
    proceeds - micros(sold.fill.fee_cost));
  checks.equal(
    'the fee of a sale', micros(sold.fill.fee_cost),
    takerFee('3.00', sold.fill.yes_price_dollars, false));
  const {data: none} =
    await kalshi.portfolio.getPositions(undefined, undefined, 'position', market.ticker);
  checks.equal('no position is left', none.market_positions, []);
  const {data: flat} =
    await kalshi.portfolio.getPositions(undefined, undefined, undefined, market.ticker);
  checks.equal(
    'the gain is told', micros(flat.market_positions[0].realized_pnl_dollars), proceeds - cost);
}

/// Far from the book, so that it rests: the lowest price of the grid.
const lowest = (market) =>
  market.price_ranges.map(({step}) => step).reduce((a, b) => (micros(a) < micros(b) ? a : b));

async function resting(market) {
  const before = await cash(market.exchange_index);
  const price = lowest(market);
  const sent = order(market, {
    side: 'bid',
    count: '10.00',
    price,
    post_only: true,
    expiration_time: Math.floor(Date.now() / 1000) + 3600
  });
  const made = await create(sent);
  checks.equal(
    'it rests', [made.fill_count, made.remaining_count, 'average_fill_price' in made],
    ['0.00', '10.00', false]);
  checks.equal(
    'its money is set aside', before - (await cash(market.exchange_index)), 10n * micros(price));
  const {orders} = await declared(
    'GetOrdersResponse',
    kalshi.orders.getOrders(market.ticker, undefined, undefined, undefined, 'resting'));
  checks.equal(
    'the list of resting orders',
    orders.map(
      (listed) =>
        [listed.order_id, listed.client_order_id, listed.outcome_side, listed.book_side,
         listed.remaining_count_fp, micros(listed.yes_price_dollars)]),
    [[made.order_id, sent.client_order_id, 'yes', 'bid', '10.00', micros(price)]]);
  const amended = await declared('AmendOrderV2Response', kalshi.orders.amendOrderV2(made.order_id, {
    ticker: market.ticker,
    side: 'bid',
    price,
    count: '8.00',
    exchange_index: market.exchange_index,
    updated_client_order_id: `${sent.client_order_id}-2`
  }));
  checks.equal(
    'an amend', [amended.order_id, amended.client_order_id, amended.remaining_count],
    [made.order_id, `${sent.client_order_id}-2`, '8.00']);
  const less = await declared(
    'DecreaseOrderV2Response',
    kalshi.orders.decreaseOrderV2(
      made.order_id, {reduce_by: '3.00', market_ticker: market.ticker}));
  checks.equal('a decrease by', less.remaining_count, '5.00');
  const least = await declared(
    'DecreaseOrderV2Response',
    kalshi.orders.decreaseOrderV2(
      made.order_id, {reduce_to: '2.00', exchange_index: market.exchange_index}));
  checks.equal('a decrease to', least.remaining_count, '2.00');
  checks.equal(
    'only that much is set aside', before - (await cash(market.exchange_index)),
    2n * micros(price));
  if (market.exchange_index !== 0) {
    await checks.refused(
      'a cancel that names no shard', kalshi.orders.cancelOrderV2(made.order_id),
      refusedWith(404, 'not_found'));
  }
  const gone = await declared(
    'CancelOrderV2Response',
    kalshi.orders.cancelOrderV2(made.order_id, undefined, undefined, market.ticker));
  checks.equal('a cancel', [gone.order_id, gone.reduced_by], [made.order_id, '2.00']);
  await checks.refused(
    'a second cancel', kalshi.orders.cancelOrderV2(made.order_id, undefined, market.exchange_index),
    refusedWith(404, 'not_found'));
  checks.equal('its money is free again', await cash(market.exchange_index), before);
  const {data} = await kalshi.orders.getOrder(made.order_id);
  checks.equal('it is listed as canceled', data.order.status, 'canceled');
}

async function refusals(market) {
  const now = await quote(market);
  const low = lowest(market);
  const cases = [
    ['a price of no grid', {side: 'bid', price: '0.00005'}, 400, 'invalid_order'],
    ['a price of 0', {side: 'bid', price: '0.0000'}, 400, 'invalid_order'],
    ['a price of 1', {side: 'ask', price: '1.0000'}, 400, 'invalid_order'],
    [
      'a thousandth of a contract', {side: 'bid', price: low, count: '1.001'}, 400,
      'invalid_order_size'
    ],
    ['no contract at all', {side: 'bid', price: low, count: '0.00'}, 400, 'invalid_order_size'],
    ['a side of the old kind', {side: 'yes', price: low}, 400, 'invalid_parameters'],
    [
      'a dot in the client order id', {side: 'bid', price: low, client_order_id: 'a.b'}, 400,
      'invalid_parameters'
    ],
    [
      'a client order id of 65 characters',
      {side: 'bid', price: low, client_order_id: 'a'.repeat(65)}, 400, 'invalid_parameters'
    ],
    [
      'an immediate order that expires', {
        side: 'bid',
        price: low,
        time_in_force: 'immediate_or_cancel',
        expiration_time: 4_000_000_000
      },
      400, 'invalid_order'
    ],
    [
      'an order that has expired', {side: 'bid', price: low, expiration_time: 1_700_000_000}, 400,
      'invalid_order'
    ],
    [
      'a post-only order that crosses', {side: 'bid', price: now.yes_ask_dollars, post_only: true},
      400, 'invalid_order'
    ],
    [
      'a reduce-only order that rests',
      {side: 'ask', price: now.yes_ask_dollars, reduce_only: true}, 400, 'invalid_order'
    ],
    [
      'more than the money on the shard', {side: 'bid', price: '0.5000', count: '100000.00'}, 400,
      'insufficient_balance'
    ],
    [
      'all or nothing beyond the book',
      {side: 'bid', price: low, count: '100.00', time_in_force: 'fill_or_kill'}, 409,
      'fill_or_kill_insufficient_resting_volume'
    ],
    [
      'a market that is on another shard', {side: 'bid', price: low, exchange_index: 1}, 404,
      'not_found'
    ],
    [
      'a market that does not exist', {side: 'bid', price: low, ticker: 'KXNBAGAME-NONE'}, 404,
      'not_found'
    ],
  ];
  for (const [what, fields, status, name] of cases) {
    await checks.refused(
      what, kalshi.orders.createOrderV2(order(market, fields)), refusedWith(status, name));
  }
  const nothing =
    await create(order(market, {side: 'bid', price: low, time_in_force: 'immediate_or_cancel'}));
  checks.equal(
    'an immediate order that meets nobody', [nothing.fill_count, nothing.remaining_count],
    ['0.00', '0.00']);
  const twice = order(market, {side: 'bid', price: low});
  const first = await create(twice);
  await checks.refused(
    'the same order again', kalshi.orders.createOrderV2(twice),
    refusedWith(409, 'order_already_exists'));
  await kalshi.orders.cancelOrderV2(first.order_id, undefined, undefined, market.ticker);
}

async function batches(market) {
  const price = lowest(market);
  const items = [
    order(market, {side: 'bid', price}), order(market, {side: 'bid', price: '0.00005'}),
    order(market, {side: 'bid', price, count: '2.50'})
  ];
  const {orders: made} = await declared(
    'BatchCreateOrdersV2Response', kalshi.orders.batchCreateOrdersV2({orders: items}), 201);
  checks.equal(
    'a batch with one bad order',
    made.map((item) => item.error?.code ?? [item.client_order_id, item.remaining_count]),
    [[items[0].client_order_id, '1.00'], 'invalid_order', [items[2].client_order_id, '2.50']]);
  const named =
    [made[0].order_id, randomUUID()].map((id) => ({order_id: id, market_ticker: market.ticker}));
  const {orders: gone} = await declared(
    'BatchCancelOrdersV2Response', kalshi.orders.batchCancelOrdersV2({orders: named}));
  checks.equal(
    'a batch of cancels', gone.map((item) => [item.order_id, item.reduced_by, item.error?.code]),
    [[made[0].order_id, '1.00', undefined], [named[1].order_id, '0.00', 'not_found']]);
  const all = await kalshi.orders.cancelAllOrders();
  checks.equal('cancel-all', all.status, 200);
  const {data} =
    await kalshi.orders.getOrders(undefined, undefined, undefined, undefined, 'resting');
  checks.equal('nothing rests', data.orders, []);
}

// --- order groups, fees, the calendar ---

async function orderGroups(market) {
  const shard = market.exchange_index;
  const price = lowest(market);
  const {order_group_id: id} = await declared(
    'CreateOrderGroupResponse',
    kalshi.groups.createOrderGroup({contracts_limit: 5, exchange_index: shard}), 201);
  const group = async () => declared('GetOrderGroupResponse', kalshi.groups.getOrderGroup(id));
  const grouped = (fields) => order(market, {side: 'bid', price, order_group_id: id, ...fields});
  const made = await create(grouped({}));
  checks.equal('a group and its order', await group(), {
    contracts_limit_fp: '5.00',
    is_auto_cancel_enabled: false,
    exchange_index: shard,
    orders: [made.order_id]
  });
  const {order_groups: all} =
    await declared('GetOrderGroupsResponse', kalshi.groups.getOrderGroups());
  checks.equal('it is listed', all.map((one) => one.id), [id]);
  const {data: {order: listed}} = await kalshi.orders.getOrder(made.order_id);
  checks.equal('an order names its group', listed.order_group_id, id);
  if (shard !== 0) {
    await checks.refused(
      'a trigger that names no shard', kalshi.groups.triggerOrderGroup(id),
      ({status}) => status === 404);
  }
  await kalshi.groups.triggerOrderGroup(id, undefined, shard);
  checks.equal(
    'a trigger cancels', (await kalshi.orders.getOrder(made.order_id)).data.order.status,
    'canceled');
  checks.equal(
    'and stays', [(await group()).is_auto_cancel_enabled, (await group()).orders], [true, []]);
  await checks.refused(
    'an order of a triggered group', kalshi.orders.createOrderV2(grouped({})),
    refusedWith(409, 'order_group_triggered'));
  await kalshi.groups.resetOrderGroup(id, undefined, shard);
  const again = await create(grouped({}));
  const {yes_ask_dollars: ask} = await quote(market);
  const taken =
    await create(grouped({price: ask, count: '6.00', time_in_force: 'immediate_or_cancel'}));
  checks.equal('more than the limit matches', taken.fill_count, '6.00');
  checks.equal(
    'and cancels the rest of the group',
    [
      (await group()).is_auto_cancel_enabled,
      (await kalshi.orders.getOrder(again.order_id)).data.order.status
    ],
    [true, 'canceled']);
  await kalshi.groups.updateOrderGroupLimit(id, {contracts_limit_fp: '9.00'}, undefined, shard);
  checks.equal('a new limit', (await group()).contracts_limit_fp, '9.00');
  await kalshi.groups.deleteOrderGroup(id, undefined, shard);
  await checks.refused(
    'a deleted group', kalshi.groups.getOrderGroup(id), ({status}) => status === 404);
  await create(order(market, {
    side: 'ask',
    count: '6.00',
    price: (await quote(market)).yes_bid_dollars,
    time_in_force: 'immediate_or_cancel'
  }));
}

async function calendar() {
  const {schedule} =
    await declared('GetExchangeScheduleResponse', kalshi.exchange.getExchangeSchedule());
  checks.equal(
    'Thursday pauses', schedule.standard_hours[0].thursday,
    [{open_time: '00:00', close_time: '03:00'}, {open_time: '05:00', close_time: '00:00'}]);
  const [window] = schedule.maintenance_windows;
  checks.equal(
    'the next maintenance is two hours long',
    Date.parse(window.end_datetime) - Date.parse(window.start_datetime), 7_200_000);
  checks.ok('and not over', Date.parse(window.end_datetime) > Date.now(), window);
}

async function feeChanges(market) {
  const series = 'KXNBAGAME';
  const change = (fields) => control(origin, '/sim/fee-change', {series, ...fields});
  const planned = async (historical) =>
    (await declared(
       'GetSeriesFeeChangesResponse', kalshi.exchange.getSeriesFeeChanges(series, historical)))
      .series_fee_change_arr;
  checks.equal('no change is planned', await planned(false), []);
  await change({fee_type: 'quadratic', fee_multiplier: 0.5, in_seconds: 3600});
  checks.equal(
    'a planned change', (await planned(false)).map((one) => [one.fee_type, one.fee_multiplier]),
    [['quadratic', 0.5]]);
  await change({fee_multiplier: 2});
  checks.equal(
    'the series says so', (await kalshi.market.getSeries(series)).data.series.fee_multiplier, 2);
  const {yes_ask_dollars: price} = await quote(market);
  const made =
    await create(order(market, {side: 'bid', price, time_in_force: 'immediate_or_cancel'}));
  const {data} = await kalshi.portfolio.getFills(market.ticker, made.order_id);
  checks.equal(
    'a fill is charged anew', micros(data.fills[0].fee_cost), takerFee('1.00', price, true, 2n));
  await change({fee_multiplier: 1});
  checks.equal('what was is told on demand', (await planned(true)).length, 3);
  await declared('GetEventFeeChangesResponse', kalshi.events.getEventFeeChanges());
}

async function attestation(market) {
  await control(origin, '/sim/attest', {seconds: 0});
  const {api_key_region_expiration_ts: until} =
    await declared('GetApiKeysResponse', kalshi.keys.getApiKeys());
  checks.ok('the attestation has lapsed', until <= Date.now() / 1000 + 1, until);
  await checks.refused(
    'an order without it',
    kalshi.orders.createOrderV2(order(market, {side: 'bid', price: lowest(market)})),
    ({status}) => status === 403);
  await control(origin, '/sim/attest', {seconds: 86_400});
}

// --- shards, pauses, limits ---

async function transfers() {
  const before = [await cash(0), await cash(3)];
  await declared(
    'IntraExchangeInstanceTransferResponse', kalshi.portfolio.intraExchangeInstanceTransfer({
      source: 'event_contract',
      destination: 'event_contract',
      amount: 1_000_000,
      source_exchange_shard: 0,
      destination_exchange_shard: 3
    }));
  checks.equal(
    '100 dollars on the other shard', [await cash(0), await cash(3)],
    [before[0] - 100_000_000n, before[1] + 100_000_000n]);
  await checks.refused(
    'more than there is', kalshi.portfolio.intraExchangeInstanceTransfer({
      source: 'event_contract',
      destination: 'event_contract',
      amount: 1_000_000_000,
      source_exchange_shard: 0,
      destination_exchange_shard: 3
    }),
    refusedWith(400, 'insufficient_balance'));
  const {as_of_time: asOf} =
    await declared('GetUserDataTimestampResponse', kalshi.exchange.getUserDataTimestamp());
  checks.ok('reads are fresh', Math.abs(Date.now() - Date.parse(asOf)) < 10_000, asOf);
}

async function pauses(market) {
  const price = lowest(market);
  const made = await create(order(market, {side: 'bid', price}));
  await control(
    origin, '/sim/pause', {venue: 'kalshi', seconds: 60, exchange_index: market.exchange_index});
  const {exchange_index_statuses: shards} =
    await declared('ExchangeStatus', kalshi.exchange.getExchangeStatus());
  checks.equal(
    'one shard pauses',
    shards.filter((shard) => !shard.trading_active).map((shard) => shard.exchange_index),
    [market.exchange_index]);
  await checks.refused(
    'an order in the pause', kalshi.orders.createOrderV2(order(market, {side: 'bid', price})),
    refusedWith(409, 'trading_is_paused'));
  const gone = await declared(
    'CancelOrderV2Response',
    kalshi.orders.cancelOrderV2(made.order_id, undefined, undefined, market.ticker));
  checks.equal('a cancel in the pause', gone.reduced_by, '1.00');
  await control(
    origin, '/sim/pause', {venue: 'kalshi', seconds: 0, exchange_index: market.exchange_index});
}

/// What a market pays that is called off: a position turns into money, to the unit.
async function settlement(market) {
  const {sent, fill} = await take(market, 'bid', '2.00');
  const before = await cash(market.exchange_index);
  const {games} = await control(origin, '/sim/truth');
  const game =
    games.find(({kalshi: listed}) => listed?.markets.some(({ticker}) => ticker === market.ticker));
  await control(origin, '/sim/cancel-game', {espn_id: game.espn_id});
  let rows = [];
  const paid = await eventually(async () => {
    rows =
      (await declared(
         'GetSettlementsResponse', kalshi.portfolio.getSettlements(100, undefined, market.ticker)))
        .settlements;
    return rows.length > 0;
  });
  checks.ok('the position is settled', paid);
  const [row] = rows;
  checks.ok(
    'at a fair price in cents', row.value > 0 && row.value < 100 && Number.isInteger(row.value),
    row);
  checks.equal(
    'what it was and what it brings',
    [
      row.market_result, row.yes_count_fp, row.no_count_fp, row.revenue,
      micros(row.yes_total_cost_dollars), row.fee_cost
    ],
    [
      'scalar', sent.count, '0.00', 2 * row.value, 2n * micros(fill.yes_price_dollars),
      fill.fee_cost
    ]);
  checks.equal(
    'the money is there', (await cash(market.exchange_index)) - before,
    BigInt(row.revenue) * 10_000n);
  const {market: over} =
    await declared('GetMarketResponse', kalshi.market.getMarket(market.ticker));
  checks.equal(
    'the market is over', [over.status, over.result, micros(over.settlement_value_dollars)],
    ['finalized', 'scalar', BigInt(row.value) * 10_000n]);
  await checks.refused(
    'an order after the end',
    kalshi.orders.createOrderV2(order(market, {side: 'bid', price: lowest(market)})),
    refusedWith(409, 'MARKET_INACTIVE'));
}

async function limits() {
  const answers = await Promise.all(
    Array.from({length: 90}, () => kalshi.portfolio.getBalance().catch((error) => error.response)));
  const refused = answers.filter(({status}) => status === 429);
  checks.ok(
    'a burst is cut off', refused.length > 0 && refused.length < answers.length, refused.length);
  checks.equal(
    'in the venue\'s words', refused.map(({data}) => data),
    refused.map(() => ({error: 'too many requests'})));
}

/// The simulator's own books, to the last unit.
async function audit() {
  const {kalshi: venue} = await control(origin, '/sim/books');
  const account = venue.accounts.find(({key}) => key === keyId);
  const spent = account.fills.reduce((sum, fill) => {
    const value = (micros(fill.count_fp) * micros(fill.yes_price_dollars)) / 1_000_000n;
    return sum + micros(fill.fee_cost) + (fill.book_side === 'bid' ? value : -value);
  }, 0n) - account.settlements.reduce((sum, row) => sum + micros(row.revenue_dollars), 0n);
  const left = Object.values(account.cash).reduce((sum, money) => sum + micros(money), 0n);
  checks.equal('the books add up', left + spent, 10_000_000_000n);
}

/// A market of `series` with room on both sides for a few contracts.
function tradable(events, series) {
  const markets =
    events.filter((event) => event.series_ticker === series).flatMap((event) => event.markets);
  return markets.find(
    (market) => micros(market.yes_bid_size_fp) >= 10_000_000n
      && micros(market.yes_ask_size_fp) >= 10_000_000n && micros(market.yes_bid_dollars) >= 50_000n
      && micros(market.yes_ask_dollars) <= 950_000n);
}

await checks.run(async () => {
  const events = await discovery();
  const [basketball, football] =
    ['KXNBAGAME', 'KXNFLGAME'].map((series) => tradable(events, series));
  checks.equal(
    'shards of the sports', [basketball?.exchange_index, football?.exchange_index], [3, 0]);
  await books(basketball, football);
  await logins();
  for (const market of [basketball, football]) {
    await buyAndSell(market);
    await resting(market);
  }
  await refusals(basketball);
  await batches(football);
  await calendar();
  await orderGroups(basketball);
  await orderGroups(football);
  await feeChanges(basketball);
  await attestation(football);
  await transfers();
  await pauses(basketball);
  await settlement(football);
  await audit();
  await limits();
});
