/** The engine's side of a runner: questions as promises, answers as streams of tokens. */
import { OdError } from '../../core/errors/index.ts'
import { startWorker, type WorkerExit, type WorkerProcess } from '../../sys/worker-process.ts'
import { endOf, lastWords } from './last-words.ts'
import type {
  Answers,
  Counters,
  DrawnLogprob,
  EndReason,
  FromRunner,
  GenerateOptions,
  LoadOptions,
  ModelFacts,
  Question,
  RunnerStats,
  SlotFacts,
  ToRunner,
} from './protocol.ts'
import type { SavedSequence } from './sequence-file.ts'

/** Hears one answer. Exactly one of `end` and `fail` is called, last. */
export interface AnswerListener {
  /** `logprob` where it was asked for. */
  token(token: number, piece: Uint8Array, logprob: DrawnLogprob | undefined): void
  end(reason: EndReason, counters: Counters): void
  fail(error: OdError): void
}

/** Where sequences are kept, and of which weights they are. */
export interface SequencePlace {
  readonly folder: string
  readonly weights: string
}

/** How a runner ended, and as what error its clients saw that. */
export interface RunnerExit extends WorkerExit {
  readonly error: OdError
}

/** A runner process. All methods fail with `OD_RUNNER_DIED` or `OD_RUNNER_ABORTED` once it is gone. */
export interface Runner {
  readonly pid: number
  /** The version of llama.cpp; fails where it cannot be used on this machine. For a runner that loads nothing. */
  probe(): Promise<string>
  /** Once refused, with `OD_MODEL_LOAD`, the process is gone; when it dies meanwhile, `OD_RUNNER_START` tells why. */
  load(options: LoadOptions): Promise<ModelFacts>
  tokenize(text: string, addSpecial: boolean): Promise<number[]>
  /** Bytes of a token list; not always whole UTF-8. */
  detokenize(tokens: readonly number[]): Promise<Uint8Array>
  embed(inputs: readonly (readonly number[])[]): Promise<Float32Array[]>
  stats(): Promise<RunnerStats>
  /** What each sequence holds; the salt goes into the hashes. */
  slots(salt: string): Promise<readonly SlotFacts[]>
  /** Writes what a slot holds into a file of that folder. Rejects with `OD_SEQUENCE_UNSAVED`. */
  saveSequence(slot: number, file: SequencePlace): Promise<SavedSequence>
  /**
   * Puts what was saved into a free slot. Rejects with `OD_SEQUENCE_MISSING`, `OD_SEQUENCE_DAMAGED`, `OD_SEQUENCE_FOREIGN`,
   * `OD_SEQUENCE_NO_ROOM`.
   */
  loadSequence(name: string, file: SequencePlace): Promise<Answers['loadSequence']>
  /** Starts an answer; the returned function cancels it, and does nothing once it has ended. */
  generate(options: Omit<GenerateOptions, 'id'>, listener: AnswerListener): () => void
  /** Called once when the process has ended, however it ended. */
  onExit(action: (exit: RunnerExit) => void): void
  /** Ends the process: that is how a model is unloaded, all of its memory comes back at once. */
  kill(): void
}

interface Waiting {
  readonly resolve: (value: never) => void
  readonly reject: (error: OdError) => void
}

const runnerEnvironment = {
  /** An abort would wait for a debugger to print where it happened. */
  GGML_NO_BACKTRACE: '1',
  /** Node hands decodes round among its worker threads; on one thread what a core has cached is there for the next. */
  UV_THREADPOOL_SIZE: '1',
}

/** Starts a runner process; it has no model yet. */
export function startRunner(): Runner {
  const worker: WorkerProcess<ToRunner, FromRunner> = startWorker(
    new URL('./runner-process', import.meta.url),
    { env: runnerEnvironment },
  )
  const questions = new Map<number, Waiting>()
  const answers = new Map<number, AnswerListener>()
  let next = 1
  let loadCall: number | undefined
  let loadRefusal: string | undefined
  let died: OdError | undefined

  function hear(message: FromRunner): void {
    if (message.type === 'step') {
      for (const one of message.messages) hear(one)
    } else if (message.type === 'answer') {
      take(questions, message.call)?.resolve(message.value as never)
    } else if (message.type === 'refuse' && message.call === loadCall) {
      loadRefusal = message.reason
      worker.kill() // it is of no use any more, and when it has ended all it had to say is here
    } else if (message.type === 'refuse') {
      take(questions, message.call)?.reject(
        new OdError(
          message.code ?? 'OD_MODEL_LOAD',
          { reason: message.reason },
          { detail: message.reason },
        ),
      )
    } else if (message.type === 'token') {
      answers.get(message.id)?.token(message.token, message.piece, message.logprob)
    } else if (message.type === 'end') {
      take(answers, message.id)?.end(message.reason, message.counters)
    } else {
      const { reason, cause } = message
      const error =
        cause === 'grammar'
          ? new OdError('OD_FORMAT_SCHEMA', {}, { detail: reason })
          : new OdError(cause === 'resume' ? 'OD_RESUME_IMPOSSIBLE' : 'OD_RUNNER_FAILED', {
              reason,
            })
      take(answers, message.id)?.fail(error)
    }
  }
  worker.onMessage(hear)
  worker.onExit((exit) => {
    const isLoading = loadCall !== undefined && questions.has(loadCall)
    const error = isLoading ? loadError(exit, loadRefusal) : diedError(exit)
    died = error
    for (const { reject } of questions.values()) reject(error)
    for (const listener of answers.values()) listener.fail(error)
    questions.clear()
    answers.clear()
  })

  function ask<Type extends Question['type']>(
    question: Extract<Question, { type: Type }>,
  ): Promise<Answers[Type]> {
    return new Promise((resolve, reject) => {
      if (died !== undefined) return reject(died)
      const call = next++
      if (question.type === 'load') loadCall = call
      questions.set(call, { resolve, reject })
      worker.send({ type: 'ask', call, question })
    })
  }

  return {
    pid: worker.pid,
    probe: () => ask({ type: 'probe' }),
    load: (options) => ask({ type: 'load', options }),
    tokenize: (text, addSpecial) => ask({ type: 'tokenize', text, addSpecial }),
    detokenize: (tokens) => ask({ type: 'detokenize', tokens }),
    embed: (inputs) => ask({ type: 'embed', inputs }),
    stats: () => ask({ type: 'stats' }),
    slots: (salt) => ask({ type: 'slots', salt }),
    saveSequence: (slot, place) => ask({ type: 'saveSequence', slot, ...place }),
    loadSequence: (name, place) => ask({ type: 'loadSequence', name, ...place }),
    generate(options, listener) {
      const id = next++
      if (died !== undefined) {
        listener.fail(died)
        return () => undefined
      }
      answers.set(id, listener)
      worker.send({ type: 'generate', options: { ...options, id } })
      return () => worker.send({ type: 'cancel', id })
    },
    onExit: (action) =>
      worker.onExit((exit) => action({ ...exit, error: died ?? diedError(exit) })),
    kill: () => worker.kill(),
  }
}

function take<Value>(map: Map<number, Value>, key: number): Value | undefined {
  const value = map.get(key)
  map.delete(key)
  return value
}

function diedError(exit: WorkerExit): OdError {
  const reason = lastWords(exit.stderr)
  const detail = [endOf(exit), ...exit.stderr.slice(-20)].join('\n')
  return reason === undefined
    ? new OdError('OD_RUNNER_DIED', {}, { detail })
    : new OdError('OD_RUNNER_ABORTED', { reason }, { detail })
}

/** The error of a load that was refused, or during which the process died. */
function loadError(exit: WorkerExit, refusal: string | undefined): OdError {
  const words = lastWords(exit.stderr)
  if (refusal === undefined) return new OdError('OD_RUNNER_START', { reason: words ?? endOf(exit) })
  const reason = words === undefined ? refusal : `${refusal}: ${words}`
  return new OdError('OD_MODEL_LOAD', { reason })
}
