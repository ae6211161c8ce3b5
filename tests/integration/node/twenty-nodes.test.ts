/** A large cluster on one machine: what it costs to be in it. */
import { readFile, writeFile } from 'node:fs/promises'
import { expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { systemClock } from '../../../src/sys/clock.ts'
import { type NodeProcess, runProduct, startNode } from '../../support/node-process.ts'
import { rawRequest } from '../../support/raw-http.ts'
import { makeTemporaryDirectory } from '../../support/temporary-directory.ts'
import { until } from '../../support/until.ts'
import { startFake } from '../across/across-setup.ts'

const count = 20
/** Starting a process takes a core for about a second. */
const atOnce = 4
/** Long enough that a hundredth of a core is ten ticks of the clock by which the system counts. */
const idleMs = 10_000
const ticksPerSecond = 100

const engineSchema = z.looseObject({ state: z.string() })
const nodesSchema = z.object({
  nodes: z.array(z.looseObject({ state: z.string(), engines: z.array(engineSchema).optional() })),
})
const instancesSchema = z.object({ instances: z.array(z.looseObject({})) })
const statusSchema = z.looseObject({ joinAddresses: z.array(z.string()) })

async function read<Schema extends z.ZodType>(
  { gateway }: NodeProcess,
  path: string,
  schema: Schema,
): Promise<z.infer<Schema>> {
  const { body } = await rawRequest(gateway, { path })
  return schema.parse(JSON.parse(body.toString()))
}

/** These have two instances each; the others only pass requests on. */
const numbersOfLarge = [2, 3]

async function start(number: number): Promise<NodeProcess> {
  const own = ['--name', `node-${number}`, '--link-listen', '127.0.0.1']
  const role = numbersOfLarge.includes(number)
    ? ['--config', await configOfLarge()]
    : ['--role', 'gateway']
  const node = await startNode({ args: [...own, ...role] })
  onTestFinished(() => node[Symbol.asyncDispose]())
  return node
}

async function configOfLarge(): Promise<string> {
  const directory = await makeTemporaryDirectory()
  onTestFinished(() => directory.remove())
  const fakes = [await startFake(), await startFake()]
  const remote = fakes.map(({ url }, i) => `engine-${i + 1}: "${url}"`).join(', ')
  const file = directory.inside('ollama-distributed.yaml')
  await writeFile(
    file,
    `engines: { remote: { ${remote} } }\nintegration: { process_manager: { auto_start: false } }\n`,
  )
  return file
}

async function join(node: NodeProcess, peer: string, token: string): Promise<void> {
  const { code, stderr } = await runProduct([
    'join',
    '--data-dir',
    node.dataDir,
    '--peer',
    peer,
    '--token',
    token,
  ])
  expect([code, stderr]).toEqual([0, ''])
}

/** Processor time of all its threads, in ticks; and its memory in MiB. */
async function costOf({ runFile: { pid } }: NodeProcess) {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  const residentKib = Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1])
  return { ticks: Number(fields[11]) + Number(fields[12]), mebibytes: residentKib / 1024 }
}

test('S-117: twenty nodes, two of them with two instances, see each other soon after the last has joined, and cost little when idle', async () => {
  const first = await start(1)
  const [peer = ''] = (await read(first, '/api/v1/cluster/status', statusSchema)).joinAddresses
  const made = await runProduct([
    'token',
    'create',
    '--uses',
    '30',
    '--data-dir',
    first.dataDir,
    '--json',
  ])
  const { token } = z.object({ token: z.string() }).parse(JSON.parse(made.stdout))
  const nodes = [first]
  for (let next = 2; next <= count; next += atOnce) {
    const numbers = Array.from({ length: Math.min(atOnce, count - next + 1) }, (_, i) => next + i)
    const started = await Promise.all(numbers.map((number) => start(number)))
    await Promise.all(started.map((node) => join(node, peer, token)))
    nodes.push(...started)
  }
  const startMs = performance.now()
  await until('all to see all alive', async () => {
    const seen = await Promise.all(nodes.map((node) => read(node, '/api/v1/nodes', nodesSchema)))
    return seen.every(
      ({ nodes: all }) =>
        all.filter(({ state }) => state === 'alive').length === count &&
        all.flatMap(({ engines = [] }) => engines.filter(({ state }) => state === 'running'))
          .length === 4,
    )
  })
  const convergedMs = Math.round(performance.now() - startMs)

  const before = await Promise.all(nodes.map(costOf))
  await new Promise<void>((resolve) => {
    systemClock.after(idleMs, resolve)
  })
  const after = await Promise.all(nodes.map(costOf))
  const percents = after.map(
    ({ ticks }, i) => (((ticks - (before[i]?.ticks ?? 0)) / ticksPerSecond) * 1000 * 100) / idleMs,
  )
  const sorted = (values: number[]) => values.toSorted((a, b) => a - b)
  const [cpu, memory] = [sorted(percents), sorted(after.map(({ mebibytes }) => mebibytes))]
  console.log(
    `${count} nodes: all see all ${convergedMs} ms after the last has joined; idle a node takes ` +
      `${cpu[count / 2]?.toFixed(2)} % of a core (at most ${cpu.at(-1)?.toFixed(2)}), ` +
      `${memory[count / 2]?.toFixed(0)} MiB (at most ${memory.at(-1)?.toFixed(0)})`,
  )
  expect(memory[count / 2]).toBeLessThan(150) // the one that keeps the state for all has some more
  const { instances } = await read(first, '/api/v1/instances', instancesSchema)
  expect(instances).toHaveLength(4)
}, 180_000)
