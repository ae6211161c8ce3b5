/** Entry of the runner process: one model, one decode loop. It does not outlive the engine that started it. */
import { isOdError } from '../../core/errors/index.ts'
import { systemClock } from '../../sys/clock.ts'
import { systemRandom } from '../../sys/random.ts'
import { parentChannel, residentBytes } from '../../sys/worker-process.ts'
import type { AnswerSink } from './answer-sink.ts'
import { calibrate } from './calibration.ts'
import { DecodeLoop } from './decode-loop.ts'
import { Embedder } from './embedder.ts'
import { Context } from './llama/context.ts'
import { type Llama, openLlama } from './llama/functions.ts'
import { Model } from './llama/model.ts'
import { GrammarFailure, ReplayFailure, Sampler } from './llama/sampler.ts'
import { Pace } from './pace.ts'
import type {
  Answers,
  FailCause,
  FromRunner,
  GenerateOptions,
  LoadOptions,
  ModelFacts,
  Question,
  RefusalCode,
  RunnerStats,
  ToRunner,
} from './protocol.ts'
import { loadSequence, saveSequence } from './sequence-file.ts'
import { putSequence, takeSequence } from './sequence-state.ts'

interface Loaded {
  readonly llama: Llama
  readonly model: Model
  readonly loop: DecodeLoop
  readonly embedder: Embedder
  readonly contextTokens: number
}

let loaded: Loaded | undefined

const send = parentChannel<ToRunner, FromRunner>((message) => {
  if (message.type === 'generate') generate(message.options)
  else if (message.type === 'cancel') loaded?.loop.cancel(message.id)
  else void reply(message.call, message.question)
})

async function reply(call: number, question: Question): Promise<void> {
  try {
    send({ type: 'answer', call, value: await answer(question) })
  } catch (error) {
    send({ type: 'refuse', call, ...refusalOf(error) })
  }
}

async function answer(question: Question): Promise<Answers[keyof Answers]> {
  if (question.type === 'probe') return openLlama().version()
  if (question.type === 'load') return load(question.options)
  if (question.type === 'stats' && loaded === undefined) return statsBeforeLoad()
  const { llama, model, embedder, loop, contextTokens } = needLoaded()
  switch (question.type) {
    case 'tokenize':
      return model.tokenize(question.text, question.addSpecial)
    case 'detokenize':
      needTokens(model, question.tokens)
      return Buffer.concat(question.tokens.map((token) => model.pieceOf(token)))
    case 'embed':
      for (const input of question.inputs) needTokens(model, input)
      return embedder.embed(question.inputs)
    case 'stats':
      return { ...loop.stats, residentBytes: residentBytes() }
    case 'slots':
      return loop.slotFacts(question.salt)
    case 'saveSequence': {
      const { slot, folder, weights } = question
      const taken = await loop.between((slots, context) => takeSequence(slots, context, slot))
      return saveSequence(folder, { weights, llama: llama.version() }, taken)
    }
    case 'loadSequence': {
      const { name, folder, weights } = question
      const saved = await loadSequence(folder, name, { weights, llama: llama.version() })
      needTokens(model, saved.tokens)
      const bounds = { contextTokens, nowMs: systemClock.nowMs() }
      const slot = await loop.between((slots, context) =>
        putSequence(slots, context, saved, bounds),
      )
      return { slot, tokens: saved.tokens.length }
    }
  }
}

/** A load runs beside the main thread, so that what it holds already can be told. */
function statsBeforeLoad(): RunnerStats {
  const nothing = { threads: 0, active: 0, waiting: 0, decodes: 0, cancelled: 0 }
  return { ...nothing, tokensEvaluated: 0, tokensMade: 0, residentBytes: residentBytes() }
}

async function load(options: LoadOptions): Promise<ModelFacts> {
  if (loaded !== undefined) throw new Error('this runner has a model already')
  const llama = openLlama()
  const model = await Model.load(llama, options.path, {
    ...options,
    adapterPaths: options.adapterPaths ?? [],
  })
  const contextTokens = Math.min(options.contextTokens, model.trainedContextTokens)
  const context = await Context.create(llama, model, {
    tokensMax: contextTokens * options.parallel,
    sequencesMax: options.parallel,
    // llama.cpp ends the process where a step cannot hold one token of each sequence
    batchTokensMax: Math.max(options.parallel, Math.min(options.batchTokens, contextTokens)),
    threads: Math.max(...options.threadCounts),
  })
  await checkFirstOutput(context, model)
  const pace = new Pace({
    calibration: await calibrate(context, {
      threadCounts: options.threadCounts,
      widthMax: options.parallel,
      token: Math.max(0, model.beginToken),
      clock: systemClock,
    }),
    setThreads: (threads) => context.setThreads(threads),
    clock: systemClock,
  })
  const loop = new DecodeLoop({
    context,
    model,
    pace,
    clock: systemClock,
    parallel: options.parallel,
    contextTokens,
    sink: sinkOf(send),
  })
  const embedder = new Embedder(llama, model, { contextTokens, threads: pace.threads })
  loaded = { llama, model, loop, embedder, contextTokens }
  const text = (token: number) => (token < 0 ? '' : new TextDecoder().decode(model.pieceOf(token)))
  return {
    trainedContextTokens: model.trainedContextTokens,
    contextTokens,
    vocabularySize: model.vocabularySize,
    beginText: text(model.beginToken),
    endText: text(model.endToken),
    hasDecoder: llama.modelHasDecoder(model.pointer),
  }
}

/** One message a step: each costs a system call here and there, and answers come one token at a time. */
function sinkOf(sendNow: (message: FromRunner) => void): AnswerSink {
  let noted: FromRunner[] = []
  return {
    token: (id, token, piece, logprob) =>
      void noted.push({ type: 'token', id, token, piece, logprob }),
    end: (id, reason, counters) => void noted.push({ type: 'end', id, reason, counters }),
    fail: (id, reason) => void noted.push({ type: 'fail', id, reason, cause: 'other' }),
    flush() {
      if (noted.length > 0) sendNow({ type: 'step', messages: noted })
      noted = []
    },
  }
}

/**
 * Weights that give no numbers would give garbage to every request. Throws, so that the load is refused with
 * `OD_MODEL_LOAD`. Models made for embeddings
 * have no output to look at.
 */
async function checkFirstOutput(context: Context, model: Model): Promise<void> {
  const architecture = model.metadata('general.architecture') ?? ''
  if (model.metadata(`${architecture}.pooling_type`) !== undefined) return
  const token = Math.max(0, model.beginToken)
  const result = await context.decode([{ sequence: 0, token, position: 0, wantsOutput: true }])
  const reason =
    result === 'done'
      ? context.logitsAt(0)?.some(Number.isNaN) === true &&
        'the output of its first step is no number'
      : `its first step failed (${result})`
  context.clear()
  if (reason !== false) throw new Error(reason)
}

function generate(options: GenerateOptions): void {
  try {
    const { llama, model, loop, contextTokens } = needLoaded()
    if (options.tokens.length === 0 || options.tokens.length >= contextTokens) {
      throw new Error(`a prompt of ${options.tokens.length} tokens does not fit ${contextTokens}`)
    }
    needTokens(model, options.tokens)
    const { made = [] } = options
    needTokens(model, made)
    if (made.length > 0) needResumable(options, made, { model, contextTokens })
    const sampler = new Sampler(llama, options.sampling, {
      model,
      contextTokensMax: contextTokens,
      randomSeed: Math.floor(systemRandom.number() * 2 ** 32),
    })
    prepare(sampler, options.tokens, made)
    loop.generate(options, sampler)
  } catch (error) {
    const cause = causeOf(error)
    send({ type: 'fail', id: options.id, reason: reasonOf(error), cause })
  }
}

/** Throws `ReplayFailure` when nothing can follow those tokens, or nobody knows what would have. */
function needResumable(
  { tokens, tokensMax }: GenerateOptions,
  made: readonly number[],
  { model, contextTokens }: Pick<Loaded, 'model' | 'contextTokens'>,
): void {
  if (tokens.length + made.length >= contextTokens || made.length >= tokensMax) {
    throw new ReplayFailure('it has filled its context, or its bound of tokens, already')
  }
  if (made.some((token) => model.isEndOfGeneration(token))) {
    throw new ReplayFailure('it has ended already')
  }
}

/** Frees the sampler when it cannot have drawn `made`. */
function prepare(sampler: Sampler, prompt: readonly number[], made: readonly number[]): void {
  try {
    sampler.see(prompt)
    sampler.replay(made)
  } catch (error) {
    sampler.free()
    throw error
  }
}

function causeOf(error: unknown): FailCause {
  if (error instanceof GrammarFailure) return 'grammar'
  return error instanceof ReplayFailure ? 'resume' : 'other'
}

/** llama.cpp would abort the process. */
function needTokens(model: Model, tokens: readonly number[]): void {
  if (tokens.every((token) => model.isToken(token))) return
  throw new Error('a token is outside of the vocabulary')
}

function needLoaded(): Loaded {
  if (loaded === undefined) throw new Error('no model is loaded')
  return loaded
}

function refusalOf(error: unknown): { reason: string; code?: RefusalCode } {
  if (!isOdError(error) || !error.code.startsWith('OD_SEQUENCE_'))
    return { reason: reasonOf(error) }
  return { reason: String(error.parameters['reason'] ?? ''), code: error.code as RefusalCode }
}

function reasonOf(error: unknown): string {
  if (isOdError(error)) return error.message
  return error instanceof Error ? error.message : String(error)
}
