import { afterAll } from 'vitest'
import { type NodeProcess, startNode } from '../../support/node-process.ts'
import { until } from '../../support/until.ts'

/** What `/api/od/runners` of the embedded engine says of a runner. */
export interface RunnerCounts {
  readonly pid: number
  readonly path: string
  readonly active: number
  readonly tokensMade: number
  readonly tokensEvaluated: number
  readonly cancelled: number
}

export interface Instance {
  readonly id: string
  readonly kind: string
  readonly url: string
  readonly state: string
  readonly pid?: number
  readonly managed: boolean
  readonly reason: string
  readonly loadedModels: readonly string[]
  readonly activeRequests: number
  readonly lastProbe?: { readonly at: string; readonly ok: boolean }
}

/** A real node with questions that tests ask of it. */
export interface RunningNode {
  readonly process: NodeProcess
  readonly gateway: string
  instances(): Promise<Instance[]>
  embedded(): Promise<Instance>
  runners(): Promise<RunnerCounts[]>
  /** The runner of a loaded model; waits until there is one. */
  runner(): Promise<RunnerCounts>
  post(path: string, body: object, signal?: AbortSignal): Promise<Response>
  stop(): Promise<void>
}

const running = new Set<NodeProcess>()

// A test that fails does not come to its own end; nothing may be left running for all that.
afterAll(async () => {
  for (const node of running) await node[Symbol.asyncDispose]()
})

/** Starts the built product on free ports with an empty data directory, or the one given. */
export async function startRunningNode(
  options: Parameters<typeof startNode>[0] = {},
): Promise<RunningNode> {
  const node = await startNode(options)
  running.add(node)
  const json = async <Value>(url: string) => (await (await fetch(url)).json()) as Value
  const instances = async () =>
    (await json<{ instances: Instance[] }>(`${node.gateway}/api/v1/instances`)).instances
  const embedded = async () => {
    const found = (await instances()).find(({ kind }) => kind === 'embedded')
    if (found === undefined) throw new Error('no embedded engine')
    return found
  }
  const runners = async () => {
    const { url } = await embedded()
    return (await json<{ runners: RunnerCounts[] }>(`${url}/api/od/runners`)).runners
  }
  return {
    process: node,
    gateway: node.gateway,
    instances,
    embedded,
    runners,
    runner: () => until('a model is loaded', async () => (await runners())[0]),
    post: (path, body, signal) =>
      fetch(node.gateway + path, {
        method: 'POST',
        body: JSON.stringify(body),
        ...(signal === undefined ? {} : { signal }),
      }),
    async stop() {
      await node.stop()
      await node.assertNothingLeft()
      await node[Symbol.asyncDispose]()
      running.delete(node)
    },
  }
}

/** Lines of a streamed answer as they arrive. */
export async function* linesOf(response: Response): AsyncGenerator<Record<string, unknown>> {
  if (response.body === null) return
  const decoder = new TextDecoder()
  let held = ''
  for await (const chunk of response.body) {
    const lines = (held + decoder.decode(chunk as Uint8Array, { stream: true })).split('\n')
    held = lines.pop() ?? ''
    for (const line of lines) yield JSON.parse(line) as Record<string, unknown>
  }
  if (held !== '') throw new Error(`an unfinished line reached the client: ${held}`)
}
