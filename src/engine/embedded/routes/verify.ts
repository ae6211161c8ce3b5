/**
 * `POST /api/od/verify`: looks whether the files of models are what they should be. Not a part of Ollama's API. The answer is lines:
 * how far it is, what was found, and `{"done":true}` at the end.
 */
import { OdError } from '../../../core/errors/index.ts'
import { parseModelName } from '../../../core/model-name.ts'
import type { Clock } from '../../../sys/clock.ts'
import { decodeObject } from '../own-requests.ts'
import type { ModelVerifier } from '../ports.ts'
import type { Handler } from '../server.ts'

/** Between two lines of progress. */
const progressMs = 250

/** Disks do not read faster than this. */
const bytesPerSecondMax = 100e9

/** `unload`: what is in memory of a file that was set aside is rotten too. */
export function verifyRoute(
  verifier: ModelVerifier,
  { clock, unload }: { clock: Clock; unload: (path: string) => void },
): Handler {
  return async ({ body, answer, signal }) => {
    const { model, bytesPerSecond } = decode(body)
    answer.refuseAs('stream')
    let toldMs = Number.NEGATIVE_INFINITY
    const last = await verifier.verify(
      {
        model,
        bytesPerSecond,
        onProgress(progress) {
          if (clock.nowMs() - toldMs < progressMs) return
          toldMs = clock.nowMs()
          answer.line(JSON.stringify({ progress }))
        },
        onFinding: (finding) => answer.line(JSON.stringify({ finding })),
        onSetAside: unload,
      },
      signal,
    )
    answer.line(JSON.stringify({ progress: last, done: true }))
    answer.end()
  }
}

/** Throws `OD_BODY_MALFORMED`, `OD_MODEL_NAME_INVALID`. */
function decode(body: Uint8Array) {
  const { model, bytesPerSecond } = decodeObject(body)
  const name = typeof model === 'string' ? parseModelName(model) : undefined
  if (model !== undefined && name === undefined) throw new OdError('OD_MODEL_NAME_INVALID')
  const rate = typeof bytesPerSecond === 'number' ? bytesPerSecond : 0
  return { model: name, bytesPerSecond: Math.min(Math.max(rate, 0), bytesPerSecondMax) }
}
