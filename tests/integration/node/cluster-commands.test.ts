/** Clusters as people make them: real nodes, the commands of the guide. */
import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { describe, expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { MarkedProcess } from '../../support/marked-process.ts'
import { n24 } from '../../support/n24.ts'
import { type NodeProcess, runProduct, startNode } from '../../support/node-process.ts'
import { rawRequest } from '../../support/raw-http.ts'
import { makeTemporaryDirectory } from '../../support/temporary-directory.ts'
import { until } from '../../support/until.ts'
import { mainFile } from '../cli/command-line.ts'

const local = ['--link-listen', '127.0.0.1', '--role', 'gateway'] // nothing to answer with: these tests ask nothing
const timing = 'cluster:\n  timing: test\n'

const nodesSchema = z.object({
  nodes: z.array(z.looseObject({ id: z.string(), name: z.string(), state: z.string() })),
})

async function start(name: string, options: Parameters<typeof startNode>[0] = {}) {
  const { args = [], ...others } = options
  const node = await startNode({ args: [...local, '--name', name, ...args], ...others })
  onTestFinished(() => node[Symbol.asyncDispose]())
  return node
}

/** The line that the node printed for others. */
function peerOf(node: NodeProcess): string {
  return /^Peer +(\S+)$/m.exec(node.stdout())?.[1] ?? ''
}

async function tokenOf({ dataDir }: NodeProcess): Promise<string> {
  const { stdout } = await runProduct(['token', 'create', '--data-dir', dataDir, '--json'])
  return z.object({ token: z.string() }).parse(JSON.parse(stdout)).token
}

async function statesAt({ gateway }: { gateway: string }): Promise<Record<string, string>> {
  const { body } = await rawRequest(gateway, { path: '/api/v1/nodes' })
  const { nodes } = nodesSchema.parse(JSON.parse(body.toString()))
  return Object.fromEntries(nodes.map(({ name, state }) => [name, state]))
}

const untilStates = (
  node: { gateway: string },
  expected: Record<string, string>,
  timeoutMs = 15_000,
) =>
  until(
    JSON.stringify(expected),
    async () => {
      const seen = await statesAt(node)
      return Object.entries(expected).every(([name, state]) => seen[name] === state)
    },
    { timeoutMs },
  )

/** `join` in place of `start`. */
function joinLine(dataDir: string, args: readonly string[]): [string, ...string[]] {
  const ports = ['--port', '0', '--ollama-port', '0', '--link-port', '0']
  return [n24, mainFile, 'join', '--data-dir', dataDir, ...ports, ...local, ...args]
}

async function joinNewNode(name: string, args: readonly string[]): Promise<NodeProcess> {
  const directory = await makeTemporaryDirectory()
  onTestFinished(() => directory.remove())
  const command = joinLine(directory.path, ['--name', name, ...args])
  const node = await startNode({ dataDir: directory.path, command })
  onTestFinished(() => node[Symbol.asyncDispose]())
  return node
}

describe('S-078: join', () => {
  test('with the line of the guide starts a node that is a member, also after a restart', async () => {
    const first = await start('first')
    const peer = peerOf(first)
    expect(peer).toMatch(/^\/ip4\/127\.0\.0\.1\/tcp\/\d+\/p2p\/12D3KooW\w{44}$/)
    const second = await joinNewNode('second', ['--peer', peer, '--token', await tokenOf(first)])
    await second.saw(/^joined the cluster of node 12D3KooW\w+$/m)
    const both = { first: 'alive', second: 'alive' }
    await untilStates(first, both)
    await untilStates(second, both)
    await second.stop()
    await untilStates(first, { first: 'alive', second: 'dead' }, 40_000)
    const back = await start('second', { dataDir: second.dataDir }) // at another port
    await untilStates(first, both)
    await untilStates(back, both)
  })

  test('a node that runs joins, the addresses with commas or repeated', async () => {
    const [first, gone, third] = await Promise.all([start('first'), start('gone'), start('third')])
    const token = await tokenOf(first)
    const closed = peerOf(gone)
    await gone.stop()
    const join = (args: readonly string[]) =>
      runProduct(['join', '--data-dir', third.dataDir, '--token', token, ...args])
    const wrong = await join([
      '--peer',
      peerOf(first).replace(/12D3.*/, /12D3.*/.exec(closed)?.[0] ?? ''),
    ])
    expect([wrong.code, wrong.stderr]).toEqual([1, expect.stringContaining('is not 12D3KooW')])
    const away = await join(['--peer', closed])
    expect([away.code, away.stderr]).toEqual([1, expect.stringContaining('nothing listens at')])
    const { code, stdout } = await join(['--peer', `${closed},${peerOf(first)}`])
    expect([code, stdout]).toEqual([
      0,
      expect.stringMatching(/^joined the cluster of node 12D3\w+\n$/),
    ])
    const again = await join(['--peer', closed, '--peer', peerOf(first)])
    expect([again.code, again.stdout]).toEqual([
      0,
      expect.stringMatching(/^joined the cluster of node 12D3\w+\n$/),
    ])
    await untilStates(first, { first: 'alive', third: 'alive' })
  })

  test('a node whose wish is refused is not left running', async () => {
    const first = await start('first')
    const directory = await makeTemporaryDirectory()
    onTestFinished(() => directory.remove())
    const [command, ...args] = joinLine(directory.path, ['--peer', peerOf(first), '--token', 'x'])
    const joining = new MarkedProcess({ command, args })
    expect(await joining.exited).toEqual({ code: 1, signal: null })
    expect(joining.stderr()).toContain('the token is not known here')
    expect(joining.stderr()).toContain('token create')
  })
})

describe('S-002: a node with nothing but the address of another', () => {
  test('is in the list of both, and its state changes when it stops', async () => {
    const directory = await makeTemporaryDirectory()
    onTestFinished(() => directory.remove())
    const config = directory.inside('quick.yaml')
    await writeFile(config, timing)
    const first = await start('first', { args: ['--config', config] })
    const second = await joinNewNode('second', ['--config', config, '--peer', peerOf(first)])
    const approved = await runProduct(['nodes', 'approve', 'second', '--data-dir', first.dataDir])
    expect(approved.code).toBe(0)
    const both = { first: 'alive', second: 'alive' }
    await untilStates(second, both, 5_000)
    await untilStates(first, both, 5_000)
    await second.kill()
    await untilStates(first, { first: 'alive', second: 'dead' }, 5_000)
  })
})

test('a node that keeps the state of others stops at once when nothing runs on it', async () => {
  const first = await start('first')
  const second = await joinNewNode('second', [
    '--peer',
    peerOf(first),
    '--token',
    await tokenOf(first),
  ])
  await untilStates(second, { first: 'alive', second: 'alive' })
  expect(await first.stop(10_000)).toEqual({ code: 0, signal: null }) // far below the 30 s of a drain
})

describe('demo', () => {
  const demoSchema = z.object({
    folder: z.string(),
    nodes: z.array(z.object({ name: z.string(), gateway: z.string(), pid: z.number() })).length(5),
  })
  /** What is shown of a node that lives. */
  const factsSchema = z.object({
    nodes: z
      .array(
        z.looseObject({
          self: z.boolean(),
          state: z.literal('alive'),
          addresses: z.array(z.string().startsWith('/ip4/127.0.0.1/tcp/')).length(1),
          lastHeard: z.iso.datetime(),
          capacity: z.looseObject({
            cores: z.number().positive(),
            memoryBytes: z.number().positive(),
          }),
          engines: z.array(z.looseObject({ models: z.array(z.string()).min(1) })).length(1),
        }),
      )
      .length(5),
  })

  test('S-080, S-116: five real nodes see each other with machine and models, answer for each other, and leave nothing behind', async () => {
    const args = [mainFile, 'demo', '--nodes', '5', '--json']
    const demo = new MarkedProcess({ command: n24, args })
    onTestFinished(() => demo.destroy())
    const [line] = await demo.saw(/^\{.*\}$/m, 90_000)
    const { nodes, folder } = demoSchema.parse(JSON.parse(line))
    await demo.remember()
    for (const { gateway } of nodes) {
      const seen = await until('all that is known of all', async () => {
        const { body } = await rawRequest(gateway, { path: '/api/v1/nodes' })
        return factsSchema.safeParse(JSON.parse(body.toString())).data
      })
      expect(seen.nodes.filter(({ self }) => self).length).toBe(1)
      for (const { engines } of seen.nodes) expect(engines[0]?.models).toEqual(['pocket:latest'])
    }
    const [first, second] = nodes
    if (first === undefined || second === undefined) throw new Error('no nodes')
    process.kill(second.pid, 'SIGKILL') // one is away
    const question = { model: 'pocket', prompt: 'Once', stream: false, options: { num_predict: 4 } }
    const ask = { method: 'POST', path: '/api/generate', body: JSON.stringify(question) }
    for (let i = 0; i < 6; i++) expect((await rawRequest(first.gateway, ask)).status).toBe(200)
    process.kill(demo.pid, 'SIGINT')
    expect(await demo.exited).toEqual({ code: 0, signal: null })
    expect(demo.stderr()).toContain(`${second.name} ended (SIGKILL)`)
    expect(existsSync(folder)).toBe(false)
    await until('no process is left', async () => (await demo.tree()).length === 0)
  })
})
