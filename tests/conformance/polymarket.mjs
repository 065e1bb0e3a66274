// Polymarket's own client trades against the simulator.
// node polymarket.mjs usual|new-account|geoblocked http://127.0.0.1:CLOB_PORT
// http://127.0.0.1:GAMMA_PORT

import {AssetType, Chain, ClobClient, getContractConfig, OrderType, Side, SignatureTypeV2} from '@polymarket/clob-client-v2';
import {randomBytes} from 'node:crypto';
import {createWalletClient, custom, getAddress} from 'viem';
import {privateKeyToAccount} from 'viem/accounts';

import {Checks, control, eventually, micros} from './checks.mjs';
import {ExchangeOrderBuilderV2} from './node_modules/@polymarket/clob-client-v2/dist/order-utils/exchangeOrderBuilderV2.js';
import {Shapes} from './shapes.mjs';

const [world, host, gamma] = process.argv.slice(2);
const checks = new Checks();
const shapes = new Shapes(
  new URL('node_modules/@polymarket/clob-client-v2/dist/types', import.meta.url).pathname);
const contracts = getContractConfig(Chain.POLYGON);

const address = () => getAddress(`0x${randomBytes(20).toString('hex')}`);

function wallet() {
  const account = privateKeyToAccount(`0x${randomBytes(32).toString('hex')}`);
  const nowhere = custom({request: () => Promise.reject(new Error('there is no chain here'))});
  return createWalletClient({account, transport: nowhere});
}

function client(
  signer, creds, signatureType = SignatureTypeV2.EOA, funderAddress = undefined,
  throwOnError = true) {
  return new ClobClient(
    {host, chain: Chain.POLYGON, signer, creds, signatureType, funderAddress, throwOnError});
}

async function declared(name, promise) {
  const answer = await promise;
  checks.equal(`${name} is as declared`, shapes.problems(name, answer), []);
  return answer;
}

const text = ({body}) => (typeof body === 'string' ? body : body?.error) ?? '';
const refusedWith = (status, part) => (seen) => seen.status === status && text(seen).includes(part);

// --- what is listed ---

/// What Gamma tells of a market, as far as a trader needs it.
const listing = (event, market) => ({
  condition: market.conditionId,
  version: market.version,
  tokens: market.version === 'v2' ? market.positionIds : JSON.parse(market.clobTokenIds),
  outcomes: JSON.parse(market.outcomes),
  tick: market.orderPriceMinTickSize,
  negRisk: market.negRisk,
  type: market.sportsMarketType,
  start: Date.parse(event.startTime),
});

async function discovery() {
  const reader = client();
  checks.equal('the venue is up', await reader.getOk(), 'OK');
  checks.equal('its version', await reader.getVersion(), 2);
  checks.ok('its clock', Math.abs((await reader.getServerTime()) - Date.now() / 1000) < 5);
  const events = await (await fetch(`${gamma}/events?limit=100&active=true&closed=false`)).json();
  const markets = events.flatMap((event) => event.markets.map((market) => listing(event, market)));
  const market = markets.find(({type}) => type === 'moneyline');
  const terse = await declared('MarketDetails', reader.getClobMarketInfo(market.condition));
  checks.equal(
    'tokens and outcomes', terse.t, market.tokens.map((t, i) => ({t, o: market.outcomes[i]})));
  checks.equal(
    'tick, fee and neg-risk', [terse.mts, terse.fd, terse.nr ?? false],
    [market.tick, {r: 0.05, e: 1, to: true}, false]);
  const verbose = await reader.getMarket(market.condition);
  checks.equal(
    'the same at length',
    [
      verbose.condition_id, verbose.minimum_tick_size, verbose.minimum_order_size, verbose.neg_risk,
      verbose.tokens.map((token) => token.token_id)
    ],
    [market.condition, market.tick, 5, false, market.tokens]);
  const fresh = client(); // knows nothing yet
  checks.equal('the tick alone', await fresh.getTickSize(market.tokens[0]), String(market.tick));
  checks.equal('neg-risk alone', await fresh.getNegRisk(market.tokens[1]), false);
  checks.equal('the fee rate of old', await fresh.getFeeRateBps(market.tokens[0]), 1000);
  checks.equal(
    'the exponent of the fee, by the token', await fresh.getFeeExponent(market.tokens[1]), 1);
  await checks.refused(
    'a market that does not exist', reader.getMarket(`0x${'12'.repeat(32)}`),
    refusedWith(404, 'market not found'));
  await checks.refused(
    'a token that does not exist', reader.getOrderBook('1234'),
    refusedWith(404, 'No orderbook exists for the requested token id'));
  return markets;
}

const highest = (levels) => levels.reduce((a, b) => (Number(a.price) > Number(b.price) ? a : b));
const least = (levels) => levels.reduce((a, b) => (Number(a.price) < Number(b.price) ? a : b));

async function books(market) {
  const reader = client();
  const [token, other] = market.tokens;
  const book = await declared('OrderBookSummary', reader.getOrderBook(token));
  checks.equal(
    'whose book it is', [book.market, book.asset_id, book.tick_size, book.neg_risk],
    [market.condition, token, String(market.tick), market.negRisk]);
  checks.ok(
    'it is not crossed', Number(highest(book.bids).price) < Number(least(book.asks).price),
    [highest(book.bids), least(book.asks)]);
  const {hash} = book;
  checks.equal('its hash', await reader.getOrderBookHash({...book}), hash);
  const [first, second] = await reader.getOrderBooks(
    [{token_id: token, side: Side.BUY}, {token_id: other, side: Side.BUY}]);
  checks.equal('two books at once', [first.asset_id, second.asset_id], [token, other]);
  const mirror = (levels) => levels.map(({price, size}) => [1_000_000n - micros(price), size]);
  checks.equal(
    'the other token mirrors it', mirror(second.asks),
    first.bids.map(({price, size}) => [micros(price), size]));
  await eventually(async () => { // the book may move between two reads
    const {bids, asks} = await reader.getOrderBook(token);
    const [bid, ask] = [highest(bids).price, least(asks).price];
    const answers = await Promise.all([
      reader.getPrice(token, Side.BUY), reader.getPrice(token, Side.SELL),
      reader.getMidpoint(token), reader.getSpread(token)
    ]);
    const after = await reader.getOrderBook(token);
    if (highest(after.bids).price !== bid || least(after.asks).price !== ask) {
      return false;
    }
    const numbers = answers.map((answer) => micros(Object.values(answer)[0]));
    checks.equal(
      'price, midpoint and spread', numbers,
      [micros(bid), micros(ask), (micros(bid) + micros(ask)) / 2n, micros(ask) - micros(bid)]);
    return true;
  });
  const asked = [token, other].map((id) => ({token_id: id, side: Side.SELL}));
  const [prices, middles, spreads, lasts] = await Promise.all([
    reader.getPrices(asked), reader.getMidpoints(asked), reader.getSpreads(asked),
    reader.getLastTradesPrices(asked)
  ]);
  checks.equal(
    'the same of both tokens',
    [prices, middles, spreads].map((answer) => Object.keys(answer).sort()),
    [[token, other].sort(), [token, other].sort(), [token, other].sort()]);
  checks.equal(
    'a seller of one is a buyer of the other', micros(middles[token]) + micros(middles[other]),
    1_000_000n);
  checks.equal('one spread', spreads[token], spreads[other]);
  checks.ok('the price of a sale', micros(prices[token].SELL) > micros(middles[token]), prices);
  checks.equal('last trades', lasts.map((one) => one.token_id), [token, other]);
  const last = await reader.getLastTradePrice(token);
  checks.ok(
    'the last trade', micros(last.price) > 0n && ['BUY', 'SELL', ''].includes(last.side), last);
}

// --- who may ---

async function logins() {
  const signer = wallet();
  const stranger = client(signer, undefined, undefined, undefined, false);
  checks.equal('no key yet', (await stranger.deriveApiKey()).key, undefined);
  const made = await stranger.createApiKey();
  checks.equal(
    'a key has its parts', [made.key, made.secret, made.passphrase].map((part) => typeof part),
    ['string', 'string', 'string']);
  checks.equal('it is derived again', await stranger.deriveApiKey(), made);
  checks.equal(
    'or derived where it cannot be created', await stranger.createOrDeriveApiKey(), made);
  const second = await stranger.createApiKey(7);
  checks.ok('a nonce has its own', second.key !== made.key && second.secret !== made.secret);
  const known = client(signer, made);
  checks.equal('both are listed', (await known.getApiKeys()).apiKeys.length, 2);
  checks.equal(
    'not restricted', await declared('BanStatus', known.getClosedOnlyMode()), {closed_only: false});
  const forged = {...made, secret: second.secret};
  await checks.refused(
    'a wrong secret', client(signer, forged).getApiKeys(), refusedWith(401, 'Unauthorized'));
  await checks.refused(
    'a wrong passphrase', client(signer, {...made, passphrase: 'x'}).getApiKeys(),
    refusedWith(401, 'Unauthorized'));
  await checks.refused(
    'another wallet\'s key', client(wallet(), made).getApiKeys(), refusedWith(401, 'Unauthorized'));
  await client(signer, second).deleteApiKey();
  await checks.refused(
    'a deleted key', client(signer, second).getApiKeys(), refusedWith(401, 'Unauthorized'));
  checks.equal(
    'the venue\'s clock serves as well',
    (await new ClobClient({host, chain: Chain.POLYGON, signer, creds: made, useServerTime: true})
       .getApiKeys())
      .apiKeys.length,
    1);
  const now = Date.now;
  Date.now = () => now() - 120_000;
  await checks.refused(
    'a clock that is two minutes late', known.getApiKeys(), refusedWith(401, 'Unauthorized'));
  await checks.refused(
    'the same at the log-in', client(signer).deriveApiKey(),
    refusedWith(401, 'Invalid L1 Request headers'));
  Date.now = now;
}

// --- orders ---

/// A client that may trade: an EOA's own, or with a wallet that holds its money.
async function trader(signatureType) {
  const signer = wallet();
  const funder = signatureType === SignatureTypeV2.EOA ? undefined : address();
  const creds = await client(signer).createApiKey();
  return client(signer, creds, signatureType, funder);
}

const cash = async (who) => BigInt(
  (await declared(
     'BalanceAllowanceResponse', who.getBalanceAllowance({asset_type: AssetType.COLLATERAL})))
    .balance);
const tokens = async (who, token) => BigInt(
  (await who.getBalanceAllowance({asset_type: AssetType.CONDITIONAL, token_id: token})).balance);

/// What the client itself would call the order.
function hashOf(order, negRisk) {
  const builder = new ExchangeOrderBuilderV2(
    negRisk ? contracts.negRiskExchangeV2 : contracts.exchangeV2, Chain.POLYGON, undefined);
  return builder.buildOrderHash(builder.buildOrderTypedData(order));
}

const lowest = (market) => Number(market.tick);

async function resting(who, market) {
  const [token] = market.tokens;
  const order =
    await who.createOrder({tokenID: token, price: lowest(market), size: 20, side: Side.BUY});
  const posted = await declared('OrderResponse', who.postOrder(order, OrderType.GTC, true));
  const hash = hashOf(order, market.negRisk);
  checks.equal(
    'it rests under its hash', [posted.success, posted.status, posted.orderID, posted.errorMsg],
    [true, 'live', hash, '']);
  const open = await who.getOpenOrders({market: market.condition});
  checks.equal(
    'the list of open orders',
    open.map(
      (one) =>
        [one.id, one.status, one.asset_id, one.side, one.original_size, one.size_matched,
         Number(one.price), one.maker_address]),
    [[hash, 'LIVE', token, 'BUY', '20', '0', lowest(market), order.maker]]);
  const one = await declared('OpenOrder', who.getOrder(hash));
  checks.equal(
    'the order alone', [one.id, one.owner, one.order_type, one.expiration],
    [hash, who.creds.key, 'GTC', '0']);
  checks.equal(
    'is it scoring', await declared('OrderScoring', who.isOrderScoring({order_id: hash})),
    {scoring: false});
  await checks.refused(
    'the same order again', who.postOrder(order, OrderType.GTC, true),
    refusedWith(400, 'Duplicated'));
  checks.equal(
    'a cancel', await who.cancelOrder({orderID: hash}), {canceled: [hash], not_canceled: {}});
  const again = await who.cancelOrder({orderID: hash});
  checks.equal('a second cancel', [again.canceled, Object.keys(again.not_canceled)], [[], [hash]]);
  checks.equal('no order is open', await who.getOpenOrders(), []);
  checks.equal('it is listed as canceled', (await who.getOrder(hash)).status, 'CANCELED');

  const ends = Math.floor(Date.now() / 1000) + 600;
  const dated = await who.createAndPostOrder(
    {tokenID: token, price: lowest(market), size: 20, side: Side.BUY, expiration: ends}, {},
    OrderType.GTD);
  checks.equal(
    'an order with an end', [dated.status, (await who.getOrder(dated.orderID)).expiration],
    ['live', String(ends)]);
  checks.equal(
    'several cancels', await who.cancelOrders([dated.orderID]),
    {canceled: [dated.orderID], not_canceled: {}});
}

async function severalOrders(who, market) {
  const [token, other] = market.tokens;
  const make = (tokenID, size) =>
    who.createOrder({tokenID, price: lowest(market), size, side: Side.BUY});
  const orders = [
    await make(token, 6), await make(token, 2), await make(other, 7)
  ]; // the second is below the minimum
  const posted = await who.postOrders(orders.map((order) => ({order, orderType: OrderType.GTC})));
  checks.equal(
    'a batch with one bad order', posted.map((one) => [one.success, one.orderID, one.status]), [
      [true, hashOf(orders[0], market.negRisk), 'live'], [true, '', ''],
      [true, hashOf(orders[2], market.negRisk), 'live']
    ]);
  checks.ok('why it was bad', posted[1].errorMsg.includes('lower than the minimum'), posted[1]);
  checks.equal(
    'all of a token', await who.cancelMarketOrders({market: market.condition, asset_id: other}),
    {canceled: [posted[2].orderID], not_canceled: {}});
  checks.equal(
    'everything', await who.cancelAll(), {canceled: [posted[0].orderID], not_canceled: {}});
}

/// The taker's fee (venues/polymarket.md section 7) in millionths: 0.05 p (1-p) a share, in steps
/// of 0.00001, half up.
function feeOf(trade) {
  const [size, price] = [micros(trade.size), micros(trade.price)];
  const exact = 5n * size * price * (1_000_000n - price); // 1e-20 dollars
  return ((exact + 5n * 10n ** 14n) / 10n ** 15n) * 10n;
}

const valueOf = (trade) => (micros(trade.size) * micros(trade.price)) / 1_000_000n;
const sum = (trades, of) => trades.reduce((total, trade) => total + of(trade), 0n);

/// The order's trades, once all are on the chain.
async function settled(who, orderID) {
  let mine = [];
  const final = await eventually(async () => {
    mine = (await who.getTrades()).filter((trade) => trade.taker_order_id === orderID);
    return mine.length > 0 && mine.every((trade) => trade.status === 'CONFIRMED');
  });
  checks.ok('its trades are confirmed', final, mine);
  mine.forEach(
    (trade) => checks.equal('Trade is as declared', shapes.problems('Trade', trade), []));
  return mine;
}

async function takeAtOnce(who, market) {
  const [token] = market.tokens;
  const before = await cash(who);
  const price = Number(least((await who.getOrderBook(token)).asks).price);
  const order = await who.createMarketOrder(
    {tokenID: token, amount: 12, price, side: Side.BUY, orderType: OrderType.FAK});
  const bought = await declared('OrderResponse', who.postOrder(order, OrderType.FAK));
  checks.equal(
    'a buy is matched at once', [bought.success, bought.status, bought.orderID],
    [true, 'matched', hashOf(order, market.negRisk)]);
  checks.ok(
    'the client finds it on the chain',
    bought.transactionsHashes.length > 0
      && bought.transactionsHashes.every((hash) => /^0x[0-9a-f]{64}$/.test(hash)),
    bought);
  const trades = await settled(who, bought.orderID);
  checks.equal(
    'the answer tells its trades', [...bought.tradeIDs].sort(), trades.map(({id}) => id).sort());
  checks.equal(
    'what it made and took', [micros(bought.makingAmount), micros(bought.takingAmount)],
    [sum(trades, valueOf), sum(trades, (trade) => micros(trade.size))]);
  checks.equal(
    'whose side',
    trades.map((trade) => [trade.side, trade.trader_side, trade.asset_id, trade.owner]),
    trades.map(() => ['BUY', 'TAKER', token, who.creds.key]));
  checks.equal(
    'a buy costs price and fee', before - (await cash(who)),
    sum(trades, valueOf) + sum(trades, feeOf));
  const held = await tokens(who, token);
  checks.equal('the shares', held, sum(trades, (trade) => micros(trade.size)));
  await who.updateBalanceAllowance({asset_type: AssetType.CONDITIONAL, token_id: token});

  const kept = await cash(who);
  const size = Number(held / 10_000n) / 100;
  const sold = await who.createAndPostMarketOrder(
    {
      tokenID: token,
      amount: size,
      price: lowest(market),
      side: Side.SELL,
      orderType: OrderType.FOK
    },
    {}, OrderType.FOK);
  checks.equal('a sale of all is matched', [sold.success, sold.status], [true, 'matched']);
  const sales = await settled(who, sold.orderID);
  checks.equal(
    'a sale brings price less fee', (await cash(who)) - kept,
    sum(sales, valueOf) - sum(sales, feeOf));
  checks.equal('no share is left', await tokens(who, token), 0n);
}

async function takeInPlay(who, market) {
  const [token] = market.tokens;
  const price = Number(least((await who.getOrderBook(token)).asks).price);
  const size = Math.max(5, Math.ceil(2 / price)); // more than the dollar that a taker must spend
  const order = await who.createOrder({tokenID: token, price, size, side: Side.BUY});
  const posted = await declared('OrderResponse', who.postOrder(order, OrderType.GTC));
  checks.equal(
    'a crossing order in play is delayed',
    [posted.success, posted.status, posted.orderID, posted.makingAmount],
    [true, 'delayed', hashOf(order, market.negRisk), '']);
  const early = await who.cancelOrder({orderID: posted.orderID});
  checks.equal(
    'it cannot be taken back', [early.canceled, Object.keys(early.not_canceled)],
    [[], [posted.orderID]]);
  checks.ok(
    'it is matched later',
    await eventually(async () => (await who.getOrder(posted.orderID)).status === 'MATCHED'));
  const trades = await settled(who, posted.orderID);
  checks.equal('in full', sum(trades, (trade) => micros(trade.size)), BigInt(size) * 1_000_000n);
}

async function refusals(who, market, free) {
  const [token] = free.tokens;
  const {asks, bids} = await who.getOrderBook(token);
  const [ask, bid] = [Number(least(asks).price), Number(highest(bids).price)];
  const buy = (fields, options) => who.createOrder(
    {tokenID: token, price: lowest(free), size: 10, side: Side.BUY, ...fields}, options);
  const wrongly = {negRisk: !free.negRisk};
  const finer = {tickSize: '0.0001', negRisk: free.negRisk};
  const crossing = await buy({price: ask});
  const offGrid = await who.orderBuilder.buildOrder(
    {tokenID: token, price: 0.0123, size: 10, side: Side.BUY}, finer, 2);
  const soon = Math.floor(Date.now() / 1000) + 60;
  const cases = [
    ['an order for the other exchange', await buy({}, wrongly), OrderType.GTC, 'invalid signature'],
    [
      'an order for the third exchange',
      await who.createExchangeV3OrderFromAmounts(
        {tokenID: token, makerAmount: '100000', takerAmount: '10000000', side: Side.BUY}),
      OrderType.GTC, 'invalid signature'
    ],
    ['a price of no tick', offGrid, OrderType.GTC, 'minimum tick size'],
    ['fewer than five shares', await buy({size: 4}), OrderType.GTC, 'lower than the minimum'],
    ['more than there is', await buy({size: 10_000_000}), OrderType.GTC, 'not enough balance'],
    [
      'shares that are not there', await buy({price: 1 - lowest(free), side: Side.SELL}),
      OrderType.GTC, 'not enough balance'
    ],
    ['an end that is too near', await buy({expiration: soon}), OrderType.GTD, 'invalid expiration'],
    [
      'all or nothing beyond the book',
      await who.createMarketOrder({tokenID: token, amount: 5, price: lowest(free), side: Side.BUY}),
      OrderType.FOK, 'couldn\'t be fully filled'
    ],
    [
      'an immediate order that meets nobody',
      await who.createMarketOrder({tokenID: token, amount: 5, price: lowest(free), side: Side.BUY}),
      OrderType.FAK, 'no orders found to match'
    ],
    [
      'less than a dollar at once',
      await who.createMarketOrder({tokenID: token, amount: 0.5, price: ask, side: Side.BUY}),
      OrderType.FAK, 'min size: $1'
    ],
  ];
  for (const [what, order, type, part] of cases) {
    await checks.refused(what, who.postOrder(order, type), refusedWith(400, part));
  }
  await checks.refused(
    'a post-only order that crosses', who.postOrder(crossing, OrderType.GTC, true),
    refusedWith(400, 'order crosses book'));
  const forged = {
    ...crossing,
    makerAmount: String(Number(crossing.makerAmount) * 2),
    takerAmount: String(Number(crossing.takerAmount) * 2)
  };
  await checks.refused(
    'amounts that were changed', who.postOrder(forged, OrderType.GTC),
    refusedWith(400, 'invalid signature'));
  const other = await trader(SignatureTypeV2.EOA);
  await checks.refused(
    'another\'s order', other.postOrder(crossing, OrderType.GTC),
    (seen) => seen.status === 400 && text(seen).includes('signer'));
  checks.ok('the spread is real', bid < ask, {bid, ask});
  checks.equal('nothing came of them', await who.getOpenOrders({asset_id: token}), []);
}

// --- the newer exchange, approvals, fees ---

async function newerExchange(who, market) {
  const [token] = market.tokens;
  const old =
    await who.createOrder({tokenID: token, price: lowest(market), size: 20, side: Side.BUY});
  await checks.refused(
    'an order for the older exchange', who.postOrder(old, OrderType.GTC),
    refusedWith(400, 'invalid signature'));
  const order = await who.createExchangeV3OrderFromAmounts({
    tokenID: token,
    makerAmount: String(20n * micros(String(market.tick))),
    takerAmount: '20000000',
    side: Side.BUY
  });
  const posted = await declared('OrderResponse', who.postOrder(order, OrderType.GTC));
  checks.equal('one for the newer rests', [posted.success, posted.status], [true, 'live']);
  checks.equal('and is listed', (await who.getOpenOrders({asset_id: token})).map(({id}) => id), [
    posted.orderID
  ]);
  checks.equal('and cancelled', (await who.cancelAll()).canceled, [posted.orderID]);
  const held = await declared(
    'BalanceAllowanceResponse',
    who.getBalanceAllowance({asset_type: 'CONDITIONAL-V2', token_id: token}));
  checks.equal('none of it is held', held.balance, '0');
}

async function approvals(who, market) {
  const exchange = market.negRisk ? contracts.negRiskExchangeV2 : contracts.exchangeV2;
  const approve = (amount) => control(
    host, '/sim/allowance',
    {address: who.signer.account.address, asset: 'COLLATERAL', spender: exchange, amount});
  const collateral = {asset_type: AssetType.COLLATERAL};
  const seen = async () => (await who.getBalanceAllowance(collateral)).allowances[exchange];
  const make = () =>
    who.createOrder({tokenID: market.tokens[0], price: lowest(market), size: 20, side: Side.BUY});
  await seen(); // the venue knows the wallet from now on
  await approve('1');
  checks.equal('an approval that was withdrawn', await seen(), '1');
  await checks.refused(
    'an order without it', who.postOrder(await make(), OrderType.GTC),
    refusedWith(400, 'not enough balance / allowance: the allowance is not enough'));
  await approve('unlimited');
  checks.equal('a new one is not seen yet', await seen(), '1');
  await who.updateBalanceAllowance(collateral);
  checks.equal('until the venue looks', BigInt(await seen()), 2n ** 256n - 1n);
  const posted = await who.postOrder(await make(), OrderType.GTC);
  checks.equal('then it trades', posted.status, 'live');
  await who.cancelAll();
}

async function feeChange(market) {
  await control(host, '/sim/fee-change', {market: market.condition, rate: 0.07});
  const {fd} = await declared('MarketDetails', client().getClobMarketInfo(market.condition));
  checks.equal('another fee', fd, {r: 0.07, e: 1, to: true});
  await control(host, '/sim/fee-change', {market: market.condition, rate: 0.05});
}

// --- the venue's states ---

async function heartbeats(who) {
  const first = await who.postHeartbeat();
  const second = await who.postHeartbeat(first.heartbeat_id);
  checks.ok(
    'each heartbeat has an id',
    first.heartbeat_id !== second.heartbeat_id && second.heartbeat_id.length > 0, [first, second]);
  await checks.refused(
    'one out of turn', who.postHeartbeat(first.heartbeat_id),
    ({status, body}) => status === 400 && body.heartbeat_id === second.heartbeat_id);
}

async function pauses(who, market) {
  const order = () =>
    who.createOrder({tokenID: market.tokens[0], price: lowest(market), size: 10, side: Side.BUY});
  const {orderID} = await who.postOrder(await order());
  await control(host, '/sim/pause', {venue: 'polymarket', seconds: 60, scope: 'cancel_only'});
  await checks.refused(
    'an order while only cancels go', who.postOrder(await order()),
    refusedWith(503, 'cancel-only'));
  checks.equal('a cancel meanwhile', (await who.cancelOrder({orderID})).canceled, [orderID]);
  await control(host, '/sim/pause', {venue: 'polymarket', seconds: 60, scope: 'trading'});
  await checks.refused(
    'a cancel while nothing goes', who.cancelAll(), refusedWith(503, 'disabled'));
  await control(host, '/sim/restart', {seconds: 60, post_only_seconds: 60});
  await checks.refused(
    'an order in the restart', who.postOrder(await order()), refusedWith(425, 'restarting'));
  await control(host, '/sim/restart', {seconds: 0, post_only_seconds: 60});
  await checks.refused(
    'an order that may take, after it', who.postOrder(await order()),
    ({status, body}) => status === 503 && JSON.stringify(body).includes('post_only_mode'));
  const resting = await who.postOrder(await order(), OrderType.GTC, true);
  checks.equal('one that only rests', resting.status, 'live');
  await control(host, '/sim/restart', {seconds: 0, post_only_seconds: 0});
  checks.equal('and it can be cancelled', (await who.cancelAll()).canceled, [resting.orderID]);
}

/// A market whose book has room on both sides.
async function tradable(markets, wanted) {
  for (const market of markets.filter(wanted)) {
    const {bids, asks} = await client().getOrderBook(market.tokens[0]);
    if (bids.length > 0 && asks.length > 0) {
      const [bid, ask] = [highest(bids), least(asks)];
      const deep = Number(bid.size) >= 40 && Number(ask.size) >= 40;
      if (deep && Number(bid.price) > 0.05 && Number(ask.price) < 0.95) {
        return market;
      }
    }
  }
  throw new Error('no market is fit for the test');
}

/// Of a game that is on, or of one that begins after this test but today: one that is listed months
/// ahead is a decoy, and in play.
const inPlayNow = ({type, negRisk, version, start}) =>
  type && !negRisk && version === 'v1' && start < Date.now() - 60_000;
const upcomingToday = ({type, negRisk, version, start}) => type && !negRisk && version === 'v1'
  && start > Date.now() + 180_000 && start < Date.now() + 86_400_000;
const seasonsWinner = ({type, negRisk}) => negRisk && !type; // never in play, so never delayed

async function usual(markets) {
  const inPlay = await tradable(markets, inPlayNow);
  const upcoming = await tradable(markets, upcomingToday);
  const negRisk = await tradable(markets, seasonsWinner);
  await books(upcoming);
  await logins();
  const traders = [];
  for (const type of
         [SignatureTypeV2.EOA, SignatureTypeV2.POLY_PROXY, SignatureTypeV2.POLY_GNOSIS_SAFE,
          SignatureTypeV2.POLY_1271]) {
    const who = await trader(type);
    await resting(who, upcoming);
    await resting(who, negRisk);
    traders.push(who);
  }
  const [eoa, , , who] = traders;
  await takeAtOnce(eoa, upcoming);
  await takeAtOnce(who, upcoming);
  await takeAtOnce(who, negRisk);
  await severalOrders(who, upcoming);
  await takeInPlay(who, inPlay);
  await refusals(who, inPlay, upcoming);
  const newer = await tradable(markets, ({version}) => version === 'v2');
  for (const one of traders) {
    await newerExchange(one, newer);
  }
  await approvals(eoa, upcoming);
  await approvals(who, negRisk);
  await feeChange(upcoming);
  await heartbeats(who);
  await pauses(await trader(SignatureTypeV2.EOA), negRisk);
}

/// Where only deposit wallets may trade, and what is matched fails on the chain.
async function newAccount(markets) {
  const market = await tradable(markets, seasonsWinner);
  const [token] = market.tokens;
  const old = await trader(SignatureTypeV2.EOA);
  const order = {tokenID: token, price: lowest(market), size: 10, side: Side.BUY};
  await checks.refused(
    'an account of an old type', old.createAndPostOrder(order),
    refusedWith(400, 'please use the deposit wallet flow'));

  const who = await trader(SignatureTypeV2.POLY_1271);
  const before = await cash(who);
  const price = Number(least((await who.getOrderBook(token)).asks).price);
  const buy = {tokenID: token, amount: 12, price, side: Side.BUY};
  const posted = await who.createAndPostMarketOrder(buy, {}, OrderType.FAK);
  checks.equal('a match', [posted.success, posted.status], [true, 'matched']);
  checks.equal('that never gets to the chain', posted.transactionsHashes, []);
  const trades = await who.getTrades();
  checks.equal(
    'it is told as failed', trades.map((trade) => [trade.id, trade.status]),
    posted.tradeIDs.map((id) => [id, 'FAILED']));
  checks.equal('the money is back', await cash(who), before);
  checks.equal('the shares are gone', await tokens(who, token), 0n);
}

/// Where the venue takes no orders from.
async function geoblocked(markets) {
  const market = await tradable(markets, seasonsWinner);
  const who = await trader(SignatureTypeV2.POLY_1271);
  const order = {tokenID: market.tokens[0], price: lowest(market), size: 10, side: Side.BUY};
  await checks.refused(
    'an order from here', who.createAndPostOrder(order),
    refusedWith(403, 'Trading restricted in your region'));
  checks.equal('cancels go', await who.cancelAll(), {canceled: [], not_canceled: {}});
  checks.equal('the place is known', (await control(host, '/api/geoblock')).blocked, true);
}

await checks.run(async () => {
  const run = {usual, 'new-account': newAccount, geoblocked}[world];
  await run(await discovery());
});
