/** An engine whose answers the test writes; what a node asks to know of it is answered here. */
import type { IncomingMessage } from 'node:http'
import { type Arrival, startReceiver } from '../gateway/receiving-engine.ts'

const facts: Readonly<Record<string, object>> = {
  '/api/version': { version: '0.24.0' },
  '/api/ps': { models: [] },
}

export interface ScriptedEngine {
  readonly url: string
  /** What came and was no question of the node, as method and path. */
  readonly heard: readonly string[]
}

/** Starts one that lists these models; `script` gets what is no question of the node. */
export async function startScripted(
  models: readonly string[],
  script: (arrival: Arrival) => void | Promise<void>,
): Promise<ScriptedEngine> {
  const heard: string[] = []
  const modified_at = '2026-01-01T00:00:00Z'
  const tags = { models: models.map((name) => ({ name, digest: digestOf(name), modified_at })) }
  const { url } = await startReceiver((arrival) => {
    const { request, response } = arrival
    const fact = request.url === '/api/tags' ? tags : facts[request.url ?? '']
    if (fact !== undefined) return void response.end(JSON.stringify(fact))
    heard.push(`${request.method} ${request.url}`)
    return script(arrival)
  })
  return { url, heard }
}

/** Reads a body that is short. */
export async function readText(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request) text += String(chunk)
  return text
}

/** As of a manifest; each name has its own. */
function digestOf(name: string): string {
  return Buffer.from(name).toString('hex').padEnd(64, '0').slice(0, 64)
}
