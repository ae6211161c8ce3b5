import type { Random } from '../../../src/sys/random.ts'
import type { RunningNode } from '../../integration/node/running-node.ts'
import { type Judged, judgeAnswer, judgeObject, type Received } from './outcome.ts'

/** A question to the bundled model and its answer on an idle node. */
export interface Known {
  readonly prompt: string
  readonly answer: string
}

/** What all clients of a soak share. */
export interface Ground {
  readonly node: RunningNode
  /** Address of the embedded engine itself, for changes of its store. */
  readonly engineUrl: string
  readonly known: readonly Known[]
  /** The vector of `embedInput`. */
  readonly vector: readonly number[]
  /** Models whose answers nobody knows beforehand. */
  readonly others: readonly string[]
}

export const embedInput = 'a silver drum near the market'

/** A client that leaves does so at a random moment up to here. */
const leaveMsMax = 600

/** How often each kind of request comes. */
const weights = {
  knownStream: 20,
  knownWhole: 10,
  chat: 15,
  other: 20,
  longPrompt: 8,
  embed: 10,
  load: 4,
  unload: 4,
  store: 6,
  kill: 3,
} as const

export type Action = keyof typeof weights

/** Picks what a client does next. */
export function pickAction(random: Random): Action {
  const actions = Object.entries(weights) as [Action, number][]
  let dice = random.number() * actions.reduce((sum, [, weight]) => sum + weight, 0)
  return actions.find(([, weight]) => (dice -= weight) < 0)?.[0] ?? 'chat'
}

/** One client of a soak: does one thing and judges what came of it. `name` keeps its own models apart from others'. */
export async function act(
  action: Action,
  ground: Ground,
  random: Random,
  name: string,
): Promise<Judged> {
  const { node, others, known } = ground
  const pick = <Value>(list: readonly Value[]) =>
    list[Math.floor(random.number() * list.length)] as Value
  const leaveAfterMs = random.number() < 0.25 ? random.number() * leaveMsMax : undefined
  const ask = (path: string, body: object) => send(node.gateway + path, 'POST', body, leaveAfterMs)
  const { prompt, answer } = pick(known)
  const isAnswer = (text: string) => (text === answer ? undefined : `${prompt} ${text}`)
  const options = { temperature: 0, num_predict: 60 }
  switch (action) {
    case 'knownStream':
    case 'knownWhole': {
      const body = { model: 'pocket', prompt, stream: action === 'knownStream', options }
      return judgeAnswer(await ask('/api/generate', body), isAnswer)
    }
    case 'chat': {
      const messages = [{ role: 'user', content: prompt }]
      const body = { model: 'pocket', messages, stream: random.number() < 0.7, options }
      return judgeAnswer(await ask('/api/chat', body), isAnswer)
    }
    case 'other': {
      const count = 1 + Math.floor(random.number() * 60)
      const body = { model: pick(others), prompt: random.hex(8), options: { num_predict: count } }
      return judgeAnswer(await ask('/api/generate', body), () => undefined)
    }
    case 'longPrompt': {
      const body = { model: pick(others), raw: true, prompt: random.hex(400) }
      const received = await ask('/api/generate', { ...body, options: { num_predict: 5 } })
      return judgeAnswer(received, () => undefined)
    }
    case 'embed':
      return judgeObject(await ask('/api/embed', { model: 'pocket', input: embedInput }), (value) =>
        isSameVector(value['embeddings'], ground.vector),
      )
    case 'load':
    case 'unload': {
      const model = pick(['pocket', ...others])
      const body = action === 'load' ? { model } : { model, keep_alive: 0 }
      return judgeObject(await ask('/api/generate', body), ({ done, done_reason: reason }) =>
        done === true && reason === action ? undefined : `done ${String(done)}, ${String(reason)}`,
      )
    }
    case 'store':
      return changeStore(ground, name)
    case 'kill':
      return killRunner(node, random)
  }
}

/** Makes a model, copies it, asks the copy, removes both. */
async function changeStore({ engineUrl, node }: Ground, name: string): Promise<Judged> {
  const copy = `${name}-copy`
  const parts = { from: 'pocket', system: `You are ${name}.`, stream: false }
  const at = (path: string) => `${engineUrl}/api/${path}`
  const isMade = ({ status }: Record<string, unknown>) =>
    status === 'success' ? undefined : `create: ${String(status)}`
  const made = judgeObject(await send(at('create'), 'POST', { model: name, ...parts }), isMade)
  if (made.outcome !== 'whole') return made
  const copied = await send(at('copy'), 'POST', { source: name, destination: copy })
  const body = { model: copy, prompt: 'Hello!', options: { num_predict: 5 } }
  const asked = judgeAnswer(
    await send(`${node.gateway}/api/generate`, 'POST', body),
    () => undefined,
  )
  const removed = [
    await send(at('delete'), 'DELETE', { model: name }),
    await send(at('delete'), 'DELETE', { model: copy }),
  ]
  const statuses = [copied, ...removed].map(({ status }) => status)
  const isDone = statuses.every((status) => status === 200)
  return isDone ? asked : { outcome: 'corrupted', what: `copy and deletes: ${statuses.join()}` }
}

async function killRunner(node: RunningNode, random: Random): Promise<Judged> {
  const runners = await node.runners()
  const runner = runners[Math.floor(random.number() * runners.length)]
  const none = { outcome: 'no runner to kill', what: '' } as const
  if (runner === undefined) return none
  try {
    process.kill(runner.pid, 'SIGKILL')
    return { outcome: 'runner killed', what: '' }
  } catch {
    return none // it has been unloaded since it was listed
  }
}

/** Sends a request and reads what comes, until the end or until the client leaves. */
async function send(
  url: string,
  method: string,
  body: object,
  leaveAfterMs?: number,
): Promise<Received> {
  const client = new AbortController()
  const leave =
    leaveAfterMs === undefined ? undefined : setTimeout(() => client.abort(), leaveAfterMs)
  let status: number | undefined
  let text = ''
  try {
    const { signal } = client
    const response = await fetch(url, { method, body: JSON.stringify(body), signal })
    status = response.status
    const decoder = new TextDecoder()
    for await (const chunk of response.body ?? []) text += decoder.decode(chunk, { stream: true })
    return { wasLeft: false, status, text }
  } catch (error) {
    const came = status === undefined ? { text } : { status, text }
    return { wasLeft: client.signal.aborted, failure: String(error), ...came }
  } finally {
    clearTimeout(leave)
  }
}

function isSameVector(embeddings: unknown, expected: readonly number[]): string | undefined {
  const [vector] = Array.isArray(embeddings) ? (embeddings as number[][]) : []
  if (vector?.length !== expected.length) return `a vector of ${vector?.length}`
  const product = vector.reduce((sum, value, index) => sum + value * (expected[index] ?? 0), 0)
  return Math.abs(product - 1) < 1e-4 ? undefined : `another vector: ${product}`
}
