/** Makes the tokens of one answer, with the faults that are switched on. */
import { delay } from './abortable.ts'
import { Babbler, tokensOf, wordsSaid } from './babble.ts'
import { ClientGone, Failure, SocketCut, texts } from './failure.ts'
import type { FaultSwitch } from './fault-switch.ts'
import type { ModelOptions } from './model-options.ts'
import type { AnswerFault } from './protocol.ts'
import type { Lease } from './runner.ts'

/** Without an interval, so many tokens are made before other requests, and leaving clients, get a look in. */
const burstTokensMax = 32

export interface Piece {
  readonly type: 'text' | 'thought' | 'garbage' | 'half'
  readonly text: string
  /** Tokens that this text stands for. */
  readonly tokens: number
}

export interface Ending {
  /** Absent when the stream is to end without its last object. */
  readonly doneReason: 'stop' | 'length' | undefined
  readonly promptTokens: number
  readonly promptMs: number
  readonly tokens: number
  readonly tokensMs: number
}

export interface GenerationOptions {
  readonly prompt: string
  readonly lease: Lease
  readonly model: ModelOptions
  readonly answerTokens: number
  readonly tokenIntervalMs: number
  /** The first half of the answer is a thought. */
  readonly thinks: boolean
  readonly faults: FaultSwitch
  readonly signal: AbortSignal
  /** Hears of every token when it is made, and of a wait at a hold. */
  readonly onToken: () => void
  readonly onHold: (change: 1 | -1) => void
}

/** Gives the answer piece by piece; its return value tells how it ended. Throws `Failure`, `SocketCut`, `ClientGone`. */
export async function* generate(
  options: GenerationOptions,
): AsyncGenerator<Piece, Ending, undefined> {
  const { prompt, lease, model, signal, faults } = options
  const promptTokens = tokensOf(prompt).length
  const startedMs = performance.now()
  await delay(promptTokens * (lease.runner.entry.model.prefillMs ?? 0), signal)
  const firstMs = performance.now()
  const fault = faults.takeAnswerFault()
  const natural = Math.max(options.answerTokens - wordsSaid(prompt), 0)
  const limit = Math.min(model.numPredict ?? Number.POSITIVE_INFINITY, lease.runner.numCtx * 10)
  let made = 0
  const babbler = new Babbler(prompt, model.temperature, model.seed)
  let held = ''
  let doneReason: Ending['doneReason'] = limit < natural ? 'length' : 'stop'
  while (made < Math.min(natural, limit)) {
    await hold(options, made)
    if (fault?.afterTokens === made) yield* strike(fault, lease)
    if (fault?.type === 'noTerminator' && fault.afterTokens === made) {
      doneReason = undefined
      break
    }
    await delay(options.tokenIntervalMs, signal)
    if (made % burstTokensMax === burstTokensMax - 1) await otherWork()
    if (signal.aborted) throw new ClientGone()
    if (lease.died.aborted) throw new Failure(500, texts.runnerDied)
    const word = babbler.next()
    made++
    options.onToken()
    const cut = atStop(held + word, model.stop)
    const isThought = options.thinks && made <= options.answerTokens / 2
    if (cut.now !== '') yield { type: isThought ? 'thought' : 'text', text: cut.now, tokens: 1 }
    held = cut.later
    if (cut.isStopped) {
      doneReason = 'stop'
      break
    }
  }
  if (held !== '') yield { type: 'text', text: held, tokens: 0 }
  if (fault?.afterTokens === made && made >= Math.min(natural, limit)) yield* strike(fault, lease)
  return {
    doneReason:
      fault?.type === 'noTerminator' && fault.afterTokens === made ? undefined : doneReason,
    promptTokens,
    promptMs: firstMs - startedMs,
    tokens: made,
    tokensMs: performance.now() - firstMs,
  }
}

function otherWork(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}

async function hold({ faults, signal, onHold }: GenerationOptions, made: number): Promise<void> {
  if (!faults.isHeld(made)) return
  onHold(1)
  try {
    await faults.untilReleased(made, signal)
  } finally {
    onHold(-1)
  }
}

function* strike(fault: AnswerFault, lease: Lease): Generator<Piece> {
  switch (fault.type) {
    case 'cut':
      throw new SocketCut()
    case 'cutInLine':
      yield { type: 'half', text: ' cut', tokens: 0 }
      throw new SocketCut()
    case 'runnerDies':
      lease.runner.die()
      throw new Failure(500, texts.runnerDied)
    case 'error':
      throw new Failure(500, fault.error)
    case 'garbage':
      yield { type: 'garbage', text: 'this is not JSON', tokens: 0 }
      break
    case 'oversizeLine':
      yield { type: 'text', text: 'x'.repeat(fault.sizeBytes), tokens: 0 }
      break
    case 'noTerminator':
      break
  }
}

/** What may go out, what must wait because a stop string may begin in it, and whether one was met. */
function atStop(
  text: string,
  stops: readonly string[],
): { now: string; later: string; isStopped: boolean } {
  const found = stops.map((stop) => text.indexOf(stop)).filter((at) => at >= 0)
  if (found.length > 0)
    return { now: text.slice(0, Math.min(...found)), later: '', isStopped: true }
  for (let at = 0; at < text.length; at++) {
    const tail = text.slice(at)
    if (stops.some((stop) => stop.startsWith(tail))) {
      return { now: text.slice(0, at), later: tail, isStopped: false }
    }
  }
  return { now: text, later: '', isStopped: false }
}
