/** Three real nodes with the embedded engine each, kills of runners, engines and a node, and clients that know the answer. */
import { expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { type Random, seededRandom } from '../../../src/sys/random.ts'
import { thisMachine } from '../../support/hosts/index.ts'
import { rawRequest } from '../../support/raw-http.ts'
import { until } from '../../support/until.ts'
import { type ChaosNode, startClients, startThree, untilAllInUse } from './chaos-setup.ts'

const seed = Number(process.env['OD_TEST_FAULTS_SEED'] ?? 1)
const kills = 20
const askersOfEach = 2
const clientsOfEach = 4

const engineSchema = z.looseObject({ kind: z.string(), url: z.string(), pid: z.number() })
const instancesSchema = z.object({ instances: z.array(z.looseObject({})) })
const runnersSchema = z.object({
  runners: z.array(z.object({ pid: z.number(), active: z.number() })),
})

async function json(origin: string, path: string): Promise<unknown> {
  return JSON.parse((await rawRequest(origin, { path })).body.toString())
}

/** The embedded engine of the node itself. */
async function ownEngine({ process: { gateway } }: ChaosNode) {
  const { instances } = instancesSchema.parse(await json(gateway, '/api/v1/instances'))
  return engineSchema.parse(instances.find(({ id }) => id === 'embedded'))
}

/** One that has requests in its hands. */
const busyRunner = (node: ChaosNode) =>
  until('a runner at work', async () => {
    const { url } = await ownEngine(node)
    const { runners } = runnersSchema.parse(await json(url, '/api/od/runners'))
    return runners.find(({ active }) => active > 0)
  })

/** Kills something of a node; the requests that its runner had in its hands. */
type Kill = (nodes: readonly [ChaosNode, ChaosNode, ChaosNode], random: Random) => Promise<number>

const anyOf = (nodes: Parameters<Kill>[0], random: Random) =>
  nodes[Math.floor(random.number() * 3)] ?? nodes[0]

const killRunner: Kill = async (nodes, random) => {
  const { pid, active } = await busyRunner(anyOf(nodes, random))
  process.kill(pid, 'SIGKILL')
  return active
}

let turn = 0

/** In turn: five ends of one engine within a minute are a crash loop, which is then left alone for a while. */
const killEngine: Kill = async (nodes) => {
  const node = nodes[turn++ % 3] ?? nodes[0]
  const { active } = await busyRunner(node)
  process.kill((await ownEngine(node)).pid, 'SIGKILL')
  return active
}

const killNode: Kill = async ([, , third]) => {
  const { active } = await busyRunner(third)
  await third.kill()
  await third.startAgain()
  return active
}

const kinds = [killRunner, killEngine, killRunner, killNode]

interface Seen {
  /** Answers that each asker has had. */
  readonly had: Map<number, number>
  ok: number
  /** It began and ended with an error object. */
  told: number
  readonly bad: string[]
}

/** All engines are to be at work, not only the one that has the model loaded. */
const config = `engines: { cores: 1 }
integration: { api_gateway: { load_balancing: round_robin } }
`

const horse = { model: 'pocket', prompt: 'What does a horse say?', options: { temperature: 0 } }
const says = 'A horse says neigh.'

/** Asks for what is known until `signal`, streamed and whole in turn. */
async function askOn(
  node: ChaosNode,
  asker: number,
  { seen, signal }: { seen: Seen; signal: AbortSignal },
): Promise<void> {
  for (let i = 0; !signal.aborted; i++) {
    seen.had.set(asker, i)
    const body = JSON.stringify({ ...horse, stream: i % 2 === 0 })
    const request = { method: 'POST', path: '/api/generate', body }
    const answer = await rawRequest(node.process.gateway, request).catch(String)
    if (typeof answer === 'string') seen.bad.push(answer)
    else judge(answer.status, answer.body.toString(), seen)
  }
}

/** Three deaths in a row end a request, by design: what was under way at a kill is let through before the next. */
async function untilAllHadAnother({ had }: Seen): Promise<void> {
  const before = new Map(had)
  const hadAnother = () => [...had].every(([asker, count]) => count > (before.get(asker) ?? 0))
  await until('every asker had an answer', hadAnother, { timeoutMs: 60_000 })
}

function judge(status: number, body: string, seen: Seen): void {
  const lines = body
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { response?: string; done?: boolean; error?: string })
  const text = lines.map(({ response = '' }) => response).join('')
  if (status === 200 && lines.at(-1)?.done === true && text === says) seen.ok++
  else if (status === 200 && lines.at(-1)?.error !== undefined && says.startsWith(text)) seen.told++
  else seen.bad.push(`${status} ${body}`)
}

test('S-081: 20 kills of runners, embedded engines and a node: nothing fails before its first byte, none is cut in silence', async () => {
  const hosts = [thisMachine, thisMachine, thisMachine]
  const nodes = await startThree(hosts, () => config, { PATH: '' })
  await untilAllInUse(nodes, 3)
  const seen: Seen = { had: new Map(), ok: 0, told: 0, bad: [] }
  const ending = new AbortController()
  onTestFinished(() => ending.abort())
  const gateways = nodes.slice(0, 2)
  const clients = gateways.map((node) =>
    startClients(node, {
      model: 'pocket',
      clients: clientsOfEach,
      requests: 1_000_000,
      flags: ['--words', '--tokens', '24'],
    }),
  )
  const { signal } = ending
  const asking = Array.from({ length: gateways.length * askersOfEach }, (_, asker) =>
    askOn(asker % 2 === 0 ? nodes[0] : nodes[1], asker, { seen, signal }),
  )
  const random = seededRandom(seed)
  const startMs = performance.now()
  let hits = 0
  for (let i = 0; i < kills; i++) {
    hits += (await kinds[i % kinds.length]?.(nodes, random)) ?? 0
    await untilAllHadAnother(seen)
    await untilAllInUse(nodes, 3)
  }
  const killedMs = Math.round(performance.now() - startMs)
  ending.abort()
  await Promise.all(asking)
  const checked = await Promise.all(clients.map((one) => one.end()))
  const times = checked.map(({ firstTokenMs }) => Math.round(firstTokenMs?.p99 ?? 0))
  console.log(
    `seed ${seed}: ${kills} kills in ${killedMs} ms, ${hits} requests struck; known answers: ${seen.ok} whole, ${seen.told} ended ` +
      `with an error; others: ${checked.map(({ classes }) => JSON.stringify(classes)).join(' ')}, first token p99 ${times.join(' and ')} ms`,
  )
  expect(seen.bad).toEqual([])
  for (const { classes } of checked) {
    expect(classes).toMatchObject({ failed: 0, truncated: 0, corrupted: 0, refused: 0 })
  }
  expect(seen.ok).toBeGreaterThan(kills)
  expect(hits).toBeGreaterThanOrEqual(kills)
}, 240_000)
