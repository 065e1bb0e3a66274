// Reads arbees' bus with npm's zeromq, judges every message by the architecture alone, and prints
// what it has read as one line of JSON.
// Usage: node reader.mjs UNTIL_TOPIC_PREFIX ENDPOINT…
// Prints "ready" once every endpoint was heard, and counts as prices and signals come; ends after the first message whose topic begins
// with UNTIL_TOPIC_PREFIX. Exit code 0 if nothing was wrong, 1 if something was, 2 for bad usage.
import {decode} from '@msgpack/msgpack'
import {Subscriber} from 'zeromq'

const [until, ...endpoints] = process.argv.slice(2)
if (endpoints.length === 0) {
  console.error('usage: reader.mjs UNTIL_TOPIC_PREFIX ENDPOINT…')
  process.exit(2)
}

const problems = []
const next = new Map() // "source run" -> the number that is due
const summary = {messages: 0, msgpack: 0, families: {}, sources: [], prices: [], signals: [], problems}

function check(ok, topic, what) {
  if (!ok) problems.push(`${topic}: ${what}`)
  return ok
}

const isPrice = value => value === null || (typeof value === 'number' && value >= 0 && value <= 1)
const isSize = value => value === null || (typeof value === 'number' && value > 0)
const near = (a, b) => Math.abs(a - b) < 2e-6

function follow(topic, {seq, source, run}) {
  const stream = `${source} ${run}`
  const due = next.get(stream)
  if (due === undefined) summary.sources.push(source)
  else check(seq === due, topic, `seq ${seq} instead of ${due} from ${stream}`)
  next.set(stream, seq + 1)
}

function checkPrices(topic, p) {
  check(topic.split('.')[1] === (p.platform === 'kalshi' ? 'kalshi' : 'poly'), topic, 'platform')
  check(topic.endsWith(p.market_id), topic, 'market_id')
  check(typeof p.game_id === 'string' && typeof p.contract_team === 'string', topic, 'game or team')
  check(isPrice(p.yes_bid) && isPrice(p.yes_ask), topic, 'price outside 0..1')
  check(isSize(p.yes_bid_size) && isSize(p.yes_ask_size), topic, 'size')
  check((p.yes_bid === null) === (p.yes_bid_size === null), topic, 'bid without size')
  check(['ok', 'stale', 'closed'].includes(p.status), topic, 'status')
  check(p.status === 'ok' || (p.yes_bid === null && p.yes_ask === null), topic, 'price of no book')
  if (p.yes_bid !== null && p.yes_ask !== null) {
    check(p.yes_bid < p.yes_ask, topic, 'crossed')
    check(near(p.mid_price, (p.yes_bid + p.yes_ask) / 2), topic, 'mid_price')
  }
  check(p.platform === 'kalshi' || (p.token_id && p.outcome), topic, 'token_id or outcome missing')
  check(Number.isInteger(p.received_ts_us), topic, 'received_ts_us')
  summary.prices.push({topic, bid: p.yes_bid, ask: p.yes_ask, liquidity: p.liquidity})
}

function checkSignal(topic, s) {
  check(topic.endsWith(s.signal_id), topic, 'signal_id')
  if (!check(Array.isArray(s.legs) && s.legs.length === 2, topic, 'legs')) return
  const fees = s.legs[0].fee + s.legs[1].fee
  const cost = s.legs.reduce((sum, leg) => sum + leg.price * leg.size, 0)
  check(near(s.quantity - cost - fees, s.edge), topic, 'edge is not payout - cost - fees')
  check(near(s.edge / s.quantity, s.edge_cents / 100), topic, 'edge_cents')
  check(s.legs.every(leg => Number.isInteger(leg.age_us)), topic, 'age of an input')
  check(Number.isInteger(s.expires_at_ms), topic, 'expires_at_ms')
  summary.signals.push({topic, edge_cents: s.edge_cents, edge_pct: s.edge_pct})
}

function read(topic, envelope) {
  const {seq, timestamp_ms, source, run, payload} = envelope
  check(Number.isInteger(seq) && seq >= 0, topic, 'seq')
  check(Number.isInteger(timestamp_ms), topic, 'timestamp_ms')
  check(typeof source === 'string' && typeof run === 'string', topic, 'source or run')
  check(payload !== null && typeof payload === 'object', topic, 'payload')
  follow(topic, envelope)
  summary.messages += 1
  const family = topic.split('.')[0]
  summary.families[family] = (summary.families[family] ?? 0) + 1
  if (family === 'prices') checkPrices(topic, payload)
  if (topic.startsWith('signals.trade.')) checkSignal(topic, payload)
}

// JSON begins with '{', anything else is MessagePack.
const parse = frame => (frame[0] === 0x7b ? JSON.parse(frame.toString()) : decode(frame))

const socket = new Subscriber()
for (const endpoint of endpoints) socket.connect(endpoint)
socket.subscribe('')
let ready = false
for await (const [topicFrame, envelopeFrame] of socket) {
  const topic = topicFrame.toString()
  try {
    if (envelopeFrame[0] !== 0x7b) summary.msgpack += 1
    read(topic, parse(envelopeFrame))
  } catch (error) {
    problems.push(`${topic}: ${error.message}`)
  }
  if (!ready && next.size >= endpoints.length) {
    ready = true
    console.log('ready')
  }
  if (/^(prices|signals)\./.test(topic)) {
    console.log(`signals read: ${summary.signals.length}, prices read: ${summary.prices.length}`)
  }
  if (topic.startsWith(until)) break
}
socket.close()
console.log(JSON.stringify(summary))
process.exit(problems.length === 0 ? 0 : 1)
