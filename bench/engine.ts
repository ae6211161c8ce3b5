/** Our embedded engine over HTTP against node-llama-cpp's low-level API: same file, same libraries, one thread each. */
import { startTestEngine } from '../tests/integration/engine/test-engine.ts'
import { reference, referenceAnswers } from '../tests/reference/reference.ts'
import { smollm2 } from '../tests/smollm2/weights.ts'
import { createModel } from '../tests/support/create-model.ts'

const rounds = 3
const tokensMax = 64
const contextTokens = 4096

/** About 500 tokens; another beginning each round, so that nothing is reused. */
const promptOf = (round: number) => `Round ${round}. ${'The river runs to the sea. '.repeat(70)}`

interface Speeds {
  /** Tokens per second of one round each. */
  readonly prompt: number[]
  readonly decode: number[]
}

/** Prints both speeds and their ratio. Throws when the weights or the reference cannot be had. */
export async function benchEngine(): Promise<void> {
  const weights = await smollm2()
  if (!('path' in weights)) throw new Error(weights.missing)
  const found = await reference()
  if (!('folder' in found)) throw new Error(found.missing)
  const speeds = { ours: empty(), theirs: empty() }
  const { path: modelPath } = weights
  const engine = await startTestEngine()
  try {
    await createModel(engine.modelDir, 'smol', modelPath, { template: '{{ .Prompt }}' })
    await ownRound(engine, 'Loads it.', empty())
    for (let round = 0; round < rounds; round++) {
      const prompts = [promptOf(round)]
      const job = { folder: found.folder, modelPath, threads: 1, contextTokens, prompts, tokensMax }
      for (const answer of await referenceAnswers(job)) {
        speeds.theirs.prompt.push((answer.promptTokens.length / answer.promptMs) * 1000)
        speeds.theirs.decode.push(((answer.tokens.length - 1) / answer.decodeMs) * 1000)
      }
      await ownRound(engine, promptOf(round), speeds.ours)
    }
  } finally {
    await engine.stop()
  }
  print('prompt', speeds.ours.prompt, speeds.theirs.prompt)
  print('decode', speeds.ours.decode, speeds.theirs.decode)
}

function empty(): Speeds {
  return { prompt: [], decode: [] }
}

/** Timed at the client, as the reference is timed at its caller: until the first piece, and from there to the last. */
async function ownRound(
  engine: Awaited<ReturnType<typeof startTestEngine>>,
  prompt: string,
  speeds: Speeds,
): Promise<void> {
  const options = { num_predict: tokensMax, temperature: 0, num_thread: 1 }
  const startMs = performance.now()
  const response = await engine.post('/api/generate', { model: 'smol', prompt, raw: true, options })
  let firstMs = 0
  let text = ''
  const decoder = new TextDecoder()
  for await (const chunk of response.body ?? []) {
    if (firstMs === 0) firstMs = performance.now()
    text += decoder.decode(chunk, { stream: true })
  }
  const endMs = performance.now()
  const last = JSON.parse(text.trim().split('\n').at(-1) ?? '{}') as Record<string, number>
  speeds.prompt.push(((last['prompt_eval_count'] ?? 0) / (firstMs - startMs)) * 1000)
  speeds.decode.push((((last['eval_count'] ?? 1) - 1) / (endMs - firstMs)) * 1000)
}

function print(what: string, ours: readonly number[], theirs: readonly number[]): void {
  const [own, other] = [median(ours), median(theirs)]
  const ratio = (own / other).toFixed(2)
  console.log(
    `${what}: ratio ${ratio} (ours ${own.toFixed(0)}, node-llama-cpp ${other.toFixed(0)} tokens/s)`,
  )
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}
