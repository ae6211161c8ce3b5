/** One answer of a runner as text: whole characters, stop strings taken out, every figure measured. */
import { OdError } from '../../core/errors/index.ts'
import type { Counters, Runner, SamplingOptions } from '../runner/index.ts'
import { StopStrings } from './stop-strings.ts'

/** What to complete and how. */
export interface CompletionInput {
  readonly tokens: readonly number[]
  readonly tokensMax: number
  readonly sampling: SamplingOptions
  readonly stops: readonly string[]
}

/** How an answer ended. `counters.madeTokens` are those that were made until then. */
export interface CompletionEnd {
  readonly reason: 'stop' | 'length'
  readonly counters: Counters
}

/**
 * Runs one completion. `onText` gets the text in order, never half a character, never a part of a stop string. Rejects with
 * `OD_REQUEST_CANCELED` when the signal fires (the runner is told at once), `OD_RUNNER_DIED` when the runner ends.
 */
export function complete(
  runner: Runner,
  input: CompletionInput,
  signal: AbortSignal,
  onText: (text: string) => void,
): Promise<CompletionEnd> {
  return new Promise((resolve, reject) => {
    const stops = new StopStrings(input.stops)
    const decoder = new TextDecoder() // replaces what never becomes valid UTF-8
    let madeTokens = 0
    let isStopped = false

    const show = (text: string) => {
      if (text !== '') onText(text)
    }
    const cancel = runner.generate(input, {
      token(_token, piece) {
        if (isStopped) return // made before the runner heard of the stop
        madeTokens++
        const result = stops.push(decoder.decode(piece, { stream: true }))
        show(result.text)
        isStopped = result.isStopped
        if (isStopped) cancel()
      },
      end(reason, counters) {
        signal.removeEventListener('abort', cancel)
        if (isStopped) return resolve({ reason: 'stop', counters: { ...counters, madeTokens } })
        if (reason === 'cancelled') return reject(new OdError('OD_REQUEST_CANCELED'))
        const last = stops.push(decoder.decode())
        show(last.isStopped ? last.text : last.text + stops.flush())
        resolve({ reason, counters })
      },
      fail(error) {
        signal.removeEventListener('abort', cancel)
        reject(error)
      },
    })
    signal.addEventListener('abort', cancel, { once: true })
    if (signal.aborted) cancel()
  })
}
