/** The two that are compared: the engine of a real node, and llama.cpp's own server. Both over HTTP, each a process of its own. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createModel } from '../../tests/support/create-model.ts'
import { startNode } from '../../tests/support/node-process.ts'
import { until } from '../../tests/support/until.ts'

/** One answer as its client saw it; milliseconds of one clock. */
export interface Timing {
  readonly startMs: number
  readonly firstMs: number
  readonly endMs: number
  readonly promptTokens: number
  readonly madeTokens: number
}

export interface Arm {
  readonly name: string
  /** Asks for a greedy answer to a raw prompt. */
  ask(prompt: string, tokensMax: number): Promise<Timing>
  stop(): Promise<void>
}

/** Tokens that one sequence may hold, and how many sequences there are; the same for both. */
const contextTokens = 4096
const sequences = 4

/** Our engine, as the product starts it. */
export async function ownArm(weights: string, threads: number): Promise<Arm> {
  const node = await startNode({ args: ['--log-level', 'warn'] })
  await createModel(join(node.dataDir, 'models'), 'bench', weights, { template: '{{ .Prompt }}' })
  const reported = await fetch(`${node.gateway}/api/v1/instances`)
  const { instances } = (await reported.json()) as { instances: { kind: string; url: string }[] }
  const engine = instances.find(({ kind }) => kind === 'embedded')?.url ?? ''
  return {
    name: 'ours',
    ask(prompt, tokensMax) {
      const options = { num_predict: tokensMax, temperature: 0, num_thread: threads }
      const body = {
        model: 'bench',
        prompt,
        raw: true,
        options: { ...options, num_ctx: contextTokens },
      }
      return timed(`${engine}/api/generate`, body, (lines) => {
        const last = JSON.parse(lines.at(-1) ?? '{}') as Record<string, number>
        return { promptTokens: last['prompt_eval_count'] ?? 0, madeTokens: last['eval_count'] ?? 0 }
      })
    },
    async stop() {
      await node.stop()
      await node[Symbol.asyncDispose]()
    },
  }
}

/** llama.cpp's server, from the program that `LLAMA_SERVER` names. */
export async function serverArm(program: string, weights: string, threads: number): Promise<Arm> {
  const port = 20_000 + (process.pid % 20_000)
  const url = `http://127.0.0.1:${port}`
  const child = spawn(
    program,
    Object.entries({
      model: weights,
      host: '127.0.0.1',
      port,
      threads,
      'threads-batch': threads,
      'ctx-size': contextTokens * sequences,
      parallel: sequences,
    }).flatMap(([flag, value]) => [`--${flag}`, String(value)]),
    { stdio: 'ignore' },
  )
  const isReady = () =>
    fetch(`${url}/health`).then(
      ({ ok }) => ok,
      () => false,
    )
  await until('llama-server is ready', isReady, { timeoutMs: 60_000 })
  return {
    name: 'llama-server',
    ask(prompt, tokensMax) {
      const body = {
        prompt,
        n_predict: tokensMax,
        temperature: 0,
        stream: true,
        cache_prompt: true,
      }
      return timed(`${url}/completion`, body, (lines) => {
        const last = JSON.parse(lines.at(-1)?.replace(/^data: /, '') ?? '{}') as Record<
          string,
          number
        >
        return {
          promptTokens: last['tokens_evaluated'] ?? 0,
          madeTokens: last['tokens_predicted'] ?? 0,
        }
      })
    },
    async stop() {
      const exit = new Promise((resolve) => child.once('exit', resolve))
      child.kill()
      await exit
    },
  }
}

async function timed(
  url: string,
  body: object,
  countsOf: (lines: string[]) => Pick<Timing, 'promptTokens' | 'madeTokens'>,
): Promise<Timing> {
  const startMs = performance.now()
  const response = await fetch(url, { method: 'POST', body: JSON.stringify(body) })
  let firstMs = 0
  let text = ''
  const decoder = new TextDecoder()
  for await (const chunk of response.body ?? []) {
    if (firstMs === 0) firstMs = performance.now()
    text += decoder.decode(chunk as Uint8Array, { stream: true })
  }
  if (!response.ok) throw new Error(text)
  const lines = text.split('\n').filter((line) => line !== '')
  return { startMs, firstMs, endMs: performance.now(), ...countsOf(lines) }
}
