/** Requests and streamed chunks per second through the gateway, against a bare relay of node:http in the same run. */
import { Agent, request as ask, createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { makeReports } from '../src/admin/index.ts'
import { startGateway } from '../src/gateway/index.ts'
import { systemClock } from '../src/sys/clock.ts'
import { silentLog } from '../src/sys/log.ts'
import { seededRandom } from '../src/sys/random.ts'
import { FixedEngines } from '../tests/support/fixed-engines.ts'

const requests = 1_000
const streams = 40
const chunksOfStream = 300
const atOnce = 16
const rounds = 3
const agent = new Agent({ keepAlive: true, maxSockets: atOnce })

/** Answers a prompt as an engine: one object, or a stream of lines, each a write of its own. */
const engineAnswers: RequestListener = (incoming, response) => {
  const isStream = incoming.headers['x-bench'] === 'stream'
  incoming.resume()
  response.setHeader('content-type', isStream ? 'application/x-ndjson' : 'application/json')
  if (!isStream) {
    response.end('{"model":"m","response":"word","done":true}')
    return
  }
  let left = chunksOfStream
  const write = () => {
    left -= 1
    if (left === 0) response.end('{"model":"m","response":"","done":true}\n')
    else
      response.write('{"model":"m","response":" word","done":false}\n', () => setImmediate(write))
  }
  write()
}

/** Measures both in turn and prints the medians and their ratio. All of it shares this one process. */
export async function benchGateway(): Promise<void> {
  const upstream = await listen(engineAnswers)
  const relay = await listen((incoming, response) => {
    const { method, url, headers } = incoming
    const onward = ask(upstream.url + url, { method, headers, agent }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
    })
    incoming.pipe(onward)
  })
  const roster = new FixedEngines([{ id: 'engine', url: upstream.url }])
  const random = seededRandom(1)
  const node = { nodeId: 'n', version: '0', startedAtMs: 0, addresses: [], components: [] }
  const gateway = await startGateway({
    listen: '127.0.0.1',
    port: 0,
    nodeId: 'n',
    engines: roster,
    reports: makeReports({
      engines: () => roster.list(),
      node: () => node,
      clock: systemClock,
      random,
    }),
    log: silentLog,
    clock: systemClock,
    random,
  })
  const ours = `http://127.0.0.1:${gateway.address.port}`
  await compare('requests/s', requests, 'whole', 1, ours, relay.url)
  await compare('streamed chunks/s', streams, 'stream', chunksOfStream, ours, relay.url)
  await gateway.stop(0)
  agent.destroy()
  for (const { server } of [relay, upstream]) server.close()
}

async function compare(
  what: string,
  count: number,
  kind: string,
  unitsEach: number,
  ours: string,
  bare: string,
): Promise<void> {
  const seen: { readonly ours: number; readonly bare: number }[] = []
  for (const url of [bare, ours]) await perSecond(url, count, kind, unitsEach) // warms up
  for (let round = 0; round < rounds; round++) {
    seen.push({
      bare: await perSecond(bare, count, kind, unitsEach),
      ours: await perSecond(ours, count, kind, unitsEach),
    })
  }
  const [own, other] = [median(seen.map((one) => one.ours)), median(seen.map((one) => one.bare))]
  const ratio = (own / other).toFixed(2)
  console.log(`${what}: ratio ${ratio} (gateway ${own.toFixed(0)}, bare relay ${other.toFixed(0)})`)
}

async function perSecond(url: string, count: number, kind: string, unitsEach: number) {
  const startMs = performance.now()
  let left = count
  const worker = async () => {
    while (left > 0) {
      left -= 1
      await once(url, kind)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
  return ((count * unitsEach) / (performance.now() - startMs)) * 1000
}

function once(url: string, kind: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = { 'x-bench': kind, 'content-type': 'application/json' }
    const request = ask(`${url}/api/generate`, { method: 'POST', headers, agent }, (answer) => {
      if (answer.statusCode !== 200) reject(new Error(`answered ${answer.statusCode}`))
      answer.resume().on('end', resolve).on('error', reject)
    })
    request.on('error', reject).end('{"model":"m","prompt":"x"}')
  })
}

async function listen(listener: RequestListener): Promise<{ server: Server; url: string }> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}
