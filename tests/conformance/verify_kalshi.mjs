// Judges requests that arbees wrote down: Kalshi's own client makes each from the inputs alone, and
// the signature must be one of what that client would have signed.
// node verify_kalshi.mjs requests.json

import axios from 'axios';
import {BookSide, Configuration, CreateOrderV2RequestTimeInForceEnum, ExchangeApi, OrdersApi, PortfolioApi, SelfTradePreventionType,} from 'kalshi-typescript';
import {constants, createPublicKey, verify} from 'node:crypto';
import {readFileSync} from 'node:fs';

import {Checks, micros} from './checks.mjs';
import {Shapes} from './shapes.mjs';

const given = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const checks = new Checks();
const shapes =
  new Shapes(new URL('node_modules/kalshi-typescript/dist/models', import.meta.url).pathname);
const publicKey = createPublicKey(given.public_key);

/// An API of the client that keeps what it would send, and what it would sign.
function recording(Api) {
  const kept = {};
  const transport = axios.create({
    adapter: async (config) => {
      kept.request = config;
      return {status: 200, statusText: 'OK', headers: {}, config, data: '{}'};
    },
  });
  const configuration = new Configuration({
    apiKey: given.key_id,
    privateKeyPem: given.private_key,
    basePath: 'https://venue.test/trade-api/v2'
  });
  const api = new Api(configuration, undefined, transport);
  const sign = api.auth.signPssText.bind(api.auth);
  api.auth.signPssText = (text) => {
    kept.signed = text;
    return sign(text);
  };
  return {api, kept};
}

const apis = {
  exchange: recording(ExchangeApi),
  orders: recording(OrdersApi),
  portfolio: recording(PortfolioApi)
};

/// On the YES leg: buying NO at q is selling YES at 1-q.
function leg({outcome, action, limit}) {
  const yes = outcome === 'yes';
  return {
    side: yes === (action === 'buy') ? BookSide.Bid : BookSide.Ask,
    price: yes ? micros(limit) : 1_000_000n - micros(limit),
  };
}

const forces = {
  immediate_or_cancel: CreateOrderV2RequestTimeInForceEnum.ImmediateOrCancel,
  fill_or_kill: CreateOrderV2RequestTimeInForceEnum.FillOrKill,
  good_till_canceled: CreateOrderV2RequestTimeInForceEnum.GoodTillCanceled,
};

const decimal = (value, places) => {
  const digits = value.toString().padStart(7, '0');
  return `${digits.slice(0, -6)}.${digits.slice(-6, digits.length - 6 + places)}`;
};

/// What the client's user would write.
function creation(input) {
  const {side, price} = leg(input);
  const rests = input.expires_s !== undefined;
  return {
    ticker: input.ticker,
    client_order_id: input.client_order_id,
    side,
    count: decimal(micros(input.quantity), 2),
    price: decimal(price, 4),
    time_in_force: forces[input.time_in_force],
    self_trade_prevention_type: rests ? SelfTradePreventionType.Maker :
                                        SelfTradePreventionType.TakerAtCross,
    ...(rests && {expiration_time: input.expires_s, post_only: true, cancel_order_on_pause: true}),
    ...(input.reduce_only && {reduce_only: true}),
    exchange_index: input.exchange_index,
  };
}

function amendment(input) {
  const {side, price} = leg(input);
  return {
    ticker: input.ticker,
    side,
    price: decimal(price, 4),
    count: decimal(micros(input.quantity), 2),
    client_order_id: input.client_order_id,
    updated_client_order_id: input.updated_client_order_id,
    exchange_index: input.exchange_index,
  };
}

const calls = {
  createOrderV2: ({input}) => [apis.orders, creation(input)],
  amendOrderV2: ({input}) => [apis.orders, input.order_id, amendment(input)],
  cancelOrderV2: ({input}) => [apis.orders, input.order_id, undefined, 3],
  cancelAllOrders: () => [apis.orders, 0],
  getBalance: () => [apis.portfolio],
  getExchangeStatus: () => [apis.exchange],
};

const declarations = {
  createOrderV2: 'CreateOrderV2Request',
  amendOrderV2: 'AmendOrderV2Request'
};

function accepts(message, signature, saltLength) {
  const key = {key: publicKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength};
  return verify('sha256', Buffer.from(message), key, Buffer.from(signature, 'base64'));
}

/// The headers of arbees, over what the client signs at that moment.
function judgeSignature(what, sent, message) {
  const signature = sent.headers['KALSHI-ACCESS-SIGNATURE'];
  checks.ok(
    `${what}: the signature`, accepts(message, signature, constants.RSA_PSS_SALTLEN_DIGEST),
    message);
  checks.ok(
    `${what}: not of anything else`,
    !accepts(`${message} `, signature, constants.RSA_PSS_SALTLEN_DIGEST));
  checks.ok(
    `${what}: a salt of 32 bytes only`,
    [20, 222].every((length) => !accepts(message, signature, length)));
}

async function judge(sent) {
  const what = `${sent.call} ${sent.input.client_order_id ?? ''}`;
  const [{api, kept}, ...values] = calls[sent.call](sent);
  await api[sent.call](...values);
  const {method, url, data, headers} = kept.request;
  const theirs = new URL(url);
  checks.equal(`${what}: method`, sent.method, method.toUpperCase());
  checks.equal(`${what}: target`, `/trade-api/v2${sent.target}`, theirs.pathname + theirs.search);
  checks.equal(
    `${what}: body`, sent.body === '' ? undefined : JSON.parse(sent.body),
    data === undefined ? undefined : JSON.parse(data));
  for (const name of ['KALSHI-ACCESS-KEY', 'KALSHI-ACCESS-TIMESTAMP']) {
    checks.equal(`${what}: ${name}`, sent.headers[name], headers[name]);
  }
  checks.equal(`${what}: headers`, Object.keys(sent.headers).length, 3);
  judgeSignature(what, sent, kept.signed);
  if (declarations[sent.call] !== undefined) {
    const body = JSON.parse(sent.body);
    const known = shapes.fields(declarations[sent.call]).map(({key}) => key);
    checks.equal(`${what}: as declared`, shapes.problems(declarations[sent.call], body), []);
    checks.equal(
      `${what}: nothing undeclared`, Object.keys(body).filter((key) => !known.includes(key)), []);
  }
}

await checks.run(async () => {
  const now = Date.now;
  Date.now = () => given.timestamp_ms; // the client stamps by its clock
  for (const sent of given.requests) {
    await judge(sent);
  }
  Date.now = now;
  checks.equal('all requests', given.requests.length, 34);
});
