/** The two endpoints that turn text into vectors. */
import { tokensOf, vectorOf } from './babble.ts'
import type { Call } from './call.ts'
import { Failure, texts } from './failure.ts'
import { decodeBody } from './json-decode.ts'
import { nanosOf } from './json-encode.ts'
import { fit } from './layout.ts'
import type { Entry } from './library.ts'
import { lookUp, wordings } from './lookup.ts'
import { readModelOptions } from './model-options.ts'
import { embeddingFields, embedFields } from './requests.ts'
import type { Lease } from './runner.ts'

const dimensionsDefault = 576

export async function handleEmbed(call: Call): Promise<void> {
  const request = decodeBody(call.body, 'EmbedRequest', embedFields)
  const inputs = inputsOf(request.input)
  const asSent = request.model ?? ''
  const entry = lookUp(call.server.library, asSent, wordings.embed)
  const { options, keep_alive: keepAliveMs, truncate = true } = request
  await withRunner(call, entry, options, keepAliveMs, (lease) => {
    if (inputs.length === 0) return { model: asSent, embeddings: [] }
    const fitted = inputs.map((input) => fit(input, lease.runner.numCtx, truncate))
    if (inputs.includes('')) {
      throw new Failure(500, 'Failed to create new sequence: no input provided')
    }
    const dimensions = cutTo(request.dimensions, entry)
    return {
      model: asSent,
      embeddings: fitted.map((input) => vectorOf(input, dimensions, true)),
      total_duration: nanosOf(call.server.clock.nowMs() - call.startedMs),
      load_duration: nanosOf(lease.loadMs),
      prompt_eval_count: fitted.reduce((sum, input) => sum + tokensOf(input).length, 0),
    }
  })
}

export async function handleEmbeddings(call: Call): Promise<void> {
  const request = decodeBody(call.body, 'EmbeddingRequest', embeddingFields)
  const entry = lookUp(call.server.library, request.model ?? '', wordings.embeddings)
  const { options, keep_alive: keepAliveMs, prompt = '' } = request
  await withRunner(call, entry, options, keepAliveMs, () => {
    const vector = prompt === '' ? [] : vectorOf(prompt, cutTo(undefined, entry), false)
    return { embedding: vector }
  })
}

async function withRunner(
  call: Call,
  entry: Entry,
  options: Record<string, unknown> | undefined,
  keepAliveMs: number | undefined,
  work: (lease: Lease) => Record<string, unknown>,
): Promise<void> {
  const { server, answer, signal } = call
  const { numCtx } = readModelOptions(entry.model.parameters ?? {}, options ?? {})
  const lease = await server.scheduler.acquire(entry, { numCtx, keepAliveMs }, signal)
  try {
    if (lease.died.aborted) throw new Failure(500, texts.runnerDied)
    answer.object(work(lease))
  } finally {
    lease.release()
  }
}

function inputsOf(input: unknown): string[] {
  if (input === undefined || input === null || input === '') return []
  if (typeof input === 'string') return [input]
  if (Array.isArray(input) && input.every((item) => typeof item === 'string')) return input
  throw new Failure(400, 'invalid input type')
}

function cutTo(asked = 0, entry: Entry): number {
  const native = entry.model.embeddingLength ?? dimensionsDefault
  return asked > 0 && asked < native ? asked : native
}
