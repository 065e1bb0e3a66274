// Judges requests that arbees wrote down: Polymarket's own client makes each from the inputs alone.
// Signatures are deterministic there, so both must send the same bytes; and each signature is also
// recovered by viem, under the client's typed data.
// node verify_polymarket.mjs requests.json

import {Chain, ClobClient, createL1Headers, createL2Headers, getContractConfig, orderToJsonV2, Side, SignatureTypeV2} from '@polymarket/clob-client-v2';
import axios from 'axios';
import {readFileSync} from 'node:fs';
import {createWalletClient, custom, recoverTypedDataAddress} from 'viem';
import {privateKeyToAccount} from 'viem/accounts';

import {Checks} from './checks.mjs';
import {buildMarketOrderCreationArgs} from './node_modules/@polymarket/clob-client-v2/dist/order-builder/helpers/buildMarketOrderCreationArgs.js';
import {buildOrderCreationArgs} from './node_modules/@polymarket/clob-client-v2/dist/order-builder/helpers/buildOrderCreationArgs.js';
import {ROUNDING_CONFIG} from './node_modules/@polymarket/clob-client-v2/dist/order-builder/helpers/roundingConfig.js';
import {ExchangeOrderBuilderV2, ExchangeOrderBuilderV3} from './node_modules/@polymarket/clob-client-v2/dist/order-utils/exchangeOrderBuilderV2.js';
import {buildPolyHmacSignature} from './node_modules/@polymarket/clob-client-v2/dist/signing/hmac.js';

const given = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const checks = new Checks();
const contracts = getContractConfig(Chain.POLYGON);
const account = privateKeyToAccount(`0x${given.key}`);
const nowhere = custom({request: () => Promise.reject(new Error('there is no chain here'))});
const signer = createWalletClient({account, transport: nowhere});

// --- orders ---

function builderFor({version, negRisk, salt}, by = signer) {
  const salted = () => salt;
  return version === 3 ?
    new ExchangeOrderBuilderV3(contracts.exchangeV3, Chain.POLYGON, by, salted) :
    new ExchangeOrderBuilderV2(
      negRisk ? contracts.negRiskExchangeV2 : contracts.exchangeV2, Chain.POLYGON, by, salted);
}

const types = {
  immediate_or_cancel: 'FAK',
  fill_or_kill: 'FOK'
};
const orderType = (input) =>
  types[input.time_in_force] ?? (input.expires_s === undefined ? 'GTC' : 'GTD');

/// The client's own order of the same inputs, at the same moment and with the same salt.
async function theirs(input) {
  const maker = input.funder;
  const signerOfOrder = input.signatureType === SignatureTypeV2.POLY_1271 ? maker : account.address;
  const tick = String(Number(input.tick));
  const [price, shares] = [Number(input.limit), Number(input.quantity)];
  const side = input.action === 'buy' ? Side.BUY : Side.SELL;
  const common = {tokenID: input.token, price, side};
  const at_once = types[input.time_in_force] !== undefined;
  const build = at_once ? buildMarketOrderCreationArgs : buildOrderCreationArgs;
  // An immediate buy names dollars, an immediate sale shares.
  const amount = side === Side.BUY ? Math.round(price * shares * 100) / 100 : shares;
  const wanted =
    at_once ? {...common, amount} : {...common, size: shares, expiration: input.expires_s};
  const data = await build(
    signerOfOrder, maker, input.signatureType, wanted, ROUNDING_CONFIG[tick], input.version);
  return builderFor(input).buildSignedOrder({...data, timestamp: input.timestamp_ms});
}

/// The order's hash, and who signed it, under the typed data that the client would give a wallet.
/// Of a deposit wallet's order the key's signature is the first 65 bytes of the envelope.
async function recovered(input, order) {
  let typed;
  const listener = {
    account,
    signTypedData: async (asked) => {
      typed = asked;
      return `0x${'00'.repeat(65)}`;
    },
  };
  const builder = builderFor(input, listener);
  await builder.buildOrderSignature(builder.buildOrderTypedData(order));
  const hash = builder.buildOrderHash(builder.buildOrderTypedData(order));
  return {
    hash,
    by: await recoverTypedDataAddress({...typed, signature: order.signature.slice(0, 2 + 2 * 65)})
  };
}

async function judgeOrder(sent) {
  const {input} = sent;
  const what = `type ${input.signatureType} v${input.version} ${input.negRisk ? 'neg-risk ' : ''}${
    input.action} ${input.quantity} @ ${input.limit} ${orderType(input)}`;
  const ours = JSON.parse(sent.body);
  const expected = JSON.stringify(
    orderToJsonV2(await theirs(input), given.credentials.key, orderType(input), input.post_only));
  checks.equal(`${what}: the client's bytes`, sent.body, expected);
  const order = {...ours.order, salt: String(ours.order.salt)};
  const {hash, by} = await recovered(input, order);
  checks.equal(`${what}: the order id is its hash`, sent.order_id, hash);
  checks.equal(`${what}: the signer`, by, account.address);
  const size = input.signatureType === SignatureTypeV2.POLY_1271 ? 317 : 65;
  checks.equal(`${what}: the size of the signature`, order.signature.length, 2 + 2 * size);
  const elsewhere = await recovered({...input, version: input.version === 3 ? 2 : 3}, order);
  checks.ok(
    `${what}: valid on no other exchange`,
    elsewhere.by !== account.address && elsewhere.hash !== hash);
  const headers = await createL2Headers(
    signer, given.credentials, {method: 'POST', requestPath: '/order', body: sent.body},
    given.timestamp_s);
  checks.equal(`${what}: headers`, sent.headers, headers);
}

// --- log-ins and private calls ---

async function judgeLogIns() {
  for (const {nonce, headers} of given.log_ins) {
    checks.equal(
      `the log-in with nonce ${nonce}`, headers,
      await createL1Headers(signer, Chain.POLYGON, nonce, given.timestamp_s));
  }
}

/// What the client sends when it is asked the same, with the venue's clock at our moment.
async function recorded({call, arguments: values}) {
  let request;
  axios.defaults.adapter = async (config) => {
    const time = config.url.endsWith('/time');
    request = time ? request : config;
    const data = time ? String(given.timestamp_s) : '{"data":[],"next_cursor":"LTE="}';
    return {status: 200, statusText: 'OK', headers: {}, config, data};
  };
  const client = new ClobClient({
    host: 'https://venue.test',
    chain: Chain.POLYGON,
    signer,
    creds: given.credentials,
    signatureType: SignatureTypeV2.POLY_1271,
    funderAddress: given.funder,
    useServerTime: true
  });
  await client[call](...values);
  return request;
}

async function judgeCall(sent) {
  const what = `${sent.call} ${JSON.stringify(sent.arguments)}`;
  const request = await recorded(sent);
  const uri = new URL(axios.getUri(request));
  const ours = new URL(`https://venue.test${sent.target}`);
  checks.equal(`${what}: method`, sent.method, request.method.toUpperCase());
  checks.equal(`${what}: path`, ours.pathname, uri.pathname);
  checks.equal(
    `${what}: query`, Object.fromEntries(ours.searchParams), Object.fromEntries(uri.searchParams));
  const body = request.data === undefined || typeof request.data === 'string' ?
    request.data :
    JSON.stringify(request.data);
  checks.equal(`${what}: body`, sent.body, body ?? '');
  const signed = Object.fromEntries(
    Object.entries(request.headers.toJSON()).filter(([name]) => name.startsWith('POLY_')));
  checks.equal(`${what}: headers`, sent.headers, signed);
  const mac = await buildPolyHmacSignature(
    given.credentials.secret, given.timestamp_s, sent.method, ours.pathname,
    sent.body || undefined);
  checks.equal(`${what}: the MAC`, sent.headers.POLY_SIGNATURE, mac);
}

await checks.run(async () => {
  checks.equal('all orders', given.orders.length, 176);
  for (const sent of given.orders) {
    await judgeOrder(sent);
  }
  await judgeLogIns();
  for (const sent of given.calls) {
    await judgeCall(sent);
  }
});
