import { Agent, request } from 'undici'
import { loadConfig } from '../config/index.ts'
import { OdError } from '../core/errors/index.ts'
import type { RunningNode } from '../node/index.ts'
import { readTextIfThere } from '../sys/files.ts'
import { surroundings } from '../sys/machine.ts'

/** What may be said of the node; everything else is as its configuration file and environment have it. */
export interface SimpleOptions {
  /** Folder for everything that the node keeps; as `--data-dir`. */
  readonly dataDir?: string
  /** Port of the gateway; any free one when absent. */
  readonly port?: number
}

/** How long running answers may go on when it is stopped; as SIGTERM has it. */
const drainMs = 30_000

/** A node with its engines inside this process, for programs that want a completion and nothing else. */
export class SimpleOllamaIntegration {
  readonly #options: SimpleOptions
  readonly #agent = new Agent({ headersTimeout: 0, bodyTimeout: 0 }) // a model may take minutes to load
  #node: RunningNode | undefined

  constructor(options: SimpleOptions = {}) {
    this.#options = options
  }

  /** Starts the node; resolves when its gateway answers. Rejects with `OD_CONFIG_…` and `OD_NODE_…` errors. */
  async start(): Promise<void> {
    const { startNode } = await import('../node/index.ts')
    const { dataDir, port = 0 } = this.#options
    const config = await loadConfig({
      flags: { dataDir, port: String(port) },
      ...surroundings(),
      readFile: (path) => readTextIfThere(path),
    })
    this.#node = await startNode({ config, onStep: () => {} })
  }

  /** Address of the gateway: any client of Ollama works with it. */
  get url(): string {
    if (this.#node === undefined) throw new Error('start it first')
    return this.#node.gatewayUrl
  }

  /** The model's answer as text. Rejects with `OD_OLLAMA_…` errors, or what Ollama says in its answer. */
  async generate(model: string, prompt: string): Promise<string> {
    const { statusCode, body } = await request(`${this.url}/api/generate`, {
      method: 'POST',
      body: JSON.stringify({ model, prompt, stream: false }),
      dispatcher: this.#agent,
    })
    const answer = (await body.json()) as { response?: string; error?: string }
    if (statusCode === 200 && answer.response !== undefined) return answer.response
    throw new OdError('OD_LIBRARY_ANSWER', { text: answer.error ?? `status ${statusCode}` })
  }

  /** Stops the node and its engines; answers that run may finish within 30 s. Stopping twice is fine. */
  async stop(): Promise<void> {
    await this.#node?.stop(drainMs)
    await this.#agent.close()
  }
}
