// Prints prices: how they stand, then each change. npm install zeromq.
// Usage: node prices.mjs [PREFIX [COUNT]]   COUNT live messages, then it ends.
// ARBEES_HOST and ARBEES_PORTS ("5555,5556;5563": publishers; snapshots) say where arbees is.
// If the bus is encrypted, ARBEES_KEY and ARBEES_PUBLIC_KEY name both halves of a pair of `arbees keygen`,
// whose public one stands among the keys of that host, and ARBEES_SERVER_KEY the public key of the host.
import {readFileSync} from 'node:fs'
import {Request, Subscriber} from 'zeromq'

const [prefix = 'prices.', count = Infinity] = process.argv.slice(2)
const host = process.env.ARBEES_HOST ?? '127.0.0.1'
const [ports, snapshots] = (process.env.ARBEES_PORTS ?? '5555,5556;5563').split(';')

const readKey = name => process.env[name] && readFileSync(process.env[name], 'utf8').trim()
const keys = process.env.ARBEES_KEY
  ? {
      curveSecretKey: readKey('ARBEES_KEY'),
      curvePublicKey: readKey('ARBEES_PUBLIC_KEY'),
      curveServerKey: readKey('ARBEES_SERVER_KEY'),
    }
  : {}

const show = (kind, topic, {source, seq, payload}) =>
  console.log(kind, topic, source, seq, payload.yes_bid, payload.yes_ask)

// Subscribe first: what comes from now on waits in the socket.
const bus = new Subscriber(keys)
bus.subscribe(prefix)
for (const port of ports.split(',')) bus.connect(`tcp://${host}:${port}`)
await new Promise(resolve => setTimeout(resolve, 300))

const shown = new Map() // topic -> what the snapshot told
const ask = new Request({receiveTimeout: 3000, linger: 0, ...keys})
ask.connect(`tcp://${host}:${snapshots}`)
for (let after = '', more = true; more; ) {
  await ask.send(JSON.stringify({prefixes: [prefix], after}))
  const frames = (await ask.receive()).map(String)
  const [kind, end] = frames.slice(-2)
  if (kind !== 'snapshot.end') throw new Error(end)
  for (let i = 0; i + 2 < frames.length; i += 2) {
    after = frames[i]
    const envelope = JSON.parse(frames[i + 1])
    shown.set(after, envelope)
    show('snapshot', after, envelope)
  }
  more = JSON.parse(end).more
}

let left = Number(count)
for await (const [topicFrame, frame] of bus) {
  const topic = String(topicFrame)
  const envelope = JSON.parse(String(frame))
  const told = shown.get(topic)
  if (told?.source === envelope.source && told.run === envelope.run && envelope.seq <= told.seq) continue
  show('live', topic, envelope)
  if (--left <= 0) break
}
bus.close()
ask.close()
process.exit(0)
