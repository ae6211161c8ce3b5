/** The engine's side of a runner: questions as promises, answers as streams of tokens. */
import { OdError } from '../../core/errors/index.ts'
import { startWorker, type WorkerExit, type WorkerProcess } from '../../sys/worker-process.ts'
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
  ToRunner,
} from './protocol.ts'

/** Hears one answer. Exactly one of `end` and `fail` is called, last. */
export interface AnswerListener {
  /** `logprob` where it was asked for. */
  token(token: number, piece: Uint8Array, logprob: DrawnLogprob | undefined): void
  end(reason: EndReason, counters: Counters): void
  fail(error: OdError): void
}

/** A runner process. All methods fail with `OD_RUNNER_DIED` once it is gone. */
export interface Runner {
  readonly pid: number
  /** The version of llama.cpp; fails where it cannot be used on this machine. For a runner that loads nothing. */
  probe(): Promise<string>
  load(options: LoadOptions): Promise<ModelFacts>
  tokenize(text: string, addSpecial: boolean): Promise<number[]>
  /** Bytes of a token list; not always whole UTF-8. */
  detokenize(tokens: readonly number[]): Promise<Uint8Array>
  embed(inputs: readonly (readonly number[])[]): Promise<Float32Array[]>
  stats(): Promise<RunnerStats>
  /** Starts an answer; the returned function cancels it, and does nothing once it has ended. */
  generate(options: Omit<GenerateOptions, 'id'>, listener: AnswerListener): () => void
  /** Called once when the process has ended, however it ended. */
  onExit(action: (exit: WorkerExit) => void): void
  /** Ends the process: that is how a model is unloaded, all of its memory comes back at once. */
  kill(): void
}

interface Waiting {
  readonly resolve: (value: never) => void
  readonly reject: (error: OdError) => void
}

/** Starts a runner process; it has no model yet. */
export function startRunner(): Runner {
  const worker: WorkerProcess<ToRunner, FromRunner> = startWorker(
    new URL('./runner-process', import.meta.url),
  )
  const questions = new Map<number, Waiting>()
  const answers = new Map<number, AnswerListener>()
  let next = 1
  let hasExited = false

  worker.onMessage((message) => {
    if (message.type === 'answer') take(questions, message.call)?.resolve(message.value as never)
    else if (message.type === 'refuse') {
      take(questions, message.call)?.reject(
        new OdError('OD_MODEL_LOAD', { reason: message.reason }, { detail: message.reason }),
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
          : new OdError('OD_RUNNER_FAILED', { reason })
      take(answers, message.id)?.fail(error)
    }
  })
  worker.onExit((exit) => {
    hasExited = true
    const error = diedError(exit)
    for (const { reject } of questions.values()) reject(error)
    for (const listener of answers.values()) listener.fail(error)
    questions.clear()
    answers.clear()
  })

  function ask<Type extends Question['type']>(
    question: Extract<Question, { type: Type }>,
  ): Promise<Answers[Type]> {
    return new Promise((resolve, reject) => {
      if (hasExited) return reject(new OdError('OD_RUNNER_DIED'))
      const call = next++
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
    generate(options, listener) {
      const id = next++
      if (hasExited) {
        listener.fail(new OdError('OD_RUNNER_DIED'))
        return () => undefined
      }
      answers.set(id, listener)
      worker.send({ type: 'generate', options: { ...options, id } })
      return () => worker.send({ type: 'cancel', id })
    },
    onExit: (action) => worker.onExit(action),
    kill: () => worker.kill(),
  }
}

function take<Value>(map: Map<number, Value>, key: number): Value | undefined {
  const value = map.get(key)
  map.delete(key)
  return value
}

function diedError(exit: WorkerExit): OdError {
  const how = exit.signal ?? `exit code ${exit.code}`
  return new OdError('OD_RUNNER_DIED', {}, { detail: [how, ...exit.stderr.slice(-20)].join('\n') })
}
