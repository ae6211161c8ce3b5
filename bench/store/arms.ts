/** The two that fetch: the product, and what everybody has. */
import { execFileSync } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type NodeProcess, startNode } from '../../tests/support/node-process.ts'
import { makeTemporaryDirectory } from '../../tests/support/temporary-directory.ts'
import { until } from '../../tests/support/until.ts'
import { cpuSecondsOf } from '../gateway/processes.ts'

/** One time that all was fetched. */
export interface Fetched {
  readonly seconds: number
  readonly cpuSeconds: number
  /** Of the event loop of the process that has the gateway, and of the engine's, in milliseconds. */
  readonly loops?: { readonly gateway: Delays; readonly engine: Delays }
}

export interface Delays {
  readonly p50: number
  readonly p99: number
  readonly max: number
}

export interface Arm {
  fetch(): Promise<Fetched>
  stop(): Promise<void>
}

/** `curl`, then `sha256sum` of what came: the least that somebody would do by hand. Throws when a hash is wrong. */
export async function startByHand(
  origin: string,
  repository: string,
  digests: readonly string[],
): Promise<Arm> {
  const directory = await makeTemporaryDirectory()
  const file = directory.inside('blob')
  const steps = digests.map((digest) => {
    const check = `echo "${digest.slice(7)}  ${file}" | sha256sum --check --status`
    return `curl -sfL -o ${file} ${origin}/v2/${repository}/blobs/${digest} && ${check}`
  })
  const script = `set -e; ${steps.join('; ')}; times`
  return {
    async fetch() {
      const startedMs = performance.now()
      const text = execFileSync('bash', ['-c', script], { encoding: 'utf8' })
      const seconds = (performance.now() - startedMs) / 1000
      rmSync(file)
      return { seconds, cpuSeconds: secondsIn(text.trim().split('\n').at(-1) ?? '') }
    },
    stop: () => directory.remove(),
  }
}

/** `0m1.234s 0m0.100s`, as bash tells of children. */
function secondsIn(times: string): number {
  const parts = [...times.matchAll(/(\d+)m([\d.]+)s/g)]
  return parts.reduce(
    (sum, [, minutes, seconds]) => sum + Number(minutes) * 60 + Number(seconds),
    0,
  )
}

/** A node whose embedded engine pulls the model; it is removed again after each time. */
export async function startPulling(model: string): Promise<Arm> {
  const loops = await makeTemporaryDirectory()
  const preload = pathToFileURL(join(import.meta.dirname, 'loop-delay.ts')).href
  const node = await startNode({
    env: { OD_BENCH_LOOPS: loops.path, NODE_OPTIONS: `--import=${preload}` },
  })
  const gateway = node.runFile.pid
  const engine = (await node.tree()).find(({ command }) => command.includes('engine-process'))?.pid
  if (engine === undefined) throw new Error('the node has no embedded engine')
  const delaysOf = (pid: number) =>
    JSON.parse(readFileSync(loops.inside(String(pid)), 'utf8')) as Delays
  const look = async () => {
    for (const pid of [gateway, engine]) {
      rmSync(loops.inside(String(pid)), { force: true })
      process.kill(pid, 'SIGUSR2')
      await until('the delays', () => {
        delaysOf(pid)
        return true
      })
    }
  }
  return {
    async fetch() {
      await look()
      const cpuSeconds = () => cpuSecondsOf(gateway) + cpuSecondsOf(engine)
      const before = cpuSeconds()
      const startedMs = performance.now()
      await ask(node, 'POST', '/api/pull', { model, insecure: true, stream: false })
      const seconds = (performance.now() - startedMs) / 1000
      const used = cpuSeconds() - before
      await look()
      const delays = { gateway: delaysOf(gateway), engine: delaysOf(engine) }
      await ask(node, 'DELETE', '/api/delete', { model })
      return { seconds, cpuSeconds: used, loops: delays }
    },
    async stop() {
      await node[Symbol.asyncDispose]()
      await loops.remove()
    },
  }
}

async function ask(node: NodeProcess, method: string, path: string, body: object): Promise<void> {
  const answer = await fetch(node.gateway + path, { method, body: JSON.stringify(body) })
  const text = await answer.text()
  if (answer.status !== 200 || text.includes('"error"')) throw new Error(`${path}: ${text}`)
}
