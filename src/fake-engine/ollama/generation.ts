/** Makes the tokens of one answer, with the faults that are switched on. */

import type { Clock } from '../../sys/clock.ts'
import { delay, Gone, otherWork } from '../abortable.ts'
import { strike } from './answer-fault.ts'
import { tokensOf, wordsSaid } from './babble.ts'
import { Failure, texts } from './failure.ts'
import type { FaultSwitch } from './fault-switch.ts'
import type { ModelOptions } from './model-options.ts'
import type { FaultName, TokenStyle } from './options.ts'
import type { Lease } from './runner.ts'
import { Reader, speakerFor } from './speaker.ts'
import type { ToolCall } from './voice.ts'

/** Without an interval, so many tokens are made before other requests, and leaving clients, get a look in. */
const burstTokensMax = 32

export interface Piece {
  /** `headers`: nothing but them; `wrongBytes`: text whose first letter is to be no UTF-8. */
  readonly type: 'text' | 'thought' | 'call' | 'garbage' | 'half' | 'headers' | 'wrongBytes'
  readonly text: string
  /** Tokens that this text stands for. */
  readonly tokens: number
  /** Of a `call`. */
  readonly call?: ToolCall
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
  readonly clock: Clock
  readonly prompt: string
  readonly lease: Lease
  readonly model: ModelOptions
  readonly answerTokens: number
  readonly tokenIntervalMs: number
  readonly tokens: TokenStyle
  /** The first half of the answer is a thought. */
  readonly thinks: boolean
  /** What is to be said, word for word; absent where the model is free. */
  readonly script: string | undefined
  readonly faults: FaultSwitch
  readonly signal: AbortSignal
  /** Hears of every token when it is made, and of a wait at a hold. */
  readonly onToken: () => void
  readonly onHold: (change: 1 | -1) => void
  readonly onFault: (fault: FaultName) => void
  /** Ends the process. */
  readonly die: () => void
}

/** Gives the answer piece by piece; its return value tells how it ended. Throws `Failure`, `SocketCut`, `Gone`. */
export async function* generate(
  options: GenerationOptions,
): AsyncGenerator<Piece, Ending, undefined> {
  const { prompt, lease, model, signal, faults, clock } = options
  const promptTokens = tokensOf(prompt).length
  const startedMs = clock.nowMs()
  await delay(clock, promptTokens * (lease.runner.entry.model.prefillMs ?? 0), signal)
  const firstMs = clock.nowMs()
  const fault = faults.takeAnswerFault()
  const script = options.script === undefined ? undefined : tokensOf(options.script)
  const natural = Math.max((script?.length ?? options.answerTokens) - wordsSaid(prompt), 0)
  const limit = Math.min(model.numPredict ?? Number.POSITIVE_INFINITY, lease.runner.numCtx * 10)
  const total = Math.min(natural, limit)
  const style = lease.runner.entry.model.tokens ?? options.tokens
  const speaker =
    script === undefined
      ? speakerFor(style, prompt, model, fault)
      : new Reader(script, wordsSaid(prompt))
  let made = 0
  let held = ''
  let isStopped = false
  let hasEnd = true
  for (;;) {
    const isOver = isStopped || made >= total
    if (isOver && held !== '') yield { type: 'text', text: held, tokens: 0 }
    if (!isOver) await hold(options, made)
    const isStruck = fault?.afterTokens === made
    if (isStruck) {
      options.onFault(fault.type)
      hasEnd = yield* strike(fault, options)
    }
    if (isOver || !hasEnd) break
    await spaceOut(options, made)
    if (signal.aborted) throw new Gone()
    if (lease.died.aborted) throw new Failure(500, texts.runnerDied)
    const word = speaker.next()
    made++
    options.onToken()
    const cut = atStop(held + word, model.stop)
    const isThought = options.thinks && script === undefined && made <= options.answerTokens / 2
    const sound = isThought ? 'thought' : 'text'
    const type = isStruck && fault.type === 'wrongBytes' ? 'wrongBytes' : sound
    if (cut.now !== '') yield { type, text: cut.now, tokens: 1 }
    held = cut.later
    isStopped = cut.isStopped
  }
  const reason = limit < natural && !isStopped ? 'length' : 'stop'
  return {
    doneReason: hasEnd ? reason : undefined,
    promptTokens,
    promptMs: firstMs - startedMs,
    tokens: made,
    tokensMs: clock.nowMs() - firstMs,
  }
}

/** The time that one token takes. */
async function spaceOut(
  { clock, tokenIntervalMs, faults, signal, onFault }: GenerationOptions,
  made: number,
): Promise<void> {
  if (faults.tokenDelayMs > 0) onFault('tokenDelayMs')
  await delay(clock, tokenIntervalMs + faults.tokenDelayMs, signal)
  if (made % burstTokensMax === burstTokensMax - 1) await otherWork()
}

async function hold(
  { faults, signal, onHold, onFault }: GenerationOptions,
  made: number,
): Promise<void> {
  if (!faults.isHeld(made)) return
  onFault('holdAfterTokens')
  onHold(1)
  try {
    await faults.untilReleased(made, signal)
  } finally {
    onHold(-1)
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
