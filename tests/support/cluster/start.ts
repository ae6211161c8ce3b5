/** Clusters of real node processes on the loopback address, before engines that the test starts. */
import { type ChildProcess, fork } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import { n24 } from '../n24.ts'
import { passOn } from '../pass-on.ts'
import { rawRequest } from '../raw-http.ts'
import { makeTemporaryDirectory } from '../temporary-directory.ts'
import { until, within } from '../until.ts'
import type { NodeOrder, NodePlace, NodeSettings, PeerPlace } from './channel.ts'

export interface ClusterNode extends NodePlace {
  readonly origin: string
  readonly pid: number
  tell(order: NodeOrder): void
  /** Lines of the log so far with this event. */
  logged(event: string): Record<string, unknown>[]
  /** As a crash, or a machine that loses its power. */
  kill(): Promise<void>
  /** Its process stands still: the system still takes connections for it. */
  freeze(): void
  thaw(): void
}

export type NodeWish = Pick<NodeSettings, 'engines'> & Partial<NodeSettings>

/** Starts one that knows nobody yet; it is ended after the test. */
export async function startClusterNode(wish: NodeWish): Promise<ClusterNode> {
  const directory = await makeTemporaryDirectory()
  const settings: NodeSettings = {
    name: 'node',
    dataDir: directory.path,
    slots: 64,
    strategy: 'round_robin',
    role: 'full',
    timings: 'wan',
    probeMs: 500,
    ...wish,
  }
  const main = fileURLToPath(new URL('node-process.ts', import.meta.url))
  const child: ChildProcess = fork(main, [JSON.stringify(settings)], {
    execPath: n24,
    silent: true,
  })
  passOn(child.stdout, child.stderr)
  const exited = new Promise<void>((resolve) => void child.once('exit', () => resolve()))
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await exited
    await directory.remove()
  })
  const told = new Promise<NodePlace>((resolve, reject) => {
    child.once('message', (place) => resolve(place as NodePlace))
    child.once('exit', () => reject(new Error('the node ended before it was up')))
  })
  const place = await within('a node to be up', told, 30_000)
  return {
    ...place,
    origin: `http://127.0.0.1:${place.gatewayPort}`,
    pid: child.pid ?? 0,
    tell: (order) => void child.send(order),
    logged: (event) =>
      readFileSync(directory.inside('node.log'), 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Record<string, unknown>)
        .filter(({ msg }) => msg === event),
    async kill() {
      child.kill('SIGKILL')
      await exited
    },
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
  }
}

/** Makes them members of one cluster. `portOf`: where one finds another, if not at its own port. */
export function meet(
  nodes: readonly ClusterNode[],
  portOf: (from: ClusterNode, to: ClusterNode) => number = (_, to) => to.linkPort,
): void {
  for (const node of nodes) {
    const others = nodes.filter((other) => other !== node)
    const peers = others.map(
      (other): PeerPlace => ({ peer: other.peer, port: portOf(node, other) }),
    )
    node.tell({ type: 'meet', peers })
  }
}

/** Resolves when each of these shows so many engines that can be used. */
export async function untilUsable(nodes: readonly ClusterNode[], engines: number): Promise<void> {
  for (const { origin } of nodes) {
    await until(
      `${engines} engines in use`,
      async () => (await usableAt(origin)).length === engines,
    )
  }
}

/** Engines that a gateway shows as running. */
export async function usableAt(origin: string): Promise<{ id: string; node: string }[]> {
  const answer = await rawRequest(origin, { method: 'GET', path: '/api/v1/instances' })
  const { instances } = JSON.parse(answer.body.toString()) as {
    instances: { id: string; node: string; state: string }[]
  }
  return instances.filter(({ state }) => state === 'running')
}

/** A cluster of one node for each of these, each of which has the engines that the others lend. */
export async function startCluster(wishes: readonly NodeWish[]): Promise<readonly ClusterNode[]> {
  const nodes = await Promise.all(
    wishes.map((wish, i) => startClusterNode({ name: `node-${i}`, ...wish })),
  )
  meet(nodes)
  for (const [i, node] of nodes.entries()) {
    const seen = wishes.filter(
      ({ role }, j) => i === j || (role !== 'gateway' && role !== 'storage'),
    )
    await untilUsable([node], seen.flatMap(({ engines }) => engines).length)
  }
  return nodes
}
