/**
 * Runs the reference engine: `node greedy-process.ts`, a job as JSON on standard input, its results on standard output. A
 * process of its own, because the reference loads the same native libraries as ours under other names.
 */
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { pathToFileURL } from 'node:url'

/** What is asked. Prompts are texts in which special tokens count. */
export interface ReferenceJob {
  /** Folder in which the reference is installed. */
  readonly folder: string
  readonly modelPath: string
  readonly threads: number
  readonly contextTokens: number
  readonly prompts: readonly string[]
  /** How many tokens are made of each, at most. */
  readonly tokensMax: number
}

/** What came of one prompt. */
export interface ReferenceAnswer {
  readonly promptTokens: readonly number[]
  readonly tokens: readonly number[]
}

/** The part of the reference's API that is used. */
interface Sequence {
  clearHistory(): Promise<void>
  evaluate(
    tokens: readonly number[],
    options: { readonly temperature: number },
  ): AsyncGenerator<number>
}
interface Reference {
  getLlama(options: object): Promise<{
    loadModel(options: object): Promise<{
      tokenize(text: string, specialTokens: boolean): number[]
      readonly tokens: { readonly bos: number | null; readonly shouldPrependBosToken: boolean }
      createContext(options: object): Promise<{ getSequence(): Sequence }>
    }>
  }>
}

async function work(job: ReferenceJob): Promise<ReferenceAnswer[]> {
  const entry = join(job.folder, 'node_modules/node-llama-cpp/dist/index.js')
  const api = (await import(pathToFileURL(entry).href)) as Reference
  const offline = { build: 'never', skipDownload: true, gpu: false, logLevel: 'error' }
  const llama = await api.getLlama({ ...offline, maxThreads: job.threads })
  const model = await llama.loadModel({ modelPath: job.modelPath, gpuLayers: 0 })
  const { threads, contextTokens: contextSize } = job
  const context = await model.createContext({ contextSize, threads, batchSize: 512, sequences: 1 })
  const sequence = context.getSequence()
  const answers: ReferenceAnswer[] = []
  for (const prompt of job.prompts) {
    const { bos, shouldPrependBosToken } = model.tokens
    const start = shouldPrependBosToken && bos !== null ? [bos] : []
    const promptTokens = [...start, ...model.tokenize(prompt, true)]
    answers.push({ promptTokens, tokens: await greedy(sequence, promptTokens, job.tokensMax) })
  }
  return answers
}

async function greedy(
  sequence: Sequence,
  promptTokens: readonly number[],
  tokensMax: number,
): Promise<number[]> {
  await sequence.clearHistory()
  const tokens: number[] = []
  for await (const token of sequence.evaluate(promptTokens, { temperature: 0 })) {
    tokens.push(token)
    if (tokens.length === tokensMax) break
  }
  return tokens
}

const answers = await work(JSON.parse(await text(process.stdin)) as ReferenceJob)
process.stdout.write(JSON.stringify(answers), () => process.exit(0))
