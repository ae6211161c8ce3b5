/** One answer of a runner as text: whole characters, stop strings taken out, every figure measured. */
import { OdError } from '../../core/errors/index.ts'
import type { Logprob } from '../../wire/ollama/responses.ts'
import type { Counters, GenerateOptions, Runner } from '../runner/index.ts'
import { LogprobQueue } from './completion-logprobs.ts'
import { StopStrings } from './stop-strings.ts'

/** What to complete and how. */
export interface CompletionInput extends Omit<GenerateOptions, 'id'> {
  readonly stops: readonly string[]
}

/** How an answer ended. `counters.madeTokens` are those that were made until then. */
export interface CompletionEnd {
  readonly reason: 'stop' | 'length'
  readonly counters: Counters
  /** Log probabilities that went with no text. */
  readonly logprobs: readonly Logprob[]
}

/**
 * Runs one completion. `onText` gets the text in order, never half a character, never a part of a stop string, and the log
 * probabilities of its tokens; when it says true, that is enough. `onToken` hears each token after its text was shown, and
 * may say so too. Rejects with
 * `OD_REQUEST_CANCELED` when the signal fires (the runner is told at once), `OD_RUNNER_DIED` when the runner ends.
 */
export function complete(
  runner: Runner,
  input: CompletionInput,
  signal: AbortSignal,
  onText: (text: string, logprobs: readonly Logprob[]) => boolean,
  onToken: (token: number) => boolean = () => false,
): Promise<CompletionEnd> {
  return new Promise((resolve, reject) => {
    const stops = new StopStrings(input.stops)
    const decoder = new TextDecoder() // replaces what never becomes valid UTF-8
    const logprobs = new LogprobQueue()
    let madeTokens = 0
    let isStopped = false

    const show = (text: string) => text !== '' && onText(text, logprobs.take(text.length))
    const cancel = runner.generate(input, {
      token(token, piece, logprob) {
        if (isStopped) return // made before the runner heard of the stop
        madeTokens++
        const text = decoder.decode(piece, { stream: true })
        logprobs.add(logprob, text)
        const result = stops.push(text)
        isStopped = show(result.text) || result.isStopped
        isStopped = onToken(token) || isStopped
        if (isStopped) cancel()
      },
      end(reason, counters) {
        signal.removeEventListener('abort', cancel)
        if (reason === 'cancelled' && !isStopped) return reject(new OdError('OD_REQUEST_CANCELED'))
        if (isStopped) {
          return resolve({ reason: 'stop', counters: { ...counters, madeTokens }, logprobs: [] })
        }
        const last = stops.push(decoder.decode())
        show(last.isStopped ? last.text : last.text + stops.flush())
        resolve({
          reason: reason === 'length' ? 'length' : 'stop',
          counters,
          logprobs: logprobs.rest(),
        })
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
